"""What owners do with their webhooks. None of it is a change of records, so the history has nothing of it.

Raises Http404 for what does not exist for one, NotAllowed, Stale (the webhook moved meanwhile), Refused with all that is wrong.
"""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.http import Http404
from django.utils.translation import gettext as _

from ..asking import not_allowed
from ..cells import can_be_stored
from ..commands import Author
from ..finding import find as find_record
from ..kinds import kinds
from ..problem_codes import coded
from ..refusals import Fault, Moved, NotAllowed, Refused, Stale
from ..rights import Reader
from ..webhooks import Delivery, DeliveryState, HookState, Webhook, Why
from . import addresses, payload, signing, telling

MOST = 20  # webhooks of one owner
LONGEST_NAME = 200
FIELDS = ("name", "url", "kinds", "program", "state")


def can_have_hooks(reader: Reader) -> bool:
    return reader.user_id is not None


def find(key: str | UUID, reader: Reader) -> Webhook:
    try:
        return Webhook.objects.visible_to(reader).get(id=key if isinstance(key, UUID) else UUID(key))
    except (ValueError, Webhook.DoesNotExist):
        raise Http404 from None


@transaction.atomic
def create(values: dict, *, by: Author) -> tuple[Webhook, str]:
    """The webhook and its secret, which is shown this once. It is told what changes from now on."""
    if not can_have_hooks(by.reader):
        raise NotAllowed(_("Log in to make a webhook."))
    read = _read({"url": "", "name": ""} | values, by.reader)
    _one_at_a_time(by.reader.user_id)
    if Webhook.objects.own(by.reader).count() >= MOST:
        raise Refused(coded("too_many", _("One account has %d webhooks at most. Delete one first.") % MOST))
    if read.get("state", HookState.ACTIVE) == HookState.ENDED:
        raise Refused([Fault("state", coded("state", _("A new webhook is active or paused.")))])
    hook = Webhook(owner_id=by.reader.user_id, owner_name=by.name, position=telling.end_of_feed(by.reader), **read)
    hook.save(force_insert=True)
    hook.refresh_from_db()
    return hook, signing.shown(signing.secret_of(hook))


@transaction.atomic
def change(id: UUID, values: dict, *, version: int, by: Author) -> Webhook:
    """Any of name, address, kinds, program and state. Made active again it goes on where it ended, so nothing is left out."""
    hook = _held(id, by.reader)
    if hook.version != version:
        raise Stale([Moved(hook.id, version, hook)])
    read = _read(values, by.reader)
    _require_may_change(hook, read, by.reader)
    state = read.pop("state", hook.state)
    for name, value in read.items():
        setattr(hook, name, value)
    if state != hook.state:
        _become(hook, HookState(state))
    return _saved(hook)


@transaction.atomic
def delete(id: UUID, *, version: int, by: Author) -> None:
    """With its deliveries."""
    hook = _own(id, by.reader)
    if hook.version != version:
        raise Stale([Moved(hook.id, version, hook)])
    hook.delete()


@transaction.atomic
def rotate(id: UUID, *, by: Author) -> tuple[Webhook, str]:
    """A new secret, shown this once. For a day messages are signed with the one before as well."""
    hook = _own(id, by.reader)
    hook.secret_number, hook.rotated_at = hook.secret_number + 1, Now()
    hook = _saved(hook)
    return hook, signing.shown(signing.secret_of(hook))


@transaction.atomic
def ping(id: UUID, *, by: Author) -> Delivery:
    """A message to try the receiver with, sent once. One that waits already is this one."""
    hook = _not_ended(_own(id, by.reader))
    waiting = hook.deliveries.filter(event=payload.PING, state=DeliveryState.WAITING).first()
    made = waiting or Delivery.objects.create(webhook=hook, event=payload.PING, is_by_hand=True)
    made.refresh_from_db()
    return made


@transaction.atomic
def replay(id: UUID, delivery_id: UUID, *, by: Author) -> Delivery:
    """The same message again, now and once. One that is to be tried again later is tried now, and keeps its schedule."""
    hook = _not_ended(_own(id, by.reader))
    delivery = Delivery.objects.select_for_update().filter(webhook=hook, id=delivery_id).first()
    if delivery is None:
        raise Http404
    if delivery.state != DeliveryState.WAITING:
        delivery.state, delivery.is_by_hand, delivery.delivered_at = DeliveryState.WAITING, True, None
        delivery.tries = 0
    if delivery.held_until is None:
        delivery.next_try_at = Now()
    delivery.save()
    delivery.refresh_from_db()
    return delivery


