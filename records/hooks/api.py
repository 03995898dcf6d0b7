"""`/api/v1/webhooks/`: one's own webhooks, what was sent to them, and what one does with them."""

from uuid import UUID

import orjson
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticated
from rest_framework.response import Response

from ..answers import ApiView, one_answer
from ..asking import BadQuery, Problem, limit_of
from ..base import Change
from ..commands import Author
from ..problem_codes import coded
from ..refusals import Fault, Refused
from ..webhooks import Attempt, Delivery, DeliveryState, HookState, Webhook, Why
from ..writing_api import IF_MATCH, ExactJSONParser, required_version
from . import commands, payload
from .sending import reader_of

SHOWN_ONCE = "whsec_…, by which messages are verified: shown this once, null where the same request is sent again"
WRITTEN = {
    "name": serializers.CharField(max_length=commands.LONGEST_NAME),
    "url": serializers.CharField(help_text="https://…, to which messages are posted"),
    "kinds": serializers.ListField(child=serializers.CharField(), help_text="of records that are told; empty: all"),
    "program": serializers.UUIDField(allow_null=True, help_text="only records within this program"),
    "state": serializers.CharField(help_text=", ".join(HookState.values)),
}
FIELDS = {
    "id": serializers.UUIDField(),
    **WRITTEN,
    "why": serializers.CharField(help_text=f"why it ended: {', '.join(Why.values)}; or empty"),
    "ended_at": serializers.DateTimeField(allow_null=True),
    "owner": serializers.CharField(),
    "is_own": serializers.BooleanField(),
    "position": serializers.CharField(help_text="how far in the feed of changes it has been told"),
    "rotated_at": serializers.DateTimeField(allow_null=True),
    "version": serializers.IntegerField(),
    "created_at": serializers.DateTimeField(),
    "updated_at": serializers.DateTimeField(),
}
ATTEMPT = {
    "at": serializers.DateTimeField(),
    "status": serializers.IntegerField(allow_null=True),
    "problem": serializers.CharField(help_text="why no answer came: timeout, name, address, certificate, tls, connection, no_http"),
    "milliseconds": serializers.IntegerField(),
    "answer": serializers.CharField(help_text="the first 500 bytes of it"),
}  # fmt: skip
DELIVERY = {
    "id": serializers.UUIDField(),
    "message": serializers.CharField(help_text="`webhook-id`"),
    "event": serializers.CharField(help_text=", ".join(payload.EVENTS)),
    "at": serializers.DateTimeField(),
    "state": serializers.CharField(help_text=", ".join(DeliveryState.values)),
    "next_try_at": serializers.DateTimeField(allow_null=True),
    "delivered_at": serializers.DateTimeField(allow_null=True),
    "data": serializers.JSONField(allow_null=True, help_text="what it tells, as you may see it today"),
}


def attempts(name: str) -> serializers.Serializer:
    return inline_serializer(name, dict(ATTEMPT), many=True)


ONE = inline_serializer("Webhook", dict(FIELDS))
WITH_SECRET = inline_serializer(
    "WebhookWithSecret", FIELDS | {"secret": serializers.CharField(allow_null=True, help_text=SHOWN_ONCE)}
)
MANY = one_answer("Webhooks", {"results": inline_serializer("WebhookInList", dict(FIELDS), many=True)})
NEW = inline_serializer(
    "NewWebhook",
    WRITTEN
    | {
        "kinds": serializers.ListField(child=serializers.CharField(), required=False),
        "program": serializers.UUIDField(allow_null=True, required=False),
        "state": serializers.CharField(required=False, help_text="active, paused"),
    },
)
CHANGED = inline_serializer(
    "ChangedWebhook",
    {
        "name": serializers.CharField(required=False),
        "url": serializers.CharField(required=False),
        "kinds": serializers.ListField(child=serializers.CharField(), required=False),
        "program": serializers.UUIDField(allow_null=True, required=False),
        "state": serializers.CharField(required=False, help_text="active, paused"),
    },
)
ONE_DELIVERY = inline_serializer("Delivery", DELIVERY | {"attempts": attempts("DeliveryAttempt")})
DELIVERIES = one_answer(
    "Deliveries",
    {
        "results": inline_serializer("DeliveryInList", DELIVERY | {"attempts": attempts("AttemptInList")}, many=True),
        "next_cursor": serializers.CharField(allow_null=True),
    },
)
KEY = OpenApiParameter("id", OpenApiTypes.UUID, OpenApiParameter.PATH)
OF = OpenApiParameter("delivery", OpenApiTypes.UUID, OpenApiParameter.PATH)


