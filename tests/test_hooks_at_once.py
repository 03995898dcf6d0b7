"""What changes is told: batched, only what is committed, by workers that die and that are many. Real transactions."""

import ipaddress
import json
import time
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from labs.models import Institution
from programs.models import Program
from records import feed
from records.history import change
from records.hooks import commands, sending, telling
from records.models import Delivery, Webhook
from records.webhooks import DeliveryState
from tests import cast
from tests.receiver import Receiver
from tests.test_hooks import by, hook_of
from tests.test_workers import broker, test_database, until, worker  # noqa: F401  broker is a fixture

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def receiver():
    server = Receiver()
    yield server
    server.stop()


@pytest.fixture(autouse=True)
def here(settings, monkeypatch):
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.WEBHOOK_PLAIN_HTTP = True
    monkeypatch.setenv("WEBHOOK_NETWORKS", "127.0.0.0/8")  # the same for workers
    monkeypatch.setenv("DEBUG", "1")


def look() -> None:
    """Every webhook is looked at, as a worker does every few seconds.

    Twice: where a transaction of another database ends at that moment, the feed waits until it is asked again.
    """
    for _again in range(2):
        Webhook.objects.update(looked_at=datetime.now(UTC) - timedelta(minutes=1))
        while telling.tell_one():
            pass


def tell_all() -> None:
    """Look and send until nothing is left."""
    look()
    while letter := sending.claim():
        sending.note(letter, sending.attempt(letter))
    if Delivery.objects.filter(state=DeliveryState.WAITING, next_try_at__lte=datetime.now(UTC)).exists():
        tell_all()


def told(receiver: Receiver) -> list[tuple]:
    return [(one["kind"], one["what"]) for got in receiver.got for one in got.said["data"]["changes"] or ()]


# ---- what is told --------------------------------------------------------------------------------------


def test_what_changed_since_it_was_made_is_told_with_its_address(officer, receiver):
    cast.program("before")
    hook_of(officer, receiver.url)
    alpha = cast.program("alpha")
    tell_all()
    (got,) = receiver.got
    data = got.said["data"]
    assert got.said["type"] == "records.changed" and data["count"] == 1
    (one,) = data["changes"]
    assert {name: one[name] for name in ("kind", "record", "version", "what")} == {
        "kind": "program", "record": str(alpha.id), "version": 1, "what": "changed",
    }  # fmt: skip
    assert one["url"].endswith(f"/api/v1/programs/{alpha.id}/")
    assert len(got.body) < 20_000
    tell_all()
    assert len(receiver.got) == 1


def test_changing_and_retiring_are_told(officer, receiver):
    alpha = cast.program("alpha")
    hook_of(officer, receiver.url)
    Program.objects.filter(pk=alpha.pk).update(name_en="Other")
    tell_all()
    Program.objects.filter(pk=alpha.pk).update(is_retired=True)
    tell_all()
    assert told(receiver) == [("program", "changed"), ("program", "retired")]


def test_a_bulk_load_of_many_records_is_one_message(officer, receiver):
    hook_of(officer, receiver.url)
    with change(actor_name="officer", reason="load"):
        Institution.objects.bulk_create(
            Institution(slug=f"i{n}", name_en=f"Institution {n}", kind="university") for n in range(3000)
        )
    tell_all()
    (got,) = receiver.got
    data = got.said["data"]
    assert data["changes"] is None and data["count"] is None and data["since"] != data["until"]
    cast.program("alpha")
    tell_all()
    assert told(receiver) == [("program", "changed")]


def test_a_record_that_its_owner_may_not_see_is_never_told(receiver):
    viewer = cast.user("viewer")
    hook_of(viewer, receiver.url)
    cast.program("hidden", visibility=cast.INTERNAL)
    tell_all()
    assert not receiver.got
    cast.program("shown")
    tell_all()
    assert told(receiver) == [("program", "changed")]


def test_rights_that_its_owner_loses_count_from_then_on(receiver, officer):
    hook_of(officer, receiver.url)
    officer.role = "viewer"
    officer.save()
    cast.program("hidden", visibility=cast.INTERNAL)
    tell_all()
    assert not receiver.got


def test_that_a_record_is_hidden_is_told_to_who_saw_it(receiver):
    alpha, viewer = cast.program("alpha"), cast.user("viewer")
    hook_of(viewer, receiver.url)
    Program.objects.filter(pk=alpha.pk).update(visibility=cast.INTERNAL)
    tell_all()
    assert ("program", "hidden") in told(receiver)
    Program.objects.filter(pk=alpha.pk).update(name_en="Secret")
    tell_all()
    assert {one["version"] for got in receiver.got for one in got.said["data"]["changes"]} == {None}


def test_a_position_that_a_message_names_is_one_that_the_feed_takes(officer, receiver, client):
    hook_of(officer, receiver.url)
    alpha = cast.program("alpha")
    tell_all()
    client.force_login(officer)
    (got,) = receiver.got
    answer = client.get("/api/v1/changes/", {"since": got.said["data"]["since"]})
    assert answer.status_code == 200 and str(alpha.id) in answer.text
    answer = client.get("/api/v1/changes/", {"since": got.said["data"]["until"]})
    assert answer.status_code == 200 and answer.json()["results"] == []


def test_a_webhook_that_was_paused_for_longer_than_the_feed_keeps_is_told_to_read_anew(officer, receiver, monkeypatch):
    hook_of(officer, receiver.url)
    monkeypatch.setattr(feed, "KEPT", -timedelta(days=30))
    cast.program("alpha")
    tell_all()
    (got,) = receiver.got
    assert got.said["data"]["changes"] is None


