"""What officers wrote to the values that came back, beside the inputs in which they are put right."""

from collections import defaultdict

from ..models import ProjectUpdate, ProposedValue, UpdateEvent
from .draft import Draft

SPOKEN = (UpdateEvent.What.RETURNED, UpdateEvent.What.PARTLY_ACCEPTED, UpdateEvent.What.REOPENED)


def note_returned(draft: Draft) -> None:
    """Fill `notes` of the draft's rows from the last round. A row that became a record meanwhile is found by it."""
    update = draft.about.update
    if not update.round:
        return
    notes, became = defaultdict(dict), defaultdict(set)
    values = ProposedValue.objects.filter(proposal__update=update, proposal__round=update.round)
    for value in values.select_related("proposal"):
        place = value.proposal.section, value.proposal.key
        if value.decision == ProposedValue.Decision.RETURNED:
            notes[place][value.field] = value.note
        if value.written_id:
            became[place].add(str(value.written_id))
    for section, key in list(notes):
        for record in became[section, key]:
            notes[section, record] = notes[section, key]
    for row in draft.rows():
        row.notes = notes.get((row.section.name, row.key), {})


def word_of_officer(update: ProjectUpdate) -> UpdateEvent | None:
    """What was said last to the report as a whole when it came back."""
    if not update.round:
        return None
    return update.events.filter(what__in=SPOKEN).exclude(text="").order_by("-id").first()
