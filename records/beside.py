"""The way on from a record that was opened from a list: the one before it and the one after it there.

A list's links carry its question, so that nothing is remembered on the server: `?list=program%3Dnairl&at=3&of=128`.
Two queries find the neighbours, however long the list is.
"""

from dataclasses import dataclass
from urllib.parse import urlencode

from django.db.models import CharField, F, IntegerField, Q, Value
from django.db.models.functions import Cast
from django.http import QueryDict
from django.urls import reverse

from . import dates, lists
from .kinds import Kind
from .rights import Reader

NOT_ASKED = ("cursor", "limit", "at", "known_at", "unit")  # of a list's address, what does not choose or order its rows


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
    list_url = reverse("list", args=[kind.plural]) + (f"?{params['list']}" if params["list"] else "")
    if query.is_in_bands:  # found so often that its order is no order of rows beside each other
        return Beside(list_url, "", "", 0, 0)
    keys = query.keys
    rows = query.rows().annotate(**{key.name: key.expression for key in keys})
    mine = rows.filter(id=row.id).values_list(*(key.name for key in keys)).first()
    if mine is None:
        return None
    at, of = number(params.get("at")), number(params.get("of"))
    found = _neighbours(kind, rows, keys, list(mine))
    urls = {
        step: reverse("record", args=[kind.plural, key]) + trail(params["list"], at and at + step, of)
        for step, key in found.items()
    }
    return Beside(list_url, urls.get(-1, ""), urls.get(1, ""), at, of)


def _neighbours(kind: Kind, rows, keys, mine: list) -> dict[int, str]:
    """The address keys of the rows before (-1) and after (1): one query, a row of each range that could hold them."""
    key = "slug" if kind.has_slug else "id"
    pieces = [
        rows.filter(condition).order_by(*order).values_list(_int(step), _int(n), Cast(key, CharField()))[:1]
        for step, ranges, order in (
            (1, lists.after(keys, mine), [k.ordering() for k in keys]),
            (-1, _before(keys, mine), [_backwards(k) for k in keys]),
        )
        for n, condition in enumerate(ranges)
    ]
    found = pieces[0].union(*pieces[1:], all=True)
    return {step: key for step, _near, key in sorted(found, key=lambda one: -one[1])}


def _int(number: int) -> Value:
    return Value(number, output_field=IntegerField())


def _backwards(key: lists.SortKey):
    by, first = F(key.name), not key.is_backwards
    turned = by.asc if key.is_descending else by.desc
    return turned(nulls_first=first or None, nulls_last=not first or None)


def _before(keys: list[lists.SortKey], values: list) -> list[Q]:
    """The rows before these values, as ranges, the nearest first: what `lists.after` is for those after them."""
    key, value = keys[0], values[0]
    equal = Q(**{key.name: value}) if value is not None else Q(**{f"{key.name}__isnull": True})
    ranges = [equal & earlier for earlier in _before(keys[1:], values[1:])] if keys[1:] else []
    if value is None:
        return [*ranges, Q(**{f"{key.name}__isnull": False})]
    return [*ranges, Q(**{f"{key.name}__{'gt' if key.is_descending else 'lt'}": value})]
