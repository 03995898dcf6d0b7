"""The REST door of undoing: `GET /api/v1/changes/<id>/undo/` says what it would do, `POST` does it.

What undoing a large change would do is asked for by `POST` with `dry_run`: a job works it out.
"""

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from . import jobs, undoing
from .answers import JOB_ANSWER, ApiView, job_answer
from .base import Change
from .changes import find_change
from .jobs import AT_ONCE, Job
from .kinds import Kind
from .refusals import Refused
from .rules import require_can_edit
from .undo_jobs import as_data, hindrance_as_data, plan_now_or_later, undo_now_or_later
from .writing_api import ExactJSONParser, WritesRecords, true_or_false

HINDRANCE = inline_serializer(
    "UndoHindrance",
    {
        "record": serializers.UUIDField(allow_null=True, help_text="null: it is about the whole"),
        "kind": serializers.CharField(),
        "detail": serializers.CharField(),
        "change": serializers.IntegerField(allow_null=True, help_text="the later change that stands in the way"),
        "by": serializers.CharField(),
        "at": serializers.DateTimeField(allow_null=True),
    },
    many=True,
)
PLAN = {
    "possible": serializers.IntegerField(help_text="records that would be put back"),
    "refused": serializers.IntegerField(help_text="records that cannot be"),
    "problems": HINDRANCE,
    "asks_reason": serializers.BooleanField(),
    "undone_by": serializers.IntegerField(allow_null=True),
    "is_long": serializers.BooleanField(help_text=f"more than {AT_ONCE} records: done as a job"),
    "kinds": serializers.DictField(help_text="by kind: put_back, retired, restored, brought_back, countered"),
}
ANSWER = inline_serializer("UndoPlan", PLAN)
DONE = inline_serializer(
    "Undone",
    {
        "change": serializers.IntegerField(help_text="the change that undid it, which can be undone"),
        "refused": serializers.IntegerField(help_text="records that stay as they are"),
        "problems": HINDRANCE,
    },
)
EITHER = PolymorphicProxySerializer("UndoneOrPlan", [DONE, ANSWER], None, many=False)  # the plan for a dry run
ASKED = inline_serializer(
    "Undoing",
    {
        "reason": serializers.CharField(required=False, help_text="why; where `asks_reason` is true it is needed"),
        "only_possible": serializers.BooleanField(
            required=False, help_text="leave out what others have built upon, rather than do nothing"
        ),
        "dry_run": serializers.BooleanField(
            required=False,
            help_text="only say what would be done, as GET does; of a large change in the `result` of a job",
        ),
    },
)


@extend_schema(tags=["changes"])
class UndoView(WritesRecords, ApiView):
    """Undoing a change by any path: a record's, a bulk edit, an import, another undoing."""

    kind: Kind = None
    parser_classes = (ExactJSONParser,)
    permission_classes = (IsAuthenticated,)

    @extend_schema(operation_id="changes_undo_plan", responses=ANSWER)
    def plan(self, request, id: int):
        self.only_asked()  # it is done today: no clocks
        change = self._found(id)
        require_can_edit(self.reader)
        if undoing.is_long(change):
            text = _(
                "This change touched more than %d records. Ask by POST with “dry_run”: a job works out what undoing it would do."
            )
            raise Refused(text % jobs.AT_ONCE)
        return Response(as_data(undoing.plan(change, self.reader)))

    @extend_schema(operation_id="changes_undo", request=ASKED, responses={200: EITHER, 202: JOB_ANSWER})
    def undo(self, request, id: int):
        change = self._found(id)
        require_can_edit(self.reader)
        self.only_asked()
        body = self._only("only_possible", "dry_run")
        only_possible, by = true_or_false(body, "only_possible"), self._author(body)
        if true_or_false(body, "dry_run"):
            found = plan_now_or_later(change, by=by)
            return job_answer(found) if isinstance(found, Job) else Response(as_data(found))
        done = undo_now_or_later(change, by=by, only_possible=only_possible)
        if isinstance(done, Job):
            return job_answer(done)
        left = done.left.hindrances if done.left else []
        refused = done.left.hindered if done.left else 0
        return Response({"change": done.change, "refused": refused, "problems": [*map(hindrance_as_data, left)]})

    def _found(self, id: int) -> Change:
        change = find_change(id, self.reader)
        if change is None:
            raise Http404
        return change
