"""Drawings as plain geometry: the timeline of a record, for a given width (money_bars.py: the bars of money).

Nothing here knows a database, a language or HTML: callers bring the words, `templates/parts/drawing_*.svg` writes them out.
Lengths are in pixels of the drawing's own width; a drawing is made once wide and once narrow, and the style sheet shows one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from .dates import Edtf

WIDE, NARROW = 900, 340
LETTER, SYLLABLE = 6.4, 11.6  # mean widths at 12 px; Hangul and Han are nearly square
LONG = 45  # days; a date that leaves more open than this is drawn as open
ROW, TWO_LINE_ROW, BAR = 25, 40, 12
NEAR = timedelta(days=550)  # today this close to the facts belongs into the drawing
TICK_SPACE = 52  # the least room between two years on the axis


@dataclass(frozen=True)
class Fact:
    """One dated fact to be drawn. `starts` or `ends` None: not known. A fact on one date has only `starts` and `is_point`."""

    label: str
    when: str
    starts: Edtf | None
    ends: Edtf | None = None
    is_point: bool = False
    is_planned: bool = False
    href: str = ""


@dataclass(frozen=True)
class Tick:
    x: float
    label: str
    anchor: str = "start"


@dataclass(frozen=True)
class Segment:
    """A piece of a bar. `ends` is "left" or "right" where it fades into what is not known; loose where the day is left open."""

    x: float
    width: float
    fade: str = ""
    is_loose: bool = False


@dataclass(frozen=True)
class Row:
    """A label, and beside it (or under it, in a narrow drawing) a bar or a point."""

    label: str
    title: str
    when: str
    href: str
    is_planned: bool
    label_x: float
    label_anchor: str
    label_y: float
    when_x: float
    when_anchor: str
    bar_y: float
    segments: tuple[Segment, ...] = ()
    point_x: float | None = None
    whisker: tuple[float, float] | None = None

    @property
    def middle(self) -> float:
        return self.bar_y + BAR / 2

    @property
    def diamond(self) -> str:
        """The path of the point."""
        return f"M{self.point_x:.1f} {self.middle - 6:.1f}l6 6-6 6-6-6z"


@dataclass(frozen=True)
class Timeline:
    """`today_x` is None where today lies outside the drawing."""

    name: str
    width: int
    height: float
    top: float
    ticks: tuple[Tick, ...]
    rows: tuple[Row, ...]
    today_x: float | None
    today_anchor: str

    @property
    def bottom(self) -> float:
        return self.height - 18

    @property
    def fades(self) -> tuple[tuple[str, float, float], ...]:
        """(name, opacity at the left, at the right) of the gradients for ends that are not known."""
        return (("left", 0.04, 1), ("right", 1, 0.04))


@dataclass(frozen=True)
class Scale:
    """Days onto pixels."""

    first: date
    last: date
    left: float
    right: float

    def x(self, day: date) -> float:
        """Where a day begins; days outside the scale stand at its edge."""
        inside = min(max(day, self.first), self.last)
        share = (inside - self.first).days / max((self.last - self.first).days, 1)
        return round(self.left + share * (self.right - self.left), 1)

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def timeline(facts: Sequence[Fact], *, today: date, width: int = WIDE) -> Timeline | None:
    """The timeline of these facts, in their order. None when none of them has a date."""
    span = _span(facts, today)
    if span is None:
        return None
    is_wide = width > 600
    dates = max(text_width(fact.when) for fact in facts)
    left, right = (232, width - 14 - max(136, dates)) if is_wide else (4, width - 4)
    scale = Scale(*span, left, right)
    top, row_height = 24, ROW if is_wide else TWO_LINE_ROW
    rows = tuple(_row(fact, scale, top + 6 + n * row_height, width) for n, fact in enumerate(facts))
    today_x = scale.x(today) if scale.holds(today) else None
    return Timeline(
        name="wide" if is_wide else "narrow",
        width=width,
        height=top + 6 + len(facts) * row_height + 18,
        top=top,
        ticks=_ticks(scale),
        rows=rows,
        today_x=today_x,
        today_anchor="end" if today_x and today_x > right - 60 else "start",
    )


def _span(facts: Iterable[Fact], today: date) -> tuple[date, date] | None:
    """First and last day of the axis: what is dated, today if it is near, and room for what is not known."""
    facts = list(facts)
    days = [day for fact in facts for when in (fact.starts, fact.ends) if when for day in _known_days(when)]
    if not days:
        return None
    first, last = min(days), max(days)
    room = timedelta(days=max((last - first).days // 8, 60))
    if any(fact.ends is None and not fact.is_point for fact in facts):
        last = max(last, min(today, last + timedelta(days=3660))) + room
    if any(fact.starts is None for fact in facts):
        first -= room
    near = max(room, NEAR)
    if first - near <= today <= last + near:
        first, last = min(first, today), max(last, today)
    return first, last + timedelta(days=1)


def _known_days(when: Edtf) -> list[date]:
    """The ends of a date that are days of the calendar (not the open ends of `A/..`)."""
    return [day for day in (when.first, when.last) if date.min < day < date.max]


def _row(fact: Fact, scale: Scale, y: float, width: int) -> Row:
    is_wide = width > 600
    when_width = text_width(fact.when)
    room = 216 if is_wide else width - when_width - 16
    drawn = _point(fact, scale) if fact.is_point else {"segments": tuple(_segments(fact, scale))}
    return Row(
        label=fitted(fact.label, room),
        title=fact.label,
        when=fact.when,
        href=fact.href,
        is_planned=fact.is_planned,
        label_x=scale.left - 16 if is_wide else 0,
        label_anchor="end" if is_wide else "start",
        label_y=y + 14 if is_wide else y + 12,
        when_x=scale.right + 14 if is_wide else width,
        when_anchor="start" if is_wide else "end",
        bar_y=y + 4 if is_wide else y + 18,
        **drawn,
    )


def _point(fact: Fact, scale: Scale) -> dict:
    """A diamond on the day, or in the middle of the days that it can mean, which a line shows."""
    days = _known_days(fact.starts)
    a, b = scale.x(min(days)), scale.x(max(days))
    is_open = (max(days) - min(days)).days > LONG
    return {"point_x": round((a + b) / 2, 1), "whisker": (a, b) if is_open else None}


def _segments(fact: Fact, scale: Scale) -> Iterable[Segment]:
    """Solid where it surely runs, loose where the day is left open, fading where an end is not known."""
    start = [scale.x(day) for day in _known_days(fact.starts)] if fact.starts else []
    end = [scale.x(day) for day in _known_days(fact.ends)] if fact.ends else []
    begins_open = bool(fact.starts) and fact.starts.first == date.min
    ends_open = bool(fact.ends) and fact.ends.last == date.max
    knows_start, knows_end = bool(start) and not begins_open, bool(end) and not ends_open

    sure_from = _surely(fact.starts, scale, late=True) if knows_start else (start or [scale.left])[0]
    sure_to = _surely(fact.ends, scale, late=False) if knows_end else (end or [scale.right])[-1]
    outer_from = min(start) if knows_start else scale.left
    outer_to = max(end) if knows_end else scale.right
    if sure_from > sure_to:  # both dates so loose that no day is sure
        sure_from = sure_to = (sure_from + sure_to) / 2
    if not knows_end and not end:
        sure_to = sure_from + (scale.right - sure_from) * 0.6
    if not knows_start and not start:
        sure_from = sure_to - (sure_to - scale.left) * 0.6

    if outer_from < sure_from:
        yield _piece(outer_from, sure_from, "" if knows_start else "left")
    if sure_from < sure_to:
        yield Segment(round(sure_from, 1), round(max(sure_to - sure_from, 2), 1))
    if sure_to < outer_to:
        yield _piece(sure_to, outer_to, "" if knows_end else "right")


def _surely(when: Edtf, scale: Scale, *, late: bool) -> float:
    """The edge of the sure part. A month counts as exact: at this scale nobody sees the difference."""
    if (when.last - when.first).days <= LONG:
        return scale.x(when.first if late else when.last + timedelta(days=1))
    return scale.x(when.last if late else when.first)


def _piece(a: float, b: float, fade: str) -> Segment:
    return Segment(round(a, 1), round(b - a, 1), fade=fade, is_loose=not fade)


def _ticks(scale: Scale) -> tuple[Tick, ...]:
    """Years (or, on a short axis, quarters) with as many labels as have room."""
    pixels_a_year = 365.25 * (scale.right - scale.left) / max((scale.last - scale.first).days, 1)
    if pixels_a_year > 4 * TICK_SPACE + 60:
        days = [date(year, month, 1) for year in _years(scale) for month in (1, 4, 7, 10)]
        return tuple(_tick(scale, day, f"{day.year}. {day.month}.") for day in days if scale.holds(day))
    step = next(n for n in (1, 2, 5, 10, 20, 50, 100, 1000, 10000) if n * pixels_a_year >= TICK_SPACE)
    days = [date(year, 1, 1) for year in _years(scale) if year % step == 0]
    return tuple(_tick(scale, day, str(day.year)) for day in days if scale.holds(day))


def _years(scale: Scale) -> range:
    return range(max(scale.first.year, 1), min(scale.last.year, 9998) + 1)


def _tick(scale: Scale, day: date, label: str) -> Tick:
    x = scale.x(day)
    return Tick(x, label, "end" if x + text_width(label) + 4 > scale.right + 6 else "start")


# ---- words -----------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def text_width(text: str) -> float:
    """About how wide a text stands at 12 px."""
    return sum(SYLLABLE if ord(letter) >= 0x1100 else LETTER for letter in text)


def fitted(text: str, room: float) -> str:
    """The text, cut with an ellipsis where it would not fit into so many pixels."""
    if text_width(text) <= room:
        return text
    while text and text_width(text) + SYLLABLE > room:
        text = text[:-1]
    return text.rstrip() + "…"
