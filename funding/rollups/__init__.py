"""Totals: what the lines add up to, kept by workers, opened to the lines behind them.

A line counts with the latest amount for each fiscal year that one may see, less what its splits take up, and with its
ledger entries. Stored are what each line counts for (`LineFigure`) and, for each scope, what stands below it (`Rollup`):
a scope's total is the one of its own lines and the other. Rows are made to be added up: per level what a reader of that
level sees more than one of the level before. So no figure is stored twice. Totals of the past and of a day (`known_at`,
`as_of`) are worked out at once from the facts by the same SQL.
"""

from .asked import DIMENSIONS, MEASURES, Asked, figures_of_lines, lines_behind, lines_not_shown, totals
from .facts import NO_YEAR, WHOLE
from .kept import ROLLUPS

__all__ = [
    "DIMENSIONS",
    "MEASURES",
    "NO_YEAR",
    "ROLLUPS",
    "WHOLE",
    "Asked",
    "figures_of_lines",
    "lines_behind",
    "lines_not_shown",
    "totals",
]
