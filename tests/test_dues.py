"""Who has not reported is a list: for officers of all, for partners of their own, for nobody else."""

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from people.models import User
from records.commands import Author
from records.refusals import NotAllowed, Refused
from reports.due.extending import extend
from reports.models import Extension, Obligation, ProjectUpdate, ReportDue
from reports.telling import ways
from tests import cast
from tests.cast import INTERNAL, sql, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def day(n: int) -> str:
    return (timezone.localdate() + timedelta(days=n)).isoformat()


def obliged(scope, due_in: int, **more) -> Obligation:
    """One report of the 90 days up to so many days from today, due on the last of them."""
    period = {"starts_on": day(due_in - 90), "ends_on": day(due_in), "days_to_report": 0}
    return cast.obligation(scope, rhythm="once", **period | more)


@pytest.fixture
def w(world):
    """GIST leads the project One, KAIST leads Three: each owes a late report and one that is due in ten days."""
    cast.participation(world.gist, world.one, part="lead")
    cast.participation(world.kaist, world.three, part="lead")
    obliged(world.alpha, -3, title_en="Past")
    obliged(world.alpha, 10, title_en="Coming")
    work()
    world.partner, world.stranger = cast.user("partner", world.gist), cast.user("partner", world.kaist)
    return world


def report(due: ReportDue, state="submitted") -> ProjectUpdate:
    update = ProjectUpdate.objects.create(
        project=due.project, institution=due.institution,
        period_starts_on=due.period_starts_on, period_ends_on=due.period_ends_on,
    )  # fmt: skip
    return move(update, state) if state != "draft" else update


def move(update: ProjectUpdate, *states: str) -> ProjectUpdate:
    for update.state in states:
        update.submitted_at = timezone.now()
        update.save()
    return update


def seen(by, **asked) -> list[tuple[str, str]]:
    """(project, obligation) of what this user finds."""
    rows = ReportDue.objects.visible_to(cast.reader(by)).filter(**asked).order_by("due_on", "project__slug")
    return [(row.project.slug, row.obligation.title_en) for row in rows]


def author(user) -> Author:
    return Author(cast.reader(user), user.username)


# ---- rights ----------------------------------------------------------------------------------------------------


def test_a_partner_finds_what_its_institutions_owe_an_officer_all_and_others_nothing(w, officer):
    assert seen(w.partner) == [("one", "Past"), ("one", "Coming")]
    assert seen(w.stranger) == [("three", "Past"), ("three", "Coming")]
    assert len(seen(officer)) == 4
    assert seen(cast.user("partner", w.government)) == seen(w.partner)  # which GIST belongs to
    assert [seen(by) for by in (None, cast.user("viewer"), cast.user("partner"), cast.user("partner", w.unit))] == [
        []
    ] * 4


def test_what_was_merged_into_ones_institution_is_ones_own(w):
    type(w.kaist).objects.filter(id=w.kaist.id).update(is_retired=True, merged_into=w.gist.id)
    assert len(seen(w.partner)) == 4


def test_an_obligation_that_is_internal_is_shown_to_officers_alone(w, officer):
    obliged(w.alpha, 5, title_en="Being prepared", visibility=INTERNAL)
    work()
    assert ("one", "Being prepared") in seen(officer) and ("one", "Being prepared") not in seen(w.partner)


def test_another_partner_finds_nothing_anywhere(w, client):
    theirs = ReportDue.objects.filter(institution=w.gist).first()
    client.force_login(w.stranger)
    for address in (f"/en/reports/due/{theirs.id}/extend/", f"/api/v1/dues/{theirs.id}/"):
        assert client.get(address).status_code == 404
    assert client.post(f"/api/v1/dues/{theirs.id}/extend/", "{}", "application/json").status_code == 404
    for address in ("/api/v1/dues/?state=all", f"/api/v1/dues/?state=all&institution={w.gist.id}"):
        assert str(theirs.id) not in client.get(address).content.decode()
    page = client.get("/en/reports/due/?state=all").content.decode()
    assert str(theirs.id) not in page and "Project one" not in page


# ---- reported or not -------------------------------------------------------------------------------------------


def test_what_was_handed_in_is_reported_at_once_and_what_came_back_is_due_again(w):
    def late() -> set:
        return {due.project for due in ReportDue.objects.late()}

    update = report(ReportDue.objects.late().get(project=w.one))
    assert late() == {w.three}
    work()
    assert [due.project for due in ReportDue.objects.reported()] == [w.one]
    move(update, "returned")
    work()
    assert late() == {w.one, w.three}
    assert ReportDue.objects.with_update().get(project=w.one, obligation__title_en="Past").update_state == "returned"


