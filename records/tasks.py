"""The queue's side of figures and jobs: messages wake workers, and each worker looks by itself as well."""

import logging
import os
import signal
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from celery import current_app, shared_task
from celery.signals import task_received, worker_ready, worker_shutting_down
from celery.worker import state as in_hand
from django.conf import settings
from django.db import close_old_connections, connection

from . import duplicates, feed, figures, job_runs, jobs, kept_answers, submissions
from .hooks import sending, telling
from .published import making
from .spreadsheets.models import forget_old as forget_imports

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.4  # for stale marks: a change is in the figures within a second
SWEEP_SECONDS = 1.0
LOOK_AT_QUEUE_SECONDS = 10.0
FORGET_SECONDS = 3600.0
SILENT_SECONDS = 180.0
SHUTDOWN_SECONDS = 15.0
JOB_SECONDS = 3000  # over job_runs.LONGEST, and well under the broker's visibility timeout
CONSUMER_IS_SILENT = 75  # exit code: EX_TEMPFAIL of sysexits.h, “try again”


@shared_task(name="records.tasks.recompute_stale")
def recompute_stale():
    figures.clear_stale_marks()


@shared_task(name="records.tasks.run_job", bind=True, time_limit=JOB_SECONDS)
def run_job(self):
    if job_runs.run_one(f"{self.request.hostname}/pool"):
        jobs.wake()


@shared_task(name="records.tasks.heartbeat")
def heartbeat():
    """Goes through the queue and back, so that `/statusz` knows that messages arrive."""
    figures.Heartbeat.objects.update_or_create(name="queue", defaults={"at": datetime.now(UTC)})


@shared_task(name="records.tasks.forget_submissions")
def forget_submissions():
    submissions.forget_old()
    kept_answers.forget_old()
    feed.forget_old()


@shared_task(name="records.tasks.find_duplicates")
def find_duplicates():
    for kind in duplicates.searched_kinds():
        duplicates.find_duplicates(kind)


@shared_task(name="records.tasks.publish_data", time_limit=JOB_SECONDS)
def publish_data():
    """The package of today, where there is none yet."""
    try:
        making.publish()
    except making.AtWork:
        log.info("a package is being written already")


def wake_workers() -> None:
    """Ask for a sooner look. May fail silently: the marks are in the database and workers look by themselves."""
    _try_to_send(recompute_stale)


def _try_to_send(task) -> None:
    try:
        task.apply_async(retry=False, expires=60)
    except Exception as problem:
        log.warning("%s could not be sent: %s", task.name, problem)


stopping = threading.Event()


@worker_ready.connect
def start_sweeping(sender, **_kwargs):
    """Threads beside Celery's own: they need no message, so a silent broker delays nothing by more than a second."""
    stopping.clear()
    _try_to_send(heartbeat)  # so that `/statusz` need not wait for the clock
    threading.Thread(target=sweep, name="sweep", daemon=True).start()
    threading.Thread(target=look_for_jobs, args=[f"{sender.hostname}/thread"], name="jobs", daemon=True).start()
    threading.Thread(target=look_for_news, name="hooks", daemon=True).start()
    threading.Thread(target=send_messages, name="messages", daemon=True).start()


@worker_shutting_down.connect
def stop_sweeping(**_kwargs):
    """And end in any case: an orderly shutdown can wait for ever for a broker that is gone. Nothing is lost by a kill."""
    stopping.set()
    last_resort = threading.Timer(SHUTDOWN_SECONDS, lambda: os.killpg(os.getpgrp(), signal.SIGKILL))
    last_resort.daemon = True
    last_resort.start()


def sweep() -> None:
    while not stopping.wait(LOOK_SECONDS):
        try:
            figures.clear_stale_marks()
        except Exception:
            log.exception("the sweep failed; it looks again soon")
            connection.close()
        close_old_connections()
        if watch.is_silent(time.monotonic()):
            log.error("messages wait and this worker takes none: it ends, to be started again")
            os._exit(CONSUMER_IS_SILENT)  # it holds no task; an orderly shutdown would wait for the consumer


def look_for_jobs(lane: str) -> None:
    forget_at = 0.0
    while not stopping.wait(SWEEP_SECONDS):
        try:
            while not stopping.is_set() and job_runs.run_one(lane):
                pass
            if time.monotonic() >= forget_at:
                job_runs.forget_old()
                forget_imports()
                sending.forget_old()
                forget_at = time.monotonic() + FORGET_SECONDS
        except Exception:
            log.exception("looking for jobs failed; it looks again in a second")
            connection.close()
        close_old_connections()


def look_for_news() -> None:
    """What changed becomes messages to webhooks,"""
    while not stopping.wait(SWEEP_SECONDS):
        try:
            while not stopping.is_set() and telling.tell_one():
                pass
        except Exception:
            log.exception("looking for what webhooks are told failed; it looks again in a second")
            connection.close()
        close_old_connections()


def send_messages() -> None:
    """which are sent; requests are made by threads that hold no connection to the database."""
    sender = sending.Sender()
    while not stopping.is_set():
        try:
            sender.step(wait=SWEEP_SECONDS)
        except Exception:
            log.exception("sending messages to webhooks failed; it goes on in a second")
            connection.close()
            stopping.wait(SWEEP_SECONDS)
        close_old_connections()


@dataclass
class Watch:
    """Whether this worker's consumer has stopped without a word, as it can after the broker was away.

    The sign: messages wait in the queue for some minutes on end, while this worker holds none and takes none.
    A broker that does not answer, an empty queue and a busy worker are no sign; beat's heartbeats every ten
    seconds see to it that the queue of a silent worker is not empty.
    """

    waiting_since: float | None = None
    look_at: float = 0.0

    def took_one(self) -> None:
        self.waiting_since = None

    def is_silent(self, now: float) -> bool:
        if now >= self.look_at:
            self.look_at = now + LOOK_AT_QUEUE_SECONDS
            if in_hand.reserved_requests or not messages_waiting():
                self.waiting_since = None
            elif self.waiting_since is None:
                self.waiting_since = now
        return self.waiting_since is not None and now - self.waiting_since >= SILENT_SECONDS


watch = Watch()


@task_received.connect
def note_received(**_kwargs):
    watch.took_one()


def messages_waiting() -> int:
    """How many messages nobody has taken yet; 0 while the broker does not answer."""
    try:
        with redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=2, socket_timeout=2) as client:
            return client.llen(current_app.conf.task_default_queue)
    except redis.RedisError:
        return 0
