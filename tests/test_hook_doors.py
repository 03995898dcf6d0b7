"""The two doors of webhooks, pages and API: made with a secret that is shown once, looked through, tried, changed, deleted."""

import ipaddress
import re
from pathlib import Path

import pytest

from people import commands as accounts
from records.hooks import pages, payload, posting, sending
from records.models import Delivery, KeptAnswer, Webhook
from tests import cast
from tests.receiver import Receiver
from tests.test_hooks import hook_of, told, try_once

pytestmark = pytest.mark.django_db
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")
HOOK = {"name": "dashboard", "url": "https://receiver.example/hook"}


@pytest.fixture(autouse=True)
def here(settings):
    settings.WEBHOOK_NETWORKS = [ipaddress.ip_network("127.0.0.0/8")]
    settings.WEBHOOK_PLAIN_HTTP = True


@pytest.fixture
def ask(client):
    """`ask("post", "ping/", by=owner, hook=one)`: the answer of the API."""

    def act(method, address="", body=None, *, by=None, hook=None, version=None, **headers):
        if by:
            client.force_login(by)
        else:
            client.logout()
        where = f"/api/v1/webhooks/{f'{hook.id}/' if hook else ''}{address}"
        headers |= {"accept-language": "en"} | ({"if-match": f'"{version}"'} if version else {})
        more = {} if method == "get" else {"content_type": "application/json"}
        return getattr(client, method)(where, **({"data": body} if body is not None else {}), headers=headers, **more)

    return act


# ---- the API -------------------------------------------------------------------------------------------


def test_the_answer_to_making_one_has_its_secret_and_no_other_answer_has(ask, officer):
    made = ask("post", body=HOOK, by=officer)
    assert made.status_code == 201 and SECRET.fullmatch(made.json()["secret"])
    assert made["Cache-Control"] == "no-store"
    hook = Webhook.objects.get()
    for address in ("", f"{hook.id}/", f"{hook.id}/deliveries/"):
        answer = ask("get", address, by=officer)
        assert answer.status_code == 200 and not SECRET.search(answer.text)


def test_a_request_that_is_sent_again_with_its_key_gets_no_secret_as_none_was_kept(ask, officer):
    first, again = (ask("post", body=HOOK, by=officer, **{"idempotency-key": "one"}) for _n in range(2))
    assert Webhook.objects.count() == 1
    assert first.json() | {"secret": None} == again.json()
    assert not SECRET.search(bytes(KeptAnswer.objects.get().body).decode())


def test_one_reads_changes_and_deletes_ones_own(ask, officer):
    hook = hook_of(officer)
    changed = ask("patch", body={"kinds": ["project"], "state": "paused"}, by=officer, hook=hook, version=1)
    assert changed.status_code == 200 and changed.json()["kinds"] == ["project"] and changed.json()["state"] == "paused"
    assert changed["ETag"] == '"2"'
    assert ask("patch", body={"name": "late"}, by=officer, hook=hook, version=1).status_code == 412
    assert ask("delete", by=officer, hook=hook).status_code == 428
    assert ask("delete", by=officer, hook=hook, version=2).status_code == 204
    assert ask("get", by=officer, hook=hook).status_code == 404


def test_what_is_wrong_is_said_at_its_field_and_what_there_is_not_by_its_name(ask, officer):
    answer = ask("post", body={"name": "", "url": "https://10.0.0.1/"}, by=officer)
    assert answer.status_code == 400
    assert {(error["pointer"], error["code"]) for error in answer.json()["errors"]} == {
        ("#/name", "required"), ("#/url", "not_a_value"),
    }  # fmt: skip
    answer = ask("post", body=HOOK | {"secret": "mine"}, by=officer)
    assert [error["pointer"] for error in answer.json()["errors"]] == ["#/secret"]
    assert ask("post", body=[], by=officer).status_code == 400
    for value in (None, 7, {}, []):
        assert ask("post", body={"name": value, "url": value}, by=officer).status_code == 400


