"""Searching within one kind: every word must occur somewhere; exact hits come first, then names that begin so.

Spaces, punctuation and capitals do not matter (folding.py). How rows are read depends on how many the index finds:

few    they are ranked and sorted as the list is
many   they are read in three bands, exact, beginning so, the rest, in each the latest record first, until the page is full

Of few all are looked at, of many about a page, so that a search costs as much in a large registry as in a small one. In a
list that is sorted by names that cannot be: all who are called Hong stand together, far from where reading begins.
Names of other records (`researcher__name_ko`) are found in those records' own index. The past has no index.
"""

import json
from dataclasses import dataclass
from functools import cached_property

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, Case, F, Func, IntegerField, Q, QuerySet, TextField, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import IContains

from .folding import Piece, beginning, folded, grams_of, has, has_not, inside, mentions, text_of, whole
from .history import is_past
from .kinds import Kind, Type, kind_of

FEW = 1_000  # are sorted
MOST = 5_000  # are taken from the index; of more, reading along the table finds a page sooner
MOST_KNOWN = 10_000  # the same where the index alone can tell, so that no text is looked at
BANDS = EXACT, BEGINNING, REST = 0, 1, 2


class _Joined(Func):
    """An array of texts as one text."""

    template = "array_to_string(%(expressions)s, chr(31))"
    output_field = TextField()


