"""The pages on which an institution reports: found, begun, written, submitted, followed."""

import json
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.messages import get_messages
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from programs.models import Milestone, Output
from reports import commands
from reports.models import ProjectUpdate, UpdateEvent
from reports.models.updates import State
from reports.rules import projects_of, takes_part_in

from . import cast
from .reporting import FIRST_HALF, begun, by, decided, reporting_world, submitted, typed, written

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
PDF = b"%PDF-1.7\n%%EOF\n"


@pytest.fixture
def w():
    return reporting_world()


@pytest.fixture
def partner(w, client):
    client.force_login(w.partner)
    return client


def text(response) -> str:
    return response.content.decode()


def said(response) -> list[str]:
    return [str(message) for message in get_messages(response.wsgi_request)]


def edit(update) -> str:
    return f"/en/updates/{update.id}/edit/"


def page_of(update) -> str:
    return f"/en/updates/{update.id}/"


def sent(update, content, do="save", **more) -> dict:
    """What the form of a page sends for this content."""
    fields = {"do": do, "version": update.version}
    for section, rows in content.items():
        fields[section] = [row["key"] for row in rows]
        for row in rows:
            fields |= {f"{section}-{row['key']}-{name}": value for name, value in row.items() if name != "key"}
    return fields | more


# ---- the list, and beginning ---------------------------------------------------------------------------


def test_the_projects_on_which_one_reports_are_those_in_which_one_takes_part(w):
    cast.participation(w.kaist, w.two)
    for user in (w.partner, w.stranger, w.viewer):
        reader = cast.reader(user)
        one_by_one = {}
        for project in (w.one, w.two, w.three):
            if institutions := set(reader.institutions) & takes_part_in(project.id):
                one_by_one[project.id] = institutions
        assert dict(projects_of(reader)) == one_by_one


def test_without_reports_the_list_says_what_to_do(w, client):
    client.force_login(w.partner)
    assert "Begin a report" in text(client.get("/en/updates/"))
    client.force_login(w.viewer)
    page = text(client.get("/en/updates/"))
    assert "Your account reports for none" in page and "Begin a report" not in page


def test_the_list_shows_own_reports_by_what_is_to_be_done_and_no_others(w, partner):
    submitted(w)
    begun(w, (FIRST_HALF[0].replace(year=2024), FIRST_HALF[1].replace(year=2024)))
    page = partner.get("/en/updates/")
    assert [(title, len(rows)) for title, rows in page.context["groups"]] == [("To write", 1), ("With the officers", 1)]
    assert "Go on writing" in text(page) and "2025, first half" in text(page)
    partner.force_login(w.stranger)
    assert partner.get("/en/updates/").context["page"].paginator.count == 0


def test_nobody_sees_reports_without_signing_in(w, client):
    update = submitted(w)
    for address in ("/en/updates/", "/en/updates/begin/", page_of(update), edit(update)):
        assert client.get(address).status_code == 302


@pytest.mark.parametrize(
    "given", [{"period": "2025-01-01/2025-06-30"}, {"period_starts_on": "2025. 1.", "period_ends_on": "2025-06"}]
)
def test_a_period_is_a_button_or_two_days(w, partner, given):
    answer = partner.post("/en/updates/begin/", {"project": str(w.one.id), **given})
    update = ProjectUpdate.objects.get()
    assert answer.status_code == 302 and answer["Location"] == edit(update)
    assert (update.period_starts_on, update.period_ends_on, update.institution_id) == (*FIRST_HALF, w.gist.id)


def test_where_there_is_a_report_already_it_opens(w, partner):
    update = written(w)
    again = {"project": "one", "institution": str(w.gist.id), "period": "2025-01-01/2025-06-30"}
    assert partner.post("/en/updates/begin/", again)["Location"] == edit(update)
    commands.submit(update.id, version=update.version, by=by(w.partner))
    assert partner.post("/en/updates/begin/", again)["Location"] == page_of(update)
    assert ProjectUpdate.objects.count() == 1


@pytest.mark.parametrize(
    "given, at",
    [
        ({"project": "", "period": "2025-01-01/2025-06-30"}, "id_project"),
        ({"project": "foreign", "period": "2025-01-01/2025-06-30"}, "id_project"),
        ({"project": "no-such", "period": "2025-01-01/2025-06-30"}, "id_project"),
        ({"project": "one", "institution": "kaist", "period": "2025-01-01/2025-06-30"}, "id_institution"),
        ({"project": "one", "period_starts_on": "soon", "period_ends_on": "2025"}, "id_period_starts_on"),
        ({"project": "one", "period_starts_on": "2025", "period_ends_on": ""}, "id_period_ends_on"),
        ({"project": "one", "period_starts_on": "2025-07", "period_ends_on": "2025-01"}, "id_period_ends_on"),
    ],
)
def test_what_is_missing_to_begin_is_said_at_its_input(w, partner, given, at):
    cast.project(w.beta, "foreign")
    answer = partner.post("/en/updates/begin/", given)
    assert answer.status_code == 400 and f'href="#{at}"' in text(answer)
    assert not ProjectUpdate.objects.exists()


