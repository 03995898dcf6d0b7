"""Totals at two moments, side by side: for each group and currency what was said then, what later, and the difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from records.rights import Reader
from records.two_moments import Two

from .rollups import MEASURES, totals

AMOUNTS = ("planned", "committed", "received", "spent", "undivided", "remaining")


@dataclass(frozen=True)
class Line:
    """One group of totals. `left` and `right` have every measure; None: no such group at that moment."""

    group: tuple  # the values of the dimensions
    currency: str
    left: dict | None
    right: dict | None

    def difference(self, measure: str) -> int | None:
        """Later less earlier; what states no amount counts as nothing. None where neither states one."""
        was, now = (side[measure] if side else None for side in (self.left, self.right))
        return None if was is None and now is None else (now or 0) - (was or 0)

    @property
    def is_equal(self) -> bool:
        return self.left is not None and self.right is not None and all(self.left[m] == self.right[m] for m in MEASURES)


def compare_totals(reader: Reader, two: Two, group_by: Sequence[str], **of) -> list[Line]:
    """Every group that there is at one of the moments, in the order of the groups; `of` as `totals` takes it."""
    by = [dimension for dimension in group_by if dimension != "currency"]
    left, right = (_totals_at(reader, moment, by, of) for moment in two)
    keys = sorted(left.keys() | right.keys(), key=lambda key: [(value is None, str(value)) for value in key])
    return [Line(key[:-1], key[-1], left.get(key), right.get(key)) for key in keys]


def _totals_at(reader: Reader, moment, by: Sequence[str], of: dict) -> dict[tuple, dict]:
    with moment.looked_at():
        rows = totals(reader, group_by=by, as_of=moment.as_of, is_past=moment.known_at is not None, **of)
    return {(*(row[dimension] for dimension in by), row["currency"]): row for row in rows}
