"""`GET /api/v1/compare/totals/`: totals at two moments."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from records.answers import one_answer, query_parameters
from records.asking import BadQuery, Problem, unknown_parameters
from records.compare_api import MOMENTS, RecordsCompareView
from records.finding import find_ever
from records.history import known_at
from records.money import to_major

from .api import MEASURED
from .asking import TAKES as OF_MONEY
from .asking import group_by_of, read_scope
from .comparing import AMOUNTS, Line, compare_totals
from .explaining import Why, explain
from .rollups import MEASURES

ALWAYS = (*MOMENTS, "money", "lang", "format")
TAKES = {*OF_MONEY, "group_by", *ALWAYS}
OF_LINES = {*OF_MONEY, *ALWAYS}
SIDE = {
    **MEASURED,
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
EXPLAINED = inline_serializer(
    "ExplainedDifference",
    {
        "line": serializers.UUIDField(help_text="the funding line"),
        "fiscal_year": serializers.IntegerField(allow_null=True, help_text="null: year not stated"),
        "currency": serializers.CharField(),
        "why": serializers.ListField(child=serializers.ChoiceField(Why.choices)),
        "left": inline_serializer("LineThen", MEASURED, allow_null=True),
        "right": inline_serializer("LineLater", MEASURED, allow_null=True),
    },
    many=True,
)
LINES_ANSWER = one_answer(
    "ExplainedDifferences",
    {
        "results": EXPLAINED,
        "next_cursor": serializers.CharField(allow_null=True),
        "more": serializers.IntegerField(
            help_text="lines that differ and are not among these, the largest differences"
        ),
        "is_whole": serializers.BooleanField(help_text="false: there were too many lines to look at all of them"),
    },
)
ANSWER = one_answer("ComparedTotals", {"results": ROW, "next_cursor": serializers.CharField(allow_null=True)})


class CompareView(RecordsCompareView):
    """What differs between two moments of one clock: lists, records, totals."""

    @extend_schema(
        operation_id="compare_totals",
        tags=["compare"],
        parameters=query_parameters(MOMENTS, sorted(TAKES - {"format"})),
        responses=ANSWER,
    )
    @action(detail=False, methods=["get"])
    def totals(self, request):
        problems: list[Problem] = []
        by = group_by_of(request.query_params, problems)
        with known_at(None):
            of, two = self._of(TAKES, problems), self.two()
            lines = compare_totals(self.reader, two, by, **of)
        return Response({"results": [self._shape(line, by) for line in lines], "next_cursor": None})

    @extend_schema(
        operation_id="compare_totals_lines",
        tags=["compare"],
        parameters=query_parameters(MOMENTS, sorted(OF_LINES - {"format"})),
        responses=LINES_ANSWER,
    )
    @action(detail=False, methods=["get"], url_path="totals/lines")
    def total_lines(self, request):
        """Why totals differ: each line that counts otherwise, and what happened to it."""
        with known_at(None):
            of, two = self._of(OF_LINES, []), self.two()
            found = explain(self.reader, two, **of)
        results = [
            {
                "line": one.line,
                "fiscal_year": one.fiscal_year,
                "currency": one.currency,
                "why": one.why,
                "left": self._line(one.left),
                "right": self._line(one.right),
            }
            for one in found.differences
        ]
        return Response({"results": results, "next_cursor": None, "more": found.more, "is_whole": found.is_whole})

    def _of(self, takes: set[str], problems: list[Problem]) -> dict:
        """Which money is asked about, also of what was deleted. Raises BadQuery and Http404."""
        asked = self.request.query_params
        problems += unknown_parameters(asked, takes)
        of = read_scope(asked, self.reader, find_ever, problems)
        if problems:
            raise BadQuery(problems)
        return of

    def _line(self, row: dict | None) -> dict | None:
        return None if row is None else {m: self._amount(row[m], row["currency"]) for m in AMOUNTS}

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
