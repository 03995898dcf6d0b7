"""A row as a page shows it: cells with their links, languages and source numbers, made from what the kind declares."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext_lazy as _

from . import dates
from .attributes import free_word
from .countries import country_name
from .kinds import Field, Kind, Type, kinds
from .labels import Label, labels_for, url_of
from .moments import further
from .rights import Reader, Visibility
from .units import KOREAN, Unit, chosen, in_unit

PAIRS = {
    "name": _("name"), "title": _("title"), "does": _("what it does"), "purpose": _("purpose"), "summary": _("summary"),
    "publisher": _("publisher"), "address": _("address"), "topic": _("topic"), "note": _("note"), "reason": _("reason"),
    "venue": _("venue"), "place": _("place"), "covers": _("what it covers"), "task": _("task"), "teaches": _("what it teaches"),
    "asks": _("what is to be reported"),
}  # fmt: skip
PERIOD = "period"
NUMBERS = (Type.INTEGER, Type.DECIMAL, Type.MONEY)
STATED_OR_NOT = (*NUMBERS, Type.DATE)  # where nothing stands, no source states it
HIDDEN_COLUMNS = ("id", "version", "updated_at", "is_retired")


class Notes(NamedTuple):
    """What stands beside a value: the numbers of its sources, how certain they are of it, and whether they differ."""

    numbers: tuple[int, ...] = ()
    certainty: str = ""  # a word; "" where a source states the value as it stands, or none speaks of it
    dispute: str = ""  # the address of a disagreement about it
    is_settled: bool = False  # it is decided

    def __bool__(self) -> bool:
        return bool(self.numbers or self.dispute)

    @property
    def in_short(self) -> "Notes":
        """On top of a page: what was decided is told further down."""
        return self._replace(dispute="", is_settled=False) if self.is_settled else self


NO_NOTES = Notes()


class Cell(NamedTuple):
    """One value. `lang` is set where it is not in the reader's language; `is_unstated` where no source states it."""

    text: str = ""
    head: str = ""
    href: str = ""
    lang: str = ""
    sub: str = ""
    sub_lang: str = ""
    chip: str = ""
    is_number: bool = False
    is_short: bool = False  # never broken over lines
    is_unstated: bool = False
    notes: Notes = NO_NOTES

    @property
    def is_blank(self) -> bool:
        return not (self.text or self.is_unstated)


@dataclass(frozen=True)
class Head:
    name: str
    label: str
    is_number: bool = False
    sort: str = ""  # the value of `sort` that a click asks for; "" where it cannot be sorted
    sorted: str = ""  # the value of aria-sort


@dataclass(frozen=True)
class Line:
    """A row of a table; `depth` indents it in a tree."""

    id: UUID
    cells: tuple[Cell, ...]
    depth: int = 0

    @property
    def name(self) -> str:
        """What is written in its first column."""
        return self.cells[0].text if self.cells else ""


@dataclass(frozen=True)
class Table:
    """Rows of one kind beneath a record. `silent` names the columns left out because no source states any value."""

    heads: tuple[Head, ...]
    lines: tuple[Line, ...]
    title: str
    name: str
    all_url: str  # where the whole list is
    more: bool = False  # the whole list has more rows
    silent: tuple[str, ...] = ()

    def without_empty_columns(self) -> "Table":
        """Columns with a value somewhere; of those with none, the ones that a source could have stated are named."""
        kept = [n for n in range(len(self.heads)) if any(line.cells[n].text for line in self.lines)] or [0]
        gone = [n for n in range(len(self.heads)) if n not in kept]
        silent = [self.heads[n].label for n in gone if any(line.cells[n].is_unstated for line in self.lines)]
        return replace(
            self,
            heads=tuple(self.heads[n] for n in kept),
            lines=tuple(replace(line, cells=tuple(line.cells[n] for n in kept)) for line in self.lines),
            silent=tuple(silent),
        )


def language() -> str:
    return "ko" if (get_language() or "ko").startswith("ko") else "en"


def other_language() -> str:
    return "en" if language() == "ko" else "ko"


