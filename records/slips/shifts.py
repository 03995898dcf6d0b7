"""By how much one date lies after another, both as exact as known. Knows no database.

Dates that allow several days lie apart by a number of days between a least and a most. Only where these agree that it
is later (or earlier) was a date moved; `2026` that became `2026-09` was told more exactly.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from ..dates import FIRST_DAY, LAST_DAY, parse


class What(StrEnum):
    """What became of a date."""

    LATER = "later"
    EARLIER = "earlier"
    PERHAPS = "perhaps"  # the days that both allow overlap
    WITHDRAWN = "withdrawn"  # no date is stated any more
    APPEARED = "appeared"
    MORE_EXACT = "more_exact"
    LESS_EXACT = "less_exact"
    SAME = "same"


MOVED = (What.LATER, What.EARLIER, What.PERHAPS, What.WITHDRAWN)


@dataclass(frozen=True)
class Shift:
    """`low` and `high`: by how many days at least and at most, below zero where earlier; None where there is no bound, or no
    two dates. `days`: the middle of them where it surely moved, so that a year is more than a day; 0 otherwise."""

    what: What
    low: int | None = None
    high: int | None = None

    @property
    def is_sure(self) -> bool:
        return self.what in (What.LATER, What.EARLIER)

    @property
    def days(self) -> int:
        if not self.is_sure:
            return 0
        known = [days for days in (self.low, self.high) if days is not None]
        return int(sum(known) / len(known))  # towards zero, as the database divides

    @property
    def is_exact(self) -> bool:
        return self.low is not None and self.low == self.high


def shift(before: str | None, after: str | None) -> Shift:
    """From one EDTF date to another; None: not stated. Not for two that are both not stated."""
    if before is None or after is None:
        return Shift(What.APPEARED if before is None else What.WITHDRAWN)
    a, b = parse(before), parse(after)
    low = None if b.first == FIRST_DAY or a.last == LAST_DAY else (b.first - a.last).days
    high = None if b.last == LAST_DAY or a.first == FIRST_DAY else (b.last - a.first).days
    return Shift(_what((a.first, a.last), (b.first, b.last)), low, high)


def _what(a: tuple[date, date], b: tuple[date, date]) -> What:
    if b[0] > a[1]:
        return What.LATER
    if b[1] < a[0]:
        return What.EARLIER
    if a == b:
        return What.SAME
    if a[0] <= b[0] and b[1] <= a[1]:
        return What.MORE_EXACT
    return What.LESS_EXACT if b[0] <= a[0] and a[1] <= b[1] else What.PERHAPS


SQL = f"""
CASE WHEN {{a}} IS NULL THEN '{What.APPEARED}' WHEN {{b}} IS NULL THEN '{What.WITHDRAWN}'
  WHEN {{b}}_first > {{a}}_last THEN '{What.LATER}' WHEN {{b}}_last < {{a}}_first THEN '{What.EARLIER}'
  WHEN {{b}}_first = {{a}}_first AND {{b}}_last = {{a}}_last THEN '{What.SAME}'
  WHEN {{b}}_first >= {{a}}_first AND {{b}}_last <= {{a}}_last THEN '{What.MORE_EXACT}'
  WHEN {{b}}_first <= {{a}}_first AND {{b}}_last >= {{a}}_last THEN '{What.LESS_EXACT}'
  ELSE '{What.PERHAPS}' END AS what,
CASE WHEN {{b}}_first > '{FIRST_DAY}' AND {{a}}_last < '{LAST_DAY}' THEN {{b}}_first - {{a}}_last END AS low,
CASE WHEN {{b}}_last < '{LAST_DAY}' AND {{a}}_first > '{FIRST_DAY}' THEN {{b}}_last - {{a}}_first END AS high"""

DAYS = f"""
CASE WHEN what NOT IN ('{What.LATER}', '{What.EARLIER}') THEN 0
  WHEN low IS NULL THEN high WHEN high IS NULL THEN low ELSE (low + high) / 2 END"""


def shift_sql(before: str, after: str) -> str:
    """The same of two columns with their first and last days beside them: `what`, `low`, `high`; then DAYS of these."""
    return SQL.format(a=before, b=after)
