"""`GET /api/v1/timelines/`: dated facts in order."""

import base64
import json
from datetime import date
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from .answers import query_parameters
from .api import ApiView, find, one_answer
from .asking import BadQuery, Problem, limit_of, not_allowed, unknown_parameters
from .base import Record
from .conditional import DATA_STATE
from .dates import BadDate, parse
from .figures import freshness
from .kinds import kinds
from .labels import labels_of
from .problem_codes import coded
from .timelines.asking import Asked, entries

OWNERS = ("program", "project", "institution", "lab", "researcher")
TAKES = {
    *OWNERS,
    "record",
    "kind",
    "from",
    "to",
    "limit",
    "cursor",
    "as_of",
    "known_at",
    "lang",
    "money",
    "format",
}
ENTRY = inline_serializer(
    "TimelineEntry",
    {
        "record": serializers.UUIDField(),
        "kind": serializers.CharField(),
        "fact": serializers.CharField(),
        "label_ko": serializers.CharField(),
        "label_en": serializers.CharField(),
        "starts_on": serializers.CharField(allow_null=True, help_text="EDTF"),
        "ends_on": serializers.CharField(allow_null=True, help_text="EDTF"),
        "first": serializers.DateField(allow_null=True, help_text="first day that it can mean"),
        "last": serializers.DateField(allow_null=True, help_text="last day that it can mean"),
        "is_planned": serializers.BooleanField(),
    },
    many=True,
)
PAGE = one_answer(
    "TimelinePage",
    {
        "results": ENTRY,
        "next_cursor": serializers.CharField(allow_null=True),
        "computed_at": serializers.DateTimeField(allow_null=True),
        **DATA_STATE,
    },
)


class TimelineView(ApiView):
    """Every dated fact, with the record that it comes from."""

    made_of_records = True

    @extend_schema(
        operation_id="timelines_list",
        tags=["timelines"],
        parameters=query_parameters({}, sorted(TAKES - {"format"})),
        responses=PAGE,
    )
    def list(self, request):
        asked = request.query_params
        problems = unknown_parameters(asked, TAKES)
        limit = limit_of(asked.get("limit", ""), problems)
        begins, ends = (_day(asked, name, problems) for name in ("from", "to"))
        wanted = asked.getlist("kind")
        problems += [Problem("kind", not_allowed("kind", k, kinds())) for k in wanted if k not in kinds()]
        after = _after(asked.get("cursor", ""), problems)
        if problems:
            raise BadQuery(problems)
        try:
            owners = [self._owner(name, asked[name]) for name in (*OWNERS, "record") if asked.get(name)]
        except Http404:
            return Response({"results": [], "next_cursor": None, **self._fresh()})
        question = Asked(
            owners=tuple(owners), kinds=tuple(wanted), begins=begins, ends=ends, as_of=self.as_of,
            is_past=self.request._request.known_at is not None,
        )  # fmt: skip
        found = entries(self.reader, question, after=after, limit=limit + 1)
        more, found = len(found) > limit, found[:limit]
        return Response(
            {
                "results": _shape(found, self.reader),
                "next_cursor": _cursor(found[-1]) if more else None,
                **self._fresh(),
            }
        )

    def _fresh(self) -> dict:
        fresh = freshness("timelines")
        return self.data_state | {"computed_at": fresh.computed_at, "is_stale": fresh.is_stale}

    def _owner(self, name: str, key: str) -> UUID:
        if name == "record":
            try:
                return get_object_or_404(Record.objects.visible_to(self.reader), id=UUID(key)).id
            except ValueError:
                raise BadQuery([Problem("record", coded("not_an_id", _("“%s” is not an id.") % key))]) from None
        return find(kinds()[name], key, self.reader).id


def _shape(found, reader) -> list[dict]:
    by_kind: dict[str, set] = {}
    for entry in found:
        by_kind.setdefault(entry.kind, set()).add(entry.record)
    labels = labels_of(by_kind, set(), reader)
    return [
        {
            "record": entry.record,
            "kind": entry.kind,
            "fact": entry.fact,
            "label_ko": labels[entry.record].ko if entry.record in labels else "",
            "label_en": labels[entry.record].en if entry.record in labels else "",
            "starts_on": entry.starts_on,
            "ends_on": entry.ends_on,
            "first": entry.first,
            "last": entry.last,
            "is_planned": entry.is_planned,
        }
        for entry in found
    ]


def _day(asked, name: str, problems: list[Problem]) -> date | None:
    text = asked.get(name, "")
    if not text:
        return None
    try:
        when = parse(text)
    except BadDate as bad:
        problems.append(Problem(name, str(bad)))
        return None
    return when.first if name == "from" else when.last


def _cursor(entry) -> str:
    return base64.urlsafe_b64encode(json.dumps(entry.place()).encode()).decode().rstrip("=")


def _after(cursor: str, problems: list[Problem]) -> list[str]:
    if not cursor:
        return []
    try:
        day, record, fact = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [date.fromisoformat(day).isoformat(), str(UUID(record)), str(fact)]
    except (ValueError, TypeError):
        problems.append(
            Problem(
                "cursor", coded("bad_cursor", _("This cursor belongs to another question. Begin again without it."))
            )
        )
        return []