def test_for_others_it_does_not_exist_and_strangers_log_in(ask, officer):
    hook = hook_of(officer)
    delivery = told(hook, cast.program("alpha"))
    for method, address in (
        ("get", ""), ("post", "ping/"), ("post", "rotate-secret/"), ("get", "deliveries/"),
        ("get", f"deliveries/{delivery.id}/"), ("post", f"deliveries/{delivery.id}/replay/"),
    ):  # fmt: skip
        assert ask(method, address, by=cast.user("partner"), hook=hook).status_code == 404
        assert ask(method, address, hook=hook).status_code == 401
    assert ask("get", by=cast.user("viewer")).json()["results"] == []
    assert ask("get").status_code == 401


def test_administrators_see_all_of_them_but_no_secret_and_can_stop_them(ask, officer):
    hook, boss = hook_of(officer), cast.user("administrator")
    assert [one["is_own"] for one in ask("get", by=boss).json()["results"]] == [False]
    assert ask("post", "rotate-secret/", by=boss, hook=hook).status_code == 403
    assert ask("patch", body={"state": "ended"}, by=boss, hook=hook, version=1).json()["why"] == "stopped"
    assert ask("patch", body={"state": "active"}, by=officer, hook=hook, version=2).status_code == 403


def test_ping_delivery_log_and_replay(ask, officer):
    receiver = Receiver()
    receiver.answers, receiver.text = [500, 200], b"thank you"
    hook = hook_of(officer, receiver.url)
    sent = ask("post", "ping/", by=officer, hook=hook)
    assert sent.status_code == 202 and sent.json()["state"] == "waiting"
    try_once()
    (one,) = ask("get", "deliveries/", by=officer, hook=hook).json()["results"]
    assert (one["event"], one["state"], one["attempts"][0]["status"]) == ("ping", "failed", 500)
    assert one["attempts"][0]["answer"] == "thank you"
    assert ask("post", f"deliveries/{one['id']}/replay/", by=officer, hook=hook).status_code == 202
    try_once()
    where = sent["Location"].removeprefix(f"/api/v1/webhooks/{hook.id}/")
    one = ask("get", where, by=officer, hook=hook).json()
    assert one["state"] == "delivered" and [attempt["status"] for attempt in one["attempts"]] == [500, 200]
    assert [got.id for got in receiver.got] == [one["message"]] * 2
    receiver.stop()


def test_the_log_is_read_page_by_page_and_tells_what_its_owner_may_see_today(ask):
    viewer = cast.user("viewer")
    shown, hidden = cast.program("shown"), cast.program("hidden")
    hook = hook_of(viewer)
    for _n in range(3):
        told(hook, shown, hidden, state="delivered")
    type(hidden).objects.filter(pk=hidden.pk).update(visibility=cast.INTERNAL)
    first = ask("get", "deliveries/?limit=2", by=viewer, hook=hook).json()
    rest = ask("get", f"deliveries/?limit=2&cursor={first['next_cursor']}", by=viewer, hook=hook).json()
    assert len({one["id"] for one in first["results"] + rest["results"]}) == 3 and rest["next_cursor"] is None
    assert str(hidden.id) not in str(first) and str(shown.id) in str(first)
    boss = ask("get", "deliveries/", by=cast.user("administrator"), hook=hook)
    assert str(hidden.id) not in boss.text
    for wrong in ("limit=x", "cursor=x", "page=2"):
        assert ask("get", f"deliveries/?{wrong}", by=viewer, hook=hook).status_code == 400


def test_an_institutions_own_system_makes_one_with_its_token(client, world):
    machine = cast.user("partner", world.gist)
    for scope, status in (("read", 403), ("report", 201), ("write", 201)):
        _token, key = accounts.make_token(by=machine, name=scope, scope=scope, expires_on=None)
        headers = {"authorization": f"Bearer {key}"}
        answer = client.post("/api/v1/webhooks/", HOOK, content_type="application/json", headers=headers)
        assert answer.status_code == status
    assert Webhook.objects.filter(owner_id=machine.pk).count() == 2


# ---- pages ---------------------------------------------------------------------------------------------


