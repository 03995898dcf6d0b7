"""Tokens of institutions: whose rights they have, who keeps them, what they outlive, and that no person is behind them."""

import hashlib
import re
from datetime import timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from labs import commands
from labs.commands import machine_of, tokens_of
from labs.models import Membership
from people import commands as accounts
from people.commands.own import ask_for_reset
from people.models import AccountEvent, OutgoingMail, Token, User
from programs.rules import reader_for
from records.commands import Author
from records.models import Change, Visibility
from records.refusals import NotAllowed, Refused
from tests import cast
from tests.test_accounts import log, signed_in
from tests.test_api import problem
from tests.test_commands import together
from tests.test_tokens import bearer


def author(user: User) -> Author:
    return Author(reader_for(user), user.shown_name, Change.Door.PAGE)


def token(institution, by: User, **more) -> tuple[Token, str]:
    return commands.make_token(institution, by=author(by), **{"name": "research system", "scope": "report"} | more)


def place(institution, language="en") -> str:
    return f"/{language}/institutions/{institution.slug}/tokens/"


# ---- whose rights ------------------------------------------------------------------------------------------


def test_a_token_of_an_institution_sees_what_its_partners_see_and_no_more(world, client):
    inner = cast.line(world.alpha, visibility=Visibility.SHARED)
    secret = cast.line(world.alpha, visibility=Visibility.INTERNAL)
    officer = cast.user("officer")
    for institution, seen in ((world.gist, 200), (world.kaist, 404)):
        _made, key = token(institution, officer)
        assert client.get(f"/api/v1/funding-lines/{inner.id}/", **bearer(key)).status_code == seen
        assert client.get(f"/api/v1/funding-lines/{secret.id}/", **bearer(key)).status_code == 404


def test_a_token_of_an_institution_outlives_the_person_who_made_it(world, client):
    partner = cast.user("partner", world.gist, name="김민준")
    made, key = token(world.gist, partner)
    accounts.deactivate(partner, by=cast.user("administrator"))
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 200
    made.refresh_from_db()
    assert (made.made_by, made.owner.name) == ("김민준", "기관 gist (시스템)")
    event = AccountEvent.objects.get(account=made.owner)
    assert (event.what, event.actor_id, event.actor_name) == ("token_made", partner.pk, "김민준")


def test_an_institution_has_one_machine_however_many_tokens_it_has(world):
    officer = cast.user("officer")
    token(world.gist, officer)
    token(world.gist, cast.user("partner", world.gist), name="another")
    token(world.kaist, officer)
    machines = User.objects.filter(is_machine=True)
    assert machines.count() == 2 and tokens_of(world.gist).count() == 2
    assert machine_of(world.gist) in machines


@pytest.mark.django_db(transaction=True)
def test_ten_who_make_the_first_token_at_once_make_one_machine_and_one_token():
    gist, officer = cast.institution("gist"), cast.user("officer")
    made = together(*[lambda: token(gist, officer)] * 10)
    refused = [one for one in made if isinstance(one, Exception)]
    assert len(refused) == 9 and all(isinstance(one, Refused) for one in refused)
    assert User.objects.filter(is_machine=True).count() == tokens_of(gist).count() == Membership.objects.count() == 1


def test_the_tokens_of_an_institution_that_was_merged_are_kept_by_the_other(world, client):
    _made, key = token(world.kaist, cast.user("officer"))
    type(world.kaist).objects.filter(pk=world.kaist.pk).update(merged_into=world.gist.id, is_retired=True)
    partner = cast.user("partner", world.gist)
    page = signed_in(partner).get(f"/en/institutions/{world.kaist.id}/tokens/", follow=True)
    assert page.redirect_chain and "research system" in page.content.decode()
    revoke = re.search(r'action="([^"]*/revoke/)"', page.content.decode())[1]
    signed_in(partner).post(revoke)
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 401


# ---- what it may -------------------------------------------------------------------------------------------


def test_a_report_token_writes_no_record_of_the_registry(world, client):
    _made, key = token(world.gist, cast.user("officer"))
    for method, address in (
        ("post", "programs/"), ("patch", "programs/alpha/"), ("post", "projects/bulk/"), ("post", "views/"),
        ("delete", f"views/{world.alpha.id}/"), ("post", "updatesx/"), ("post", "documents/"),
    ):  # fmt: skip
        answer = getattr(client, method)(f"/api/v1/{address}", {}, "application/json", **bearer(key))
        assert problem(answer, 403)["detail"] == "This access token may only read, and send reports."
        assert answer["WWW-Authenticate"] == 'Bearer error="insufficient_scope"'


