"""What records are called, for any mix of kinds in a constant number of queries, and only those that the reader may see."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from uuid import UUID

from django.db.models import F, Value
from django.utils.text import Truncator
from django.utils.translation import override

from .attributes import free_word
from .base import Record, in_language
from .kinds import Field, Kind, Type, kind_of, kinds
from .moments import address
from .rights import Reader


@dataclass(frozen=True)
class Label:
    """What a record is called in both languages, and where its page is."""

    id: UUID
    kind: str
    ko: str
    en: str
    key: str  # slug or id

    def __str__(self):
        return in_language(self.ko, self.en)

    @property
    def plural(self) -> str:
        return kinds()[self.kind].plural

    @cached_property
    def url(self) -> str:
        return address("record", self.plural, self.key)


def mentioned(groups: Iterable[tuple[Iterable[Field], Iterable]]) -> tuple[dict[str, set], set]:
    """What rows refer to, for `labels_of`: ids by kind, and ids of any kind. A group is (references, rows)."""
    found = ((ref, {getattr(row, f"{ref.name}_id") for row in rows} - {None}) for refs, rows in groups for ref in refs)
    return mentioned_ids(found)


def mentioned_ids(references: Iterable[tuple[Field, set]]) -> tuple[dict[str, set], set]:
    """The same of references, each with the ids that it leads to."""
    by_kind: dict[str, set] = defaultdict(set)
    anything: set = set()
    for ref, ids in references:
        if ref.type is Type.RECORD:
            anything |= ids
        else:
            by_kind[kind_of(ref.target).name] |= ids
    return by_kind, anything


def labels_for(kind: Kind, rows: Iterable, reader: Reader) -> dict[UUID, Label]:
    """Labels of every record that these rows refer to. An id that is missing is one the reader may not see."""
    return labels_of(*mentioned([(kind.refs, rows)]), reader)


def labels_of(by_kind: dict[str, set], anything: set, reader: Reader) -> dict[UUID, Label]:
    """Labels of records by kind, and of ids of any kind.

    One query for the kinds, one for all that have names, one for each kind that is called after others, and these for those.
    """
    by_kind = defaultdict(set, {name: set(ids) for name, ids in by_kind.items()})
    if anything:
        for id, name in Record.objects.visible_to(reader).filter(id__in=anything).values_list("id", "kind"):
            by_kind[name].add(id)
    asked = [(kinds()[name], ids) for name, ids in sorted(by_kind.items()) if ids]
    if not asked:
        return {}
    named = _named([(kind, ids) for kind, ids in asked if kind.is_named], reader)
    return named | _called_after_others([(kind, ids) for kind, ids in asked if not kind.is_named], reader)


def _named(asked: list[tuple[Kind, set]], reader: Reader) -> dict[UUID, Label]:
    parts = [
        kind.model.objects.with_retired_visible_to(reader)
        .filter(id__in=ids)
        .order_by()
        .values_list(Value(kind.name), "id", f"{kind.label_base}_ko", f"{kind.label_base}_en", _slug(kind))
        for kind, ids in asked
    ]
    rows = parts[0].union(*parts[1:], all=True) if parts else ()
    return {id: _label(kinds()[name], id, ko, en, slug) for name, id, ko, en, slug in rows}


def _slug(kind: Kind):
    return F("slug") if kind.has_slug else Value("")


def _called_after_others(asked: list[tuple[Kind, set]], reader: Reader) -> dict[UUID, Label]:
    found = [(kind, list(kind.model.objects.with_retired_visible_to(reader).filter(id__in=ids))) for kind, ids in asked]
    others = mentioned(([ref for ref in kind.refs if ref.name in kind.label], rows) for kind, rows in found)
    labels = labels_of(*others, reader)
    return {row.id: label_of(kind, row, labels) for kind, rows in found for row in rows}


def label_of(kind: Kind, row, labels: dict[UUID, Label] | None = None) -> Label:
    """The label of a row at hand; `labels` holds those of the records that it refers to."""
    slug = row.slug if kind.has_slug else ""
    if kind.is_named:
        ko, en = getattr(row, f"{kind.label_base}_ko"), getattr(row, f"{kind.label_base}_en")
        return _label(kind, row.id, ko, en, slug)
    parts = [_part(kind, row, name, labels or {}) for name in kind.label]
    ko, en = (" · ".join(p[i] or p[1 - i] for p in parts if p[0] or p[1]) for i in (0, 1))
    return _label(kind, row.id, ko, en, slug)


def url_of(kind: Kind, row) -> str:
    """Where the page of a row at hand is."""
    return address("record", kind.plural, (kind.has_slug and row.slug) or str(row.id))


def _label(kind: Kind, id: UUID, ko: str, en: str, slug: str) -> Label:
    """What has no name at all is called by its kind."""
    if not (ko or en):
        ko = en = str(kind.label_one)
    return Label(id, kind.name, ko, en, slug or str(id))


def _part(kind: Kind, row, name: str, labels) -> tuple[str, str]:
    if f"{name}_ko" in kind.all_fields:
        return getattr(row, f"{name}_ko"), getattr(row, f"{name}_en")
    field = kind.all_fields[name]
    if field.type in (Type.REF, Type.RECORD):
        label = labels.get(getattr(row, f"{name}_id"))
        return (label.ko, label.en) if label else ("", "")
    value = getattr(row, name)
    if field.type is Type.CHOICE:
        return in_both(field.words.get(value, ""))
    if name == "attribute":
        return _attribute_in_both(value)
    text = Truncator("" if value is None else str(value)).chars(60)
    return text, text


@cache
def _attribute_in_both(attribute: str) -> tuple[str, str]:
    """What sources speak of: the label of the field that is called so, else the words for what has no field."""
    declared = (kind.all_fields.get(attribute) for kind in kinds().values())
    if field := next(filter(None, declared), None):
        return in_both(field.label)
    with override("ko"):
        ko = free_word(attribute)
    with override("en"):
        return ko, free_word(attribute)


def in_both(text) -> tuple[str, str]:
    """A translatable text in Korean and in English."""
    with override("ko"):
        ko = str(text)
    with override("en"):
        en = str(text)
    return ko, en