def test_a_draft_and_a_report_of_another_period_leave_it_open(w):
    due = ReportDue.objects.late().get(project=w.one)
    report(due, "draft")
    ProjectUpdate.objects.create(
        project=w.one, institution=w.gist, period_starts_on=due.period_starts_on, period_ends_on=day(5)
    )
    assert ReportDue.objects.late().filter(project=w.one).exists()


# ---- putting off -----------------------------------------------------------------------------------------------


def test_only_an_officer_puts_a_due_day_off_and_only_with_a_reason_to_a_later_day(w, officer):
    due = ReportDue.objects.late().get(project=w.one)
    with pytest.raises(NotAllowed):
        extend(due, until=timezone.localdate() + timedelta(days=9), reason="mine", by=author(w.partner))
    for until, reason, fields in ((0, "so", {"until"}), (9, " ", {"reason"}), (-9, "", {"until", "reason"})):
        with pytest.raises(Refused) as refused:
            extend(due, until=timezone.localdate() + timedelta(days=until), reason=reason, by=author(officer))
        assert {fault.field for fault in refused.value.faults} == fields
    assert not Extension.objects.exists()


def test_what_was_reported_is_not_put_off(w, officer):
    due = ReportDue.objects.late().get(project=w.one)
    report(due)
    with pytest.raises(Refused, match="has been reported"):
        extend(due, until=timezone.localdate() + timedelta(days=9), reason="so", by=author(officer))


def test_an_officer_puts_off_on_a_page_and_reads_what_was_granted(w, client, officer):
    due = ReportDue.objects.late().get(project=w.one)
    client.force_login(officer)
    url = f"/en/reports/due/{due.id}/extend/"
    assert client.post(url, {"until": day(9), "reason": " "}).status_code == 400
    assert client.post(url, {"until": "soon", "reason": "illness"}).status_code == 400
    assert client.post(url, {"until": day(-1), "reason": "illness"}).status_code == 400
    answer = client.post(url, {"until": day(9).replace("-", ". "), "reason": "illness"}, follow=True)
    assert answer.status_code == 200 and "The report is due on" in answer.content.decode()
    assert ReportDue.objects.get(id=due.id).due_on.isoformat() == day(9)
    assert "illness" in client.get(url).content.decode()
    client.force_login(w.partner)
    assert client.get(url).status_code == 403


# ---- the page --------------------------------------------------------------------------------------------------


def test_the_page_says_in_words_how_late_it_is_in_both_languages(w, client, officer):
    client.force_login(officer)
    english, korean = (client.get(f"/{language}/reports/due/").content.decode() for language in ("en", "ko"))
    assert (
        "late by 3 days" in english
        and "10 days before it is due" in english
        and english.index("late by") < english.index("before it is")
    )
    assert "지연 3일" in korean and "마감 10일 전" in korean and "보고 기한" in korean


def test_the_page_is_narrowed_by_state_days_program_and_institution(w, client, officer):
    client.force_login(officer)
    for question, n in (
        ("", 4), ("state=late", 2), ("within=30", 2), ("within=5", 0), ("state=reported", 0), ("program=alpha", 4), ("program=beta", 0),
        (f"institution=gist&program={w.alpha.id}", 2), ("state=all&institution=nobody", 0),
    ):  # fmt: skip
        page = client.get(f"/en/reports/due/?{question}")
        assert (len(page.context["rows"]), page.context["count"]) == (n, n), question
    for question in ("state=lost", "within=soon", "within=-1", "cursor=x", "colour=red", "limit=0"):
        assert client.get(f"/en/reports/due/?{question}").status_code == 400, question


def test_pages_follow_one_another_without_loss(w, client, officer):
    obliged(w.alpha, 10, title_en="The same day")
    work()
    client.force_login(officer)
    for state in ("open", "all", "reported"):
        for due in ReportDue.objects.filter(is_reported=False) if state == "reported" else ():
            if not ProjectUpdate.objects.filter(project=due.project, period_ends_on=due.period_ends_on).exists():
                report(due)
        work()
        found, url = [], f"/en/reports/due/?state={state}&limit=1"
        cursor = ""
        while cursor is not None:
            page = client.get(f"{url}&cursor={cursor}")
            found += [row.due.id for row in page.context["rows"]]
            cursor = page.context["next_cursor"]
        assert len(found) == len(set(found)) == 6, state


