"""Spans as iCalendar (RFC 5545): what each event of a calendar says, in the language that is active. Knows no database."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from ..dates import show
from .spans import SHORT, Side, Span, Sure
from .words import said_of
from .zones import zone_component

ASKED_AGAIN = timedelta(hours=1)  # what clients are told


@dataclass(frozen=True)
class Hours:
    """The instants between which something is held, where sources state them, and the zone of its place."""

    starts_at: datetime
    ends_at: datetime | None
    zone: str


@dataclass(frozen=True)
class Told:
    """What is known of the record that an event of the calendar is about, as far as the owner of the calendar may see."""

    kind: str  # name of the kind
    called: str  # what its kind is called
    label: str
    url: str
    version: int
    changed_at: datetime
    context: str = ""  # what it belongs to
    who: str = ""  # who owes it, where several owe the same
    place: str = ""
    state: str = ""  # of what is awaited no more: done, reported, …
    is_cancelled: bool = False
    hours: Hours | None = None


def event_of(span: Span, told: Told) -> Event:
    event = Event()
    event.add("uid", span.uid)
    event.add(
        "dtstamp", told.changed_at.astimezone(UTC)
    )  # without METHOD: when it was revised last (RFC 5545, 3.8.7.2)
    event.add("last-modified", told.changed_at.astimezone(UTC))
    event.add("sequence", told.version - 1)
    hours = hours_of(span, told)
    if hours:
        _add_hours(event, hours)
    else:
        _add_days(event, span)
    event.add("summary", summary(span, told))
    event.add("description", "\n".join(description(span, told, hours)))
    if told.place:
        event.add("location", told.place)
    event.add("categories", [told.called])
    event.add("status", "CANCELLED" if told.is_cancelled else "CONFIRMED" if span.is_certain else "TENTATIVE")
    event.add("transp", "TRANSPARENT")  # whoever subscribes to a program is not busy on its days
    if told.url:
        event.add("url", told.url)
    return event


def hours_of(span: Span, told: Told) -> Hours | None:
    """Only where they say as much as the days do: an hour of a beginning alone is none of an event of three days."""
    hours = told.hours
    if hours is None or span.side is not Side.WHOLE or span.sure is not Sure.THESE:
        return None
    ends_at = hours.ends_at or hours.starts_at
    last = ends_at.astimezone(ZoneInfo(hours.zone)).date()
    return None if last < span.last or ends_at - hours.starts_at > timedelta(days=SHORT) else hours


def _add_hours(event: Event, hours: Hours) -> None:
    zone = ZoneInfo(hours.zone)
    event.add("dtstart", hours.starts_at.astimezone(zone))
    if hours.ends_at and hours.ends_at > hours.starts_at:  # else it ends when it begins (RFC 5545, 3.6.1)
        event.add("dtend", hours.ends_at.astimezone(zone))


def _add_days(event: Event, span: Span) -> None:
    """DTEND is the day after the last one."""
    event.add("dtstart", span.first)
    if span.last < date.max:
        event.add("dtend", span.last + timedelta(days=1))


def summary(span: Span, told: Told) -> str:
    """`협약 만료: 공동연구 협약 (2026. 7. 중 하루)`: what, of which record, and how its day is meant where it is not certain."""
    what = said_of(told.kind, span.entry.fact, span.side, told.called)
    label = " · ".join(filter(None, [told.label, told.context, told.who]))
    text = f"{what}: {label}" if what and label else what or label
    if told.is_cancelled or told.state:
        text = f"[{_('cancelled') if told.is_cancelled else told.state}] {text}"
    return text if span.is_certain else f"{text} ({said_date(span)})"


def said_date(span: Span) -> str:
    shown = show(span.text, get_language())
    return {
        Sure.THESE: "%s",
        Sure.ONE_OF_THESE: _("some day of %s"),
        Sure.AT_THE_LATEST: _("%s, this day at the latest"),
        Sure.AT_THE_EARLIEST: _("%s, this day at the earliest"),
    }[span.sure] % shown


def description(span: Span, told: Told, hours: Hours | None) -> Iterable[str]:
    yield _("Date: %s") % show(span.text, get_language())
    if span.sure is not Sure.THESE:
        yield _("Which day it is, is not known.")
    elif not span.is_certain:
        yield _("The source states this day as about or uncertain.")
    if told.hours:
        yield _("Hours: %s") % _hours(told.hours)
    if span.entry.is_planned:
        yield _("Planned")
    if told.context:
        yield _("Part of: %s") % told.context
    if told.who:
        yield _("Who is to act: %s") % told.who
    if told.url:
        yield _("Record: %s") % told.url


def _hours(hours: Hours) -> str:
    zone = ZoneInfo(hours.zone)
    begins, ends = hours.starts_at.astimezone(zone), hours.ends_at and hours.ends_at.astimezone(zone)
    if not ends:
        until = ""
    elif ends.date() == begins.date():
        until = f"{ends:%H:%M}"
    else:
        until = f"{show(ends.date().isoformat(), get_language())} {ends:%H:%M}"
    return f"{show(begins.date().isoformat(), get_language())} {begins:%H:%M}–{until} ({hours.zone})"


def calendar_of(
    events: Sequence[Event], *, name: str, told: str, since: date, until: date | None = None, at: datetime, uid: str
) -> bytes:
    """The whole file. `told`: what the calendar holds. `until`, where it had to be cut: the last day of which all is there."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Registry of joint research programs//{get_language().upper()}")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    for property in ("name", "x-wr-calname"):  # RFC 7986, and what was there before it
        calendar.add(property, name)
    for property in ("description", "x-wr-caldesc"):
        calendar.add(property, told)
    calendar.add("x-wr-timezone", settings.TIME_ZONE)
    calendar.add("refresh-interval", ASKED_AGAIN, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for zone in sorted({str(event["dtstart"].params["TZID"]) for event in events if "TZID" in event["dtstart"].params}):
        calendar.add_component(zone_component(zone, since.year))
    for event in events:
        calendar.add_component(event)
    if until:
        calendar.add_component(_cut(until, at, uid))
    return calendar.to_ical()


def _cut(until: date, at: datetime, uid: str) -> Event:
    """In the calendar itself, since nobody looks for its end elsewhere."""
    event = Event()
    event.add("uid", f"{uid}.cut")
    event.add("dtstamp", at)
    event.add("dtstart", until)
    event.add("dtend", until + timedelta(days=1))
    event.add("summary", _("This calendar goes no further: from this day on not all is here"))
    event.add("transp", "TRANSPARENT")
    return event
