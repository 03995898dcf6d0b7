"""Amounts as people read them: one unit per column, exact, never rounded."""

from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from .money import digits

KOREAN = "KRW"


@dataclass(frozen=True)
class Unit:
    """A choice of unit for won; other currencies are always shown in their own major unit."""

    name: str
    label: str
    zeros: int


UNITS = {
    unit.name: unit
    for unit in (
        Unit("won", _("won"), 0),
        Unit("thousand", _("thousand won"), 3),
        Unit("million", _("million won"), 6),
        Unit("eok", _("100 million won"), 8),
    )
}


def chosen(name: str | None) -> Unit:
    """The unit of this name; 억원 on Korean pages and million won on English ones where nobody asks."""
    usual = "eok" if (get_language() or "ko").startswith("ko") else "million"
    return UNITS.get(name or usual, UNITS[usual])


def in_unit(minor: int, currency: str, unit: Unit) -> str:
    """An amount in minor units as a number with thousands separated: 44000000000 KRW in 억원 is `440`."""
    places = unit.zeros if currency == KOREAN else digits(currency)
    number = Decimal(minor).scaleb(-places).normalize()
    return f"{number:,f}"


def with_unit(minor: int, currency: str, unit: Unit) -> str:
    """The amount and its unit, for running text: `440억 원`, `KRW 44,000 million`, `USD 1,500`."""
    number = in_unit(minor, currency, unit)
    if currency != KOREAN:
        return f"{currency} {number}"
    if (get_language() or "ko").startswith("ko"):
        return number + {"won": "원", "thousand": "천 원", "million": "백만 원", "eok": "억 원"}[unit.name]
    return (
        f"KRW {number}"
        + {"won": "", "thousand": " thousand", "million": " million", "eok": " × 100 million"}[unit.name]
    )


def head(currency: str, unit: Unit) -> str:
    """The unit as a column's head says it."""
    return str(unit.label) if currency == KOREAN else currency
