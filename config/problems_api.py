"""`/api/problems/`: what each code means and what to do about it, in both languages. `type` of every refusal leads here."""

from django.utils import translation
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from records.answers import ApiView, one_answer
from records.problem_codes import CODES


class InBoth(serializers.Serializer):
    ko = serializers.CharField()
    en = serializers.CharField()


class ProblemCode(serializers.Serializer):
    code = serializers.CharField()
    type = serializers.CharField(help_text="its address")
    title = InBoth()
    advice = InBoth(help_text="what to do about it")


class ProblemCodeView(ApiView):
    """What can be wrong, by codes that stay the same."""

    lookup_value_regex = "[a-z_]+"
    lookup_field = "code"

    @extend_schema(
        operation_id="problems_list", tags=["problems"],
        responses=one_answer("ProblemCodePage", {"results": ProblemCode(many=True)}),
    )  # fmt: skip
    def list(self, request):
        self.only_asked()
        return Response({"results": [told(code) for code in CODES]})

    @extend_schema(operation_id="problems_get", tags=["problems"], responses=ProblemCode)
    def retrieve(self, request, code):
        self.only_asked()
        if code not in CODES:
            raise NotFound
        return Response(told(code))


def told(code: str) -> dict:
    return {
        "code": code,
        "type": f"/api/problems/{code}",
        "title": _both(CODES[code].title),
        "advice": _both(CODES[code].advice),
    }


def _both(text) -> dict[str, str]:
    said = {}
    for language in ("ko", "en"):
        with translation.override(language):
            said[language] = str(text)
    return said
