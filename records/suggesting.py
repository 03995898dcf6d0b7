"""Suggesting records while somebody types: by name in either language, by alias, romanised, by initials, by number.

    an id or a number → names that begin so, exact ones first → names with a word that begins so → names that contain it

Each step is asked only as long as there is room, in a number of queries that depends on the kinds alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from uuid import UUID

from django.db.models import Q, Value
from django.utils.functional import cached_property
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from .base import Record, RecordBase
from .kinds import Kind
from .kinds import kinds as all_kinds
from .labels import Label, label_of, labels_for
from .over_kinds import OverKinds
from .rights import Reader
from .searching import together
from .showing import Shower, merged
from .spelled import beginning_so

LIMIT, MOST = 10, 50
LONGEST = 200  # characters of what is typed; the rest is not looked at
ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])", re.ASCII)
FURTHER = 2  # times as many are read as wanted: a record may be found twice, and what is spelled as typed comes first


@dataclass(frozen=True)
class Suggestion:
    """A record that may be meant. `apart` tells namesakes apart; `via` says by what it was found: id, name, alias, romanised,
    initials, inside; `alias` is the other name by which it was found."""

    label: Label
    apart: str
    via: str
    alias: str = ""
    is_exact: bool = False  # what was typed is its number, or one of its names as they are written

    @cached_property
    def id(self) -> UUID:
        return self.label.id

    @property
    def reached(self) -> str:
        """By what it was found where its names do not say so: the other name, or how."""
        return self.alias or {"romanised": _("romanised"), "initials": _("initial consonants")}.get(self.via, "")

    @property
    def other(self) -> str:
        """The name in the other language, if there is one and it differs."""
        return next((name for name in (self.label.ko, self.label.en) if name and name != str(self.label)), "")

    @property
    def word(self) -> str:
        return str(all_kinds()[self.label.kind].label_one)

    def __str__(self):
        return str(self.label)


def suggest(
    text: str, *, kinds: Sequence[Kind], reader: Reader, within: UUID | None = None, limit: int = LIMIT
) -> list[Suggestion]:
    """Records of these kinds that the reader may see and that are not retired, the likeliest first.

    `within` keeps to one program. What is found by its number stands alone.
    """
    text = text.replace("\x00", "").strip()[:LONGEST]
    if not text:
        return []
    found = by_number(text, kinds, reader, within)
    if not found:
        found = _by_spelling(text, kinds, reader, within, limit * FURTHER)
        if len(found) < limit:
            found |= _containing(text, kinds, reader, within, limit - len(found), found)
    shown = _shown(text, found, kinds, reader)
    return sorted(shown, key=lambda one: (not one.is_exact, not _begins(one, text)))[:limit]


def described(ids: Iterable[UUID], *, kinds: Sequence[Kind], reader: Reader) -> list[Suggestion]:
    """These records as suggestions say them, if the reader may see them."""
    found = Record.objects.visible_to(reader).filter(id__in=list(ids)).values_list("id", "kind")
    return _shown("", {id: (kind, "id") for id, kind in found}, kinds, reader)


Found = dict[UUID, tuple[str, str]]  # id: kind, by what it was found; in order


# ---- finding -------------------------------------------------------------------------------------------


def by_number(text: str, kinds: Sequence[Kind], reader: Reader, within) -> Found:
    """By id, by slug, or by a number that the kind declares (ORCID, ROR, researcher number); also by an address that ends so."""
    if "://" in text:
        text = text.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    if " " in text:
        return {}
    names = [kind.name for kind in kinds]
    try:
        rows = Record.objects.visible_to(reader).filter(id=UUID(text), kind__in=names, **_inside(within))
        return {id: (kind, "id") for id, kind in rows.values_list("id", "kind")}
    except ValueError:
        pass
    parts = [
        _kept_within(kind.model.objects.visible_to(reader).filter(is_number), within)
        .order_by()
        .values_list("id", Value(kind.name))[:MOST]
        for kind in kinds
        if (is_number := _is_number(kind, text, reader))
    ]
    return {id: (kind, "id") for id, kind in together(parts)}


def _is_number(kind: Kind, text: str, reader: Reader) -> Q:
    orcid = ORCID.fullmatch(text)
    text = "-".join(orcid.groups()).upper() if orcid else text
    names = [name for name in kind.numbers if reader.is_officer or name not in kind.private]
    if kind.has_slug and "slug" not in names:
        names.append("slug")
    return reduce(lambda q, name: q | Q(**{name: text}), names, Q())


def _by_spelling(text: str, kinds: Sequence[Kind], reader: Reader, within, limit: int) -> Found:
    found: Found = {}
    for one in beginning_so(text, kinds, reader, within, each=limit * FURTHER):
        found.setdefault(one.id, (one.kind, "inside" if one.place else one.via))
    return dict(list(found.items())[:limit])


def _containing(text: str, kinds: Sequence[Kind], reader: Reader, within, limit: int, known: Found) -> Found:
    """Records whose searched texts have every word. Two characters at least."""
    wanted = limit + len(known)
    in_kinds = OverKinds(text, [kind for kind in kinds if kind.search], reader, within=within).find(wanted, wanted)
    found = {
        id: (name, "inside") for name, one in in_kinds.items() for _band, id in one.best(wanted) if id not in known
    }
    return dict(list(found.items())[:limit])


def _kept_within(rows, within: UUID | None):
    return rows.filter(id__in=Record.objects.filter(within=within).values("id")) if within else rows


def _inside(within: UUID | None) -> dict:
    return {"within": within} if within else {}


def _begins(one: Suggestion, text: str) -> bool:
    """Whether one of the names by which the record is shown begins as it was typed, not only as it sounds."""
    return any(name.casefold().startswith(text.casefold()) for name in (one.label.ko, one.label.en, one.alias))


# ---- showing -------------------------------------------------------------------------------------------


def _shown(text: str, found: Found, kinds: Sequence[Kind], reader: Reader) -> list[Suggestion]:
    """What was found, in the order in which it was found."""
    shown: dict[UUID, Suggestion] = {}
    for kind in kinds:
        ids = [id for id, (name, _via) in found.items() if name == kind.name]
        if ids:
            shown |= _of_kind(text, kind, ids, found, reader)
    return [shown[id] for id in found if id in shown]


def _of_kind(text: str, kind: Kind, ids: list[UUID], found: Found, reader: Reader) -> dict[UUID, Suggestion]:
    made = {}
    for row, label, apart in introduced(kind, kind.rows().visible_to(reader).filter(id__in=ids), reader):
        via = found[row.id][1]
        names = [label.ko, label.en, *getattr(row, "aliases", [])]
        exact = next((name for name in names if name and plain(name) == plain(text)), "")
        alias = _alias(text, row, exact) if via in ("alias", "inside", "initials", "name") else ""
        if any(text and text.casefold() in name.casefold() for name in names):
            via = "name" if via in ("romanised", "initials") else via  # it says itself why it was found
        made[row.id] = Suggestion(label, apart, via, alias, via == "id" or bool(exact))
    return made


def introduced(kind: Kind, rows, reader: Reader) -> list[tuple[RecordBase, Label, str]]:
    """These rows, what they are called, and what tells them apart from their namesakes."""
    rows = kind.attached(list(rows), reader, None)
    labels = labels_for(kind, rows, reader)
    apart = _apart(kind, rows, reader, labels)
    return [(row, label_of(kind, row, labels), apart.get(row.id, "")) for row in rows]


def _alias(text: str, row, exact: str) -> str:
    """The alias by which a row was found, where no name of its own says so."""
    aliases = getattr(row, "aliases", [])
    own = [getattr(row, f"{base}_{tongue}", "") for base in ("name", "title") for tongue in ("ko", "en")]
    if exact:
        return exact if exact in aliases and exact not in own else ""
    if any(plain(text) in plain(name) for name in own if name):
        return ""
    return next((alias for alias in aliases if plain(text) in plain(alias)), "")


def _apart(kind: Kind, rows: list, reader: Reader, labels) -> dict[UUID, str]:
    """One line for each row that tells it apart from its namesakes."""
    if isinstance(kind.apart, str):
        return import_string(kind.apart)(rows, reader)
    shower = Shower(kind, rows, reader, labels=labels)
    names = merged(kind.apart or kind.facts[:3])
    cells = {row.id: [shower.cell(row, name) for name in names] for row in rows}
    return {id: " · ".join(cell.text for cell in line if cell.text) for id, line in cells.items()}


def plain(text: str) -> str:
    """A name without what people write now so, now so: case, spaces, hyphens, the order of its words."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    words = re.sub(r"[-'’.]", "", folded).replace(",", " ").split()
    return "".join(sorted(words)) if folded.isascii() else "".join(words)
