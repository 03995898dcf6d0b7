"""What a sum comes to in another currency: a view beside the exact figure, by one dated rate, never added into anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from records.moments import address
from records.money import digits
from records.rights import Reader
from records.templatetags.registry import when
from records.units import KOREAN, Unit, head

from ..models import ExchangeRate
from ..words import Word
from .tables import Part, Row, Table


def convert(minor: int, currency: str, rate: Decimal, into: str) -> int:
    """Minor units of one currency as minor units of another, rounded to its smallest unit."""
    exact = Decimal(minor).scaleb(-digits(currency)) * rate
    return int(exact.scaleb(digits(into)).quantize(Decimal(1), ROUND_HALF_UP))


def rates(reader: Reader, currencies: Iterable[str], into: str, day: date | None) -> dict[str, ExchangeRate]:
    """By currency the latest rate on or before the day (None: today) that the reader may see."""
    found = ExchangeRate.objects.visible_to(reader).filter(
        in_currency=into, currency__in=list(currencies), dated_on_first__lte=day or timezone.localdate()
    )
    latest = found.order_by("currency", "-dated_on_first", "-dated_on_last", "-id").distinct("currency")
    return {rate.currency: rate for rate in latest}


@dataclass(frozen=True)
class Converted:
    """A table with its sums in another currency beneath them; or, where there is no rate, what to do about it."""

    table: Table
    is_missing: bool = False
    new_url: str = ""


def converted(
    tables: Iterable[Table], into: str, found: Mapping[str, ExchangeRate], unit: Unit, may_edit: bool
) -> list[Converted]:
    """Tables in `into` itself stay as they are."""
    return [_converted(table, into, found.get(table.currency), unit, may_edit) for table in tables]


def _converted(table: Table, into: str, rate: ExchangeRate | None, unit: Unit, may_edit: bool) -> Converted:
    if table.currency == into or not into:
        return Converted(table)
    if rate is None:
        new = address("new", "exchange-rates", currency=table.currency, in_currency=into, as_of=None)
        return Converted(table, True, new if may_edit else "")
    parts = tuple(replace(part, sums=(*part.sums, _row(table, part, rate, unit))) for part in table.parts)
    return Converted(replace(table, parts=parts))


def _row(table: Table, part: Part, rate: ExchangeRate, unit: Unit) -> Row:
    """The sum of a part in the other currency, with the rate and its date as a link to it."""
    said = {
        "into": rate.in_currency,
        "currency": rate.currency,
        "rate": f"{rate.rate.normalize():,f}",
        "day": when(rate.dated_on),
    }
    text = _("in %(into)s at 1 %(currency)s = %(rate)s %(into)s (%(day)s)") % said
    last = (part.sums or part.rows)[-1]
    amounts = [
        replace(
            amount,
            text=_shown(part.total[amount.measure], table.currency, rate, unit),
            head=replace(amount.head, unit=head(rate.in_currency, unit)),
            url="",
            is_silent=False,
        )
        for amount in last.amounts
    ]
    return Row(
        (Word(text, address("record", "exchange-rates", rate.id)),), tuple(amounts), "converted", len(table.heads)
    )


def _shown(minor: int | None, currency: str, rate: ExchangeRate, unit: Unit) -> str:
    """With two decimals of the unit: a rate is not exact, so its figure is not shown as if it were."""
    if minor is None:
        return ""
    into = rate.in_currency
    places = unit.zeros if into == KOREAN else digits(into)
    major = Decimal(convert(minor, currency, rate.rate, into)).scaleb(-places)
    return f"≈ {major.quantize(Decimal('0.01'), ROUND_HALF_UP).normalize():,f}"