class Shower:
    """Shows rows of one kind to one reader. Labels of what they refer to are fetched once for all rows.

    Words that stand in every row are looked up once.
    """

    def __init__(self, kind: Kind, rows: Sequence, reader: Reader, *, unit: Unit | None = None, labels=None, own=None):
        self.kind, self.reader, self.unit = kind, reader, unit or chosen(None)
        self.labels: Mapping[UUID, Label] = labels if labels is not None else labels_for(kind, rows, reader)
        officer = reader.is_officer or not kind.private
        self.own = {row.id for row in rows} if officer else kind.own(rows, reader) if own is None else own
        self._word_of = cache(partial(head_of, kind))
        self._choice_of = cache(lambda name, value: choice_cell(kind.all_fields[name], value))
        self._names_of = cache(lambda columns: (merged(columns), own_column(kind, merged(columns))))

    def heads(self, columns: Iterable[str]) -> tuple[Head, ...]:
        return tuple(self._head(name) for name in merged(columns))

    def _head(self, name: str) -> Head:
        """The head of a column; that of an amount names its unit."""
        what = type_of(self.kind, name)
        label = head_of(self.kind, name) + (f" ({self.unit.label})" if what is Type.MONEY else "")
        return Head(name, label, is_number=what in NUMBERS)

    def line(self, row, columns: Iterable[str], *, depth: int = 0, query: str = "") -> Line:
        """A row of a table; `query` is added to the address of its own page."""
        names, own = self._names_of(tuple(columns))
        cells = [self.cell(row, name) for name in names]
        if own in names:
            n = names.index(own)
            text = cells[n].text or str(self.kind.label_one)
            cells[n] = cells[n]._replace(href=further(url_of(self.kind, row), query), text=text)
        return Line(row.id, tuple(cells), depth)

    def cell(self, row, name: str) -> Cell:
        """The value of a field, of a pair such as `name` (name_ko and name_en), or of `period`."""
        return self._cell(row, name)._replace(head=self._word_of(name))

    def _cell(self, row, name: str) -> Cell:
        if name == PERIOD:
            return period_cell(row.starts_on, row.ends_on)
        if name not in self.kind.all_fields:
            ko, en = getattr(row, f"{name}_ko"), getattr(row, f"{name}_en")
            return text_in_two(ko, en, with_other=is_own_name(self.kind, name))
        declared = self.kind.all_fields[name]
        if declared.is_private and row.id not in self.own:
            return Cell()
        return self._value(row, declared)

    def _value(self, row, declared: Field) -> Cell:
        if declared.type in (Type.REF, Type.RECORD):
            return self._reference(getattr(row, f"{declared.name}_id"))
        value = getattr(row, declared.name)
        if declared.name == "value_stated" and not value:
            value = understood(row.value)  # a source may mean a value without writing it out
        if value in (None, "", []):
            return Cell(is_unstated=declared.type in STATED_OR_NOT, is_number=declared.type in NUMBERS)
        match declared.type:
            case Type.CHOICE:
                return self._choice_of(declared.name, value)
            case Type.DATE:
                return Cell(dates.show(value, language()), is_short=True)
            case Type.INSTANT:
                here = timezone.localtime(value)
                return Cell(f"{dates.show(here.date().isoformat(), language())} {here:%H:%M}", is_short=True)
            case Type.LIST:
                return Cell(" · ".join(value))
            case Type.MONEY:
                number = in_unit(value, row.currency, self.unit)
                return Cell(number if row.currency == KOREAN else f"{row.currency} {number}", is_number=True)
            case Type.DECIMAL:
                return Cell(number_format(value.normalize(), use_l10n=True, force_grouping=True), is_number=True)
            case Type.INTEGER:
                is_year = declared.name.endswith("year")
                return Cell(str(value) if is_year else number_format(value, force_grouping=True), is_number=True)
            case Type.BOOLEAN:
                return Cell(str(_("yes")) if value else str(_("no")))
        if declared.name == "adopted":
            return Cell(understood(value))
        if declared.name == "attribute":
            about = self.labels.get(row.record_id)
            return Cell(attribute_word(value, kinds()[about.kind] if about else None), is_short=len(value) < 20)
        if declared.name == "country":
            return Cell(country_name(value, language()))
        is_address = declared.name == "url" and str(value).startswith(("https://", "http://"))
        return Cell(str(value), href=str(value) if is_address else "")

    def _reference(self, id: UUID | None) -> Cell:
        label = self.labels.get(id) if id else None
        return label_cell(label) if label else Cell()


