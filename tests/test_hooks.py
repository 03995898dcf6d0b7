"""Webhooks: what changed is told, signed, to whoever may see it; again where it did not arrive; until it is given up."""

import ipaddress
import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

import pytest
from django.db.models import F
from django.http import Http404

from people.models import OutgoingMail
from records.commands import Author
from records.hooks import commands, payload, posting, sending, signing
from records.models import Delivery, Webhook
from records.refusals import NotAllowed, Refused, Stale
from records.webhooks import BOTH_SECRETS, DeliveryState, HookState, Why
from tests import cast
from tests.receiver import Receiver

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def here(settings):
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.WEBHOOK_PLAIN_HTTP = True


def by(user) -> Author:
    return Author(cast.reader(user), user.username)


def hook_of(user, url="http://127.0.0.1:9/", **more) -> Webhook:
    return commands.create({"name": "dashboard", "url": url, **more}, by=by(user))[0]


def told(hook: Webhook, *records, **more) -> Delivery:
    """A message that these records changed."""
    changes = [{"kind": "program", "record": str(one.id), "version": 1, "what": "changed"} for one in records]
    return Delivery.objects.create(webhook=hook, event=payload.CHANGED, since="1", until="2", changes=changes, **more)


def try_once() -> sending.Result | None:
    """What a worker does with the next message that is due."""
    letter = sending.claim()
    if letter is None:
        return None
    result = sending.attempt(letter)
    sending.note(letter, result)
    return result


def later(delivery: Delivery) -> None:
    """The time of its next attempt has come."""
    Delivery.objects.filter(pk=delivery.pk).update(next_try_at=datetime.now(UTC) - timedelta(seconds=1))


def now(row):
    row.refresh_from_db()
    return row


# ---- signatures ----------------------------------------------------------------------------------------


def test_a_signature_is_that_of_the_specifications_own_example():
    """From the specification's libraries: the same secret, id, time and body there."""
    import base64

    secret = base64.b64decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signing.signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_message_can_be_verified_by_its_receiver_alone(officer, receiver):
    hook, secret = commands.create({"name": "one", "url": receiver.url}, by=by(officer))
    delivery = commands.ping(hook.id, by=by(officer))
    assert try_once().is_delivered
    (got,) = receiver.got
    assert secret.startswith("whsec_") and got.is_signed_with(secret)
    assert got.id == now(delivery).message_id and "." not in got.id
    assert got.path == "/hook?from=registry" and got.headers["content-type"] == "application/json"
    assert got.said == {"type": "ping", "timestamp": got.said["timestamp"], "data": {"webhook": str(hook.id)}}


def test_after_a_rotation_both_secrets_verify_for_a_day_and_then_the_new_one_alone(officer, receiver):
    hook, old = commands.create({"name": "one", "url": receiver.url}, by=by(officer))
    _hook, new = commands.rotate(hook.id, by=by(officer))
    for is_over in (False, True):
        if is_over:
            Webhook.objects.update(rotated_at=F("rotated_at") - BOTH_SECRETS)
        commands.ping(hook.id, by=by(officer))
        try_once()
        assert receiver.got[-1].is_signed_with(new)
        assert receiver.got[-1].is_signed_with(old) != is_over


def test_no_two_webhooks_have_the_same_secret_and_the_database_has_none(officer, settings):
    (one, secret), (_two, other) = (
        commands.create({"name": "n", "url": "https://a.example/"}, by=by(officer)) for _ in "ab"
    )
    assert secret != other
    kept = Webhook.objects.filter(pk=one.pk).values_list()[0]
    assert secret not in map(str, kept)
    settings.SECRET_KEY = "another" * 10
    assert signing.shown(signing.secret_of(one)) != secret


def test_secrets_are_not_logged(officer, receiver, caplog):
    caplog.set_level(logging.DEBUG)
    hook, secret = commands.create({"name": "one", "url": receiver.url}, by=by(officer))
    commands.ping(hook.id, by=by(officer))
    try_once()
    assert secret not in caplog.text and secret.removeprefix("whsec_") not in caplog.text


# ---- trying again --------------------------------------------------------------------------------------


