"""`/api/v1/dues/`: what is due from whom, when, and the report that answers it; officers put a due day off here too."""

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from records.answers import ApiView, one_answer, query_parameters
from records.api import PARAMETERS
from records.asking import DEFAULT_LIMIT, BadQuery, Wrong
from records.base import Change
from records.commands import Author
from records.problem_codes import coded
from records.refusals import Fault, Refused
from records.writing_api import ExactJSONParser

from ..models import ReportDue
from ..models.updates import REPORTED, State
from . import asking as due_asking
from .extending import extend
from .pages import find_due


def _named(name: str, base: str) -> serializers.Serializer:
    fields = {
        "id": serializers.UUIDField(),
        f"{base}_ko": serializers.CharField(),
        f"{base}_en": serializers.CharField(),
    }
    return inline_serializer(name, fields)


def _fields(name: str) -> dict:
    return {
        "id": serializers.UUIDField(),
        "obligation": _named(f"{name}Obligation", "title"),
        "program": _named(f"{name}Program", "name"),
        "project": _named(f"{name}Project", "title"),
        "institution": _named(f"{name}Institution", "name"),
        "milestone": serializers.UUIDField(allow_null=True, help_text="where it is due at a milestone"),
        "period_starts_on": serializers.DateField(),
        "period_ends_on": serializers.DateField(),
        "due_on": serializers.DateField(help_text="the day that counts, in Korea"),
        "rule_due_on": serializers.DateField(help_text="the day by the obligation, before it was put off"),
        "days_left": serializers.IntegerField(help_text="below zero: late by so many"),
        "is_reported": serializers.BooleanField(),
        "update": inline_serializer(
            f"{name}Update",
            {"id": serializers.UUIDField(), "state": serializers.ChoiceField(State.values)},
            allow_null=True,
            help_text="the report of this project, institution and period",
        ),
    }


ONE = inline_serializer("Due", _fields("Due"))
PAGE = one_answer(
    "DuePage",
    {
        "results": inline_serializer("DueInList", _fields("DueInList"), many=True),
        "next_cursor": serializers.CharField(allow_null=True),
    },
)
EXTENDING = inline_serializer(
    "Extending", {"until": serializers.DateField(), "reason": serializers.CharField(help_text="is required")}
)
KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
LANG = OpenApiParameter("lang", str, description=PARAMETERS["lang"])
ASKED = {
    "state": "open (what is not reported, the usual), late, reported, all",
    "within": "due in so many days from today on",
    "program": "id or short name",
    "institution": "id or short name",
}


@extend_schema(tags=["dues"])
class DueView(ApiView):
    """What is due: of one's own institutions, for officers of all. By due day; what is reported, the latest first."""

    parser_classes = (ExactJSONParser,)
    lookup_value_regex = "[^/]+"

    @extend_schema(
        operation_id="dues_list",
        parameters=[LANG, *query_parameters(ASKED), *query_parameters(PARAMETERS, ("limit", "cursor"))],
        responses=PAGE,
    )
    def list(self, request):
        query, problems = due_asking.read(
            request.query_params.dict(), self.reader, usual=DEFAULT_LIMIT, also=("lang", "format")
        )
        if problems:
            raise BadQuery(problems)
        rows, next_cursor = query.page()
        return Response({"results": [*map(_shape, rows)], "next_cursor": next_cursor})

    @extend_schema(operation_id="dues_get", parameters=[KEY, LANG], responses=ONE)
    def retrieve(self, request, pk=None):
        self.only_asked()
        return Response(_shape(find_due(pk, self.reader)))

    @extend_schema(operation_id="dues_extend", parameters=[KEY, LANG], request=EXTENDING, responses=ONE)
    @action(detail=True, methods=["post"])
    def extend(self, request, pk=None):
        """Put the due day off, with a reason."""
        self.only_asked()
        due = find_due(pk, self.reader)
        until, reason = _read(request.data or {})
        extend(due, until=until, reason=reason, by=Author.of(request._request, Change.Door.API))
        return Response(_shape(find_due(pk, self.reader)))


def _read(body: object) -> tuple:
    """(until, reason) as sent. Raises Refused with all that is wrong."""
    if not isinstance(body, dict):
        raise Refused(coded("not_an_object", _("The body is a JSON object: a field and its value, and so on.")))
    faults = [
        Fault(name, coded("unknown_field", _("There is no field “%s”.") % name))
        for name in sorted(set(body) - {"until", "reason"})
    ]
    until, reason = None, body.get("reason", "")
    try:
        until = due_asking.read_day(body.get("until", ""))
    except Wrong as wrong:
        faults.append(Fault("until", str(wrong)))
    if not isinstance(reason, str) or not reason.strip():
        faults.append(Fault("reason", coded("reason_required", _("Say why the due day is put off."))))
    if faults:
        raise Refused(faults)
    return until, reason


def _shape(due: ReportDue) -> dict:
    return {
        "id": due.id,
        "obligation": _ref(due.obligation, "title"),
        "program": _ref(due.program, "name"),
        "project": _ref(due.project, "title"),
        "institution": _ref(due.institution, "name"),
        "milestone": due.milestone_id,
        "period_starts_on": due.period_starts_on,
        "period_ends_on": due.period_ends_on,
        "due_on": due.due_on,
        "rule_due_on": due.rule_due_on,
        "days_left": due.days_left(),
        "is_reported": due.update_state in REPORTED,
        "update": {"id": due.update_id, "state": due.update_state} if due.update_id else None,
    }


def _ref(row, base: str) -> dict:
    return {"id": row.id, f"{base}_ko": getattr(row, f"{base}_ko"), f"{base}_en": getattr(row, f"{base}_en")}
