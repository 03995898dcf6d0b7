"""The page of a report, its files, and the ways to it."""

from datetime import date
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from programs.models import Milestone, Output
from reports import commands
from reports.listing import PARTS
from reports.models import ProjectUpdate, UpdateEvent
from reports.models.updates import State

from . import cast
from .reporting import (
    FIRST_HALF,
    SECOND_HALF,
    begun,
    by,
    decided,
    edit,
    page_of,
    reporting_world,
    said,
    sent,
    submitted,
    text,
    typed,
    written,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def w():
    return reporting_world()


@pytest.fixture
def partner(w, client):
    client.force_login(w.partner)
    return client


@pytest.fixture
def officer_desk(w, client):
    client.force_login(w.officer)
    return client


# ---- files ---------------------------------------------------------------------------------------------


def attach(client, update, *files, **form):
    sent = {"files": [SimpleUploadedFile(name, body) for name, body in files]} | form
    return client.post(f"/en/updates/{update.id}/attach/", sent)


def test_files_come_with_the_report_and_what_was_typed_is_saved_with_them(w, partner):
    update = begun(w)
    form = sent(update, typed(w))
    answer = attach(partner, update, ("plan.pdf", PDF), ("bad.exe", b"MZ\x90"), **form)
    assert answer["Location"] == edit(update) + "#s-files"
    told = said(answer)
    assert "1 file was added." in told and any("bad.exe" in one for one in told)
    update.refresh_from_db()
    file = update.attachments.get()
    assert file.file_name == "plan.pdf" and update.content["money"]
    assert "plan.pdf" in text(partner.get(edit(update)))
    got = partner.get(f"{page_of(update)}files/{file.id}/")
    assert b"".join(got.streaming_content) == PDF and "attachment" in got["Content-Disposition"]
    partner.post(f"/en/updates/{update.id}/detach/", {"file": str(file.id)})
    assert not update.attachments.exists()


def test_a_file_is_for_those_who_see_the_report(w, client):
    update = begun(w)
    file = commands.attach(update.id, BytesIO(PDF), "plan.pdf", by=by(w.partner))
    for user, status in ((w.colleague, 200), (w.officer, 200), (w.stranger, 404), (w.viewer, 404)):
        client.force_login(user)
        assert client.get(f"{page_of(update)}files/{file.id}/").status_code == status


# ---- the report's page ---------------------------------------------------------------------------------


def test_the_page_shows_each_value_before_and_after_and_the_thread(w, partner):
    page = partner.get(page_of(submitted(w)))
    assert "submitted" in text(page) and "8,000,000" in text(page) and "A paper" in text(page)
    assert "시제품을 완성함." in text(page) and "no-store" in page["Cache-Control"]
    assert [event.what for event in page.context["events"]] == ["begun", "submitted"]


def test_a_reload_shows_the_decision_at_once(w, partner):
    update = submitted(w)
    partner.get(page_of(update))
    decided(update, w, doi="Check the DOI, please.")
    page = text(partner.get(page_of(update)))
    assert "partly accepted" in page and "Check the DOI, please." in page and w.officer.username in page
    assert "Put right and submit again" in page


def test_what_was_returned_stands_at_its_input_with_the_note(w, partner):
    update = decided(submitted(w), w, doi="Check the DOI, please.", spent="Until when?")
    page = partner.get(edit(update))
    assert text(page).count("Check the DOI, please.") == 1 and "Until when?" in text(page)
    paper = Output.objects.get()
    assert f'name="outputs-{paper.id}-doi"' in text(page)  # the paper is a record by now


def test_withdrawing_and_taking_up_again(w, partner):
    update = submitted(w)
    assert "Withdraw the report" in text(partner.get(page_of(update)))
    sent = {"version": update.version, "text": "Wrong period."}
    partner.post(f"/en/updates/{update.id}/withdraw/", sent)
    update.refresh_from_db()
    assert update.state == State.WITHDRAWN
    assert "Wrong period." in text(partner.get(page_of(update)))
    answer = partner.post(f"/en/updates/{update.id}/resume/", {"version": update.version})
    assert answer["Location"] == edit(update)
    update.refresh_from_db()
    assert update.state == State.DRAFT and update.content


def test_what_was_decided_meanwhile_is_not_withdrawn(w, partner):
    update = submitted(w)
    decided(update, w)
    answer = partner.post(f"/en/updates/{update.id}/withdraw/", {"version": update.version})
    assert "moved on meanwhile" in said(answer)[0]
    assert ProjectUpdate.objects.get().state == State.ACCEPTED


def test_both_sides_speak_in_the_thread_and_watch(w, client):
    update = submitted(w)
    for user, words in ((w.partner, "When do you decide?"), (w.officer, "On Monday.")):
        client.force_login(user)
        client.post(f"/en/updates/{update.id}/say/", {"text": words})
        client.post(f"/en/updates/{update.id}/watch/", {"watch": "1"})
    page = text(client.get(page_of(update)))
    assert "When do you decide?" in page and "On Monday." in page and "Stop watching" in page
    assert update.watches.count() == 2
    assert "Write a message first." in said(client.post(f"/en/updates/{update.id}/say/", {"text": " "}))
    client.post(f"/en/updates/{update.id}/watch/", {"watch": "0"})
    assert update.watches.get().user == w.partner


def test_for_others_no_page_of_the_report_exists(w, client):
    update = written(w)
    posts = ("edit", "attach", "detach", "withdraw", "resume", "say", "watch")
    for user in (w.stranger, w.viewer):
        client.force_login(user)
        for address in (page_of(update), edit(update)):
            assert client.get(address).status_code == 404
        for name in posts:
            assert client.post(f"{page_of(update)}{name}/", {"text": "x", "watch": "1"}).status_code == 404
    assert UpdateEvent.objects.count() == 1 and ProjectUpdate.objects.get().state == State.DRAFT


def test_officers_see_the_page_but_do_not_write_the_report(w, client):
    update = written(w)
    client.force_login(w.officer)
    assert "not submitted yet" in text(client.get(page_of(update)))
    assert client.get(edit(update)).status_code == 403
    for name in ("edit", "attach", "detach", "withdraw"):
        assert client.post(f"{page_of(update)}{name}/", {"version": update.version}).status_code in (302, 403)
    assert ProjectUpdate.objects.get().state == State.DRAFT


# ---- the way there -------------------------------------------------------------------------------------


def test_a_project_leads_to_its_reports_for_those_who_write_or_decide_them(w, client):
    submitted(w)
    for user, leads, begins in (
        (w.partner, True, True),
        (w.officer, True, False),
        (w.stranger, False, False),
        (None,) * 3,
    ):
        client.force_login(user) if user else client.logout()
        page = text(client.get("/en/projects/one/"))
        assert ('id="reports"' in page) == bool(leads), user
        assert ("/updates/begin/?project=one" in page) == bool(begins), user


def test_the_menu_has_reports_for_partners_and_officers_only(w, client):
    for user, is_there in ((w.partner, True), (w.officer, True), (w.viewer, False), (None, False)):
        client.force_login(user) if user else client.logout()
        assert (">Reports</a>" in text(client.get("/en/"))) == is_there


# ---- cost ----------------------------------------------------------------------------------------------


def queries(client, address: str, **post) -> int:
    with CaptureQueriesContext(connection) as captured:
        answer = client.post(address, post) if post else client.get(address)
    assert answer.status_code == 200
    return len(captured)


def test_the_pages_ask_the_same_number_of_queries_however_many_rows_there_are(w, partner):
    def rows(n):
        papers = [
            {"key": f"new-{i}", "kind": "paper", "title_en": f"P{i}", "doi": f"10.1000/x{i}", "published_on": "2025-04"}
            for i in range(1, n + 1)
        ]
        people = [
            {"key": f"new-{i}", "name_ko": f"김{i}", "part": "postdoc", "effort_share": "10"} for i in range(1, n + 1)
        ]
        shares = [{"key": str(role.id), "version": role.version, "effort_share": "31"} for role in roles[:n]]
        done = [{"key": str(m.id), "version": m.version, "done_on": "2025-05-20"} for m in milestones[:n]]
        spent = [{"key": str(line.id), "spent": "100만"} for line in lines[:n]]
        return {"outputs": papers, "people": people + shares, "milestones": done, "money": spent}

    milestones = [Milestone.objects.create(scope_id=w.one.id, title_en=f"M{i}", due_on="2025-05") for i in range(8)]
    roles = [cast.role(cast.researcher(), w.one, effort_share=30, starts_on="2023") for _n in range(8)]
    lines = [cast.line(w.one, recipient=w.gist, form="cash") for _n in range(8)]
    counted = []
    for n in (2, 8):
        update = begun(w)
        update = commands.save(update.id, rows(n), version=update.version, by=by(w.partner))
        partner.get(edit(update))
        form = queries(partner, edit(update))
        update = commands.submit(update.id, version=update.version, by=by(w.partner))
        counted.append((form, queries(partner, page_of(update))))
        commands.withdraw(update.id, version=update.version, by=by(w.partner))
    assert counted[0] == counted[1]


def test_both_sides_find_from_their_reports_what_is_due(w, client):
    for user, address in ((w.partner, "/en/updates/"), (w.officer, "/en/updates/queue/")):
        client.force_login(user)
        assert 'href="/en/reports/due/"' in text(client.get(address))


# ---- the list ------------------------------------------------------------------------------------------


def test_every_report_stands_once_on_the_pages_of_the_list_those_to_write_first(w, officer_desk):
    submitted(w, period=SECOND_HALF)
    decided(submitted(w, period=FIRST_HALF), w)
    withdrawn = commands.withdraw(begun(w, (date(2023, 1, 1), date(2023, 6, 30))).id, version=1, by=by(w.partner))
    days = [date(2024, month, day) for month in (3, 6) for day in range(1, 27)]
    drafts = [begun(w, (day, date(2024, day.month, 28))) for day in days]
    seen, address = [], "/en/updates/"
    while address:
        page = officer_desk.get(address)
        seen += [row for _title, rows in page.context["parts"] for row in rows]
        following = page.context["following"]
        address = following and f"/en/updates/?after={following}"
    assert len(seen) == len(set(seen)) == ProjectUpdate.objects.count() == page.context["count"]
    assert {row.state for row in seen[:52]} == {State.DRAFT} and set(seen[:52]) == set(drafts)
    assert [row.state for row in seen[52:]] == [State.SUBMITTED, State.ACCEPTED, State.WITHDRAWN]
    assert seen[-1].id == withdrawn.id
    latest_first = [(-row.period_ends_on.toordinal(), row.id) for row in seen[:52]]
    assert latest_first == sorted(latest_first)


def test_every_state_has_its_part_of_the_list():
    assert sorted(state for _title, states in PARTS for state in states) == sorted(State.values)


@pytest.mark.parametrize("after", ["x", "3_2024-01-01_00000000-0000-0000-0000-000000000000", "0_2024-13-01_x", "-1"])
def test_a_page_that_is_not_there_is_refused_with_what_to_do(w, officer_desk, after):
    page = officer_desk.get("/en/updates/", {"after": after})
    assert page.status_code == 400 and "Begin from its beginning" in text(page)


def test_beyond_the_last_report_the_list_says_that_it_ends(w, officer_desk):
    page = officer_desk.get("/en/updates/?after=2_2000-01-01_00000000-0000-0000-0000-000000000000")
    assert "The list ends here." in text(page) and "From the beginning" in text(page)
