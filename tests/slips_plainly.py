"""Slips once more, slowly: every version of every record is read and compared with the next, in plain Python."""

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from programs.models import Participation, Role
from records import dates
from records.history import known_at
from records.kinds import Kind, kinds
from records.models import Change, Relation
from records.slips.asking import Asked, Slip
from records.slips.shifts import What
from tests.cast import sql

# (kind, fact, side): the field, the one with the day on which it came true, the one with what was planned first.
SIDES = {
    ("program", "period", "start"): ("starts_on", None, None),
    ("program", "period", "end"): ("ends_on", None, None),
    ("project", "period", "start"): ("starts_on", None, None),
    ("project", "period", "end"): ("ends_on", None, None),
    ("phase", "period", "start"): ("starts_on", None, None),
    ("phase", "period", "end"): ("ends_on", None, None),
    ("milestone", "due", "day"): ("due_on", "done_on", "planned_on"),
    ("agreement", "signed", "day"): ("signed_on", None, None),
    ("agreement", "period", "start"): ("starts_on", None, None),
    ("agreement", "period", "end"): ("ends_on", None, None),
    ("lab", "opening_planned", "day"): ("opening_planned_on", "opened_on", None),
    ("facility", "planned", "day"): ("planned_on", "opened_on", None),
}


@dataclass(frozen=True)
class Version:
    values: dict
    since: datetime
    until: datetime | None
    is_retired: bool
    is_corrected: bool


def plainly(reader, asked: Asked) -> set[tuple]:
    """Every slip that is asked for, without its place in the order."""
    found = set()
    for name in asked.kinds:
        with known_at(asked.known_at):
            rows = [
                row
                for row in kinds()[name].model.objects.visible_to(reader)
                if _is_meant(kinds()[name], row, asked, reader)
            ]
        for row in rows:
            history = versions(kinds()[name], row.id, asked.known_at)
            for (kind, fact, side), columns in SIDES.items():
                if kind == name and (told := _told(history, columns, asked)):
                    found.add((name, row.id, fact, side, *told))
    return found


def as_told(slip: Slip) -> tuple:
    return (
        slip.kind, slip.record, slip.fact, slip.side, slip.first, slip.stated, slip.plan, slip.real, slip.reference,
        slip.reached, slip.what, slip.low, slip.high, slip.moved_at, slip.times,
    )  # fmt: skip


def versions(kind: Kind, id, known: datetime | None = None) -> list[Version]:
    table = kind.model._meta.db_table
    columns = sorted({c for (name, *_), three in SIDES.items() if name == kind.name for c in three if c})
    rows = sql(
        f"SELECT updated_at, until, ended_by, is_retired, version, {', '.join(columns)} FROM history.{table} WHERE id = %s"
        f" UNION ALL SELECT updated_at, NULL, NULL, is_retired, version, {', '.join(columns)} FROM public.{table} WHERE id = %s"
        " ORDER BY version", id, id,
    )  # fmt: skip
    return [
        Version(
            dict(zip(columns, values, strict=True)), since, None if known and until and until > known else until, retired,
            bool(by) and Change.objects.get(id=by).nature == "correction",
        )
        for since, until, by, retired, _number, *values in rows
        if not known or since <= known
    ]  # fmt: skip


def _is_meant(kind: Kind, row, asked: Asked, reader) -> bool:
    if asked.record and row.id != asked.record:
        return False
    if asked.within and _program_of(row.id) != asked.within:
        return False
    return all(row.id == owner or owner in _owners(kind, row, reader) for owner in asked.owners)


def _program_of(id):
    return sql("SELECT within FROM records_record WHERE id = %s", id)[0][0]


def _owners(kind: Kind, row, reader) -> set:
    found = {getattr(row, f"{name}_id") for name in kind.owners}
    found |= {
        link.other_id
        for link in Relation.objects.visible_to(reader)
        if (link.record_id, link.kind) == (row.id, "belongs_to")
    }
    found |= {one.institution_id for one in Participation.objects.visible_to(reader) if one.scope_id == row.id}
    return found | {one.researcher_id for one in Role.objects.visible_to(reader) if one.scope_id == row.id}


def _told(history: list[Version], columns, asked: Asked) -> tuple | None:
    plan, real, stated = ([v.values[column] if column else None for v in history] for column in columns)
    moves = [v.until for n, v in enumerate(history[:-1]) if (plan[n], real[n]) != (plan[n + 1], real[n + 1])]
    first = _first_plan([(plan[n], v.is_corrected) for n, v in enumerate(history)])
    reached = real[-1] or plan[-1]
    if asked.against == "first":
        reference = stated[-1] or first
    elif asked.against == "plan":
        reference = plan[-1]
    else:
        then = [
            n for n, v in enumerate(history) if v.since <= asked.against and (not v.until or v.until > asked.against)
        ]
        if not then or history[then[0]].is_retired:
            return None
        reference = real[then[0]] or plan[then[0]]
    if (reference is None and reached is None) or (asked.against == "plan" and real[-1] is None):
        return None
    what, low, high = _shift(reference, reached)
    moved_at = max(moves, default=None)
    since = asked.against if isinstance(asked.against, datetime) else None
    if what == What.SAME and (not moved_at or (since and moved_at <= since)):
        return None  # it never moved away
    if what not in asked.whats or (asked.since and (not moved_at or moved_at < asked.since)):
        return None
    return first, stated[-1], plan[-1], real[-1], reference, reached, what, low, high, moved_at, len(moves)


def _first_plan(states: list[tuple[str | None, bool]]) -> str | None:
    """The first date that nobody took back as wrong; `states`: each with whether what ended it was a correction."""
    for (value, is_corrected), (after, _) in pairwise(states):
        if value and value != after and not is_corrected:
            return value
    return states[-1][0]


def _shift(before: str | None, after: str | None) -> tuple:
    if not before or not after:
        return (What.WITHDRAWN if before else What.APPEARED), None, None
    a, b = dates.parse(before), dates.parse(after)
    days = sorted({(y - x).days for x in (a.first, a.last) for y in (b.first, b.last)})
    low = None if ".." in (after.split("/")[0], before.split("/")[-1]) else days[0]
    high = None if ".." in (after.split("/")[-1], before.split("/")[0]) else days[-1]
    order = dates.order(a, b)
    if order in (1, -1):
        return (What.LATER if order == -1 else What.EARLIER), low, high
    if (a.first, a.last) == (b.first, b.last):
        return What.SAME, low, high
    inside, around = (x.first >= y.first and x.last <= y.last for x, y in ((b, a), (a, b)))
    return (What.MORE_EXACT if inside else What.LESS_EXACT if around else What.PERHAPS), low, high
