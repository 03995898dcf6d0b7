"""Who is to act on a report that is due: the institution that owes it, on the page of what is due."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from records.labels import labels_of
from records.rights import Reader
from records.timelines.acting import Acting
from records.timelines.asking import Entry

from ..models import ReportDue
from ..telling import ways


def acting(entries: Sequence[Entry], places: Mapping[UUID, UUID], reader: Reader) -> dict[UUID, Acting]:
    parts = [entry.part for entry in entries if entry.part != entry.record]
    if not parts:
        return {}
    rows = ReportDue.objects.visible_to(reader).filter(id__in=parts)
    rows = list(rows.values_list("id", "institution_id", "program__slug"))
    labels = labels_of({"institution": {institution for _id, institution, _slug in rows}}, set(), reader)
    return {
        id: Acting(
            (labels[institution],) if institution in labels else (),
            f"{ways.dues_url(program=slug, state='all')}#d-{id}",
        )
        for id, institution, slug in rows
    }
