"""`/api/v1/compare/<plural>/` and `/api/v1/compare/<plural>/<id>/`: what differs between two moments, for machines."""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from . import lists
from .answers import ApiView, one_answer, query_parameters
from .asking import BadQuery, Problem, unknown_parameters
from .comparing import PER_PAGE, Compared, Row, What, compare_list, compare_record, read_page
from .conditional import DATA_STATE
from .finding import find_ever
from .history import known_at
from .kinds import Kind, kinds_by_plural
from .past_api import DIFFERENCE
from .two_moments import PARAMETERS, Two, read_two

MOMENTS = {
    "as_of": "the first day of the world's clock; or the day that both sides hold still",
    "as_of_to": "the second day; today if neither second moment is given",
    "known_at": "the first instant of the registry's clock; or the instant that both sides hold still",
    "known_at_to": "the second instant; now if neither second moment is given",
}
PAGING = {
    "only": f"one of {', '.join(What)}",
    "after": "`next_cursor` of the page before",
    "money": "major or minor",
    "lang": "ko or en",
}
TAKEN = (*PARAMETERS, *PAGING, "format")
ROW = {
    "record": serializers.UUIDField(),
    "kind": serializers.CharField(),
    "what": serializers.ChoiceField([(what.value, what.value) for what in What]),
    "why": serializers.CharField(
        help_text="entered, restored, matches, deleted, retired, no_longer_matches, edited: what brought the row in or out"
    ),
    "label_ko": serializers.CharField(),
    "label_en": serializers.CharField(),
    "differences": DIFFERENCE,
}
COUNTS = inline_serializer("ComparedCounts", {what.value: serializers.IntegerField() for what in What})
LIST = one_answer(
    "Comparison",
    {
        "counts": COUNTS,
        "results": inline_serializer("ComparedRow", ROW, many=True),
        "next_cursor": serializers.UUIDField(allow_null=True),
        **DATA_STATE,
    },
)
RECORD = inline_serializer(
    "RecordComparison",
    {
        "record": inline_serializer("ComparedRecord", ROW, allow_null=True),
        "parts": inline_serializer(
            "ComparedPart",
            {
                "kind": serializers.CharField(),
                "counts": COUNTS,
                "results": inline_serializer("ComparedPartRow", ROW, many=True),
                "has_more": serializers.BooleanField(),
            },
            many=True,
        ),
    },
)
ASKED = query_parameters(MOMENTS | PAGING)
PLURAL = OpenApiParameter("id", str, OpenApiParameter.PATH, description="a list, by its name in addresses: projects")
KEY = OpenApiParameter("key", str, OpenApiParameter.PATH, description="id, or slug where there is one")


class RecordsCompareView(ApiView):
    """What differs between two moments of one clock. Lists take their own filters besides."""

    made_of_records = True
    is_of_today = True

    lookup_value_regex = "[a-z-]+"

    @extend_schema(operation_id="compare_list", tags=["compare"], parameters=[PLURAL, *ASKED], responses=LIST)
    def retrieve(self, request, pk=None):
        kind = _kind(pk)
        with known_at(None):
            two = self.two()
            query = lists.read(kind, request.query_params, self.reader, also=TAKEN)
            only, after = read_page(request.query_params)
            found = compare_list(
                query, two, only=only, after=after, limit=query.limit if "limit" in request.query_params else PER_PAGE
            )
        return Response(shape_compared(found) | {"next_cursor": found.after} | self.data_state)

    @extend_schema(operation_id="compare_record", tags=["compare"], parameters=[PLURAL, KEY, *ASKED], responses=RECORD)
    @action(detail=True, methods=["get"], url_path="(?P<key>[^/]+)")
    def record(self, request, pk=None, key=None):
        kind = _kind(pk)
        if unknown := unknown_parameters(request.query_params, TAKEN):
            raise BadQuery(unknown)
        with known_at(None):
            row = find_ever(kind, key, self.reader)
            found = compare_record(kind, row.id, self.reader, self.two()) if row else None
        if found is None:
            raise Http404
        parts = [
            shape_compared(part) | {"kind": child.name, "has_more": part.after is not None}
            for child, _by, part in found.parts
        ]
        return Response({"record": shape_row(kind, found.row) if found.row else None, "parts": parts})

    def two(self) -> Two:
        two = read_two(self.request.query_params)
        if two is None:
            raise BadQuery(
                [Problem("known_at", _("Give the moments: “known_at” or “as_of”, and the second one with “_to”."))]
            )
        return two


def _kind(plural: str) -> Kind:
    if plural not in kinds_by_plural():
        raise Http404
    return kinds_by_plural()[plural]


def shape_compared(found: Compared) -> dict:
    return {"counts": found.counts, "results": [shape_row(found.kind, row) for row in found.rows]}


def shape_row(kind: Kind, row: Row) -> dict:
    return {
        "record": row.id,
        "kind": kind.name,
        "what": str(row.what),
        "why": str(row.why),
        "label_ko": row.label.ko,
        "label_en": row.label.en,
        "differences": [{"field": d.field.name, "before": d.before, "after": d.after} for d in row.differences],
    }
