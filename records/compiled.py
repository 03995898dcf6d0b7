"""Pages of lists whose SQL is built once for each form of a question, and whose rows PostgreSQL writes (sql_shapes.py).

    question → its form and its values → form known? its SQL, a prepared statement → rows as JSON
                                         else built by Django, once, with marks for values

The form is all but the values: kind, rights, order, filters with their lookups. What a filter means is said by `asking.py`
alone: its conditions are read, their values taken out, and Django compiles the very same conditions with a mark in the
place of each. A form in whose SQL a mark is not found exactly once is not compiled, nor is a question with anything in it
but plain values: `page_as_json` is None, and `lists.py` answers.
"""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import Q
from django.utils.translation import get_language

from . import sql_shapes
from .kinds import Kind, Type
from .lists import ListQuery
from .prepared import fetch
from .shape_asked import ShapeAsked
from .sorting import SortKey, comes_after, parts

MOST_FORMS = 500
SMALL = 31_000  # beyond it Django looks at whether the column can hold the number, and its SQL differs


class CannotBeCompiled(Exception):
    pass


@dataclass(frozen=True)
class JsonPage:
    rows: list[str]
    next_cursor: str | None


@dataclass(frozen=True)
class Compiled:
    sql: str
    places: tuple[
        tuple, ...
    ]  # of its parameters: (which value, which item of it or None, type) or (None, None, constant)

    def parameters(self, values: list) -> list:
        return [
            how if at is None else how(values[at] if item is None else values[at][item])
            for at, item, how in self.places
        ]


_forms: "OrderedDict[tuple, Compiled | None]" = OrderedDict()


def page_as_json(query: ListQuery, shape: ShapeAsked) -> JsonPage | None:
    """The page that `query.page()` finds, in this shape. Raises BadQuery for a cursor of another question."""
    if query.search or query.as_of or not shape.is_plain or not sql_shapes.can_be_said(query.kind, query.reader):
        return None
    keys = query.keys
    try:
        ranges = _ranges(query, keys)
        values: list = []
        form = tuple(_form(q, values) for q in (*(asked.condition for asked in query.asked), *ranges))
    except CannotBeCompiled:
        return None
    reader = query.reader
    rights = (reader.level, reader.takes_part_in, reader.is_officer, bool(reader.institutions))
    key = (query.kind.name, shape.names, shape.is_minor, rights, query.sort, query.limit, get_language(), form)
    if key in _forms:
        compiled = _forms[key]
    else:
        compiled = _forms[key] = _compile(query, shape, ranges)
        if len(_forms) > MOST_FORMS:
            _forms.popitem(last=False)
    return compiled and _page(query, keys, fetch(compiled.sql, compiled.parameters(values)))


def _page(query: ListQuery, keys: list[SortKey], found: list[tuple]) -> JsonPage:
    rows = [row[0] for row in found]
    if len(rows) <= query.limit:
        return JsonPage(rows, None)
    last = found[query.limit - 1]
    cursor = query._write_cursor(keys, SimpleNamespace(sort_by=last[1], sort_id=last[2]))
    return JsonPage(rows[: query.limit], cursor)


# ---- form and values -----------------------------------------------------------------------------------------


def _ranges(query: ListQuery, keys: list[SortKey]) -> list[Q]:
    """What of the list is read one after the other, as `ListQuery.page` does."""
    if not query.cursor:
        return parts(keys)
    by, id = query._read_cursor(len(keys))
    return comes_after(keys, [by if by is None else _typed(query.kind, query.sort or query.kind.order, by), UUID(id)])


def _typed(kind: Kind, by: str, value):
    """A value of a cursor as the database has it."""
    field = kind.all_fields.get(by.removeprefix("-"))
    if field is None:
        return value
    match field.type:
        case Type.DATE:
            return date.fromisoformat(value)
        case Type.INSTANT:
            return datetime.fromisoformat(value)
        case Type.ID | Type.REF | Type.RECORD:
            return UUID(value)
        case Type.TEXT | Type.CHOICE | Type.INTEGER:
            return value
    raise CannotBeCompiled


