"""Stale marks: which figures must be worked out anew, and the loop that does it.

A mark is written by a trigger in the transaction that made a figure stale, whatever wrote it (promise 2).
Workers look for marks by themselves twice a second; a Celery message only makes them look sooner.

A figure is declared by its app (`FIGURES` in settings): a name and a function `recompute(scopes)` that replaces
what is stored for these scopes from the facts, set-based, in the transaction that it is called in.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection, models, transaction
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)

BATCH = 20_000  # marks taken at once


class StaleMark(models.Model):
    """One change that made a figure stale. `scope` NULL means: everything (a bulk load writes one mark, not a million)."""

    id = models.BigAutoField(primary_key=True)
    figure = models.CharField(max_length=32)
    scope = models.UUIDField(null=True)
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))

    class Meta:
        indexes = [models.Index(fields=["figure", "id"], name="stalemark_figure")]


class ComputedAt(models.Model):
    """When a figure was last worked out; pages and API say it."""

    figure = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()


class Heartbeat(models.Model):
    """When a message last went through the queue and back; `/statusz` reads it."""

    name = models.CharField(max_length=50, primary_key=True)
    at = models.DateTimeField()


@dataclass(frozen=True)
class Figure:
    """`recompute(scopes)` replaces the stored rows of these scopes (None: all); `differences()` yields what is stored
    wrongly, one sentence each, against a calculation of everything from the facts."""

    name: str
    recompute: Callable[[set[UUID] | None], None]
    differences: Callable[[], Iterable[str]]
    label: Any = ""


@cache
def figures() -> dict[str, Figure]:
    return {figure.name: figure for figure in map(import_string, settings.FIGURES)}


def clear_stale_marks() -> int:
    """Work out everything that is marked stale. Returns the number of marks cleared."""
    return sum(clear_one(figure) for figure in figures().values())


def clear_one(figure: Figure) -> int:
    """One figure: read marks, compute, delete exactly the marks that were read, in one transaction.

    One recompute of a figure at a time (an advisory lock that dies with its connection): workers side by side
    neither deadlock nor overwrite a newer result with an older one. Marks that come meanwhile stay for the next round.
    """
    cleared = 0
    while True:
        with transaction.atomic(durable=not connection.in_atomic_block):
            if not _take_turn(figure.name):
                return cleared
            marks = list(StaleMark.objects.filter(figure=figure.name).order_by("id").values_list("id", "scope")[:BATCH])
            if not marks:
                return cleared
            scopes = {scope for _id, scope in marks}
            figure.recompute(None if None in scopes else scopes)
            StaleMark.objects.filter(id__in=[mark for mark, _scope in marks]).delete()
            _note_computed(figure.name)
        cleared += len(marks)
        log.info("recomputed %s: %d marks, %d scopes", figure.name, len(marks), len(scopes))


def recompute_all() -> None:
    """Work out every figure from the facts, whatever the marks say. Waits for its turn."""
    for figure in figures().values():
        recompute_whole(figure)


def recompute_whole(figure: Figure) -> None:
    with transaction.atomic():
        _take_turn(figure.name, wait=True)
        last = StaleMark.objects.filter(figure=figure.name).aggregate(last=models.Max("id"))["last"]
        marks = list(StaleMark.objects.filter(figure=figure.name, id__lte=last or 0).values_list("id", flat=True))
        figure.recompute(None)
        StaleMark.objects.filter(id__in=marks).delete()
        _note_computed(figure.name)


def _take_turn(name: str, wait: bool = False) -> bool:
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext('registry figure'), hashtext(%s))", [name])
        return wait or cursor.fetchone()[0]


def _note_computed(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_computedat (figure, at) VALUES (%s, clock_timestamp())"
            " ON CONFLICT (figure) DO UPDATE SET at = excluded.at",
            [name],
        )


@dataclass(frozen=True)
class Freshness:
    """As of when a figure is, and whether a change waits to be worked in."""

    computed_at: datetime | None
    is_stale: bool


def freshness(name: str) -> Freshness:
    waiting = models.Exists(StaleMark.objects.filter(figure=name))
    found = ComputedAt.objects.filter(figure=name).annotate(is_stale=waiting).values_list("at", "is_stale").first()
    return Freshness(*found) if found else Freshness(None, StaleMark.objects.filter(figure=name).exists())


def oldest_mark() -> datetime | None:
    return StaleMark.objects.aggregate(at=models.Min("at"))["at"]


def marks_by_figure() -> dict[str, int]:
    counts: dict[str, int] = defaultdict(int)
    counts.update(StaleMark.objects.values_list("figure").annotate(models.Count("id")))
    return dict(counts)
