"""`GET /api/v1/search/`: the best records of all kinds, where they answer, and how many of each kind there are."""

from urllib.parse import urlencode

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from .answers import ApiView, one_answer
from .asking import BadQuery, Problem
from .conditional import DATA_STATE
from .everywhere import COUNTED_TO, LIMIT, MOST, Counted, Hit, How, search
from .matching import Match
from .search_pages import read_question
from .suggest_pages import as_json

PARAMETERS = {
    "q": "Words that all occur, in either language; a name, also romanised or by its initial consonants; an id or number.",
    "kind": "Kinds to look in, separated by commas; all where none is named.",
    "limit": f"How many at most, 1 to {MOST} ({LIMIT}). Each kind's own list goes on with the same words as `search=`.",
    "as_of": "Only what counts on this day.",
    "lang": "ko or en.",
}
PART = inline_serializer(
    "SearchPart",
    {"text": serializers.CharField(), "is_hit": serializers.BooleanField(help_text="this is what was asked for")},
    many=True,
)
MATCH = inline_serializer(
    "SearchMatch",
    {
        "field": serializers.CharField(),
        "label": serializers.CharField(help_text="what the field is called"),
        "parts": PART,
    },
    many=True,
)
HIT = inline_serializer(
    "SearchHit",
    {
        "id": serializers.UUIDField(),
        "kind": serializers.CharField(),
        "label": serializers.CharField(help_text="in the language of the answer"),
        "label_ko": serializers.CharField(),
        "label_en": serializers.CharField(),
        "other": serializers.CharField(help_text="the name in the other language"),
        "word": serializers.CharField(help_text="what the kind is called"),
        "apart": serializers.CharField(help_text="what tells it apart from its namesakes"),
        "reached": serializers.CharField(
            help_text="how it was found where no text says so: romanised, initial consonants"
        ),
        "is_exact": serializers.BooleanField(help_text="it is called just so"),
        "url": serializers.CharField(help_text="its page"),
        "how": serializers.ChoiceField([how.value for how in How], help_text="how it answers, the best first"),
        "matches": MATCH,
    },
    many=True,
)
COUNTED = inline_serializer(
    "SearchCount",
    {
        "kind": serializers.CharField(),
        "label": serializers.CharField(),
        "count": serializers.IntegerField(help_text=f"records that have every word, counted up to {COUNTED_TO}"),
        "is_capped": serializers.BooleanField(help_text="there may be more"),
        "url": serializers.CharField(help_text="the list of this kind with the same words"),
    },
    many=True,
)


class SearchView(ApiView):
    """Records of all kinds that answer, the best first; `similar` has names that are nearly so where nothing is called just so."""

    made_of_records = True
    is_of_today = True

    @extend_schema(
        operation_id="search_list",
        tags=["search"],
        parameters=[OpenApiParameter(n, OpenApiTypes.STR, description=text) for n, text in PARAMETERS.items()],
        responses=one_answer("SearchAnswer", {"results": HIT, "similar": HIT, "kinds": COUNTED, **DATA_STATE}),
    )
    def list(self, request):
        problems: list[Problem] = []
        asked = read_question(request.query_params, problems)
        if problems:
            raise BadQuery(problems)
        answer = search(**asked, reader=self.reader, as_of=self.as_of)
        counts = [_count(one, request.query_params) for one in answer.kinds]
        return Response(
            {"results": [*map(_hit, answer.hits)], "similar": [*map(_hit, answer.similar)], "kinds": counts}
            | self.data_state
        )


def _hit(hit: Hit) -> dict:
    return as_json(hit) | {"how": hit.how.value, "matches": [_match(match) for match in hit.matches]}


def _match(match: Match) -> dict:
    parts = [{"text": part.text, "is_hit": part.is_hit} for part in match.parts]
    return {"field": match.field, "label": match.label, "parts": parts}


def _count(one: Counted, params) -> dict:
    query = {"search": params.get("q", "").strip()} | ({"as_of": params["as_of"]} if params.get("as_of") else {})
    return {
        "kind": one.kind.name,
        "label": str(one.kind.label_many),
        "count": one.count,
        "is_capped": one.are_more,
        "url": f"/api/v1/{one.kind.plural}/?{urlencode(query)}",
    }
