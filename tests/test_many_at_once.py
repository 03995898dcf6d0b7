"""Bulk edits and undoing through both doors: the same command, the same sentences, rights by role, a second click acts once."""

import json
import re

import pytest

from programs.models import Program, Project
from records import jobs
from records.history import change
from records.jobs import Job, Run
from records.models import Change
from tests import cast
from tests.test_commands import author

CONFUSED = "00000000-0000-0000-0000-000000000001"


@pytest.fixture
def send(client):
    """`send("projects/bulk/", {…}, by=officer)`: the response of the API, in English."""

    def post(address, body=None, by=None, **headers):
        if by:
            client.force_login(by)
        text = json.dumps(body or {})
        headers = {"accept-language": "en"} | headers
        return client.post(f"/api/v1/{address}", text, content_type="application/json", headers=headers)

    return post


@pytest.fixture
def desk(client, officer):
    """The pages as an officer asks them, in English."""
    client.force_login(officer)
    return client


def hidden(response, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())[1]


def details(response) -> str:
    return " ".join(error["detail"] for error in response.json()["errors"])


# ---- the API -----------------------------------------------------------------------------------------------


def test_a_dry_run_counts_and_the_edit_does_it(world, officer, send):
    asked = {"filter": "program=alpha", "set": {"status": "completed", "topics": {"add": ["AI"]}}}
    seen = send("projects/bulk/", asked | {"dry_run": True}, officer).json()
    assert {name: seen[name] for name in ("change", "selected", "changed", "same", "refused", "problems")} == {
        "change": None, "selected": 3, "changed": 3, "same": 0, "refused": 0, "problems": [],
    }  # fmt: skip
    assert not Project.objects.filter(status="completed").exists()
    done = send("projects/bulk/", asked | {"as_seen": seen["as_seen"], "reason": "over"}, officer).json()
    assert Change.objects.values_list("door", "reason").get(pk=done["change"]) == ("api", "over")
    again = send("projects/bulk/", asked | {"as_seen": seen["as_seen"]}, officer)
    assert again.status_code == 400 and "3 of these records have changed" in details(again)


def test_refusals_come_with_record_field_and_reason(world, officer, send):
    Project.objects.filter(pk=world.two.pk).update(starts_on="2026")
    asked = {"ids": [str(world.one.id), str(world.two.id)], "set": {"ends_on": "2025"}}
    (problem,) = send("projects/bulk/", asked | {"dry_run": True}, officer).json()["problems"]
    assert problem["record"] == str(world.two.id) and "before the beginning" in problem["detail"]
    answer = send("projects/bulk/", asked, officer)
    assert answer.status_code == 400 and "1 record is refused" in details(answer)
    assert send("projects/bulk/", asked | {"only_possible": True}, officer).json()["changed"] == 1


@pytest.mark.parametrize(
    "body, text",
    [
        ({"set": {"status": "completed"}}, "either “ids” or “filter”"),
        ({"filter": "", "set": {"nonsense": 1}}, "not set in many records"),
        ({"filter": "", "sets": {}}, "no field “sets”"),
        ({"filter": "", "set": {"status": "completed"}, "dry_run": "yes"}, "not true or false"),
        ({"filter": "", "set": {"status": "completed"}, "as_seen": 3}, "not what a preview gave"),
        ({"filter": "", "set": {"status": "completed"}, "as_seen": "junk"}, "not what a preview gave"),
        ({"ids": [CONFUSED], "set": {"status": "completed"}}, "1 of these records does not exist"),
    ],
)
def test_what_is_wrong_with_a_request_is_said(world, officer, send, body, text):
    answer = send("projects/bulk/", body, officer)
    assert answer.status_code == 400 and text in details(answer)


def test_undoing_is_asked_of_the_present_only(world, officer, send, api, desk):
    this = send("projects/bulk/", {"filter": "", "set": {"status": "completed"}}, officer).json()["change"]
    for moment in ("known_at=2000-01-01", "known_at=2026-01-01", "as_of=2025"):
        assert api(f"changes/{this}/undo/?{moment}", by=officer).status_code == 400
        shown = desk.get(f"/en/changes/{this}/undo/?{moment}")
        assert (shown.status_code, shown.url) == (302, f"/en/changes/{this}/undo/")


def test_undoing_is_seen_and_done_by_the_api(world, officer, send, api):
    this = send("projects/bulk/", {"filter": "", "set": {"status": "completed"}}, officer).json()["change"]
    plan = api(f"changes/{this}/undo/", by=officer).json()
    assert (plan["possible"], plan["refused"], plan["kinds"]) == (3, 0, {"project": {"put_back": 3}})
    done = send(f"changes/{this}/undo/", {"reason": "no"}, officer)
    assert done.status_code == 200 and Change.objects.get(pk=done.json()["change"]).undoes_id == this
    answer = send(f"changes/{this}/undo/", {}, officer)
    assert answer.status_code == 400 and f"undone by change {done.json()['change']} already" in details(answer)
    problem = api(f"changes/{this}/undo/", by=officer).json()["problems"][0]
    assert problem["change"] == done.json()["change"] and problem["by"] == "officer"


