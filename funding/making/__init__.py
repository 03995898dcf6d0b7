"""A made-up registry of any size, to measure and test against: believable names, skew, dates partly known, years of history.

    words  → what things and people are called        chance → the seed: ids, instants, dates, picks
    sheets → rows on their way into one table         people, projects, facts, money → who and what there is
    making → sizes, steps, loading

The same seed gives the same rows, ids and instants included. Rows go in by COPY, through the tables' own constraints
and triggers; they bring their past with them (`records.history.bringing_its_past`).
"""

from .making import SIZES, Occupied, Size, make

__all__ = ["SIZES", "Occupied", "Size", "make"]
