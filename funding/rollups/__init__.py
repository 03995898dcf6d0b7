"""Totals: what the lines add up to, kept by workers, opened to the lines behind them.

A line counts with the latest amount for each fiscal year that one may see. Stored rows are made to be added up:
per scope (a project, a program, the whole registry) what its `own` lines come to and what stands `below` it, and per
level what a reader of that level sees more than one of the level before. So no figure is stored twice, and one row per
group answers for everything. Totals of the past and of a day (`known_at`, `as_of`) are worked out at once from the
facts by the same SQL.
"""

from .asked import DIMENSIONS, MEASURES, lines_not_shown, totals
from .facts import NO_YEAR, WHOLE, plainly
from .kept import ROLLUPS

__all__ = ["DIMENSIONS", "MEASURES", "NO_YEAR", "ROLLUPS", "WHOLE", "lines_not_shown", "plainly", "totals"]
