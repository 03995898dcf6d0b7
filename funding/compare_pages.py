"""The page that compares totals at two moments."""

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from programs.kinds import PROGRAM, PROJECT
from records.asking import BadQuery, Problem, not_allowed
from records.compare_pages import in_the_present, picker, refused
from records.finding import find_ever
from records.history import as_it_last_was
from records.labels import labels_of
from records.two_moments import PARAMETERS, read_two
from records.units import UNITS, chosen, in_unit

from .comparing import AMOUNTS, Line, compare_totals
from .models import FundingLine, PayerKind

GROUPS = {
    "payer_kind": gettext_lazy("source of money"),
    "form": gettext_lazy("form"),
    "fiscal_year": gettext_lazy("fiscal year"),
    "program": gettext_lazy("program"),
    "project": gettext_lazy("project"),
}
SCOPES = {"program": PROGRAM, "project": PROJECT}
TAKES = (*PARAMETERS, *SCOPES, "group_by", "unit")


@in_the_present
def compare_totals_page(request):
    """Planned and committed money at two moments, by group and currency, with the differences."""
    try:
        two, by = read_two(request.GET), _groups(request.GET)
    except BadQuery as bad:
        return refused(request, bad, {"what": _("Totals")})
    scope = {name: _scope(name, request) for name in SCOPES if request.GET.get(name)}
    unit = chosen(request.GET.get("unit"))
    lines = compare_totals(request.reader, two, by, **{name: row.id for name, row in scope.items()}) if two else []
    context = {
        "two": two,
        "groups": [(name, word, name in by) for name, word in GROUPS.items()],
        "heads": [GROUPS[name] for name in by],
        "lines": [_shown(line, words, unit) for line, words in zip(lines, _words(lines, by, request), strict=True)],
        "units": UNITS.values(),
        "unit": unit,
        "scopes": list(scope.values()),
        "picker": picker(request),
    }
    return render(request, "records/compare_totals.html", context)


def _groups(params) -> list[str]:
    by = [word for text in params.getlist("group_by") for word in text.split(",") if word] or ["payer_kind", "form"]
    problems = [Problem(name, _("There is no parameter “%s”.") % name) for name in params if name not in TAKES]
    problems += [Problem("group_by", not_allowed("group_by", name, GROUPS)) for name in by if name not in GROUPS]
    if len(by) > 3:
        problems.append(
            Problem("group_by", _("“%(name)s” takes at most %(most)d values.") % {"name": "group_by", "most": 3})
        )
    if problems:
        raise BadQuery(problems)
    return list(dict.fromkeys(by))


def _scope(name: str, request):
    row = find_ever(SCOPES[name], request.GET[name], request.reader)
    if row is None:
        raise Http404
    return row


def _words(lines: list[Line], by: list[str], request) -> list[list[str]]:
    """The groups as words; programs and projects by their names."""
    ids = {name: {line.group[by.index(name)] for line in lines} - {None} if name in by else set() for name in SCOPES}
    with as_it_last_was():
        labels = labels_of(ids, set(), request.reader)
    return [[_word(name, value, labels) for name, value in zip(by, line.group, strict=True)] for line in lines]


def _word(name: str, value, labels) -> str:
    if name in SCOPES:
        return str(labels[value]) if value in labels else _("of the program itself")
    if name == "fiscal_year":
        return str(value) if value else _("year not stated")
    words = PayerKind if name == "payer_kind" else FundingLine.Form
    return str(words(value).label)


def _shown(line: Line, words: list[str], unit) -> dict:
    """A line as its cells: per measure the left side, the right one, the difference."""
    cells = []
    for measure in AMOUNTS:
        sides = [side[measure] if side else None for side in (line.left, line.right)]
        cells += ["–" if amount is None else in_unit(amount, line.currency, unit) for amount in sides]
        cells.append(_signed(line.difference(measure), line.currency, unit))
    numbers = [side["lines"] if side else 0 for side in (line.left, line.right)]
    return {"words": words, "currency": line.currency, "cells": cells, "lines": numbers, "is_equal": line.is_equal}


def _signed(amount: int | None, currency: str, unit) -> str:
    if not amount:
        return "–" if amount is None else "0"
    return ("+" if amount > 0 else "−") + in_unit(abs(amount), currency, unit)
