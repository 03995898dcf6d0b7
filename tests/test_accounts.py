"""Accounts: who may invite, change and end them, and what stays impossible whatever happens at once."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from labs import commands as with_institutions
from labs.models import Membership
from people import commands, throttle
from people.models import AccountEvent, Invitation, User
from records.refusals import NotAllowed, Refused
from tests import cast
from tests.test_history import at_once

SITE = "http://testserver/"
PASSWORD = "thirteen green herons"
Role = User.Role


@pytest.fixture
def admin(db):
    return cast.user("administrator", name="admin")


def invited(by, email="new@example.org", role="viewer", **more) -> User:
    return commands.invite(email=email, role=role, by=by, site=SITE, **more)


def signed_in(user) -> Client:
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def filled(initial: dict) -> dict:
    """What a browser sends of a form that begins with these values."""
    return {name: "" if value is None else value for name, value in initial.items()}


def log(account) -> list[str]:
    return list(account.events.order_by("id").values_list("what", flat=True))


# ---- who manages whom --------------------------------------------------------------------------------------

MANAGES = {"administrator": set(Role), "officer": {"partner"}, "partner": set(), "viewer": set()}


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("asker", Role.values)
def test_a_role_is_given_by_those_who_manage_it_and_nobody_else(db, asker, role):
    by = cast.user(asker)
    if role in MANAGES[asker]:
        assert invited(by, role=role).role == role
    else:
        with pytest.raises((NotAllowed, Refused)):
            invited(by, role=role)
        assert not User.objects.exclude(pk=by.pk).exists()


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("asker", ["officer", "partner", "viewer"])
def test_an_account_is_touched_by_those_who_manage_it_and_nobody_else(admin, asker, role):
    by, other = cast.user(asker), cast.user(role)
    deeds = [
        lambda: commands.edit_account(other, by=by, site=SITE, name="X"),
        lambda: commands.deactivate(other, by=by),
        lambda: commands.reactivate(other, by=by),
        lambda: commands.invite_again(other, by=by, site=SITE),
        lambda: commands.withdraw_invitation(other, by=by),
        lambda: with_institutions.set_institutions(other, [], by=by),
    ]
    if role not in MANAGES[asker]:
        for deed in deeds:
            with pytest.raises(NotAllowed):
                deed()
        assert log(other) == []
    else:
        commands.edit_account(other, by=by, site=SITE, name="X")
        assert log(other) == ["edited"]


@pytest.mark.parametrize("asker", ["officer", "partner", "viewer"])
def test_nobody_raises_their_own_role(admin, asker):
    me = cast.user(asker)
    with pytest.raises((NotAllowed, Refused)):
        commands.edit_account(me, by=me, site=SITE, role="administrator")
    assert User.objects.get(pk=me.pk).role == asker


def test_an_officer_cannot_make_a_partner_more_than_a_partner(db, english):
    officer, partner = cast.user("officer"), cast.user("partner")
    with pytest.raises(Refused, match="may not give"):
        commands.edit_account(partner, by=officer, site=SITE, role="officer")


def test_an_officer_who_was_deactivated_manages_nobody(admin):
    officer, partner = cast.user("officer"), cast.user("partner")
    commands.deactivate(User.objects.get(pk=officer.pk), by=admin)
    for deed in (lambda: commands.deactivate(partner, by=officer), lambda: invited(officer, role="partner")):
        with pytest.raises(NotAllowed):
            deed()  # although the officer is still held in memory as active


ADDRESSES = ["accounts/", "accounts/invite/", "accounts/{pk}/", "accounts/{pk}/edit/", "accounts/mails/"]
DEEDS = ["deactivate", "reactivate", "invite-again", "withdraw"]


@pytest.mark.parametrize("asker", ["anonymous", "viewer", "partner"])
def test_for_a_stranger_the_pages_of_accounts_do_not_exist(admin, asker):
    client = Client() if asker == "anonymous" else signed_in(cast.user(asker))
    for address in ADDRESSES:
        assert client.get(f"/en/{address.format(pk=admin.pk)}").status_code == 404, address
    for deed in DEEDS:
        assert client.post(f"/en/accounts/{admin.pk}/{deed}/").status_code == 404, deed
    assert b"/en/accounts/" not in client.get("/en/programs/").content.replace(b"/en/accounts/me/", b"")


def test_for_an_officer_only_accounts_of_partners_exist(admin):
    client, partner = signed_in(cast.user("officer")), cast.user("partner")
    assert client.get(f"/en/accounts/{partner.pk}/").status_code == 200
    assert client.get(f"/en/accounts/{admin.pk}/").status_code == 404
    page = client.get("/en/accounts/").content.decode()
    assert partner.username in page and f"/en/accounts/{admin.pk}/" not in page
    assert client.get("/en/accounts/mails/").status_code == 404


# ---- the last administrator --------------------------------------------------------------------------------


def test_the_last_administrator_stays_one(admin, english):
    cast.user("administrator").delete()
    for deed in (
        lambda: commands.deactivate(admin, by=admin),
        lambda: commands.edit_account(admin, by=admin, site=SITE, role="officer"),
    ):
        with pytest.raises(Refused, match="last active administrator"):
            deed()


def test_the_page_says_why_the_last_administrator_stays(admin, english):
    page = signed_in(admin).post(f"/en/accounts/{admin.pk}/deactivate/", follow=True)
    assert "last active administrator" in page.content.decode()


def test_an_administrator_who_is_not_the_last_may_step_down(admin):
    cast.user("administrator")
    assert commands.edit_account(admin, by=admin, site=SITE, role="officer").role == "officer"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["deactivate", "demote"])
def test_of_two_administrators_who_end_each_other_at_once_one_stays(end):
    for _round in range(5):
        one, two = cast.user("administrator"), cast.user("administrator")
        start = threading.Barrier(2)

        def ends(other, by, start=start):
            start.wait(60)
            if end == "deactivate":
                commands.deactivate(other, by=by)
            else:
                commands.edit_account(other, by=by, site=SITE, role="viewer")

        failed = at_once(lambda: ends(two, one), lambda: ends(one, two))  # noqa: B023  run before the next round
        assert [type(error) for error in failed] == [NotAllowed]
        assert User.objects.filter(role="administrator", is_active=True).count() == 1
        User.objects.filter(role="administrator").update(is_active=False)


@pytest.mark.django_db(transaction=True)
def test_of_two_administrators_who_both_step_down_at_once_one_stays():
    both = [cast.user("administrator"), cast.user("administrator")]
    failed = at_once(*(lambda me=me: commands.deactivate(me, by=me) for me in both))
    assert ["마지막 남은 관리자" in str(error) for error in failed] == [True]
    assert User.objects.filter(is_active=True).count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_who_invite_one_address_at_once_one_does():
    by = cast.user("administrator")
    failed = at_once(*[lambda: invited(by, "Same@example.org"), lambda: invited(by, "same@example.org")])
    assert len(failed) == 1 and failed[0].faults[0].field == "email"
    assert User.objects.called("same@example.org").count() == 1


# ---- inviting ----------------------------------------------------------------------------------------------


def test_an_invited_account_lets_nobody_in_yet(admin, client):
    account = invited(admin)
    assert (account.state, account.has_usable_password()) == (User.State.INVITED, False)
    assert not client.login(username="new@example.org", password="")


@pytest.mark.parametrize("typed", ["kim", "KIM@Example.org", " kim@example.org "])
def test_an_address_or_name_that_exists_is_said_to_the_inviter(admin, english, typed):
    User.objects.create_user("kim@example.org" if "@" in typed else "kim", email="kim@example.org")
    page = signed_in(admin).post(
        "/en/accounts/invite/", {"email": "kim@example.org", "role": "viewer", "language": "ko"}
    )
    text = page.content.decode()
    assert "There is an account with this address already." in text and "To the account" in text


def test_an_officer_is_told_of_an_address_but_not_led_to_an_account_that_is_not_theirs(world, admin):
    User.objects.filter(pk=admin.pk).update(email="boss@example.org")
    asked = {"email": "boss@example.org", "role": "partner", "language": "ko", "institutions": "gist"}
    text = signed_in(cast.user("officer")).post("/en/accounts/invite/", asked).content.decode()
    assert "There is an account with this address already." in text and "To the account" not in text


def test_a_partner_is_invited_with_the_institutions_it_reports_for(world):
    asked = {"email": "p@example.org", "role": "partner", "language": "en", "institutions": "GIST\n기관 kaist\n"}
    signed_in(cast.user("officer")).post("/en/accounts/invite/", asked)
    account = User.objects.get(email="p@example.org")
    assert {m.institution for m in Membership.objects.filter(user=account)} == {world.gist, world.kaist}
    assert log(account) == ["invited", "edited"]


@pytest.mark.parametrize(
    ("role", "institutions", "sentence"),
    [
        ("partner", "", "Name the institution"),
        ("viewer", "gist", "Only partners report"),
        ("partner", "gis", "Similar ones: Gist"),
        ("partner", "nowhere", "There is no institution “nowhere”."),
    ],
)
def test_institutions_that_do_not_fit_are_refused_in_a_sentence(world, admin, role, institutions, sentence):
    asked = {"email": "p@example.org", "role": role, "language": "en", "institutions": institutions}
    assert sentence in signed_in(admin).post("/en/accounts/invite/", asked).content.decode()
    assert not User.objects.filter(email="p@example.org").exists()


def test_institutions_of_one_name_are_told_apart_by_their_short_names(world):
    one, two = cast.institution("one-school", name_en="School"), cast.institution("two-school", name_en="School")
    with pytest.raises(Refused) as refused:
        with_institutions.institutions_named("school\nSchool (none)")
    assert [("one-school, two-school" in fault.message) for fault in refused.value.faults] == [True, False]
    assert with_institutions.institutions_named("School (two-school)\none-school\nSCHOOL (two-school)") == [two, one]


# ---- changing ----------------------------------------------------------------------------------------------


def test_what_somebody_changed_meanwhile_is_shown_and_not_overwritten(world, admin):
    partner = cast.user("partner", world.gist, name="p")
    client = signed_in(admin)
    page = client.get(f"/en/accounts/{partner.pk}/edit/")
    commands.edit_account(partner, by=cast.user("officer", name="choi"), site=SITE, name="Changed meanwhile")
    sent = page.context["form"].initial | {"name": "Typed"}
    refused = client.post(f"/en/accounts/{partner.pk}/edit/", filled(sent))
    text = refused.content.decode()
    assert refused.status_code == 409
    assert "choi" in text and "Changed meanwhile" in text and 'value="Typed"' in text
    again = refused.context["form"].initial
    client.post(f"/en/accounts/{partner.pk}/edit/", filled(again))
    assert User.objects.get(pk=partner.pk).name == "Typed"


def test_who_stops_being_a_partner_reports_for_nobody(world, admin):
    partner = cast.user("partner", world.gist)
    with_institutions.edit_account(partner, by=admin, site=SITE, role="viewer")
    assert not partner.memberships.exists()


def test_an_edit_is_whole_or_not_at_all(world, admin):
    partner = cast.user("partner", world.gist)
    with pytest.raises(Refused):
        with_institutions.edit_account(partner, institutions=[world.gist], by=admin, site=SITE, name="X", email="no")
    assert User.objects.get(pk=partner.pk).name == "" and log(partner) == []


def test_the_log_says_who_changed_what_from_what_to_what(admin, english):
    other = cast.user("viewer")
    commands.edit_account(other, by=admin, site=SITE, role="officer", name="Kim")
    event = AccountEvent.objects.get(account=other)
    assert (event.actor_name, event.details["role"]) == ("admin", ["viewer", "officer"])
    text = signed_in(admin).get(f"/en/accounts/{other.pk}/").content.decode()
    assert "Role" in text and '<span class="was">viewer</span>' in text and '<span class="now">officer</span>' in text


@pytest.mark.parametrize(
    "by_sql", ["UPDATE people_accountevent SET actor_name = 'x'", "DELETE FROM people_accountevent"]
)
def test_the_log_is_only_ever_added_to(admin, by_sql):
    invited(admin)
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        cast.sql(by_sql)


def test_whose_user_name_is_the_address_signs_in_by_the_new_one_after_a_change(admin, client):
    account = invited(admin)
    commands.edit_account(account, by=admin, site=SITE, email="Other@example.org")
    account.refresh_from_db()
    assert (account.username, account.email) == ("other@example.org", "other@example.org")


# ---- ending ------------------------------------------------------------------------------------------------


def test_who_is_deactivated_is_out_at_once_and_the_session_never_comes_back(admin):
    officer = User.objects.create_user("o", password=PASSWORD, role="officer")
    client = Client()
    assert client.login(username="o", password=PASSWORD)
    assert client.get("/en/accounts/").status_code == 200
    commands.deactivate(officer, by=admin)
    assert client.get("/en/accounts/").status_code == 404
    assert not Client().login(username="o", password=PASSWORD)
    commands.reactivate(officer, by=admin)
    assert client.get("/en/accounts/").status_code == 404
    assert client.login(username="o", password=PASSWORD)
    assert log(officer) == ["deactivated", "reactivated"]


def test_who_never_accepted_is_invited_again_instead_of_reactivated(admin, english):
    account = invited(admin)
    commands.withdraw_invitation(account, by=admin)
    with pytest.raises(Refused, match="never accepted"):
        commands.reactivate(account, by=admin)
    commands.invite_again(account, by=admin, site=SITE)
    assert Invitation.objects.filter(account=account).exists()


# ---- the door ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("typed", ["lee", "LEE", "lee@example.org", "Lee@Example.ORG"])
def test_one_signs_in_by_user_name_or_address_in_small_letters_or_capitals(db, typed):
    User.objects.create_user("Lee", email="lee@example.org", password=PASSWORD)
    client = Client()
    sent = client.post("/en/login/", {"username": typed, "password": PASSWORD})
    assert sent.status_code == 302 and "_auth_user_id" in client.session


def test_a_name_is_closed_after_ten_wrong_passwords_whether_it_exists_or_not(db):
    User.objects.create_user("lee", password=PASSWORD)
    for name in ("lee", "nobody"):
        for _ in range(10):
            assert Client().post("/en/login/", {"username": name, "password": "x"}).status_code == 200
        refused = Client().post("/en/login/", {"username": name.upper(), "password": PASSWORD})
        assert refused.status_code == 429 and "Too many attempts" in refused.content.decode()


def test_an_address_is_closed_whatever_names_it_tries(db, settings):
    settings.PRODUCTION = settings.SECURE_SSL_REDIRECT = False
    for number in range(100):
        Client().post("/en/login/", {"username": f"name{number}", "password": "x"})
    sent = {"username": "another", "password": "x"}
    assert Client().post("/en/login/", sent).status_code == 429
    assert Client().post("/en/login/", sent, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_names_that_the_database_takes_for_one_are_counted_as_one(db):
    names = ["kim", "KIM", "kım", "KıM"]
    for number in range(10):
        throttle.attempt(throttle.SIGN_IN, names[number % 4], f"10.0.0.{number}")
    with pytest.raises(throttle.TooMany):
        throttle.attempt(throttle.SIGN_IN, "Kim", "10.0.1.1")


def test_behind_the_proxy_the_address_is_the_one_that_the_proxy_saw(rf, settings):
    from people.throttle import address_of

    asked = rf.get("/", headers={"X-Forwarded-For": "1.1.1.1, 203.0.113.7"}, REMOTE_ADDR="172.18.0.1")
    assert address_of(asked) == "172.18.0.1"  # no proxy on a developer's machine: anybody could write the header
    settings.PRODUCTION = True
    assert address_of(asked) == "203.0.113.7"


def test_who_signs_in_after_some_wrong_passwords_may_err_again(db):
    User.objects.create_user("lee", password=PASSWORD)
    for password in ["x"] * 9 + [PASSWORD] + ["x"] * 9 + [PASSWORD]:
        answer = Client().post("/en/login/", {"username": "lee", "password": password})
    assert answer.status_code == 302


# ---- my account --------------------------------------------------------------------------------------------


def test_one_changes_ones_own_name_and_language_and_nothing_else(db):
    me = cast.user("viewer")
    client = signed_in(me)
    answer = client.post("/ko/accounts/me/", {"name": "김민준", "language": "en", "role": "administrator"})
    me.refresh_from_db()
    assert (me.name, me.language, me.role) == ("김민준", "en", "viewer")
    assert answer.url == "/en/accounts/me/" and client.cookies["django_language"].value == "en"


def test_a_new_password_ends_all_other_sessions(db):
    User.objects.create_user("lee", password=PASSWORD)
    here, there = Client(), Client()
    for client in (here, there):
        client.login(username="lee", password=PASSWORD)
    new = "fourteen grey herons"
    wrong = here.post("/en/accounts/me/password/", {"old_password": "x", "password": new, "again": new})
    assert "typed wrongly" in wrong.content.decode()
    here.post("/en/accounts/me/password/", {"old_password": PASSWORD, "password": new, "again": new})
    assert here.get("/en/accounts/me/").status_code == 200
    assert there.get("/en/accounts/me/").status_code == 302


def test_a_weak_password_is_refused_in_the_readers_language(db):
    User.objects.create_user("lee", password=PASSWORD)
    client = Client()
    client.login(username="lee", password=PASSWORD)
    sent = {"old_password": PASSWORD, "password": "short", "again": "short"}
    assert "too short" in client.post("/en/accounts/me/password/", sent).content.decode()
    assert "너무 짧습니다" in client.post("/ko/accounts/me/password/", sent).content.decode()


def test_my_account_asks_strangers_to_sign_in(client, db):
    assert client.get("/en/accounts/me/").url == "/en/login/?next=/en/accounts/me/"


# ---- the list ----------------------------------------------------------------------------------------------


def test_accounts_are_found_by_name_role_state_and_institution(world, admin):
    partner = cast.user("partner", world.gist, name="hong")
    invited(admin, "waiting@example.org")
    found = {
        "search=HON": {"hong"},
        "role=administrator": {"admin"},
        "state=invited": {"waiting@example.org"},
        "state=active": {"admin", "hong"},
        "state=inactive": set(),
        "state=nonsense": set(),
        "institution=gist": {"hong"},
        "institution=kaist": set(),
        "search=h&role=partner&state=active&institution=gist": {"hong"},
    }
    client = signed_in(admin)
    for question, names in found.items():
        page = client.get(f"/en/accounts/?{question}").context["page"]
        assert {one.username for one in page} == names, question
    assert partner.state == "active"


def test_more_accounts_cost_no_more_queries(world, admin, django_assert_max_num_queries):
    from django.test.utils import CaptureQueriesContext

    client = signed_in(admin)
    client.get("/en/accounts/")
    with CaptureQueriesContext(connection) as before:
        client.get("/en/accounts/")
    for number in range(10):
        cast.user("partner", world.gist, world.kaist)
        invited(admin, f"n{number}@example.org")
    with django_assert_max_num_queries(len(before) + 2):  # memberships and their institutions, once there are any
        client.get("/en/accounts/")
