"""How many of each kind stand in a list of dated facts, each number beside the way to the list of that kind.

What somebody acts on stands in the list anyway; money, people and the like only where they are asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ...lists import CAPPED_AT, Count
from ...rights import Reader
from ...timelines.asking import how_many_by_kind
from .asked import ACTED_ON, Question, Which, dated_kinds, is_awaited
from .ways import kind_words, url

COUNTED_TO = 1_000  # of each kind; beyond that numbers are lower bounds


@dataclass(frozen=True)
class Option:
    words: str
    count: Count
    url: str
    is_on: bool


@dataclass(frozen=True)
class Switch:
    """`usual`: kinds that somebody acts on; `others` besides. `count`: of what the list shows."""

    count: Count
    whole: Option
    usual: tuple[Option, ...]
    others: tuple[Option, ...]


def switch(reader: Reader, question: Question) -> Switch:
    can_be_late = [kind.name for kind in dated_kinds() if is_awaited(kind) or kind.name in question.kinds]
    names = can_be_late if question.which is Which.LATE else [kind.name for kind in dated_kinds()]
    counts = _counts(reader, question, names)
    usual, others = ([name for name in names if (name in ACTED_ON) is is_usual] for is_usual in (True, False))
    whole = _sum(counts[name] for name in usual if name in counts)
    return Switch(
        _sum(counts[name] for name in question.kinds if name in counts) if question.kinds else whole,
        Option(_("all"), whole, url(question, kind=None), not question.kinds),
        tuple(_options(question, usual, counts)),
        tuple(_options(question, others, counts)),
    )


def _counts(reader: Reader, question: Question, names: Sequence[str]) -> dict[str, Count]:
    """Kind by kind, where each is found by itself; on one timeline all at once, since all of it is looked at anyway."""
    asked = question.asked(names)
    most = CAPPED_AT if asked.are_few else COUNTED_TO
    found, is_all = how_many_by_kind(reader, asked, at_most=most)
    return {name: Count(number, not is_all and (asked.are_few or number >= most)) for name, number in found.items()}


def _sum(counts) -> Count:
    counts = list(counts)
    return Count(sum(one.number for one in counts), any(one.is_more for one in counts))


def _options(question: Question, names: Sequence[str], counts: Mapping[str, Count]):
    for name in names:
        is_on = name in question.kinds
        if name in counts or is_on:
            chosen = [one for one in question.kinds if one != name] if is_on else [name]
            yield Option(kind_words(name), counts.get(name, Count(0)), url(question, kind=chosen), is_on)
