"""The queue's side of figures: messages wake workers, and each worker looks by itself as well."""

import logging
import threading
from datetime import UTC, datetime

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.db import close_old_connections, connection

from . import figures

log = logging.getLogger(__name__)
SWEEP_SECONDS = 1.0


@shared_task(name="records.tasks.recompute_stale")
def recompute_stale():
    figures.clear_stale_marks()


@shared_task(name="records.tasks.heartbeat")
def heartbeat():
    """Goes through the queue and back, so that `/statusz` knows that messages arrive."""
    figures.Heartbeat.objects.update_or_create(name="queue", defaults={"at": datetime.now(UTC)})


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
def start_sweeping(**_kwargs):
    """A thread beside Celery's own: needs no message, so a silent broker delays nothing by more than a second."""
    stopping.clear()
    _try_to_send(heartbeat)  # so that `/statusz` need not wait for the clock
    threading.Thread(target=sweep, name="sweep", daemon=True).start()


@worker_shutting_down.connect
def stop_sweeping(**_kwargs):
    stopping.set()


def sweep() -> None:
    while not stopping.wait(SWEEP_SECONDS):
        try:
            figures.clear_stale_marks()
        except Exception:
            log.exception("the sweep failed; it looks again in a second")
            connection.close()
        close_old_connections()
