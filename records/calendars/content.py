"""What stands in a calendar: entries of timelines, and what their records are called, by the rights that its owner has now.

From the first day of last year on, and all of the future. A calendar has `MOST` events: where there are more, it begins last
month, and ends on the day up to which it could be filled.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import chain
from uuid import UUID

from ..base import Record, in_language
from ..finding import leads_to
from ..kinds import Kind, kinds
from ..labels import Label, labels_of
from ..rights import Reader
from ..timelines.acting import Acting, acting
from ..timelines.asking import Asked, Entry, entries
from .models import CalendarFeed
from .spans import Span, spans
from .words import reported
from .writing import Hours, Told

MOST = 500
NOT_SHOWN = {  # what was planned once and is no more; for how long something is to be reported
    ("milestone", "first_planned"),
    ("obligation", "period"),
}
ANSWERED = ("due", "report_due")  # facts that say so once nobody waits for them any more
NOTHING = str(UUID(int=0))  # before every id
NEEDED = ("status", "state", "starts_at", "ends_at", "time_zone", "place_ko", "place_en")  # of rows, where they have it


@dataclass(frozen=True)
class Content:
    """`until`, where there is more than a calendar holds: the day from which on not all of it is there."""

    spans: list[Span]
    told: dict[UUID, Told]  # by the part that an entry is about
    since: date
    until: date | None


def content_of(feed: CalendarFeed, reader: Reader, today: date, address: Callable[[str], str]) -> Content:
    """`address` makes a whole address of one of our pages. The language of labels is the one that is active."""
    last_year, last_month = date(today.year - 1, 1, 1), (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    questions = list(_asked(feed, reader))
    found, since, until = _all_of(questions, reader, last_year), last_year, None
    if found is None:
        since, (found, until) = last_month, _as_far_as_it_goes(questions, reader, last_month)
    return Content(found, _told(found, reader, feed.record_id, address), since, until)


# ---- which entries -------------------------------------------------------------------------------------


def _asked(feed: CalendarFeed, reader: Reader) -> Iterator[Asked]:
    """One question, or for all that is the owner's one for each institution that they report for."""
    asked = Asked(kinds=tuple(feed.kinds))
    if feed.record_id is None:
        if not reader.institutions:
            yield asked
        for id in sorted(reader.institutions):
            yield replace(asked, owners=(id,))
    else:
        id = leads_to(feed.record_id)
        yield replace(asked, within=id) if feed.record.kind == "program" else replace(asked, owners=(id,))


def _all_of(questions: list[Asked], reader: Reader, since: date) -> list[Span] | None:
    """All that begins or ends from this day on, in the order of days; None where that is more than a calendar holds."""
    found: list[Entry] = []
    for some, is_cut, _until in _portions(questions, reader, since):
        found += some
        if is_cut:
            return None
    shown = _in_order(found, since)
    return shown if len(shown) <= MOST else None


def _as_far_as_it_goes(questions: list[Asked], reader: Reader, since: date) -> tuple[list[Span], date | None]:
    """The first of them, and the day from which on not all are among them."""
    portions = list(_portions(questions, reader, since))
    until = min((day for _some, is_cut, day in portions if is_cut), default=None)
    shown = _in_order(chain.from_iterable(some for some, _is_cut, _until in portions), since)
    shown = [span for span in shown if until is None or span.last <= until]
    return shown[:MOST], shown[MOST].last if len(shown) > MOST else until


def _portions(questions: list[Asked], reader: Reader, since: date) -> Iterator[tuple[list[Entry], bool, date | None]]:
    """What begins from this day on, and what ends from it on: so much as a calendar holds, whether there is more, and its last day."""
    for asked in questions:
        ending = replace(asked, ends_from=since, by_end=True)
        for one, after in ((asked, [since.isoformat(), NOTHING, ""]), (ending, ())):
            some = entries(reader, one, after=after, limit=MOST + 1)
            is_cut = len(some) > MOST
            yield some, is_cut, _day(some[-1], one.by_end) if is_cut else None


def _in_order(found: Iterable[Entry], since: date) -> list[Span]:
    shown = {span.uid: span for entry in found if (entry.kind, entry.fact) not in NOT_SHOWN for span in spans(entry)}
    return sorted((span for span in shown.values() if since <= span.last), key=lambda span: span.place)


def _day(entry: Entry, by_end: bool) -> date:
    return entry.last if by_end else entry.first or entry.last


# ---- what they are called ------------------------------------------------------------------------------


def _told(found: list[Span], reader: Reader, subject: UUID | None, address) -> dict[UUID, Told]:
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for span in found:
        by_kind[span.entry.kind].add(span.entry.record)
    rows = {id: row for name, ids in by_kind.items() for id, row in _rows(kinds()[name], ids, reader)}
    contexts = {id: context for name, ids in by_kind.items() for id, context in _contexts(kinds()[name], ids, rows)}
    about = {span.entry.about for span in found} - {None}
    records = {record.id: record for record in Record.objects.filter(id__in=set().union(*by_kind.values()))}
    labels = labels_of(by_kind, about | set(contexts.values()), reader)
    owed = acting({span.entry for span in found if span.entry.part != span.entry.record}, {}, reader)
    return {
        entry.part: _one(
            entry, records[entry.record], rows.get(entry.record, {}), labels, context, subject, owing, address
        )
        for entry in (span.entry for span in found)
        for context, owing in [(entry.about or contexts.get(entry.record), owed.get(entry.part, Acting()))]
    }


def _rows(kind: Kind, ids: set[UUID], reader: Reader) -> Iterable[tuple[UUID, dict]]:
    context = _context_field(kind)
    columns = [name for name in NEEDED if name in kind.all_fields]
    columns += [f"{context.name}_id"] if context else []
    rows = kind.model.objects.visible_to(reader).filter(id__in=ids).order_by()
    return ((row["id"], row) for row in rows.values("id", *columns))


def _context_field(kind: Kind):
    """Of what a record is a part: the first of its owners that is not in its name anyway."""
    owners = [kind.all_fields[name] for name in kind.owners if name not in kind.label]
    return owners[0] if owners else None


def _contexts(kind: Kind, ids: set[UUID], rows: dict[UUID, dict]) -> Iterable[tuple[UUID, UUID]]:
    field = _context_field(kind)
    found = ((id, rows[id][f"{field.name}_id"]) for id in ids if field and id in rows)
    return ((id, context) for id, context in found if context)


def _one(entry, record: Record, row: dict, labels: dict[UUID, Label], context, subject, owed: Acting, address) -> Told:
    kind = kinds()[entry.kind]
    label = labels.get(entry.record)
    around = labels.get(context) if context != subject else None
    place = labels.get(entry.record) or labels.get(context)
    url = owed.url or (place.url if place else "")
    return Told(
        kind=kind.name,
        called=str(kind.label_one),
        label=str(label or ""),
        context=str(around or ""),
        who=", ".join(str(one) for one in owed.who if one.id != subject),
        url=address(url) if url else "",
        version=record.version,
        changed_at=record.changed_at,
        place=in_language(row.get("place_ko", ""), row.get("place_en", "")),
        state=_state(kind, entry, row),
        is_cancelled=row.get("status") == "cancelled",
        hours=Hours(row["starts_at"], row["ends_at"], row["time_zone"]) if row.get("starts_at") else None,
    )


def _state(kind: Kind, entry, row: dict) -> str:
    if entry.is_open or entry.fact not in ANSWERED:
        return ""
    if entry.part != entry.record:
        return reported()
    return str(dict(kind.all_fields["state"].choices).get(row.get("state"), "")) if row.get("state") else ""
