"""iCalendar files as others read them: the lines by RFC 5545 itself, and the client library that Home Assistant uses."""

import re
from datetime import UTC, date, datetime
from types import SimpleNamespace
from uuid import UUID

from ical.calendar import Calendar
from ical.calendar_stream import IcsCalendarStream

from records.calendars.spans import spans
from records.calendars.writing import Told, calendar_of, event_of

PART = UUID("01902056-2c80-754c-bcfe-c1d827fd7256")
AT = datetime(2026, 5, 1, 9, 30, tzinfo=UTC)
LINE = re.compile(rb"[A-Z][A-Z0-9-]*(;[A-Z-]+=(\"[^\"\x00-\x1f]*\"|[^\";:,\x00-\x1f]*))*:[^\x00-\x08\x0a-\x1f\x7f]*")
ONCE = {"VCALENDAR": ("PRODID", "VERSION"), "VEVENT": ("UID", "DTSTAMP", "DTSTART"), "VTIMEZONE": ("TZID",)}


def entry(starts_on=None, ends_on=None, *, kind="project", fact="period", **more):
    """One that nothing is stored of."""
    return SimpleNamespace(
        **{"part": PART, "record": PART, "is_planned": False, "is_open": False, "about": None, "through": None} | more,
        kind=kind, fact=fact, starts_on=starts_on, ends_on=ends_on,
    )  # fmt: skip


def told(label="반도체", called="과제", kind="project", **more) -> Told:
    return Told(kind=kind, called=called, label=label, url="", version=3, changed_at=AT, **more)


def events_of(one, of: Told | None = None) -> list:
    return [event_of(span, of or told(kind=one.kind)) for span in spans(one)]


def written(*events, since=date(2026, 1, 1), **more) -> bytes:
    said = {"name": "공동연구", "told": "한 해", "since": since, "at": AT, "uid": "feed"} | more
    return calendar_of(events, **said)


def read(content: bytes) -> Calendar:
    """As a client has it; raises where something is not as it should be."""
    assert_valid(content)
    return IcsCalendarStream.calendar_from_ics(content.decode())


def unfolded(content: bytes) -> list[bytes]:
    return content.replace(b"\r\n ", b"").split(b"\r\n")[:-1]


def assert_valid(content: bytes) -> None:
    """What RFC 5545 asks of lines (3.1), of components and of what must stand in each (3.6)."""
    assert content.endswith(b"\r\n") and b"\n" not in content.replace(b"\r\n", b"")
    for line in content.split(b"\r\n"):
        assert len(line) <= 75, line
        line.decode()  # no character is cut in two
    opened, found = [], []
    for line in unfolded(content):
        assert LINE.fullmatch(line), line
        name, _colon, value = line.decode().partition(":")
        name = name.partition(";")[0]
        if name == "BEGIN":
            opened.append((value, []))
        elif name == "END":
            component, names = opened.pop()
            assert component == value
            for needed in ONCE.get(component, ()):
                assert names.count(needed) == 1, (component, needed)
            found.append(component)
        else:
            opened[-1][1].append(name)
    assert not opened and found.count("VCALENDAR") == 1 and found[-1] == "VCALENDAR"
