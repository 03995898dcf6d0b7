"""The seed: everything made up is picked here. Ids carry the instant of their record's first version (UUID version 7)."""

import random
from bisect import bisect
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate

from records.dates import parse

FIRST_INSTANT = datetime(2016, 3, 1, tzinfo=UTC)  # the registry is kept since then …
LAST_INSTANT = datetime(2026, 9, 30, tzinfo=UTC)  # … and was made up then
YEARS = range(2013, 2036)
NULL = r"\N"


class Chance:
    """Picks for one seed. `changes` Changes lie evenly between the first and the last instant; versions begin at them."""

    def __init__(self, seed: int, changes: int, first_change: int = 1):
        self.seed, self.changes, self.first_change = seed, changes, first_change
        self.random = random.Random(seed)
        self.float, self.bits, self.choice = self.random.random, self.random.getrandbits, self.random.choice
        step = (LAST_INSTANT - FIRST_INSTANT) / changes
        self._step_ms = step / timedelta(milliseconds=1)
        self._first_ms = int(FIRST_INSTANT.timestamp() * 1000)
        self.instants = [f"{FIRST_INSTANT + step * n:%Y-%m-%d %H:%M:%S.%f+00}" for n in range(changes)]
        self.starts = {year: [self._date(year, range(1, 7)) for _ in range(120)] for year in YEARS}
        self.ends = {year: [self._date(year, range(7, 13), is_end=True) for _ in range(120)] for year in YEARS}

    def id(self, created: int) -> str:
        ms, r = self._first_ms + int(created * self._step_ms), self.bits(74)
        return f"{ms >> 16:08x}-{ms & 0xFFFF:04x}-7{r & 0xFFF:03x}-{0x8000 | (r >> 12) & 0x3FFF:04x}-{r >> 26:012x}"

    def below(self, n: int) -> int:
        return int(self.float() * n)

    def one_of_first(self, n: int, skew: float) -> int:
        """A number below n, the small ones far more often."""
        return int(n * self.float() ** skew)

    def moment(self, share: float) -> int:
        """The number of the Change at this share of the registry's years. Room is left for later versions."""
        return int(share * 0.9 * (self.changes - 1))

    def year(self, created: int) -> int:
        return 2016 + int((created / self.changes * 127 + 2) / 12)

    def weighted(self, options):
        """A function that picks one of `options`, each with its weight as its last part."""
        heights = list(accumulate(option[-1] for option in options))
        return lambda: options[bisect(heights, self.float() * heights[-1], hi=len(options) - 1)]

    def hidden(self, least: int = 0) -> int:
        """A visibility, at least `least`: 93 % as open as they may be, 4 % shared, 3 % internal."""
        u = self.float()
        return least if u < 0.93 else max(least, 1) if u < 0.97 else 2

    def counts(self, mean: float) -> list[int]:
        """997 counts with this mean, many small ones and a few large, in chance order."""
        found = [int(self.random.expovariate(1) * mean) for _ in range(997)]
        while sum(found) != int(mean * 997):
            n = self.below(997)
            found[n] = max(0, found[n] + (1 if sum(found) < mean * 997 else -1))
        return found

    def _date(self, year: int, months, is_end: bool = False) -> tuple[str, str]:
        """(EDTF text or NULL, first and last day as COPY takes them): a day 45 %, a month 25 %, a year 15 %, rarer forms, none."""
        month, day, u = self.choice(months), self.below(28) + 1, self.float()
        text = (
            f"{year}-{month:02}-{day:02}" if u < 0.45
            else f"{year}-{month:02}" if u < 0.70
            else f"{year}" if u < 0.85
            else f"{year}-{month:02}~" if u < 0.88
            else f"{year}?" if u < 0.90
            else f"{year}-{months[0]:02}/{year}-{month:02}-28" if u < 0.93
            else (f"{year}/.." if is_end else f"../{year}-{month:02}") if u < 0.94
            else None
        )  # fmt: skip
        return dated(text)


def dated(text: str | None) -> tuple[str, str]:
    if text is None:
        return NULL, f"{NULL}\t{NULL}"
    found = parse(text)
    return text, f"{_day(found.first)}\t{_day(found.last)}"


def _day(day: date) -> str:
    return f"{day.year:04}-{day.month:02}-{day.day:02}"


NO_DATE = dated(None)
