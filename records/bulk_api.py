"""The REST door of bulk edits: `POST /api/v1/<plural>/bulk/`, by the command that the pages use."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from . import bulk
from .bulk import AT_ONCE, Preview
from .jobs import Job
from .kinds import Kind
from .refusals import Fault, Refused
from .rules import require_can_edit
from .selecting import MOST_IDS, selection_of, wanted_of
from .writing_api import date_said, true_or_false

TAKES = ("ids", "filter", "set", "dry_run", "as_seen", "only_possible", "changed_on")


class EditsInBulk:
    """Setting values in many records of one kind at once."""

    kind: Kind

    def bulk(self, request):
        require_can_edit(self.reader)
        self.only_asked()
        body = self._only(*TAKES)
        selection = selection_of(self.kind, body)
        changed_on = date_said("changed_on", body.get("changed_on"))
        if true_or_false(body, "dry_run"):
            wanted = wanted_of(self.kind, body.get("set"), self.reader, changed_on)
            return Response({"change": None, **shape_preview(bulk.preview(selection, wanted, self.reader))})
        done = bulk.edit_now_or_later(
            selection,
            body.get("set"),
            by=self._author(body),
            changed_on=changed_on,
            as_seen=_text(body, "as_seen"),
            only_possible=true_or_false(body, "only_possible"),
        )
        return job_answer(done) if isinstance(done, Job) else Response(_shape(done))


def _shape(done: bulk.Edited) -> dict:
    return {"change": done.change, **(shape_preview(done.preview) if done.preview else {})}


def shape_preview(found: Preview) -> dict:
    problems = [{"record": fault.id, "field": fault.field, "detail": fault.message} for _label, fault in found.faults]
    if found.trouble:
        problems.append({"record": None, "field": "", "detail": found.trouble})
    return {
        "selected": found.selected,
        "changed": found.changed,
        "same": found.same,
        "refused": found.refused,
        "problems": problems,
        "asks_reason": found.asks_reason,
        "as_seen": found.as_seen,
    }


def job_answer(job: Job) -> Response:
    """202: it is being done; the job says how far it is and what came of it."""
    url = f"/api/v1/jobs/{job.id}/"
    return Response({"job": job.id, "url": url}, status=202, headers={"Location": url})


def _text(body: dict, name: str) -> str:
    value = body.get(name, "")
    if not isinstance(value, str):
        raise Refused([Fault(name, bulk.not_seen())])
    return value


# ---- the schema ----------------------------------------------------------------------------------------

BULK = inline_serializer(
    "BulkEdit",
    {
        "ids": serializers.ListField(
            child=serializers.UUIDField(), required=False, help_text=f"up to {MOST_IDS}; or `filter`"
        ),
        "filter": serializers.CharField(
            required=False, help_text="the query of a list, e.g. status=running&program=nairl; or `ids`"
        ),
        "set": serializers.DictField(
            help_text='values by field as PATCH takes them; for lists also {"add": […], "remove": […]}; is_retired to retire or restore'
        ),
        "reason": serializers.CharField(required=False, help_text="why; where `asks_reason` is true it is needed"),
        "changed_on": serializers.CharField(required=False, help_text="EDTF: the new values are true from then"),
        "dry_run": serializers.BooleanField(required=False, help_text="say what would be done, and do nothing"),
        "as_seen": serializers.CharField(
            required=False, help_text="that of a dry run: refused if the records have moved on since"
        ),
        "only_possible": serializers.BooleanField(
            required=False, help_text="leave out what is refused, rather than do nothing"
        ),
    },
)
PROBLEM = inline_serializer(
    "BulkProblem",
    {
        "record": serializers.UUIDField(allow_null=True, help_text="null: it is about the whole"),
        "field": serializers.CharField(),
        "detail": serializers.CharField(),
    },
    many=True,
)
BULK_ANSWER = inline_serializer(
    "BulkEdited",
    {
        "change": serializers.IntegerField(
            allow_null=True, help_text="the one change, which can be undone; null: none was made"
        ),
        "selected": serializers.IntegerField(),
        "changed": serializers.IntegerField(),
        "same": serializers.IntegerField(help_text="had these values already"),
        "refused": serializers.IntegerField(),
        "problems": PROBLEM,
        "asks_reason": serializers.BooleanField(),
        "as_seen": serializers.CharField(),
    },
)
JOB_ANSWER = inline_serializer(
    "JobBegun",
    {"job": serializers.UUIDField(help_text=f"more than {AT_ONCE} records are done as a job"), "url": serializers.CharField()},
)  # fmt: skip
