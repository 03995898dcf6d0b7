"""The REST door of bulk edits: `POST /api/v1/<plural>/bulk/`, by the command that the pages use."""

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from . import bulk
from .answers import job_answer
from .bulk_jobs import as_data, edit_now_or_later, preview_now_or_later
from .jobs import AT_ONCE, Job
from .kinds import Kind
from .refusals import Fault, Refused
from .rules import require_can_edit
from .selecting import MOST_IDS, selection_of
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
            by = self._author(body)
            found = preview_now_or_later(selection, body.get("set"), by=by, changed_on=changed_on)
            return job_answer(found) if isinstance(found, Job) else Response({"change": None, **as_data(found)})
        done = edit_now_or_later(
            selection,
            body.get("set"),
            by=self._author(body),
            changed_on=changed_on,
            as_seen=_text(body, "as_seen"),
            only_possible=true_or_false(body, "only_possible"),
        )
        return job_answer(done) if isinstance(done, Job) else Response(_shape(done))


def _shape(done: bulk.Edited) -> dict:
    return {"change": done.change, **(as_data(done.preview) if done.preview else {})}


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
        "dry_run": serializers.BooleanField(
            required=False,
            help_text=f"say what would be done, and do nothing; of more than {AT_ONCE} records in the `result` of a job",
        ),
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
        "is_correction": serializers.BooleanField(
            help_text="the values replace others as if those had never been true"
        ),
        "as_seen": serializers.CharField(),
    },
)
