"""The page that compares totals at two moments."""

from django.http import Http404
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from records.asking import BadQuery, unknown_parameters
from records.compare_pages import in_the_present, picker, refused
from records.finding import find_ever
from records.history import as_it_last_was
from records.labels import labels_of
from records.two_moments import PARAMETERS, read_two
from records.units import UNITS, chosen, in_unit

from .asking import SCOPES, group_by_of
from .comparing import AMOUNTS, Line, compare_totals
from .explaining import MEASURES as EXPLAINED
from .explaining import Explained, explain
from .words import DIMENSION_WORDS, MEASURE_WORDS, NAMED, word

GROUPS = {name: said for name, said in DIMENSION_WORDS.items() if name != "currency"}  # which is told apart anyway
TAKES = (*PARAMETERS, *SCOPES, "group_by", "unit", "explain")


@require_safe
@in_the_present
def compare_totals_page(request):
    """Planned and committed money at two moments, by group and currency, with the differences."""
    try:
        two, by = read_two(request.GET), _groups(request.GET)
    except BadQuery as bad:
        return refused(request, bad, {"what": _("Totals")})
    scope = {name: _scope(name, request) for name in SCOPES if request.GET.get(name)}
    unit = chosen(request.GET.get("unit"))
    of = {name: row.id for name, row in scope.items()}
    lines = compare_totals(request.reader, two, by, **of) if two else []
    measures = [
        m for m in AMOUNTS if any((side or {}).get(m) is not None for one in lines for side in (one.left, one.right))
    ]
    explained = explain(request.reader, two, **of) if two and request.GET.get("explain") else None
    context = {
        "two": two,
        "measures": [MEASURE_WORDS[measure] for measure in measures],
        "explained": explained and _explained(explained, request, unit),
        "explained_measures": [MEASURE_WORDS[measure] for measure in EXPLAINED],
        "groups": [(name, word, name in by) for name, word in GROUPS.items()],
        "heads": [GROUPS[name] for name in by],
        "lines": [
            _shown(line, words, measures, unit) for line, words in zip(lines, _words(lines, by, request), strict=True)
        ],
        "units": UNITS.values(),
        "unit": unit,
        "scopes": list(scope.values()),
        "picker": picker(request),
    }
    return render(request, "records/compare_totals.html", context)


def _groups(params) -> list[str]:
    problems = unknown_parameters(params, TAKES)
    by = group_by_of(params, problems, tuple(GROUPS))
    if problems:
        raise BadQuery(problems)
    return by or ["payer_kind", "form"]


def _scope(name: str, request):
    row = find_ever(SCOPES[name], request.GET[name], request.reader)
    if row is None:
        raise Http404
    return row


def _words(lines: list[Line], by: list[str], request) -> list[list[str]]:
    """The groups as words; programs and projects by their names."""
    ids: dict[str, set] = {kind: set() for kind in NAMED.values()}
    for name in set(by) & set(NAMED):
        ids[NAMED[name]] |= {line.group[by.index(name)] for line in lines} - {None}
    with as_it_last_was():
        labels = labels_of(ids, set(), request.reader)
    return [[word(name, value, labels).text for name, value in zip(by, line.group, strict=True)] for line in lines]


def _explained(found: Explained, request, unit) -> dict:
    """The lines that count otherwise, each with what happened to it and by how much."""
    with as_it_last_was():
        labels = labels_of({"funding_line": {one.line for one in found.differences}}, set(), request.reader)
    rows = [
        {
            "label": labels.get(one.line),
            "year": one.fiscal_year or _("year not stated"),
            "why": ", ".join(str(why.label) for why in one.why),
            "currency": one.currency,
            "cells": [_signed(one.by(measure) or None, one.currency, unit) for measure in EXPLAINED],
        }
        for one in found.differences
    ]
    return {"rows": rows, "more": found.more, "is_whole": found.is_whole}


def _shown(line: Line, words: list[str], measures: list[str], unit) -> dict:
    """A line as its cells: per measure the left side, the right one, the difference."""
    cells = []
    for measure in measures:
        sides = [side[measure] if side else None for side in (line.left, line.right)]
        cells += ["–" if amount is None else in_unit(amount, line.currency, unit) for amount in sides]
        cells.append(_signed(line.difference(measure), line.currency, unit))
    numbers = [side["lines"] if side else 0 for side in (line.left, line.right)]
    return {"words": words, "currency": line.currency, "cells": cells, "lines": numbers, "is_equal": line.is_equal}


def _signed(amount: int | None, currency: str, unit) -> str:
    if not amount:
        return "–" if amount is None else "0"
    return ("+" if amount > 0 else "−") + in_unit(abs(amount), currency, unit)
