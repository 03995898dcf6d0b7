"""Timelines once more, record by record in plain Python: what the tests hold entries to. It shares no SQL with them.

Read inside `known_at`, it tells of then.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from ..base import Record
from ..dates import parse
from ..kinds import Dated, Kind, kinds
from ..relations import Relation
from ..rights import Reader, Visibility
from .asking import Asked, Entry

Parts = Mapping[UUID, UUID]  # who takes part in a record: through which part


@dataclass(frozen=True)
class Standing:
    """An entry, on whose timelines it stands by itself, and on whose through a part taken."""

    entry: Entry
    owners: frozenset[UUID]
    parts: Parts = field(default_factory=dict)


def plainly(reader: Reader, asked: Asked, further: Iterable[Standing] = ()) -> list[Entry]:
    """What `entries` finds, all of it. `further`: what other figures tell this reader."""
    found = []
    for standing in (*of_records(reader, is_past=asked.is_past), *(() if asked.is_past else further)):
        ways = [_way(standing, owner) for owner in asked.owners]
        if None not in ways and is_asked(standing.entry, asked):
            through = next((way for way in ways if way), None)
            found.append(standing.entry._replace(through=through))
    return sorted(found, key=lambda entry: entry.place(asked.by_end))


def _way(standing: Standing, owner: UUID) -> UUID | str | None:
    """None: it does not stand there. "": by itself."""
    return "" if owner in standing.owners else standing.parts.get(owner)


# ---- what there is -------------------------------------------------------------------------------------------------


def of_records(reader: Reader, *, is_past: bool = False) -> Iterator[Standing]:
    records = {record.id: record for record in Record.objects.all()}
    related, parts = defaultdict(set), _parts_taken(reader, records)
    for relation in Relation.objects.filter(kind="belongs_to", is_retired=False):
        if may_see(reader, records[relation.id]):
            related[relation.record_id].add(relation.other_id)
    for kind in kinds().values():
        for row in kind.model.objects.filter(is_retired=False) if kind.dated else ():
            record = records[row.id]
            if may_see(reader, record) and (is_past or not record.is_retired):
                own = {row.id, *related[row.id], *(getattr(row, f"{name}_id") for name in kind.owners)} - {None}
                for dated in kind.dated:
                    if entry := _entry(kind, dated, row, record):
                        yield Standing(entry, frozenset(own), parts[row.id])


def may_see(reader: Reader, record: Record) -> bool:
    shared = record.visibility == Visibility.SHARED and record.within in reader.takes_part_in
    return record.visibility <= reader.level or shared


def _parts_taken(reader: Reader, records: Mapping[UUID, Record]) -> dict[UUID, dict[UUID, UUID]]:
    parts: dict[UUID, dict[UUID, UUID]] = defaultdict(dict)
    for kind in kinds().values():
        if not kind.carries:
            continue
        takers = [name for name in kind.owners if name != kind.carries]
        rows = [row for row in kind.model.objects.filter(is_retired=False) if may_see(reader, records[row.id])]
        for row in sorted(rows, key=lambda row: row.id, reverse=True):
            for name in takers:
                parts[getattr(row, f"{kind.carries}_id")][getattr(row, f"{name}_id")] = row.id
    return parts


def _entry(kind: Kind, dated: Dated, row, record: Record) -> Entry | None:
    starts = getattr(row, dated.starts)
    ends = getattr(row, dated.ends) if dated.ends else starts
    if not starts and not ends:
        return None
    if dated.unless_same_as and getattr(row, dated.unless_same_as) == starts:
        return None
    if dated.is_brief and not ends:
        ends = starts
    first, starts_last = _days(starts)
    ends_first, last = _days(ends)
    return Entry(
        record=row.id, part=row.id, kind=kind.name, fact=dated.fact, starts_on=starts, ends_on=ends,
        first=first, starts_last=starts_last, ends_first=ends_first, last=last,
        is_planned=_holds(dated.planned, row), is_open=_holds(dated.open, row),
        within=record.within, about=None, through=None,
    )  # fmt: skip


def _days(text: str | None) -> tuple[date | None, date | None]:
    when = parse(text) if text else None
    return (when.first, when.last) if when else (None, None)


def _holds(values: Mapping, row) -> bool:
    said = [getattr(row, name) is None if of is None else getattr(row, name) in of for name, of in values.items()]
    return bool(said) and all(said)


# ---- what is asked of it -------------------------------------------------------------------------------------------


def is_asked(entry: Entry, asked: Asked) -> bool:
    can_begin, can_end = entry.first or date.min, entry.last or date.max
    awaited = {(kind.name, dated.fact) for kind in kinds().values() for dated in kind.dated if dated.open}
    over = not entry.is_open and ((entry.kind, entry.fact) in awaited or entry.part != entry.record)
    return all((
        asked.within in (None, entry.within),
        not asked.records or entry.record in asked.records,
        not asked.kinds or entry.kind in asked.kinds,
        not asked.facts or entry.fact in asked.facts,
        not asked.begins or can_end >= asked.begins,
        not asked.ends or can_begin <= asked.ends,
        not asked.as_of or can_begin <= asked.as_of,
        not asked.ends_from or (entry.last is not None and entry.last >= asked.ends_from),
        not asked.ends_to or (entry.ends_first is not None and entry.ends_first <= asked.ends_to),
        not asked.by_end or entry.last is not None,
        asked.is_late in (None, _is_late(entry, asked.today)),
        asked.is_sure in (None, _is_surely(entry, asked)),
        asked.is_over in (None, over),
        asked.is_open in (None, entry.is_open),
        asked.is_planned in (None, entry.is_planned),
    ))  # fmt: skip


def _is_late(entry: Entry, today: date | None) -> bool:
    """Awaited, and its end can be past; of a plan its beginning."""
    days = [entry.ends_first, entry.first if entry.is_planned else None]
    return entry.is_open and any(day < today for day in days if day and today)


def _is_surely(entry: Entry, asked: Asked) -> bool:
    """Whatever days its dates mean, it answers what is asked of days."""
    begun_by = min((day for day in (entry.starts_last, entry.last) if day), default=None)
    on_until = max((day for day in (entry.first, entry.ends_first) if day), default=None)
    past_on = min((day for day in (entry.last, entry.starts_last if entry.is_planned else None) if day), default=None)
    return all((
        not asked.ends or (begun_by is not None and begun_by <= asked.ends),
        not asked.begins or (on_until is not None and on_until >= asked.begins),
        not asked.ends_from or (entry.ends_first is not None and entry.ends_first >= asked.ends_from),
        not asked.ends_to or (entry.last is not None and entry.last <= asked.ends_to),
        not asked.is_late or (past_on is not None and past_on < asked.today),
    ))  # fmt: skip
