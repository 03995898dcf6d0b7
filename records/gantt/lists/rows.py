"""Entries as rows of a list: what, of what, when, how surely, and who is to act. A few queries, however many rows there are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from ...kinds import kinds
from ...labels import Label, labels_of
from ...moments import address
from ...rights import Reader
from ...showing import Cell, Notes, label_cell, period_cell, text_in_two
from ...timelines import saying
from ...timelines.acting import Acting, acting
from ...timelines.asking import Entry
from ...timelines.on_record import WORDS
from .asked import Question
from .standing import Standing, standing

DUE = ("due", "report_due")
UNDER = ("project", "scope", "program", "line", "lab", "institution", "parent")  # what a record is told under


@dataclass(frozen=True)
class Row:
    """One dated fact. `word` says which of a record's facts it is, where that is not its period."""

    entry: Entry
    name: Cell
    kind: str
    word: str
    place: Cell | None
    when: Cell
    exactness: str
    standing: Standing
    is_order_unknown: bool
    acting: Acting
    notes: Notes

    @property
    def is_plan(self) -> bool:
        """Worth a word: that what is due is still to come goes without saying."""
        return self.entry.is_planned and self.entry.fact not in DUE


@dataclass(frozen=True)
class Rows:
    rows: tuple[Row, ...]
    sources: tuple[tuple[int, Cell, str], ...] = ()  # (number, title, address)


def rows_of(found: Sequence[Entry], question: Question, reader: Reader) -> Rows:
    places = _places(found)
    labels = labels_of(_by_kind(found), set(places.values()), reader)
    acts = acting(found, places, reader)
    stated = saying.sources_of(found, reader)
    sources = _numbered(stated.values())
    rows, before = [], question.before
    for entry in found:
        if entry.record in labels:
            days = saying.days_in_order(entry, question.is_about_ends)
            order, before = saying.order_of_days(days, before), days
            notes = Notes(tuple(sorted({sources[one.source][0] for one in stated.get((entry.record, entry.fact), ())})))
            rows.append(_row(entry, question, labels, places, acts, notes, order == saying.UNKNOWN))
    return Rows(tuple(rows), tuple(sources.values()))


def _row(entry: Entry, question: Question, labels, places, acts, notes: Notes, is_order_unknown: bool) -> Row:
    act = acts.get(entry.part, Acting())
    label: Label = labels[entry.record]
    place = labels.get(places.get(entry.record))
    return Row(
        entry,
        label_cell(label)._replace(href=act.url or label.url),
        str(kinds()[entry.kind].label_one) if entry.fact != "report_due" else _("report due"),
        str(WORDS.get(entry.fact, entry.fact)) if entry.fact != "report_due" else "",
        label_cell(place) if place and str(place) != str(label) else None,
        period_cell(entry.starts_on, entry.ends_on),
        _exactness(entry, question.is_about_ends),
        standing(entry, question),
        is_order_unknown,
        act,
        notes,
    )


def _exactness(entry: Entry, is_about_ends: bool) -> str:
    """How far the dates are known that the list is about, where that is not to the day."""
    if is_about_ends or entry.starts_on == entry.ends_on:
        return _how_exact(entry.ends_on)
    each = ((_("begins: %s"), entry.starts_on), (_("ends: %s"), entry.ends_on))
    return " · ".join(words % exact for words, edtf in each if edtf and (exact := _how_exact(edtf)))


def _how_exact(edtf: str | None) -> str:
    exact = saying.exactness(edtf)
    if exact.is_about:
        return _("about")
    if exact.is_uncertain:
        return _("uncertain")
    return "" if exact.exactness == saying.DAY else str(saying.WORDS[exact.exactness])


def _by_kind(found: Sequence[Entry]) -> dict[str, set[UUID]]:
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for entry in found:
        by_kind[entry.kind].add(entry.record)
    return by_kind


def _places(found: Sequence[Entry]) -> dict[UUID, UUID]:
    """By record what it stands under: what a report is about, else the first of its references that is there. A query per kind."""
    places = {entry.record: entry.about for entry in found if entry.about}
    for name, ids in _by_kind([entry for entry in found if not entry.about]).items():
        kind = kinds()[name]
        under = [f"{field}_id" for field in UNDER if field in kind.fields]
        if under:
            for id, *parents in kind.model.objects.filter(id__in=ids).values_list("id", *under):
                if parent := next(filter(None, parents), None):
                    places[id] = parent
    return places


def _numbered(stated: Iterable[Sequence[saying.Stated]]) -> dict[UUID, tuple[int, Cell, str]]:
    """The sources of a page, numbered in the order in which they are first named."""
    numbered: dict[UUID, tuple[int, Cell, str]] = {}
    for one in (one for some in stated for one in some):
        if one.source not in numbered:
            title = text_in_two(one.title_ko, one.title_en)
            numbered[one.source] = (len(numbered) + 1, title, address("record", "sources", one.source))
    return numbered
