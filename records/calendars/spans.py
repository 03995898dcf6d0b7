"""What of a timeline stands in a calendar: for each dated fact the days on which a calendar shows it.

    a day                      that day
    a month, or a few days     all of them: one of these
    a year, or longer          its last day: this day at the latest
    2026/..                    its first day: this day at the earliest
    from a day to a day        these days; where they are more than a month, the first one and the last one

So nothing stands on a day without saying so unless its source states that day.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum

from ..dates import FIRST_DAY, LAST_DAY, parse

SHORT = 31  # days; what takes longer is shown by its beginning and its end, and does not cover the months between


class Side(Enum):
    WHOLE = ""
    BEGINS = "begins"
    ENDS = "ends"


class Sure(Enum):
    """How the days of a span are meant."""

    THESE = "these"
    ONE_OF_THESE = "one of these"
    AT_THE_LATEST = "at the latest"
    AT_THE_EARLIEST = "at the earliest"


@dataclass(frozen=True)
class Span:
    """`first` to `last` are the days of the calendar that it covers; `text` is its date, in EDTF, as the source states it."""

    entry: object
    side: Side
    sure: Sure
    first: date
    last: date
    text: str

    @property
    def uid(self) -> str:
        """The same for as long as the fact is the same one, whatever its date becomes; in all feeds that have it."""
        end = ".ends" if self.side is Side.ENDS else ""
        return f"{self.entry.part}.{self.entry.fact}{end}"

    @property
    def is_certain(self) -> bool:
        return self.sure is Sure.THESE and not any(mark in self.text for mark in "~?")

    @property
    def place(self) -> tuple:
        """The order of a calendar: by the last day that it can mean."""
        return self.last, self.uid


def spans(entry) -> list[Span]:
    """Of one Entry (records/timelines)."""
    starts, ends = entry.starts_on, entry.ends_on
    if starts and (starts == ends or not _is_day(starts) or not _is_day(ends) or _days(starts, ends) > SHORT):
        begins = _span(entry, Side.WHOLE if starts == ends else Side.BEGINS, starts)
        return [begins] if starts == ends or not ends else [begins, _span(entry, Side.ENDS, ends)]
    if starts:
        first, last = parse(starts).first, parse(ends).last
        return [Span(entry, Side.WHOLE, Sure.THESE, first, last, f"{starts}/{ends}")]
    return [_span(entry, Side.ENDS, ends)] if ends else []


def _is_day(text: str | None) -> bool:
    return bool(text) and parse(text).is_exact_day


def _days(starts: str, ends: str) -> int:
    return (parse(ends).last - parse(starts).first).days + 1


def _span(entry, side: Side, text: str) -> Span:
    first, last = parse(text).first, parse(text).last
    if first == last:
        return Span(entry, side, Sure.THESE, first, last, text)
    if last == LAST_DAY:
        return Span(entry, side, Sure.AT_THE_EARLIEST, first, first, text)
    if first == FIRST_DAY or (last - first).days >= SHORT:
        return Span(entry, side, Sure.AT_THE_LATEST, last, last, text)
    return Span(entry, side, Sure.ONE_OF_THESE, first, last, text)
