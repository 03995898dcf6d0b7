"""What other figures say is due on a record's timeline (`settings.TIMELINE_SOURCES`): reports. They are entries already, and
have no past. What is due about one record stands in one row."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.utils.text import capfirst

from ..labels import labels_of
from ..timelines.acting import acting
from ..timelines.asking import Asked, Entry, entries
from ..timelines.on_record import WORDS
from ..timelines.sources import others
from .lanes import Lane, Mark
from .marks import mark_of
from .standing import COUNTED_TO, Counted, Look


@dataclass(frozen=True)
class Due:
    """As a `Group`, of the entries of another figure. `owner`: the record whose timeline it is."""

    key: str
    title: str
    kind: str
    fact: str
    owner: UUID
    carries: str = ""
    list_url: str = ""

    def asked(self, look: Look) -> Asked:
        return Asked(
            owners=(self.owner,), kinds=(self.kind,), facts=(self.fact,), begins=look.first, ends=look.last, as_of=look.as_of
        )  # fmt: skip


def counted_dues(owner: UUID, look: Look) -> list[Counted]:
    """What is due of each kind, if anything."""
    found = []
    for source in others() if not look.is_past else ():
        title = capfirst(str(WORDS.get(source.fact, source.fact)))
        due = Due(source.fact.replace("_", "-"), title, source.kind, source.fact, owner)
        if first := entries(look.reader, due.asked(look), limit=COUNTED_TO + 1):
            found.append(Counted(due, len(first), first[0].first, first[-1].last))
    return found


def lanes_of_due(due: Due, look: Look, today: date, limit: int, after) -> tuple[list[Lane], tuple[date, UUID] | None]:
    """A row for each record that something is due about, and the place of the last, where more follow."""
    place = (str(after[0]), str(after[1]), due.fact) if after else ()
    found = entries(look.reader, due.asked(look), after=place, limit=limit + 1)
    is_more, found = len(found) > limit, found[:limit]
    by_about: dict[UUID, list[Entry]] = {}
    for entry in found:
        is_elsewhere = entry.about and entry.about != due.owner
        by_about.setdefault(entry.about if is_elsewhere else entry.record, []).append(entry)
    named = defaultdict(set, {due.kind: {entry.record for entry in found}})
    labels = labels_of(named, set(by_about), look.reader)
    where = acting(found, {}, look.reader)
    lanes = [
        Lane(
            key=f"{due.key}-{about}",
            label=str(labels[about]),
            marks=tuple(_mark(entry, str(labels.get(entry.record, "")), where, today) for entry in its),
            href=labels[about].url,
            depth=1,
        )
        for about, its in by_about.items()
        if about in labels
    ]
    return lanes, (found[-1].first, found[-1].part) if is_more else None


def _mark(entry: Entry, label: str, where: dict, today: date) -> Mark:
    """It leads to where one sees to it."""
    return mark_of(entry, today, label=label, href=where[entry.part].url if entry.part in where else "")
