"""`/api/v1/duplicates/`: pairs of records that may be one, for officers; that they are one is said by merging them."""

from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from . import duplicates
from .answers import ApiView, one_answer
from .api import PARAMETERS
from .asking import BadQuery, Problem, limit_of, not_a_value, not_allowed
from .kinds import Kind
from .problem_codes import coded
from .reading import not_a_reference
from .refusals import Fault, Refused
from .rules import require_can_edit
from .writing_api import ExactJSONParser, TakesWords

RECORD = {"id": serializers.UUIDField(), "label": serializers.CharField(), "apart": serializers.CharField(), "url": serializers.CharField()}  # fmt: skip
PAIR = inline_serializer(
    "DuplicatePair",
    {
        "kind": serializers.CharField(),
        "one": inline_serializer("DuplicateOne", RECORD),
        "other": inline_serializer("DuplicateOther", RECORD),
        "reasons": serializers.ListField(
            child=serializers.CharField(), help_text=", ".join(duplicates.Likeness.Reason.values)
        ),
    },
    many=True,
)
PAGE = one_answer("DuplicatePage", {"results": PAIR, "next_cursor": serializers.CharField(allow_null=True)})
TWO = inline_serializer(
    "TheseAreTwo",
    {
        "kind": serializers.CharField(),
        "one": serializers.UUIDField(),
        "other": serializers.UUIDField(),
        "reason": serializers.CharField(),
    },
)
KEPT = inline_serializer("KeptApart", {"disagreement": serializers.UUIDField()})


@extend_schema(tags=["duplicates"])
class DuplicateView(TakesWords, ApiView):
    """Suspected duplicates, the likeliest first. They are looked for each night."""

    made_of_records = True
    is_of_today = True

    parser_classes = (ExactJSONParser,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="duplicates_list",
        parameters=[
            OpenApiParameter("kind", str, required=True, description="researcher, institution, …"),
            *(OpenApiParameter(name, str, description=PARAMETERS[name]) for name in ("limit", "cursor", "lang")),
        ],
        responses=PAGE,
    )
    def list(self, request):
        require_can_edit(self.reader)
        self.only_asked("kind", "limit", "cursor")
        problems: list[Problem] = []
        kind = _kind(request.query_params.get("kind", ""), problems)
        limit = limit_of(request.query_params.get("limit", ""), problems)
        if problems:
            raise BadQuery(problems)
        cursor = request.query_params.get("cursor", "")
        try:
            pairs, after = duplicates.page(kind, self.reader, cursor, limit)
        except ValueError:
            raise BadQuery([Problem("cursor", not_a_value("cursor", cursor))]) from None
        return Response({"results": [*map(_shape, pairs)], "next_cursor": after or None})

    @extend_schema(operation_id="duplicates_two", request=TWO, responses=KEPT)
    @action(detail=False, methods=["post"])
    def two(self, request):
        """These are two: kept as a decided disagreement, and the pair is not shown again."""
        require_can_edit(self.reader)
        self.only_asked()
        body, problems = self._only("kind", "one", "other"), []
        kind = _kind(str(body.get("kind", "")), problems)
        if problems:
            raise Refused(Fault(problem.parameter, problem.message) for problem in problems)
        done = duplicates.keep_apart(kind, _id(body, "one"), _id(body, "other"), by=self._author(body))
        return Response({"disagreement": done.ids[0]}, status=201)


def _kind(name: str, problems: list[Problem]) -> Kind | None:
    searched = {kind.name: kind for kind in duplicates.searched_kinds()}
    if name not in searched:
        problems.append(
            Problem("kind", not_allowed("kind", name, searched) if name else coded("required", _("Say which kind.")))
        )
    return searched.get(name)


def _id(body: dict, name: str) -> UUID:
    try:
        return UUID(str(body.get(name, "")))
    except ValueError:
        raise Refused([Fault(name, not_a_reference(body.get(name, "")))]) from None


def _shape(pair: duplicates.Pair) -> dict:
    def shown(one):
        return {"id": one.id, "label": str(one), "apart": one.apart, "url": one.label.url}

    return {
        "kind": pair.kind.name,
        "one": shown(pair.one),
        "other": shown(pair.other),
        "reasons": pair.likeness.reasons,
    }