def test_a_message_that_fails_is_sent_again_under_the_same_id_by_the_schedule(officer, receiver):
    receiver.answers, receiver.text = [500, 404, 302, 200], b"what it says"
    delivery = told(hook_of(officer, receiver.url), cast.program("alpha"))
    for n in range(3):
        assert not try_once().is_delivered
        waits = now(delivery).next_try_at - datetime.now(UTC)
        wanted = sending.SCHEDULE[n]
        assert 0.85 * wanted < waits < 1.15 * wanted
        assert try_once() is None  # not before its time
        later(delivery)
    assert try_once().is_delivered
    assert now(delivery).state == DeliveryState.DELIVERED and delivery.delivered_at and delivery.next_try_at is None
    assert len({got.id for got in receiver.got}) == 1 and len({got.body for got in receiver.got}) == 1
    log = [(one.status, one.answer) for one in delivery.attempts.order_by("id")]
    assert log == [(500, "what it says"), (404, "what it says"), (302, "what it says"), (200, "what it says")]


def test_a_receiver_may_ask_for_a_longer_wait_but_not_for_ever(officer):
    minute, answer = timedelta(minutes=1), lambda text: posting.Answer(503, "", text)
    assert sending.wait_after(1, answer("3600")) == 60 * minute
    assert abs(sending.wait_after(1, answer(format_datetime(datetime.now(UTC) + 60 * minute))) - 60 * minute) < minute
    assert sending.wait_after(1, answer("9999999")) == sending.LONGEST_WAIT
    for nonsense in ("-5", "soon", "", "0", "9" * 50):
        assert sending.wait_after(1, answer(nonsense)) < timedelta(seconds=6)


def test_waits_differ_by_chance_so_that_receivers_are_not_told_all_at_once():
    assert len({sending.wait_after(3) for _n in range(20)}) == 20


def test_after_three_days_of_failing_the_webhook_ends_and_its_owner_is_told(receiver, english):
    owner = cast.user("officer")
    owner.email, owner.language = "owner@example.org", "en"
    owner.save()
    hook = hook_of(owner, receiver.url)
    delivery = told(hook, cast.program("alpha"))
    assert timedelta(days=3) < sum(sending.SCHEDULE, timedelta()) < timedelta(days=4)
    receiver.answers = [500]
    for _n in range(len(sending.SCHEDULE) + 1):
        assert now(hook).state == HookState.ACTIVE
        later(delivery)
        assert try_once()
    assert (now(hook).state, hook.why, now(delivery).state) == (HookState.ENDED, Why.FAILED, DeliveryState.FAILED)
    mail = OutgoingMail.objects.get()
    assert mail.subject == "The webhook “dashboard” ended" and f"/webhooks/{hook.id}/" in mail.text
    assert "it could not be delivered for three days" in mail.text


def test_410_gone_ends_it_at_once(officer, receiver):
    hook = hook_of(officer, receiver.url)
    told(hook, cast.program("alpha"))
    receiver.answers = [410]
    try_once()
    assert (now(hook).state, hook.why) == (HookState.ENDED, Why.GONE)
    assert try_once() is None and len(receiver.got) == 1


def test_a_receiver_that_does_not_answer_is_a_failed_attempt(officer, receiver, monkeypatch):
    monkeypatch.setattr(posting, "SECONDS", 0.2)
    monkeypatch.setattr(posting.post, "__kwdefaults__", posting.post.__kwdefaults__ | {"seconds": 0.2})
    receiver.gate.clear()
    delivery = told(hook_of(officer, receiver.url), cast.program("alpha"))
    assert try_once().problem == "timeout"
    assert now(delivery).state == DeliveryState.WAITING and delivery.attempts.get().problem == "timeout"


def test_a_webhook_that_came_to_lead_inside_is_not_connected_to(officer, receiver, settings):
    hook_of(officer, receiver.url)
    told(Webhook.objects.get(), cast.program("alpha"))
    settings.WEBHOOK_NETWORKS = []
    assert try_once().problem == "address" and not receiver.got


def test_a_webhook_that_is_paused_or_ended_gets_nothing(officer, receiver):
    hook = hook_of(officer, receiver.url)
    told(hook, cast.program("alpha"))
    commands.change(hook.id, {"state": "paused"}, version=1, by=by(officer))
    assert try_once() is None
    commands.change(hook.id, {"state": "active"}, version=2, by=by(officer))
    assert try_once().is_delivered


