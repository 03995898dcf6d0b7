"""The pages that every kind shares: its list and a record. Each is one function, read top to bottom.

What is special about a kind is in its declaration; a page that has more names a function in `Kind.page`, which gets the
RecordPage and returns what the template needs besides.
"""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from django.conf import settings
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse, translate_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import lists
from .beside import beside, number, question, trail
from .desk import desk, new_url
from .finding import by_key
from .gone import gone
from .kinds import Kind, kinds_by_plural
from .listing import chips, choosers, column_choices, counted, heads, kept, moved, other_lists
from .lists import Count
from .moments import address
from .record_page import RecordPage
from .rules import can_edit
from .saved import SavedView, Sharing, to_save
from .showing import Shower
from .units import chosen

YEAR = 365 * 24 * 3600
PAGE = 50  # rows of a list page
OWN_PARAMETERS = ("unit", "at", "of", "earlier", "later")
NOT_IN_FILE = ("cursor", "limit", "at", "of", "unit", "earlier", "later")
MOST_VIEWS = 50  # that a list names; the page of all views has the others
OF_COLUMNS = ("columns", "earlier", "later", "cursor", "at", "of")  # what the form of the columns does not keep


@require_safe
def list_page(request, plural: str):
    """The list of one kind: counted, filtered, sorted, searched, page by page, with the columns that one chose."""
    kind = _kind(plural)
    if refused := refusal(request):
        return refused
    try:
        query = lists.read(kind, request.GET, request.reader, as_of=request.as_of, also=OWN_PARAMETERS)
        query = replace(query, limit=query.limit if "limit" in request.GET else PAGE)
        if {"earlier", "later"} & set(request.GET):
            return _with_column_moved(request, query)
        page = query.page()
    except lists.BadQuery as bad:
        return render(request, "400.html", {"problems": [problem.message for problem in bad.problems]}, status=400)
    shower = Shower(kind, page.rows, request.reader, unit=chosen(request.GET.get("unit")))
    offered, whole = choosers(query), None
    if not query.cursor:
        offered, whole = counted(query, offered)
    counts = _counts(query, page, whole)
    first = number(request.GET.get("at")) if query.cursor else 1
    of = counts["count"].number if counts and not counts["count"].is_more else number(request.GET.get("of"))
    trails = [trail(question(request.GET), first and first + n, of) for n in range(len(page.rows))]
    may_edit = can_edit(request.reader) and not request.known_at
    context = {
        "kind": kind,
        "query": query,
        **counts,
        "may_edit": may_edit,
        "heads": heads(shower, query),
        "lines": [
            shower.line(row, query.shown, query="" if request.known_at else way)
            for row, way in zip(page.rows, trails, strict=True)
        ],
        "next_cursor": page.next_cursor,
        "next_at": first + len(page.rows) if first else None,
        "of": of or None,
        "chips": chips(query, request.GET),
        "choosers": offered,
        "kept": kept(query, request.GET, offered),
        "columns": column_choices(query),
        "usual_columns": "" if query.view else None,
        **_tools(request, query),
        "new_url": new_url(kind) if may_edit else "",
        "import_url": reverse("import", args=[plural]) if may_edit else "",
        "others": other_lists(query) if query.search and not page.rows else [],
    }
    return render(request, "records/list.html", context)


def _tools(request, query: lists.ListQuery) -> dict:
    """What stands beside the filters: columns, saved views, the list as a file."""
    reader = request.reader
    asked = [(name, value) for name, values in request.GET.lists() for value in values]
    is_own = bool(query.view) and query.view.is_of(reader)
    return {
        "asked": [(name, value) for name, value in asked if name not in NOT_IN_FILE],
        "kept_beside_columns": [(name, value) for name, value in asked if name not in OF_COLUMNS],
        "views": SavedView.objects.offered_to(reader).filter(kind=query.kind.name)[:MOST_VIEWS],
        "is_own_view": is_own,
        "view_moved": is_own and to_save(query.params) != query.view.query,
        "sharings": Sharing.choices,
        "key": uuid4().hex,
    }


