"""Where a record answers what was searched: in which of its fields, and which part of the text there."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import get_language

from .folding import folded
from .kinds import Kind
from .labels import Label

SHOWN = 120  # characters of a text; of a longer one what stands around the first hit
BEFORE = 40  # of them at most stand before it


@dataclass(frozen=True)
class Part:
    """A piece of a text, and whether it is what was searched."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True)
class Match:
    """The field of a record that answers, and its text in parts."""

    field: str
    label: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts)

    @property
    def is_whole(self) -> bool:
        """Whether the whole text is what was searched."""
        return all(part.is_hit for part in self.parts)


def matches(kind: Kind, row, text: str, labels: Mapping[UUID, Label]) -> list[Match]:
    """The fields in which a row has these words: one that has all of them, or else the first that has each."""
    words = [folded(word) for word in text.split() if folded(word)]
    fields = [(name, said, folded(said)) for name in _in_order(kind) for said in _texts(row, name, labels)]
    whole = "".join(words)
    for asked in ([whole], words):
        for name, said, text_folded in fields:
            if all(word in text_folded for word in asked):
                return [Match(name, label_of(kind, name), marked(said, asked))]
    found: dict[tuple[str, str], list[str]] = {}
    for word in words:
        has = next(((name, said) for name, said, text_folded in fields if word in text_folded), None)
        if has:
            found.setdefault(has, []).append(word)
    return [Match(name, label_of(kind, name), marked(said, asked)) for (name, said), asked in found.items()]


def label_of(kind: Kind, name: str) -> str:
    """What a searched column is called; one of another record is called by the field that leads there."""
    return str(kind.all_fields[name.partition("__")[0]].label)


def _in_order(kind: Kind) -> list[str]:
    """The searched columns, of each pair first the one in the reader's language."""
    other = "_en" if (get_language() or "ko").startswith("ko") else "_ko"
    names = list(kind.search)
    mine = {name[:-3]: n for n, name in enumerate(names) if name[-3:] in ("_ko", "_en")}
    return sorted(names, key=lambda name: (mine.get(name[:-3], names.index(name)), name.endswith(other)))


def _texts(row, name: str, labels: Mapping[UUID, Label]) -> Sequence[str]:
    """What stands in a column; of another record what it is called, if the reader may see that."""
    field, _sep, column = name.partition("__")
    if not column:
        value = getattr(row, name)
        return value if isinstance(value, list) else [value or ""]
    label = labels.get(getattr(row, f"{field}_id"))
    return [{"ko": label.ko, "en": label.en, "ug": label.key}.get(column[-2:], "")] if label else []


# ---- marking -------------------------------------------------------------------------------------------


def marked(text: str, words: Sequence[str]) -> tuple[Part, ...]:
    """The text with these folded words marked, wherever they stand; of a long text what stands around the first."""
    text = unicodedata.normalize("NFC", text)
    shape, places = _shape(text)
    hit = [False] * len(text)
    for word in words:
        at = shape.find(word)
        while word and at >= 0:
            first, last = places[at], places[at + len(word) - 1]
            hit[first : last + 1] = [True] * (last + 1 - first)
            at = shape.find(word, at + len(word))
    start, end = _window(hit)
    parts = _runs(text, hit, start, end)
    ends = (Part("… ") if start else None, Part(" …") if end < len(text) else None)
    return tuple(part for part in (ends[0], *parts, ends[1]) if part)


def _shape(text: str) -> tuple[str, list[int]]:
    """The folded text, and for each of its characters where it stands in the text."""
    shape, places = [], []
    for n, letter in enumerate(text):
        for one in folded(letter):
            shape.append(one)
            places.append(n)
    return "".join(shape), places


def _window(hit: Sequence[bool]) -> tuple[int, int]:
    if len(hit) <= SHOWN:
        return 0, len(hit)
    first = hit.index(True) if True in hit else 0
    start = max(0, min(first - BEFORE, len(hit) - SHOWN))
    return start, start + SHOWN


def _runs(text: str, hit: Sequence[bool], start: int, end: int) -> list[Part]:
    parts: list[Part] = []
    for n in range(start, end):
        if parts and parts[-1].is_hit == hit[n]:
            parts[-1] = Part(parts[-1].text + text[n], hit[n])
        else:
            parts.append(Part(text[n], hit[n]))
    return parts
