"""The moment that a reader looks at: how it is typed, and how every address inside a past page carries it along.

`as_of` is a day of the world, `known_at` an instant of the registry.
"""

import re
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime
from functools import cache
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .dates import BadDate, parse, read
from .problem_codes import coded

CLOCKS = ("as_of", "known_at")
DAY_AND_HOUR = re.compile(r"(?P<day>.+?)[\sT]+(?P<hour>\d{1,2}):(?P<minute>\d{2})", re.ASCII)
SAFE, HERE = re.compile(r"[\w-]+", re.ASCII), "@"  # a key that is written into an address as it is, and where it stands
_carried: ContextVar[dict[str, str] | None] = ContextVar("moment", default=None)


# ---- as typed ------------------------------------------------------------------------------------------


def as_day(text: str) -> date:
    """The last day of what was typed: `2025-08` asks for the state at the end of August 2025."""
    day = parse(read(text)).last
    if day == date.max:
        raise BadDate(_("Give a day, a month or a year."))
    return day


def as_instant(text: str) -> datetime:
    """An ISO 8601 instant, `2025. 8. 31. 14:00`, or a day, which means its end here, or now while it is not over."""
    now = timezone.now()
    when = _instant(text)
    if when is None:
        end = _here(as_day(text), datetime.max.time())
        return min(end, now) if timezone.localdate(now) >= timezone.localdate(end) else _refuse_future()
    when = _in_utc(when)
    return when if when <= now else _refuse_future()


def _in_utc(when: datetime) -> datetime:
    """As the database takes it, whatever the offset; what would lie beyond the calendar lies at its edge."""
    try:
        return when.astimezone(UTC)
    except OverflowError:
        return (datetime.min if when.year == 1 else datetime.max).replace(tzinfo=UTC)


def _instant(text: str) -> datetime | None:
    """What was typed with its hour; None for a day alone."""
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        found = DAY_AND_HOUR.fullmatch(text.strip())
        return _at_hour(as_day(found["day"]), int(found["hour"]), int(found["minute"])) if found else None
    if len(text) <= 10:
        return None
    return when if when.tzinfo else timezone.make_aware(when)


def _at_hour(day: date, hour: int, minute: int) -> datetime:
    if hour > 23 or minute > 59:
        raise BadDate(_("An hour is 0:00 to 23:59."))
    return _here(day, datetime.min.time().replace(hour=hour, minute=minute))


def _here(day: date, time) -> datetime:
    return timezone.make_aware(datetime.combine(day, time))


def _refuse_future():
    raise ValueError(coded("in_the_future", _("“known_at” cannot lie in the future.")))


def day_begins(day: date) -> datetime:
    """Midnight here at the beginning of a day."""
    return _here(day, datetime.min.time())


# ---- carried along -------------------------------------------------------------------------------------


@contextmanager
def carrying(moment: dict[str, str]):
    """Inside, every address that `address` makes keeps this moment (as typed, by clock)."""
    outside = _carried.set({clock: text for clock, text in moment.items() if text})
    try:
        yield
    finally:
        _carried.reset(outside)


def carried() -> dict[str, str]:
    return _carried.get() or {}


def address(name: str, *args, **query) -> str:
    """The address of a page of ours at the moment that the reader looks at; `query` has further parameters (None: not this)."""
    wanted = {key: value for key, value in (carried() | query).items() if value is not None}
    return _path(get_language(), name, args) + (f"?{urlencode(wanted)}" if wanted else "")


def _path(language: str | None, name: str, args: tuple) -> str:
    """A page speaks of hundreds of records: the way to those of one kind is worked out once."""
    if len(args) < 2 or not SAFE.fullmatch(str(args[-1])):
        return reverse(name, args=args)
    return _pattern(language, name, args[:-1]).replace(HERE, str(args[-1]))


@cache
def _pattern(language: str | None, name: str, args: tuple) -> str:
    return reverse(name, args=(*args, HERE))


def further(url: str, query: str) -> str:
    """This address with a further query (`?a=b`), whether or not it has one."""
    return url + (query.replace("?", "&", 1) if "?" in url else query)
