"""What accepting would do, said before one decides: money before and after, the entries, the days that move.

The decision is really carried out, by the same command, in a savepoint that is rolled back: so what the registry would
refuse is said as well. Nothing of it stays: no change, no entry, no figure that would have to be worked out anew.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from funding.models import FundingLine, LedgerEntry
from funding.rollups import lines_behind, totals
from funding.words import MEASURE_WORDS
from programs.models import Milestone
from records.commands import Author, again_after_deadlock
from records.dates import parse
from records.kinds import Kind, Type, kind_of, kinds
from records.labels import Label, label_of, labels_of, mentioned
from records.models import Record
from records.refusals import Fault, Refused
from records.rights import Reader
from records.showing import Cell, Shower, label_cell
from records.templatetags.registry import when
from records.units import chosen, with_unit

from ..commands import Answer, decide
from ..models import ProjectUpdate, ProposedValue

MEASURES = ("received", "spent")
ALL_ROWS = 10_000  # of lines and their years
PAPERS = ("citation", "source", "ledger_entry")  # what is written beside the facts


@dataclass(frozen=True)
class Sum:
    """A total of the project or of its program, in words. `beneath`: what part of the committed money it is then."""

    scope: Cell
    name: str  # received, spent
    measure: str
    before: str
    after: str
    beneath: str = ""


@dataclass(frozen=True)
class Posting:
    """A ledger entry that would be made."""

    line: Cell
    movement: str
    amount: str
    posted_on: str


@dataclass(frozen=True)
class Moving:
    """A date of a record: what it says and would say; `by` says by how much."""

    record: Cell
    what: str
    before: str
    after: str
    by: str = ""


@dataclass(frozen=True)
class Effect:
    """`is_of_all`: of accepting everything, because nothing is chosen yet."""

    is_of_all: bool = False
    values: int = 0
    faults: tuple[Fault, ...] = ()
    sums: tuple[Sum, ...] = ()
    postings: tuple[Posting, ...] = ()
    overdrawn: tuple[str, ...] = ()
    moved: tuple[Moving, ...] = ()
    done: tuple[Moving, ...] = ()
    new: tuple[tuple[str, Cell, str], ...] = ()  # (kind, what, when)

    @property
    def is_nothing(self) -> bool:
        return not (self.faults or self.sums or self.postings or self.moved or self.done or self.new)


class _Enough(Exception):
    """All is read: back to how it was."""


@again_after_deadlock
def effect_of(update: ProjectUpdate, accepted: Collection[int], *, by: Author) -> Effect:
    """What accepting these values (by id), and returning the others, would do to the registry."""
    if not accepted:
        return Effect()
    asked = ProposedValue.objects.filter(proposal__update=update, proposal__round=update.round)
    answers = {id: Answer(id in accepted, "–") for id in asked.values_list("id", flat=True)}
    inside = _Inside(by.reader)
    try:
        with transaction.atomic():
            done = decide(update.id, answers, version=None, by=by)
            inside.read(done)
            raise _Enough
    except _Enough:
        pass
    except Refused as refused:
        return Effect(values=len(accepted), faults=refused.faults)
    return replace(inside.compared(update), values=len(accepted))


@dataclass
class _Inside:
    """What stands inside the savepoint, where the decision is carried out."""

    reader: Reader
    rows: dict[str, dict[UUID, object]] = field(default_factory=dict)  # by kind, of all that was written
    labels: dict[UUID, Label] = field(default_factory=dict)
    entries: list[LedgerEntry] = field(default_factory=list)
    lines: dict[UUID, dict] = field(default_factory=dict)

    def read(self, update: ProjectUpdate) -> None:
        change = update.events.order_by("-id").values_list("details__change", flat=True).first()
        ids: dict[str, list[UUID]] = defaultdict(list)
        for id, kind in Record.objects.filter(change=change).values_list("id", "kind") if change else ():
            ids[kind].append(id)
        self.entries = list(LedgerEntry.objects.filter(id__in=ids["ledger_entry"]).order_by("id"))
        self.lines = figures(self.reader, {entry.line_id for entry in self.entries})
        for name, found in ids.items():
            if name not in PAPERS:
                model = kinds()[name].model
                self.rows[name] = {row.id: row for row in model.objects.filter(id__in=found).order_by("id")}
        named, anything = mentioned((kinds()[name].refs, rows.values()) for name, rows in self.rows.items())
        self.labels = labels_of(named, anything, self.reader)

    def compared(self, update: ProjectUpdate) -> Effect:
        """Beside what stands outside."""
        before = {
            name: {row.id: row for row in kinds()[name].model.objects.filter(id__in=rows)}
            for name, rows in self.rows.items()
        }
        lines = {line.id: line for line in FundingLine.objects.filter(id__in=self.lines)}
        names = labels_of({"funding_line": set(lines)}, set(), self.reader)
        done, moved, new = self._times(before)
        return Effect(
            sums=tuple(self._sums(update, lines)),
            postings=tuple(_posting(entry, lines[entry.line_id], names) for entry in self.entries),
            overdrawn=tuple(self._overdrawn(lines, names)),
            done=tuple(done),
            moved=tuple(moved),
            new=tuple(new),
        )

    # -- money -------------------------------------------------------------------------------------------

    def _sums(self, update: ProjectUpdate, lines: dict[UUID, FundingLine]) -> Iterable[Sum]:
        """What is shown everywhere else now, and what the entries make of it: exactly, whenever figures are worked out."""
        if not lines:
            return
        outside = figures(self.reader, set(lines))
        project, program = update.project_id, update.project.program_id
        names = labels_of({"project": {project}, "program": {program}}, set(), self.reader)
        for scope, of, own in (
            (project, {"project": project}, {id for id, line in lines.items() if line.project_id == project}),
            (program, {"program": program}, set(lines)),
        ):
            more: Counter = Counter()
            for id in own:
                for measure in MEASURES:
                    more[lines[id].currency, measure] += (self.lines[id][measure] or 0) - (
                        outside.get(id, {}).get(measure) or 0
                    )
            now = {row["currency"]: row for row in totals(self.reader, **of)} if any(more.values()) else {}
            for (currency, measure), by in sorted(more.items()):
                if by:
                    yield _sum(label_cell(names[scope]), currency, measure, now.get(currency, {}), by)

    def _overdrawn(self, lines: dict[UUID, FundingLine], names: dict[UUID, Label]) -> Iterable[str]:
        for id, line in lines.items():
            after = self.lines[id]
            for measure, sentence in (
                ("committed", _("%(line)s: %(spent)s would be spent of %(most)s committed.")),
                ("received", _("%(line)s: %(spent)s would be spent of %(most)s received.")),
            ):
                most, spent = after[measure], after["spent"] or 0
                if most is not None and spent > most:
                    unit = chosen(None)
                    said = {
                        "spent": with_unit(spent, line.currency, unit),
                        "most": with_unit(most, line.currency, unit),
                    }
                    yield sentence % ({"line": names[id]} | said)

    # -- time --------------------------------------------------------------------------------------------

    def _times(self, before: dict[str, dict[UUID, object]]) -> tuple[list, list, list]:
        done, moved, new = [], [], []
        for name, rows in self.rows.items():
            kind = kinds()[name]
            shower = Shower(kind, list(rows.values()), self.reader, labels=self.labels)
            for row in rows.values():
                label = label_cell(label_of(kind, row, self.labels))
                was = before[name].get(row.id)
                if was is None:
                    new.append((str(kind.label_one), label._replace(href=""), _when_of(kind, row, shower)))
                    continue
                if kind.model is Milestone and row.state == Milestone.State.DONE != was.state:
                    done.append(_milestone_done(row, label))
                moved += _dates_moved(kind, was, row, label)
        return done, moved, new


def figures(reader: Reader, lines: Collection[UUID]) -> dict[UUID, dict]:
    """By line what it comes to over all its years, worked out now: committed, received and spent; None: not stated."""
    found: dict[UUID, dict] = {}
    if lines:
        for row in lines_behind(reader, lines=list(lines), is_past=True, limit=ALL_ROWS):
            sums = found.setdefault(row["line"], dict.fromkeys(("committed", *MEASURES)))
            for measure in sums:
                if row[measure] is not None:
                    sums[measure] = (sums[measure] or 0) + row[measure]
    return found


def _sum(scope: Cell, currency: str, measure: str, now: dict, more: int) -> Sum:
    unit, before = chosen(None), now.get(measure)
    after, committed = (before or 0) + more, now.get("committed")
    part = _("%(share)s %% of what is committed") % {"share": f"{after * 100 / committed:.1f}"} if committed else ""
    was = with_unit(before, currency, unit) if before is not None else "–"
    return Sum(scope, measure, str(MEASURE_WORDS[measure]), was, with_unit(after, currency, unit), part)


def _posting(entry: LedgerEntry, line: FundingLine, names: dict[UUID, Label]) -> Posting:
    amount = with_unit(entry.amount, line.currency, chosen("won"))
    return Posting(label_cell(names[line.id]), str(entry.get_movement_display()), amount, when(entry.posted_on))


def _when_of(kind: Kind, row, shower: Shower) -> str:
    """The date of a new record: that of its first dated fact."""
    for dated in kind.dated:
        if getattr(row, dated.starts):
            return shower.cell(row, dated.starts).text
    return ""


def _milestone_done(row: Milestone, label: Cell) -> Moving:
    late = _days_between(row.due_on, row.done_on)
    by = ""
    if late is not None:
        if late > 0:
            by = ngettext("%d day later than due", "%d days later than due", late) % late
        elif late < 0:
            by = ngettext("%d day earlier than due", "%d days earlier than due", -late) % -late
        else:
            by = _("on the day that it was due")
    return Moving(label, str(kind_of(Milestone).all_fields["done_on"].label), when(row.due_on), when(row.done_on), by)


def _dates_moved(kind: Kind, was, row, label: Cell) -> Iterable[Moving]:
    """Every date that another one takes the place of; a day on which something was done stands under what is done."""
    for name, declared in kind.typed_fields.items():
        before, after = getattr(was, name, None), getattr(row, name, None)
        if declared.type is Type.DATE and before != after and not (kind.model is Milestone and name == "done_on"):
            days = _days_between(before, after)
            by = ""
            if days:
                by = (
                    ngettext("%d day later", "%d days later", days) % days
                    if days > 0
                    else ngettext("%d day earlier", "%d days earlier", -days) % -days
                )
            yield Moving(label, str(declared.label), when(before) or "–", when(after) or "–", by)


def _days_between(before: str | None, after: str | None) -> int | None:
    """From the last day that the one can mean to that of the other: what is due in May is due by its end."""
    if not before or not after:
        return None
    first, second = parse(before).last, parse(after).last
    if first is None or second is None or date.max in (first, second):
        return None
    return (second - first).days
