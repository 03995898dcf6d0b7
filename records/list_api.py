"""A list and a record as the API answers them: what is asked, all that is wrong with it at once, and the envelope.

{"results": […], "next_cursor": … | null, "count": n, "data_at": "…Z", "is_stale": false}
and a Link header to the next page (RFC 8288)
"""

from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import get_language
from django.utils.translation import gettext as _
from orjson import Fragment
from rest_framework.response import Response

from . import aggregates, lists, shape_asked
from .asking import CONTROLS as OF_PAGES
from .asking import BadQuery, Problem, no_such_record, not_allowed
from .columns import file_columns
from .compiled import page_as_json
from .lists import ListQuery
from .questions import filters_of
from .shape_asked import ShapeAsked, read_shape
from .shapes import shaped

OF_RECORD = (*shape_asked.PARAMETERS, "money", "as_of", "known_at")
CONTROLS = (*(name for name in OF_PAGES if name != "columns"), *shape_asked.PARAMETERS, "count", *aggregates.PARAMETERS)
MANY = (
    "fields",
    "omit",
    "include",
    *aggregates.PARAMETERS,
)  # what may stand twice; of a filter several values mean “or”


def list_answer(view) -> Response:
    """One page of a list."""
    query, shape = list_asked(view)
    if page := page_as_json(query, shape):
        results = [Fragment(row) for row in page.rows]
    else:
        page = query.page()
        results = shaped(shape, page.rows, view.reader, view.as_of)
    body = {"results": results, "next_cursor": page.next_cursor}
    if view.request.query_params.get("count"):
        body["count"] = query.rows().order_by().count()
    return Response(body | view.data_state, headers=link_to(view.request, page.next_cursor))


def list_asked(view) -> tuple[ListQuery, ShapeAsked]:
    """What is asked of a list, and of the shape of its rows. Raises BadQuery with all that is wrong."""
    params, problems, query = view.request.query_params, wrong_outside(view), None
    if "columns" in params:
        problems.append(Problem("columns", _("Here the columns are called “fields”."), "unknown_parameter"))
        params = params.copy()
        del params["columns"]
    if params.get("count", "") not in ("", "exact"):
        problems.append(Problem("count", not_allowed("count", params["count"], ("exact",))))
    try:
        query = lists.read(view.kind, params, view.reader, as_of=view.as_of, controls=CONTROLS)
    except BadQuery as bad:
        problems += bad.problems
    problems += nowhere(query) if query else ()
    shape = _shape(view, params, problems, query)
    if problems or query is None:
        raise BadQuery(problems)
    return replace(query, is_bare=not shape.needs_attached), shape


def record_asked(view) -> ShapeAsked:
    """What is asked of the shape of one record. Raises BadQuery."""
    problems = [*view.problems, *view.not_asked(*OF_RECORD)]
    shape = _shape(view, view.request.query_params, problems)
    if problems:
        raise BadQuery(problems)
    return shape


def _shape(view, params, problems: list[Problem], query: ListQuery | None = None) -> ShapeAsked:
    """As asked; a saved view has columns of its own, which files have too: with id and version."""
    columns = file_columns(view.kind, query.columns) if query and query.columns else ()
    usual = [column.name for column in columns if not column.is_label]
    return read_shape(
        view.kind, params, problems, usual=usual, is_minor=view.is_minor, language=(get_language() or "ko")[:2]
    )


def wrong_outside(view) -> list[Problem]:
    """What is wrong apart from what is asked of the list: the language, the moment, what stands there twice."""
    asked = view.request.query_params
    twice = [name for name in CONTROLS if name not in MANY and len(asked.getlist(name)) > 1]
    return [*view.problems, *map(_asked_twice, twice)]


def nowhere(query: ListQuery) -> Iterator[Problem]:
    """Short names that lead to nothing. Pages show a list without rows then; a machine would take it for an answer."""
    for asked in query.asked:
        for parameter, value in asked.missing:
            filters = {one.name: one for one in filters_of(query.kind)}
            declared = filters.get(asked.name) or query.kind.all_fields[asked.name]
            yield Problem(parameter, no_such_record(declared, value, query.reader))


def _asked_twice(name: str) -> Problem:
    return Problem(name, _("“%s” stands there more than once.") % name, "twice")


def link_to(request, next_cursor: str | None) -> dict[str, str]:
    if next_cursor is None:
        return {}
    asked = request.query_params.copy()
    asked["cursor"] = next_cursor
    return {"Link": f'<{request.build_absolute_uri(request.path)}?{asked.urlencode()}>; rel="next"'}
