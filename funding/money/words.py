"""A question about money in words: what is chosen, and the address without it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from records.labels import Label, labels_of
from records.rights import Reader

from ..asking import SCOPES
from ..words import DIMENSION_WORDS, NAMED, word
from .asking import OWN_PROJECT, RANGE, Question


@dataclass(frozen=True)
class Chip:
    """One thing that is chosen."""

    label: str
    value: str
    without: str


def labels_for(reader: Reader, question: Question, rows=(), by=()) -> dict[UUID, Label]:
    """The names of all records that the question and its groups speak of."""
    ids: dict[str, set] = {kind: set() for kind in NAMED.values()}
    for dimension, kind in NAMED.items():
        ids[kind] |= {question.scope.get(dimension), *question.only.get(dimension, ())}
        if dimension in by:
            ids[kind] |= {row[dimension] for row in rows}
    return labels_of({kind: found - {None} for kind, found in ids.items()}, set(), reader)


def chips(question: Question, params, labels: Mapping[UUID, Label]) -> list[Chip]:
    """What is chosen, in words."""
    return [Chip(label(name), value(question, name, labels), _without(params, name)) for name in question.typed]


def label(name: str) -> str:
    if name in RANGE:
        return _("from year") if name == RANGE[0] else _("to year")
    if name == OWN_PROJECT:
        return _("project without its parts")
    return str(DIMENSION_WORDS[name])


def value(question: Question, name: str, labels: Mapping[UUID, Label]) -> str:
    if name in RANGE:
        return question.typed[name]
    if name in SCOPES:
        return word(name, question.scope[name], labels).text
    dimension = "project" if name == OWN_PROJECT else name
    return ", ".join(word(dimension, one, labels).text for one in dict.fromkeys(question.only[dimension]))


def _without(params, name: str) -> str:
    rest = params.copy()
    for gone in (name, "after", "warning"):
        rest.pop(gone, None)
    return f"?{rest.urlencode()}"
