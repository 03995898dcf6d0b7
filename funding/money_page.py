"""The money section of a page: totals by payer kind and form, per currency, each with the lines behind it, and bars."""

from collections import defaultdict
from decimal import Decimal, InvalidOperation
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from records.drawing import NARROW, WIDE, Sum, money_bars
from records.figures import freshness
from records.moments import address
from records.record_page import RecordPage
from records.units import UNITS, Unit, head, in_unit, with_unit

from .models import FundingLine, PayerKind
from .rollups import lines_not_shown, totals

ORDER = {kind: n for n, kind in enumerate(PayerKind.values)}
STATED_TOTALS = ("total_planned", "total_committed")


def payer_word(kind: str) -> str:
    return str(PayerKind(kind).label)


def money_section(page: RecordPage, scope: dict, filters: dict) -> dict:
    """Totals by payer kind and form, per currency, each with the lines behind it; {} where there is no line."""
    rows = totals(page.reader, **scope, group_by=("payer_kind", "form"), as_of=page.as_of, is_past=bool(page.known_at))
    by_currency = defaultdict(list)
    for row in sorted(rows, key=lambda row: (ORDER[row["payer_kind"]], row["form"])):
        by_currency[row["currency"]].append(row)
    stated = [said for name in STATED_TOTALS for said in page.evidence.by_attribute.get(name, ())]
    if not rows and not stated:
        return {}
    return {
        "unit": page.unit,
        "units": UNITS.values(),
        "groups": [_group(page, currency, of, filters) for currency, of in sorted(by_currency.items())],
        "stated": [_stated(said, by_currency, page.unit) for said in stated],
        "lines_url": _lines_url(filters),
        "compare_url": f"{reverse('compare_totals')}?{urlencode({name: str(id) for name, id in scope.items()})}",
        "not_shown": lines_not_shown(page.reader, **scope, as_of=page.as_of, is_past=bool(page.known_at)),
        "computed_at": None if page.as_of or page.known_at else freshness("rollups"),
    }


def _lines_url(filters: dict) -> str:
    counted = ",".join(state for state in FundingLine.State.values if state != FundingLine.State.CANCELLED)
    return address("list", "funding-lines", **filters, state__in=counted)


def _group(page: RecordPage, currency: str, rows: list[dict], filters: dict) -> dict:
    """One currency: its rows, totals and bars."""
    here = {**filters, "currency": currency}
    shown = [_money_row(page, row, currency, here) for row in rows]
    planned = [row["planned"] for row in rows if row["planned"] is not None]
    committed = [row["committed"] for row in rows if row["committed"] is not None]
    sums = [Sum(r["label"], r["row"]["planned"], r["row"]["committed"], r["bar"], r["url"]) for r in shown]
    return {
        "currency": currency,
        "head": head(currency, page.unit),
        "rows": shown,
        "totals": rows,
        "planned": in_unit(sum(planned), currency, page.unit) if planned else "",
        "committed": in_unit(sum(committed), currency, page.unit) if committed else "",
        "url": _lines_url(here),
        "lines": sum(row["lines"] for row in rows),
        "unstated": sum(row["unstated"] for row in rows),
        "bars": [bars for width in (WIDE, NARROW) if (bars := money_bars(sums, width=width))],
        "has_committed": bool(committed),
    }


def _money_row(page: RecordPage, row: dict, currency: str, filters: dict) -> dict:
    kind, form = PayerKind(row["payer_kind"]), FundingLine.Form(row["form"])
    mine = [
        line
        for line in page.rows("funding_line")
        if (line.payer_kind, line.form, line.currency) == (kind, form, currency)
    ]
    payers = dict.fromkeys(page.labels[line.payer_id] for line in mine if line.payer_id in page.labels)
    notes = {n for line in mine for n in page.evidence.by_record.get(line.id, ())}
    planned, committed = (
        in_unit(row[m], currency, page.unit) if row[m] is not None else "" for m in ("planned", "committed")
    )
    words = [payer_word(kind)] + ([str(form.label)] if form != FundingLine.Form.UNSTATED else [])
    return {
        "row": row,
        "kind": "" if kind == PayerKind.UNSTATED else str(kind.label),
        "form": "" if form == FundingLine.Form.UNSTATED else str(form.label),
        "payers": list(payers)[:5],
        "notes": tuple(sorted(notes)),
        "planned": planned,
        "committed": committed,
        "label": " · ".join(words),
        "bar": _bar_words(row, currency, page.unit),
        "url": _lines_url({**filters, "payer_kind": kind.value, "form": form.value}),
    }


def _bar_words(row: dict, currency: str, unit: Unit) -> str:
    if row["planned"] is None and row["committed"] is None:
        return _("not in the sources")
    if row["committed"]:
        words = _("%(committed)s of %(planned)s committed")
        planned = in_unit(row["planned"] or 0, currency, unit)
        return words % {"committed": in_unit(row["committed"], currency, unit), "planned": planned}
    return with_unit(row["planned"], currency, unit)


def _stated(said, by_currency: dict, unit: Unit) -> dict:
    """A total that a source states, beside what the lines add up to."""
    currency = said.citation.unit if len(said.citation.unit) == 3 else "KRW"
    measure = said.citation.attribute.removeprefix("total_")
    known = [row[measure] for row in by_currency.get(currency, []) if row[measure] is not None]
    try:
        amount = int(Decimal(said.citation.value))
    except InvalidOperation:
        amount = None
    return {
        "said": said,
        "amount": with_unit(amount, currency, unit) if amount is not None and currency == "KRW" else said.text,
        "own": with_unit(sum(known), currency, unit) if known else "",
        "is_equal": bool(known) and amount == sum(known) and currency == "KRW",
    }
