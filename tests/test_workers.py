"""Figures are right within ten seconds of a healthy worker, whatever was killed when (promise 2). Real processes."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from config import servers
from config.valkey import Valkey
from funding.models import FundingAmount, FundingLine, Rollup
from funding.rollups import WHOLE
from labs.models import Institution
from programs.models import Program
from records.figures import Heartbeat, StaleMark, figures
from records.history import change

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN = 10  # seconds: the promise
PATIENCE = 120  # seconds for what is promised without a time, such as the start of a worker on a busy machine
REDIS_IS_DOWN_FOR = 60 if os.environ.get("CI") else 12  # seconds


@pytest.fixture
def line():
    with change(actor_name="officer", reason="test"):
        payer = Institution.objects.create(slug="payer", name_ko="과기정통부", kind="ministry")
        program = Program.objects.create(slug="program", name_ko="사업", status="running", starts_on="2024")
        return FundingLine.objects.create(program=program, payer=payer, name_ko="출연금")


@pytest.fixture
def broker(tmp_path):
    """A Redis-compatible server of our own, that we may stop."""
    server = Valkey(tmp_path / "valkey", tmp_path / "valkey.log", servers.free_port())
    server.prepare()
    server.part.start()
    server.wait()
    yield server
    server.part.stop()


@contextlib.contextmanager
def worker(broker, tmp_path, name="worker"):
    """A Celery worker on the test database, as the supervisor starts it. Yields its process; its group dies with the block."""
    log = (tmp_path / f"{name}.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "--beat", "--scheduler", "celery.beat:Scheduler",
         "--concurrency", "2", "-n", f"{name}@{os.getpid()}"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": test_database(), "REDIS_URL": broker.url()},
        stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        log.close()


def test_database() -> str:
    s = connection.settings_dict
    host = f"?host={s['HOST']}" if s["HOST"].startswith("/") else ""
    where = "" if host else f"{s['HOST']}:{s['PORT']}"
    return f"postgresql://{s['USER']}:{s['PASSWORD']}@{where}/{s['NAME']}{host}"


test_database.__test__ = False


def until(is_true, within: float = PATIENCE, what: str = "") -> None:
    end = time.monotonic() + within
    while not is_true():
        assert time.monotonic() < end, f"not within {within} s: {what}"
        time.sleep(0.1)


def planned() -> int | None:
    rows = Rollup.objects.filter(scope=WHOLE, level=0)
    return sum(row.planned for row in rows) if rows else None


def figures_are_right() -> bool:
    return not StaleMark.objects.exists() and not [d for figure in figures().values() for d in figure.differences()]


def test_a_worker_killed_in_the_middle_of_a_recompute_loses_nothing(line, broker, tmp_path):
    FundingAmount.objects.create(line=line, planned=44_000_000_000)
    with psycopg.connect(test_database()) as blocker:
        blocker.execute("LOCK TABLE funding_rollup IN ACCESS EXCLUSIVE MODE")
        with worker(broker, tmp_path):
            until(recompute_is_waiting, what="a recompute in its middle")
        # the worker and all its children were killed with SIGKILL here
    until(lambda: not recompute_is_waiting(), what="the dead worker's transaction is gone")
    assert Rollup.objects.count() == 0
    assert StaleMark.objects.filter(figure="rollups").exists()
    with worker(broker, tmp_path):
        until(lambda: planned() == 44_000_000_000, what="the figure after a new worker came up")
        until(figures_are_right, what="figures equal the facts")


def recompute_is_waiting() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM pg_locks WHERE relation = 'funding_rollup'::regclass AND NOT granted"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return cursor.fetchone() is not None


def test_redis_stopped_for_a_minute_delays_nothing_and_messages_flow_again(line, broker, tmp_path):
    with worker(broker, tmp_path):
        until(lambda: Heartbeat.objects.exists(), what="a heartbeat through the queue")
        broker.part.stop()
        stopped = time.monotonic()
        FundingAmount.objects.create(line=line, planned=1)
        until(lambda: planned() == 1, WITHIN, what="the figure with Redis down")
        FundingAmount.objects.create(line=line, planned=2, fiscal_year=2025)
        until(lambda: planned() == 3, WITHIN, what="the next figure with Redis down")
        time.sleep(max(0, REDIS_IS_DOWN_FOR - (time.monotonic() - stopped)))
        broker.part.start()
        broker.wait()
        Heartbeat.objects.all().delete()
        FundingAmount.objects.create(line=line, planned=4, fiscal_year=2026)
        until(lambda: planned() == 7, WITHIN, what="the figure after Redis came back")
        until(lambda: Heartbeat.objects.exists(), what="a heartbeat after Redis came back")
        until(figures_are_right, what="figures equal the facts")
