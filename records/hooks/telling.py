"""What changed since a webhook was last told becomes one message, of whatever size: a bulk load is a few messages, not many.

While a message of changes is on its way, what changes meanwhile waits in the feed and is the next message. So whatever
happens there, a webhook is behind by itself alone, and a receiver that was away for a day gets one message for the day.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction

from ..base import Record
from ..feed import Entry, Expired, Feed, RightsChanged, position_here, read_position
from ..rights import Reader
from ..webhooks import Delivery, HookState, Webhook, Why
from .payload import CHANGED
from .sending import end, reader_of

LISTED = 100  # changes that a message names; of more it says where to read on
PAGE = 500
PAGES = 100  # that one look reads
EVERY = timedelta(seconds=3)  # a webhook is looked at: what changes within it is one message

CLAIM = """
UPDATE records_webhook SET looked_at = clock_timestamp() WHERE id = (
  SELECT w.id FROM records_webhook w WHERE w.state = 'active' AND w.looked_at < clock_timestamp() - %(every)s
    AND NOT EXISTS (SELECT FROM records_delivery d WHERE d.webhook_id = w.id AND d.state = 'waiting'
                    AND d.event = %(event)s AND NOT d.is_by_hand)
  ORDER BY w.looked_at LIMIT 1 FOR UPDATE SKIP LOCKED
) RETURNING id
"""


@dataclass(frozen=True)
class News:
    """What is to be told: the changes (None: too many to list, or who knows which), and up to where that is."""

    changes: list[dict] | None
    until: str

    @property
    def is_any(self) -> bool:
        return self.changes is None or bool(self.changes)


def end_of_feed(reader: Reader) -> str:
    """From where a new webhook is told."""
    return str(position_here(reader))


def tell_one() -> bool:
    """Look what one webhook has not been told yet. False where none is to be looked at now.

    Nothing is held while the feed is read: who is overtaken by another worker writes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, {"every": EVERY, "event": CHANGED})
        found = cursor.fetchone()
    hook = Webhook.objects.filter(id=found[0]).first() if found else None
    if hook:
        reader = reader_of(hook.owner_id)
        if reader.user_id is None:
            end(hook.id, Why.OWNER)
        else:
            _write(hook, news(hook, reader))
    return found is not None


@transaction.atomic
def _write(hook: Webhook, told: News) -> None:
    """The message and that it was told, unless somebody else was faster."""
    same = Webhook.objects.select_for_update().filter(id=hook.id, position=hook.position, state=HookState.ACTIVE)
    if not same.exists():
        return
    if told.is_any:
        Delivery.objects.create(
            webhook=hook, event=CHANGED, since=hook.position, until=told.until, changes=told.changes
        )
    Webhook.objects.filter(id=hook.id).update(position=told.until)


def news(hook: Webhook, reader: Reader) -> News:
    """What changed since this webhook was told, as far as it asks for it and its owner sees it now."""
    position, found = read_position(hook.position), []
    feed = Feed(reader, PAGE, kinds=tuple(hook.kinds))
    for _page in range(PAGES):
        try:
            page = feed.after(position)
        except RightsChanged:  # from here on by the rights of now
            position = replace(position, rights=position_here(reader).rights)
            continue
        except Expired:  # paused for longer than the feed keeps, or restored from a backup: to be read anew
            return News(None, end_of_feed(reader))
        found += [_as_data(entry) for entry in _asked_for(hook, page.entries)]
        if len(found) > LISTED:
            return News(None, end_of_feed(reader))
        position = page.next
        if not page.has_more:
            break
    return News(found, str(position))


def _asked_for(hook: Webhook, entries: list[Entry]) -> list[Entry]:
    if hook.program is None or not entries:
        return entries
    inside = Record.objects.filter(id__in=[entry.id for entry in entries], within=hook.program)
    ids: set[UUID] = set(inside.values_list("id", flat=True))
    return [entry for entry in entries if entry.id in ids]


def _as_data(entry: Entry) -> dict:
    return {"kind": entry.kind.name, "record": str(entry.id), "version": entry.version, "what": entry.what}