def test_a_request_with_a_key_acts_once(world, officer, send):
    asked = {"filter": "", "set": {"topics": {"add": ["AI"]}}}
    first, second = (send("projects/bulk/", asked, officer, **{"idempotency-key": "k"}).json() for _n in range(2))
    assert first["change"] == second["change"]
    undone = [
        send(f"changes/{first['change']}/undo/", {}, officer, **{"idempotency-key": "u"}).json() for _n in range(2)
    ]
    assert undone[0]["change"] == undone[1]["change"]


@pytest.mark.parametrize(
    "role, bulk, seen, hidden",
    [("anonymous", 401, 401, 401), ("viewer", 403, 403, 404), ("partner", 403, 403, 404), ("stranger", 403, 403, 404), ("administrator", 200, 200, 200)],
)  # fmt: skip
def test_who_may(world, send, api, client, role, bulk, seen, hidden):
    by = cast.cast(world)[role]
    secret = cast.program("secret", visibility=cast.INTERNAL)
    public = cast.program("open")
    asked = {"filter": "", "set": {"status": "completed"}, "dry_run": True}
    assert send("projects/bulk/", asked, by).status_code == bulk
    for row, expected in ((public, seen), (secret, hidden)):
        row.refresh_from_db()
        with_one = _changed(row)
        assert api(f"changes/{with_one}/undo/", by=by).status_code == expected
        if by:
            client.force_login(by)
        body = {"only_possible": "x"}  # who may is told what is wrong
        expected = 400 if expected == 200 else expected
        assert send(f"changes/{with_one}/undo/", body, by).status_code == expected


def _changed(row, name="x") -> int:
    with change(actor_name="somebody") as this:
        Program.objects.filter(pk=row.pk).update(name_en=name)
    return this.pk


def test_a_change_that_there_is_not_is_404(world, officer, send, api):
    assert api("changes/999999999/undo/", by=officer).status_code == 404
    assert send("changes/999999999/undo/", {}, officer).status_code == 404


# ---- long work ---------------------------------------------------------------------------------------------


