"""Searching the texts of many kinds in one query: which records of each have every word, and how well they answer.

Of each kind some are read, as many as are counted. Where there are more, those that are called so, and those whose names
begin so, are asked for besides. How they are read depends on how common the words are (commonness.py):

rare    the index says which (searching.py)
common  the latest records are read one after the other, so many that there should be enough among them

Names of other records (`researcher__name_ko`) are found in those records' own index first. It is written as SQL: of twenty
kinds each costs a millisecond to ask through querysets.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from uuid import UUID

from django.db import connection

from .base import may_see_sql
from .commonness import commonness
from .folding import Piece, beginning, folded, inside, whole
from .kinds import Kind
from .rights import Reader
from .searching import columns, own_columns, through

OTHERS = 1_000  # records at most through whose names others are found; with more one has found enough
READ = 17_000  # entries of an index are read while as many texts are folded as are counted
LONG = 20_000  # entries of an index: a list that is not read for a word beside which there is a rarer one
SURE = 3  # times as many of the latest are looked at as should be needed
BANDS = EXACT, BEGINNING, WORD, WORD_BEGINS, INSIDE = range(5)


@dataclass
class InKind:
    """What was found of a kind: ids with their bands, and whether there are more than those."""

    bands: dict[UUID, int] = field(default_factory=dict)
    are_more: bool = False

    def best(self, wanted: int) -> list[tuple[int, UUID]]:
        """The best, of equals the latest."""
        latest = sorted(self.bands, reverse=True)
        return sorted(((self.bands[id], id) for id in latest), key=lambda one: one[0])[:wanted]


@dataclass(frozen=True)
class Reading:
    """How some records of a kind are read: up to `wanted` of those that fit, of which one more says that there are more."""

    kind: Kind
    sql: str
    wanted: int
    is_walk: bool = False  # along the latest records; if it ends early there may be more
    is_part: bool = False  # through so many others that not all were asked for


@dataclass(frozen=True)
class OverKinds:
    """The words of `text`, searched in these kinds by this reader."""

    text: str
    kinds: Sequence[Kind]
    reader: Reader
    as_of: date | None = None
    within: UUID | None = None  # a program to keep to

    def find(self, most: int, best: int = 0) -> dict[str, InKind]:
        """By kind: `most` records; where there are more, the `best` by name as well. One letter finds nothing inside texts."""
        found = {kind.name: InKind() for kind in self.kinds}
        if self._asked:
            cut_short = self._take(found, [one for kind in self.kinds for one in self._having(kind, most)])
            self._take(found, [one for kind in cut_short for one in self._having(kind, most, may_walk=False)])
            many = [kind for kind in self.kinds if best and kind.is_named and found[kind.name].are_more]
            self._take(found, [self._called(kind, name, best) for kind in many for name in ("exact", "begins")])
        return found

    # -- what is asked ---------------------------------------------------------------------------------

    @cached_property
    def _words(self) -> dict[str, Piece]:
        """By the names of their parameters."""
        return {f"word{n}": inside(word) for n, word in enumerate(w for w in self.text.split() if folded(w))}

    @cached_property
    def _asked(self) -> dict[str, Piece]:
        """The words that an index is asked for."""
        return {name: word for name, word in self._words.items() if not word.is_letter}

    @cached_property
    def _names(self) -> dict[str, Piece]:
        return {"exact": whole(self.text), "begins": beginning(self.text)}

    @cached_property
    def _parameters(self) -> dict:
        pattern = "[^[:alnum:]]*".join(
            "".join(c if c.isalnum() else f"\\{c}" for c in word) for word in self.text.split()
        )
        pieces = {name: piece.folded for name, piece in (self._words | self._names).items()}
        return pieces | {"is_word": rf"\m{pattern}\M", "word_begins": rf"\m{pattern}", "within": self.within}

    def _rows(self, kind: Kind) -> str:
        """The condition on rows `t` of a kind that may be found."""
        seen, parameters = may_see_sql(self.reader, "t.visibility", "t.id")
        self._parameters.update(parameters)
        seen = f"NOT t.is_retired AND {seen}"
        if self.within:
            seen += " AND t.id IN (SELECT id FROM records_record WHERE within = %(within)s)"
        if self.as_of and kind.as_of:
            rows = kind.counting_on(kind.model.objects.order_by(), self.as_of).values("id")
            sql, given = rows.query.sql_with_params()
            names = [f"{kind.name}_{n}" for n in range(len(given))]
            self._parameters.update(zip(names, given, strict=True))
            seen += f" AND t.id IN ({sql % tuple(f'%({name})s' for name in names)})"
        return seen

    # -- how it is read --------------------------------------------------------------------------------

    def _having(self, kind: Kind, most: int, *, may_walk: bool = True) -> list[Reading]:
        """Those that have every word."""
        has = " AND ".join(f"strpos(x.folded, %({name})s) > 0" for name in self._words)
        share = self._share(kind) if may_walk else 0
        if share and (_is_sooner_found(kind, share) or self._are_others_common(kind)):
            return [self._walk(kind, has, most, share)]
        if _others_of(kind):
            return self._through_others(kind, has, most)
        where = " AND ".join(_mentions(kind, name) for name in self._worth_asking(kind))
        return [self._reading(kind, has, most, where)]

    def _worth_asking(self, kind: Kind, *, only_short: bool = False) -> list[str]:
        """The words that the index is asked for: the rarest, and besides it no long lists of how common pieces begin, or none at all."""
        known = commonness(kind)
        counts = {name: known.share([word]) * known.size for name, word in self._asked.items()}
        rarest = min(counts, key=lambda name: counts[name])
        too_long = {n for n, word in self._asked.items() if counts[n] > LONG and (only_short or word.is_beginning)}
        return [name for name in self._asked if name == rarest or name not in too_long]

    def _through_others(self, kind: Kind, has: str, most: int) -> list[Reading]:
        """Those that have one of the words, the rarest, in their own texts; then those that have it through others."""
        names = [name for name in self._asked if not any(self._are_too_many(one, name) for one in _others_of(kind))]
        name = min(names or self._asked, key=lambda name: self._are_to_be_read(kind, name))
        found = [self._reading(kind, has, most, _mentions(kind, name), is_part=not names)]
        not_yet = [f"strpos(x.own, %({name})s) = 0"]
        for other in _others_of(kind):
            if ids := self._others.get((other.key, name), [])[:OTHERS]:
                parameter = f"{other.key}_{name}"
                self._parameters[parameter] = ids
                rows = f"SELECT t.* FROM {_table(kind)} t WHERE t.{other.column} = other.id OFFSET 0"  # one after the other
                rows = f"unnest(%({parameter})s) other (id), LATERAL ({rows})"
                found.append(self._reading(kind, " AND ".join([has, *not_yet]), most, rows=rows, is_part=not names))
                not_yet.append(f"(x.{other.column} <> ALL (%({parameter})s)) IS NOT FALSE")
        return found

    def _are_to_be_read(self, kind: Kind, name: str) -> float:
        """How many records, about, have this word in their own texts or through others."""
        known, found = commonness(kind), 0.0
        for other in _others_of(kind):
            each = known.size / max(commonness(other.kind).size, 1)
            found += each * len(self._others.get((other.key, name), ()))
        return found + known.share([self._asked[name]]) * known.size

    def _are_too_many(self, other: "_Other", name: str) -> bool:
        """Whether there are more than one looks through. Of what is common nobody need look how many."""
        return (other.key, name) not in self._others or len(self._others[other.key, name]) > OTHERS

    def _are_others_common(self, kind: Kind) -> bool:
        """Whether every word is so common in the names of others that these were not asked for."""
        others = _others_of(kind)
        return bool(others) and all(any(self._is_common(one.kind, name) for one in others) for name in self._asked)

    def _is_common(self, kind: Kind, name: str) -> bool:
        return _is_sooner_found(kind, commonness(kind).share([self._asked[name]]))

    def _called(self, kind: Kind, name: str, best: int) -> Reading:
        """Those with a text of their own that is, or begins, just so."""
        has, share = f"strpos(x.own, %({name})s) > 0", commonness(kind).share([self._names[name]])
        if _is_sooner_found(kind, share):
            return self._walk(kind, has, best, share)
        return self._reading(kind, has, best, _mentions(kind, name))

    def _walk(self, kind: Kind, has: str, wanted: int, share: float) -> Reading:
        """Those among the latest records, which are so many that there should be enough."""
        rows = f"(SELECT * FROM {_table(kind)} ORDER BY id DESC LIMIT {int(SURE * wanted / share)})"
        return self._reading(kind, has, wanted, rows=rows, is_walk=True)

    def _reading(self, kind: Kind, has: str, wanted: int, where: str = "true", *, rows: str = "", **how) -> Reading:
        columns = "".join(f", t.{other.column}" for other in _others_of(kind))
        texts = f"SELECT t.id{columns}, {_texts(kind)} FROM {rows or _table(kind)} t {_joins(kind)}"
        texts += f" WHERE {self._rows(kind)} AND {where} OFFSET 0"
        sql = f"(SELECT '{kind.name}', x.id, {BAND} FROM ({texts}) x WHERE {has} LIMIT {wanted + 1})"
        return Reading(kind, sql, wanted, **how)

    def _share(self, kind: Kind) -> float:
        """Which share of the records of a kind has the words, at most: words that are common often stand together."""
        return min(self._share_of(kind, word) for word in self._asked.values())

    def _share_of(self, kind: Kind, word: Piece) -> float:
        """In its own texts or through others."""
        return min(
            1.0, sum(commonness(one).share([word]) for one in (kind, *(other.kind for other in _others_of(kind))))
        )

    @cached_property
    def _others(self) -> dict[tuple[str, str], list[UUID]]:
        """The records through whose names, by word, others may be found."""
        others = {other.key: other for kind in self.kinds for other in _others_of(kind)}
        found: dict[tuple[str, str], list[UUID]] = {
            (key, name): []
            for key, other in others.items()
            for name in self._asked
            if not self._is_common(other.kind, name) and name in self._worth_asking(other.kind, only_short=True)
        }
        seen, parameters = may_see_sql(self.reader, "t.visibility", "t.id")
        parts = [
            f"(SELECT '{key}', '{name}', t.id FROM {_table(others[key].kind)} t WHERE {seen}"
            f" AND {_mentions(others[key].kind, name)} AND strpos({others[key].text}, %({name})s) > 0 LIMIT {OTHERS + 1})"
            for key, name in found
        ]
        for key, name, id in _ask(parts, self._parameters | parameters):
            found[key, name].append(id)
        return found

    # -- what is found ---------------------------------------------------------------------------------

    def _take(self, found: dict[str, InKind], readings: list[Reading]) -> list[Kind]:
        """Read all these at once. Returns the kinds whose walk found too few."""
        counts: Counter[str] = Counter()
        for kind, id, band in _ask([reading.sql for reading in readings], self._parameters):
            counts[kind] += 1
            found[kind].bands[id] = min(band, found[kind].bands.get(id, INSIDE))
        for reading in readings:
            count = counts[reading.kind.name]
            found[reading.kind.name].are_more |= count > reading.wanted or reading.is_part
        return [reading.kind for reading in readings if reading.is_walk and counts[reading.kind.name] <= reading.wanted]


@dataclass(frozen=True)
class _Other:
    """Records of another kind through whose names those of this one are found."""

    key: str  # a name for this and all that find through the same names
    kind: Kind
    column: str
    text: str  # those names as SQL


@cache
def _others_of(kind: Kind) -> list[_Other]:
    found = []
    for field_name, target in through(kind):
        names = [name.partition("__")[2] for name in kind.search if name.startswith(f"{field_name}__")]
        key = "_".join([target.name, *names])
        found.append(_Other(key, target, f"{field_name}_id", _folded(names, ())))
    return found


def _is_sooner_found(kind: Kind, share: float) -> bool:
    """Whether those that are this share of a kind are sooner found along the table than in the index."""
    return share * share * commonness(kind).size > READ


# ---- SQL -----------------------------------------------------------------------------------------------

# How well a row's own texts answer: one is just so, begins so, has it as a word, has a word that begins so; or anything else.
BAND = f"""CASE WHEN strpos(x.own, %(exact)s) > 0 THEN {EXACT} WHEN strpos(x.own, %(begins)s) > 0 THEN {BEGINNING}
 WHEN x.written ~* %(is_word)s THEN {WORD} WHEN x.written ~* %(word_begins)s THEN {WORD_BEGINS} ELSE {INSIDE} END"""


def _ask(parts: Sequence[str], parameters: dict) -> Iterable[tuple]:
    """What all these queries find, asked at once."""
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        return cursor.fetchall()


@cache
def _table(kind: Kind) -> str:
    return kind.model._meta.db_table


@cache
def _grams(kind: Kind) -> str:
    """What the index of the kind holds."""
    return f"registry_grams({_folded(*own_columns(kind))})"


def _mentions(kind: Kind, name: str) -> str:
    """What the index says of rows that have the piece of this parameter. The planner is not shown it, see folding.mentions."""
    return f"{_grams(kind)} @@ (SELECT registry_query(%({name})s))"


@cache
def _texts(kind: Kind) -> str:
    """Of a row and those that it is joined to: all that is searched, and its own texts, folded and as written."""
    names, lists = own_columns(kind)
    written = [f"t.{name}" for name in names] + [f"array_to_string(t.{name}, chr(31))" for name in lists]
    all_ = _folded(*columns(kind))
    return f"{all_} AS folded, {_folded(names, lists)} AS own, concat_ws(chr(31), {', '.join(written)}) AS written"


@cache
def _joins(kind: Kind) -> str:
    """Looked up row by row, so that reading can end anywhere."""
    return " ".join(
        f"LEFT JOIN LATERAL (SELECT * FROM {_table(target)} o WHERE o.id = t.{name}_id OFFSET 0) {name} ON true"
        for name, target in through(kind)
    )


def _folded(names: Sequence[str], lists: Sequence[str]) -> str:
    texts = [name.replace("__", ".") if "__" in name else f"t.{name}" for name in names]
    return f"registry_folded({f't.{lists[0]}' if lists else 'NULL'}, {', '.join(texts)})"
