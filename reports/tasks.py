"""The queue's side of what is due: each may come twice, late or at once with another, and changes nothing then."""

from celery import shared_task

from .due import calendar
from .telling import digest, reminders


@shared_task(name="reports.tasks.go_on_with_the_calendar")
def go_on_with_the_calendar():
    calendar.go_on()


@shared_task(name="reports.tasks.remind")
def remind():
    reminders.remind()


@shared_task(name="reports.tasks.send_digests")
def send_digests():
    digest.send_digests()
