"""Celery: wakes workers. The truth about what is stale is rows in Postgres (records/figures.py), not messages."""

import logging.config
import os

from celery import Celery
from celery.signals import before_task_publish, setup_logging, task_postrun, task_prerun

from . import logs

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("registry")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def log_as_django_does(**_kwargs):
    """Having a receiver, Celery leaves the log to us."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@before_task_publish.connect
def send_request_id(headers: dict, **_kwargs):
    """A task that a page asked for carries the page's request id through the queue."""
    if request_id := logs.current_request_id():
        headers["request_id"] = request_id


@task_prerun.connect
def remember_request_id(task, task_id: str, **_kwargs):
    logs.forget()
    request_id = getattr(task.request, "request_id", None)
    logs.keep_in_mind(task=task.name, task_id=task_id, **({"request_id": request_id} if request_id else {}))


@task_postrun.connect
def forget_request_id(**_kwargs):
    logs.forget()
