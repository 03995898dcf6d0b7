"""Long work is a job: done once with its effects or not at all, seen by its owner alone, stopped when asked."""

import contextlib
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone, translation

from labs.models import Institution
from records import job_runs, jobs, recomputing, tasks
from records.base import Change
from records.commands import Author
from records.figures import StaleMark
from records.job_runs import forget_old, run_one
from records.jobs import Job, Outcome, State, run_now_or_later, start
from tests import cast
from tests.test_workers import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("works_of_tests")]


@pytest.fixture
def gate(tmp_path):
    return tmp_path / "gate"


@contextlib.contextmanager
def at_work(lane="test/thread"):
    """A worker's thread takes a job meanwhile; afterwards it is over."""

    def work():
        run_one(lane)
        connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    except BaseException:
        Job.objects.filter(state=State.RUNNING).update(cancel_asked_at=timezone.now())
        raise
    finally:
        thread.join(120)
    assert not thread.is_alive()


def author(user, **more) -> Author:
    return Author(cast.reader(user), user.username, **more)


def made() -> int:
    return Institution.objects.count()


def is_in(job: Job, state: str) -> bool:
    job.refresh_from_db()
    return job.state == state


def did(work: str, by, **parameters) -> Job:
    """A job that was asked for and taken."""
    job = start(work, by=author(by), parameters=parameters)
    run_one("test/thread")
    job.refresh_from_db()
    return job


# ---- done once ---------------------------------------------------------------------------------------------


def test_progress_and_log_are_seen_while_the_work_is_not_yet(officer, gate):
    job = start("hold", by=author(officer), parameters={"gate": str(gate)})
    with at_work():
        until(lambda: is_in(job, State.RUNNING) and job.done_count == 1, what="progress")
        until(lambda: job.lines.count() == 1, what="the log")
        assert (job.total_count, made()) == (3, 0)
        gate.touch()
    assert is_in(job, State.DONE)
    assert (job.done_count, made(), job.sentence, job.result) == (3, 1, "held", {"made": 1})


def test_a_job_speaks_the_language_in_which_it_was_asked_for(officer, gate):
    gate.touch()
    for language, said in (("ko", "완료"), ("en", "done")):
        Institution.objects.all().delete()
        with translation.override(language):
            job = start("hold", by=author(officer), parameters={"gate": str(gate)})
        run_one("test/thread")
        assert [line.text for line in job.lines.all()] == [said]


def test_a_job_begins_only_when_the_transaction_that_asked_for_it_is_over(officer, gate):
    gate.touch()
    with transaction.atomic():
        start("hold", by=author(officer), parameters={"gate": str(gate)})
        with at_work():
            pass
    assert Job.objects.get().state == State.QUEUED


def test_a_request_that_fails_leaves_no_job(officer):
    with pytest.raises(RuntimeError), transaction.atomic():
        start("fail", by=author(officer))
        raise RuntimeError
    assert Job.objects.count() == 0


def test_a_double_click_starts_one_job(officer):
    found = []

    def click():
        found.append(start("fail", by=author(officer, key="a form")).id)
        connection.close()

    clicks = [threading.Thread(target=click) for _ in range(4)]
    for thread in clicks:
        thread.start()
    for thread in clicks:
        thread.join()
    assert len(set(found)) == 1 and len(found) == 4 and Job.objects.count() == 1


def test_two_people_may_use_the_same_key(officer):
    assert start("fail", by=author(officer, key="1")).id != start("fail", by=author(cast.user("viewer"), key="1")).id


def test_work_that_nobody_declared_cannot_be_asked_for(officer):
    with pytest.raises(KeyError):
        start("no such work", by=author(officer))


def test_a_lane_has_one_job_in_hand_and_another_lane_takes_the_next(officer, gate):
    first = start("hold", by=author(officer), parameters={"gate": str(gate)})
    second = start("make_file", by=author(officer), parameters={"text": ""})
    with at_work("a/pool"):
        until(lambda: is_in(first, State.RUNNING))
        assert run_one("a/pool") is False and is_in(second, State.QUEUED)
        assert run_one("a/thread") is True and is_in(second, State.DONE)
        assert run_one("a/thread") is False
        gate.touch()


