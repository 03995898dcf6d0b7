"""What totals must say, told slowly and line by line: the oracle of the tests. Nothing else uses it."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from programs.models import Project

from ..models import FundingAmount, FundingLine, LedgerEntry
from .asked import PLACE_OF
from .facts import WHOLE

STATED = ("planned", "committed")


@dataclass
class Counted:
    """What one line counts for in one year, as a reader of one level sees it. None: no such amount is stated."""

    line: FundingLine
    year: int | None
    planned: int | None = None
    committed: int | None = None
    received: int | None = None
    spent: int | None = None
    undivided: int | None = None

    @property
    def key(self) -> tuple:
        line = self.line
        return (self.year, line.payer_kind, PLACE_OF[line.abroad], line.form, line.currency, line.state)


@dataclass
class _World:
    """What a reader of a level sees on a day, by line."""

    lines: dict[UUID, FundingLine]
    amounts: dict[UUID, list[FundingAmount]] = field(default_factory=lambda: defaultdict(list))
    entries: dict[UUID, list[LedgerEntry]] = field(default_factory=lambda: defaultdict(list))
    silenced: set[UUID] = field(default_factory=set)  # lines all of whose amounts were decided later

    def latest(self, line: UUID) -> dict[int | None, FundingAmount]:
        in_order = sorted(
            self.amounts[line], key=lambda a: (a.decided_on_first or date.min, a.decided_on_last or date.min, a.id)
        )
        return {amount.fiscal_year: amount for amount in in_order}

    def splits(self, line: UUID) -> list[FundingLine]:
        return [split for split in self.lines.values() if split.envelope_id == line and split.state != "cancelled"]


def _world(level: int, as_of: date | None) -> _World:
    world = _World(
        {line.id: line for line in FundingLine.objects.for_list().filter(visibility__lte=level, is_retired=False)}
    )
    for amount in FundingAmount.objects.filter(visibility__lte=level, is_retired=False):
        is_by_then = as_of is None or amount.decided_on_first is None or amount.decided_on_first <= as_of
        if is_by_then:
            world.amounts[amount.line_id].append(amount)
        else:
            world.silenced.add(amount.line_id)
    for entry in LedgerEntry.objects.filter(visibility__lte=level):
        if as_of is None or entry.posted_on_first <= as_of:
            world.entries[entry.line_id].append(entry)
    return world


def lines_plainly(level: int, as_of: date | None = None) -> list[Counted]:
    """What each line counts for in each of its years."""
    world = _world(level, as_of)
    return [counted for line in world.lines.values() for counted in _of_line(world, line)]


def _of_line(world: _World, line: FundingLine) -> Iterable[Counted]:
    years: dict[int | None, Counted] = {}
    if line.state != "cancelled":
        latest = world.latest(line.id)
        for year, amount in latest.items():
            years[year] = Counted(line, year, amount.planned, amount.committed)
        if not latest and line.id not in world.silenced:
            years[None] = Counted(line, None)
        splits = world.splits(line.id)
        for split in splits:
            for year, amount in world.latest(split.id).items():
                place = year if year in latest else None  # or the amount for which no year is stated
                if place in latest:
                    _draw(years[place], amount)
        for counted in years.values() if splits else ():
            counted.undivided = counted.planned if counted.committed is None else counted.committed
    for entry in world.entries[line.id]:
        year = entry.fiscal_year or entry.posted_on_first.year
        counted = years.setdefault(year, Counted(line, year))
        measure = "received" if entry.movement in ("received", "returned") else "spent"
        amount = entry.amount if entry.movement in ("received", "spent") else -entry.amount
        setattr(counted, measure, (getattr(counted, measure) or 0) + amount)
    return years.values()


def _draw(counted: Counted, amount: FundingAmount) -> None:
    for measure in STATED:
        of_envelope, drawn = getattr(counted, measure), getattr(amount, measure)
        if of_envelope is not None and drawn is not None:
            setattr(counted, measure, of_envelope - drawn)


MEASURES = ("planned", "committed", "received", "spent", "undivided")


def plainly(level: int, as_of: date | None = None) -> dict[tuple, tuple]:
    """{(span, scope, *group): (*MEASURES, lines, unstated)}, added up line by line.

    `span`: own, or the tree with everything below; the whole is a scope too.
    """
    parents = dict(Project.objects.values_list("id", "parent"))
    groups: dict[tuple, list[Counted]] = defaultdict(list)
    for counted in lines_plainly(level, as_of):
        line = counted.line
        groups["own", line.project_id or line.program_id, *counted.key].append(counted)
        scopes, project = [line.program_id, WHOLE], line.project_id
        while project:
            scopes.append(project)
            project = parents[project]
        for scope in scopes:
            groups["tree", scope, *counted.key].append(counted)
    return {key: (*(_sum(of, m) for m in MEASURES), len(of), _unstated(of)) for key, of in groups.items()}


def _sum(counted: list[Counted], measure: str) -> int | None:
    stated = [getattr(one, measure) for one in counted if getattr(one, measure) is not None]
    return sum(stated) if stated else None


def _unstated(counted: list[Counted]) -> int:
    return sum(one.planned is None and one.committed is None for one in counted)
