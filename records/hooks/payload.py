"""What a message says: thin, names and values are asked for by whoever may. Made anew for each attempt, by the rights of then."""

from datetime import UTC
from urllib.parse import urlencode

import orjson
from django.conf import settings
from django.urls import reverse

from ..base import Record
from ..kinds import kinds
from ..rights import Reader
from ..webhooks import Delivery

CHANGED, PING = "records.changed", "ping"
EVENTS = (CHANGED, PING)


def data_of(delivery: Delivery, reader: Reader) -> dict | None:
    """What the message tells this reader today. None: nothing."""
    if delivery.event == PING:
        return {"webhook": str(delivery.webhook_id)}
    changes = delivery.changes
    if changes is not None:
        changes = _seen(changes, reader)
        if not changes:
            return None
    return {
        "since": delivery.since,
        "until": delivery.until,
        "count": None if changes is None else len(changes),
        "changes": None if changes is None else [_with_address(one) for one in changes],
        "url": f"{settings.SITE_URL}/api/v1/changes/?{urlencode({'since': delivery.since})}",
    }


def body_of(delivery: Delivery, data: dict) -> bytes:
    at = delivery.at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return orjson.dumps({"type": delivery.event, "timestamp": at, "data": data})


def _seen(changes: list[dict], reader: Reader) -> list[dict]:
    """Those about records that the reader may see today, and that some are hidden now, which is told to whoever saw them."""
    asked = {one["record"] for one in changes}
    seen = set(
        map(str, Record.objects.with_retired_visible_to(reader).filter(id__in=asked).values_list("id", flat=True))
    )
    return [one for one in changes if one["what"] == "hidden" or one["record"] in seen]


def _with_address(one: dict) -> dict:
    address = reverse(f"api-{kinds()[one['kind']].plural}-detail", args=[one["record"]])
    said = {name: one[name] for name in ("kind", "record", "version", "what")}
    return said | {"url": f"{settings.SITE_URL}{address}"}