class _AnyOf(Func):
    """`id = ANY(ARRAY(SELECT …))`: the ids are found first, whatever else is asked of the rows."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, id: str, rows: QuerySet, **extra):
        super().__init__(F(id), ArraySubquery(rows.order_by().values("id")), **extra)


def contains(name: str, type_: Type, text: str) -> Q:
    return Q(IContains(_Joined(F(name)), text)) if type_ is Type.LIST else Q(**{f"{name}__icontains": text})


@dataclass(frozen=True)
class Search:
    """What is searched for among the records of one kind."""

    kind: Kind
    text: str

    def narrow(self, rows: QuerySet) -> QuerySet:
        """Of these rows, those in which every word occurs."""
        if not self._words:
            return rows.none()
        if is_past():
            return rows.filter(self._have(self._words))
        found = self._found()
        if found is None:
            return rows.filter(self._mentioned, self._have(self._words))
        return rows.filter(_AnyOf("id", self._all.filter(found.rows)), self._have(self._unknown(self._words)))

    def rank(self) -> Case:
        """The band of a row."""
        return Case(
            When(self._have([whole(self.text)]), then=Value(EXACT)),
            When(self._have([beginning(self.text)]), then=Value(BEGINNING)),
            default=Value(REST),
            output_field=IntegerField(),
        )

    @property
    def are_many(self) -> bool:
        """Whether so many rows are found that they are read in bands."""
        if not self._words or is_past():
            return False
        found = self._found()
        return found is None or found.count > FEW

    def band(self, rows: QuerySet, band: int) -> QuerySet:
        """Those of these rows that stand in this band, the latest record first."""
        pieces, found = self._pieces[band], self._found(band)
        if found and not found.count:
            return rows.none()
        if band:
            rows = self._without(rows, band - 1)
        if found is None:
            return rows.filter(self._have(pieces)).order_by("-id")
        rows = rows.filter(found.rows, self._have(self._unknown(pieces)))
        by_no_index = Coalesce("id", "id").desc()  # so that the index of words is used, which found few
        return rows.order_by(by_no_index)

    def _without(self, rows: QuerySet, band: int) -> QuerySet:
        pieces, found = self._pieces[band], self._found(band)
        if found is None:
            text = text_of(*_columns(self.kind))
            return rows.filter(*(has_not(text, piece) for piece in pieces))
        if not found.count:
            return rows
        return rows.exclude(id__in=self._all.filter(found.rows, self._have(self._unknown(pieces))).values("id"))

    @property
    def _all(self) -> QuerySet:
        return self.kind.model.objects.order_by()

    @cached_property
    def _words(self) -> list[Piece]:
        """The words that consist of more than punctuation."""
        return [inside(word) for word in self.text.split() if folded(word)] if self.kind.search else []

    @cached_property
    def _pieces(self) -> tuple[list[Piece], ...]:
        """What a row has at least, by band."""
        return [whole(self.text)], [beginning(self.text)], self._words

    def _found(self, band: int = REST) -> "Found | None":
        """What the index finds. Single letters and figures it is not asked for: they are nearly everywhere."""
        if band not in self._asked:
            self._asked[band] = _found(self.kind, [piece for piece in self._pieces[band] if not piece.is_letter])
        return self._asked[band]

    @cached_property
    def _asked(self) -> "dict[int, Found | None]":
        return {}

    @property
    def _mentioned(self) -> Q:
        """What the index may be asked for many rows: nothing where it does not hold all that is searched."""
        return Q() if _through(self.kind) else _mention(self.kind, [word for word in self._words if not word.is_letter])

    def _have(self, pieces: list[Piece]) -> Q:
        text = text_of(*_columns(self.kind))
        return Q(*(has(text, piece) for piece in pieces))

    def _unknown(self, pieces: list[Piece]) -> list[Piece]:
        """Those pieces of which the index alone cannot tell who has them."""
        return [p for p in pieces if p.is_letter or not p.is_known or _through(self.kind)]


# ---- the index -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Found:
    """The rows that the index finds, and how many."""

    rows: Q
    count: int


def _found(kind: Kind, pieces: list[Piece]) -> Found | None:
    """The rows that have all these pieces as far as the index says; None where they are too many."""
    condition = Q()
    for piece in pieces:
        one = _mention(kind, [piece])
        for name, target in _through(kind):
            there = _found(target, [piece])
            if there is None:
                return None
            one |= Q(_AnyOf(f"{name}_id", target.model.objects.filter(there.rows)))
        condition &= one
    most = MOST_KNOWN if all(piece.is_known for piece in pieces) else MOST
    everything = kind.model.objects.order_by().values("id")
    rows = everything.filter(condition)
    if len(pieces) == 1 and pieces[0].is_known and _estimate(rows) > max(most, _estimate(everything) / 50):
        return None  # statistics know what is common, and the index would list it all; below 2 % they guess
    count = _count(rows, most)
    return Found(condition, count) if count <= most else None


def _estimate(rows: QuerySet) -> int:
    return json.loads(rows.explain(format="json"))[0]["Plan"]["Plan Rows"]


def _count(rows: QuerySet, most: int) -> int:
    """How many, counted up to `most` + 1. The index is made to answer, by materializing what it finds."""
    sql, params = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH found AS MATERIALIZED ({sql}) SELECT count(*) FROM (SELECT 1 FROM found LIMIT %s) first",
            [*params, most + 1],
        )
        return cursor.fetchone()[0]


def _mention(kind: Kind, pieces: list[Piece]) -> Q:
    return Q(*(mentions(_grams(kind), piece) for piece in pieces))


def _grams(kind: Kind) -> Func:
    return grams_of(*own_columns(kind))


def _through(kind: Kind) -> list[tuple[str, Kind]]:
    """The fields through which names of other records are searched, and the kinds of those."""
    names = dict.fromkeys(name.partition("__")[0] for name in kind.search if "__" in name)
    return [(name, kind_of(kind.model._meta.get_field(name).remote_field.model)) for name in names]


def own_columns(kind: Kind) -> tuple[list[str], list[str]]:
    """The kind's own columns that are searched: texts, and lists of texts."""
    names, lists = _columns(kind)
    return [name for name in names if "__" not in name], lists


def _columns(kind: Kind) -> tuple[list[str], list[str]]:
    lists = [name for name in kind.search if _is_list(kind, name)]
    return [name for name in kind.search if name not in lists], lists


def _is_list(kind: Kind, name: str) -> bool:
    return "__" not in name and isinstance(kind.model._meta.get_field(name), ArrayField)
