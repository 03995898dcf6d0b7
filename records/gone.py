"""Records that were retired or deleted: still there in the history, for whoever could read them."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from .base import Record
from .finding import find_ever, label_ever
from .kinds import Kind
from .labels import Label, labels_of
from .moments import address
from .rights import Reader


@dataclass(frozen=True)
class Gone:
    """A record as it last was, since when it is gone, and who said so. Retired ones can come back; so can deleted ones."""

    row: object
    label: Label
    is_deleted: bool
    at: datetime
    by: str
    reason: str
    survivor: Label | None = None  # what it was merged into, where the reader may see that

    @property
    def history_url(self) -> str:
        return address("history", self.label.plural, str(self.row.id), as_of=None)

    @property
    def sentence(self) -> str:
        """For programs, which take instants as ISO 8601."""
        said = (
            _("This record was deleted at %(at)s by %(by)s.")
            if self.is_deleted
            else _("This record was retired at %(at)s by %(by)s.")
        )
        return said % {"at": self.at.isoformat(), "by": self.by or "–"}


def gone(kind: Kind, key: str, reader: Reader) -> Gone | None:
    """The retired or deleted record with this id or slug, if the reader could read it."""
    row = find_ever(kind, key, reader)
    if row is None or not row.is_retired:
        return None
    record = Record.objects.select_related("change").get(id=row.id)
    into = {record.merged_into_id} - {None}
    survivor = labels_of({kind.name: into}, set(), reader) if into else {}
    return Gone(
        row,
        label_ever(kind, row.id, reader),
        record.is_deleted,
        record.changed_at,
        record.change.actor_name,
        record.change.reason,
        survivor.get(record.merged_into_id),
    )