def label_cell(label: Label) -> Cell:
    return text_in_two(label.ko, label.en)._replace(href=label.url)


def text_in_two(ko: str, en: str, *, with_other: bool = False) -> Cell:
    """A text in the reader's language, or marked in the other one; with the other beneath where both exist."""
    mine, theirs = (ko, en) if language() == "ko" else (en, ko)
    if not mine:
        return Cell(theirs, lang=other_language() if theirs else "")
    if with_other and theirs and theirs != mine:
        return Cell(mine, sub=theirs, sub_lang=other_language())
    return Cell(mine)


def understood(value: str) -> str:
    """A value as understood by the registry: dates as an office writes them, all else as it is."""
    try:
        return dates.show(dates.parse(value).text, language())
    except dates.BadDate:
        return value


def choice_cell(declared: Field, value) -> Cell:
    if declared.name == "visibility":
        return Cell(str(Visibility(value).label))
    text = str(declared.words.get(value, value))
    if value == "unstated":
        return Cell(is_unstated=True)
    return Cell(text, chip=f"chip {value}" if declared.name in ("status", "state") else "")


def period_cell(starts: str | None, ends: str | None) -> Cell:
    """From and to in one: `2024. 7. ~ 2028`, `2024. 7. ~`, `~ 2028`."""
    here = language()
    begin, end = dates.show(starts, here), dates.show(ends, here)
    if not begin and not end:
        return Cell(is_unstated=True)
    dash = "~" if here == "ko" else "–"
    if starts == ends:
        return Cell(begin, is_short=True)
    return Cell(f"{begin} {dash} {end}".strip(), is_short=True)


def merged(columns: Iterable[str]) -> list[str]:
    """`starts_on, ends_on` become one column, the period."""
    names = list(columns)
    if "starts_on" in names and "ends_on" in names:
        names[names.index("starts_on")] = PERIOD
        names.remove("ends_on")
    return names


def own_column(kind: Kind, names: Sequence[str]) -> str:
    """The column that leads to the row's own page: its name, or the first that leads nowhere else."""
    if is_own_name(kind, kind.label_base) and kind.label_base in names:
        return kind.label_base
    return next((name for name in names if type_of(kind, name) not in (Type.REF, Type.RECORD)), names[0])


def is_own_name(kind: Kind, name: str) -> bool:
    """Whether this pair is what the row is called (a role's title is not)."""
    return kind.label == (name,)


def type_of(kind: Kind, name: str) -> Type:
    return kind.all_fields[name].type if name in kind.all_fields else Type.TEXT


def head_of(kind: Kind, name: str) -> str:
    if name == PERIOD:
        return str(_("period"))
    if is_own_name(kind, name):
        return str(kind.label_one)
    if name in kind.all_fields:
        return str(kind.all_fields[name].label)
    return head_word(kind, name)


# ---- words for what has no field -------------------------------------------------------------------


def attribute_word(attribute: str, kind: Kind | None = None) -> str:
    """What an attribute of a citation is called: the field's label, a figure's, or else its own words."""
    base = attribute.removesuffix("_ko").removesuffix("_en")
    if kind and base in PAIRS and f"{base}_ko" in kind.all_fields:
        tongue = {"_ko": _("in Korean"), "_en": _("in English")}.get(attribute[-3:], "")
        word = head_word(kind, base)
        return f"{word} ({tongue})" if tongue else word
    if kind and attribute in kind.all_fields:
        return str(kind.all_fields[attribute].label)
    return free_word(attribute)


def head_word(kind: Kind, base: str) -> str:
    """A pair's name: a person's title is not the title of a project."""
    return str(pgettext("person", "title")) if base == "title" and not is_own_name(kind, base) else str(PAIRS[base])