def test_what_touches_many_becomes_a_job_and_is_done_by_it(world, officer, send, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    begun = send("projects/bulk/", {"filter": "", "set": {"status": "completed"}, "reason": "over"}, officer)
    assert begun.status_code == 202 and begun["Location"] == f"/api/v1/jobs/{begun.json()['job']}/"
    assert _ran(begun.json(), officer) == ("done", "3 records were changed.")
    this = Change.objects.get(reason="over")
    assert this.door == "api" and set(Project.objects.values_list("status", flat=True)) == {"completed"}
    begun = send(f"changes/{this.pk}/undo/", {"reason": "no"}, officer).json()
    assert _ran(begun, officer) == ("done", "3 records were put back.")
    begun = send(f"changes/{this.pk}/undo/", {"reason": "no"}, officer).json()
    state, said = _ran(begun, officer)
    assert state == "refused" and "undone by change" in said


def _ran(begun: dict, officer) -> tuple[str, str]:
    """What a worker does with this job, and its sentence."""
    job = Job.objects.get(id=begun["job"])
    work = job.declared
    try:
        return "done", work.function(Run(author(officer, reason=job.reason, door=job.door)), **job.parameters).sentence
    except work.refusals as refused:
        return "refused", str(refused)


# ---- the pages ---------------------------------------------------------------------------------------------


def test_only_officers_are_offered_boxes(world, client, desk):
    assert 'form="bulk"' in desk.get("/en/projects/").content.decode()
    assert 'form="bulk"' not in desk.get("/en/projects/?search=nobody").content.decode()
    client.force_login(cast.user("viewer"))
    assert 'form="bulk"' not in client.get("/en/projects/").content.decode()


def test_by_page_a_selection_is_seen_then_edited_then_undone(world, desk):
    page = desk.get("/en/projects/bulk/", {"id": [str(world.one.id), str(world.two.id)], "filter": "sort=title"})
    assert page.status_code == 200 and "2 records" in page.content.decode()
    asked = {"id": [str(world.one.id), str(world.two.id)], "filter": "sort=title", "set-status": "completed", "set-add_topics": "AI\nchips"}  # fmt: skip
    seen = desk.post("/en/projects/bulk/", asked)
    assert "Change 2 records" in seen.content.decode() and not Project.objects.filter(status="completed").exists()
    doing = {"asked": hidden(seen, "asked"), "key": hidden(seen, "key"), "reason": "over"}
    done = desk.post("/en/projects/bulk/", doing, follow=True)
    assert (
        done.redirect_chain[0][0] == "/en/projects/?sort=title" and "2 records were changed." in done.content.decode()
    )
    this = Change.objects.get(reason="over")
    assert set(Project.objects.filter(status="completed").values_list("change_id", flat=True)) == {this.pk}
    desk.post("/en/projects/bulk/", doing)  # a second click
    assert Project.objects.get(pk=world.one.pk).version == 2
    url = f"/en/changes/{this.pk}/undo/"
    plan = desk.get(url)
    assert "2 records would be put back" in plan.content.decode()
    undone = desk.post(url, {"key": hidden(plan, "key"), "reason": "no"}, follow=True)
    assert "2 records were put back." in undone.content.decode()
    assert "was undone by change" in desk.get(url).content.decode()


def test_all_of_a_list_are_edited_by_page(world, desk):
    asked = {"all": "1", "filter": "program=alpha&sort=title", "set-ends_on": "2025. 12."}
    assert "3 records" in desk.get("/en/projects/bulk/", asked).content.decode()
    seen = desk.post("/en/projects/bulk/", asked)
    desk.post("/en/projects/bulk/", {"asked": hidden(seen, "asked"), "key": hidden(seen, "key")})
    assert set(Project.objects.values_list("ends_on", flat=True)) == {"2025-12"}


def test_nothing_selected_and_nothing_chosen_are_told(world, desk):
    page = desk.get("/en/projects/bulk/?filter=")
    assert page.status_code == 400 and "No record is selected." in page.content.decode()
    page = desk.post("/en/projects/bulk/", {"all": "1", "filter": ""})
    assert page.status_code == 400 and "Choose a value for one field at least." in page.content.decode()
    page = desk.post("/en/projects/bulk/", {"asked": "junk"})
    assert page.status_code == 400 and "Select the records again" in page.content.decode()


def test_by_page_who_moved_meanwhile_is_told_with_a_fresh_preview_and_nothing_is_lost(world, desk):
    seen = desk.post("/en/projects/bulk/", {"all": "1", "filter": "", "set-status": "completed"})
    Project.objects.filter(pk=world.one.pk).update(number="7")
    doing = {"asked": hidden(seen, "asked"), "key": hidden(seen, "key"), "reason": "kept"}
    page = desk.post("/en/projects/bulk/", doing)
    text = page.content.decode()
    assert page.status_code == 409 and "1 of these records has changed" in text and "kept" in text
    assert not Project.objects.filter(status="completed").exists()
    desk.post("/en/projects/bulk/", doing | {"asked": hidden(page, "asked")})
    assert Project.objects.filter(status="completed").count() == 3


def test_by_page_refused_records_are_named_and_the_others_changed_on_request(world, desk):
    Project.objects.filter(pk=world.two.pk).update(starts_on="2026")
    seen = desk.post("/en/projects/bulk/", {"all": "1", "filter": "", "set-ends_on": "2025"})
    assert "Project two" in seen.content.decode() and "before the beginning" in seen.content.decode()
    doing = {"asked": hidden(seen, "asked"), "key": hidden(seen, "key")}
    assert desk.post("/en/projects/bulk/", doing).status_code == 400
    desk.post("/en/projects/bulk/", doing | {"only_possible": "on"})
    assert Project.objects.filter(ends_on="2025").count() == 2


def test_an_undo_page_says_who_built_upon_it(world, desk):
    this = _changed(world.alpha)
    later = _changed(world.alpha, "y")
    text = desk.get(f"/en/changes/{this}/undo/").content.decode()
    assert "It was changed again since." in text and f"/en/changes/{later}/" in text
    assert "Undo this change" not in text.split("<main")[1]


def test_pages_are_for_officers(world, client):
    this = _changed(world.alpha)
    for url in ("/en/projects/bulk/?all=1", f"/en/changes/{this}/undo/"):
        client.logout()
        assert client.get(url).status_code == 302
        client.force_login(cast.user("viewer"))
        assert client.get(url).status_code == 403


def test_nobody_changes_the_past(world, desk, api, officer):
    this = _changed(world.alpha)
    then = {"known_at": "2026-01-01"}
    assert desk.get(f"/en/changes/{this}/undo/", then).url == f"/en/changes/{this}/undo/"
    assert desk.get("/en/projects/bulk/", then | {"all": "1"}).url == "/en/projects/"
    assert api(f"changes/{this}/undo/?known_at=2026-01-01", by=officer).status_code == 400
