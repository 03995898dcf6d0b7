"""The history for machines: `/api/v1/changes/`, one change, and the history of a record. The same questions as the pages.

With `since` the list of changes is the change feed (feed_api.py)."""

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, PolymorphicProxySerializer, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from . import feed_api
from .answers import ApiView, one_answer, query_parameters
from .changes import counts, find_change, history_of, latest, seen_of, touched, undoing
from .conditional import DATA_STATE
from .finding import find_ever
from .kinds import Kind
from .models import Change
from .past_asking import OF_CHANGE, OF_CHANGES, OF_RECORD, place, read_asked
from .versions import Entry, read

MONEY = ("money",)
CHANGE = {
    "id": serializers.IntegerField(),
    "at": serializers.DateTimeField(),
    "by": serializers.CharField(),
    "door": serializers.ChoiceField(Change.Door.choices),
    "reason": serializers.CharField(),
    "nature": serializers.CharField(help_text="correction: it was never true; change: the world changed; or empty"),
    "effective_on": serializers.CharField(help_text="EDTF: from when the new values are true; or empty"),
    "undoes": serializers.IntegerField(allow_null=True),
}
DIFFERENCE = inline_serializer(
    "Difference",
    {
        "field": serializers.CharField(),
        "before": serializers.JSONField(allow_null=True),
        "after": serializers.JSONField(allow_null=True),
    },
    many=True,
)
ENTRY = {
    "record": serializers.UUIDField(),
    "kind": serializers.CharField(),
    "version": serializers.IntegerField(),
    "at": serializers.DateTimeField(),
    "what": serializers.CharField(help_text="created, changed, retired, restored, deleted"),
    "label_ko": serializers.CharField(),
    "label_en": serializers.CharField(),
    "differences": DIFFERENCE,
}
ONE_CHANGE = inline_serializer("Change", CHANGE)
HISTORY = one_answer(
    "History",
    {
        "results": inline_serializer("HistoryEntry", ENTRY | {"change": ONE_CHANGE}, many=True),
        "next_cursor": serializers.CharField(allow_null=True),
        **DATA_STATE,
    },
)
TOUCHED = serializers.DictField(child=serializers.IntegerField(), help_text="records by kind, counted up to 1001")
CHANGES = one_answer(
    "Changes",
    {
        "results": inline_serializer("ChangeInList", CHANGE | {"touched": TOUCHED}, many=True),
        "next_cursor": serializers.CharField(allow_null=True),
        **DATA_STATE,
    },
)
WHOLE_CHANGE = inline_serializer(
    "WholeChange",
    CHANGE
    | {
        "undone_by": serializers.ListField(child=serializers.IntegerField()),
        "touched": TOUCHED,
        "results": inline_serializer("ChangeEntry", ENTRY, many=True),
        "next_cursor": serializers.CharField(allow_null=True),
    },
)
HELP = {
    "who": "the name of who changed something, in full",
    "door": f"one of {', '.join(Change.Door.values)}",
    "field": "only what touched this field",
    "kind": "only what touched records of this kind",
    "changed_since": "from this instant on (ISO 8601)",
    "others": "yes: only changes by others than who asks",
    "from": "from this day on: a day, a month or a year, in the registry's time zone",
    "to": "up to and with this day",
    "parts": "yes: also what belongs to the record",
    "before": "`next_cursor` of the page before",
    "after": "`next_cursor` of the page before",
    "known_at": "nothing later than this instant",
    "money": "major (default) or minor: how amounts are given",
    "lang": "ko or en",
}


def _parameters(names) -> list[OpenApiParameter]:
    return query_parameters(HELP, (name for name in (*names, *MONEY) if name in HELP))


HISTORY_PARAMETERS = _parameters(OF_RECORD)
OF_BOTH = [*_parameters(OF_CHANGES), *query_parameters(feed_api.HELP)]
BOTH = PolymorphicProxySerializer("ChangesOrFeed", [CHANGES, feed_api.FEED], resource_type_field_name=None, many=False)


