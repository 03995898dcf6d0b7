"""Head counts as people ask for them: how many at last, how many of them at home and abroad."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from .models import Headcount


@dataclass(frozen=True)
class Count:
    """What was counted of one scope on one date. None: no source states it."""

    scope: UUID
    people: str
    institution: UUID | None
    counted_on: str | None
    domestic: int | None
    overseas: int | None
    stated_all: int | None
    ids: tuple[UUID, ...]

    @property
    def total(self) -> int:
        """The stated whole, or the two sides together."""
        return self.stated_all if self.stated_all is not None else (self.domestic or 0) + (self.overseas or 0)

    @property
    def has_sides(self) -> bool:
        return self.domestic is not None or self.overseas is not None


def by_date(rows: Iterable[Headcount]) -> list[Count]:
    """Counts of equal scope, people and date as one, the latest first, those without a date last."""
    groups: dict[tuple, list[Headcount]] = defaultdict(list)
    for row in rows:
        groups[row.scope_id, row.people, row.counted_on].append(row)
    counts = [_count(part) for group in groups.values() for part in _parts(group)]
    first = {row.counted_on: row.counted_on_first for row in rows}
    counts.sort(key=lambda c: (str(c.scope), c.people))
    counts.sort(key=lambda c: (first[c.counted_on] is not None, first[c.counted_on]), reverse=True)
    return counts


def _parts(rows: list[Headcount]) -> Iterable[list[Headcount]]:
    """One part for the whole; a part for each institution where a side was counted at several."""
    whole = [row for row in rows if row.institution_id is None]
    at = [row for row in rows if row.institution_id]
    if whole:
        yield whole
    if at and not whole and len({row.side for row in at}) == len(at):
        yield at
        return
    by_institution: dict[UUID, list[Headcount]] = defaultdict(list)
    for row in at:
        by_institution[row.institution_id].append(row)
    yield from by_institution.values()


def _count(rows: list[Headcount]) -> Count:
    number, side = {row.side: row.number for row in rows}, Headcount.Side
    at = {row.institution_id for row in rows}
    return Count(
        scope=rows[0].scope_id,
        people=rows[0].people,
        institution=at.pop() if len(at) == 1 else None,
        counted_on=rows[0].counted_on,
        domestic=number.get(side.DOMESTIC),
        overseas=number.get(side.OVERSEAS),
        stated_all=number.get(side.ALL),
        ids=tuple(row.id for row in rows),
    )


def latest_researchers(rows: Iterable[Headcount]) -> dict[UUID, Count]:
    """For each scope its latest count of researchers as a whole."""
    found: dict[UUID, Count] = {}
    for count in by_date(list(rows)):
        if count.people == Headcount.People.RESEARCHERS and count.institution is None:
            found.setdefault(count.scope, count)
    return found
