"""Searching everywhere: the best records of all kinds, where each answers, and how many of each kind there are.

    a number → what is called just so → what sounds just so → names that begin so → words → how words begin → the rest

Within one of these come programs and projects first, as in the menu (kinds.in_order), then the latest. What has no name of its
own, a role or a citation, is among the rest. Where nothing is
called just so and little is found, names that are nearly so follow (similar.py). It is always the present that is searched:
the past has no index.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from .folding import folded
from .kinds import Kind, in_order
from .labels import Label, labels_for
from .matching import Match, Part, label_of, matches
from .over_kinds import BEGINNING, EXACT, INSIDE, WORD, WORD_BEGINS, InKind, OverKinds
from .rights import Reader
from .similar import similar
from .spelled import beginning_so
from .spellings import asked
from .suggesting import LONGEST, Suggestion, by_number, introduced, plain

LIMIT, MOST = 20, 100
OF_A_KIND = 8  # of several kinds no one takes all the room
COUNTED_TO = 100
FEW = 5  # with so few, and none of them called so, similar names are looked for


class How(StrEnum):
    """How a record answers, the best first."""

    NUMBER = "number"
    EXACT = "exact"
    SOUNDS = "sounds"  # romanised, or in another order
    BEGINS = "begins"
    WORD = "word"
    WORD_BEGINS = "word_begins"
    INSIDE = "inside"
    SOUNDS_SO = "sounds_so"  # begins as it sounds, or with these initial consonants
    SIMILAR = "similar"


RANK = {how: n for n, how in enumerate(How)}
OF_BAND = {EXACT: How.EXACT, BEGINNING: How.BEGINS, WORD: How.WORD, WORD_BEGINS: How.WORD_BEGINS, INSIDE: How.INSIDE}


@dataclass(frozen=True)
class Hit(Suggestion):
    """A record that answers: how, and where."""

    how: How = How.INSIDE
    matches: tuple[Match, ...] = ()

    @property
    def title(self) -> tuple[Part, ...]:
        """What it is called, marked where that answers."""
        return next((match.parts for match in self.matches if match.text == str(self)), (Part(str(self)),))

    @property
    def title_of(self) -> str:
        """The field that its title is, where that answers."""
        return next((match.label for match in self.matches if match.text == str(self)), "")

    @property
    def elsewhere(self) -> list[Match]:
        """Where it answers but in what it is called."""
        return [match for match in self.matches if match.text != str(self)]


@dataclass(frozen=True)
class Counted:
    """How many records of a kind have every word. None, and more: not all could be looked at, its list knows."""

    kind: Kind
    count: int
    are_more: bool


@dataclass(frozen=True)
class Answer:
    hits: list[Hit]
    similar: list[Hit]
    kinds: list[Counted]
    is_short: bool = False  # one letter: looked for where names begin, not inside texts

    @property
    def is_empty(self) -> bool:
        return not (self.hits or self.similar)


def searched_kinds() -> list[Kind]:
    return [kind for kind in in_order() if kind.search]


def search(
    text: str, *, kinds: Sequence[Kind], reader: Reader, as_of: date | None = None, limit: int = LIMIT
) -> Answer:
    """What answers `text` among the records of these kinds that the reader may see and that are not retired."""
    text = " ".join(text.replace("\x00", "").split())[:LONGEST]
    if not folded(text):
        return Answer([], [], [])
    return _Searching(text, kinds, reader, as_of, limit).answer()


@dataclass(frozen=True)
class _Searching:
    text: str
    kinds: Sequence[Kind]
    reader: Reader
    as_of: date | None
    limit: int

    def answer(self) -> Answer:
        hits = sorted(self._hits(self._best()), key=self._place)[: self.limit]
        near = self._similar({hit.id for hit in hits}) if len(hits) < FEW and not self._is_called_so(hits) else []
        counted = [Counted(kind, min(len(one.bands), COUNTED_TO), one.are_more) for kind, one in self._by_words]
        return Answer(
            hits,
            near,
            [one for one in counted if one.count or one.are_more],
            len(folded(self.text)) < 2 and self.text.isascii(),
        )

    # -- what is found ---------------------------------------------------------------------------------

    @cached_property
    def _by_words(self) -> list[tuple[Kind, InKind]]:
        found = OverKinds(self.text, self.kinds, self.reader, self.as_of).find(COUNTED_TO, self._of_a_kind)
        return [(kind, found[kind.name]) for kind in self.kinds]

    @property
    def _of_a_kind(self) -> int:
        return self.limit if len(self.kinds) == 1 else OF_A_KIND

    @property
    def _named(self) -> list[Kind]:
        return [kind for kind in self.kinds if kind.is_named]

    def _best(self) -> dict[UUID, tuple[str, How, str]]:
        """The records that are likely to be shown: kind, how it was found, and by which sort of spelling."""
        found: dict[UUID, tuple[str, How, str]] = {}

        def add(id: UUID, kind: str, how: How, via: str = "") -> None:
            if id not in found or RANK[how] < RANK[found[id][1]]:
                found[id] = (kind, how, via)

        for id, (kind, _via) in by_number(self.text, self.kinds, self.reader, None).items():
            add(id, kind, How.NUMBER)
        for kind, one in self._by_words:
            for band, id in one.best(self._of_a_kind):
                add(id, kind.name, OF_BAND[band] if kind.is_named else How.INSIDE)
        whole = set(asked(self.text))
        for one in beginning_so(self.text, self._named, self.reader, each=self._of_a_kind):
            sounds = one.spelling in whole and one.place == 0 and one.via != "initials"
            add(one.id, one.kind, How.SOUNDS if sounds else How.SOUNDS_SO, one.via)
        return self._no_more_than_fit(found)

    def _no_more_than_fit(self, found: dict) -> dict:
        """Of each kind as many as it may have, of all twice as many as are shown, since some turn out to be better."""
        order = sorted(found, key=lambda id: (RANK[found[id][1]], self._rank_of_kind[found[id][0]]))
        taken: Counter[str] = Counter()
        kept = {}
        for id in order:
            kind = found[id][0]
            taken[kind] += 1
            if taken[kind] <= self._of_a_kind and len(kept) < 2 * self.limit:
                kept[id] = found[id]
        return kept

    def _similar(self, known: set[UUID]) -> list[Hit]:
        """Names that are nearly so. Titles are not names."""
        kinds = [kind for kind in self._named if kind.label_base == "name"]
        near = [one for one in similar(self.text, kinds, self.reader) if one.id not in known][: self._of_a_kind]
        hits = {hit.id: hit for hit in self._hits({one.id: (one.kind, How.SIMILAR, "") for one in near})}
        return [hits[one.id] for one in near if one.id in hits]

    # -- as it is shown --------------------------------------------------------------------------------

    def _hits(self, found: dict[UUID, tuple[str, How, str]]) -> Iterable[Hit]:
        for kind in self.kinds:
            ids = [id for id, (name, _how, _via) in found.items() if name == kind.name]
            if not ids:
                continue
            rows = kind.counting_on(kind.rows().visible_to(self.reader).filter(id__in=ids), self.as_of)
            rows = introduced(kind, rows, self.reader)
            others = (
                labels_for(kind, [row for row, *_ in rows], self.reader)
                if any("__" in name for name in kind.search)
                else {}
            )
            for row, label, apart in rows:
                _name, how, via = found[row.id]
                yield self._hit(kind, row, label, apart, how, via, others)

    def _hit(self, kind: Kind, row, label: Label, apart: str, how: How, via: str, others) -> Hit:
        where = tuple(matches(kind, row, self.text, others))
        names = [name for name in (label.ko, label.en, *getattr(row, "aliases", [])) if name]
        is_called_so = kind.is_named and any(plain(name) == plain(self.text) for name in names)
        if how is not How.NUMBER and is_called_so:
            how = How.EXACT
        if how in (How.NUMBER, How.SIMILAR) or not where:
            where = where or _by_its_name(kind, row, label)
        return Hit(label, apart, via if how in (How.SOUNDS, How.SOUNDS_SO) else "", "", is_called_so, how, where)

    def _place(self, hit: Hit) -> tuple:
        return RANK[hit.how], self._rank_of_kind[hit.label.kind], -hit.id.int

    @cached_property
    def _rank_of_kind(self) -> dict[str, int]:
        return {kind.name: n for n, kind in enumerate(self.kinds)}

    def _is_called_so(self, hits: Sequence[Hit]) -> bool:
        return any(hit.how in (How.NUMBER, How.EXACT, How.SOUNDS) for hit in hits)


def _by_its_name(kind: Kind, row, label: Label) -> tuple[Match, ...]:
    """The field that says what it is called, where no text has what was typed."""
    for name in (f"{kind.label_base}_{tongue}" for tongue in ("ko", "en")):
        if kind.label_base and getattr(row, name) == str(label):
            return (Match(name, label_of(kind, name), (Part(str(label)),)),)
    return ()