def test_made_active_again_an_ended_one_sends_what_it_could_not(officer, receiver):
    hook = hook_of(officer, receiver.url)
    delivery = told(hook, cast.program("alpha"))
    receiver.answers = [410, 204]
    try_once()
    with pytest.raises(Refused):
        commands.ping(hook.id, by=by(officer))
    commands.change(hook.id, {"state": "active"}, version=now(hook).version, by=by(officer))
    assert try_once().is_delivered and now(delivery).state == DeliveryState.DELIVERED
    assert now(hook).why == "" and hook.ended_at is None


# ---- by hand -------------------------------------------------------------------------------------------


def test_a_message_that_is_sent_again_by_hand_keeps_its_id_and_body(officer, receiver):
    hook = hook_of(officer, receiver.url)
    delivery = told(hook, cast.program("alpha"))
    try_once()
    commands.replay(hook.id, delivery.id, by=by(officer))
    assert try_once().is_delivered
    first, second = receiver.got
    assert first.id == second.id and first.body == second.body
    assert now(delivery).attempts.count() == 2


def test_sending_by_hand_is_tried_once_and_does_not_end_the_webhook(officer, receiver):
    hook = hook_of(officer, receiver.url)
    delivery = told(hook, cast.program("alpha"))
    try_once()
    receiver.answers = [500]
    commands.replay(hook.id, delivery.id, by=by(officer))
    ping = commands.ping(hook.id, by=by(officer))
    assert try_once() and try_once() and try_once() is None
    assert now(delivery).state == now(ping).state == DeliveryState.FAILED and now(hook).is_active


def test_what_waits_for_its_next_attempt_is_tried_now_and_keeps_its_schedule(officer, receiver):
    hook = hook_of(officer, receiver.url)
    delivery = told(hook, cast.program("alpha"))
    receiver.answers = [500]
    try_once()
    commands.replay(hook.id, delivery.id, by=by(officer))
    try_once()
    assert now(delivery).state == DeliveryState.WAITING and delivery.tries == 2
    assert delivery.next_try_at > datetime.now(UTC) + timedelta(minutes=4)


def test_two_clicks_on_ping_are_one_ping(officer):
    hook = hook_of(officer)
    assert commands.ping(hook.id, by=by(officer)) == commands.ping(hook.id, by=by(officer))


# ---- many at once --------------------------------------------------------------------------------------


def test_a_claimed_message_is_nobody_elses_until_the_claim_lapses(officer, receiver):
    delivery = told(hook_of(officer, receiver.url), cast.program("alpha"))
    dead = sending.claim()
    assert sending.claim() is None
    Delivery.objects.update(held_until=datetime.now(UTC) - timedelta(seconds=1))  # its worker died long ago
    assert try_once().is_delivered
    sending.note(dead, sending.Result(1, problem="timeout"))  # it comes back after all: too late
    assert now(delivery).state == DeliveryState.DELIVERED and delivery.attempts.count() == 1


def test_a_slow_webhook_takes_one_place_and_its_owner_two(officer):
    partner = cast.user("viewer")
    program = cast.program("alpha")
    hooks = [hook_of(officer) for _n in range(3)]
    for hook in hooks:
        told(hook, program)
        commands.ping(hook.id, by=by(officer))
    theirs = told(hook_of(partner), program)
    claimed = [sending.claim() for _n in range(4)]
    assert claimed[3] is None
    assert len({letter.hook for letter in claimed[:3]}) == 3 and claimed[2].delivery == theirs.id


# ---- who may -------------------------------------------------------------------------------------------


def test_what_its_owner_may_not_see_any_more_is_not_told(receiver):
    viewer = cast.user("viewer")
    shown, hidden = cast.program("shown"), cast.program("hidden")
    told(hook_of(viewer, receiver.url), shown, hidden)
    type(hidden).objects.filter(pk=hidden.pk).update(visibility=cast.INTERNAL)
    assert try_once().is_delivered
    data = receiver.got[0].said["data"]
    assert [one["record"] for one in data["changes"]] == [str(shown.id)] and data["count"] == 1
    assert str(hidden.id).encode() not in receiver.got[0].body


def test_a_message_of_which_nothing_may_be_told_any_more_is_not_sent(receiver):
    viewer, hidden = cast.user("viewer"), cast.program("hidden")
    delivery = told(hook_of(viewer, receiver.url), hidden)
    type(hidden).objects.filter(pk=hidden.pk).update(visibility=cast.INTERNAL)
    assert try_once() is None and not receiver.got
    assert now(delivery).state == DeliveryState.DROPPED