class ChangeView(ApiView):
    """Changes by any path: who, when, why, through which door, and what each touched."""

    made_of_records = True

    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(operation_id="changes_list", tags=["changes"], parameters=OF_BOTH, responses=BOTH)
    def list(self, request):
        if "since" in request.query_params:
            return feed_api.feed_answer(self)
        found, last = latest(self.reader, self.asked(OF_CHANGES))
        numbers = counts([change.pk for change in found], self.reader)
        seen = seen_of({change.undoes_id for change in found}, self.reader)
        results = [shape_change(change, seen) | {"touched": _touched(numbers.get(change.pk, []))} for change in found]
        cursor = place(OF_CHANGES, last.at, 0, last.pk) if last else None
        return Response({"results": results, "next_cursor": cursor} | self.data_state)

    @extend_schema(
        operation_id="changes_get",
        tags=["changes"],
        parameters=[OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH), *_parameters(OF_CHANGE)],
        responses=WHOLE_CHANGE,
    )
    def retrieve(self, request, pk=None):
        asked = self.asked(OF_CHANGE)
        change = find_change(int(pk), self.reader)
        if change is None:
            raise Http404
        numbers = counts([change.pk], self.reader)[change.pk]
        keys, last = touched(change, self.reader, asked, numbers)
        undoes, undone_by = undoing(change, self.reader)
        return Response(
            shape_change(change)
            | {
                "undoes": undoes and undoes.pk,
                "undone_by": [other.pk for other in undone_by],
                "touched": _touched(numbers),
                "results": [shape_entry(entry) for entry in read(keys, self.reader, minor=self.is_minor)],
                "next_cursor": place(OF_CHANGE, last.kind, last.id, last.number) if last else None,
            }
        )

    def may_be_same(self) -> bool:
        """While a transaction runs, changes after it wait to be told, and are told at its end without a further change."""
        return self.version.is_settled or "since" not in self.request.query_params

    def asked(self, takes):
        known_at = self.request._request.known_at
        return read_asked(self.request.query_params, (*takes, *MONEY), self.reader, known_at=known_at)


def record_history(view, kind: Kind, key: str) -> Response:
    """What `GET /api/v1/<plural>/<id>/history/` answers."""
    request = view.request
    row = find_ever(kind, key, view.reader)
    if row is None:
        raise Http404
    takes, known_at = (*OF_RECORD, *MONEY), request._request.known_at
    asked = read_asked(request.query_params, takes, view.reader, kind=kind, known_at=known_at)
    keys, last = history_of(kind, row.id, view.reader, asked)
    entries = read(keys, view.reader, minor=view.is_minor)
    seen = seen_of({entry.change.undoes_id for entry in entries}, view.reader)
    results = [shape_entry(entry) | {"change": shape_change(entry.change, seen)} for entry in entries]
    return Response(
        {"results": results, "next_cursor": place(OF_RECORD, last.at, last.id, last.number) if last else None}
        | view.data_state
    )


def shape_change(change: Change, seen=()) -> dict:
    return {
        "id": change.pk,
        "at": change.at,
        "by": change.actor_name,
        "door": change.door,
        "reason": change.reason,
        "nature": change.nature,
        "effective_on": change.effective_on,
        "undoes": change.undoes_id if change.undoes_id in seen else None,
    }


def shape_entry(entry: Entry) -> dict:
    return {
        "record": entry.key.id,
        "kind": entry.key.kind,
        "version": entry.key.number,
        "at": entry.key.at,
        "what": str(entry.what),
        "label_ko": entry.label.ko,
        "label_en": entry.label.en,
        "differences": [{"field": d.field.name, "before": d.before, "after": d.after} for d in entry.differences],
    }


def _touched(found) -> dict[str, int]:
    return {count.kind.name: count.number for count in found}