@pytest.fixture
def page(client):
    def open_page(address, form=None, by=None, language="en"):
        client.force_login(by)
        where = f"/{language}/accounts/me/webhooks/{address}"
        return client.get(where) if form is None else client.post(where, form)

    return open_page


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_that_makes_one_shows_its_secret_once(page, officer, language):
    made = page("", HOOK | {"kinds": ["project", "program"]}, by=officer, language=language)
    assert len(SECRET.findall(made.text)) == 1 and "no-store" in made["Cache-Control"]
    hook = Webhook.objects.get()
    assert hook.kinds == ["program", "project"]
    for address in ("", f"{hook.id}/"):
        again = page(address, by=officer, language=language)
        assert again.status_code == 200 and "dashboard" in again.text and not SECRET.search(again.text)


def test_what_is_wrong_stands_at_its_input_with_what_was_typed(page, officer):
    answer = page("", {"name": "dash", "url": "ftp://a.example/", "program": "nothing"}, by=officer)
    assert "https:// only" in answer.text and 'value="dash"' in answer.text and "no such program" in answer.text
    assert not Webhook.objects.exists()


def test_its_page_changes_it_and_says_when_somebody_was_faster(page, officer):
    hook = hook_of(officer)
    alpha = cast.program("alpha")
    form = {"name": "new name", "url": hook.url, "program": "alpha", "version": 1}
    assert page(f"{hook.id}/", form, by=officer).status_code == 302
    hook.refresh_from_db()
    assert hook.name == "new name" and hook.program == alpha.id
    assert "Program alpha" in page(f"{hook.id}/", by=officer).text
    late = page(f"{hook.id}/", form | {"name": "late"}, by=officer)
    assert late.status_code == 409 and "changed meanwhile" in late.text


def test_each_button_does_what_it_says(page, officer):
    hook = hook_of(officer)
    act = lambda do, version=1: page(f"{hook.id}/act/", {"do": do, "version": version}, by=officer)  # noqa: E731
    assert act("ping").status_code == 302 and Delivery.objects.get().event == payload.PING
    assert SECRET.search(act("rotate").text)
    assert act("pause", 2).status_code == 302
    assert act("pause", 2).status_code == 409
    assert act("go_on", 3).status_code == 302
    assert act("stop", 4).status_code == 302  # refused: the page says so
    assert act("anything").status_code == 404
    hook.refresh_from_db()
    assert hook.is_active
    assert act("delete", 4).status_code == 302 and not Webhook.objects.exists()


def test_the_page_shows_what_was_sent_and_answered_and_sends_it_again(page, officer):
    receiver = Receiver()
    receiver.answers, receiver.text = [500, 200], b"<b>no</b>"
    hook = hook_of(officer, receiver.url)
    delivery = told(hook, cast.program("alpha"))
    try_once()
    shown = page(f"{hook.id}/", by=officer).text
    assert delivery.message_id in shown and "&lt;b&gt;no&lt;/b&gt;" in shown and "1 change" in shown
    assert page(f"{hook.id}/deliveries/{delivery.id}/again/", {}, by=officer).status_code == 302
    try_once()
    delivery.refresh_from_db()
    assert delivery.state == "delivered"
    receiver.stop()


def test_others_pages_do_not_exist_and_administrators_can_stop(page, officer):
    hook = hook_of(officer)
    delivery = told(hook, cast.program("alpha"))
    for form in (None, {}):
        assert page(f"{hook.id}/", form, by=cast.user("viewer")).status_code == 404
    assert page(f"{hook.id}/act/", {"do": "ping"}, by=cast.user("viewer")).status_code == 404
    boss = cast.user("administrator")
    shown = page(f"{hook.id}/", by=boss)
    assert (
        "Stop this webhook" in shown.text
        and "Make a new secret" not in shown.text
        and delivery.message_id in shown.text
    )
    assert page(f"{hook.id}/act/", {"do": "rotate"}, by=boss).status_code == 403
    assert page(f"{hook.id}/act/", {"do": "stop", "version": 1}, by=boss).status_code == 302
    stopped = page(f"{hook.id}/", by=officer).text
    assert "an administrator stopped it" in stopped and "Let it go on" not in stopped


def test_every_reason_why_no_answer_came_has_words_on_the_page():
    source = Path(posting.__file__).read_text() + Path(sending.__file__).read_text()
    words = set(re.findall(r'Problem\("(\w+)"\)|problem = "(\w+)"', source))
    assert {one or other for one, other in words} == set(pages.PROBLEMS)
