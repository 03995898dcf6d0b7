"""Amounts: integers in the minor unit of their currency inside, numbers in its major unit outside (ISO 4217)."""

import re
from decimal import Decimal

NO_MINOR_UNIT = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
THREE_DIGITS = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
LARGEST = 10**15  # exact as a JSON number
AMOUNT = re.compile(r"(?P<sign>-?)(?P<whole>\d{1,20})(\.(?P<fraction>\d{1,40}))?", re.ASCII)


def digits(currency: str) -> int:
    """How many decimal places the currency has: 0 for KRW, 2 for USD."""
    return 0 if currency in NO_MINOR_UNIT else 3 if currency in THREE_DIGITS else 2


def to_major(minor: int, currency: str) -> int | float:
    """Minor units as a number in the major unit: 44000000000 for 440억 원, 1234.5 for 123450 cents."""
    places = digits(currency)
    if places == 0:
        return minor
    whole, rest = divmod(minor, 10**places)
    return whole if rest == 0 else float(Decimal(minor).scaleb(-places))


def to_minor(major: str, currency: str) -> int:
    """An exact decimal text in the major unit as minor units. Raises ValueError on anything else."""
    found = AMOUNT.fullmatch(major)
    if not found:
        raise ValueError("not a number")
    sign, whole, fraction = found["sign"], found["whole"], (found["fraction"] or "").rstrip("0")
    places = digits(currency)
    if len(fraction) > places:
        raise ValueError("finer than the currency's smallest unit")
    minor = int(f"{sign}{whole}{fraction.ljust(places, '0')}")
    if abs(minor) >= LARGEST:
        raise ValueError("too large")
    return minor


def major_text(minor: int, currency: str) -> str:
    """Minor units as an exact decimal text in the major unit, for files."""
    places = digits(currency)
    return str(minor) if places == 0 else f"{Decimal(minor).scaleb(-places):f}"
