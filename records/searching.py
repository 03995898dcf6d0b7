"""Searching within one kind: every word must occur somewhere; exact hits come first, then names that begin so.

Spaces, punctuation and capitals do not matter (folding.py). How rows are read depends on how many there are:

few     the index says which; they are ranked and sorted as the list is
many    they are read in three bands, exact, beginning so, the rest, in each the latest record first, until the page is full
common  many, and so often among the latest records that these are read one after the other, without the index

Of few all are looked at, of many about a page: of what the index finds, the index of ids picks the latest, and only their
texts are read. So a search costs about as much in a large registry as in a small one. In a list that is sorted by names that
cannot be: all who are called Hong stand together, far from where reading begins.
Names of other records (`researcher__name_ko`) are found in those records' own index. The past has no index.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import BooleanField, F, Func, Q, QuerySet, TextField, UUIDField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce
from django.db.models.lookups import IContains

from .folding import Piece, band_of, beginning, folded, grams_of, has, has_not, inside, mentions, text_of, whole
from .history import is_past
from .kinds import Kind, Type, kind_of

FEW = 500  # are sorted: as many as a list counts
SAMPLE = 200  # of the latest records; how many of them are found says how common it is
LATEST = 20_000  # records at most, among which a page of what is not common is looked for first
ENTRIES = 3_000  # of the index are read while a page of texts is folded
MOST = 5_000  # other records through whose names one is found; of more, reading along the table finds a page sooner
BANDS = EXACT, BEGINNING, REST = 0, 1, 2


class Joined(Func):
    """An array of texts as one text."""

    template = "array_to_string(%(expressions)s, chr(31))"
    output_field = TextField()


class AnyOf(Func):
    """`id = ANY(array)`: one parameter, and no error where there is none."""

    template = "(%(expressions)s))"
    arg_joiner = " = ANY("
    output_field = BooleanField()

    def __init__(self, id: str, ids: list[UUID], **extra):
        super().__init__(F(id), Value(ids, output_field=ArrayField(UUIDField())), **extra)


def contains(name: str, type_: Type, text: str) -> Q:
    return Q(IContains(Joined(F(name)), text)) if type_ is Type.LIST else Q(**{f"{name}__icontains": text})


# What is never true, said to the database: of Django's `none()` no SQL can be had, and lists are counted and compared by theirs.
NOTHING = RawSQL("false", (), BooleanField())


@dataclass(frozen=True)
class Found:
    """The rows that may be meant, as a condition; the ids of few; and the pieces for which their texts are to be looked at."""

    rows: Q
    unknown: list[Piece]
    ids: list[UUID] | None = None
    is_common: bool = False
    share: float = 0  # of the latest records

    @property
    def are_many(self) -> bool:
        return self.ids is None


@dataclass(frozen=True)
class Search:
    """What is searched for among the records of one kind."""

    kind: Kind
    text: str

    def narrow(self, rows: QuerySet) -> QuerySet:
        """Of these rows, those in which every word occurs."""
        if not self._words:
            return rows.filter(NOTHING)
        if is_past():
            return rows.filter(self._have(self._words))
        found = self._found()
        return rows.filter(found.rows, self._have(found.unknown))

    def rank(self) -> Func:
        """The band of a row."""
        return band_of(self._text, self.text)

    @property
    def are_many(self) -> bool:
        """Whether so many rows are found that they are read in bands."""
        return bool(self._words) and not is_past() and self._found().are_many

    def read(self, rows: QuerySet, band: int, wanted: int, before: UUID | None = None) -> list:
        """Of these rows the latest in this band, as many as are wanted; only those before this id, where one is given."""
        found, here = self._found(band), []
        if found.ids == []:
            return []
        for these in self._wider(rows.filter(id__lt=before) if before else rows, found, before, wanted):
            here = list(self._in_band(these, band)[:wanted])
            if len(here) == wanted:
                break
        return here

    def _wider(self, rows: QuerySet, found: Found, before: UUID | None, wanted: int) -> Iterator[QuerySet]:
        """Those of these rows that are found: the latest of them, then more, then all, the latest first."""
        if found.is_common:
            yield rows.order_by("-id")
            return
        by_no_index = Coalesce("id", "id").desc()  # so that only rows are read that were found
        rows = rows.order_by(by_no_index)
        if found.are_many:
            records = self._all.filter(id__lt=before) if before else self._all
            enough = min(LATEST, int(4 * wanted / max(found.share, 1 / SAMPLE)))
            for since in records.order_by("-id").values_list("id", flat=True)[enough : enough + 1]:
                yield rows.filter(found.rows, id__gte=since)
            yield rows.filter(id__in=rows.filter(found.rows).values("id")[: 8 * wanted])
        yield rows.filter(found.rows)

    def _in_band(self, rows: QuerySet, band: int) -> QuerySet:
        """Those of these rows, which are found, that stand in this band and in no better one."""
        better = self._pieces[band - 1] if band and self._found(band - 1).ids != [] else []
        return rows.filter(self._have(self._found(band).unknown), *(has_not(self._text, piece) for piece in better))

    # -- what is asked ---------------------------------------------------------------------------------

    @cached_property
    def _words(self) -> list[Piece]:
        """The words that consist of more than punctuation."""
        return [inside(word) for word in self.text.split() if folded(word)] if self.kind.search else []

    @cached_property
    def _pieces(self) -> tuple[list[Piece], ...]:
        """What a row has at least, by band."""
        return [whole(self.text)], [beginning(self.text)], self._words

    @property
    def _all(self) -> QuerySet:
        return self.kind.model.objects.order_by()

    @property
    def _text(self) -> Func:
        return text_of(*columns(self.kind))

    def _have(self, pieces: list[Piece]) -> Q:
        return Q(*(has(self._text, piece) for piece in pieces))

    # -- what is found ---------------------------------------------------------------------------------

    def _found(self, band: int = REST) -> Found:
        """The rows that may stand in this band or a better one."""
        if band not in self._asked:
            self._asked[band] = self._ask(band)
        return self._asked[band]

    @cached_property
    def _asked(self) -> dict[int, Found]:
        return {}

    def _ask(self, band: int) -> Found:
        """Single letters and figures the index is not asked for: they are nearly everywhere."""
        pieces, wider = self._pieces[band], self._found(band + 1) if band < REST else None
        if wider and wider.ids is not None:
            return replace(wider, unknown=pieces)
        share = sum(found <= band for found, _size in self._sample) / SAMPLE
        asked = [piece for piece in pieces if not piece.is_letter]
        where = None if self._is_common(share) else _condition(self.kind, asked)
        unknown = [p for p in pieces if p.is_letter or not p.is_known or through(self.kind)]
        ids = _ids(self.kind, where, FEW) if where is not None else None
        if ids is not None:
            return Found(Q(AnyOf("id", ids)), unknown, ids)
        if where:
            return Found(where, unknown, share=share)
        where = Q() if through(self.kind) else mention(self.kind, asked, is_common=True)
        return Found(where, pieces, is_common=True)

    def _is_common(self, share: float) -> bool:
        """Whether a page of them is sooner found among the latest records than all of them are in the index."""
        return bool(self._sample) and share * share * self._sample[0][1] > ENTRIES

    @cached_property
    def _sample(self) -> list[tuple[int, float]]:
        """The bands of those of the latest records in which every word occurs; with each, how many records there are, about."""
        latest = self._all.order_by("-id").values("id")[:SAMPLE]
        rows = self._all.filter(self._have(self._words), id__in=latest)
        size = RawSQL("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [self.kind.model._meta.db_table])
        return list(rows.annotate(sample_band=self.rank(), sample_of=size).values_list("sample_band", "sample_of"))


# ---- the index -----------------------------------------------------------------------------------------


def _condition(kind: Kind, pieces: list[Piece]) -> Q | None:
    """What the index says of rows that have all these pieces; None where it finds too many of other records."""
    condition = Q()
    for piece in pieces:
        one = mention(kind, [piece])
        for name, target in through(kind):
            there = _condition(target, [piece])
            ids = _ids(target, there, MOST) if there is not None else None
            if ids is None:
                return None
            one |= Q(AnyOf(f"{name}_id", ids))
        condition &= one
    return condition


def _ids(kind: Kind, where: Q, most: int) -> list[UUID] | None:
    """The ids of the rows that the index finds, if they are not more. It is made to answer, by materializing what it finds."""
    sql, params = kind.model.objects.order_by().filter(where).values("id").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"WITH found AS MATERIALIZED ({sql}) SELECT id FROM found LIMIT %s", [*params, most + 1])
        ids = [id for (id,) in cursor]
    return ids if len(ids) <= most else None


def mention(kind: Kind, pieces: list[Piece], is_common: bool = False) -> Q:
    grams = grams_of(*own_columns(kind))
    return Q(*(mentions(grams, piece, is_common) for piece in pieces))


def through(kind: Kind) -> list[tuple[str, Kind]]:
    """The fields through which names of other records are searched, and the kinds of those."""
    names = dict.fromkeys(name.partition("__")[0] for name in kind.search if "__" in name)
    return [(name, kind_of(kind.model._meta.get_field(name).remote_field.model)) for name in names]


def own_columns(kind: Kind) -> tuple[list[str], list[str]]:
    """The kind's own columns that are searched: texts, and lists of texts."""
    names, lists = columns(kind)
    return [name for name in names if "__" not in name], lists


def columns(kind: Kind) -> tuple[list[str], list[str]]:
    lists = [name for name in kind.search if _is_list(kind, name)]
    return [name for name in kind.search if name not in lists], lists


def _is_list(kind: Kind, name: str) -> bool:
    return "__" not in name and isinstance(kind.model._meta.get_field(name), ArrayField)


def together(parts: Sequence[QuerySet]) -> Iterable[tuple]:
    """What all these queries find, asked at once."""
    if len(parts) < 2:
        return parts[0] if parts else ()
    return parts[0].union(*parts[1:], all=True)
