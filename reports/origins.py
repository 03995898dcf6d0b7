"""Which report a change came from: an officer decided on it, and what was accepted was written by that change."""

from collections.abc import Sequence
from uuid import UUID

from records.moments import address
from records.rights import Reader
from records.slips.moves import Origin

from .models import ProjectUpdate, ProposedValue
from .titles import title_of


def reports_of(changes: Sequence[int], records: Sequence[UUID], reader: Reader) -> dict[int, Origin]:
    """Of these changes of these records, those that a decision on a report made, where the reader may open the report."""
    values = ProposedValue.objects.filter(written__in=records, change_id__in=changes)
    update_of = dict(values.values_list("change_id", "proposal__update"))
    updates = (
        ProjectUpdate.objects.visible_to(reader).select_related("institution", "project").in_bulk(update_of.values())
    )
    return {
        change: Origin(update.id, title_of(update), address("update", update.id))
        for change, id in update_of.items()
        if (update := updates.get(id))
    }
