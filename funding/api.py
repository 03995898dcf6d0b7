"""`GET /api/v1/rollups/`: totals, grouped."""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from programs.kinds import PROGRAM, PROJECT
from records.api import ApiView, find, one_answer
from records.asking import BadQuery, Problem, not_a_value, not_allowed
from records.figures import freshness
from records.money import to_major

from .models import FundingLine, PayerKind
from .rollups import DIMENSIONS, MEASURES, lines_not_shown, totals

KEPT = ("fiscal_year", "payer_kind", "form", "currency")
TAKES = {"program", "project", "group_by", "measure", "as_of", "known_at", "money", "lang", "format", *KEPT}
WORDS = {"payer_kind": set(PayerKind.values), "form": set(FundingLine.Form.values)}
AMOUNTS = ("planned", "committed")
ROW = inline_serializer(
    "Rollup",
    {
        "program": serializers.UUIDField(required=False),
        "project": serializers.UUIDField(
            required=False, allow_null=True, help_text="null: lines of the program itself"
        ),
        "fiscal_year": serializers.IntegerField(required=False, allow_null=True, help_text="null: year not stated"),
        "payer_kind": serializers.CharField(required=False),
        "form": serializers.CharField(required=False),
        "currency": serializers.CharField(),
        "planned": serializers.FloatField(required=False, allow_null=True, help_text="null: no amount is stated"),
        "committed": serializers.FloatField(required=False, allow_null=True),
        "lines": serializers.IntegerField(required=False),
        "unstated": serializers.IntegerField(required=False, help_text="lines that state no amount"),
    },
    many=True,
)
ANSWER = one_answer(
    "Rollups",
    {
        "results": ROW,
        "next_cursor": serializers.CharField(allow_null=True),
        "computed_at": serializers.DateTimeField(allow_null=True),
        "is_stale": serializers.BooleanField(),
        "lines_not_shown": serializers.IntegerField(required=False, help_text="for signed-in readers"),
    },
)
HELP = {
    "group_by": f"up to three of {', '.join(DIMENSIONS)}; always also per currency",
    "measure": f"any of {', '.join(MEASURES)}",
    "program": "id or slug; with everything in it",
    "project": "id or slug; with everything below it",
    "fiscal_year": "years, or null for “year not stated”",
}


class RollupView(ApiView):
    """What funding lines add up to. Two currencies are never added; “not stated” is a group of its own."""

    @extend_schema(
        operation_id="rollups_list",
        tags=["rollups"],
        parameters=[OpenApiParameter(name, str, description=HELP.get(name, "")) for name in sorted(TAKES - {"format"})],
        responses=ANSWER,
    )
    def list(self, request):
        asked, problems = request.query_params, []
        problems += [Problem(n, _("There is no parameter “%s”.") % n) for n in asked if n not in TAKES]
        group_by = words_of(asked, "group_by", DIMENSIONS, problems, most=3)
        measures = words_of(asked, "measure", MEASURES, problems) or list(MEASURES)
        only = {name: kept_values(name, asked.getlist(name), problems) for name in KEPT if asked.get(name)}
        if problems:
            raise BadQuery(problems)
        is_past = request._request.known_at is not None
        try:
            program = find(PROGRAM, asked["program"], self.reader).id if asked.get("program") else None
            project = find(PROJECT, asked["project"], self.reader).id if asked.get("project") else None
        except Http404:
            return Response({"results": [], "next_cursor": None, "computed_at": None, "is_stale": False})
        of = {"program": program, "project": project, "only": only, "as_of": self.as_of, "is_past": is_past}
        rows = totals(self.reader, group_by=group_by, **of)
        fresh = freshness("rollups")
        shown = [d for d in group_by if d != "currency"] + ["currency", *measures]
        results = [{name: self._value(name, row) for name in shown} for row in rows]
        answer = {"results": results, "next_cursor": None, "computed_at": fresh.computed_at, "is_stale": fresh.is_stale}
        if self.reader.is_signed_in:
            answer["lines_not_shown"] = lines_not_shown(self.reader, **of)
        return Response(answer)

    def _value(self, name: str, row: dict):
        value = row[name]
        if name in AMOUNTS and value is not None and not self.is_minor:
            return to_major(value, row["currency"])
        return value


def words_of(asked, name: str, allowed, problems: list[Problem], most: int = 99) -> list[str]:
    words = [word for text in asked.getlist(name) for word in text.split(",") if word]
    wrong = [word for word in words if word not in allowed]
    if wrong:
        problems.append(Problem(name, not_allowed(name, ", ".join(wrong), allowed)))
    if len(words) > most:
        problems.append(Problem(name, _("“%(name)s” takes at most %(most)d values.") % {"name": name, "most": most}))
    return list(dict.fromkeys(words))


def kept_values(name: str, texts: list[str], problems: list[Problem]) -> list:
    values = [word for text in texts for word in text.split(",") if word]
    if name == "fiscal_year":
        wrong = [v for v in values if v != "null" and not (v.isascii() and v.isdigit() and len(v) == 4)]
        values = [None if v == "null" else int(v) for v in values if v not in wrong]
    else:
        wrong = [v for v in values if v not in WORDS.get(name, values) or not v.isprintable()]
    if wrong:
        problems.append(Problem(name, not_a_value(name, ", ".join(wrong))))
    return values
