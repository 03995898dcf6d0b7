"""The queue of what officers decide on, who takes it, and what the first page says of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from records.rights import EVERYTHING
from reports import commands, needs
from reports.deciding import queue
from reports.models import ProjectUpdate
from reports.models.updates import State

from . import cast
from .reporting import FIRST_HALF, SECOND_HALF, answers, by, page_of, reporting_world, submitted

pytestmark = pytest.mark.django_db


@pytest.fixture
def w():
    return reporting_world()


@pytest.fixture
def open_as(client):
    """`open_as(user)`: a client that is signed in as this user."""

    def sign_in(user):
        client.force_login(user)
        return client

    return sign_in


# ---- the queue -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_queue_shows_what_waits_with_who_has_it(w, open_as, language):
    update = submitted(w)
    commands.take(update.id, version=update.version, by=by(w.officer))
    said = open_as(w.officer).get(f"/{language}/updates/queue/").content.decode()
    for text in (str(w.gist), w.officer.shown_name, page_of(update, language)):
        assert text in said
    with translation.override(language):
        assert str(State.IN_REVIEW.label) in said


def test_an_empty_queue_says_what_to_do(w, open_as):
    client = open_as(w.officer)
    assert "No report waits to be decided." in client.get("/en/updates/queue/").content.decode()
    said = client.get("/en/updates/queue/?assigned=me").content.decode()
    assert "No report that waits fits these filters." in said and "Show all that wait" in said


def test_for_others_there_is_no_queue_and_nothing_to_decide(w, open_as):
    update = submitted(w)
    acts = ("take", "put-back", "assign", "decide", "reopen")
    for user in (w.partner, w.colleague, w.stranger, w.viewer):
        client = open_as(user)
        assert client.get("/ko/updates/queue/").status_code == 404
        assert client.post("/ko/updates/queue/").status_code == 404
        for act in acts:
            assert client.post(f"{page_of(update)}{act}/", {"version": update.version}).status_code == 404
    update.refresh_from_db()
    assert update.state == State.SUBMITTED


def test_who_is_not_signed_in_is_asked_to_sign_in(w, client):
    for way in ("/ko/updates/queue/", page_of(submitted(w))):
        assert "/login/" in client.get(way)["Location"]


def test_the_queue_is_filtered_by_whose_it_is_and_what_is_watched(w):
    first, second = submitted(w), submitted(w, period=SECOND_HALF)
    commands.take(first.id, version=first.version, by=by(w.officer))
    commands.watch(second.id, True, by=by(w.officer))
    reader = cast.reader(w.officer)

    def found(**asked):
        return {row.id for row in queue.read(asked, reader).page()[0]}

    assert found() == {first.id, second.id}
    assert found(assigned="me") == found(assigned="somebody") == found(state="in_review") == {first.id}
    assert found(assigned="nobody") == found(watched="yes") == {second.id}
    assert found(program=str(w.alpha.id), institution=str(w.gist.id)) == {first.id, second.id}
    assert found(program=str(w.kaist.id)) == set()


def test_a_question_that_cannot_be_answered_is_refused(w, open_as):
    said = open_as(w.officer).get("/en/updates/queue/?program=x&sort=money&after=9")
    assert said.status_code == 400
    assert "“sort” cannot be “money”" in said.content.decode()


def many(w, number: int) -> list[ProjectUpdate]:
    """Reports that wait, submitted a minute after one another."""
    began, (first, last) = timezone.now() - timedelta(days=9), FIRST_HALF
    found = []
    for n in range(number):
        update = commands.begin(w.one, w.gist, first - timedelta(days=n), last, by=by(w.partner))
        update.state, update.round, update.values_proposed = State.SUBMITTED, 1, n % 3
        update.submitted_at = began + timedelta(minutes=n)
        update.save()
        found.append(update)
    return found


@pytest.mark.parametrize("sort", ["age", "size"])
def test_page_by_page_the_queue_shows_each_report_once_in_its_order(w, sort):
    rows = many(w, 7)
    asked, found = {"sort": sort}, []
    while True:
        page, following = queue.read(asked, EVERYTHING).page(size=3)
        found += page
        if not following:
            break
        asked["after"] = following
    order = (lambda u: u.submitted_at) if sort == "age" else (lambda u: (-u.values_proposed, u.id))
    assert [u.id for u in found] == [u.id for u in sorted(rows, key=order)]


def test_a_longer_queue_asks_no_more_questions(w, open_as):
    client, counted = open_as(w.officer), []
    rows = many(w, 12)
    for shown in (2, 12):
        ProjectUpdate.objects.filter(id__in=[row.id for row in rows[shown:]]).update(state=State.WITHDRAWN)
        client.get("/ko/updates/queue/")
        with CaptureQueriesContext(connection) as queries:
            client.get("/ko/updates/queue/")
        counted.append(len(queries))
        ProjectUpdate.objects.filter(state=State.WITHDRAWN).update(state=State.DRAFT)
        ProjectUpdate.objects.filter(state=State.DRAFT).update(state=State.SUBMITTED)
    assert counted[0] == counted[1]


def test_the_queue_says_how_long_a_report_waits(w, open_as):
    many(w, 1)
    assert "9 days" in open_as(w.officer).get("/en/updates/queue/").content.decode()


# ---- taking, assigning, watching ------------------------------------------------------------------------


def test_an_officer_takes_a_report_from_the_queue_and_comes_back_to_it(w, open_as):
    update = submitted(w)
    sent = {"version": update.version, "next": "/ko/updates/queue/?sort=size"}
    response = open_as(w.officer).post(f"{page_of(update)}take/", sent)
    update.refresh_from_db()
    assert response["Location"] == "/ko/updates/queue/?sort=size"
    assert update.assigned_to == w.officer and update.state == State.IN_REVIEW


def test_who_takes_second_is_told_who_was_quicker(w, open_as):
    update = submitted(w)
    sent = {"version": update.version}
    open_as(w.officer).post(f"{page_of(update, 'en')}take/", sent)
    said = open_as(w.other_officer).post(f"{page_of(update, 'en')}take/", sent, follow=True).content.decode()
    assert f"{w.officer.username} acted on the report meanwhile" in said
    update.refresh_from_db()
    assert update.assigned_to == w.officer


def test_one_does_not_come_back_to_a_page_elsewhere(w, open_as):
    update = submitted(w)
    sent = {"version": update.version, "next": "https://elsewhere.example/"}
    assert open_as(w.officer).post(f"{page_of(update)}take/", sent)["Location"] == page_of(update)


def test_what_is_ticked_in_the_queue_is_assigned(w, open_as):
    first, second = submitted(w), submitted(w, period=SECOND_HALF)
    ticked = [f"{u.id}:{u.version}" for u in (first, second)]
    client = open_as(w.officer)
    said = client.post("/en/updates/queue/", {"update": ticked, "to": w.other_officer.pk}, follow=True).content.decode()
    assert "2 reports are assigned." in said
    assert set(ProjectUpdate.objects.values_list("assigned_to", flat=True)) == {w.other_officer.pk}
    assert "Tick the reports first." in client.post("/en/updates/queue/", {"to": ""}, follow=True).content.decode()


def test_put_back_and_assigned_on_its_page(w, open_as):
    update, client = submitted(w), open_as(w.officer)
    client.post(f"{page_of(update)}take/", {"version": update.version})
    update.refresh_from_db()
    client.post(f"{page_of(update)}put-back/", {"version": update.version})
    update.refresh_from_db()
    assert update.state == State.SUBMITTED and update.assigned_to is None
    client.post(f"{page_of(update)}assign/", {"version": update.version, "to": w.other_officer.pk})
    update.refresh_from_db()
    assert update.assigned_to == w.other_officer


def test_only_officers_can_be_given_a_report(w, open_as):
    update = submitted(w)
    sent = {"version": update.version, "to": w.partner.pk}
    said = open_as(w.officer).post(f"{page_of(update, 'en')}assign/", sent, follow=True).content.decode()
    assert "Choose an officer." in said


# ---- the first page -------------------------------------------------------------------------------------


def test_the_first_page_counts_what_waits_mine_first(w):
    first, second = submitted(w), submitted(w, period=SECOND_HALF)
    commands.take(second.id, version=second.version, by=by(w.officer))
    need = needs.to_decide(cast.reader(w.officer))
    assert need.number == "2"
    assert [item.url.partition("/updates/")[2] for item in need.items] == [f"{second.id}/", f"{first.id}/"]
    assert [n for _words, n, _url in need.parts] == [1, 1, 1]


def test_the_first_page_of_a_partner_names_what_was_returned_with_the_word_of_why(w, monkeypatch):
    monkeypatch.setattr(needs, "address", lambda name, *args, **asked: f"{name}{args}{asked}")
    update = submitted(w)
    sent = {id: replace(answer, is_accepted=False) for id, answer in answers(update, w).items()}
    commands.decide(update.id, sent, version=update.version, by=by(w.officer), text="증빙을 붙여 주십시오.")
    need = needs.returned(cast.reader(w.partner))
    assert need.number == "1" and "증빙을 붙여 주십시오." in need.items[0].beneath
    assert needs.returned(cast.reader(w.stranger)).number == "0"