def _form(node, values: list):
    """The form of a condition; its values are added to `values`."""
    if isinstance(node, Q):
        return node.connector, node.negated, tuple(_form(child, values) for child in node.children)
    if not isinstance(node, tuple):
        raise CannotBeCompiled
    name, value = node
    if value is None or (type(value) is not int and isinstance(value, int)):  # also yes and no, and visibility
        return name, value
    if isinstance(value, set | frozenset | list):
        items = list(dict.fromkeys(value))
        if len(items) != len(value) or not items:
            raise CannotBeCompiled
        values.append(items)
        return name, tuple(map(_type, items))
    values.append(value)
    return name, _type(value)


def _type(value) -> type:
    if type(value) not in (str, UUID, date, datetime, int) or (type(value) is int and abs(value) > SMALL):
        raise CannotBeCompiled
    return type(value)


# ---- compiling -----------------------------------------------------------------------------------------------


def _mark(of: type, number: int):
    """A value that no question has."""
    match of.__name__:
        case "str":
            return f"\ue000{number}\ue000"
        case "UUID":
            return UUID(int=number + 1)
        case "date":
            return date(1, 1, 1) + timedelta(number + 1)
        case "datetime":
            return datetime(1, 1, 1, tzinfo=UTC) + timedelta(number + 1)
    return SMALL + 1 + number


def _marked(node, marks: list):
    """The same condition with marks for its values; they are added to `marks` in the order in which `_form` finds values."""
    if isinstance(node, Q):
        copy = node.copy()
        copy.children = [_marked(child, marks) for child in node.children]
        return copy
    name, value = node
    if value is None or (type(value) is not int and isinstance(value, int)):
        return node
    first = sum(len(mark) if isinstance(mark, list) else 1 for mark in marks)
    if isinstance(value, set | frozenset | list):
        mark = [_mark(type(item), first + n) for n, item in enumerate(value)]
    else:
        mark = _mark(type(value), first)
    marks.append(mark)
    return name, mark


def _compile(query: ListQuery, shape: ShapeAsked, ranges: list[Q]) -> Compiled | None:
    marks: list = []
    asked = tuple(replace(a, condition=_marked(a.condition, marks)) for a in query.asked)
    rows, everywhere = replace(query, asked=asked, cursor="").in_order(), len(marks)
    names, sqls, places = [*sql_shapes.needed(query.kind), "sort_by", "sort_id"], [], []
    for q in ranges:
        first = len(marks)
        rows_here = rows.filter(_marked(q, marks))[: query.limit + 1].values(*names)
        try:
            sql, parameters = rows_here.query.sql_with_params()
            places += _places({*range(everywhere), *range(first, len(marks))}, marks, parameters)
        except (EmptyResultSet, FullResultSet, CannotBeCompiled):
            return None
        sqls.append(f"({sql})")
    said = sql_shapes.json_of(shape, query.reader)
    found = f"{' UNION ALL '.join(sqls)} LIMIT {query.limit + 1}" if len(sqls) > 1 else sqls[0]
    as_json = f"(SELECT row_to_json(r) FROM (SELECT {said}) r)::text"
    return Compiled(f"SELECT {as_json}, t.sort_by, t.sort_id FROM ({found}) t", tuple(places))


def _places(expected: set[int], marks: list, parameters: Sequence) -> list[tuple]:
    """Where each value goes. Raises CannotBeCompiled where a mark that is expected is not there exactly once."""
    at: dict = {}
    for n in expected:
        mark = marks[n]
        at |= {item: (n, i) for i, item in enumerate(mark)} if isinstance(mark, list) else {mark: (n, None)}
    places = []
    for parameter in parameters:
        if isinstance(parameter, list):
            raise CannotBeCompiled
        place = at.get(parameter)
        how = parameter if place is None else type(parameter) if isinstance(parameter, int) else _as_it_is
        places.append((*(place or (None, None)), how))
    if Counter(place[:2] for place in places if place[0] is not None) != Counter(at.values()):
        raise CannotBeCompiled
    return places


def _as_it_is(value):
    return value
