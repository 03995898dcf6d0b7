"""What all answers of the API share: the reader, the moment, the language, and their outer shape."""

from collections.abc import Iterable, Mapping

from django.utils import translation
from drf_spectacular.utils import OpenApiParameter, extend_schema_serializer, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from . import deprecation
from .asking import BadQuery, Problem, not_allowed, unknown_parameters
from .conditional import Conditional
from .jobs import AT_ONCE, Job
from .negotiating import Negotiation
from .once import ActsOnce


class ApiView(Conditional, ActsOnce, ViewSet):
    """What all answers of the API share: the reader, the moment, the language, and that a request with a key acts once."""

    content_negotiation_class = Negotiation
    saying_all_at_once: tuple[str, ...] = ()  # actions that say `problems` together with what they find themselves

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        asked = request.query_params.get("lang", "")
        is_known = asked in ("", "ko", "en")
        translation.activate(asked if asked and is_known else translation.get_language_from_request(request))
        self.problems = [] if is_known else [Problem("lang", not_allowed("lang", asked, ("ko", "en")))]
        self.problems += [Problem(name, text) for name, text in request._request.moment_problems.items()]
        money = request.query_params.get("money", "")
        if money not in ("", "minor", "major"):
            self.problems.append(Problem("money", not_allowed("money", money, ("major", "minor"))))
        if self.problems and self.action not in self.saying_all_at_once:
            raise BadQuery(self.problems)
        self.only_once(request)
        self.only_if_new(request)

    def finalize_response(self, request, response, *args, **kwargs):
        response = super().finalize_response(request, response, *args, **kwargs)
        deprecation.say(self, request, response)
        return response

    def only_asked(self, *names: str) -> None:
        """Refuse parameters of the address other than these, the language and the format. Raises BadQuery."""
        if unknown := self.not_asked(*names):
            raise BadQuery(unknown)

    def not_asked(self, *names: str) -> list[Problem]:
        """A problem for each parameter of the address other than these."""
        return unknown_parameters(sorted(self.request.query_params), {"lang", "format", *names})

    @property
    def reader(self):
        return self.request._request.reader

    @property
    def as_of(self):
        return self.request._request.as_of

    @property
    def is_minor(self) -> bool:
        return self.request.query_params.get("money") == "minor"


def query_parameters(texts: Mapping[str, str], names: Iterable[str] | None = None) -> list[OpenApiParameter]:
    """Parameters of an address in the schema, each with its text; where `names` are given, these."""
    return [
        OpenApiParameter(name, str, description=texts.get(name, "")) for name in (texts if names is None else names)
    ]


def one_answer(name: str, fields: dict) -> serializers.Serializer:
    """The body of a list: one object with its rows inside. By itself the schema would say: a list of such objects."""
    return extend_schema_serializer(many=False)(inline_serializer(name, fields))


def job_answer(job: Job) -> Response:
    """202: it is being done; the job says how far it is and what came of it."""
    url = f"/api/v1/jobs/{job.id}/"
    return Response({"job": job.id, "url": url}, status=202, headers={"Location": url})


JOB_ANSWER = inline_serializer(
    "JobBegun",
    {"job": serializers.UUIDField(help_text=f"more than {AT_ONCE} records are done as a job"), "url": serializers.CharField()},
)  # fmt: skip
