"""`GET /api/v1/changes/?since=`: the change feed for machines (records/feed.py)."""

from django.utils.translation import gettext as _
from drf_spectacular.utils import inline_serializer
from rest_framework import exceptions, serializers
from rest_framework.response import Response

from .answers import one_answer
from .asking import BadQuery, Problem, limit_of, not_allowed, unknown_parameters
from .conditional import DATA_STATE
from .feed import BadPosition, Entry, Expired, Feed, Position, RightsChanged, position_here, read_position
from .kinds import kinds
from .problem_codes import coded

START, NOW = ("", "start"), "now"
TAKES = ("since", "limit", "kind", "include", "money", "lang", "format")
WHATS = ("changed", "retired", "deleted", "merged", "hidden")
HELP = {
    "since": "The change feed instead: `next` of the answer before; `start` for all of the last 90 days, `now` for a position alone.",
    "limit": "Of the feed: entries per page, 1 to 1000 (100).",
    "include": "Of the feed: `record`, the record as it is now beside each entry.",
}
ENTRY = inline_serializer(
    "FeedEntry",
    {
        "change": serializers.IntegerField(help_text="the change that it stands here for"),
        "at": serializers.DateTimeField(),
        "kind": serializers.CharField(),
        "record": serializers.UUIDField(),
        "version": serializers.IntegerField(allow_null=True),
        "what": serializers.ChoiceField(WHATS, help_text="changed: it is there, entered or changed; all others: take it out"),
        "merged_into": serializers.UUIDField(allow_null=True),
        "url": serializers.CharField(allow_null=True),
        "row": serializers.JSONField(required=False, allow_null=True, help_text="with include=record: as its list shows it"),
    },
    many=True,
)  # fmt: skip
FEED = one_answer(
    "Feed",
    {
        "results": ENTRY,
        "next": serializers.CharField(help_text="`since` of the next question, now or later"),
        "has_more": serializers.BooleanField(help_text="there is more already"),
        **DATA_STATE,
    },
)


class PositionExpired(exceptions.APIException):
    status_code = 410
    default_code = "position_expired"


class ReaderChanged(exceptions.APIException):
    status_code = 410
    default_code = "rights_changed"


def feed_answer(view) -> Response:
    params, problems = view.request.query_params, list(unknown_parameters(view.request.query_params, TAKES))
    limit = limit_of(params.get("limit", ""), problems)
    names = tuple(params.getlist("kind"))
    problems += [Problem("kind", not_allowed("kind", name, kinds())) for name in names if name not in kinds()]
    include = params.get("include", "")
    if include not in ("", "record"):
        problems.append(Problem("include", not_allowed("include", include, ("record",))))
    position = _position(params["since"], problems)
    if problems:
        raise BadQuery(problems)
    if params["since"] == NOW:
        return _answer(view, [], position_here(view.reader), has_more=False)
    feed = Feed(view.reader, limit, names, include == "record", view.is_minor)
    try:
        page = feed.after(position)
    except Expired:
        raise PositionExpired(
            _("This position lies more than 90 days back, or before the registry was restored. Take a fresh export.")
        ) from None
    except RightsChanged:
        raise ReaderChanged(
            _("You may see other records than when this position was given. Take a fresh export.")
        ) from None
    return _answer(view, [_shape(entry, feed) for entry in page.entries], page.next, page.has_more)


def _position(text: str, problems: list[Problem]) -> Position | None:
    if text in (*START, NOW):
        return None
    try:
        return read_position(text)
    except BadPosition:
        said = _("This is no position of the feed: it is “next” of an answer, or “start”, or “now”.")
        problems.append(Problem("since", coded("bad_position", said)))
        return None


def _answer(view, results: list[dict], next: Position, has_more: bool) -> Response:
    return Response({"results": results, "next": str(next), "has_more": has_more, **view.data_state})


def _shape(entry: Entry, feed: Feed) -> dict:
    is_hidden = entry.version is None
    return {
        "change": entry.change,
        "at": entry.at,
        "kind": entry.kind.name,
        "record": entry.id,
        "version": entry.version,
        "what": entry.what,
        "merged_into": entry.merged_into,
        "url": None if is_hidden else f"/api/v1/{entry.kind.plural}/{entry.id}/",
        **({"row": entry.row} if feed.with_rows else {}),
    }
