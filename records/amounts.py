"""Amounts as people type them: 440억, 1.5억, 1억 5,000만, 1,234천원, △1,000, (1,000), full-width digits, 44 billion.

    [sign] [currency] terms [currency]        terms: numbers with falling units, 3억 2,500만

Read exactly or refused with a sentence: nothing is guessed and nothing is rounded.
"""

import re
import unicodedata
from decimal import Decimal

from django.utils.translation import gettext as _

from .money import LARGEST, digits
from .problem_codes import coded
from .units import chosen as usual_unit
from .units import in_unit, with_unit

LARGE = {"조": 10**12, "억": 10**8, "만": 10**4}
SMALL = {"천": 1000, "백": 100, "십": 10}
ENGLISH = {
    "trillion": 10**12,
    "billion": 10**9,
    "bn": 10**9,
    "million": 10**6,
    "m": 10**6,
    "thousand": 10**3,
    "k": 10**3,
}
MINUS = "-−△▲–"
CURRENCIES = {"원": "KRW", "₩": "KRW", "달러": "USD", "$": "USD", "유로": "EUR", "€": "EUR", "엔": "JPY", "¥": "JPY", "파운드": "GBP", "£": "GBP"}  # fmt: skip
NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
NUMBER_RE = re.compile(NUMBER, re.ASCII)
ENGLISH_RE = re.compile(rf"({NUMBER})({'|'.join(ENGLISH)})", re.ASCII)
CURRENCY_RE = re.compile("|".join(["[a-z]{3}", *map(re.escape, CURRENCIES)]))
MOST_CHARACTERS = 60


class BadAmount(ValueError):
    """Carries the sentence for the person who typed the amount."""

    def __init__(self, sentence: str):
        super().__init__(coded("not_an_amount", sentence))


def read_amount(text: str, currency: str) -> int:
    """What a person typed as minor units of `currency` (ISO 4217). Raises BadAmount with a sentence."""
    bare = "".join(unicodedata.normalize("NFKC", text).casefold().split())
    if not bare or len(bare) > MOST_CHARACTERS:
        raise BadAmount(_not_an_amount(text))
    bare, is_negative = _sign(bare)
    bare = _without_currency(bare, currency, text)
    if not is_negative:
        bare, is_negative = _sign(bare)  # KRW -1,000
    if not bare:
        raise BadAmount(_not_an_amount(text))
    major = _terms(bare, text)
    minor = major.scaleb(digits(currency))
    if minor != minor.to_integral_value():
        raise BadAmount(_too_fine(text, currency))
    if minor >= LARGEST:
        most = with_unit(LARGEST - 1, currency, usual_unit("won"))
        raise BadAmount(_("“%(text)s” is too large; at most %(most)s is allowed.") % {"text": text, "most": most})
    return -int(minor) if is_negative else int(minor)


def said(minor: int, currency: str) -> str:
    """An amount as it was understood, in full and in the usual unit: `44,000,000,000원 (440억 원)`."""
    full, short = (with_unit(minor, currency, usual_unit(name)) for name in ("won", None))
    is_short = full != short and "." not in in_unit(minor, currency, usual_unit(None))
    return f"{full} ({short})" if is_short else full


def _sign(bare: str) -> tuple[str, bool]:
    """Without its sign. Accounts write what is negative in brackets or with a triangle."""
    if bare.startswith("(") and bare.endswith(")"):
        return bare[1:-1], True
    return (bare[1:], True) if bare.startswith(tuple(MINUS)) else (bare.removeprefix("+"), False)


def _without_currency(bare: str, currency: str, text: str) -> str:
    """Without the currency before or after it, which must be the one that is asked for."""
    found = [m for m in CURRENCY_RE.finditer(bare) if m.start() == 0 or m.end() == len(bare)]
    for match in found[::-1]:
        if match[0].isalpha() and match[0].isascii() and match[0].upper() != currency:
            continue  # may be a unit; if it is none, the terms cannot be read
        if CURRENCIES.get(match[0], currency) != currency:
            raise BadAmount(_("“%(text)s” is not in %(currency)s.") % {"text": text, "currency": currency})
        bare = bare[: match.start()] + bare[match.end() :]
    return bare


def _terms(bare: str, text: str) -> Decimal:
    """Numbers with falling units, added up; each part is smaller than the unit before it."""
    if english := ENGLISH_RE.fullmatch(bare):
        return _number(english[1], text) * ENGLISH[english[2]]
    total, room = Decimal(0), None
    for unit, value in [*LARGE.items(), ("", 1)]:
        head, found, rest = bare.rpartition(unit) if unit else (bare, "", "")
        if unit and not found:
            continue
        if not unit and not bare:
            break
        part = _below_ten_thousand(head, text, is_last=not rest) * value
        if room is not None and part >= room:
            raise BadAmount(_not_an_amount(text))
        total, room, bare = total + part, value, rest
    return total


def _below_ten_thousand(bare: str, text: str, *, is_last: bool) -> Decimal:
    """What stands before 조, 억, 만 or at the end: 5,000 or 5천 or 3천4백. A lone 천 is one thousand."""
    if not set(bare) & set(SMALL):
        return Decimal(1) if not bare else _number(bare, text, is_last=is_last)
    total, room = Decimal(0), None
    for unit, value in SMALL.items():
        head, found, rest = bare.partition(unit)
        if not found:
            continue
        part = (_number(head, text, is_last=is_last and not rest) if head else Decimal(1)) * value
        if room is not None and part >= room:
            raise BadAmount(_not_an_amount(text))
        total, room, bare = total + part, value, rest
    last = _number(bare, text, is_last=is_last) if bare else Decimal(0)
    if room is not None and last >= room:
        raise BadAmount(_not_an_amount(text))
    return total + last


def _number(written: str, text: str, *, is_last: bool = True) -> Decimal:
    """A number, thousands separated by commas in threes or not at all; only the last of several may have a fraction."""
    if not NUMBER_RE.fullmatch(written) or ("." in written and not is_last):
        raise BadAmount(_not_an_amount(text))
    return Decimal(written.replace(",", ""))


def _not_an_amount(text: str) -> str:
    return _("“%s” is not an amount. Write 440억, 1억 5,000만, 1,234천원 or 44,000,000,000; a minus, △ or brackets for less than nothing.") % text  # fmt: skip


def _too_fine(text: str, currency: str) -> str:
    if digits(currency) == 0:
        return _("“%(text)s” has a fraction of the smallest unit; amounts in %(currency)s are whole numbers. Write 1,234 for one thousand two hundred thirty-four.") % {"text": text, "currency": currency}  # fmt: skip
    places = {"text": text, "currency": currency, "places": digits(currency)}
    return _("“%(text)s” is too fine; amounts in %(currency)s have at most %(places)d decimal places.") % places
