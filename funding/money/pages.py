"""The page of all money: any of it, in groups, as tables and bars."""

import re
from dataclasses import dataclass

from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from programs.kinds import PROGRAM
from programs.models import Program
from records.asking import BadQuery, Problem, not_a_value
from records.figures import freshness
from records.labels import label_of
from records.models import Citation, Disagreement
from records.moments import CLOCKS, address
from records.money_bars import both_widths
from records.pages import refusal
from records.rights import Reader
from records.rules import can_edit
from records.units import UNITS, chosen

from ..asking import group_by_of
from ..models import FundingLine, PayerKind
from ..models.bounds import CURRENCY
from ..rollups import DIMENSIONS, lines_not_shown, totals
from ..words import DIMENSION_WORDS
from . import words
from .asking import RANGE, TAKES, Question, read
from .converting import converted, rates
from .stated import STATED_TOTALS, stated_totals
from .tables import Shown, Table, dimensions, tables
from .warnings import MOST_LINES, warnings

BY = ("fiscal_year", "payer_kind")
MOST_GROUPS = 20_000  # more have no names to be read by
MOST_OPTIONS = 200
MOST_DRAWN = 48
USUAL_CURRENCIES = ("KRW", "USD", "EUR", "JPY")
OWN = ("group_by", "in", "unit", *CLOCKS)


@require_safe
def money_page(request):
    """Money by any groups: chosen by filters, drawn and as tables, every amount a way to its lines."""
    if refused := refusal(request):
        return refused
    try:
        question = read(request.GET, request.reader, request, (*TAKES, *OWN))
        by, into = _group_by(request.GET), _into(request.GET)
    except BadQuery as bad:
        return refusal(request, [problem.message for problem in bad.problems])
    reader, unit = request.reader, chosen(request.GET.get("unit"))
    rows = totals(reader, group_by=dimensions(by), **question.of)
    is_too_many = len(rows) > MOST_GROUPS
    labels = words.labels_for(reader, question, [] if is_too_many else rows, by)
    made = [] if is_too_many else tables(rows, by, Shown(question, unit, labels=labels))
    may_edit = can_edit(reader) and not request.known_at
    about = rows if {"fiscal_year", "payer_kind"} <= set(by) else totals(reader, group_by=dimensions(BY), **question.of)
    found, is_whole = warnings(reader, question, about)
    others = [table.currency for table in made if into and table.currency != into]
    shown = converted(made, into, rates(reader, others, into, request.as_of) if others else {}, unit, may_edit)
    context = {
        "shown": [(one, both_widths(one.table.drawn[:MOST_DRAWN]), len(one.table.drawn) - MOST_DRAWN) for one in shown],
        "is_too_many": is_too_many,
        "into": into,
        "unit": unit,
        "units": UNITS.values(),
        "chips": words.chips(question, request.GET, labels),
        "choosers": _choosers(request, question, by, into, [row["currency"] for row in rows]),
        "programs": _programs(reader, question),
        "typed": question.typed,
        "kept": _kept(request.GET),
        "warnings": found,
        "most_lines": None if is_whole else MOST_LINES,
        "leaves_out_unstated": any(name in question.typed for name in RANGE),
        "stated": _stated(request, question, labels, unit, may_edit),
        "lines_url": question.lines_url(),
        "not_shown": lines_not_shown(reader, **question.of),
        "computed_at": None if request.as_of or request.known_at else freshness("rollups"),
        "new_url": address("new", "funding-lines", as_of=None) if may_edit else "",
    }
    return render(request, "money/money.html", context)


def _group_by(params) -> list[str]:
    problems: list[Problem] = []
    by = group_by_of(params, problems) or list(BY)
    if problems:
        raise BadQuery(problems)
    return by


def _into(params) -> str:
    into = params.get("in", "").strip()
    if into and not re.fullmatch(CURRENCY, into):
        raise BadQuery([Problem("in", not_a_value("in", into))])
    return into


# ---- what is chosen from ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chooser:
    """A list to choose from: (value, words, is chosen). `none`: what choosing nothing means."""

    name: str
    label: str
    none: str
    options: tuple[tuple[str, str, bool], ...]
    id: str = ""


def _choosers(request, question: Question, by: list[str], into: str, currencies: list[str]) -> list[Chooser]:
    """The filters with few values, what to group by, and the currency to convert into."""
    everything = _("all")
    typed = question.typed
    there = sorted(
        {*currencies, *USUAL_CURRENCIES, *([into] if into else []), *typed.get("currency", "").split(",")} - {""}
    )
    found = [
        Chooser(name, str(DIMENSION_WORDS[name]), everything, _options(choices, typed.get(name, "")))
        for name, choices in (
            ("payer_kind", PayerKind.choices),
            ("form", FundingLine.Form.choices),
            ("currency", [(currency, currency) for currency in there]),
            ("state", FundingLine.State.choices),
        )
    ]
    dims = [(name, DIMENSION_WORDS[name]) for name in DIMENSIONS if name != "currency"]
    for n, label in enumerate((_("by"), _("then by"), _("and then by"))):
        on = by[n] if n < len(by) else ""
        found.append(Chooser("group_by", label, "" if n == 0 else "–", _options(dims, on), f"group-{n}"))
    found.append(Chooser("in", _("also in another currency"), "–", _options([(c, c) for c in there], into)))
    return found


def _options(choices, on: str) -> tuple[tuple[str, str, bool], ...]:
    return tuple((str(value), str(word), str(value) == on) for value, word in choices)


def _programs(reader: Reader, question: Question) -> Chooser | None:
    """The programs to choose from; None where there are too many: then one writes its short name."""
    rows = list(Program.objects.visible_to(reader)[: MOST_OPTIONS + 1])
    if len(rows) > MOST_OPTIONS:
        return None
    chosen_ids = question.only.get("program", ())
    found = sorted(
        ((label_of(PROGRAM, row), row.id in chosen_ids and len(chosen_ids) == 1) for row in rows),
        key=lambda one: str(one[0]),
    )
    return Chooser("program", _("program"), _("all"), tuple((one.key, str(one), on) for one, on in found))  # fmt: skip


SHOWN = ("program", "payer_kind", "form", "currency", "state", *RANGE, "group_by", "in")


def _kept(params) -> list[tuple[str, str]]:
    """What no input of the form shows, so that choosing something else does not lose it."""
    return [(name, text) for name in params if name not in SHOWN for text in params.getlist(name)]


# ---- what sources state ------------------------------------------------------------------------------------


def _stated(request, question: Question, labels, unit, may_edit: bool) -> list:
    """Totals that sources state of a program, where all its money is looked at."""
    if set(question.typed) != {"program"}:
        return []
    program = question.scope["program"]
    about = {"record": program, "attribute__in": STATED_TOTALS}
    citations = Citation.objects.visible_to(request.reader).filter(
        **about, source__visibility__lte=request.reader.level
    )
    said = [(citation, None) for citation in citations.filter(source__is_retired=False).order_by("attribute", "id")]
    if not said:
        return []
    sums = _sums(tables(totals(request.reader, group_by=("form",), **question.of), (), Shown(question, unit)))
    disagreements = list(Disagreement.objects.visible_to(request.reader).filter(**about))
    key = labels[program].key
    return stated_totals(said, sums, disagreements, key=key, unit=unit, may_edit=may_edit)


def _sums(made: list[Table]) -> dict:
    return {table.currency: {part.form: part.total for part in table.parts} for table in made}
