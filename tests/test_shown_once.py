"""What is shown once (keys, secrets, addresses) is made once, however often its form is sent: a second click, a page loaded again."""

import re

import pytest

from people.models import Token
from records.calendars import commands as calendars
from records.hooks import commands as hooks
from records.models import CalendarFeed, Webhook
from tests import cast
from tests.test_hooks import by

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
SAID = "This was done already"
KEY = re.compile(r'name="key" value="(\w{32})"')
MADE = {
    "accounts/me/": ("accounts/me/tokens/", Token, {"token-name": "dashboard", "token-scope": "read"}),
    "institutions/gist/tokens/": ("institutions/gist/tokens/", Token, {"name": "research system", "scope": "read"}),
    "accounts/me/webhooks/": ("accounts/me/webhooks/", Webhook, {"name": "ours", "url": "https://example.org/"}),
    "accounts/me/calendars/": ("accounts/me/calendars/", CalendarFeed, {"kinds": ["project"], "language": "en"}),
}


def key_of(answer) -> str:
    return KEY.search(answer.content.decode())[1]


@pytest.mark.parametrize("page", MADE)
def test_a_form_that_is_sent_twice_makes_one(world, officer, client, page):
    to, model, values = MADE[page]
    client.force_login(officer)
    key = key_of(client.get(f"/en/{page}"))
    first = client.post(f"/en/{to}", values | {"key": key})
    assert (first.status_code, model.objects.count()) == (200, 1), first.content.decode()

    again = client.post(f"/en/{to}", values | {"key": key}, follow=True)
    assert (again.redirect_chain[0][1], model.objects.count()) == (302, 1)
    assert SAID in again.content.decode()

    named = {field: "another" for field in values if field.endswith("name")}
    client.post(f"/en/{to}", values | named | {"key": key_of(again)})
    assert model.objects.count() == 2  # the next form is another one


def test_what_was_refused_may_be_sent_again(world, officer, client):
    client.force_login(officer)
    wrong = client.post("/en/accounts/me/webhooks/", {"name": "ours", "url": "http://example.org/", "key": "k" * 32})
    assert (wrong.status_code, Webhook.objects.count()) == (200, 0)
    client.post("/en/accounts/me/webhooks/", {"name": "ours", "url": "https://example.org/", "key": "k" * 32})
    assert Webhook.objects.count() == 1


def test_a_new_secret_or_address_is_made_once(world, officer, client):
    client.force_login(officer)
    feed, _key = calendars.make("", wanted=["project"], language="en", by=cast.reader(officer))
    hook, _secret = hooks.create({"name": "ours", "url": "https://example.org/"}, by=by(officer))
    for kind, one, act, field in (
        ("calendars", feed, "renew", "key_hash"),
        ("webhooks", hook, "rotate", "secret_number"),
    ):
        address, sent = f"/en/accounts/me/{kind}/{one.id}/act/", {"do": act, "key": act * 4, "version": "1"}
        assert client.post(address, sent).status_code == 200
        once = getattr(type(one).objects.get(pk=one.pk), field)
        assert SAID in client.post(address, sent, follow=True).content.decode()
        assert getattr(type(one).objects.get(pk=one.pk), field) == once != getattr(one, field)
