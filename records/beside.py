"""The way on from a record that was opened from a list: the one before it and the one after it there.

A list's links carry its question, so that nothing is remembered on the server: `?list=program%3Dnairl&at=3&of=128`.
Two queries find the neighbours, however long the list is.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import CharField, Q, Value
from django.db.models.functions import Cast
from django.http import QueryDict

from . import dates, lists, sorting
from .kinds import Kind
from .moments import address, further
from .rights import Reader
from .sorting import SortKey

NOT_ASKED = (
    "cursor",
    "limit",
    "at",
    "of",
    "known_at",
    "unit",
)  # of a list's address, what does not choose or order its rows


@dataclass(frozen=True)
class Beside:
    """Where the record stands in its list. `at` is 0 and `of` is 0 where that is not known."""

    list_url: str
    before: str
    after: str
    at: int
    of: int


def question(params) -> str:
    """What chooses and orders the rows of a list, from its address."""
    asked = params.copy()
    for name in NOT_ASKED:
        asked.pop(name, None)
    return asked.urlencode()


def trail(asked: str, at: int = 0, of: int = 0) -> str:
    """What a list's link adds to the address of the row that stands there at place `at` of `of`."""
    return "?" + urlencode({"list": asked} | ({"at": at} if at else {}) | ({"of": of} if of else {}))


def number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0


def beside(kind: Kind, row, params, reader: Reader) -> Beside | None:
    """The record's neighbours in the list that `params` speaks of; None where it is in none, or no longer."""
    if "list" not in params:
        return None
    asked = QueryDict(params["list"])
    try:
        as_of = dates.parse(dates.read(asked["as_of"])).last if asked.get("as_of") else None
        query = lists.read(kind, asked, reader, as_of=as_of)
    except (dates.BadDate, lists.BadQuery):
        return None
    list_url = further(address("list", kind.plural, as_of=None), f"?{params['list']}" if params["list"] else "")
    if query.is_in_bands:  # found so often that its order is no order of rows beside each other
        return Beside(list_url, "", "", 0, 0)
    mine = query.in_order().filter(id=row.id).values_list(*(key.name for key in query.keys)).first()
    if mine is None:
        return None
    at, of = number(params.get("at")), number(params.get("of"))
    found = _neighbours(query, list(mine))
    urls = {
        step: further(address("record", kind.plural, key), trail(params["list"], at and at + step, of))
        for step, key in found.items()
    }
    return Beside(list_url, urls.get(-1, ""), urls.get(1, ""), at, of)


def _neighbours(query: lists.ListQuery, mine: list) -> dict[int, str]:
    """The address keys of the rows before (-1) and after (1): one query, that asks each range for its nearest row."""
    onwards = query.in_order()
    back = onwards.order_by(*(_reversed(key) for key in query.keys))
    name = Cast("slug" if query.kind.has_slug else "id", CharField())
    ranges = [(n, onwards.filter(part)) for n, part in enumerate(sorting.comes_after(query.keys, mine), 1)]
    ranges += [(-n, back.filter(part)) for n, part in enumerate(_comes_before(query.keys, mine), 1)]
    pieces = [rows.values_list(Value(n), name)[:1] for n, rows in ranges]
    found = dict(pieces[0].union(*pieces[1:], all=True))
    nearest = {1: min((n for n in found if n > 0), default=0), -1: max((n for n in found if n < 0), default=0)}
    return {step: found[n] for step, n in nearest.items() if n}


def _reversed(key: SortKey):
    order = key.ordering()
    order.reverse_ordering()
    return order


def _comes_before(keys: list[SortKey], values: list) -> list[Q]:
    """The rows before these values in this order, the nearest range first: what `sorting.comes_after` is for those after."""
    key, value = keys[0], values[0]
    equal = Q(**{key.name: value}) if value is not None else Q(**{f"{key.name}__isnull": True})
    ranges = [equal & earlier for earlier in _comes_before(keys[1:], values[1:])] if keys[1:] else []
    if value is None:
        return [*ranges, Q(**{f"{key.name}__isnull": False})]
    return [*ranges, Q(**{f"{key.name}__{'gt' if key.is_descending else 'lt'}": value})]
