"""`/api/v1/jobs/`: long work that one asked for; how far it is, what came of it, and a way to stop it."""

import logging
from uuid import UUID

from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response

from . import jobs
from .answers import query_parameters
from .api import PARAMETERS, ApiView, one_answer
from .asking import BadQuery, Problem, limit_of, not_allowed, unknown_parameters
from .job_pages import file_of, latest_lines, note_seen
from .jobs import Job, State
from .problem_codes import coded

TAKES = {"state", "limit", "cursor", "lang", "format"}
FIELDS = {
    "id": serializers.UUIDField(),
    "work": serializers.CharField(),
    "label": serializers.CharField(),
    "subject": serializers.CharField(),
    "owner": serializers.CharField(),
    "state": serializers.CharField(help_text=", ".join(State.values)),
    "done": serializers.IntegerField(),
    "total": serializers.IntegerField(allow_null=True, help_text="null: nobody knows of how many"),
    "attempts": serializers.IntegerField(help_text="more than 1: a worker died and the job was begun again"),
    "created_at": serializers.DateTimeField(),
    "started_at": serializers.DateTimeField(allow_null=True),
    "cancel_asked_at": serializers.DateTimeField(allow_null=True),
    "ended_at": serializers.DateTimeField(allow_null=True),
    "sentence": serializers.CharField(help_text="what came of it, in the language in which it was asked for"),
    "link": serializers.CharField(help_text="the page that shows what came of it, or empty"),
    "file": serializers.CharField(allow_null=True, help_text="address of the file that it made"),
    "result": serializers.JSONField(allow_null=True),
}
LINE = inline_serializer(
    "JobLine",
    {"at": serializers.DateTimeField(), "level": serializers.CharField(), "text": serializers.CharField()},
    many=True,
)
ONE = inline_serializer("Job", {**FIELDS, "log": LINE})
PAGE = one_answer(
    "JobPage",
    {
        "results": inline_serializer("JobInList", FIELDS, many=True),
        "next_cursor": serializers.CharField(allow_null=True),
    },
)
KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
LANG = OpenApiParameter("lang", str, description=PARAMETERS["lang"])


@extend_schema(tags=["jobs"])
class JobView(ApiView):
    """Jobs: one's own, for administrators all. The newest first."""

    lookup_value_regex = "[^/]+"

    @extend_schema(
        operation_id="jobs_list",
        parameters=[
            LANG,
            OpenApiParameter("state", str, description=", ".join(State.values)),
            *query_parameters(PARAMETERS, ("limit", "cursor")),
        ],
        responses=PAGE,
    )
    def list(self, request):
        asked, problems = request.query_params, unknown_parameters(request.query_params, TAKES)
        limit = limit_of(asked.get("limit", ""), problems)
        after, state = _cursor(asked.get("cursor", ""), problems), asked.get("state", "")
        if state and state not in State:
            problems.append(Problem("state", not_allowed("state", state, State.values)))
        if problems:
            raise BadQuery(problems)
        found = Job.objects.visible_to(self.reader).order_by("-id")
        found = found.filter(state=state) if state else found
        found = found.filter(id__lt=after) if after else found
        rows = list(found[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        return Response({"results": [*map(_shape, rows)], "next_cursor": str(rows[-1].id) if more else None})

    @extend_schema(operation_id="jobs_get", parameters=[KEY, LANG], responses=ONE)
    def retrieve(self, request, pk=None):
        if problems := unknown_parameters(request.query_params, {"lang", "format"}):
            raise BadQuery(problems)
        job = self._find(pk)
        note_seen(job, self.reader)
        return Response(_with_log(job))

    @extend_schema(operation_id="jobs_cancel", parameters=[KEY, LANG], request=None, responses=ONE)
    @action(detail=True, methods=["post"])
    def cancel(self, request, pk=None):
        """Ask for its end. One that waits is over at once, one at work within two seconds; one that is over stays so."""
        return Response(_with_log(jobs.cancel(self._find(pk))))

    @extend_schema(
        operation_id="jobs_file",
        parameters=[KEY],
        responses={(200, "application/octet-stream"): OpenApiTypes.BINARY},
    )
    @action(detail=True)
    def file(self, request, pk=None):
        """The file that it made. A download that broke off goes on where it did (`Range`)."""
        return file_of(request._request, self._find(pk))

    def _find(self, key: str) -> Job:
        try:
            return Job.objects.visible_to(self.reader).get(id=UUID(key))
        except (ValueError, Job.DoesNotExist):
            raise Http404 from None


def _shape(job: Job) -> dict:
    return {
        "id": job.id,
        "work": job.work,
        "label": job.label,
        "subject": job.subject,
        "owner": job.owner_name,
        "state": job.state,
        "done": job.done_count,
        "total": job.total_count,
        "attempts": job.attempts,
        "created_at": job.created_at,
        "started_at": job.started_at,
        "cancel_asked_at": job.cancel_asked_at,
        "ended_at": job.ended_at,
        "sentence": job.sentence,
        "link": job.link,
        "file": reverse("api-jobs-file", args=[job.id]) if job.file_name else None,
        "result": job.result,
    }


def _with_log(job: Job) -> dict:
    lines = [
        {"at": line.at, "level": logging.getLevelName(line.level).lower(), "text": line.text}
        for line in latest_lines(job)
    ]
    return {**_shape(job), "log": lines}


def _cursor(text: str, problems: list[Problem]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        problems.append(
            Problem(
                "cursor", coded("bad_cursor", _("This cursor belongs to another question. Begin again without it."))
            )
        )
        return None
