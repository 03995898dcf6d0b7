"""Days onto pixels, and what is written above them: years, and below them quarters or months where they have room."""

from dataclasses import dataclass
from datetime import date

from ..drawing import text_width
from .window import Window, months_after

AIR = 8  # between two labels of the axis
YEAR_Y, UNIT_Y = 13, 28  # baselines of its two lines
TOP = 34  # where the rows begin
SMALL = 11 / 12  # the second line is smaller type


@dataclass(frozen=True)
class Words:
    """What the axis says, in the reader's language."""

    months: tuple[str, ...]
    quarters: tuple[str, ...]
    today: str


@dataclass(frozen=True)
class Text:
    """A text that is drawn: where, how anchored, in which class of the style sheet."""

    text: str
    x: float
    y: float
    anchor: str = "start"
    look: str = ""
    scale: float = 1

    @property
    def width(self) -> float:
        return text_width(self.text) * self.scale

    @property
    def box(self) -> tuple[float, float, float, float]:
        """(left, top, right, bottom), with the letters' real height."""
        left = self.x - (self.width if self.anchor == "end" else 0)
        return left, self.y - 10, left + self.width, self.y + 3


@dataclass(frozen=True)
class Axis:
    window: Window
    left: float
    right: float

    def x(self, day: date) -> float:
        """Where a day begins; also beyond the edges."""
        return self.left + (day - self.window.first).days * self.per_day

    @property
    def per_day(self) -> float:
        return (self.right - self.left) / (self.window.end - self.window.first).days

    def ticks(self, words: Words) -> tuple[tuple[float, ...], tuple[float, ...], tuple[Text, ...]]:
        """Where years begin, where the smaller units do, and their labels, as many as have room."""
        per_month = self.per_day * 30.44
        step, names = (1, words.months) if per_month > 26 else (3, words.quarters) if per_month * 3 > 26 else (12, ())
        starts = self._firsts(step) if names else []
        texts = [*self._years(), *self._units(starts, step, names)]
        years = [self.x(day) for day in self._firsts(12)]
        return tuple(_round(years)), tuple(_round(self.x(day) for day in starts if day.month > 1)), tuple(texts)

    def _firsts(self, step: int) -> list[date]:
        """The first days of units of so many months that lie in the window."""
        day = date(self.window.first.year, 1, 1)
        found = []
        while day < self.window.end:
            if day >= self.window.first:
                found.append(day)
            after = months_after(day, step)
            if after <= day:  # the end of the calendar
                break
            day = after
        return found

    def _years(self) -> list[Text]:
        """Years, each where it begins; the one in which the window begins at its left edge, if it has room."""
        days = self._firsts(12)
        if self.window.first not in days:
            days = [self.window.first, *days]
        room = max((text_width(str(day.year)) for day in days), default=0) + AIR
        per_year = self.per_day * 365.25
        every = next(n for n in (1, 2, 5, 10, 20, 50, 100, 500, 1000, 10000) if n * per_year >= room)
        texts = [Text(str(day.year), round(self.x(day), 1), YEAR_Y) for day in days if day.year % every == 0]
        return _apart(texts, self.right)

    def _units(self, starts: list[date], step: int, names: tuple[str, ...]) -> list[Text]:
        if not starts:
            return []
        room = max(text_width(name) for name in names) * SMALL + AIR
        every = next(
            (n for n in (1, 2, 3, 4, 6, 12) if n * step * self.per_day * 30.44 >= room and 12 % (n * step) == 0), 0
        )
        texts = [
            Text(names[(day.month - 1) // step], round(self.x(day), 1), UNIT_Y, look="s unit", scale=SMALL)
            for day in starts
            if every and (day.month - 1) // step % every == 0
        ]
        return _apart(texts, self.right)


def _apart(texts: list[Text], right: float) -> list[Text]:
    """Those that neither touch the one that follows nor reach beyond the edge; of two, the later one is a true beginning."""
    fitting = [text for text in texts if text.box[2] <= right + 6]
    return [
        text
        for n, text in enumerate(fitting)
        if n + 1 == len(fitting) or text.box[2] + AIR / 2 <= fitting[n + 1].box[0]
    ]


def _round(places) -> list[float]:
    return [round(x, 1) for x in places]
