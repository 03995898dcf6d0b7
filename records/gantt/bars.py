"""One mark as pieces on the axis: solid where it surely runs, loose where the day is left open, fading where an end is not known."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from ..dates import Edtf
from .axis import Axis
from .lanes import Mark
from .window import known_days

SEEN = 14  # pixels; a date that leaves less than this open is drawn as exact: nobody would see the difference
LEAST = 2  # how narrow a bar may be
BRIEF = 7  # pixels; what goes from a day to a day and is shorter than this is drawn as a diamond
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Piece:
    """A piece of a bar. `look`: sure, loose, fade-left or fade-right."""

    x: float
    width: float
    look: str = "sure"


@dataclass(frozen=True)
class Laid:
    """A mark on the axis, before it has a height. What lies outside the window is cut; the flags say where it goes on."""

    pieces: tuple[Piece, ...] = ()
    point: float | None = None
    whisker: tuple[float, float] | None = None
    overrun: tuple[float, float] | None = None  # from when it was to be over, to today
    moved: tuple[float, float] | None = None  # from where it was first planned, to where it is
    is_earlier: bool = False
    is_later: bool = False

    @property
    def is_here(self) -> bool:
        return bool(self.pieces) or self.point is not None or self.overrun is not None

    @property
    def reach(self) -> tuple[float, float]:
        """From where to where it is drawn."""
        ends = [piece.x for piece in self.pieces] + [piece.x + piece.width for piece in self.pieces]
        ends += [self.point - 6, self.point + 6] if self.point is not None else []
        ends += [*(self.whisker or ()), *(self.overrun or ()), *(self.moved or ())]
        return min(ends), max(ends)


def laid(mark: Mark, axis: Axis, today: date) -> Laid:
    """The mark as the window shows it. A mark without any date is nowhere."""
    if mark.starts is None and mark.ends is None:
        return Laid()
    if mark.is_point or _is_brief(mark, axis):
        return _point(mark, axis, today)
    raw = list(_pieces(mark, axis, today))
    shown = tuple(piece for one in raw if (piece := _cut(one, axis)))
    first, last = min(a for a, _b, _look in raw), max(b for _a, b, _look in raw)
    overrun = _overrun(mark, axis, today)
    if not shown:
        return Laid(overrun=overrun, is_earlier=last <= axis.left, is_later=first >= axis.right)
    return Laid(shown, overrun=overrun, is_earlier=first < axis.left - 0.5, is_later=last > axis.right + 0.5)


def _is_brief(mark: Mark, axis: Axis) -> bool:
    """Whether a period of known days is so short here that it would hardly be seen as a bar."""
    if not (mark.starts and mark.ends) or mark.is_summary:
        return False
    days = [*known_days(mark.starts), *known_days(mark.ends)]
    return len(days) == 4 and (max(days) + DAY - min(days)).days * axis.per_day < BRIEF


def _point(mark: Mark, axis: Axis, today: date) -> Laid:
    """A diamond on the day, or in the middle of the days that it can mean, which a line shows."""
    days = [day for when in (mark.starts, mark.ends) if when for day in known_days(when)]
    if not days:
        return Laid()
    a, b = axis.x(min(days)), axis.x(max(days) + DAY)
    middle = (a + b) / 2
    if b <= axis.left or a >= axis.right:
        return Laid(overrun=_overrun(mark, axis, today), is_earlier=b <= axis.left, is_later=a >= axis.right)
    is_wide = b - a > SEEN
    inside = _inside(a, axis), _inside(b, axis)
    at = min(max(middle, axis.left + 6), axis.right - 6)
    return Laid(
        point=round(at, 1),
        whisker=inside if is_wide and inside[0] < inside[1] else None,
        overrun=_overrun(mark, axis, today),
        moved=_moved(mark, at, axis),
        is_earlier=a < axis.left and is_wide,
        is_later=b > axis.right and is_wide,
    )


def _moved(mark: Mark, at: float, axis: Axis) -> tuple[float, float] | None:
    """From the middle of the days for which it was first planned, to where it is drawn."""
    days = known_days(mark.was) if mark.was else []
    if not days:
        return None
    was = _inside((axis.x(min(days)) + axis.x(max(days) + DAY)) / 2, axis)
    return (was, round(at, 1)) if abs(was - at) > 8 else None


def _overrun(mark: Mark, axis: Axis, today: date) -> tuple[float, float] | None:
    """From the last day on which it was to be over, or else to begin, to today."""
    when = mark.ends if mark.ends and mark.ends.last < today else mark.starts
    if not mark.is_late or when is None or when.last == date.max or when.last >= today:
        return None
    a, b = _inside(axis.x(when.last + DAY), axis), _inside(axis.x(today), axis)
    return (a, b) if b - a >= 1 else None


def _pieces(mark: Mark, axis: Axis, today: date) -> Iterable[tuple[float, float, str]]:
    """(from, to, look) of the pieces of a period, also beyond the window."""
    start, end = _days(mark.starts), _days(mark.ends)
    knows_start = start is not None and start[0] != date.min
    knows_end = end is not None and end[1] != date.max
    starts = _edges(start, axis) if knows_start else None
    ends = _edges(end, axis) if knows_end else None
    if starts and ends:
        yield from _between(starts, ends)
    elif starts:
        begun = end[0] if end and end[0] > date.min else today  # `2025/..` runs until 2025 at least
        least = min(starts[1] + (axis.right - axis.left) / 12, max(axis.right, starts[1]))
        sure = max(axis.x(begun) if axis.window.first <= begun else least, least)
        until = max(axis.right, sure) + (1 if sure < axis.right else 30)
        yield from _between(starts, (sure, sure))
        yield sure, until, "fade-right"
    elif ends:
        sure = min(ends[0] - (axis.right - axis.left) / 12, ends[0])
        since = min(axis.left, sure) - (1 if sure > axis.left else 30)
        yield since, sure, "fade-left"
        yield from _between((sure, sure), ends)
    else:  # open on both sides, as `../2024` to `2025/..`
        yield axis.left - 1, (axis.left + axis.right) / 2, "fade-left"
        yield (axis.left + axis.right) / 2, axis.right + 1, "fade-right"


def _days(when: Edtf | None) -> tuple[date, date] | None:
    return (when.first, when.last) if when else None


def _edges(days: tuple[date, date], axis: Axis) -> tuple[float, float]:
    """From where to where this end of the bar can lie; one place where nobody would see the difference."""
    first, last = days
    if first == date.min:
        first = last
    if last == date.max:
        last = first
    return axis.x(first), axis.x(last + DAY)


def _between(starts: tuple[float, float], ends: tuple[float, float]) -> Iterable[tuple[float, float, str]]:
    """A bar from one end to the other, each end a stretch of days that it can lie on."""
    sure_from = starts[1] if starts[1] - starts[0] > SEEN else starts[0]
    sure_to = ends[0] if ends[1] - ends[0] > SEEN else ends[1]
    if sure_from >= sure_to:  # both so loose that no day is sure
        a, b = starts[0], max(ends[1], starts[0])
        yield a, max(b, a + LEAST), "loose" if b - a > SEEN else "sure"
        return
    if starts[0] < sure_from:
        yield starts[0], sure_from, "loose"
    yield sure_from, max(sure_to, sure_from + LEAST), "sure"
    if sure_to < ends[1]:
        yield sure_to, ends[1], "loose"


def _cut(piece: tuple[float, float, str], axis: Axis) -> Piece | None:
    """What of a piece lies in the window. Something that short still has a width."""
    a, b, look = piece
    if b <= axis.left or a >= axis.right:
        return None
    a, b = _inside(a, axis), _inside(b, axis)
    if b - a < LEAST:
        a = min(a, axis.right - LEAST)
        b = a + LEAST
    return Piece(round(a, 1), round(b - a, 1), look)


def _inside(x: float, axis: Axis) -> float:
    return round(min(max(x, axis.left), axis.right), 1)
