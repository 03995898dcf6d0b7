"""Jobs in real workers: a killed or frozen one, and a Redis that is away, lose nothing and do nothing twice."""

import contextlib
import os
import signal

import pytest
from celery import current_app
from kombu import Connection

from labs.models import Institution
from records import jobs
from records.commands import Author
from records.jobs import Job, State, start
from tests import cast
from tests.test_workers import broker, until, worker  # noqa: F401  broker is a fixture

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("works_of_tests")]


@pytest.fixture(autouse=True)
def workers_know_the_works(monkeypatch):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "tests.settings_with_works")


@pytest.fixture
def gate(tmp_path):
    return tmp_path / "gate"


@pytest.fixture
def job(officer, gate) -> Job:
    """One that writes, and then waits for the gate."""
    return start("hold", by=author(officer), parameters={"gate": str(gate)})


def author(user) -> Author:
    return Author(cast.reader(user), user.username)


def is_in(job: Job, state: str, **more) -> bool:
    job.refresh_from_db()
    return job.state == state and all(getattr(job, name) == value for name, value in more.items())


def is_held(job: Job, attempts: int = 1) -> bool:
    return is_in(job, State.RUNNING, attempts=attempts, done_count=1)


def made() -> int:
    return Institution.objects.count()


def test_a_worker_does_two_jobs_one_in_its_pool_that_a_message_woke(job, officer, gate, broker, tmp_path):  # noqa: F811
    with worker(broker, tmp_path):
        until(lambda: is_held(job), what="one at work")
        second = start("sleep", by=author(officer))
        with Connection(broker.url()) as connection:
            current_app.send_task("records.tasks.run_job", connection=connection)
        until(lambda: is_in(second, State.RUNNING), what="both at work")
        assert job.worker.endswith("/thread") and second.worker.endswith("/pool")
        jobs.cancel(second)
        until(lambda: is_in(second, State.CANCELLED), what="a long statement is cancelled")
        gate.touch()
        until(lambda: is_in(job, State.DONE, done_count=3), what="done")
    assert made() == 1


def test_a_killed_worker_has_its_job_begun_again_and_done_once(job, gate, broker, tmp_path):  # noqa: F811
    with worker(broker, tmp_path):
        until(lambda: is_held(job), what="the work is in its middle")
    # the worker and all its children were killed with SIGKILL here
    assert is_in(job, State.RUNNING) and made() == 0
    with worker(broker, tmp_path):
        until(lambda: is_held(job, attempts=2), what="another attempt")
        gate.touch()
        until(lambda: is_in(job, State.DONE), what="done")
    assert made() == 1 and job.lines.count() == 3


def test_a_frozen_worker_loses_its_job_and_undoes_what_it_did(job, gate, broker, tmp_path):  # noqa: F811
    with worker(broker, tmp_path, "frozen") as frozen:
        until(lambda: is_held(job), what="the work is in its middle")
        with stopped(frozen.pid), worker(broker, tmp_path, "other"):
            until(lambda: is_held(job, attempts=2), what="another attempt")
            gate.touch()
            until(lambda: is_in(job, State.DONE), what="done")
        until(lambda: str(job.id) in (tmp_path / "frozen.log").read_text(), what="the frozen one noticed")
    assert is_in(job, State.DONE, attempts=2) and made() == 1


@contextlib.contextmanager
def stopped(group: int):
    os.killpg(group, signal.SIGSTOP)
    yield
    os.killpg(group, signal.SIGCONT)


def test_a_dead_redis_delays_no_job(officer, gate, broker, tmp_path):  # noqa: F811
    gate.touch()
    first = start("hold", by=author(officer), parameters={"gate": str(gate)})
    with worker(broker, tmp_path):
        until(lambda: is_in(first, State.DONE), what="a job while Redis is there")
        broker.part.stop()
        second = start("refuse", by=author(officer), parameters={"problems": 1})
        until(lambda: is_in(second, State.FAILED, sentence="sentence 0"), what="a job with Redis away")
