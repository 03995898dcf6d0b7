"""`GET /api/v1/suggest/`: the records that may be meant by what somebody types."""

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from .answers import query_parameters
from .api import ApiView, one_answer
from .asking import BadQuery, Problem
from .suggest_pages import as_json, read_question
from .suggesting import MOST, suggest

PARAMETERS = {
    "q": "What is typed: a name in either language or romanised, initial consonants, an id, a slug, an ORCID, a ROR id.",
    "kind": "Kinds to look in, separated by commas; those of the menu where none is named.",
    "within": "Id of a program to keep to.",
    "limit": f"How many at most, 1 to {MOST} (10).",
    "lang": "ko or en.",
}
ROW = inline_serializer(
    "Suggestion",
    {
        "id": serializers.UUIDField(),
        "kind": serializers.CharField(),
        "label": serializers.CharField(help_text="in the language of the answer"),
        "label_ko": serializers.CharField(),
        "label_en": serializers.CharField(),
        "other": serializers.CharField(help_text="the name in the other language"),
        "word": serializers.CharField(help_text="what the kind is called"),
        "apart": serializers.CharField(help_text="what tells it apart from its namesakes"),
        "reached": serializers.CharField(help_text="the other name by which it was found, or how"),
        "is_exact": serializers.BooleanField(help_text="what was typed is its number or one of its names"),
        "url": serializers.CharField(help_text="its page"),
    },
    many=True,
)


class SuggestView(ApiView):
    """Records that may be meant, the likeliest first: exact names, then names and words that begin so, then what contains it."""

    made_of_records = True
    is_of_today = True

    @extend_schema(
        operation_id="suggest_list",
        tags=["suggest"],
        parameters=query_parameters(PARAMETERS),
        responses=one_answer("Suggestions", {"results": ROW}),
    )
    def list(self, request):
        problems: list[Problem] = []
        asked = read_question(request.query_params, problems)
        if problems:
            raise BadQuery(problems)
        return Response({"results": [as_json(one) for one in suggest(**asked, reader=self.reader)]})