def test_a_partner_reports_from_the_page_and_an_officer_puts_off(w, client, officer, monkeypatch):
    monkeypatch.setattr(ways, "begin_url", lambda: "/en/updates/begin/")
    client.force_login(w.partner)
    page = client.get("/en/reports/due/").content.decode()
    assert page.count('action="/en/updates/begin/"') == 2 and f'value="{w.one.id}"' in page and "Put off" not in page
    client.force_login(officer)
    page = client.get("/en/reports/due/").content.decode()
    assert "updates/begin" not in page and page.count("/extend/") == 4


def test_an_empty_page_says_what_to_do_next(world, client, officer):
    for user, said in (
        (officer, "Enter an obligation"), (cast.user("viewer"), "ask the office in charge"), (cast.user("partner"), "ask the office in charge"),
    ):  # fmt: skip
        client.force_login(user)
        assert said in client.get("/en/reports/due/").content.decode()
    client.logout()
    assert client.get("/en/reports/due/").status_code == 302


def test_the_page_costs_the_same_number_of_queries_however_many_there_are(w, client, officer):
    client.force_login(officer)
    client.get("/en/reports/due/")
    with CaptureQueriesContext(connection) as few:
        client.get("/en/reports/due/")
    for _ in range(5):
        cast.participation(w.gist, cast.project(w.alpha), part="lead")
    work()
    with CaptureQueriesContext(connection) as many:
        assert len(client.get("/en/reports/due/").context["rows"]) == 14
    assert len(many) == len(few)


# ---- the first page --------------------------------------------------------------------------------------------


def need(client, by, name: str):
    client.force_login(by)
    return next((one for one in client.get("/en/").context["needs"] if one.name == name), None)


def test_partners_see_first_what_they_owe_the_most_pressing_on_top(w, client):
    found = need(client, w.partner, "dues")
    assert found.number == "2" and [item.mark for item in found.items] == ["late by 3 days", "10 days before it is due"]
    for _words, n, url in found.parts:
        assert len(client.get(url).context["rows"]) == n
    assert need(client, cast.user("viewer"), "dues") is None


def test_officers_see_first_who_is_late(w, client, officer):
    found = need(client, officer, "late")
    assert found.number == "2" and len(client.get(found.url).context["rows"]) == 2
    assert need(client, w.partner, "late") is None


# ---- API -------------------------------------------------------------------------------------------------------


def test_a_university_reads_what_is_due_page_by_page_with_its_report(w, client):
    update = report(ReportDue.objects.late().get(project=w.one), "draft")
    client.force_login(w.partner)
    first = client.get("/api/v1/dues/?limit=1").json()
    second = client.get(f"/api/v1/dues/?limit=1&cursor={first['next_cursor']}").json()
    (late,), (coming,) = first["results"], second["results"]
    assert (late["days_left"], late["due_on"], late["is_reported"]) == (-3, day(-3), False)
    assert late["update"] == {"id": str(update.id), "state": "draft"} and coming["update"] is None
    assert late["project"]["title_en"] == "Project one" and second["next_cursor"] is None
    assert client.get(f"/api/v1/dues/{late['id']}/").json() == late
    assert client.get("/api/v1/dues/?colour=red&state=x").status_code == 400


def test_by_api_an_officer_puts_off_a_partner_may_not_and_strangers_are_asked_to_sign_in(w, client, officer):
    due = ReportDue.objects.late().get(project=w.one)

    def post(**body):
        return client.post(f"/api/v1/dues/{due.id}/extend/", json.dumps(body), "application/json")

    assert post(until=day(9), reason="so").status_code == 401
    assert client.get("/api/v1/dues/").json()["results"] == []
    client.force_login(w.partner)
    assert post(until=day(9), reason="so").status_code == 403
    client.force_login(officer)
    wrong = post(until="soon", reason="", state="reported", due_on=day(4))
    assert {error["pointer"] for error in wrong.json()["errors"]} == {"#/until", "#/reason", "#/state", "#/due_on"}
    answer = post(until=day(9), reason="illness").json()
    assert (answer["due_on"], answer["rule_due_on"]) == (day(9), day(-3))
    assert sql("SELECT reason, by_name FROM reports_extension") == [("illness", officer.username)]


def test_the_demonstration_has_something_to_report(db, settings):
    settings.PRODUCTION = False
    call_command("prepare_demo", stdout=StringIO())
    work()
    kaist = User.objects.get(username="partner")
    dues = ReportDue.objects.visible_to(cast.reader(kaist)).filter(project__slug="nairl-neural-scaling")
    assert dues.order_by("period_starts_on").first().period_starts_on.isoformat() == "2026-01-01"