def test_who_is_overtaken_by_another_worker_tells_nothing_twice(officer, receiver, monkeypatch):
    hook_of(officer, receiver.url)
    cast.program("alpha")
    alone = telling.news
    monkeypatch.setattr(telling, "news", lambda *asked: (monkeypatch.undo(), look(), alone(*asked))[-1])
    look()
    assert Delivery.objects.count() == 1


def test_only_the_kinds_and_the_program_that_it_asks_for_are_told(officer, receiver):
    alpha, beta = cast.program("alpha"), cast.program("beta")
    hook_of(officer, receiver.url, kinds=["project"], program=str(alpha.id))
    cast.project(beta)
    cast.participation(cast.institution(), alpha)
    mine = cast.project(alpha)
    tell_all()
    assert [one["record"] for got in receiver.got for one in got.said["data"]["changes"]] == [str(mine.id)]


def test_what_is_committed_late_is_told_all_the_same(officer, receiver):
    """A transaction that began before others and ends after them: nothing that was told earlier passes it by."""
    cast.program("slow")
    hook_of(officer, receiver.url)
    with psycopg.connect(test_database()) as slow:
        slow.execute("UPDATE programs_program SET name_en = 'Slow'")
        cast.program("quick")
        tell_all()
    tell_all()
    assert told(receiver) == [("program", "changed")] * 2


def test_a_webhook_that_was_paused_is_told_what_it_missed(officer, receiver):
    hook = hook_of(officer, receiver.url, state="paused")
    cast.program("alpha")
    tell_all()
    assert not receiver.got
    commands.change(hook.id, {"state": "active"}, version=1, by=by(officer))
    tell_all()
    assert told(receiver) == [("program", "changed")]


# ---- receivers that fail -------------------------------------------------------------------------------


def test_while_one_message_is_on_its_way_the_next_changes_wait_and_are_one_message(officer, receiver):
    receiver.answers = [500, 204]
    hook_of(officer, receiver.url)
    cast.program("first")
    tell_all()
    for slug in ("second", "third"):
        cast.program(slug)
        tell_all()
    assert len(receiver.got) == 1 and Delivery.objects.count() == 1
    Delivery.objects.update(next_try_at=datetime.now(UTC))
    tell_all()
    tell_all()
    assert [got.said["data"]["count"] for got in receiver.got] == [1, 1, 2]
    assert receiver.got[0].id == receiver.got[1].id != receiver.got[2].id


def test_a_receiver_that_does_not_answer_holds_nobody_else_up(officer, receiver):
    slow = Receiver()
    slow.gate.clear()
    for _n in range(3):
        hook_of(cast.user("viewer"), slow.url)
    hook_of(officer, receiver.url)
    cast.program("alpha")
    look()
    sender = sending.Sender(at_once=4)
    until(lambda: sender.step(0.1) is not None and receiver.got, what="the quick one was told")
    assert len(slow.got) <= 3 and Delivery.objects.filter(state="delivered").count() <= 1
    slow.stop()
    until(lambda: sender.step(0.1) is not None and sender.free == 4, what="the slow ones ended")
    sender.stop()


# ---- workers -------------------------------------------------------------------------------------------


def test_two_workers_at_once_deliver_each_message_once(officer, receiver, broker, tmp_path):  # noqa: F811
    owners = [cast.user("viewer") for _n in range(20)]
    hooks = [hook_of(owner, f"{receiver.url}&n={n}") for n, owner in enumerate(owners)]
    for hook in hooks:
        commands.ping(hook.id, by=by(next(one for one in owners if one.pk == hook.owner_id)))
    with worker(broker, tmp_path, "one"), worker(broker, tmp_path, "two"):
        cast.program("alpha")
        is_done = lambda: Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 40  # noqa: E731
        until(is_done, what="all pings and the news to all")
        time.sleep(2)  # who would send one again has time to
    ids = [got.id for got in receiver.got]
    assert len(ids) == len(set(ids)) == 40


def test_a_killed_workers_message_is_sent_by_another(officer, receiver, broker, tmp_path):  # noqa: F811
    hook = hook_of(officer, receiver.url)
    delivery = commands.ping(hook.id, by=by(officer))
    receiver.gate.clear()
    with worker(broker, tmp_path):
        until(lambda: receiver.got, what="a request in its middle")
    # the worker and all its children were killed with SIGKILL here
    delivery.refresh_from_db()
    assert delivery.state == DeliveryState.WAITING and delivery.held_until > datetime.now(UTC)
    assert sending.claim() is None
    Delivery.objects.update(held_until=datetime.now(UTC) - timedelta(seconds=1))  # the claim lapses
    receiver.gate.set()
    with worker(broker, tmp_path, "another"):
        until(lambda: Delivery.objects.get().state == DeliveryState.DELIVERED, what="sent by another worker")
    assert [got.id for got in receiver.got] == [delivery.message_id] * 2
    assert delivery.attempts.count() == 1


def test_workers_log_neither_secrets_nor_what_is_signed_with_them(officer, receiver, broker, tmp_path):  # noqa: F811
    hook, secret = commands.create({"name": "one", "url": receiver.url}, by=by(officer))
    commands.ping(hook.id, by=by(officer))
    with worker(broker, tmp_path):
        until(lambda: receiver.got and Delivery.objects.get().state == DeliveryState.DELIVERED, what="sent")
    assert receiver.got[0].is_signed_with(secret)
    log = (tmp_path / "worker.log").read_text()
    assert secret.removeprefix("whsec_") not in log and receiver.got[0].headers["webhook-signature"] not in log
    assert json.loads(receiver.got[0].body)["type"] == "ping"