def test_the_webhooks_of_a_closed_account_end(receiver):
    viewer = cast.user("viewer")
    hook = hook_of(viewer, receiver.url)
    told(hook, cast.program("alpha"))
    viewer.is_active = False
    viewer.save()
    assert try_once() is None and not receiver.got
    assert (now(hook).state, hook.why) == (HookState.ENDED, Why.OWNER)


def test_for_others_a_webhook_does_not_exist_and_administrators_can_stop_it(officer):
    hook = hook_of(cast.user("viewer"))
    with pytest.raises(Http404):
        commands.change(hook.id, {"state": "paused"}, version=1, by=by(officer))
    boss = cast.user("administrator")
    for act in (commands.rotate, commands.ping):
        with pytest.raises(NotAllowed):
            act(hook.id, by=by(boss))
    with pytest.raises(NotAllowed):
        commands.change(hook.id, {"url": "https://b.example/"}, version=1, by=by(boss))
    with pytest.raises(NotAllowed):
        commands.delete(hook.id, version=1, by=by(boss))
    commands.change(hook.id, {"state": "ended"}, version=1, by=by(boss))
    assert now(hook).why == Why.STOPPED


def test_what_an_administrator_stopped_its_owner_does_not_start_again(officer):
    hook = hook_of(officer)
    commands.change(hook.id, {"state": "ended"}, version=1, by=by(cast.user("administrator")))
    with pytest.raises(NotAllowed):
        commands.change(hook.id, {"state": "active"}, version=2, by=by(officer))
    commands.change(hook.id, {"state": "active"}, version=2, by=by(cast.user("administrator")))
    assert now(hook).is_active


def test_nobody_who_is_not_signed_in_has_webhooks():
    with pytest.raises(NotAllowed):
        commands.create({"name": "n", "url": "https://a.example/"}, by=Author(cast.reader(None), ""))


def test_one_account_has_twenty_at_most(officer):
    for _n in range(commands.MOST):
        hook_of(officer)
    with pytest.raises(Refused, match="20"):
        hook_of(officer)
    hook_of(cast.user("viewer"))


def test_everything_that_is_wrong_is_said_at_once(officer):
    wrong = {"name": " ", "url": "http://[", "kinds": ["nothing"], "program": "nowhere", "state": "asleep"}
    with pytest.raises(Refused) as refused:
        commands.create(wrong, by=by(officer))
    assert {fault.field for fault in refused.value.faults} == set(wrong)


def test_a_program_that_one_may_not_see_is_none(officer):
    hidden = cast.program("hidden", visibility=cast.INTERNAL)
    assert hook_of(officer, program=str(hidden.id)).program == hidden.id
    with pytest.raises(Refused):
        hook_of(cast.user("viewer"), program=str(hidden.id))


def test_two_who_change_one_webhook_do_not_overwrite_each_other(officer):
    hook = hook_of(officer)
    commands.change(hook.id, {"name": "first"}, version=1, by=by(officer))
    with pytest.raises(Stale):
        commands.change(hook.id, {"name": "second"}, version=1, by=by(officer))


def test_old_deliveries_are_forgotten_after_a_month(officer):
    hook = hook_of(officer)
    old = told(hook, cast.program("alpha"), at=datetime.now(UTC) - timedelta(days=31), state=DeliveryState.DELIVERED)
    young = told(hook, cast.program("beta"))
    sending.forget_old()
    assert set(Delivery.objects.values_list("id", flat=True)) == {young.id} != {old.id}
    assert isinstance(young.id, UUID)


def test_the_recipe_in_the_documentation_verifies_our_messages_and_no_others(officer, receiver, settings):
    text = (settings.BASE_DIR / "docs" / "api.md").read_text()
    (recipe,) = [block for block in text.split("```") if block.startswith("python") and "def is_ours" in block]
    recipes: dict = {}
    exec(recipe.removeprefix("python"), recipes)
    hook, secret = commands.create({"name": "one", "url": receiver.url}, by=by(officer))
    commands.rotate(hook.id, by=by(officer))
    commands.ping(hook.id, by=by(officer))
    try_once()
    (got,) = receiver.got
    is_ours = recipes["is_ours"]
    assert is_ours(secret, got.headers, got.body)
    assert not is_ours(secret, got.headers, got.body + b" ")
    assert not is_ours("whsec_" + "A" * 43 + "=", got.headers, got.body)
    assert not is_ours(secret, got.headers | {"webhook-timestamp": "1614265330"}, got.body)
