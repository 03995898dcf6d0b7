"""Stale marks: which figures must be worked out anew, and the loop that does it.

A mark is written by a trigger in the transaction that made a figure stale, whatever wrote it (promise 2), and names what the
statement touched, be it one record or a million. How best to work that out, the worker decides.
Workers look for marks by themselves twice a second; a Celery message only makes them look sooner.

A figure is declared by its app (`FIGURES` in settings): a name and a function `recompute(scopes)` that replaces
what is stored for these scopes from the facts, set-based, in the transaction that it is called in.
"""

import logging
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import accumulate, batched, chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.utils.module_loading import import_string

log = logging.getLogger(__name__)

BATCH = 20_000  # marks taken at once,
AT_ONCE = 500_000  # unless they name so many records together
PORTION = 20_000  # records in one statement: more are read along the tables instead of by their indexes
FEW = 5_000  # so many are never looked at as a share of all
SHARE = 3  # a third of all: from there on it costs less to work out everything


class StaleMark(models.Model):
    """One statement that made a figure stale, or 10,000 records of one (`records_mark`). `scopes` NULL means: everything."""

    id = models.BigAutoField(primary_key=True)
    figure = models.CharField(max_length=32)
    scopes = ArrayField(models.UUIDField(), null=True)
    at = models.DateTimeField(db_default=models.Func(function="clock_timestamp"))

    class Meta:
        indexes = [models.Index(fields=["figure", "id"], name="stalemark_figure")]


class ComputedAt(models.Model):
    """When a figure was last worked out; pages and API say it."""

    figure = models.CharField(max_length=32, primary_key=True)
    at = models.DateTimeField()
    times = models.BigIntegerField(db_default=0)  # how often; part of the data version


class Heartbeat(models.Model):
    """When a message last went through the queue and back; `/statusz` reads it."""

    name = models.CharField(max_length=50, primary_key=True)
    at = models.DateTimeField()


@dataclass(frozen=True)
class Figure:
    """`recompute(scopes)` replaces the stored rows of these scopes (None: all); `differences()` yields what is stored
    wrongly, one sentence each, against a calculation of everything from the facts. `table`: as many rows as it has scopes,
    more or less."""

    name: str
    recompute: Callable[[set[UUID] | None], None]
    differences: Callable[[], Iterable[str]]
    table: str
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
            marks, scopes = _taken(figure)
            if not marks:
                return cleared
            figure.recompute(scopes)
            StaleMark.objects.filter(id__in=marks).delete()
            note_computed(figure.name)
        cleared += len(marks)
        many = "all" if scopes is None else len(scopes)
        log.info("recomputed %s: %d marks, %s scopes", figure.name, len(marks), many)


def _taken(figure: Figure) -> tuple[list[int], set[UUID] | None]:
    """The oldest marks, as many as are worked in together, and what they name (None: everything, or too much of it)."""
    waiting = StaleMark.objects.filter(figure=figure.name).order_by("id")
    marks = list(waiting.values_list("id", models.Func("scopes", function="cardinality"))[:BATCH])
    ids = [id for id, _many in marks]
    if any(many is None for _id, many in marks):
        return ids, None
    upto = list(accumulate(many for _id, many in marks))
    if upto and upto[-1] > FEW and _are_large_share(ids, upto[-1], figure.table):
        return ids, None
    ids = ids[: bisect_left(upto, AT_ONCE) + 1]
    named = StaleMark.objects.filter(id__in=ids).values_list("scopes", flat=True)
    return ids, set(chain.from_iterable(named))


def _are_large_share(marks: list[int], at_most: int, table: str) -> bool:
    """Whether what they name, `at_most` so many, is a large share of the table.

    Where PostgreSQL knows the table to be much larger, that is enough; else as many rows of it are counted as it takes.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [f"public.{table}"])
        if cursor.fetchone()[0] > 2 * SHARE * at_most:
            return False
        cursor.execute(
            "WITH named AS (SELECT count(DISTINCT scope) AS many FROM records_stalemark m, unnest(m.scopes) scope WHERE m.id = ANY(%s))"
            f" SELECT (SELECT count(*) FROM (SELECT FROM {table} LIMIT (SELECT many * {SHARE} FROM named)) t) < many * {SHARE} FROM named",
            [marks],
        )
        return cursor.fetchone()[0]


def portions[T](many: Iterable[T]) -> Iterator[list[T]]:
    return map(list, batched(many, PORTION))


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
        note_computed(figure.name)


def _take_turn(name: str, wait: bool = False) -> bool:
    function = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtext('registry figure'), hashtext(%s))", [name])
        return wait or cursor.fetchone()[0]


def note_computed(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_computedat AS c (figure, at, times) VALUES (%s, clock_timestamp(), 1)"
            " ON CONFLICT (figure) DO UPDATE SET at = excluded.at, times = c.times + 1",
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
