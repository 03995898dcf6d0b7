"""What is asked of the list of updates: its filters, and the place from which it goes on."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.http import QueryDict
from django.utils.translation import gettext as _

from labs.models import Institution
from programs.models import Program, Project
from records.asking import BadQuery, Problem, limit_of, not_allowed, unknown_parameters
from records.cells import BadCell
from records.cells import read as read_cell
from records.dates import BadDate, parse
from records.finding import called, leads_to
from records.kinds import Field, Type, kind_of
from records.problem_codes import coded
from records.rights import Reader

from ..models import ProjectUpdate, UpdateEvent
from ..models.updates import State

INSTANT = Field("changed_since", Type.INSTANT, "")
HELP = {
    "project": "of this project (id or slug)",
    "institution": "of this institution (id or slug)",
    "program": "of the projects of this program (id or slug)",
    "state": ", ".join(State.values),
    "period": "whose period lies within this one (EDTF): 2025, 2025-01/2025-06",
    "changed_since": "that were saved, moved or spoken about since this instant (ISO 8601)",
    "limit": "Rows per page, 1 to 1000 (100).",
    "cursor": "`next_cursor` of the page before.",
}


class Wrong(ValueError):
    """Carries the sentence about one parameter."""


def page_of(asked: QueryDict, reader: Reader) -> tuple[list[ProjectUpdate], str | None]:
    """The updates that are asked for, the newest begun first, and the cursor of the next page. Raises BadQuery."""
    problems = unknown_parameters(asked, {*HELP, "money", "lang", "format"})
    limit = limit_of(asked.get("limit", ""), problems)
    found = with_changed_at(ProjectUpdate.objects.visible_to(reader)).select_related("project", "submitted_by")
    for name, condition in CONDITIONS.items():
        wanted = Q()
        try:
            for text in filter(None, asked.getlist(name)):  # twice means “or”
                wanted |= condition(text)
        except Wrong as wrong:
            problems.append(Problem(name, str(wrong)))
        found = found.filter(wanted)
    if problems:
        raise BadQuery(problems)
    rows = list(found.order_by("-id")[: limit + 1])
    return rows[:limit], str(rows[limit - 1].id) if len(rows) > limit else None


def with_changed_at(updates: QuerySet) -> QuerySet:
    """Each with `changed_at`: when it was last saved, moved or spoken about."""
    latest = UpdateEvent.objects.filter(update=OuterRef("id")).order_by("-id").values("at")[:1]
    return updates.annotate(changed_at=Greatest("saved_at", Subquery(latest)))


def _is(path: str, model) -> Callable[[str], Q]:
    """Names a record by id or slug; there may be none."""

    def condition(text: str) -> Q:
        try:
            return Q(**{path: leads_to(UUID(text))})
        except ValueError:
            return Q(**{f"{path}__in": called(kind_of(model), text)})

    return condition


def _in_state(text: str) -> Q:
    if text not in State:
        raise Wrong(not_allowed("state", text, State.values))
    return Q(state=text)


def _in_period(text: str) -> Q:
    try:
        period = parse(text)
    except BadDate as bad:
        raise Wrong(str(bad)) from None
    return Q(period_starts_on__gte=period.first, period_ends_on__lte=period.last)


def _changed_since(text: str) -> Q:
    try:
        when: datetime = read_cell(INSTANT, text)
    except BadCell as bad:
        raise Wrong(str(bad)) from None
    return Q(changed_at__gte=when)


def _after(text: str) -> Q:
    try:
        return Q(id__lt=UUID(text))
    except ValueError:
        raise Wrong(
            coded("bad_cursor", _("This cursor belongs to another question. Begin again without it."))
        ) from None


CONDITIONS = {
    "project": _is("project", Project),
    "institution": _is("institution", Institution),
    "program": _is("project__program", Program),
    "state": _in_state,
    "period": _in_period,
    "changed_since": _changed_since,
    "cursor": _after,
}
