"""What a list page offers around its rows: sortable heads, chosen filters as chips, filters to choose, other lists."""

from collections import defaultdict
from dataclasses import dataclass, replace

from django.utils.translation import gettext_lazy as _

from .asking import Asked, references
from .kinds import Field, Filter, Kind, Type, kind_of, kinds
from .labels import label_of, labels_of
from .lists import ListQuery, sortable
from .moments import address
from .questions import filters_of
from .showing import PERIOD, Head, Shower, attribute_word

MOST_OPTIONS = 200
LOOKUP_WORDS = {"gte": "≥", "lte": "≤", "gt": ">", "lt": "<", "contains": "∋"}


@dataclass(frozen=True)
class Chip:
    """A filter that is on, and the query without it."""

    label: str
    value: str
    without: str


@dataclass(frozen=True)
class Chooser:
    """A filter to choose from: its options as (value, words, is chosen)."""

    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...]


def heads(shower: Shower, query: ListQuery) -> list[Head]:
    """The heads of the columns; a click sorts by them, a second click the other way round."""
    allowed = set(sortable(query.kind, query.reader))
    by = query.sort or ("" if query.search else query.kind.order)
    return [_sorted(head, allowed, by) for head in shower.heads(query.kind.columns)]


def _sorted(head: Head, allowed: set[str], by: str) -> Head:
    name = "starts_on" if head.name == PERIOD else head.name
    if name not in allowed:
        return head
    is_by = by.lstrip("-") == name
    direction = ("descending" if by.startswith("-") else "ascending") if is_by else ""
    return replace(head, sort=f"-{name}" if direction == "ascending" else name, sorted=direction)


def chips(query: ListQuery, params) -> list[Chip]:
    """What narrows the list: the search and each filter."""
    found = [Chip(str(_("words")), query.search, _without(params, "search"))] if query.search else []
    for asked in query.asked:
        parameter = next(
            p
            for p in params
            if p.partition("__")[0] == asked.name and (p.partition("__")[2] or "in") == (asked.lookup or "in")
        )
        found.append(Chip(_label(query.kind, asked), _words(query, asked), _without(params, parameter)))
    return found


def kept(params, offered: list[Chooser]) -> list[tuple[str, str]]:
    """(parameter, value) of the filters that no chooser shows, so that choosing another does not lose them."""
    shown = {"search", "sort", "cursor", "at", "of", *(chooser.name for chooser in offered)}
    return [(name, value) for name in params if name not in shown for value in params.getlist(name)]


def _without(params, name: str) -> str:
    rest = params.copy()
    for gone in (name, "cursor"):
        rest.pop(gone, None)
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


def _chosen(query: ListQuery, name: str) -> tuple[str, ...]:
    return next((a.values for a in query.asked if a.name == name and not a.lookup), ())


def _choice_chooser(query: ListQuery, declared: Field | Filter) -> Chooser:
    on = _chosen(query, declared.name)
    return Chooser(
        declared.name, str(declared.label), tuple((str(v), str(w), str(v) in on) for v, w in declared.choices)
    )


def _ref_chooser(query: ListQuery, declared: Field | Filter) -> Chooser:
    """One query for the names. Too many to choose from: no chooser; such a filter is set by following a link."""
    target, on = _target(declared), _chosen(query, declared.name)
    rows = list(target.model.objects.visible_to(query.reader)[: MOST_OPTIONS + 1]) if target.label_base else []
    if len(rows) > MOST_OPTIONS:
        return Chooser(declared.name, str(declared.label), ())
    labels = sorted((label_of(target, row) for row in rows), key=str)
    options = tuple((lab.key, str(lab), lab.key in on or str(lab.id) in on) for lab in labels)
    return Chooser(declared.name, str(declared.label), options)


def other_lists(query: ListQuery) -> list[tuple[str, str]]:
    """(name, address) of the other lists in which the same words may be found."""
    others = [kind for kind in kinds().values() if kind.in_menu and kind.search and kind is not query.kind]
    return [(str(kind.label_many), address("list", kind.plural, search=query.search)) for kind in others]