def test_a_report_token_may_write_where_reports_are_sent(world):
    scopes = {scope: Token(scope=scope) for scope in Token.Scope}
    for address in ("/api/v1/updates/", "/api/v1/updates/1/submit/", "/api/v1/dues/1/extend/"):
        assert [scopes[scope].may_write_at(address) for scope in ("read", "report", "write")] == [False, True, True]


def test_a_read_token_of_an_institution_writes_nothing_at_all(world, client):
    _made, key = token(world.gist, cast.user("officer"), scope="read")
    for address in ("updates/", "programs/"):
        answer = client.post(f"/api/v1/{address}", {}, "application/json", **bearer(key))
        assert problem(answer, 403)["detail"] == "This access token may only read."


def test_an_institution_gets_no_token_that_writes_records(world, english):
    with pytest.raises(Refused, match="Choose what the token may do"):
        token(world.gist, cast.user("officer"), scope="write")


@pytest.mark.parametrize("role", ["viewer", "officer", "administrator"])
def test_only_partners_have_tokens_of_their_own_that_report(world, english, role):
    with pytest.raises(Refused, match="Choose what the token may do"):
        accounts.make_token(by=cast.user(role), name="t", scope="report")
    assert accounts.make_token(by=cast.user("partner", world.gist), name="t", scope="report")


@pytest.mark.parametrize("how", ["expired", "revoked"])
def test_an_expired_or_revoked_token_opens_nothing(world, client, how):
    officer = cast.user("officer")
    made, key = token(world.gist, officer)
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 200
    if how == "expired":
        Token.objects.filter(pk=made.pk).update(expires_on=timezone.localdate() - timedelta(days=1))
    else:
        commands.revoke_token(world.gist, made, by=author(officer))
    for method in ("get", "post"):
        answer = getattr(client, method)("/api/v1/updates/", **bearer(key))
        assert problem(answer, 401) and answer["WWW-Authenticate"] == 'Bearer error="invalid_token"'


# ---- who keeps them ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", cast.ROLES)
def test_the_tokens_of_an_institution_exist_for_its_partners_and_for_officers_alone(world, role):
    made, key = token(world.gist, cast.user("officer"))
    who = cast.cast(world)[role]
    client = signed_in(who) if who else Client()
    keeps = role in ("partner", "partner_of_whole", "officer", "administrator")
    assert client.get(place(world.gist)).status_code == (200 if keeps else 404)
    assert (place(world.gist) in client.get("/en/institutions/gist/").content.decode()) == keeps
    assert client.post(place(world.gist), {"name": "mine", "scope": "read"}).status_code == (200 if keeps else 404)
    assert tokens_of(world.gist).filter(name="mine").exists() == keeps
    assert client.post(f"{place(world.gist)}{made.pk}/revoke/").status_code == (302 if keeps else 404)
    assert Client().get("/api/v1/programs/", **bearer(key)).status_code == (401 if keeps else 200)


def test_another_institutions_tokens_do_not_exist_for_me(world):
    partner = cast.user("partner", world.gist)
    theirs, key = token(world.kaist, cast.user("officer"))
    client = signed_in(partner)
    assert client.get(place(world.kaist)).status_code == 404
    assert client.post(f"{place(world.gist)}{theirs.pk}/revoke/").status_code == 404
    assert "research system" not in client.get(place(world.gist)).content.decode()
    for act in (
        lambda: token(world.kaist, partner, name="x"),
        lambda: commands.revoke_token(world.kaist, theirs, by=author(partner)),
        lambda: commands.revoke_token(world.gist, theirs, by=author(partner)),
        lambda: accounts.revoke_token(theirs, by=cast.user("administrator")),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Client().get("/api/v1/programs/", **bearer(key)).status_code == 200


def test_an_address_of_no_institution_has_no_tokens(world):
    client = signed_in(cast.user("officer"))
    assert client.get("/en/institutions/nowhere/tokens/").status_code == 404


# ---- the page ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"), [("ko", ("기관 토큰", "조회와 보고 제출")), ("en", ("Tokens of", "send reports"))]
)
def test_a_partner_finds_the_tokens_of_its_institution_from_its_account(world, language, words):
    page = signed_in(cast.user("partner", world.gist)).get(f"/{language}/accounts/me/").content.decode()
    assert place(world.gist, language) in page and all(word in page for word in words)