# ---- what they share -----------------------------------------------------------------------------------


def _held(id: UUID, reader: Reader) -> Webhook:
    """Visible to the reader, and nobody else's to change until the transaction ends."""
    hook = Webhook.objects.visible_to(reader).select_for_update().filter(id=id).first()
    if hook is None:
        raise Http404
    return hook


def _own(id: UUID, reader: Reader) -> Webhook:
    hook = _held(id, reader)
    if hook.owner_id != reader.user_id:
        raise NotAllowed(_("Only its owner does this. Administrators can stop a webhook."))
    return hook


def _not_ended(hook: Webhook) -> Webhook:
    if hook.state == HookState.ENDED:
        raise Refused(coded("state", _("This webhook ended. Make it active again first.")))
    return hook


def _require_may_change(hook: Webhook, read: dict, reader: Reader) -> None:
    """Others' webhooks are stopped by administrators, and let go on; what was stopped so, its owner does not start again."""
    if hook.owner_id != reader.user_id and set(read) - {"state"}:
        raise NotAllowed(_("Only its owner does this. Administrators can stop a webhook."))
    if hook.why == Why.STOPPED and "state" in read and not reader.is_administrator:
        raise NotAllowed(_("An administrator stopped this webhook. Ask them."))
    if read.get("state") == HookState.ENDED and not reader.is_administrator:
        raise Refused([Fault("state", coded("state", _("Pause it, or delete it. Administrators can stop a webhook.")))])


def _become(hook: Webhook, state: HookState) -> None:
    was_ended = hook.state == HookState.ENDED
    hook.state, hook.why, hook.ended_at = state, "", None
    failed = hook.deliveries.filter(Q(event=payload.CHANGED, is_by_hand=False))
    if state == HookState.ENDED:
        hook.why, hook.ended_at = Why.STOPPED, Now()
        hook.deliveries.filter(state=DeliveryState.WAITING).update(state=DeliveryState.FAILED, next_try_at=None)
    elif was_ended and (last := failed.order_by("-id").first()) and last.state == DeliveryState.FAILED:
        last.state, last.tries, last.next_try_at = DeliveryState.WAITING, 0, Now()
        last.save()


def _saved(hook: Webhook) -> Webhook:
    hook.version, hook.updated_at = hook.version + 1, Now()
    hook.save(force_update=True)
    hook.refresh_from_db()
    return hook


def _one_at_a_time(owner_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('webhooks of'), hashtext(%s))", [str(owner_id)])


def _read(values: dict, reader: Reader) -> dict:
    """The values as a webhook holds them. Everything that is wrong is said at once."""
    faults, found = [], {}
    for name, value in values.items():
        try:
            found[name] = READ[name](value, reader)
        except ValueError as bad:
            faults.append(Fault(name, str(bad)))
    if faults:
        raise Refused(faults)
    return found


def _name(value, _reader) -> str:
    name = " ".join(value.split()) if isinstance(value, str) else ""
    if not name or not can_be_stored(name):
        raise ValueError(coded("required", _("Give the webhook a name.")))
    if len(name) > LONGEST_NAME:
        raise ValueError(coded("too_long", _("Longer than %d characters.") % LONGEST_NAME))
    return name


def _url(value, _reader) -> str:
    url = value.strip() if isinstance(value, str) else ""
    if not url or not can_be_stored(url):
        raise ValueError(coded("required", _("Name the address to which messages go.")))
    addresses.read(url)
    return url


def _kinds(value, _reader) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError(coded("not_a_list", _("“kinds” is a list of names of kinds; empty: all.")))
    for one in value:
        if one not in kinds():
            raise ValueError(not_allowed("kinds", one[:100], kinds()))
    return sorted(set(value))


def _program(value, reader: Reader) -> UUID | None:
    """By its id or slug."""
    if value in (None, ""):
        return None
    try:
        return find_record(kinds()["program"], str(value), reader).id
    except Http404:
        raise ValueError(coded("no_such_record", _("There is no such program, or you may not see it."))) from None


def _state(value, _reader) -> str:
    if value not in HookState.values:
        raise ValueError(not_allowed("state", str(value)[:100], HookState.values))
    return value


READ = {"name": _name, "url": _url, "kinds": _kinds, "program": _program, "state": _state}
