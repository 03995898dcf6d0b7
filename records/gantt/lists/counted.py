"""How many of each kind stand in a list of dated facts, each number beside the way to the list of that kind.

What somebody acts on stands in the list anyway; money, people and the like only where they are asked for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from ...lists import Count
from ...rights import Reader
from ...timelines.asking import how_many_by_kind
from .asked import ACTED_ON, Question, dated_kinds
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
    names = [kind.name for kind in dated_kinds()]
    others = [name for name in names if name not in ACTED_ON]
    usual = _counts(reader, question, ACTED_ON)
    besides = _counts(reader, question, others)
    whole = _sum(usual.values())
    every = usual | besides
    return Switch(
        _sum(every[name] for name in question.kinds if name in every) if question.kinds else whole,
        Option(_("all"), whole, url(question, kind=None), not question.kinds),
        tuple(_options(question, [name for name in names if name in ACTED_ON], usual)),
        tuple(_options(question, others, besides)),
    )


def _counts(reader: Reader, question: Question, names: Sequence[str]) -> dict[str, Count]:
    """Of so many more are found that not all are counted, those that reach the most may be more."""
    asked = question.asked(names)
    found, is_all = how_many_by_kind(reader, asked, at_most=COUNTED_TO)
    return {
        name: Count(number, not is_all and (asked.are_few or number >= COUNTED_TO)) for name, number in found.items()
    }


def _sum(counts) -> Count:
    counts = list(counts)
    return Count(sum(one.number for one in counts), any(one.is_more for one in counts))


def _options(question: Question, names: Sequence[str], counts: Mapping[str, Count]):
    for name in names:
        is_on = name in question.kinds
        if name in counts or is_on:
            chosen = [one for one in question.kinds if one != name] if is_on else [name]
            yield Option(kind_words(name), counts.get(name, Count(0)), url(question, kind=chosen), is_on)
