"""`GET /api/v1/compare/totals/`: totals at two moments."""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from programs.kinds import PROGRAM, PROJECT
from records.answers import one_answer
from records.asking import BadQuery, Problem
from records.compare_api import MOMENTS, RecordsCompareView
from records.finding import find_ever
from records.history import known_at
from records.money import to_major

from .api import KEPT, kept_values, words_of
from .comparing import AMOUNTS, Line, compare_totals
from .rollups import DIMENSIONS, MEASURES

TAKES = {"program", "project", "group_by", *KEPT, *MOMENTS, "money", "lang", "format"}
SIDE = {
    "planned": serializers.FloatField(allow_null=True, help_text="null: no amount is stated"),
    "committed": serializers.FloatField(allow_null=True),
    "lines": serializers.IntegerField(),
    "unstated": serializers.IntegerField(help_text="lines that state no amount"),
}
ROW = inline_serializer(
    "ComparedTotal",
    {
        "group": serializers.DictField(help_text="the values of the dimensions; null: not stated"),
        "currency": serializers.CharField(),
        "left": inline_serializer("TotalThen", SIDE, allow_null=True),
        "right": inline_serializer("TotalLater", SIDE, allow_null=True),
        "difference": inline_serializer(
            "TotalDifference", {name: serializers.FloatField(allow_null=True) for name in AMOUNTS}
        ),
    },
    many=True,
)
ANSWER = one_answer("ComparedTotals", {"results": ROW, "next_cursor": serializers.CharField(allow_null=True)})


class CompareView(RecordsCompareView):
    """What differs between two moments of one clock: lists, records, totals."""

    @extend_schema(
        operation_id="compare_totals",
        tags=["compare"],
        parameters=[
            OpenApiParameter(name, str, description=MOMENTS.get(name, "")) for name in sorted(TAKES - {"format"})
        ],
        responses=ANSWER,
    )
    @action(detail=False, methods=["get"])
    def totals(self, request):
        asked, problems = request.query_params, []
        problems += [Problem(n, _("There is no parameter “%s”.") % n) for n in asked if n not in TAKES]
        by = words_of(asked, "group_by", DIMENSIONS, problems, most=3)
        only = {name: kept_values(name, asked.getlist(name), problems) for name in KEPT if asked.get(name)}
        if problems:
            raise BadQuery(problems)
        with known_at(None):
            two = self.two()
            scope = {kind.name: self._scope(kind) for kind in (PROGRAM, PROJECT) if asked.get(kind.name)}
            lines = compare_totals(self.reader, two, by, **scope, only=only)
        return Response({"results": [self._shape(line, by) for line in lines], "next_cursor": None})

    def _scope(self, kind):
        row = find_ever(kind, self.request.query_params[kind.name], self.reader)
        if row is None:
            raise Http404
        return row.id

    def _shape(self, line: Line, by: list[str]) -> dict:
        dimensions = [dimension for dimension in by if dimension != "currency"]
        return {
            "group": dict(zip(dimensions, line.group, strict=True)),
            "currency": line.currency,
            "left": self._side(line.left),
            "right": self._side(line.right),
            "difference": {m: self._amount(line.difference(m), line.currency) for m in AMOUNTS},
        }

    def _side(self, row: dict | None) -> dict | None:
        if row is None:
            return None
        return {m: self._amount(row[m], row["currency"]) if m in AMOUNTS else row[m] for m in MEASURES}

    def _amount(self, amount: int | None, currency: str):
        return amount if amount is None or self.is_minor else to_major(amount, currency)
