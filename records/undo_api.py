"""The REST door of undoing: `GET /api/v1/changes/<id>/undo/` says what it would do, `POST` does it."""

from django.http import Http404
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from . import undoing
from .answers import ApiView
from .base import Change
from .bulk_api import JOB_ANSWER, job_answer
from .changes import find_change
from .jobs import Job
from .kinds import Kind
from .rules import require_can_edit
from .undoing import AT_ONCE, Hindrance, UndoPlan
from .writing_api import ONCE, ExactJSONParser, WritesRecords, true_or_false

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
    "kinds": serializers.DictField(help_text="by kind: put_back, retired, restored, brought_back"),
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
ASKED = inline_serializer(
    "Undoing",
    {
        "reason": serializers.CharField(required=False, help_text="why; where `asks_reason` is true it is needed"),
        "only_possible": serializers.BooleanField(
            required=False, help_text="leave out what others have built upon, rather than do nothing"
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
        return Response(_shape_plan(undoing.plan(change, self.reader)))

    @extend_schema(
        operation_id="changes_undo", parameters=[ONCE], request=ASKED, responses={200: DONE, 202: JOB_ANSWER}
    )
    def undo(self, request, id: int):
        change = self._found(id)
        require_can_edit(self.reader)
        self.only_asked()
        only_possible = true_or_false(self._only("only_possible"), "only_possible")
        done = undoing.undo_now_or_later(change, by=self._author(self._body()), only_possible=only_possible)
        if isinstance(done, Job):
            return job_answer(done)
        left = done.left.hindrances if done.left else []
        refused = done.left.hindered if done.left else 0
        return Response({"change": done.change, "refused": refused, "problems": [*map(_shape, left)]})

    def _found(self, id: int) -> Change:
        change = find_change(id, self.reader)
        if change is None:
            raise Http404
        return change


def _shape_plan(found: UndoPlan) -> dict:
    return {
        "possible": found.possible,
        "refused": found.hindered,
        "problems": [*map(_shape, found.hindrances)],
        "asks_reason": found.asks_reason,
        "undone_by": found.undone_by and found.undone_by.pk,
        "is_long": found.is_long,
        "kinds": {part.kind.name: {name: number for name, _words, number in part.counts} for part in found.parts},
    }


def _shape(hindrance: Hindrance) -> dict:
    later = hindrance.later
    return {
        "record": hindrance.id,
        "kind": hindrance.kind.name if hindrance.kind else "",
        "detail": hindrance.message,
        "change": later and later.pk,
        "by": later.actor_name if later else "",
        "at": later and later.at,
    }
