"""What a list page offers around its rows: sortable heads, chosen filters as chips, filters to choose, other lists."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from .asking import Asked, references
from .columns import choosable
from .facets import Count, Facet, count_options
from .kinds import Field, Filter, Kind, Type, kind_of, kinds
from .labels import label_of, labels_of
from .lists import ListQuery
from .moments import address
from .questions import filters_of
from .showing import PERIOD, Head, Shower, attribute_word, head_of
from .sorting import sortable

MOST_OPTIONS = 200
LOOKUP_WORDS = {"gte": "≥", "lte": "≤", "gt": ">", "lt": "<", "contains": "∋"}


@dataclass(frozen=True)
class Chip:
    """A filter that is on, and the query without it."""

    label: str
    value: str
    without: str


class Option(NamedTuple):
    """One value of a filter as it is asked for, in words, and what a column holds for it."""

    value: str
    words: str
    is_on: bool
    held: str | UUID
    count: Count | None = None  # of the rows that it leads to; None where they are not counted


@dataclass(frozen=True)
class Chooser:
    """A filter to choose from."""

    declared: Field | Filter
    options: tuple[Option, ...]

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def label(self) -> str:
        return str(self.declared.label)

    def counted(self, counts: dict) -> "Chooser":
        return replace(self, options=tuple(option._replace(count=counts.get(option.held)) for option in self.options))


class ColumnChoice(NamedTuple):
    """A column that the list shows or could show."""

    name: str
    label: str
    is_on: bool


def heads(shower: Shower, query: ListQuery) -> list[Head]:
    """The heads of the columns; a click sorts by them, a second click the other way round."""
    allowed = set(sortable(query.kind, query.reader))
    by = query.sort or ("" if query.search else query.kind.order)
    return [_sorted(head, allowed, by) for head in shower.heads(query.shown)]


def column_choices(query: ListQuery) -> list[ColumnChoice]:
    """The columns that are shown, in their order, and then all others."""
    shown = query.shown
    rest = [name for name in choosable(query.kind, query.reader) if name not in shown]
    return [ColumnChoice(name, head_of(query.kind, name), name in shown) for name in (*shown, *rest)]


def moved(columns: Sequence[str], name: str, by: int) -> list[str]:
    """These columns with one of them moved by so many places."""
    found = list(columns)
    if name in found:
        at = found.index(name)
        found.insert(max(at + by, 0), found.pop(at))
    return found


def _sorted(head: Head, allowed: set[str], by: str) -> Head:
    name = "starts_on" if head.name == PERIOD else head.name
    if name not in allowed:
        return head
    is_by = by.lstrip("-") == name
    direction = ("descending" if by.startswith("-") else "ascending") if is_by else ""
    return replace(head, sort=f"-{name}" if direction == "ascending" else name, sorted=direction)


def chips(query: ListQuery, address) -> list[Chip]:
    """What narrows the list: the search and each filter. `address` has the parameters of the page's own address."""
    found = [Chip(str(_("words")), query.search, _without(query, address, "search"))] if query.search else []
    for asked in query.asked:
        parameter = next(
            p
            for p in query.params
            if p.partition("__")[0] == asked.name and (p.partition("__")[2] or "in") == (asked.lookup or "in")
        )
        found.append(Chip(_label(query.kind, asked), _words(query, asked), _without(query, address, parameter)))
    return found


def kept(query: ListQuery, address, offered: list[Chooser]) -> list[tuple[str, str]]:
    """(parameter, value) of the filters that no chooser shows, so that choosing another does not lose them."""
    shown = {"search", "sort", "cursor", "at", "of", *(chooser.name for chooser in offered)}
    return [(name, value) for name in address if name not in shown for value in address.getlist(name)]


def _without(query: ListQuery, address, name: str) -> str:
    """The address without this parameter; one of a saved view is not asked where it stands there empty."""
    rest = address.copy()
    for gone in (name, "cursor", "at", "of"):
        rest.pop(gone, None)
    if query.view and name in QueryDict(query.view.query):
        rest[name] = ""
    return f"?{rest.urlencode()}"


def _declared(kind: Kind, name: str) -> Field | Filter:
    return next((f for f in filters_of(kind) if f.name == name), None) or kind.all_fields[name]