def test_short_work_is_done_while_one_waits_and_long_work_becomes_a_job(officer, gate):
    gate.touch()
    asked = {"by": author(officer), "parameters": {"gate": str(gate)}}
    assert isinstance(run_now_or_later("hold", estimate=0.5, **asked), Outcome) and made() == 1
    assert isinstance(run_now_or_later("hold", estimate=60, **asked), Job) and made() == 1


def test_what_a_job_changes_is_a_change_by_its_owner_with_the_reason_given(officer):
    start("command", by=author(officer, reason="asked for", door="page"))
    run_one("test/thread")
    change = Change.objects.latest("id")
    assert (made(), change.actor_id, change.reason, change.door) == (1, officer.id, "asked for", "page")


@pytest.mark.parametrize("meanwhile", [{"role": "viewer"}, {"is_active": False}])
def test_a_job_has_the_rights_that_its_owner_has_when_it_is_done(officer, english, meanwhile):
    job = start("command", by=author(officer))
    type(officer).objects.filter(id=officer.id).update(**meanwhile)
    run_one("test/thread")
    assert is_in(job, State.FAILED) and made() == 0
    assert job.sentence.startswith("Only officers change records.")


# ---- cancelled ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("work", ["sleep", "deaf"])
def test_cancelling_stops_even_one_long_statement_and_undoes_the_work(officer, work):
    job = start(work, by=author(officer))
    with at_work():
        until(lambda: is_in(job, State.RUNNING) and job.done_count == 1)
        jobs.cancel(job)
        until(lambda: is_in(job, State.CANCELLED))
    assert made() == 0 and job.sentence


def test_cancelling_stops_work_that_counts(officer, gate):
    job = start("hold", by=author(officer), parameters={"gate": str(gate)})
    with at_work():
        until(lambda: is_in(job, State.RUNNING) and job.done_count == 1)
        jobs.cancel(job)
    assert is_in(job, State.CANCELLED) and made() == 0


def test_a_job_that_waits_is_cancelled_at_once_and_never_begun(officer):
    job = jobs.cancel(start("fail", by=author(officer)))
    assert job.state == State.CANCELLED and job.ended_at
    assert run_one("test/thread") is False


def test_a_job_that_is_over_stays_as_it_is(officer):
    job = did("fail", officer)
    assert jobs.cancel(job).state == State.FAILED
    with pytest.raises(DatabaseError, match="does not go from failed to running"), transaction.atomic():
        Job.objects.update(state=State.RUNNING, ended_at=None)


def test_a_job_that_takes_too_long_is_stopped_with_a_sentence(officer, monkeypatch, english):
    monkeypatch.setattr(job_runs, "LONGEST", timedelta(0))
    job = did("sleep", officer)
    assert (job.state, made()) == (State.FAILED, 0)
    assert "Stopped, as it took longer than" in job.sentence


# ---- failed ------------------------------------------------------------------------------------------------


def test_a_refusal_says_its_sentences(officer):
    job = did("refuse", officer, problems=2)
    assert (job.state, job.sentence, made()) == (State.FAILED, "sentence 0\nsentence 1", 0)


def test_a_refusal_of_a_thousand_sentences_says_the_first_and_how_many_more(officer, english):
    said = did("refuse", officer, problems=1000).sentence.splitlines()
    assert len(said) == 21 and said[-1] == "and 980 more."


def test_what_the_database_refuses_is_said_in_a_sentence(officer, english):
    job = did("collide", officer)
    assert (job.state, job.sentence, made()) == (State.FAILED, "Another record has the same “slug”.", 0)


def test_a_fault_of_ours_gives_a_number_to_the_owner_and_the_traceback_to_the_log(officer, english, caplog):
    job = did("fail", officer)
    assert (job.state, made()) == (State.FAILED, 0)
    assert str(job.id) in job.sentence and "nobody may read" not in job.sentence
    assert "RuntimeError" in caplog.text


