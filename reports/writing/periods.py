"""The periods for which one usually reports, and those that are typed."""

from dataclasses import dataclass
from datetime import date, timedelta

from records.dates import parse, read

from ..titles import period_words


@dataclass(frozen=True)
class Period:
    starts_on: date
    ends_on: date

    def __str__(self) -> str:
        return period_words(self.starts_on, self.ends_on)

    @property
    def value(self) -> str:
        return f"{self.starts_on}/{self.ends_on}"


def usual(today: date) -> list[Period]:
    """This half-year, the last one, the last quarter, the last year."""
    half = _span(today, 6)
    whole = Period(date(today.year - 1, 1, 1), date(today.year - 1, 12, 31))
    return [half, _before(half, 6), _before(_span(today, 3), 3), whole]


def _span(day: date, months: int) -> Period:
    """The half-year or quarter in which a day lies."""
    first = (day.month - 1) // months * months + 1
    following = date(day.year + (first + months > 12), (first + months - 1) % 12 + 1, 1)
    return Period(date(day.year, first, 1), following - timedelta(days=1))


def _before(period: Period, months: int) -> Period:
    return _span(period.starts_on - timedelta(days=1), months)


def typed(starts_on: str, ends_on: str) -> Period:
    """From the first day that the one can mean to the last day that the other can: 2026-01 to 2026-06. Raises BadDate."""
    first, last = parse(read(starts_on)).first, parse(read(ends_on)).last
    return Period(first, last)
