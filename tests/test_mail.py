"""Mails go to a real server, and what is promised by them holds: links open once, a mail in doubt is not repeated."""

import io
import re
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import transaction
from django.test import Client
from django.utils import timezone

from config.settings import mailer
from people import commands, mail, outbox
from people.models import Invitation, OutgoingMail, User
from people.tasks import tidy
from records.figures import Heartbeat
from records.refusals import Refused
from tests import cast
from tests.test_accounts import PASSWORD, SITE, invited, log, signed_in
from tests.test_history import at_once
from tests.test_production import sending  # noqa: F401  a fixture
from tests.test_workers import broker, until, worker  # noqa: F401  fixtures and helpers

State = OutgoingMail.State
WAITS_FOR_ME = "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
TYPED = {"name": "김민준", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def admin(db):
    return cast.user("administrator", name="admin")


def follow(link: str, **typed) -> tuple[Client, object]:
    """A new browser that opens the link, and types."""
    client = Client()
    page = client.get(link.removeprefix("http://testserver"), follow=True)
    return client, (client.post(page.request["PATH_INFO"], typed) if typed else page)


# ---- invitations -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "word"), [("ko", "초대"), ("en", "invites you")])
def test_an_invited_person_reads_the_mail_follows_its_link_and_signs_in(post, admin, language, word):
    asked = {"email": "Kim@Example.org", "role": "viewer", "language": language}
    signed_in(admin).post("/en/accounts/invite/", asked)
    post.deliver()
    (came,) = post.box.mails
    assert (came["To"], came["Auto-Submitted"]) == ("kim@example.org", "auto-generated")
    assert word in post.box.text() and post.box.link() in post.box.html()
    assert f"/{language}/invitation/?key=" in post.box.link()
    client, answer = follow(post.box.link(), **TYPED)
    assert answer.status_code == 302 and client.get("/en/accounts/me/").status_code == 200
    assert Client().login(username="kim@example.org", password=PASSWORD)
    account = User.objects.get(email="kim@example.org")
    assert (account.name, account.state) == ("김민준", "active") and log(account) == ["invited", "accepted"]


def test_a_link_opens_once(post, admin):
    invited(admin)
    post.deliver()
    follow(post.box.link(), **TYPED)
    _client, page = follow(post.box.link())
    assert page.status_code == 410 and Invitation.objects.count() == 0


def test_a_link_that_expired_or_was_withdrawn_or_replaced_opens_nothing(post, admin):
    account = invited(admin)
    post.deliver()
    first = post.box.link()
    Invitation.objects.update(expires_at=timezone.now())
    assert follow(first)[1].status_code == 410
    commands.invite_again(account, by=admin, site=SITE)
    post.deliver()
    assert (follow(first)[1].status_code, follow(post.box.link())[1].status_code) == (410, 200)
    commands.withdraw_invitation(account, by=admin)
    assert follow(post.box.link())[1].status_code == 410


def test_a_link_belongs_to_its_address(post, admin):
    account = invited(admin)
    post.deliver()
    commands.edit_account(account, by=admin, site=SITE, email="other@example.org")
    post.deliver()
    assert [m["To"] for m in post.box.mails] == ["new@example.org", "other@example.org"]
    assert [follow(post.box.link(n))[1].status_code for n in (0, 1)] == [410, 200]


def test_a_page_that_was_open_when_the_invitation_was_withdrawn_takes_nothing(post, admin):
    account = invited(admin)
    post.deliver()
    client, _page = follow(post.box.link())
    commands.withdraw_invitation(account, by=admin)
    assert client.post("/ko/invitation/", TYPED).status_code == 410
    with pytest.raises(Refused):
        commands.accept_invitation(post.box.link().partition("key=")[2], name="X", password=PASSWORD)
    assert not User.objects.get(pk=account.pk).is_active


@pytest.mark.django_db(transaction=True)
def test_of_two_who_follow_one_link_at_once_one_gets_in(post):
    account = invited(cast.user("administrator"))
    post.deliver()
    key = post.box.link().partition("key=")[2]
    names = ("one", "two")
    failed = at_once(*(lambda n=n: commands.accept_invitation(key, name=n, password=PASSWORD) for n in names))
    assert [type(error) for error in failed] == [Refused] and log(account) == ["invited", "accepted"]


@pytest.mark.django_db(transaction=True)
def test_accepting_an_invitation_leaves_what_an_administrator_changes_meanwhile(post):
    admin = cast.user("administrator")
    account = invited(admin)
    post.deliver()
    key, is_edited = post.box.link().partition("key=")[2], threading.Event()

    def edit():
        with transaction.atomic():
            commands.edit_account(account, by=admin, site=SITE, role="officer", language="en")
            is_edited.set()
            until(lambda: cast.sql(WAITS_FOR_ME))

    def accept():
        is_edited.wait()
        commands.accept_invitation(key, name="Kim", password=PASSWORD)

    assert at_once(edit, accept) == []
    now = User.objects.get(pk=account.pk)
    assert (now.role, now.language, now.name, now.is_active) == ("officer", "en", "Kim", True)


def test_no_link_and_no_log_keeps_the_key(post, admin, caplog):
    invited(admin)
    post.deliver()
    _client, page = follow(post.box.link())
    key = post.box.link().partition("key=")[2]
    assert key not in page.content.decode() and key not in page.request["PATH_INFO"] and key not in caplog.text
    assert key not in str(list(Invitation.objects.values())) + str(list(OutgoingMail.objects.values()))


# ---- new passwords -----------------------------------------------------------------------------------------


def ask(email: str, **more):
    return Client().post("/en/password/forgotten/", {"email": email}, **more)


def test_a_forgotten_password_is_set_anew_by_mail(post, db):
    lee = User.objects.create_user("lee", "lee@example.org", "the password of before", language="en")
    old = Client()
    old.login(username="lee", password="the password of before")
    ask("LEE@example.org")
    post.deliver()
    client, answer = follow(post.box.link(), password=PASSWORD, again=PASSWORD)
    assert answer.status_code == 302 and client.get("/en/accounts/me/").status_code == 200
    assert old.get("/en/accounts/me/").status_code == 302
    assert follow(post.box.link())[1].status_code == 410
    assert log(lee) == ["reset_asked", "reset"]


def test_asking_tells_nobody_whether_an_address_exists(post, admin):
    User.objects.create_user("lee", "lee@example.org", PASSWORD)
    User.objects.create_user("gone", "gone@example.org", PASSWORD, is_active=False)
    invited(admin, "waits@example.org")
    post.deliver()
    answers = {
        email: ask(email) for email in ("lee@example.org", "gone@example.org", "waits@example.org", "no@example.org")
    }
    shown = {re.sub(r"\S+@example.org", "…", answer.content.decode()) for answer in answers.values()}
    shown = {re.sub(r"\d\d:\d\d", "", text) for text in shown}
    assert len(shown) == 1 and {answer.status_code for answer in answers.values()} == {200}
    post.deliver()
    assert [m["To"] for m in post.box.mails[1:]] == ["lee@example.org"]


def test_links_are_sent_so_often_and_no_more_for_an_address_that_exists_or_not(post, db):
    User.objects.create_user("lee", "lee@example.org", PASSWORD)
    for email in ("lee@example.org", "no@example.org"):
        assert [ask(email).status_code for _ in range(4)] == [200, 200, 200, 429]
    post.deliver()
    assert len(post.box.mails) == 3


def test_a_key_that_somebody_made_up_opens_nothing(db):
    for key in ("", "x", "MQ.x", "MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw.x", "%00.%00", "é.é"):
        for place in ("invitation", "password/new"):
            assert Client().get(f"/en/{place}/", {"key": key}, follow=True).status_code == 410, key


# ---- the outbox --------------------------------------------------------------------------------------------


def one(account=None) -> OutgoingMail:
    account = account or User.objects.create_user(f"u{User.objects.count()}", "to@example.org")
    return mail.post("reset", account, link="http://testserver/x")


def state(row) -> str:
    row.refresh_from_db()
    return row.state


def test_no_mail_goes_for_what_did_not_happen(post, admin):
    with pytest.raises(RuntimeError), transaction.atomic():
        invited(admin)
        raise RuntimeError
    post.deliver()
    assert not post.box.mails and not OutgoingMail.objects.exists()


def test_the_sender_is_woken_after_the_transaction(post, admin, monkeypatch, django_capture_on_commit_callbacks):
    woken = []
    monkeypatch.setattr("people.tasks.send_mails.apply_async", lambda **how: woken.append(how))
    with django_capture_on_commit_callbacks() as callbacks:
        invited(admin)
    assert not woken and not post.box.mails
    for callback in callbacks:
        callback()
    assert woken


def test_the_text_of_a_mail_that_is_sent_is_forgotten(post, db):
    row = one()
    post.deliver()
    assert state(row) == State.SENT and (row.text, row.html) == ("", "")


def test_what_was_sent_is_forgotten_after_three_months_and_what_was_not_stays(post, db):
    sent, failed = one(), one(cast.user("viewer"))
    OutgoingMail.objects.filter(pk=sent.pk).update(state=State.SENT)
    OutgoingMail.objects.filter(pk=failed.pk).update(state=State.FAILED)
    OutgoingMail.objects.update(changed_at=timezone.now() - outbox.KEPT - timedelta(days=1))
    tidy()
    assert list(OutgoingMail.objects.all()) == [failed]


def test_a_server_that_is_away_is_asked_again_later(post, db):
    post.stop()
    row = one()
    post.deliver()
    assert state(row) == State.QUEUED and row.due_at > timezone.now() and "refused" in row.problem.lower()
    post.start()
    post.deliver()
    assert not post.box.mails  # not yet
    OutgoingMail.objects.update(due_at=timezone.now())
    post.deliver()
    assert state(row) == State.SENT and row.tries == 2 and len(post.box.mails) == 1


def test_after_a_day_of_asking_it_has_failed(post, db):
    post.box.to_text = "451 try later"
    row = one()
    for _ in range(len(outbox.AGAIN_AFTER) + 1):
        assert state(row) == State.QUEUED
        OutgoingMail.objects.update(due_at=timezone.now())
        post.deliver()
    assert state(row) == State.FAILED
    assert sum(outbox.AGAIN_AFTER, timedelta()) >= timedelta(hours=20)


@pytest.mark.parametrize("says", [{"to_recipient": "550 no such box"}, {"to_text": "554 spam"}])
def test_what_the_server_refuses_for_good_has_failed_and_says_why(post, db, says):
    vars(post.box).update(says)
    row = one()
    post.deliver()
    assert state(row) == State.FAILED and next(iter(says.values()))[4:] in row.problem


def test_a_mail_whose_server_fell_silent_is_in_doubt_and_not_repeated(post, db):
    post.box.hangs_up = True
    row = one()
    post.deliver()
    post.deliver()
    assert state(row) == State.IN_DOUBT and not post.box.mails


def test_a_mail_whose_worker_died_is_in_doubt_and_not_repeated(post, db):
    row = one()
    outbox._take_next()  # and then the worker is killed
    post.deliver()
    assert state(row) == State.SENDING
    OutgoingMail.objects.update(changed_at=timezone.now() - outbox.SENDING_TAKES - timedelta(seconds=1))
    post.deliver()
    assert state(row) == State.IN_DOUBT and not post.box.mails


def test_an_administrator_sees_what_was_not_sent_and_sends_it_again(post, admin):
    post.box.to_text = "554 spam"
    failed, waiting = one(), one(cast.user("viewer"))
    OutgoingMail.objects.filter(pk=waiting.pk).update(due_at=timezone.now() + timedelta(hours=1))
    post.deliver()
    client = signed_in(admin)
    text = client.get("/en/accounts/mails/").content.decode()
    assert "554" in text and text.count("Send again") == 1
    post.box.to_text = "250 OK"
    client.post(f"/en/accounts/mails/{failed.pk}/again/")
    client.post(f"/en/accounts/mails/{waiting.pk}/again/")  # does nothing: it waits anyway
    post.deliver()
    assert (state(failed), state(waiting), len(post.box.mails)) == (State.SENT, State.QUEUED, 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once(post):
    rows = [one(cast.user("viewer")) for _ in range(6)]
    OutgoingMail.objects.update(to="to@example.org")
    assert not at_once(post.deliver, post.deliver, post.deliver)
    sent = [mail["Message-ID"].partition("@")[0].strip("<") for mail in post.box.mails]
    assert sorted(sent) == sorted(str(row.pk) for row in rows)


@pytest.mark.django_db(transaction=True)
def test_a_worker_sends_what_a_page_has_posted(post, broker, sending, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("EMAIL_URL", post.url)
    with worker(broker, tmp_path):
        until(Heartbeat.objects.exists, what="a worker that is up")
        invited(cast.user("administrator"))
        until(lambda: post.box.mails, what="the mail")
    assert post.box.mails[0]["To"] == "new@example.org"


def test_an_address_cannot_smuggle_lines_into_a_mail(admin):
    with pytest.raises(Refused):
        invited(admin, "a@example.org\nBcc: b@example.org")


def test_without_a_server_mails_are_files_that_a_person_can_read(settings, tmp_path, admin):
    settings.MAILERS = {"default": mailer("") | {"OPTIONS": {"folder": str(tmp_path)}}}
    invited(admin)
    outbox.send_waiting()
    (file,) = Path(tmp_path).iterdir()
    assert "/ko/invitation/?key=" in file.read_text() and "초대" in file.read_text()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp+starttls://a:b%2Fc@mail.example.org:587", ("mail.example.org", 587, "b/c", False, True)),
        ("smtps://a:b@mail.example.org", ("mail.example.org", None, "b", True, False)),
        ("smtp://relay", ("relay", None, "", False, False)),
    ],
)
def test_the_address_of_the_mail_server_is_understood(url, expected):
    made = mailer(url)["OPTIONS"]
    assert tuple(made[name] for name in ("host", "port", "password", "use_ssl", "use_tls")) == expected


def test_the_first_administrator_takes_an_account_that_was_invited(admin):
    account = invited(admin)
    call_command("make_administrator", "NEW@example.org", stdout=io.StringIO())
    account = User.objects.get(pk=account.pk)
    assert (account.role, account.state) == ("administrator", "active")
