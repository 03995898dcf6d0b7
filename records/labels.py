"""What records are called, for any mix of kinds in a constant number of queries, and only those that the reader may see."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse
from django.utils.text import Truncator

from .base import Record, in_language
from .kinds import Kind, Type, kind_of, kinds
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
    def url(self) -> str:
        return reverse("record", args=[kinds()[self.kind].plural, self.key])


def labels_for(kind: Kind, rows: Iterable, reader: Reader) -> dict[UUID, Label]:
    """Labels of every record that these rows refer to. An id that is missing is one the reader may not see."""
    by_kind: dict[str, set] = defaultdict(set)
    anything: set = set()
    for ref in kind.refs:
        column = kind.model._meta.get_field(ref.name).attname
        ids = {getattr(row, column) for row in rows} - {None}
        if ref.type is Type.RECORD:
            anything |= ids
        else:
            by_kind[kind_of(ref.target).name] |= ids
    return labels_of(by_kind, anything, reader)


def labels_of(by_kind: dict[str, set], anything: set, reader: Reader) -> dict[UUID, Label]:
    """Labels of records by kind, and of ids of any kind: one query for the kinds, then one for each kind present."""
    if anything:
        for id, name in Record.objects.visible_to(reader).filter(id__in=anything).values_list("id", "kind"):
            by_kind[name].add(id)
    found: dict[UUID, Label] = {}
    for name, ids in sorted(by_kind.items()):
        if ids:
            found |= _labels_of_kind(kinds()[name], ids, reader)
    return found


def _labels_of_kind(kind: Kind, ids: set, reader: Reader) -> dict[UUID, Label]:
    rows = kind.model.objects.with_retired_visible_to(reader).filter(id__in=ids)
    if kind.label_base in kind.label:
        return {row.id: label_of(kind, row) for row in rows}
    rows = list(rows)
    inner = labels_for(kind, rows, reader) if any(ref.name in kind.label for ref in kind.refs) else {}
    return {row.id: label_of(kind, row, inner) for row in rows}


def label_of(kind: Kind, row, labels: dict[UUID, Label] | None = None) -> Label:
    """The label of a row at hand; `labels` holds those of the records that it refers to."""
    key = row.slug if kind.has_slug else str(row.id)
    if kind.label_base in kind.label:
        ko, en = getattr(row, f"{kind.label_base}_ko"), getattr(row, f"{kind.label_base}_en")
        if ko or en:
            return Label(row.id, kind.name, ko, en, key)
    parts = [_part(kind, row, name, labels or {}) for name in kind.label if name != kind.label_base]
    ko, en = (" · ".join(p[i] or p[1 - i] for p in parts if p[0] or p[1]) for i in (0, 1))
    return Label(row.id, kind.name, ko or str(kind.label_one), en or str(kind.label_one), key)


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
    text = Truncator("" if value is None else str(value)).chars(60)
    return text, text


def in_both(text) -> tuple[str, str]:
    """A translatable text in Korean and in English."""
    from django.utils.translation import override

    with override("ko"):
        ko = str(text)
    with override("en"):
        en = str(text)
    return ko, en
