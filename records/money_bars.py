"""Bars of money as plain geometry: for each group one bar for each measure, all of one drawing in one currency and scale.

Hatched is planned, solid is real; each bar says in words what it is and how much, so no legend is needed and grey suffices.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from .drawing import NARROW, WIDE, fitted, text_width

ROW, THICK, GAP, LABEL_LINE = 19, 12, 9, 18
LABEL_ROOM = 190  # of a wide drawing, left of the bars


@dataclass(frozen=True)
class Bar:
    """One measure of a group. `amount` None: nothing is stated, and `shown` says so."""

    measure: str
    amount: int | None
    shown: str


@dataclass(frozen=True)
class Group:
    label: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class DrawnBar:
    """`words_x`: where its words begin, beside its end."""

    measure: str
    shown: str
    y: float
    width: float | None
    words_x: float

    @property
    def text_y(self) -> float:
        return self.y + THICK - 2


@dataclass(frozen=True)
class DrawnGroup:
    label: str
    label_x: float
    label_y: float
    label_anchor: str
    bars: tuple[DrawnBar, ...]


@dataclass(frozen=True)
class MoneyBars:
    name: str
    width: int
    height: float
    left: float
    groups: tuple[DrawnGroup, ...]

    @property
    def thick(self) -> int:
        return THICK


def money_bars(groups: Sequence[Group], *, width: int = WIDE) -> MoneyBars | None:
    """The bars of these groups, in their order. None when no amount is more than nothing."""
    most = max((bar.amount or 0 for group in groups for bar in group.bars), default=0)
    if most <= 0:
        return None
    is_wide = width > 600
    left = LABEL_ROOM if is_wide else 0
    words = max(text_width(bar.shown) for group in groups for bar in group.bars)
    per_unit = (width - left - words - 14) / most
    drawn, y = [], 4.0
    for group in groups:
        top = y if is_wide else y + LABEL_LINE
        bars = tuple(_drawn(bar, left, top + n * ROW, per_unit) for n, bar in enumerate(group.bars))
        label = fitted(group.label, LABEL_ROOM - 20 if is_wide else width)
        place = (left - 12, y + THICK - 2, "end") if is_wide else (0, y + LABEL_LINE - 6, "start")
        drawn.append(DrawnGroup(label, *place, bars))
        y = top + len(bars) * ROW + GAP
    return MoneyBars("wide" if is_wide else "narrow", width, round(y, 1), left, tuple(drawn))


def _drawn(bar: Bar, left: float, y: float, per_unit: float) -> DrawnBar:
    is_there = bar.amount is not None and bar.amount > 0
    long = round(max(bar.amount * per_unit, 1), 1) if is_there else None
    return DrawnBar(bar.measure, bar.shown, y, long, round(left + (long + 8 if long else 0), 1))


def both_widths(groups: Sequence[Group]) -> list[MoneyBars]:
    """The drawing wide and narrow; the style sheet shows one."""
    return [bars for width in (WIDE, NARROW) if (bars := money_bars(groups, width=width))]
