"""Lanes and a window as places in pixels: rows with labels, bars, diamonds and their words, in strips that a page can break between.

Nothing here knows a database, a language or SVG. No text lies upon another and nothing outside its frame
(`tests/test_gantt_geometry.py` says so of whatever lanes): a word that has no room beside its diamond is left to the table.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..drawing import fitted, text_width
from .axis import TOP, Axis, Text, Words
from .bars import laid
from .lanes import Lane
from .tracks import AIR, TRACK, Drawn, placed
from .window import Window

WIDE, MIDDLE, NARROW = 1100, 720, 340
NAMES = {WIDE: "wide", MIDDLE: "middle", NARROW: "narrow"}
LABELS, INDENT = {WIDE: 310, MIDDLE: 205}, 14  # room for labels beside the axis; per level
BOLD = 1.13  # how much wider a heading's letters are, also where a screen draws them on whole pixels
TOGGLE = {True: 18, False: 28}  # before a label: what opens it; for a finger in a narrow drawing
MOST_DEPTH = 6  # what lies deeper is not indented further
LEAST_ROW, PAD = 27, 5
LABEL_LINE, SECOND_LINE = 20, 15  # of a narrow drawing: label and date above their bars
BOTTOM = 18  # under the rows: the word “today”
FIRST_STRIP, STRIP = 550, 670  # how high one may be on paper: the first page has a heading too
ON_A_PHONE = 1600  # a narrow drawing is not printed


@dataclass(frozen=True)
class Row:
    """A lane with everything in it; places are counted from its own top, which stands at `y`.

    `arrows`: at which edges marks go on outside the window (-1 left, 1 right).
    """

    lane: Lane
    height: float
    texts: tuple[Text, ...]  # label, note, date
    toggle_x: float
    drawn: tuple[Drawn, ...]
    arrows: tuple[int, ...]
    middle: float  # of its first track
    y: float = 0


@dataclass(frozen=True)
class Strip:
    """Rows under an axis of their own; a printed page is broken between strips."""

    rows: tuple[Row, ...]
    height: float
    years: tuple[float, ...]
    units: tuple[float, ...]
    labels: tuple[Text, ...]
    today_x: float | None
    today: Text | None

    @property
    def bottom(self) -> float:
        return self.height - BOTTOM


@dataclass(frozen=True)
class Drawing:
    """All lanes for one width, as strips one below the other."""

    name: str
    width: int
    left: float
    right: float
    toggle: int
    strips: tuple[Strip, ...]

    @property
    def is_wide(self) -> bool:
        """Whether labels and dates stand beside the axis, not above the bars."""
        return self.name != "narrow"


def drawings(lanes: Sequence[Lane], window: Window, *, today: date, words: Words) -> list[Drawing]:
    """The drawing for a whole screen, for half of one and for a telephone; the style sheet shows one."""
    return [drawing(lanes, window, today=today, words=words, width=width) for width in NAMES] if lanes else []


def drawing(lanes: Sequence[Lane], window: Window, *, today: date, words: Words, width: int = WIDE) -> Drawing:
    """These lanes in their order, in the days of the window."""
    frame = _Frame.of(lanes, window, width)
    strips = [
        _strip(rows, frame, today, words) for rows in _in_strips([_row(lane, frame, today) for lane in lanes], frame)
    ]
    return Drawing(NAMES[width], width, frame.axis.left, frame.axis.right, frame.toggle, tuple(strips))


# ---- frame and strips ------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Frame:
    width: int
    axis: Axis
    dates: float  # how wide the column of dates is

    @property
    def is_wide(self) -> bool:
        return self.width > 600

    @property
    def toggle(self) -> int:
        return TOGGLE[self.is_wide]

    @classmethod
    def of(cls, lanes: Sequence[Lane], window: Window, width: int) -> "_Frame":
        dates = min(max([text_width(lane.told) for lane in lanes], default=0), 190 if width == WIDE else 130)
        if width <= 600:
            return cls(width, Axis(window, 4, width - 4), min(dates, width / 2))
        right = width - dates - 20 if dates else width - 8  # digits are a little wider than the mean letter
        return cls(width, Axis(window, LABELS[width], right), dates)


def _in_strips(rows: Sequence[Row], frame: _Frame) -> Iterable[list[Row]]:
    """Rows that share an axis. A heading stays with what follows it."""
    some: list[Row] = []
    most = FIRST_STRIP if frame.is_wide else ON_A_PHONE
    for row in rows:
        if some and sum(one.height for one in some) + row.height > most:
            kept = [some.pop()] if len(some) > 1 and some[-1].lane.is_head else []
            yield some
            some, most = kept, STRIP if frame.is_wide else ON_A_PHONE
        some.append(row)
    if some:
        yield some


def _strip(rows: list[Row], frame: _Frame, today: date, words: Words) -> Strip:
    y, placed = float(TOP), []
    for row in rows:
        placed.append(replace(row, y=y))
        y += row.height
    years, units, labels = frame.axis.ticks(words)
    today_x = round(frame.axis.x(today), 1) if frame.axis.window.holds(today) else None
    height = y + BOTTOM
    word = _today(words.today, today_x, height, frame) if today_x is not None else None
    return Strip(tuple(placed), height, years, units, labels, today_x, word)


def _today(word: str, x: float, height: float, frame: _Frame) -> Text:
    is_right = x + 4 + text_width(word) > frame.width
    return Text(word, x - 4 if is_right else x + 4, height - 4, "end" if is_right else "start", "today")


# ---- rows ------------------------------------------------------------------------------------------


def _row(lane: Lane, frame: _Frame, today: date) -> Row:
    indent = min(lane.depth, MOST_DEPTH) * (INDENT if frame.is_wide else INDENT / 2)
    labels = 0 if frame.is_wide else LABEL_LINE + (SECOND_LINE if _takes_two_lines(lane, frame, indent) else 0)
    begins = PAD + labels
    all_laid = [(mark, laid(mark, frame.axis, today)) for mark in lane.marks]
    drawn, ends = placed([pair for pair in all_laid if pair[1].is_here], begins, frame.axis)
    least = LEAST_ROW if frame.is_wide else labels + 8
    goes_on = {-1: any(one.is_earlier for _mark, one in all_laid), 1: any(one.is_later for _mark, one in all_laid)}
    return Row(
        lane=lane,
        height=max(ends + PAD, least),
        texts=tuple(_texts(lane, frame, indent)),
        toggle_x=indent,
        drawn=tuple(drawn),
        arrows=tuple(side for side, is_there in goes_on.items() if is_there),
        middle=begins + TRACK / 2 - 1,
    )


def _texts(lane: Lane, frame: _Frame, indent: float) -> Iterable[Text]:
    """Label, note and date: on the left and on the right of the axis, or all above the bar, in two lines where one is short."""
    baseline = PAD + (12 if frame.is_wide else 11)
    left, look = indent + frame.toggle, "head" if lane.is_head else "label"
    weight = BOLD if lane.is_head else 1
    told = fitted(lane.told, frame.dates) if lane.told else ""
    if not frame.is_wide and _takes_two_lines(lane, frame, indent):
        yield Text(fitted(lane.label, (frame.width - left) / weight), left, baseline, look=look, scale=weight)
        room = frame.width - (text_width(told) + 10 if told else 0)
        yield from _note(lane, left - AIR, room, baseline + SECOND_LINE, is_beside=True)
        if told:
            yield Text(told, frame.width, baseline + SECOND_LINE, "end", "s")
        return
    right = frame.axis.left - 14 if frame.is_wide else frame.width - (text_width(told) + 10 if told else 0)
    note_room = min(text_width(lane.note), (right - left) * 0.45) + AIR if lane.note else 0
    label = Text(fitted(lane.label, (right - left - note_room) / weight), left, baseline, look=look, scale=weight)
    yield label
    yield from _note(lane, label.box[2], right, baseline, is_beside=lane.is_head)
    if told and frame.is_wide:
        yield Text(told, frame.axis.right + 14, baseline, look="s")
    elif told:
        yield Text(told, frame.width, baseline, "end", "s")


def _note(lane: Lane, after: float, right: float, y: float, *, is_beside: bool) -> Iterable[Text]:
    """Beside a heading, and else at the right edge of the labels, where notes stand in a column."""
    note = fitted(lane.note, right - after - AIR) if lane.note else ""
    if note not in ("", "…"):
        yield Text(note, after + AIR, y, look="s") if is_beside else Text(note, right, y, "end", "s")


def _takes_two_lines(lane: Lane, frame: _Frame, indent: float) -> bool:
    """Whether label, note and date are too long for one line of a narrow drawing."""
    parts = [text for text in (lane.label, lane.note, lane.told) if text]
    bolder = text_width(lane.label) * (BOLD - 1) if lane.is_head else 0
    wanted = indent + frame.toggle + sum(map(text_width, parts)) + bolder + 10 * (len(parts) - 1)
    return wanted > frame.width and len(parts) > 1
