"""What changed since a webhook was last told becomes one message, of whatever size: a bulk load is a few messages, not many.

While a message of changes is on its way, what changes meanwhile waits in the feed and is the next message. So whatever
happens there, a webhook is behind by itself alone, and a receiver that was away for a day gets one message for the day.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now

from ..base import Record, may_see_sql
from ..data_version import OLDEST_RUNNING
from ..rights import Reader
from ..webhooks import Delivery, DeliveryState, HookState, Webhook, Why
from .payload import CHANGED
from .sending import end, reader_of

LISTED = 100  # changes that a message names; of more it says where to read on
PAGE = 1000
PAGES = 200  # that one look reads
EVERY = timedelta(seconds=3)  # a webhook is looked at: what changes within it is one message

END = 2**62
SINCE = """
SELECT r.id, r.kind, r.version, r.is_retired, r.is_deleted, r.merged_into_id IS NOT NULL, c.xid, c.id
FROM public.records_change c JOIN public.records_record r ON r.change_id = c.id
WHERE c.xid < {oldest} AND (c.xid, c.id) >= (%(xid)s, %(change)s)
  AND ((c.xid, c.id) > (%(xid)s, %(change)s) OR r.id > %(record)s) AND {seen}
ORDER BY c.xid, c.id, r.id LIMIT %(limit)s
"""
NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Entry:
    """The latest that happened to a record, as of when one looked."""

    record: UUID
    kind: str
    version: int
    what: str

    def as_data(self) -> dict:
        return {"kind": self.kind, "record": str(self.record), "version": self.version, "what": self.what}


def tell_one() -> bool:
    """Look what one webhook has not been told yet. False where none is to be looked at now."""
    with transaction.atomic():
        on_its_way = Delivery.objects.filter(
            webhook=OuterRef("pk"), state=DeliveryState.WAITING, event=CHANGED, is_by_hand=False
        )
        due = Webhook.objects.filter(~Exists(on_its_way), state=HookState.ACTIVE, looked_at__lt=Now() - EVERY)
        hook = due.select_for_update(skip_locked=True).order_by("looked_at").first()
        if hook:
            _tell(hook)
    return hook is not None


def _tell(hook: Webhook) -> None:
    reader = reader_of(hook.owner_id)
    if reader.user_id is None:
        end(hook.id, Why.OWNER)
        return
    since, found, is_more = hook.position, [], False
    for _page in range(PAGES):
        entries, hook.position = entries_since(hook.position, reader, PAGE)
        if not is_more:
            found += _asked_for(hook, entries)
            is_more = len(found) > LISTED
        if len(entries) < PAGE:
            break
    if found:
        Delivery.objects.create(
            webhook=hook,
            event=CHANGED,
            since=since,
            until=hook.position,
            changes=None if is_more else [entry.as_data() for entry in found],
        )
    hook.looked_at = Now()
    hook.save(update_fields=["position", "looked_at"])


def _asked_for(hook: Webhook, entries: list[Entry]) -> list[Entry]:
    asked = [entry for entry in entries if not hook.kinds or entry.kind in hook.kinds]
    if hook.program and asked:
        inside = Record.objects.filter(id__in=[entry.record for entry in asked], within=hook.program)
        ids = set(inside.values_list("id", flat=True))
        asked = [entry for entry in asked if entry.record in ids]
    return asked


# ---- the feed ------------------------------------------------------------------------------------------


def entries_since(position: str, reader: Reader, limit: int) -> tuple[list[Entry], str]:
    """The next records that changed after this position, and the position after them. Only transactions below the oldest that
    still runs are read, so that none which commits later is left behind."""
    xid, change, record = _read(position)
    seen, parameters = may_see_sql(reader, "r.visibility", "r.id")
    asked = parameters | {"xid": xid, "change": change, "record": record, "limit": limit}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {OLDEST_RUNNING}")
        (oldest,) = cursor.fetchone()
        cursor.execute(SINCE.format(oldest=oldest, seen=seen), asked)
        rows = cursor.fetchall()
    entries = [Entry(id, kind, version, _what(version, *state)) for id, kind, version, *state, _xid, _change in rows]
    if len(rows) == limit:
        return entries, _position(rows[-1][-2], rows[-1][-1], rows[-1][0])
    return entries, max(position, _position(oldest - 1, END, NOBODY), key=_read)


def end_of_feed() -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {OLDEST_RUNNING}")
        return _position(cursor.fetchone()[0] - 1, END, NOBODY)


def _what(version: int, is_retired: bool, is_deleted: bool, is_merged: bool) -> str:
    if is_deleted:
        return "deleted"
    if is_merged:
        return "merged"
    return "retired" if is_retired else "created" if version == 1 else "changed"


def _position(xid: int, change: int, record: UUID) -> str:
    return f"{xid}.{change}.{record.hex}"


def _read(position: str) -> tuple[int, int, UUID]:
    xid, change, record = position.split(".")
    return int(xid), int(change), UUID(record)
