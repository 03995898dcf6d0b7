"""Who is told what of reports: each reminder once, in one mail with all else, and no mail that one does without."""

import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from people.models import OutgoingMail, User
from records.commands import Author
from reports import tasks
from reports.due.extending import extend
from reports.models import MailChoice, Notice, ReportDue, Telling
from reports.telling import digest, reminders
from reports.telling.notices import tell
from reports.telling.recipients import officers_of, partners_of, reporters_of
from tests import cast
from tests.cast import work
from tests.test_dues import obliged, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def person(role: str, *at, **more) -> User:
    user = cast.user(role, *at)
    for name, value in ({"email": f"{user.username}@example.org", "language": "en"} | more).items():
        setattr(user, name, value)
    user.save()
    return user


@pytest.fixture
def w(world):
    cast.participation(world.gist, world.one, part="lead")
    world.partner = person("partner", world.gist)
    world.stranger, world.officer = person("partner", world.kaist), person("officer")
    return world


def due_in(w, days: int, **more) -> ReportDue:
    obligation = obliged(w.alpha, days, **more)
    work()
    return ReportDue.objects.get(obligation=obligation)


def reminded(**of) -> list[tuple[str, int]]:
    return list(Notice.objects.filter(**of).order_by("id").values_list("kind", "days"))


def on(n: int):
    return timezone.localdate() + timedelta(days=n)


# ---- reminders -------------------------------------------------------------------------------------------------


def test_a_reminder_is_written_on_its_days_before_and_after_each_once(w):
    due_in(w, 20)
    for today in range(0, 80):
        reminders.remind(on(today))
        reminders.remind(on(today))
    assert reminded() == [
        ("due_soon", 14), ("due_soon", 7), ("due_soon", 1), ("late", 1), ("late", 7), ("late", 14), ("late", 30),
    ]  # fmt: skip
    assert set(Notice.objects.values_list("person", flat=True)) == {w.partner.pk}


def test_what_a_missed_day_should_have_said_is_said_later_where_it_still_holds(w):
    due_in(w, 20)
    for today in (15, 24, 70):
        reminders.remind(on(today))
    assert reminded() == [("due_soon", 7), ("late", 1)]


def test_nobody_is_reminded_of_what_was_reported_or_is_internal(w):
    report(due_in(w, 7))
    due_in(w, -1, visibility=cast.INTERNAL)
    assert reminders.remind() == 0


def test_a_due_day_that_was_put_off_is_reminded_of_anew(w):
    due = due_in(w, 1)
    reminders.remind()
    extend(due, until=on(8), reason="illness", by=Author(cast.reader(w.officer), "o"))
    reminders.remind(on(1))
    assert reminded() == [("due_soon", 1), ("due_soon", 7)]


def test_accounts_that_are_closed_and_officers_are_not_reminded(w):
    User.objects.filter(pk=w.partner.pk).update(is_active=False)
    due_in(w, 7)
    assert reminders.remind() == 0


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_write_each_reminder_and_each_mail_once(w):
    due_in(w, 7)
    start = threading.Barrier(2)

    def run():
        start.wait()
        try:
            reminders.remind()
            digest.send_digests()
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    digest.send_digests()
    assert reminded() == [("due_soon", 7)] and OutgoingMail.objects.count() == 1


# ---- telling ---------------------------------------------------------------------------------------------------


def test_whoever_did_it_is_not_told(w):
    update = report(due_in(w, 5))
    colleague = person("partner", w.gist)
    tell(
        "said",
        update=update,
        to=[w.partner, colleague, w.officer.pk],
        by=Author(cast.reader(w.partner), "me"),
        text="Hello",
    )
    assert set(Notice.objects.values_list("person", flat=True)) == {colleague.pk, w.officer.pk}
    assert Notice.objects.first().details == {"by": "me", "state": "submitted", "text": "Hello"}