@extend_schema(tags=["webhooks"])
class WebhookView(ApiView):
    """Webhooks: addresses that are told, by signed requests, which records changed. One's own; for administrators all."""

    parser_classes = (ExactJSONParser,)
    permission_classes = (IsAuthenticated,)
    lookup_value_regex = "[^/]+"

    @extend_schema(operation_id="webhooks_list", responses=MANY)
    def list(self, request):
        self.only_asked()
        hooks = Webhook.objects.visible_to(self.reader).order_by("-id")
        return Response({"results": [self._shape(hook) for hook in hooks]})

    @extend_schema(operation_id="webhooks_get", parameters=[KEY], responses=ONE)
    def retrieve(self, request, pk=None):
        self.only_asked()
        return self._answer(self._find(pk))

    @extend_schema(operation_id="webhooks_create", request=NEW, responses={201: WITH_SECRET})
    def create(self, request):
        self.only_asked()
        return self._with_secret(*commands.create(self._body(), by=self._author()), status=201)

    @extend_schema(operation_id="webhooks_change", parameters=[KEY, IF_MATCH], request=CHANGED, responses=ONE)
    def partial_update(self, request, pk=None):
        """Made active again an ended one goes on where it ended."""
        hook = self._find(pk)
        version = required_version(request, hook.version)
        self.only_asked()
        return self._answer(commands.change(hook.id, self._body(), version=version, by=self._author()))

    @extend_schema(operation_id="webhooks_delete", parameters=[KEY, IF_MATCH], responses={204: None})
    def destroy(self, request, pk=None):
        hook = self._find(pk)
        version = required_version(request, hook.version)
        self.only_asked()
        commands.delete(hook.id, version=version, by=self._author())
        return Response(status=204)

    @extend_schema(operation_id="webhooks_rotate_secret", parameters=[KEY], request=None, responses=WITH_SECRET)
    @action(detail=True, methods=["post"], url_path="rotate-secret")
    def rotate_secret(self, request, pk=None):
        """A new secret. For 24 hours messages are signed with the one before as well."""
        hook = self._find(pk)
        self.only_asked()
        return self._with_secret(*commands.rotate(hook.id, by=self._author()))

    @extend_schema(operation_id="webhooks_ping", parameters=[KEY], request=None, responses={202: ONE_DELIVERY})
    @action(detail=True, methods=["post"])
    def ping(self, request, pk=None):
        """A message to try the receiver with. It is sent within seconds; its delivery says what came of it."""
        hook = self._find(pk)
        self.only_asked()
        return self._sent(hook, commands.ping(hook.id, by=self._author()))

    @extend_schema(
        operation_id="webhooks_deliveries",
        parameters=[KEY, OpenApiParameter("limit", str), OpenApiParameter("cursor", str)],
        responses=DELIVERIES,
    )
    @action(detail=True)
    def deliveries(self, request, pk=None):
        """What was sent to it in the last 30 days and what it answered, the newest first."""
        hook = self._find(pk)
        self.only_asked("limit", "cursor")
        problems: list[Problem] = []
        limit = limit_of(request.query_params.get("limit", ""), problems)
        before = _cursor(request.query_params.get("cursor", ""), problems)
        if problems:
            raise BadQuery(problems)
        found = hook.deliveries.order_by("-id").prefetch_related("attempts")
        rows = list((found.filter(id__lt=before) if before else found)[: limit + 1])
        more, rows = len(rows) > limit, rows[:limit]
        return Response(
            {"results": shapes_of(rows, hook), "next_cursor": str(rows[-1].id) if more else None},
        )

    @extend_schema(operation_id="webhooks_delivery", parameters=[KEY, OF], responses=ONE_DELIVERY)
    @action(detail=True, url_path="deliveries/(?P<delivery>[^/]+)")
    def delivery(self, request, pk=None, delivery=None):
        hook = self._find(pk)
        self.only_asked()
        return Response(shapes_of([self._delivery(hook, delivery)], hook)[0])

    @extend_schema(
        operation_id="webhooks_replay", parameters=[KEY, OF], request=None, responses={202: ONE_DELIVERY}
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="deliveries/(?P<delivery>[^/]+)/replay")
    def replay(self, request, pk=None, delivery=None):
        """The same message again, under the same `webhook-id`, within seconds."""
        hook = self._find(pk)
        found = self._delivery(hook, delivery)
        self.only_asked()
        return self._sent(hook, commands.replay(hook.id, found.id, by=self._author()))

    def _find(self, key: str) -> Webhook:
        return commands.find(key, self.reader)

    def _delivery(self, hook: Webhook, key: str) -> Delivery:
        try:
            return hook.deliveries.get(id=UUID(key))
        except (ValueError, Delivery.DoesNotExist):
            raise Http404 from None

    def _body(self) -> dict:
        body = self.request.data or {}
        if not isinstance(body, dict):
            raise Refused(coded("not_an_object", _("The body is a JSON object: a field and its value, and so on.")))
        unknown = sorted(set(body) - set(commands.FIELDS))
        if unknown:
            raise Refused(
                [Fault(name, coded("unknown_field", _("There is no field “%s”.") % name)) for name in unknown]
            )
        return body

    def _author(self) -> Author:
        return Author.of(self.request._request, Change.Door.API)

    def _answer(self, hook: Webhook) -> Response:
        return Response(self._shape(hook), headers={"ETag": f'"{hook.version}"'})

    def _with_secret(self, hook: Webhook, secret: str, status: int = 200) -> Response:
        said = self._shape(hook)
        headers = {"ETag": f'"{hook.version}"', "Location": reverse("api-webhooks-detail", args=[hook.id])}
        response = Response(
            said | {"secret": secret}, status=status, headers=headers | {"Cache-Control": "no-store"}
        )  # fmt: skip
        response.to_keep = orjson.dumps(said | {"secret": None}, option=orjson.OPT_UTC_Z)
        return response

    def _sent(self, hook: Webhook, delivery: Delivery) -> Response:
        where = reverse("api-webhooks-delivery", args=[hook.id, delivery.id])
        return Response(shapes_of([delivery], hook)[0], status=202, headers={"Location": where})

    def _shape(self, hook: Webhook) -> dict:
        same = (
            "id",
            "name",
            "url",
            "kinds",
            "program",
            "state",
            "why",
            "ended_at",
            "position",
            "rotated_at",
            "version",
        )
        said = {name: getattr(hook, name) for name in (*same, "created_at", "updated_at")}
        return said | {"owner": hook.owner_name, "is_own": hook.owner_id == self.reader.user_id}


def shapes_of(deliveries: list[Delivery], hook: Webhook) -> list[dict]:
    """What was sent is told as its owner may see it today, whoever looks."""
    reader = reader_of(hook.owner_id)
    return [
        {
            "id": one.id,
            "message": one.message_id,
            "event": one.event,
            "at": one.at,
            "state": one.state,
            "next_try_at": one.next_try_at,
            "delivered_at": one.delivered_at,
            "data": payload.data_of(one, reader),
            "attempts": [_attempt(attempt) for attempt in sorted(one.attempts.all(), key=lambda a: a.id)],
        }
        for one in deliveries
    ]


def _attempt(attempt: Attempt) -> dict:
    return {name: getattr(attempt, name) for name in ATTEMPT}


def _cursor(text: str, problems: list[Problem]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        said = _("This cursor belongs to another question. Begin again without it.")
        problems.append(Problem("cursor", coded("bad_cursor", said)))
        return None
