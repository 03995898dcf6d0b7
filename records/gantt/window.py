"""The days that a large timeline draws: all of them, or a window of months, quarters or years that moves along by links."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ..dates import Edtf
from .lanes import Lane

MONTHS = {"month": 12, "quarter": 24, "year": 60}  # how much time a window of each zoom shows
STEP = {"month": 1, "quarter": 3, "year": 12}  # what it begins with, in months
NEAR = timedelta(days=550)  # today this close to the facts belongs into a drawing of all of them
WHOLE = "whole"
EARLIEST, LATEST = date(2, 1, 1), date(9900, 1, 1)  # far enough from the ends of the calendar to count on from there


@dataclass(frozen=True)
class Window:
    """`first` is its first day and `end` the day after its last; `earlier`, `later`: where its neighbours begin, None where
    nothing lies there."""

    zoom: str
    first: date
    end: date
    earlier: date | None = None
    later: date | None = None

    @property
    def last(self) -> date:
        return self.end - timedelta(days=1)

    def holds(self, day: date) -> bool:
        return self.first <= day < self.end


def known_days(when: Edtf) -> list[date]:
    """The ends of a date that are days of the calendar (not the open ends of `A/..`)."""
    return [day for day in (when.first, when.last) if date.min < day < date.max]


def span_of(lanes: Iterable[Lane]) -> tuple[date, date] | None:
    """The first and the last day that marks of these lanes name. None where no mark has a date."""
    days = [
        day for lane in lanes for mark in lane.marks for when in (mark.starts, mark.ends) if when for day in known_days(when)
    ]  # fmt: skip
    return (min(days), max(days)) if days else None


def whole(span: tuple[date, date], today: date, *, is_open_ended: bool = False) -> Window:
    """All days of a span, from the beginning of a month to the end of one; today too, where it is near."""
    first, last = (min(max(day, EARLIEST), LATEST) for day in span)
    if is_open_ended:
        last = max(last, min(today, last + timedelta(days=3660))) + timedelta(days=max((last - first).days // 8, 60))
    if first - NEAR <= today <= last + NEAR:
        first, last = min(first, today), max(last, today)
    return Window(WHOLE, first.replace(day=1), months_after(last.replace(day=1), 1))


def zoomed(zoom: str, at: date | None, span: tuple[date, date], today: date) -> Window:
    """A window of this zoom that begins about `at`; by itself where today stands at a third of it, or where the facts are."""
    wide, step = MONTHS[zoom], STEP[zoom]
    span_first, span_last = (min(max(day, EARLIEST), LATEST) for day in span)
    if at is None:
        middle = min(max(today, span_first), span_last)
        at = months_after(middle.replace(day=1), -(wide // 3))
    first = _aligned(min(max(at, EARLIEST), LATEST), step)
    end = months_after(first, wide)
    move = max(wide // 2 // step, 1) * step
    earlier = months_after(first, -move) if span_first < first else None
    later = months_after(first, move) if span_last >= end else None
    return Window(zoom, first, end, earlier, later)


def _aligned(day: date, step: int) -> date:
    return date(day.year, (day.month - 1) // step * step + 1, 1)


def months_after(first: date, months: int) -> date:
    """The first day of the month so many months after that of `first`."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(min(max(year, 1), 9999), month + 1, 1)
