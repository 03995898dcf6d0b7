"""Pages that compare two moments: which ones, and what differs in a list or in a record between them."""

from dataclasses import dataclass
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from . import lists
from .asking import BadQuery, unknown_parameters
from .comparing import What, compare_list, compare_record, read_page
from .finding import find_ever, label_ever
from .history import known_at
from .kinds import Kind, kinds, kinds_by_plural
from .listing import chips
from .moments import carrying
from .two_moments import PARAMETERS, TO, read_two

OWN = (*PARAMETERS, "only", "after", "unit")


@dataclass(frozen=True)
class Picker:
    """The form with the two moments: as typed, and what is wrong with each."""

    values: dict[str, str]
    problems: dict[str, str]
    kept: tuple[tuple[str, str], ...]  # further parameters that the form keeps


def picker(request, problems=()) -> Picker:
    values = {name: request.GET.get(name, "") for name in PARAMETERS}
    kept = [(n, value) for n in request.GET if n not in (*PARAMETERS, "after") for value in request.GET.getlist(n)]
    return Picker(values, {problem.parameter: problem.message for problem in problems}, tuple(kept))


def in_the_present(page):
    """A page whose address names moments that it reads for itself: around them it is a page of the present."""

    def view(request, *args, **kwargs):
        request.as_of = request.known_at = None
        with known_at(None), carrying({}):
            return page(request, *args, **kwargs)

    return view


@require_safe
@in_the_present
def compare_page(request):
    """What to compare: a list, the totals; a record is compared from its own page."""
    of = request.GET.get("of", "")
    rest = request.GET.copy()
    rest.pop("of", None)
    if of in kinds_by_plural():
        return redirect(f"{reverse('compare_list', args=[of])}?{rest.urlencode()}")
    if of == "totals":
        return redirect(f"{reverse('compare_totals')}?{rest.urlencode()}")
    menu = [kind for kind in kinds().values() if kind.in_menu]
    context = {
        "menu": menu,
        "others": [kind for kind in kinds().values() if not kind.in_menu],
        "picker": picker(request),
    }
    return render(request, "records/compare.html", context)


@require_safe
@in_the_present
def compare_list_page(request, plural: str):
    """Rows that came, went and changed in a list between two moments, page by page."""
    kind = _kind(plural)
    try:
        two = read_two(request.GET)
        query = lists.read(kind, request.GET, request.reader, also=OWN)
        only, after = read_page(request.GET)
    except BadQuery as bad:
        return refused(request, bad, {"kind": kind})
    found = compare_list(query, two, only=only, after=after) if two else None
    context = {
        "kind": kind,
        "two": two,
        "found": found,
        "only": only,
        "whats": list(What),
        "chips": chips(query, request.GET),
        "picker": picker(request),
    }
    return render(request, "records/compare_list.html", context)


@require_safe
@in_the_present
def compare_record_page(request, plural: str, key: str):
    """A record at two moments, field by field, and what belongs to it."""
    kind = _kind(plural)
    row = find_ever(kind, key, request.reader)
    if row is None:
        raise Http404
    try:
        two = read_two(request.GET)
        if unknown := unknown_parameters(request.GET, OWN):
            raise BadQuery(unknown)
    except BadQuery as bad:
        return refused(request, bad, {"kind": kind})
    found = compare_record(kind, row.id, request.reader, two) if two else None
    context = {
        "kind": kind,
        "two": two,
        "found": found,
        "label": label_ever(kind, row.id, request.reader),
        "parts": [(child, part, _all_of(child, by, row.id, two)) for child, by, part in found.parts] if found else [],
        "picker": picker(request),
    }
    return render(request, "records/compare_record.html", context)


def _kind(plural: str) -> Kind:
    if plural not in kinds_by_plural():
        raise Http404
    return kinds_by_plural()[plural]


def refused(request, bad: BadQuery, context: dict):
    """The page again with the form, each problem at its field; those of no field above it."""
    elsewhere = [problem.message for problem in bad.problems if problem.parameter not in PARAMETERS]
    context |= {"picker": picker(request, bad.problems), "problems": elsewhere}
    return render(request, "records/compare_refused.html", context, status=400)


def _all_of(child: Kind, by: str, id: UUID, two) -> str:
    """The comparison of the whole list of what belongs to a record; "" where the list has no such filter."""
    moments = {name: value for name, value in moments_of(two).items() if value}
    return f"{reverse('compare_list', args=[child.plural])}?{urlencode({by: id, **moments})}" if "__" not in by else ""


def moments_of(two) -> dict[str, str]:
    """Two moments as the parameters that ask for them."""
    return two.left.query | {TO[two.clock]: two.right.query.get(two.clock, "")}
