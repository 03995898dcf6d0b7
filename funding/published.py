"""Totals as they stand in the package that is published each night."""

from records.money import to_major
from records.rights import Reader

from .comparing import AMOUNTS
from .rollups import MEASURES, totals


def totals_for(reader: Reader) -> list[dict]:
    """What `/api/v1/rollups/` says to this reader who asks for no group: per currency, amounts in its major unit."""
    return [
        {name: _shown(name, value, row["currency"]) for name, value in row.items() if name in ("currency", *MEASURES)}
        for row in totals(reader)
    ]


def _shown(name: str, value, currency: str):
    return to_major(value, currency) if name in AMOUNTS and value is not None else value
