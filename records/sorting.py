"""In which order a list stands, by keys that an index can give, and what of it comes after a row: the ranges of keyset pages."""

from dataclasses import dataclass

from django.db.models import F, Q
from django.utils.translation import get_language

from .asking import may_ask, shown_reference
from .base import by_name
from .kinds import Kind, Type
from .rights import Reader
from .searching import Search


@dataclass(frozen=True)
class SortKey:
    """One value that rows are sorted by. What has none comes last, whichever way the others stand."""

    name: str
    expression: object
    is_descending: bool = False
    may_be_null: bool = True
    is_backwards: bool = False  # against the direction of its index, which is then read from the end

    def ordering(self):
        by, last = F(self.name), not self.is_backwards
        if self.is_descending:
            return by.desc(nulls_last=last or None, nulls_first=not last or None)
        return by.asc(nulls_last=last or None, nulls_first=not last or None)


BAND_KEYS = [
    SortKey("sort_band", None, may_be_null=False),
    SortKey("id", F("id"), is_descending=True, may_be_null=False),
]


def sortable(kind: Kind, reader: Reader) -> list[str]:
    names = [f.name for f in kind.all_fields.values() if f.type is not Type.LIST and may_ask(f, reader)]
    return ([kind.label_base] if kind.label_base else []) + names


def sort_keys(kind: Kind, sort: str, search: str, reader: Reader) -> list[SortKey]:
    """The keys of an order: exact hits first when searching, then as asked, then the id, so that no two rows are equal.

    An order against that of its index goes from its end to its beginning, ids included.
    """
    keys = []
    if search and not sort and kind.search:
        keys.append(SortKey("sort_rank", Search(kind, search).rank(), may_be_null=False))
    by = sort or kind.order
    name = by.removeprefix("-")
    expression, back = _sort_expression(kind, name, reader), _is_backwards(kind, by)
    keys.append(SortKey("sort_by", expression, by.startswith("-"), _may_be_null(kind, name), back))
    return [*keys, SortKey("sort_id", F("id"), back, may_be_null=False, is_backwards=back)]


def _is_backwards(kind: Kind, by: str) -> bool:
    """Indexes go as a kind's own order does; otherwise dates from the latest (`latest_first`), all else ascending."""
    name = by.removeprefix("-")
    if name == kind.order.removeprefix("-"):
        return by != kind.order
    is_latest_first = name != kind.label_base and kind.all_fields[name].type is Type.DATE
    return by.startswith("-") != is_latest_first


def _may_be_null(kind: Kind, name: str) -> bool:
    """Whether the values that `_sort_expression` gives may be missing."""
    if name == kind.label_base:
        return False
    column = next((f for f in kind.model._meta.concrete_fields if f.name == name), None)
    return column is None or getattr(column, "output_field", column).null


def _sort_expression(kind: Kind, name: str, reader: Reader):
    if name == kind.label_base:
        here, there = ("ko", "en") if (get_language() or "ko").startswith("ko") else ("en", "ko")
        return by_name(name, here, there)
    if name in kind.orders:
        return kind.orders[name]
    match kind.all_fields[name].type:
        case Type.DATE:
            return F(f"{name}_first")
        case Type.REF | Type.RECORD:
            return shown_reference(kind, kind.all_fields[name], reader)
    return F(name)


def parts(keys: list[SortKey]) -> list[Q]:
    """All rows in this order. An index that is read from its end begins with what has no value; that comes last."""
    for key in keys:
        if key.is_backwards and key.may_be_null:
            return [Q(**{f"{key.name}__isnull": is_null}) for is_null in (False, True)]
    return [Q()]


def comes_after(keys: list[SortKey], values: list) -> list[Q]:
    """The rows after these values in this order: ranges that follow each other, an index can begin at each.

    First what is equal so far and comes later by the other keys, then what lies beyond, then what has no value.
    """
    key, value = keys[0], values[0]
    equal = Q(**{key.name: value}) if value is not None else Q(**{f"{key.name}__isnull": True})
    ranges = [equal & later for later in comes_after(keys[1:], values[1:])] if keys[1:] else []
    if value is not None:
        ranges.append(Q(**{f"{key.name}__{'lt' if key.is_descending else 'gt'}": value}))
        ranges += [Q(**{f"{key.name}__isnull": True})] if key.may_be_null else []
    return ranges