def test_the_people_of_an_institution_are_those_who_report_for_it_or_for_one_above_it(w):
    above, below = person("partner", w.government), person("partner", w.unit)
    assert partners_of([w.gist.id]) == {w.gist.id: {w.partner.pk, above.pk}}
    assert partners_of([w.unit.id])[w.unit.id] == {w.partner.pk, above.pk, below.pk}
    update = report(due_in(w, 5))
    update.assigned_to = w.officer
    update.watches.create(user=w.stranger)
    assert reporters_of(update) == {w.partner.pk, above.pk} and officers_of(update) == {w.officer.pk}


# ---- one mail --------------------------------------------------------------------------------------------------


def test_what_waits_comes_in_one_mail_in_the_language_of_the_person_once(w):
    User.objects.filter(pk=w.partner.pk).update(language="ko")
    due_in(w, -7)
    update = report(due_in(w, 7))
    reminders.remind()
    tell("decided", update=update, to=reporters_of(update), by=Author(cast.reader(w.officer), "Kim"))
    tell("said", update=update, to=[w.partner], text="표를 <다시> 보내 주세요")
    assert (digest.send_digests(), digest.send_digests()) == (1, 0)
    mail = OutgoingMail.objects.get()
    assert (mail.to, mail.state) == (f"{w.partner.username}@example.org", "queued")
    assert "지연 7일" in mail.text and "표를 <다시> 보내 주세요" in mail.text and "&lt;다시&gt;" in mail.html
    assert "http://127.0.0.1:8000/ko/reports/due/" in mail.text and mail.text.index("지연") < mail.text.index("Kim")
    assert (
        set(Notice.objects.values_list("mail", flat=True)) == {mail.pk}
        and not Notice.objects.filter(waits=True).exists()
    )


def test_a_reminder_that_holds_no_more_is_not_mailed(w):
    due = due_in(w, 7)
    reminders.remind()
    report(due)
    assert digest.send_digests() == 0 and not Notice.objects.filter(waits=True).exists()


def test_a_mail_that_was_forgotten_after_months_is_not_sent_again(w):
    due_in(w, 7)
    reminders.remind()
    digest.send_digests()
    OutgoingMail.objects.all().delete()
    assert digest.send_digests() == 0


def test_what_is_switched_off_is_not_mailed_and_still_shown(w, client):
    client.force_login(w.partner)
    assert client.get("/en/reports/notices/").content.decode().count(" checked") == len(Telling)
    client.post("/en/reports/notices/", {"kind": [kind for kind in Telling.values if kind != "due_soon"]})
    due_in(w, 7)
    due_in(w, -1)
    reminders.remind()
    digest.send_digests()
    mail = OutgoingMail.objects.get()
    assert "late by 1 day" in mail.text and "before it is due" not in mail.text
    page = client.get("/en/reports/notices/").content.decode()
    assert "late by 1 day" in page and "7 days before it is due" in page and page.count("mailed") >= 1
    client.post("/en/reports/notices/", {"kind": Telling.values})
    assert digest.send_digests() == 0 and not MailChoice.objects.filter(is_off=True).exists()


def test_who_has_no_address_gets_no_mail_and_strangers_read_nothing(w, client):
    User.objects.filter(pk=w.partner.pk).update(email="")
    due_in(w, 7)
    reminders.remind()
    assert digest.send_digests() == 0
    client.force_login(w.stranger)
    assert "Project one" not in client.get("/ko/reports/notices/").content.decode()
    client.force_login(w.partner)
    assert "Project one" in client.get("/en/reports/notices/").content.decode()


def test_many_notices_are_told_in_one_mail_that_says_how_many_more_there_are(w):
    update = report(due_in(w, 5))
    for n in range(digest.MOST + 3):
        tell("said", update=update, to=[w.partner], text=f"word {n}")
    digest.send_digests()
    assert "And 3 more" in OutgoingMail.objects.get().text


def test_the_clock_asks_for_the_calendar_reminders_and_digests(w):
    asked = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    due_in(w, 7)
    for task in (tasks.go_on_with_the_calendar, tasks.remind, tasks.send_digests):
        assert task.name in asked
        task()
    assert reminded() == [("due_soon", 7)] and OutgoingMail.objects.count() == 1