def test_a_key_is_shown_once_and_the_page_says_who_made_it(world):
    partner = cast.user("partner", world.gist, name="lee")
    client = signed_in(partner)
    last = timezone.localdate() + timedelta(days=90)
    page = client.post(place(world.gist), {"name": "system", "scope": "report", "expires_on": last.isoformat()})
    made = tokens_of(world.gist).get()
    key = page.context["key"]
    assert key in page.content.decode() and key.startswith(made.prefix) and key not in str(vars(made))
    later = client.get(place(world.gist)).content.decode()
    assert key not in later
    for said in ("system", made.prefix, "read, and send reports", "lee", f"{last}", "never", "active"):
        assert said in later
    Client().get("/api/v1/programs/", **bearer(key))
    assert f"{timezone.localdate()}" in client.get(place(world.gist)).content.decode()
    client.post(f"{place(world.gist)}{made.pk}/revoke/")
    assert "revoked" in client.get(place(world.gist)).content.decode()
    assert log(made.owner) == ["token_made", "token_revoked"]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": "", "scope": "read"}, "This field is required"),
        ({"name": "n", "scope": "write"}, "Select a valid choice"),
        ({"name": "n", "scope": "read", "expires_on": "2020-01-01"}, "passed already"),
        ({"name": "research system", "scope": "read"}, "of this name already"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_no_token_is_made(world, sent, said):
    partner = cast.user("partner", world.gist)
    token(world.gist, partner)
    assert said in signed_in(partner).post(place(world.gist), sent).content.decode()
    assert tokens_of(world.gist).count() == 1


# ---- nobody is behind it -----------------------------------------------------------------------------------


def test_nobody_signs_in_as_a_machine_or_resets_its_password(world):
    machine = machine_of(world.gist)
    for name in (machine.username, machine.name):
        assert authenticate(None, username=name, password="") is None
    assert not machine.has_usable_password()
    client = Client()
    client.force_login(machine)
    assert client.get("/en/accounts/me/").status_code == 302  # a session of it opens nothing
    ask_for_reset("", site="http://x/")
    ask_for_reset(machine.username, site="http://x/")
    assert not OutgoingMail.objects.exists()


def test_the_database_keeps_machines_without_password_address_and_other_roles(world):
    machine = machine_of(world.gist)
    for wrong in ({"password": "md5$a$b"}, {"email": "a@example.org"}, {"role": "officer"}):
        with pytest.raises(IntegrityError, match="account_of_a_machine"), transaction.atomic():
            User.objects.filter(pk=machine.pk).update(**wrong)


def test_machines_stand_in_no_list_of_accounts_and_are_managed_by_nobody(world):
    machine = machine_of(world.gist)
    for role in ("officer", "administrator"):
        by = cast.user(role)
        client = signed_in(by)
        assert machine.name not in client.get("/en/accounts/").content.decode()
        assert client.get(f"/en/accounts/{machine.pk}/").status_code == 404
        for command in (accounts.deactivate, accounts.reactivate, accounts.withdraw_invitation):
            with pytest.raises(NotAllowed):
                command(machine, by=by)
        with pytest.raises(NotAllowed):
            accounts.invite_again(machine, by=by, site="http://x/")
    assert not User.objects.called(machine.username).exists()


def test_a_machine_makes_no_tokens(world):
    with pytest.raises(NotAllowed):
        token(world.gist, machine_of(world.gist))


def test_deactivating_a_partner_leaves_the_tokens_of_the_institution(world):
    partner = cast.user("partner", world.gist)
    token(world.gist, partner)
    _own, key = accounts.make_token(by=partner, name="own")
    accounts.deactivate(partner, by=cast.user("officer"))
    assert tokens_of(world.gist).filter(revoked_at=None).count() == 1
    assert Client().get("/api/v1/programs/", **bearer(key)).status_code == 401


# ---- the hash ----------------------------------------------------------------------------------------------


def test_a_hash_is_useless_without_the_servers_secret(world, client, settings):
    _made, key = token(world.gist, cast.user("officer"))
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 200
    settings.SECRET_KEY = "another secret"
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 401


def test_tokens_and_invitations_of_before_open_after_their_hashes_were_keyed(world, client):
    made, key = token(world.gist, cast.user("officer"))
    accounts.invite(email="a@example.org", role="viewer", by=cast.user("administrator"), site="http://x/")
    account = User.objects.get(email="a@example.org")
    Token.objects.filter(pk=made.pk).update(key_hash=hashlib.sha256(key.encode()).hexdigest())
    type(account.invitation).objects.update(key_hash=hashlib.sha256(b"link").hexdigest())
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 401
    import_module("people.migrations.0013_keyed_hashes").key_them(apps, None)
    assert client.get("/api/v1/programs/", **bearer(key)).status_code == 200
    assert accounts.invitation_of("link").account == account
