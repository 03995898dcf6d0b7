"""The pages on which an institution begins a report, writes and submits it, also two at once."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from reports import commands
from reports.models import ProjectUpdate
from reports.models.updates import State
from reports.rules import projects_of, takes_part_in

from . import cast
from .reporting import (
    FIRST_HALF,
    begun,
    by,
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


@pytest.fixture
def w():
    return reporting_world()


@pytest.fixture
def partner(w, client):
    client.force_login(w.partner)
    return client


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
    assert [(title, len(rows)) for title, rows in page.context["parts"]] == [("To write", 1), ("With the officers", 1)]
    assert "Go on writing" in text(page) and "2025, first half" in text(page)
    partner.force_login(w.stranger)
    assert partner.get("/en/updates/").context["count"] == 0


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
    answer = partner.post(edit(update), sent(update, {}, "autosave"))
    assert answer.status_code == 409 and "submitted this report meanwhile" in json.loads(answer.content)["said"]
