"""The queue's side of accounts. A message only wakes; beat asks every half minute, so a lost one delays a mail by that."""

import logging

from celery import shared_task

from . import outbox, throttle

log = logging.getLogger(__name__)


@shared_task(name="people.tasks.send_mails")
def send_mails():
    outbox.send_waiting()


@shared_task(name="people.tasks.tidy")
def tidy():
    throttle.tidy()
    outbox.tidy()


def wake_senders() -> None:
    """May fail silently: that a mail waits is a row in the database."""
    try:
        send_mails.apply_async(retry=False, expires=60)
    except Exception as problem:
        log.warning("%s could not be sent: %s", send_mails.name, problem)