def _counts(query: lists.ListQuery, page: lists.Page, count: Count | None) -> dict:
    """How many rows there are, and of how many; further pages do not say it again."""
    if query.cursor:
        return {}
    if not page.next_cursor:
        count = Count(len(page.rows))
    whole = replace(query, asked=(), search="") if query.asked or query.search else None
    return {"count": count or query.how_many(), "all": whole and whole.how_many()}


def _with_column_moved(request, query: lists.ListQuery):
    """On to the list with one of its columns a place earlier or later."""
    asked = request.GET.copy()
    columns = list(query.shown)
    for way, by in (("earlier", -1), ("later", 1)):
        for name in asked.pop(way, ()):
            columns = moved(columns, name, by)
    asked["columns"] = ",".join(columns)
    return redirect(f"{request.path}?{asked.urlencode()}#columns")


@require_safe
def record_page(request, plural: str, key: str):
    """Everything about one record: facts, timeline, money, what belongs to it, and what it all rests on."""
    if refused := refusal(request):
        return refused
    kind = _kind(plural)
    row = _find(kind, key, request)
    if row is None or row.merged_into_id:
        return gone_page(request, kind, key)
    if kind.has_slug and key != row.slug:
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(reverse("record", args=[plural, row.slug]) + query)
    page = RecordPage(kind, row, request.reader, request.as_of, request.known_at, chosen(request.GET.get("unit")))
    page.read_related()
    extras = import_string(kind.page)(page) if kind.page else {}
    context = {
        "kind": kind,
        "row": row,
        "page": page,
        "label": page.label,
        "title": page.title(),
        "status": page.shower.cell(row, "status") if "status" in kind.fields else None,
        "crumbs": page.crumbs(),
        "facts": extras.pop("facts", None) or page.facts(),
        "timelines": page.drawings(),
        "fields": page.fields(),
        "tables": page.tables(),
        "evidence": page.evidence,
        "changes": page.changes(),
        "desk": desk(page) if can_edit(request.reader) and not request.known_at else None,
        "beside": beside(kind, row, request.GET, request.reader) if not request.known_at else None,
        "history_url": address("history", kind.plural, page.label.key, as_of=None),
        "retired": gone(kind, str(row.id), request.reader) if row.is_retired else None,
        **extras,
    }
    return render(request, "records/record.html", context)


@require_safe
def set_language(request):
    """Remembers `to` (ko, en) and goes back to the page `next` in that language."""
    to, back = request.GET.get("to", ""), request.GET.get("next", "/")
    if to not in dict(settings.LANGUAGES):
        return refusal(request, [_("There is no such language.")])
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = f"/{to}/"
    response = redirect(translate_url(back, to))
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, to, max_age=YEAR, samesite="Lax", secure=request.is_secure())
    return response


# ---- finding ---------------------------------------------------------------------------------------


def refusal(request, problems: Sequence[str] = ()):
    """A page that says everything wrong with an address; None where nothing is."""
    problems = [*request.moment_problems.values(), *problems]
    return render(request, "400.html", {"problems": problems}, status=400) if problems else None


def _kind(plural: str) -> Kind:
    try:
        return kinds_by_plural()[plural]
    except KeyError:
        raise Http404 from None


def _find(kind: Kind, key: str, request):
    """The row with this slug or id that exists for the reader; for officers a retired one does. None where there is none."""
    wanted = by_key(kind, key)
    rows = kind.rows()
    rows = (
        rows.with_retired_visible_to(request.reader) if request.reader.is_officer else rows.visible_to(request.reader)
    )
    row = rows.filter(wanted).first() if wanted else None
    return row and kind.attached([row], request.reader, request.as_of)[0]


def gone_page(request, kind: Kind, key: str):
    """What stands at the address of a record that was retired or deleted: when, by whom, and the way to its history.

    One that was merged into another leads there.
    """
    found = None if request.known_at else gone(kind, key, request.reader)
    if found is None:
        raise Http404
    if found.survivor:
        return redirect(found.survivor.url)
    return render(request, "records/gone.html", {"kind": kind, "gone": found}, status=410)
