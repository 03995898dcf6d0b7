"""Each move of a date: when, from where to where, by which change; and what led to that change.

Read by the rights of the record, as its history is. `settings.CHANGE_ORIGINS` names functions of higher floors that say
where changes came from: a report, and the decision on it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from ..base import Change
from ..changes import seen_of
from ..kinds import Kind, kinds
from ..rights import Reader
from .asking import Side, Slip, sides_of
from .shifts import Shift, shift

MOST = 50  # moves of one record that are told, the latest


@dataclass(frozen=True)
class Origin:
    """What led to a change: `id` of a report, what it is called, the address of its page."""

    id: UUID
    label: str
    href: str


@dataclass(frozen=True)
class Move:
    """One step of one date. `is_real`: not the plan moved, but the day on which it came true was entered or changed."""

    at: datetime
    change: Change
    before: str | None
    after: str | None
    is_real: bool
    undoes: int | None  # the change that it takes back, where the reader may see that
    origin: Origin | None

    @property
    def shift(self) -> Shift:
        return shift(self.before, self.after)

    @property
    def is_correction(self) -> bool:
        return self.change.nature == Change.Nature.CORRECTION


Of = tuple[UUID, str, str]  # record, fact, side


def moves_of(slips: Sequence[Slip], reader: Reader, known_at: datetime | None = None) -> dict[Of, list[Move]]:
    """The moves of each of these dates, the oldest first. A query for each kind among them, and four for all."""
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for slip in slips:
        by_kind[slip.kind].add(slip.record)
    steps: dict[Of, list[tuple]] = {(slip.record, slip.fact, slip.side): [] for slip in slips}
    for name, ids in by_kind.items():
        for of, found in _steps(kinds()[name], ids, known_at).items():
            if of in steps:
                steps[of] = [step for step in found if step[2] != step[3]]
    changes = Change.objects.in_bulk({change for found in steps.values() for _at, change, *_rest in found})
    seen = seen_of({change.undoes_id for change in changes.values()}, reader)
    origins = origins_of(changes, {slip.record for slip in slips}, reader)
    return {
        of: [
            Move(
                at, changes[id], before, after, is_real,
                changes[id].undoes_id if changes[id].undoes_id in seen else None, origins.get(id),
            )
            for at, id, before, after, is_real in found
        ]
        for of, found in steps.items()
    }  # fmt: skip


def origins_of(changes: Iterable[int], records: Iterable[UUID], reader: Reader) -> dict[int, Origin]:
    """What led to each of these changes of these records, where the reader may know."""
    found: dict[int, Origin] = {}
    for path in settings.CHANGE_ORIGINS:
        found |= import_string(path)(list(changes), list(records), reader)
    return found


def _steps(kind: Kind, ids: set[UUID], known_at: datetime | None) -> dict[Of, list[tuple]]:
    """(at, change, before, after, is real) from each version to the next, where a date of the record moved."""
    table = kind.model._meta.db_table
    columns = sorted({column for side in sides_of(kind) for column in (side.column, side.real) if column})
    named = ", ".join(f'v."{column}"' for column in columns)
    known = " AND v.until <= %(known_at)s" if known_at else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT v.id, v.version, v.until, v.ended_by, {named} FROM unnest(%(ids)s::uuid[]) i (id), LATERAL ("
            f" SELECT * FROM history.{table} v WHERE v.id = i.id AND v.dates_moved{known} ORDER BY version DESC LIMIT {MOST}) v"
            f" UNION ALL SELECT v.id, v.version, NULL, NULL, {named} FROM {table} v WHERE v.id = ANY(%(ids)s)"
            " ORDER BY 1, 2",
            {"ids": list(ids), "known_at": known_at},
        )
        versions = [(*row[:4], dict(zip(columns, row[4:], strict=True))) for row in cursor]
    found: dict[Of, list[tuple]] = defaultdict(list)
    for (id, _number, at, change, before), (other, *_rest, after) in pairwise(versions):
        if id == other:
            for side in sides_of(kind):
                found[id, side.fact, side.side] += _of_side(side, at, change, before, after)
    return found


def _of_side(side: Side, at: datetime, change: int, before: dict, after: dict) -> Iterable[tuple]:
    yield at, change, before[side.column], after[side.column], False
    if side.real:
        yield at, change, before[side.real], after[side.real], True
