"""`GET /api/v1/rollups/`: totals, grouped. `GET /api/v1/rollups/lines/`: the lines that a total is the sum of."""

import re
from uuid import UUID

from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from records.answers import query_parameters
from records.api import ApiView, find, one_answer
from records.asking import BadQuery, Problem, limit_of, not_a_value, unknown_parameters
from records.conditional import DATA_STATE
from records.figures import freshness
from records.money import to_major

from .asking import TAKES, group_by_of, read_scope, words_of
from .comparing import AMOUNTS
from .rollups import DIMENSIONS, MEASURES, NO_YEAR, lines_behind, lines_not_shown, totals

ALWAYS = {"as_of", "known_at", "money", "lang", "format"}
OF_TOTALS = {*TAKES, "group_by", "measure", *ALWAYS}
OF_LINES = {*TAKES, "cursor", "limit", *ALWAYS}
Problems, Rows = list[Problem], list[dict]  # RollupView has a `list` of its own
CURSOR = re.compile(r"([0-9a-f-]{36})\.(\d{1,4})")
AMOUNT = {"required": False, "allow_null": True}
MEASURED = {
    "planned": serializers.FloatField(**AMOUNT, help_text="null: no amount is stated"),
    "committed": serializers.FloatField(**AMOUNT),
    "received": serializers.FloatField(**AMOUNT, help_text="less returned"),
    "spent": serializers.FloatField(**AMOUNT, help_text="less recovered"),
    "undivided": serializers.FloatField(**AMOUNT, help_text="of envelopes: what their splits leave"),
    "remaining": serializers.FloatField(**AMOUNT, help_text="committed less spent"),
}
ROW = inline_serializer(
    "Rollup",
    {
        "program": serializers.UUIDField(required=False),
        "project": serializers.UUIDField(
            required=False, allow_null=True, help_text="null: lines of the program itself"
        ),
        "payer": serializers.UUIDField(required=False, allow_null=True, help_text="null: not stated"),
        "payer_kind": serializers.CharField(required=False),
        "abroad": serializers.BooleanField(required=False, allow_null=True, help_text="null: not stated"),
        "recipient": serializers.UUIDField(required=False, allow_null=True),
        "fiscal_year": serializers.IntegerField(required=False, allow_null=True, help_text="null: year not stated"),
        "form": serializers.CharField(required=False),
        "category": serializers.CharField(required=False, allow_null=True),
        "state": serializers.CharField(required=False),
        "currency": serializers.CharField(),
        **MEASURED,
        "lines": serializers.IntegerField(required=False),
        "unstated": serializers.IntegerField(required=False, help_text="lines that state no amount"),
    },
    many=True,
)
BEHIND = inline_serializer(
    "LineBehindTotal",
    {
        "line": serializers.UUIDField(help_text="the funding line"),
        "fiscal_year": serializers.IntegerField(allow_null=True),
        "currency": serializers.CharField(),
        **MEASURED,
    },
    many=True,
)
ABOUT = {
    "next_cursor": serializers.CharField(allow_null=True),
    "computed_at": serializers.DateTimeField(allow_null=True),
    **DATA_STATE,
    "lines_not_shown": serializers.IntegerField(required=False, help_text="for signed-in readers"),
}
ANSWER = one_answer("Rollups", {"results": ROW, **ABOUT})
LINES_ANSWER = one_answer("LinesBehindTotal", {"results": BEHIND, **ABOUT})
HELP = {
    "group_by": f"up to three of {', '.join(DIMENSIONS)}; always also per currency",
    "measure": f"any of {', '.join(MEASURES)}",
    "program": "id or slug; with everything in it",
    "project": "id or slug; with everything below it",
    "fiscal_year": "years, or null for “year not stated”",
    "payer": "ids or slugs, or null for “not stated”",
    "recipient": "ids or slugs, or null for “not stated”",
    "abroad": "whether the payer is: true, false, or null for “not stated”",
    "category": "null for “not stated”",
}


def _parameters(takes: set[str]) -> list[OpenApiParameter]:
    return query_parameters(HELP, sorted(takes - {"format"}))


class RollupView(ApiView):
    """What funding lines add up to. Two currencies are never added; “not stated” is a group of its own."""

    made_of_records = True

    @extend_schema(operation_id="rollups_list", tags=["rollups"], parameters=_parameters(OF_TOTALS), responses=ANSWER)
    def list(self, request):
        problems = unknown_parameters(request.query_params, OF_TOTALS)
        group_by = group_by_of(request.query_params, problems)
        measures = words_of(request.query_params, "measure", MEASURES, problems) or list(MEASURES)
        of = self._of(problems)
        if of is None:
            return self._answer([])
        shown = [d for d in group_by if d != "currency"] + ["currency", *measures]
        rows = totals(self.reader, group_by=group_by, **of)
        return self._answer([self._shape(row, shown) for row in rows], of)

    @extend_schema(
        operation_id="rollups_lines", tags=["rollups"], parameters=_parameters(OF_LINES), responses=LINES_ANSWER
    )
    @action(detail=False, methods=["get"])
    def lines(self, request):
        """What each line counts for in each fiscal year, of the money that is asked about; the sum is the total."""
        problems = unknown_parameters(request.query_params, OF_LINES)
        limit, after = self._page(problems)
        of = self._of(problems)
        if of is None:
            return self._answer([])
        rows = lines_behind(self.reader, after=after, limit=limit + 1, **of)
        last = rows[limit - 1] if len(rows) > limit else None
        cursor = f"{last['line']}.{last['fiscal_year'] or NO_YEAR}" if last else None
        shown = ("line", "fiscal_year", "currency", *AMOUNTS)
        return self._answer([self._shape(row, shown) for row in rows[:limit]], of, cursor)

    # -- parts -----------------------------------------------------------------------------------------

    def _of(self, problems: Problems) -> dict | None:
        """What Asked takes; None where a record is named that does not exist for the reader. Raises BadQuery."""
        try:
            scope = read_scope(self.request.query_params, self.reader, find, problems)
        except Http404:
            scope = None
        if problems:
            raise BadQuery(problems)
        is_past = self.request._request.known_at is not None
        return None if scope is None else {**scope, "as_of": self.as_of, "is_past": is_past}

    def _page(self, problems: Problems) -> tuple[int, tuple[UUID, int] | None]:
        asked = self.request.query_params
        limit, cursor = limit_of(asked.get("limit", ""), problems), asked.get("cursor", "")
        found = CURSOR.fullmatch(cursor)
        try:
            after = (UUID(found[1]), int(found[2])) if found else None
        except ValueError:
            found = None
        if cursor and not found:
            problems.append(Problem("cursor", not_a_value("cursor", cursor)))
        return limit, after if found else None

    def _answer(self, results: Rows, of: dict | None = None, cursor: str | None = None) -> Response:
        fresh = freshness("rollups")
        answer = {
            "results": results,
            "next_cursor": cursor,
            "computed_at": fresh.computed_at if of else None,
            **self.data_state,
            "is_stale": fresh.is_stale if of else False,
        }
        if of and self.reader.is_signed_in:
            answer["lines_not_shown"] = lines_not_shown(self.reader, **of)
        return Response(answer)

    def _shape(self, row: dict, shown) -> dict:
        return {name: self._value(name, row) for name in shown}

    def _value(self, name: str, row: dict):
        value = row[name]
        if name in AMOUNTS and value is not None and not self.is_minor:
            return to_major(value, row["currency"])
        return value