def test_a_job_that_never_comes_to_its_end_is_given_up(officer, english, monkeypatch):
    monkeypatch.setattr(job_runs, "LEASE", timedelta(0))
    job = start("lose", by=author(officer))
    for _ in range(job_runs.MOST_ATTEMPTS):
        run_one("test/thread")
        assert is_in(job, State.RUNNING)
    run_one("test/thread")
    assert is_in(job, State.FAILED) and made() == 0
    assert "It was begun 3 times" in job.sentence


def test_a_worker_that_was_held_up_undoes_what_it_did(officer, gate, monkeypatch):
    job = start("hold", by=author(officer), parameters={"gate": str(gate)})
    monkeypatch.setattr(job_runs, "_end_backend_of", lambda job: None)  # as if it could not be reached
    with at_work("frozen/pool"):
        until(lambda: is_in(job, State.RUNNING) and job.done_count == 1)
        Job.objects.update(attempts=2, worker="another/pool")  # what another worker writes when it takes the job
        gate.touch()
    assert is_in(job, State.RUNNING) and made() == 0


def test_celery_kills_no_job_that_is_in_time_and_no_message_comes_twice(settings):
    visible_again = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    assert job_runs.LONGEST.total_seconds() < tasks.run_job.time_limit < visible_again


# ---- who sees it -------------------------------------------------------------------------------------------


@pytest.fixture
def administrator():
    return cast.user("administrator")


@pytest.mark.parametrize("address", ["", "file/"])
def test_somebody_elses_job_does_not_exist(client, officer, address):
    job = did("make_file", officer, text="a")
    client.force_login(cast.user("officer"))
    assert client.get(f"/ko/jobs/{job.id}/{address}").status_code == 404
    assert client.post(f"/ko/jobs/{job.id}/cancel/").status_code == 404
    assert client.get(f"/api/v1/jobs/{job.id}/{address}").status_code == 404
    assert client.post(f"/api/v1/jobs/{job.id}/cancel/").status_code == 404
    assert str(job.id) not in client.get("/ko/jobs/").text + client.get("/api/v1/jobs/").text


def test_who_is_not_signed_in_is_asked_to(client, officer):
    job = start("fail", by=author(officer))
    assert client.get(f"/ko/jobs/{job.id}/").url.startswith("/ko/login/")
    assert client.get("/api/v1/jobs/").json()["results"] == []
    assert client.post(f"/api/v1/jobs/{job.id}/cancel/").status_code == 401


def test_an_administrator_sees_all_jobs(client, officer, administrator):
    job = did("fail", officer)
    client.force_login(administrator)
    assert f"/ko/jobs/{job.id}/" in client.get("/ko/jobs/").text
    assert client.get(f"/ko/jobs/{job.id}/").status_code == 200


def test_the_top_bar_tells_of_jobs_until_their_owner_has_looked(client, officer, gate):
    client.force_login(officer)
    assert 'class="jobs-note"' not in client.get("/en/jobs/").text
    job = start("fail", by=author(officer))
    assert "1 job at work" in client.get("/en/jobs/").text
    run_one("test/thread")
    assert "1 job ended" in client.get("/en/jobs/").text
    client.get(f"/en/jobs/{job.id}/")
    assert 'class="jobs-note"' not in client.get("/en/jobs/").text


def test_an_administrator_who_looks_does_not_look_for_the_owner(client, officer, administrator):
    job = did("fail", officer)
    client.force_login(administrator)
    client.get(f"/en/jobs/{job.id}/")
    assert Job.objects.get().seen_at is None


def test_the_file_that_a_job_made_waits_for_its_owner(client, officer):
    job = did("make_file", officer, text="가,나")
    client.force_login(officer)
    for address in (f"/ko/jobs/{job.id}/file/", f"/api/v1/jobs/{job.id}/file/"):
        response = client.get(address)
        assert b"".join(response.streaming_content).decode() == "가,나"
        assert "attachment" in response["Content-Disposition"] and response["X-Content-Type-Options"] == "nosniff"


