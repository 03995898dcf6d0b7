"""What takes longer than two seconds to work out is worked out by a job, whose result waits for its owner to decide on it.

Here more than two records are many.
"""

import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from labs.models import Institution
from programs.models import Program, Project
from records import beneath, jobs
from records.history import change
from records.job_runs import run_one
from records.jobs import Job, State
from records.models import Change
from tests import cast
from tests.test_many_at_once import details, hidden

pytestmark = pytest.mark.django_db(transaction=True)

NOBODY = "00000000-0000-0000-0000-000000000001"


@pytest.fixture(autouse=True)
def two_are_few(monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    with translation.override("en"):
        yield


@pytest.fixture
def desk(client, officer):
    """The pages as an officer asks them."""
    client.force_login(officer)
    return client


@pytest.fixture
def send(desk):
    """The API as an officer asks it, in English."""

    def ask(address, body=None, **headers):
        text, headers = json.dumps(body or {}), {"accept-language": "en"} | headers
        return desk.post(f"/api/v1/{address}", text, content_type="application/json", headers=headers)

    return ask


def done(answer) -> Job:
    """The job that a page or the API answered with, after a worker had it."""
    at = answer["Location"]
    assert answer.status_code in (302, 202) and "/jobs/" in at, at
    run_one("test/thread")
    return Job.objects.get(id=at.split("/")[-2])


def renamed(*rows, to="Renamed") -> Change:
    """One change that gave these this title."""
    with change(actor_name="somebody", door="page") as this:
        for row in rows:
            row.title_en = to
            row.save()
    return this


def projects(**more) -> set[str]:
    return set(Project.objects.filter(**more).values_list("slug", flat=True))


def text(answer) -> str:
    """What stands on the page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode().split("<main")[1]))


# ---- undoing: the pages ------------------------------------------------------------------------------------


@pytest.fixture
def large(world) -> Change:
    return renamed(world.one, world.two, world.three)


def plan_of(desk, this: Change, language="en") -> Job:
    at = f"/{language}/changes/{this.pk}/undo/"
    return done(desk.post(at, {"key": hidden(desk.get(at), "key")}))


@pytest.mark.parametrize(
    "language, ask, said, shown",
    [
        ("en", "Work out what that would do", "3 records would be put back.", "3 records would be put back"),
        ("ko", "되돌릴 내용 확인(작업으로)", "3건을 되돌릴 수 있습니다.", "3건을 되돌립니다"),
    ],
)
def test_what_undoing_a_large_change_would_do_is_worked_out_then_looked_at_then_done(large, desk, language, ask, said, shown):  # fmt: skip
    at = f"/{language}/changes/{large.pk}/undo/"
    page = desk.get(at)
    assert ask in text(page) and shown not in text(page) and not Job.objects.exists()
    sent = {"key": hidden(page, "key")}
    job = done(desk.post(at, sent))
    assert job.state == State.DONE and job.sentence.startswith(said) and job.link == f"{at}?plan={job.id}"
    assert desk.post(at, sent)["Location"].endswith(f"/jobs/{job.id}/")  # a second click
    plan = desk.get(job.link)
    assert shown in text(plan) and "Project one" in text(plan) and projects(title_en="Renamed") != set()
    sent = {"plan": hidden(plan, "plan"), "key": hidden(plan, "key"), "reason": "no"}
    undone = done(desk.post(at, sent))
    assert undone.state == State.DONE and projects(title_en="Renamed") == set()
    assert Change.objects.get(undoes=large).reason == "no" and Job.objects.count() == 2


def test_a_small_change_is_shown_and_undone_at_once(world, desk):
    this = renamed(world.one, world.two)
    at = f"/en/changes/{this.pk}/undo/"
    page = desk.get(at)
    assert "2 records would be put back" in text(page) and "as a job" not in text(page)
    assert f"/changes/{this.pk}/" not in desk.post(at, {"key": hidden(page, "key")})["Location"]
    assert projects(title_en="Renamed") == set() and not Job.objects.exists()


def test_a_record_that_changed_many_times_in_one_change_makes_it_large(world, desk):
    with change(actor_name="somebody") as this:
        for n in range(12):
            Project.objects.filter(pk=world.one.pk).update(number=str(n))
    assert "Work out what that would do" in text(desk.get(f"/en/changes/{this.pk}/undo/"))


@pytest.mark.parametrize("who", ["officer", "administrator"])
def test_a_plan_waits_for_its_owner_alone(large, desk, client, who):
    job = plan_of(desk, large)
    client.force_login(cast.user(who))
    page = client.get(job.link)
    assert "Let it be worked out anew" in text(page) and "would be put back" not in text(page)
    assert client.post(job.link, {"plan": str(job.id), "key": "k"}).status_code == 400 and Job.objects.count() == 1


@pytest.mark.parametrize("plan", ["junk", NOBODY])
def test_a_plan_that_there_is_not_is_worked_out_anew(large, desk, plan):
    at = f"/en/changes/{large.pk}/undo/"
    assert "Let it be worked out anew" in text(desk.get(f"{at}?plan={plan}"))
    assert desk.post(at, {"plan": plan, "key": "k"}).status_code == 400 and not Job.objects.exists()


def test_nobody_decides_on_the_plan_of_another_change(large, world, desk):
    job, other = plan_of(desk, large), renamed(world.one, world.two, world.three, to="Again")
    answer = desk.post(f"/en/changes/{other.pk}/undo/", {"plan": str(job.id), "key": "k"})
    assert answer.status_code == 400 and Job.objects.count() == 1


def test_a_plan_is_decided_on_within_a_day(large, desk):
    job = plan_of(desk, large)
    Job.objects.update(ended_at=timezone.now() - timedelta(hours=25))
    assert "more than a day old" in text(desk.get(job.link))
    assert desk.post(job.link, {"plan": str(job.id), "key": "k"}).status_code == 400 and Job.objects.count() == 1


def test_a_plan_is_over_when_the_change_was_undone(large, desk, send):
    job = plan_of(desk, large)
    done(send(f"changes/{large.pk}/undo/", {}))
    page = desk.get(job.link)
    later = Change.objects.get(undoes=large)
    assert "was undone since" in text(page) and f"It was undone by change {later.pk} already." in text(page)


def test_what_others_built_upon_since_the_plan_is_not_undone(large, world, desk):
    job = plan_of(desk, large)
    renamed(Project.objects.get(pk=world.two.pk), to="Newer")
    failed = done(desk.post(job.link, {"plan": str(job.id), "key": "k"}))
    assert failed.state == State.FAILED and "Newer: It was changed again since." in failed.sentence
    assert projects(title_en="Renamed") == {"one", "three"}


def test_what_stands_in_the_way_is_named_and_only_the_rest_undone_where_one_says_so(large, world, desk):
    later = renamed(Project.objects.get(pk=world.two.pk), to="Newer")
    job = plan_of(desk, large)
    assert "2 records would be put back.\n1 record cannot be put back." in job.sentence
    page = desk.get(job.link)
    assert "Newer : It was changed again since." in text(page) and f"/changes/{later.pk}/" in page.content.decode()
    sent = {"plan": str(job.id), "key": "k"}
    refused = desk.post(job.link, sent)
    assert refused.status_code == 400 and "Nothing was undone" in text(refused) and Job.objects.count() == 1
    assert done(desk.post(job.link, sent | {"only_possible": "on"})).state == State.DONE
    assert projects(title_en="Renamed") == set() and projects(title_en="Newer") == {"two"}


def test_where_nothing_is_left_to_undo_there_is_nothing_to_decide(large, desk):
    renamed(*Project.objects.all(), to="Newer")
    job = plan_of(desk, large)
    assert job.sentence == "3 records cannot be put back." and job.state == State.DONE
    page = desk.get(job.link).content.decode()
    assert "It was changed again since." in page and 'name="plan"' not in page and "Work it out anew" in page


def test_why_is_asked_before_the_job_begins(world, desk):
    lines = [cast.line(world.alpha) for _n in range(3)]
    with change(actor_name="somebody") as this:
        type(lines[0]).objects.update(category="Personnel")
    job = plan_of(desk, this)
    sent = {"plan": str(job.id), "key": "k"}
    refused = desk.post(job.link, sent)
    assert refused.status_code == 400 and "Say why" in text(refused) and Job.objects.count() == 1
    assert done(desk.post(job.link, sent | {"reason": "wrong"})).state == State.DONE


def test_whoever_is_no_officer_any_more_decides_on_nothing(large, desk, officer):
    job = plan_of(desk, large)
    type(officer).objects.filter(pk=officer.pk).update(role="viewer")
    assert desk.get(job.link).status_code == 403
    assert desk.post(job.link, {"plan": str(job.id), "key": "k"}).status_code == 403


# ---- undoing: the API --------------------------------------------------------------------------------------


def test_by_api_the_plan_of_a_large_change_is_the_result_of_a_job(large, world, desk, send):
    renamed(Project.objects.get(pk=world.two.pk), to="Newer")
    at = f"changes/{large.pk}/undo/"
    told = desk.get(f"/api/v1/{at}", headers={"accept-language": "en"})
    assert told.status_code == 400 and "Ask by POST with “dry_run”" in details(told)
    answers = [send(at, {"dry_run": True}, **{"idempotency-key": "k"}) for _n in range(2)]
    assert [a.status_code for a in answers] == [202, 202] and Job.objects.count() == 1
    done(answers[0])
    result = desk.get(answers[0]["Location"]).json()["result"]
    assert (result["possible"], result["refused"], result["kinds"]) == (2, 1, {"project": {"put_back": 2}})
    assert result["problems"][0]["record"] == str(world.two.id) and result["is_long"]
    assert projects(title_en="Renamed") == {"one", "three"}


def test_a_dry_run_of_a_small_change_says_what_get_says(world, desk, send):
    this = renamed(world.one)
    at = f"changes/{this.pk}/undo/"
    told = desk.get(f"/api/v1/{at}", headers={"accept-language": "en"}).json()
    assert told["possible"] == 1 and send(at, {"dry_run": True}).json() == told
    assert projects(title_en="Renamed") == {"one"}
    assert send(at, {"dry_run": "yes"}).status_code == 400


# ---- bulk edits: the pages ---------------------------------------------------------------------------------

ALL = {"all": "1", "filter": "program=alpha"}


def preview_of(desk, language="en", **typed) -> Job:
    at = f"/{language}/projects/bulk/"
    key = hidden(desk.get(at, ALL), "key")
    return done(desk.post(at, ALL | {"key": key} | typed))


@pytest.mark.parametrize(
    "language, ask, said, do, first",
    [
        (
            "en",
            "Show what that would do (as a job)",
            "3 records would be changed.",
            "Change 3 records (as a job)",
            "Project one",
        ),
        ("ko", "미리보기 (작업으로)", "3건이 수정됩니다.", "3건 수정 (작업으로)", "과제 one"),
    ],
)
def test_the_preview_of_many_is_worked_out_then_looked_at_then_done(world, desk, language, ask, said, do, first):
    at = f"/{language}/projects/bulk/"
    form = desk.get(at, ALL)
    assert ask in text(form)
    typed = ALL | {"key": hidden(form, "key"), "set-status": "completed", "set-add_topics": "AI"}
    job = done(desk.post(at, typed))
    assert job.state == State.DONE and job.sentence.startswith(said) and job.link == f"{at}?preview={job.id}"
    assert desk.post(at, typed)["Location"].endswith(f"/jobs/{job.id}/")  # a second click
    seen = desk.get(job.link)
    assert do in text(seen) and first in text(seen) and projects(status="completed") == set()
    assert (
        '<option value="completed" selected>' in seen.content.decode() and ">\nAI</textarea>" in seen.content.decode()
    )
    sent = {"asked": hidden(seen, "asked"), "key": hidden(seen, "key"), "reason": "over"}
    edited = [desk.post(at, sent)["Location"] for _n in range(2)]
    assert edited[0] == edited[1] and Job.objects.count() == 2
    run_one("test/thread")
    assert projects(status="completed") == {"one", "two", "three"}
    assert Change.objects.get(reason="over").door == "page"


def test_other_values_asked_from_the_same_form_are_another_preview(world, desk):
    key = hidden(desk.get("/en/projects/bulk/", ALL), "key")
    sent = [desk.post("/en/projects/bulk/", ALL | {"key": key, "set-status": s}) for s in ("completed", "planned")]
    assert sent[0]["Location"] != sent[1]["Location"] and Job.objects.count() == 2


def test_a_small_selection_is_shown_at_once(world, desk):
    asked = {"id": [str(world.one.id), str(world.two.id)], "set-status": "completed"}
    page = desk.post("/en/projects/bulk/", asked)
    assert "Change 2 records" in text(page) and "as a job" not in text(page) and not Job.objects.exists()


@pytest.mark.parametrize("who", ["officer", "administrator"])
def test_a_preview_waits_for_its_owner_alone(world, desk, client, who):
    job = preview_of(desk, **{"set-status": "completed"})
    client.force_login(cast.user(who))
    page = client.get(job.link)
    assert page.status_code == 404 and "too old or incomplete" in text(page) and "Project one" not in text(page)


@pytest.mark.parametrize("preview", ["junk", NOBODY])
def test_a_preview_that_there_is_not_is_told(world, desk, preview):
    page = desk.get(f"/en/projects/bulk/?preview={preview}")
    assert page.status_code == 404 and "Select the records again" in text(page)


def test_a_preview_is_of_its_kind_and_for_a_day(world, desk):
    job = preview_of(desk, **{"set-status": "completed"})
    assert desk.get(f"/en/programs/bulk/?preview={job.id}").status_code == 404
    Job.objects.update(ended_at=timezone.now() - timedelta(hours=25))
    assert desk.get(job.link).status_code == 404


def test_records_that_moved_since_the_preview_are_not_edited(world, desk):
    seen = desk.get(preview_of(desk, **{"set-status": "completed"}).link)
    renamed(world.two)
    failed = done(desk.post("/en/projects/bulk/", {"asked": hidden(seen, "asked"), "key": "k"}))
    assert failed.state == State.FAILED and "1 of these records has changed since the preview" in failed.sentence
    assert projects(status="completed") == set()


def test_refused_records_are_named_and_the_others_edited_where_one_says_so(world, desk):
    Project.objects.filter(pk=world.two.pk).update(starts_on="2026")
    job = preview_of(desk, **{"set-ends_on": "2025"})
    assert job.sentence.startswith("2 records would be changed.\n1 record is refused.")
    seen = desk.get(job.link)
    assert "Project two" in text(seen) and "before the beginning" in text(seen)
    sent = {"asked": hidden(seen, "asked"), "key": "k", "reason": "typed"}
    refused = desk.post("/en/projects/bulk/", sent)
    assert refused.status_code == 400 and "1 record is refused." in text(refused) and Job.objects.count() == 1
    assert "typed" in text(refused) and "Project two" in text(refused)
    assert done(desk.post("/en/projects/bulk/", sent | {"only_possible": "on"})).state == State.DONE
    assert projects(ends_on="2025") == {"one", "three"}


def test_where_nothing_would_change_there_is_nothing_to_do(world, desk):
    job = preview_of(desk, **{"set-status": "running"})
    assert job.sentence == "They all have these values already; nothing would change."
    assert 'name="asked"' not in desk.get(job.link).content.decode()


def test_why_is_asked_before_many_are_edited(world, desk):
    for _n in range(3):
        cast.line(world.alpha)
    form = desk.get("/en/funding-lines/bulk/", {"all": "1"})
    job = done(desk.post("/en/funding-lines/bulk/", {"all": "1", "key": hidden(form, "key"), "set-form": "in_kind"}))
    seen = desk.get(job.link)
    refused = desk.post("/en/funding-lines/bulk/", {"asked": hidden(seen, "asked"), "key": "k"})
    assert refused.status_code == 400 and "Say why" in text(refused) and Job.objects.count() == 1


# ---- bulk edits: the API -----------------------------------------------------------------------------------


def test_by_api_a_dry_run_of_many_is_the_result_of_a_job(world, desk, send):
    asked = {"filter": "program=alpha", "set": {"status": "completed"}}
    few = send("projects/bulk/", {"ids": [str(world.one.id)], "set": asked["set"], "dry_run": True}).json()
    answers = [send("projects/bulk/", asked | {"dry_run": True}, **{"idempotency-key": "k"}) for _n in range(2)]
    assert [a.status_code for a in answers] == [202, 202] and Job.objects.count() == 1
    done(answers[0])
    result = desk.get(answers[0]["Location"]).json()["result"]
    assert set(few) == set(result) - {"examples"} and (result["selected"], result["changed"]) == (3, 3)
    assert projects(status="completed") == set()
    assert done(send("projects/bulk/", asked | {"as_seen": result["as_seen"]})).state == State.DONE
    assert projects(status="completed") == {"one", "two", "three"}


def test_what_is_wrong_with_a_large_dry_run_is_said_at_once_or_by_its_job(world, send):
    answer = send("projects/bulk/", {"filter": "", "set": {"nonsense": 1}, "dry_run": True})
    assert answer.status_code == 400 and "not set in many records" in details(answer)
    ids = [str(row.id) for row in (world.one, world.two, world.three)]
    job = done(send("projects/bulk/", {"ids": [*ids, NOBODY], "set": {"status": "completed"}, "dry_run": True}))
    assert (job.state, job.sentence) == (State.FAILED, "1 of these records does not exist.")


def test_since_when_a_value_is_true_is_kept_when_its_preview_is_decided_on_by_page(world, desk, send):
    asked = {"filter": "", "set": {"status": "completed"}, "changed_on": "2025-03", "dry_run": True}
    seen = desk.get(done(send("projects/bulk/", asked)).link.replace("/ko/", "/en/"))
    done(desk.post("/en/projects/bulk/", {"asked": hidden(seen, "asked"), "key": "k", "reason": "so"}))
    assert Change.objects.values_list("nature", "effective_on").get(reason="so") == ("change", "2025-03")


# ---- retiring ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "language, said, after",
    [
        ("en", "more than 2 records. To retire them is a job", "It was retired with 11 records under it."),
        ("ko", "모두 2건이 넘습니다. 폐지는 작업으로 처리하며", "하위 기록 11건과 함께 폐지했습니다."),
    ],
)
def test_a_record_with_many_parts_is_retired_by_a_job(world, desk, language, said, after):
    for n in range(3):
        cast.project(world.three, f"p{n}")
    at = f"/{language}/programs/alpha/retire/"
    page = desk.get(at)
    assert said in text(page)
    sent = {"key": hidden(page, "key"), "version": hidden(page, "version"), "with_parts": "on", "reason": "ended"}
    job = done(desk.post(at, sent))
    assert (job.state, job.sentence) == (State.DONE, after) and job.subject in (
        world.alpha.name_ko,
        world.alpha.name_en,
    )
    assert Program.objects.get(slug="alpha").is_retired and projects(is_retired=False) == set()
    this = Change.objects.get(reason="ended")
    assert job.link == f"/{language}/changes/{this.pk}/" and set(Project.objects.values_list("change_id", flat=True)) == {this.pk}  # fmt: skip
    assert desk.post(at, sent)["Location"].endswith(f"/jobs/{job.id}/") and Job.objects.count() == 1  # a second click


def test_with_few_parts_it_is_retired_at_once(world, desk):
    page = desk.get("/en/programs/beta/retire/")
    sent = {"key": hidden(page, "key"), "version": hidden(page, "version"), "with_parts": "on"}
    desk.post("/en/programs/beta/retire/", sent)
    assert Program.objects.get(slug="beta").is_retired and not Job.objects.exists()


def test_by_api_a_record_with_many_parts_is_retired_by_a_job(world, send):
    once = {"if-match": '"1"', "idempotency-key": "k"}
    answers = [send("programs/alpha/retire/", {"with_parts": True}, **once) for _n in range(2)]
    assert [a.status_code for a in answers] == [202, 202] and Job.objects.count() == 1
    assert done(answers[0]).result["parts"] == 8 and Program.objects.get(slug="alpha").is_retired


def test_what_can_be_refused_before_many_are_retired_is(world, desk, send):
    page = desk.get("/en/programs/alpha/retire/")
    assert "Under it there still are" in text(desk.post("/en/programs/alpha/retire/", {"key": "k", "version": "1"}))
    assert send("programs/alpha/retire/", {"with_parts": True}, **{"if-match": '"7"'}).status_code == 412
    Program.objects.filter(slug="alpha").update(name_en="Newer")
    sent = {"key": hidden(page, "key"), "version": "1", "with_parts": "on"}
    assert "changed the record meanwhile" in text(desk.post("/en/programs/alpha/retire/", sent))
    assert not Job.objects.exists()


def test_a_record_that_moved_before_the_job_began_is_not_retired(world, send):
    answer = send("programs/alpha/retire/", {"with_parts": True}, **{"if-match": '"1"'})
    Program.objects.filter(slug="alpha").update(name_en="Newer")
    job = done(answer)
    assert job.state == State.FAILED and "changed by somebody else meanwhile" in job.sentence
    assert not Program.objects.get(slug="alpha").is_retired


def test_where_very_much_lies_under_a_record_only_the_nearest_is_looked_for(world):
    top = Institution.objects.get(slug="government")
    for n in range(3):
        cast.lab(top, f"l{n}")
    cast.lab(world.gist)
    assert set(beneath.parts_below({top.id}, most=2)) == set(beneath.parts_below({top.id}, most=3)) == {"lab"}
    deep = beneath.parts_below({world.alpha.id})
    near = beneath.parts_below({world.alpha.id}, most=2)
    assert "funding_amount" in deep and "funding_amount" not in near and near["project"] == deep["project"]


# ---- a plan changes nothing --------------------------------------------------------------------------------


def test_what_is_only_worked_out_is_no_change(large, desk):
    before = Change.objects.count(), list(Project.objects.values("id", "version"))
    plan_of(desk, large), preview_of(desk, **{"set-status": "completed"})
    assert before == (Change.objects.count(), list(Project.objects.values("id", "version")))


# ---- merging -----------------------------------------------------------------------------------------------


def test_one_whom_very_many_name_is_merged_by_a_job(world, send):
    twin = cast.institution("gist-2")
    for one in (world.one, world.two, world.three):
        cast.participation(twin, one)
    asked, once = {"other": "gist-2"}, {"if-match": '"1"', "idempotency-key": "k"}
    said = send("institutions/gist/merge/", asked | {"dry_run": True}, **{"if-match": '"1"'}).json()
    assert said["is_long"] and [(one["kind"], one["moved"]) for one in said["effects"]] == [("participation", 3)]
    answers = [send("institutions/gist/merge/", asked, **once) for _n in range(2)]
    assert [a.status_code for a in answers] == [202, 202] and Job.objects.count() == 1
    assert done(answers[0]).sentence == "The two are one now."
    assert Institution.objects.get(pk=twin.pk).merged_into_id == world.gist.pk


def test_what_can_be_refused_before_many_are_merged_is(world, send):
    twin = cast.institution("gist-2")
    for year in (2023, 2024, 2025):
        cast.amount(cast.line(world.alpha, payer=twin), year, 5)
    assert send("institutions/gist/merge/", {"other": "gist-2"}, **{"if-match": '"1"'}).status_code == 400  # no reason
    old = {"other": "gist-2", "other_version": 9, "reason": "so"}
    assert send("institutions/gist/merge/", old, **{"if-match": '"1"'}).status_code == 412
    assert not Job.objects.exists()
