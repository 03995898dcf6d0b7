"""The REST door of merging: `POST /api/v1/<plural>/<id>/merge/` keeps this record and merges another into it.

With `dry_run` it says what that would do. The two are taken apart by undoing the change.
"""

from django.http import Http404
from drf_spectacular.utils import inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from .answers import job_answer
from .asking import not_a_value
from .finding import find
from .jobs import AT_ONCE, Job
from .kinds import Kind
from .merge_jobs import merge_now_or_later
from .merging import Merge, MergePlan, plan
from .reading import not_a_reference
from .refusals import Fault, Refused
from .undo_jobs import hindrance_as_data
from .writing_api import true_or_false

TAKES = ("other", "other_version", "take", "dry_run")


class MergesRecords:
    """Merging another record of the same kind into this one."""

    kind: Kind

    def merge(self, request, pk=None):
        row, version = self._to_be_changed(pk)
        body = self._only(*TAKES)
        other = self._other(body)
        merge = Merge(self.kind, row.id, version, other.id, _version(body, other), _take(body))
        if true_or_false(body, "dry_run"):
            return Response({"change": None, **as_data(plan(merge, self.reader))})
        done = merge_now_or_later(merge, by=self._author(body))
        return job_answer(done) if isinstance(done, Job) else Response({"change": done.change})

    def _other(self, body: dict):
        key = str(body.get("other") or "")
        try:
            return find(self.kind, key, self.reader)
        except Http404:
            raise Refused([Fault("other", not_a_reference(key))]) from None


def _version(body: dict, other) -> int:
    """The version of the other that was looked at; whatever it is now, where the body names none."""
    version = body.get("other_version", other.version)
    if not isinstance(version, int) or isinstance(version, bool):
        raise Refused([Fault("other_version", not_a_value("other_version", str(version)))])
    return version


def _take(body: dict) -> frozenset[str] | None:
    take = body.get("take")
    if take is None:
        return None
    if not isinstance(take, list) or not all(isinstance(name, str) for name in take):
        raise Refused([Fault("take", not_a_value("take", str(take)))])
    return frozenset(take)


def as_data(found: MergePlan) -> dict:
    return {
        "fields": [
            {"field": one.name, "kept": one.kept.text, "other": one.other.text, "takes_other": one.takes_other}
            for one in found.fields
        ],
        "aliases": found.names,
        "effects": [
            {"kind": one.kind.name, "moved": one.moved, "joined": one.joined, "sums": list(one.sums)}
            for one in found.effects
        ],
        "problems": [hindrance_as_data(one) for one in found.hindrances],
        "asks_reason": found.asks_reason,
        "is_long": found.is_long,
    }


# ---- the schema ----------------------------------------------------------------------------------------

MERGE = inline_serializer(
    "Merging",
    {
        "other": serializers.CharField(help_text="id or slug of the record that is merged into this one"),
        "other_version": serializers.IntegerField(required=False, help_text="refused if it has moved on since"),
        "take": serializers.ListField(
            child=serializers.CharField(),
            required=False,
            help_text="fields in which what the other says is right; without it those that this one leaves empty",
        ),
        "reason": serializers.CharField(required=False, help_text="why; where `asks_reason` is true it is needed"),
        "dry_run": serializers.BooleanField(required=False, help_text="say what would be done, and do nothing"),
    },
)
_VALUES = inline_serializer(
    "MergedField",
    {
        "field": serializers.CharField(),
        "kept": serializers.CharField(),
        "other": serializers.CharField(),
        "takes_other": serializers.BooleanField(),
    },
    many=True,
)
_EFFECTS = inline_serializer(
    "MergeEffect",
    {
        "kind": serializers.CharField(),
        "moved": serializers.IntegerField(help_text="rows that name this record then"),
        "joined": serializers.IntegerField(help_text="rows that then say what another says: merged with that one"),
        "sums": serializers.ListField(child=serializers.CharField(), help_text="what rows of money come to"),
    },
    many=True,
)
_PROBLEMS = inline_serializer(
    "MergeProblem",
    {
        "record": serializers.UUIDField(allow_null=True),
        "kind": serializers.CharField(),
        "detail": serializers.CharField(),
        "change": serializers.IntegerField(allow_null=True),
        "by": serializers.CharField(),
        "at": serializers.DateTimeField(allow_null=True),
    },
    many=True,
)
MERGED = inline_serializer(
    "Merged",
    {
        "change": serializers.IntegerField(allow_null=True, help_text="the one change, which can be undone"),
        "fields": _VALUES,
        "aliases": serializers.ListField(child=serializers.CharField(), help_text="other names that this one gets"),
        "effects": _EFFECTS,
        "problems": _PROBLEMS,
        "asks_reason": serializers.BooleanField(),
        "is_long": serializers.BooleanField(help_text=f"more than {AT_ONCE} rows name the other: done as a job"),
    },
)