def test_a_job_without_a_file_has_none_to_fetch(client, officer):
    job = did("fail", officer)
    client.force_login(officer)
    assert client.get(f"/ko/jobs/{job.id}/file/").status_code == 404


# ---- the API -----------------------------------------------------------------------------------------------


def test_the_api_tells_how_far_a_job_is_and_what_it_said(api, officer, gate):
    gate.touch()
    job = did("hold", officer, gate=str(gate))
    body = api(f"jobs/{job.id}/", officer).json()
    assert (body["state"], body["done"], body["total"], body["result"]) == ("done", 3, 3, {"made": 1})
    assert body["link"] == "/ko/institutions/made/" and len(body["log"]) == 1


def test_the_api_lists_jobs_page_by_page_the_newest_first(api, officer):
    ids = [str(start("fail", by=author(officer)).id) for _ in range(3)]
    first = api("jobs/?limit=2&state=queued", officer).json()
    second = api(f"jobs/?limit=2&cursor={first['next_cursor']}", officer).json()
    assert [job["id"] for job in first["results"] + second["results"]] == ids[::-1]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("question", ["status=done", "state=never", "limit=0", "cursor=x", "as_of=2024"])
def test_the_api_refuses_what_it_does_not_know_by_name(api, officer, question):
    response = api(f"jobs/?{question}", officer)
    assert response.status_code == 400
    assert question.partition("=")[0] in response.json()["errors"][0]["parameter"]


def test_an_answer_has_the_fields_that_its_description_names(api, client, officer):
    job = did("fail", officer)
    described = client.get("/api/schema/?format=json").json()["components"]["schemas"]
    assert list(api(f"jobs/{job.id}/", officer).json()) == list(described["Job"]["properties"])
    assert list(api("jobs/", officer).json()["results"][0]) == list(described["JobInList"]["properties"])


def test_the_api_cancels_a_job(client, officer):
    job = start("fail", by=author(officer))
    client.force_login(officer)
    assert client.post(f"/api/v1/jobs/{job.id}/cancel/").json()["state"] == "cancelled"


# ---- all figures anew --------------------------------------------------------------------------------------


def test_an_administrator_has_all_figures_worked_out_anew(client, administrator):
    world = cast.small_world()
    cast.work()
    cast.sql("DELETE FROM funding_rollup")
    client.force_login(administrator)
    page = client.post("/ko/jobs/recompute-figures/", {"key": "once"})
    client.post("/ko/jobs/recompute-figures/", {"key": "once"})
    run_one("test/thread")
    job = Job.objects.get()
    assert (job.state, job.done_count, job.total_count) == (State.DONE, 4, 4) and page.url == f"/ko/jobs/{job.id}/"
    assert cast.sql("SELECT count(*) FROM funding_rollup")[0][0] and not StaleMark.objects.exists() and world


def test_others_may_not_have_them_worked_out(client, officer):
    with pytest.raises(PermissionDenied):
        recomputing.start_recompute(by=author(officer))
    client.force_login(officer)
    assert client.post("/ko/jobs/recompute-figures/").status_code == 403
    assert "recompute-figures" not in client.get("/ko/jobs/").text


# ---- afterwards --------------------------------------------------------------------------------------------


def test_a_job_is_removed_with_its_file_thirty_days_after_its_end(officer):
    old, young = did("make_file", officer, text="a"), did("make_file", officer, text="b")
    Job.objects.filter(id=old.id).update(ended_at=timezone.now() - timedelta(days=30, minutes=1))
    assert forget_old() == 1
    assert not old.file.exists() and young.file.exists() and Job.objects.get().id == young.id


def test_a_job_that_waits_is_never_removed(officer):
    start("fail", by=author(officer))
    Job.objects.update(created_at=timezone.now() - timedelta(days=90))
    assert forget_old() == 0
    assert Job.objects.count() == 1