def test_of_several_institutions_the_one_that_takes_part_reports(w, client):
    client.force_login(cast.user("partner", w.government))  # GIST is a unit of it
    client.post("/en/updates/begin/", {"project": "one", "period": "2025-01-01/2025-06-30"})
    assert ProjectUpdate.objects.get().institution_id == w.gist.id


def test_of_very_many_projects_one_is_looked_for_by_its_name(w, partner, monkeypatch):
    monkeypatch.setattr("reports.views.beginning.MOST_OFFERED", 1)
    assert 'data-suggest="' in text(partner.get("/en/updates/begin/"))
    answer = partner.post("/en/updates/begin/", {"project": "Project tw", "period": "2025-01-01/2025-06-30"})
    assert answer.status_code == 400 and "Project two" in text(answer)
    partner.post("/en/updates/begin/", {"project": "Project two", "period": "2025-01-01/2025-06-30"})
    assert ProjectUpdate.objects.get().project_id == w.two.id


# ---- writing -------------------------------------------------------------------------------------------


def test_the_form_shows_what_is_known_and_an_empty_paper(w, partner):
    page = text(partner.get(edit(begun(w))))
    assert "Prototype" in page and w.money.name_en in page
    assert f'name="people-{w.role.id}-effort_share" value="30"' in page  # has no end: works on
    assert 'name="outputs-new-1-doi"' in page and 'name="milestones-__n__-done_on"' in page
    assert "what it comes to altogether" in page


def test_what_is_wrong_is_saved_as_it_was_typed_and_said_at_its_input(w, partner):
    update = begun(w)
    content = {"money": [{"key": str(w.money.id), "spent": "about 12"}]}
    assert partner.post(edit(update), sent(update, content)).status_code == 302
    update.refresh_from_db()
    assert update.content["money"][0]["spent"] == "about 12" and update.saved_by
    page = partner.get(edit(update))
    assert 'value="about 12"' in text(page) and page.context["sheet"].problems
    assert 'class="said error problems"' not in text(page)  # nobody asked


def test_checking_says_all_at_once_and_submits_nothing(w, partner):
    update = begun(w)
    content = typed(w, money=[{"key": str(w.money.id), "received": "100만", "spent": "200만"}])
    page = partner.post(edit(update), sent(update, content, "check"))
    assert page.status_code == 200 and "more was spent than received" in text(page) and "Nothing is wrong" in text(page)
    content["outputs"][0]["doi"] = "doi:10.1"
    update.refresh_from_db()
    page = partner.post(edit(update), sent(update, content, "check"))
    assert 'href="#id_outputs-new-1-doi"' in text(page)
    update.refresh_from_db()
    assert update.state == State.DRAFT and update.content["outputs"]


def test_submitting_shows_first_what_will_be_proposed(w, partner):
    update = begun(w)
    page = partner.post(edit(update), sent(update, typed(w), "submit"))
    assert "Submit 8 values" in text(page) and "12,000,000" in text(page) and "Prototype" in text(page)
    update.refresh_from_db()
    assert update.state == State.DRAFT
    sure = {"do": "submit", "sure": "1", "version": update.version}
    done = partner.post(edit(update), sure)
    assert done["Location"] == page_of(update) and "8 values" in said(done)[0]
    update.refresh_from_db()
    assert update.state == State.SUBMITTED
    assert partner.post(edit(update), sure)["Location"] == page_of(update)  # a second click
    assert partner.get(edit(update))["Location"] == page_of(update)


def test_what_is_wrong_is_not_submitted_and_everything_typed_stays(w, partner):
    update = begun(w)
    content = typed(w, milestones=[{"key": str(w.milestone.id), "version": 1, "done_on": "2025-13"}])
    page = partner.post(edit(update), sent(update, content, "submit"))
    assert page.status_code == 400 and 'value="2025-13"' in text(page) and 'value="800만"' in text(page)
    update.refresh_from_db()
    assert update.state == State.DRAFT


def test_a_report_that_says_nothing_is_not_submitted(w, partner):
    page = partner.post(edit(update := begun(w)), sent(update, {}, "submit"))
    assert page.status_code == 400 and "says nothing yet" in text(page)


def test_a_row_more_is_drawn_without_losing_what_was_typed(w, partner):
    update = begun(w)
    page = partner.post(edit(update), sent(update, typed(w), "add:outputs"))
    assert 'name="outputs-new-2-doi"' in text(page) and 'value="A paper"' in text(page)
    assert ProjectUpdate.objects.get().content == {}


