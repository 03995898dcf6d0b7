"""`GET /api/v1/slips/`: which dates slipped, by how much, and each move with who, when and why."""

from dataclasses import replace
from uuid import UUID

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.response import Response

from ..answers import ApiView, one_answer, query_parameters
from ..asking import BadQuery, Problem, limit_of, unknown_parameters
from ..base import Record
from ..conditional import DATA_STATE
from ..finding import find
from ..kinds import kinds
from ..labels import Label, labels_of
from ..past_api import ONE_CHANGE, shape_change
from ..problem_codes import coded
from ..rights import Reader
from .asking import FIRST, MOST, PLAN, USUAL, Asked, Slip, slips
from .moves import Move, moves_of
from .question import cursor_of, read_against, read_cursor, read_kinds, read_since, read_whats
from .shifts import MOVED, What

OWNERS = ("project", "institution", "lab", "researcher")
HELP = {
    "program": "id or slug: of this program, whatever the depth",
    "project": "id or slug: on the timeline of this project",
    "institution": "id or slug: on its timeline, what it takes part in included",
    "lab": "id or slug",
    "researcher": "id",
    "record": "id: of this record alone",
    "kind": f"kinds, separated by commas; by itself {', '.join(USUAL)}",
    "against": f"{FIRST} (the first plan; by itself), {PLAN} (what came true against the plan as it is), or an instant or day:"
    " what the registry said then",
    "since": "what moved last at this instant or day or after it",
    "what": f"what became of the date, separated by commas; by itself {', '.join(MOVED)}. {', '.join(What)}",
    "limit": "how many at most",
    "cursor": "`next_cursor` of the page before",
    "known_at": "as the registry knew it at this instant",
    "lang": "ko or en",
}
DATE = {"allow_null": True, "help_text": "EDTF"}
DAYS = {"allow_null": True, "help_text": "below zero: earlier; null: no bound"}
SHIFT = {
    "what": serializers.CharField(help_text=", ".join(What)),
    "days_low": serializers.IntegerField(**DAYS),
    "days_high": serializers.IntegerField(**DAYS),
}
MOVE = inline_serializer(
    "DateMove",
    {
        "at": serializers.DateTimeField(),
        "before": serializers.CharField(**DATE),
        "after": serializers.CharField(**DATE),
        "is_real": serializers.BooleanField(help_text="the day on which it came true, not the plan"),
        **SHIFT,
        "change": inline_serializer("ChangeOfDate", dict(ONE_CHANGE.fields)),
        "report": inline_serializer(
            "ReportOfMove",
            {"id": serializers.UUIDField(), "label": serializers.CharField(), "url": serializers.CharField()},
            allow_null=True,
            help_text="the report that an officer decided on by this change",
        ),
    },
    many=True,
)
SLIP = inline_serializer(
    "Slip",
    {
        "record": serializers.UUIDField(),
        "kind": serializers.CharField(),
        "label_ko": serializers.CharField(),
        "label_en": serializers.CharField(),
        "fact": serializers.CharField(),
        "side": serializers.ChoiceField(["day", "start", "end"]),
        "first_stated": serializers.CharField(**DATE | {"help_text": "EDTF; the first plan as a source states it"}),
        "first_known": serializers.CharField(**DATE | {"help_text": "EDTF; the first plan that the registry had"}),
        "plan": serializers.CharField(**DATE),
        "real": serializers.CharField(**DATE | {"help_text": "EDTF; when it came true"}),
        "reference": serializers.CharField(**DATE | {"help_text": "EDTF; what `against` asked for"}),
        "reached": serializers.CharField(**DATE | {"help_text": "EDTF; when it came true, else the plan"}),
        **SHIFT,
        "days": serializers.IntegerField(
            help_text="the middle of low and high where it surely moved, else 0; the order"
        ),
        "moved_at": serializers.DateTimeField(allow_null=True, help_text="when it moved last"),
        "times": serializers.IntegerField(help_text="how often it moved"),
        "moves": MOVE,
    },
    many=True,
)
PAGE = one_answer(
    "SlipPage",
    {
        "results": SLIP,
        "next_cursor": serializers.CharField(allow_null=True),
        "is_cut": serializers.BooleanField(
            help_text=f"nothing narrowed the question, and only the latest {MOST} moves of a kind were looked at"
        ),
        **DATA_STATE,
    },
)


