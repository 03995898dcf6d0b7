"""One record by its id or slug: as it is for a reader, or as it last was."""

from datetime import date
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.http import Http404

from .base import Record
from .history import as_it_last_was
from .kinds import Kind
from .labels import Label, labels_of
from .rights import Reader


def find(kind: Kind, key: str, reader: Reader, as_of: date | None = None, *, with_retired: bool = False):
    """The record with this id, or slug where the kind has slugs. Http404 if there is none for this reader."""
    wanted = by_key(kind, key)
    rows = kind.rows().with_retired_visible_to(reader) if with_retired else kind.rows().visible_to(reader)
    found = rows.filter(wanted).first() if wanted else None
    if found is None:
        raise Http404
    return kind.attached([found], reader, as_of)[0]


def find_ever(kind: Kind, key: str, reader: Reader):
    """The record with this id or slug as it is, or as it last was before it was deleted. None where there is none for the reader."""
    wanted = by_key(kind, key)
    if wanted is None:
        return None
    with as_it_last_was():
        rows = kind.rows().with_retired_visible_to(reader).filter(wanted)
        return rows.order_by("is_retired", "-updated_at").first()  # a slug may have been given again


def label_ever(kind: Kind, id: UUID, reader: Reader) -> Label:
    """What the record is called, or was called when it was deleted."""
    with as_it_last_was():
        return labels_of({kind.name: {id}}, set(), reader)[id]


def leads_to(id: UUID) -> UUID:
    """The record that this id leads to: what it was merged into, else itself."""
    into = Record.objects.filter(id=id, merged_into__isnull=False).values_list("merged_into", flat=True)
    return into.first() or id


def called(kind: Kind, slug: str):
    """Ids of the record with this slug; where it was merged into another, of that one."""
    is_there = Q(is_retired=False) | Q(merged_into__isnull=False)
    return kind.model.objects.filter(is_there, slug=slug).values_list(Coalesce("merged_into", "id"), flat=True)


def by_key(kind: Kind, key: str) -> Q | None:
    """The condition for an id, or a slug where the kind has slugs; None for what is neither."""
    if "\x00" in key:
        return None
    try:
        return Q(id=UUID(key))
    except ValueError:
        return Q(slug=key) if kind.has_slug else None