def _label(kind: Kind, asked: Asked) -> str:
    label = str(_declared(kind, asked.name).label)
    return f"{label} {LOOKUP_WORDS.get(asked.lookup, '')}".strip()


def _words(query: ListQuery, asked: Asked) -> str:
    """The values of a filter as words; a reference by its name, if the reader may see it."""
    declared = _declared(query.kind, asked.name)
    if asked.lookup == "isnull":
        return str(_("not in the sources")) if asked.values == ("true",) else str(_("in the sources"))
    if declared.type in (Type.REF, Type.RECORD):
        return ", ".join(_name(query, declared, value) for value in asked.values)
    if asked.name == "attribute":
        return ", ".join(attribute_word(value) for value in asked.values)
    words = dict(declared.choices)
    return ", ".join(str(words.get(value, value)) for value in asked.values)


def _name(query: ListQuery, declared: Field | Filter, value: str) -> str:
    """What the record of this id or slug is called; the value itself where the reader may not see it."""
    ids = references(declared, value, query.reader)
    labels = labels_of(defaultdict(set), set(ids), query.reader) if ids else {}
    return ", ".join(str(label) for label in labels.values()) or value


def _target(declared: Field | Filter) -> Kind | None:
    """The kind that a reference leads to; a filter without a target is named after it."""
    if declared.type is Type.REF and declared.target:
        return kind_of(declared.target)
    return kinds().get(declared.name)


def choosers(query: ListQuery) -> list[Chooser]:
    """The filters that a page offers: choices, the kind's own questions, and references with few enough targets."""
    kind = query.kind
    fields = [
        f
        for f in kind.all_fields.values()
        if f.name in (*kind.fields, *(v.name for v in kind.virtual)) and not f.is_private
    ]
    choices = [f for f in fields if f.type is Type.CHOICE]
    refs = [f for f in fields if f.type is Type.REF and f.name in kind.columns]
    found = [_choice_chooser(query, f) for f in choices]
    found += [
        _ref_chooser(query, f)
        for f in (*refs, *filters_of(kind))
        if f.type is Type.REF and f.name != "within" and _target(f)
    ]
    found += [_choice_chooser(query, f) for f in filters_of(kind) if f.type is Type.CHOICE]
    return [chooser for chooser in found if chooser.options]


def counted(query: ListQuery, offered: list[Chooser]) -> tuple[list[Chooser], Count | None]:
    """The same filters with the number of rows that each option leads to; and of all rows, where it became known."""
    facets = [Facet(chooser.declared, [option.held for option in chooser.options]) for chooser in offered]
    counts, whole = count_options(query, facets)
    return [chooser.counted(counts.get(chooser.name, {})) for chooser in offered], whole


def _chosen(query: ListQuery, name: str) -> tuple[str, ...]:
    return next((a.values for a in query.asked if a.name == name and not a.lookup), ())


def _choice_chooser(query: ListQuery, declared: Field | Filter) -> Chooser:
    on = _chosen(query, declared.name)
    return Chooser(declared, tuple(Option(str(v), str(w), str(v) in on, v) for v, w in declared.choices))


def _ref_chooser(query: ListQuery, declared: Field | Filter) -> Chooser:
    """Too many to choose from: no chooser; such a filter is set by following a link."""
    target, on = _target(declared), _chosen(query, declared.name)
    rows = target.model.objects.visible_to(query.reader)
    if not target.label_base or len(rows.order_by().values_list("id")[: MOST_OPTIONS + 1]) > MOST_OPTIONS:
        return Chooser(declared, ())
    labels = sorted((label_of(target, row) for row in rows), key=str)
    return Chooser(
        declared, tuple(Option(lab.key, str(lab), lab.key in on or str(lab.id) in on, lab.id) for lab in labels)
    )


def other_lists(query: ListQuery) -> list[tuple[str, str]]:
    """(name, address) of the other lists in which the same words may be found."""
    others = [kind for kind in kinds().values() if kind.in_menu and kind.search and kind is not query.kind]
    return [(str(kind.label_many), address("list", kind.plural, search=query.search)) for kind in others]