class SlipView(ApiView):
    """Dates that slipped, the largest slip first."""

    made_of_records = True

    @extend_schema(operation_id="slips_list", tags=["timelines"], parameters=query_parameters(HELP), responses=PAGE)
    def list(self, request):
        params, known_at, problems = request.query_params, request._request.known_at, []
        problems += unknown_parameters(params, {*HELP, "format"})
        limit = limit_of(params.get("limit", ""), problems)
        asked = Asked(
            kinds=read_kinds(params.getlist("kind"), problems) or USUAL,
            whats=read_whats(params.getlist("what"), problems),
            against=read_against(params.get("against", ""), known_at, problems),
            since=read_since(params.get("since", ""), problems),
            known_at=known_at,
        )
        after = read_cursor(params.get("cursor", ""), problems)
        record = _record_id(params.get("record", ""), problems)
        if problems:
            raise BadQuery(problems)
        try:
            asked = replace(
                asked,
                record=record and get_object_or_404(Record.objects.visible_to(self.reader), id=record).id,
                within=self._id("program", params),
                owners=tuple(filter(None, (self._id(name, params) for name in OWNERS))),
            )
        except Http404:
            return Response({"results": [], "next_cursor": None, "is_cut": False} | self.data_state)
        found = slips(self.reader, asked, after=after, limit=limit + 1)
        more, found = len(found) > limit, found[:limit]
        return Response(
            {
                "results": shaped(found, self.reader, asked),
                "next_cursor": cursor_of(found[-1].place) if more else None,
                "is_cut": any(slip.is_cut for slip in found),
            }
            | self.data_state
        )

    def _id(self, name: str, params) -> UUID | None:
        return find(kinds()[name], params[name], self.reader).id if params.get(name) else None


def _record_id(text: str, problems: list[Problem]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        problems.append(Problem("record", coded("not_an_id", _("“%s” is not an id.") % text)))
        return None


def shaped(found: list[Slip], reader: Reader, asked: Asked) -> list[dict]:
    """With their labels and moves."""
    by_kind: dict[str, set] = {}
    for slip in found:
        by_kind.setdefault(slip.kind, set()).add(slip.record)
    labels = labels_of(by_kind, set(), reader)
    moves = moves_of(found, reader, asked.known_at)
    return [_shape(slip, labels.get(slip.record), moves[slip.record, slip.fact, slip.side]) for slip in found]


def _shape(slip: Slip, label: Label | None, moves: list[Move]) -> dict:
    return {
        "record": slip.record, "kind": slip.kind, "label_ko": label.ko if label else "", "label_en": label.en if label else "",
        "fact": slip.fact, "side": slip.side, "first_stated": slip.stated, "first_known": slip.first, "plan": slip.plan,
        "real": slip.real, "reference": slip.reference, "reached": slip.reached, "what": slip.what,
        "days_low": slip.low, "days_high": slip.high, "days": slip.days, "moved_at": slip.moved_at, "times": slip.times,
        "moves": [_shape_move(move) for move in moves],
    }  # fmt: skip


def _shape_move(move: Move) -> dict:
    step, from_where = move.shift, move.origin
    return {
        "at": move.at, "before": move.before, "after": move.after, "is_real": move.is_real, "what": step.what,
        "days_low": step.low, "days_high": step.high, "change": shape_change(move.change, {move.undoes}),
        "report": {"id": from_where.id, "label": from_where.label, "url": from_where.href} if from_where else None,
    }  # fmt: skip
