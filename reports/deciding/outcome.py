"""What was decided of an update: each value of its last round with the decision, and where it stands in the registry."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.text import capfirst

from records.labels import Label
from records.moments import address
from records.rights import Reader
from records.showing import Cell

from ..models import ProjectUpdate, ProposedValue
from ..words import Words
from ..writing.sections import SECTIONS


@dataclass(frozen=True)
class Decided:
    """One value. `written`: the record that holds it now, if the reader may see it."""

    label: str
    proposed: Cell
    decision: str
    word: str
    note: str
    written: Label | None


@dataclass(frozen=True)
class Outcome:
    """`sections`: (title, groups of (what it is about, values)). `change_url`: the change that wrote what was accepted."""

    by: str
    at: datetime
    sections: list[tuple[str, list[tuple[Cell, list[Decided]]]]]
    change_url: str


def outcome_of(update: ProjectUpdate, reader: Reader) -> Outcome | None:
    """None where nothing was decided yet."""
    found = update.proposals.filter(round=update.round).order_by("id").prefetch_related("values")
    proposals = list(found)
    values = [value for one in proposals for value in one.values.all()]
    decided = next((value for value in values if value.decision), None)
    if decided is None:
        return None
    words = Words(update, proposals, reader)
    sections = []
    for section in SECTIONS:
        groups = [
            (words.title(one), [_decided(words, one, value) for value in one.values.all()])
            for one in proposals
            if one.section == section.name
        ]
        if groups:
            sections.append((capfirst(str(section.title)), groups))
    change = next((value.change_id for value in values if value.change_id), None)
    return Outcome(decided.decided_by, decided.decided_at, sections, address("change", change) if change else "")


def _decided(words: Words, one, value: ProposedValue) -> Decided:
    return Decided(
        words.label(one, value), words.proposed(one, value), value.decision, capfirst(value.get_decision_display()),
        value.note, words.labels.get(value.written_id),
    )  # fmt: skip
