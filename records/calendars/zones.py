"""VTIMEZONE of a zone: its offsets as rules of the year.

The library writes each change of the clocks as a date of its own (RDATE) in several STANDARD parts. Outlook does not follow
these and shows such events an hour off; it follows one STANDARD and one DAYLIGHT part with a rule of the year, as does
everybody else. So the rule is read off the years around the events, and where there is none, the dates are written.
"""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

YEARS = 30  # that a rule has to hold for, from the year before the first event
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
ANCHOR = 1970


@lru_cache(maxsize=200)
def zone_component(name: str, since: int) -> Timezone:
    """For events from the year `since` on."""
    zone = ZoneInfo(name)
    years = [_turns(zone, year) for year in range(since - 1, since - 1 + YEARS)]
    parts = [_part(zone, turns) for turns in zip(*years, strict=True)] if {len(y) for y in years} == {2} else []
    if not any(years):
        parts = [_fixed(zone, since)]
    if not parts or None in parts or len({type(part) for part in parts}) < len(parts):
        return Timezone.from_tzid(name, first_date=date(since - 1, 1, 1), last_date=date(since + YEARS, 1, 1))
    made = Timezone()
    made.add("tzid", name)
    for part in parts:
        made.add_component(part)
    return made


def _turns(zone: ZoneInfo, year: int) -> list[datetime]:
    """The instants of a year, in UTC, from which on the clocks show another offset, to the minute."""
    begin = datetime(year, 1, 1, tzinfo=UTC)
    days = [begin + timedelta(days=n) for n in range(366 + (monthrange(year, 2)[1] == 29))]
    return [
        _bisected(zone, before, after)
        for before, after in pairwise(days)
        if _offset(zone, before) != _offset(zone, after)
    ]


def _bisected(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    while after - before > timedelta(minutes=1):
        middle = before + timedelta(minutes=(after - before) // timedelta(minutes=2))
        before, after = (middle, after) if _offset(zone, middle) == _offset(zone, before) else (before, middle)
    return after


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset()


def _part(zone: ZoneInfo, turns: tuple[datetime, ...]):
    """STANDARD or DAYLIGHT from its turns in each of the years; None where they follow no rule."""
    moment = timedelta(minutes=1)
    sides = {(_offset(zone, turn - moment), _offset(zone, turn)) for turn in turns}
    local = [
        (turn + _offset(zone, turn - moment)).replace(tzinfo=None) for turn in turns
    ]  # as the clocks said until then
    if len(sides) > 1 or len({(at.month, at.weekday(), at.time()) for at in local}) > 1:
        return None
    which = _which_week(local)
    if which is None:
        return None
    ((before, after),) = sides
    first = local[0]
    part = TimezoneDaylight() if after > before else TimezoneStandard()
    part.add("dtstart", datetime.combine(_day_in(ANCHOR, first.month, first.weekday(), which), first.time()))
    part.add("rrule", vRecur(freq="YEARLY", bymonth=first.month, byday=f"{which}{WEEKDAYS[first.weekday()]}"))
    part.add("tzname", turns[0].astimezone(zone).tzname())
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", after)
    return part


def _which_week(days: list[datetime]) -> int | None:
    """-1 for the last one of a month, else the how-manieth of that weekday; None where it is now this one and now that."""
    if all(day.day + 7 > monthrange(day.year, day.month)[1] for day in days):
        return -1
    weeks = {(day.day - 1) // 7 + 1 for day in days}
    return weeks.pop() if len(weeks) == 1 else None


def _day_in(year: int, month: int, weekday: int, which: int) -> date:
    days = [date(year, month, day) for day in range(1, monthrange(year, month)[1] + 1)]
    return [day for day in days if day.weekday() == weekday][which if which < 0 else which - 1]


def _fixed(zone: ZoneInfo, since: int) -> TimezoneStandard:
    at = datetime(since, 1, 1, tzinfo=zone)
    part = TimezoneStandard()
    part.add("dtstart", datetime(ANCHOR, 1, 1))
    part.add("tzname", at.tzname())
    part.add("tzoffsetfrom", at.utcoffset())
    part.add("tzoffsetto", at.utcoffset())
    return part
