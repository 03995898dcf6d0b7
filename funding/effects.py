"""What lines come to, in a sentence for each currency and form: for who moves them by merging what they name."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext as _

from records.units import chosen, with_unit

from .models import FundingLine, LineFigure

MEASURES = ("planned", "committed", "received", "spent")


def sums_of_lines(ids: Sequence[UUID]) -> list[str]:
    """As figures were last worked out, whoever may see them."""
    asked = {name: Sum(name) for name in MEASURES} | {f"with_{name}": Sum(f"with_{name}") for name in MEASURES}
    rows = LineFigure.objects.filter(line__in=ids).values("currency", "form").annotate(**asked)
    return [said for row in rows.order_by("currency", "form") if (said := _said(row))]


def _said(row: dict) -> str:
    words = {"planned": _("planned"), "committed": _("committed"), "received": _("received"), "spent": _("spent")}
    unit = chosen(None)
    parts = [f"{words[name]} {with_unit(row[name], row['currency'], unit)}" for name in MEASURES if row[f"with_{name}"]]
    return f"{FundingLine.Form(row['form']).label}: {', '.join(parts)}" if parts else ""