def test_while_one_types_the_server_saves_and_says_what_to_check(w, partner):
    update = begun(w)
    content = typed(w, outputs=[{"key": "new-1", "kind": "paper", "title_en": "X", "doi": "x"}])
    answer = partner.post(edit(update), sent(update, content, "autosave"))
    told = json.loads(answer.content)
    update.refresh_from_db()
    assert update.content["outputs"] and told["version"] == update.version
    assert [fault["name"] for fault in told["faults"]] == ["outputs-new-1-doi"]
    assert "1 thing to check" in told["said"] and w.partner.username in told["said"]


def test_a_form_outlives_being_logged_out(w, partner):
    update = begun(w)
    hidden = dict(partner.get(edit(update)).context["hidden"])
    partner.logout()
    answer = partner.post(edit(update), sent(update, typed(w)) | hidden)
    assert "/login/" in answer["Location"] and ProjectUpdate.objects.get().content == {}
    back = parse_qs(urlsplit(answer["Location"]).query)["next"][0]
    session = dict(partner.session)  # logging in again keeps it; the test's client would begin anew
    partner.force_login(w.partner)
    kept = partner.session
    kept["kept_forms"] = session["kept_forms"]
    kept.save()
    page = text(partner.get(back))
    assert "You had been logged out" in page and 'value="800만"' in page


@pytest.mark.parametrize(
    "form",
    [
        {"outputs": ["new-x", "__n__", "new-²"], "outputs-new-x-title_en": "X"},
        {"milestones": ["nothing"], "milestones-nothing-version": "²", "milestones-nothing-done_on": "2025"},
        {"money": ["text"], "money-text-spent": "1"},
        {"version": "²"},
        {"do": "add:nothing"},
        {"do": "unheard of", "take-outputs-new-x": "both", "take-": "theirs"},
    ],
)
def test_a_form_that_is_no_form_of_ours_breaks_nothing(w, partner, form):
    update = begun(w)
    for do in ("save", "check", "autosave"):
        answer = partner.post(edit(update), {"do": do, "version": update.version} | form)
        assert answer.status_code in (200, 302, 400)


# ---- two at once ---------------------------------------------------------------------------------------


def test_a_colleague_who_was_quicker_is_shown_beside_what_was_typed(w, partner):
    update = begun(w)
    theirs = {
        "narrative": [{"key": "text", "narrative_ko": "동료의 글"}],
        "outputs": [{"key": "new-1", "title_en": "B"}],
    }
    commands.save(update.id, theirs, version=update.version, by=by(w.colleague))
    mine = {"narrative": [{"key": "text", "narrative_ko": "나의 글"}], "outputs": [{"key": "new-1", "title_en": "A"}]}
    page = partner.post(edit(update), sent(update, mine))
    assert page.status_code == 409
    assert "동료의 글" in text(page) and "나의 글" in text(page) and w.colleague.username in text(page)
    assert ProjectUpdate.objects.get().content == theirs
    assert [(one.name, one.chosen) for one in page.context["clashes"]] == [
        ("take-narrative-text", "mine"),
        ("take-outputs-new-1", "both"),
    ]
    chosen = {one.name: one.chosen for one in page.context["clashes"]}
    update.refresh_from_db()
    assert partner.post(edit(update), sent(update, mine) | chosen).status_code == 302
    update.refresh_from_db()
    assert update.content["narrative"][0]["narrative_ko"] == "나의 글"
    assert {row["title_en"] for row in update.content["outputs"]} == {"A", "B"}


def test_what_only_the_colleague_wrote_stays(w, partner):
    update = begun(w)
    theirs = {"narrative": [{"key": "text", "narrative_ko": "동료의 글"}]}
    commands.save(update.id, theirs, version=update.version, by=by(w.colleague))
    mine = {"outputs": [{"key": "new-1", "title_en": "A"}]}
    page = partner.post(edit(update), sent(update, mine))
    chosen = {one.name: one.chosen for one in page.context["clashes"]}
    update.refresh_from_db()
    partner.post(edit(update), sent(update, mine) | chosen)
    update.refresh_from_db()
    assert set(update.content) == {"narrative", "outputs"}


def test_saving_in_the_background_never_overwrites_a_colleague(w, partner):
    update = begun(w)
    commands.save(update.id, typed(w), version=update.version, by=by(w.colleague))
    answer = partner.post(edit(update), sent(update, {}, "autosave"))
    assert answer.status_code == 409 and w.colleague.username in json.loads(answer.content)["said"]
    assert ProjectUpdate.objects.get().saved_by == w.colleague.username


def test_saving_the_same_twice_is_saving_it_once(w, partner):
    update = begun(w)
    form = sent(update, typed(w))
    assert [partner.post(edit(update), form).status_code for _n in range(2)] == [302, 302]


def test_who_types_while_a_colleague_submits_is_told(w, partner):
    update = submitted(w)
    answer = partner.post(edit(update), sent(update, {}))
    assert answer["Location"] == page_of(update) and "not with you now" in said(answer)[0]


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
