"""Long work: what may take longer than two seconds is a job, with progress, log, cancel, and a result that waits.

A work is declared by its app (`JOBS` in settings): a `Work` with a name and a function. `start` writes a row in the
caller's transaction; workers find it by themselves (job_runs.py), a Celery message only makes them look sooner.
"""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from celery import current_app
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.module_loading import import_string
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from . import submissions
from .base import Change
from .commands import Author
from .ids import NewId
from .rights import Reader

log = logging.getLogger(__name__)

NOW_SECONDS = 2.0  # what is over sooner is done while one waits
AT_ONCE = 2000  # records; more are changed by a job, and what that would do is worked out by one
DECIDED_WITHIN = timedelta(days=1)  # of the end of a job on whose result its owner decides


# ---- what can be done ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What came of a work: a sentence for its owner, where to look at it, and data for the API."""

    sentence: str = ""
    link: str = ""
    data: dict[str, Any] | None = None


class Run:
    """What the function of a work holds on to. This one is for work done at once; `job_runs.JobRun` is for jobs.

    `by`: for whom, as commands want it. `job`: None for work done at once.
    """

    def __init__(self, by: Author, job: "Job | None" = None):
        self.by, self.job = by, job

    def progress(self, done: int, total: int | None = None) -> None:
        """`done` of `total` (None: nobody knows of how many). Costs nothing; raises if the owner asked to cancel."""

    def log(self, text: str, level: int = logging.INFO) -> None:
        """A line for the owner, in the owner's language."""

    def check(self) -> None:
        """Raises if the owner asked to cancel. To be called where nothing is counted."""


@dataclass(frozen=True)
class Work:
    """One kind of long work.

    `function(run, **parameters)` does it and returns its Outcome. It runs in one transaction, in the owner's language,
    and calls commands by `run.by`, which asks the rules of today. If its worker dies it runs again from the start, so that
    whatever it does outside the database has to bear being done twice.
    `refusals` are exceptions, beside those of commands, whose text is sentences for the owner.
    """

    name: str
    label: Any
    function: Callable[..., Outcome | None]
    units: Any = ""
    refusals: tuple[type[Exception], ...] = ()


@cache
def works() -> dict[str, Work]:
    return {work.name: work for work in map(import_string, settings.JOBS)}


# ---- a job ---------------------------------------------------------------------------------------------


class State(models.TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("at work")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


LIVE = (State.QUEUED, State.RUNNING)


class JobQuerySet(models.QuerySet):
    def visible_to(self, reader: Reader):
        """One's own; for administrators all."""
        if reader.is_administrator:
            return self
        return self.filter(owner_id=reader.user_id) if reader.user_id is not None else self.none()

    def live(self):
        return self.filter(state__in=LIVE)

    def unseen_by(self, owner_id: int):
        """At work, or ended without its owner having looked."""
        return self.filter(owner_id=owner_id, seen_at=None)


class Job(models.Model):
    """작업. Long work that somebody asked for: how far it is, and what came of it. Removed 30 days after its end.

    The owner is kept by id and name without a foreign key. While it is at work its worker says so twice a second
    (`heartbeat_at`); a job whose worker fell silent is begun again by another. `job_runs` alone writes what follows `state`.
    """

    id = models.UUIDField(primary_key=True, db_default=NewId(), editable=False)
    work = models.CharField(max_length=64)
    subject = models.CharField(max_length=300, blank=True)
    parameters = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    owner_id = models.BigIntegerField()
    owner_name = models.CharField(max_length=200)
    language = models.CharField(max_length=2)
    door = models.CharField(max_length=16, choices=Change.Door)
    reason = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    cancel_asked_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    state = models.CharField(_("state"), max_length=16, choices=State, default=State.QUEUED)
    done_count = models.BigIntegerField(default=0)
    total_count = models.BigIntegerField(null=True)
    attempts = models.SmallIntegerField(default=0)
    worker = models.CharField(max_length=200, blank=True)
    heartbeat_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    sentence = models.TextField(blank=True)
    link = models.CharField(max_length=500, blank=True)
    result = models.JSONField(null=True, encoder=DjangoJSONEncoder)
    file_name = models.CharField(max_length=200, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        indexes = [
            models.Index(fields=["owner_id", "-id"], name="job_of_owner"),
            models.Index(fields=["owner_id"], name="job_unseen", condition=models.Q(seen_at=None)),
            models.Index(fields=["id"], name="job_live", condition=models.Q(state__in=LIVE)),
            models.Index(fields=["ended_at"], name="job_ended_at"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(state__in=State.values),
                name="job_state",
                violation_error_message=_("A job has no such state."),
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=LIVE, ended_at=None)
                | models.Q(ended_at__isnull=False) & ~models.Q(state__in=LIVE),
                name="job_over_has_its_end",
                violation_error_message=_("A job that is over has the time of its end, and no other has."),
            ),
        ]

    def __str__(self):
        return f"{self.label}: {self.subject}" if self.subject else self.label

    @property
    def declared(self) -> Work | None:
        """None for a work that this version of the program does not know."""
        return works().get(self.work)

    @property
    def label(self) -> str:
        return str(self.declared.label) if self.declared else self.work

    @property
    def units(self) -> str:
        return str(self.declared.units) if self.declared else ""

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_running(self) -> bool:
        return self.state == State.RUNNING

    @property
    def file(self) -> Path:
        """Where its result file is, or would be. Each attempt has its own."""
        return Path(settings.JOBS_DIR) / f"{self.id}.{self.attempts}"


class JobLine(models.Model):
    """작업 기록. One line of a job's log."""

    job = models.ForeignKey(Job, models.CASCADE, related_name="lines", db_index=False)
    at = models.DateTimeField()
    level = models.SmallIntegerField(default=logging.INFO)
    text = models.TextField()

    class Meta:
        indexes = [models.Index(fields=["job", "id"], name="jobline_of_job")]

    @property
    def is_warning(self) -> bool:
        return self.level >= logging.WARNING


# ---- commands ------------------------------------------------------------------------------------------


@transaction.atomic
def start(work: str, *, by: Author, parameters: dict | None = None, subject: str = "") -> Job:
    """Ask for a work, in the language of this request. It begins when the caller's transaction is over.

    `by.key` names the request: sent twice it starts one job. The caller has asked its rule whether `by` may.
    """
    if work not in works():
        raise KeyError(work)
    before = None
    if by.key:
        before, is_new = submissions.take(
            by.reader.user_id, by.key, json.dumps([work, parameters], default=str, sort_keys=True)
        )
        if not is_new and (job := Job.objects.filter(id__in=before.ids).first()):
            return job
    job = Job.objects.create(
        work=work,
        subject=subject,
        parameters=parameters or {},
        owner_id=by.reader.user_id,
        owner_name=by.name,
        door=by.door,
        reason=by.reason,
        language=(get_language() or settings.LANGUAGE_CODE)[:2],
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
    )
    if before:
        before.ids = [job.id]
        before.save(update_fields=["ids"])
    transaction.on_commit(wake)
    return job


def result_to_decide(work: str, id: str, reader: Reader) -> Job | None:
    """The job by which this reader had something worked out to decide on it. None: no such job, not done, or too old.

    Nobody decides on what was worked out for somebody else.
    """
    try:
        mine = Job.objects.filter(id=UUID(id), work=work, owner_id=reader.user_id, state=State.DONE)
    except ValueError:
        return None
    return mine.filter(ended_at__gte=Now() - DECIDED_WITHIN).first()


def run_now_or_later(work: str, *, by: Author, estimate: float, parameters: dict | None = None, subject: str = ""):
    """Work that will be over within two seconds is done here and now, in the caller's transaction: its Outcome.
    Longer work becomes a job: the Job. `estimate` is in seconds."""
    if estimate > NOW_SECONDS:
        return start(work, by=by, parameters=parameters, subject=subject)
    return works()[work].function(Run(by), **(parameters or {}))


def cancel(job: Job) -> Job:
    """One that waits is over at once; one at work is told, and stops within two seconds; one that is over stays so."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job.pk)
        if job.state == State.QUEUED:
            job.state, job.ended_at = State.CANCELLED, Now()
        if job.is_live or job.state == State.CANCELLED:
            job.cancel_asked_at = job.cancel_asked_at or Now()
            job.save(update_fields=["state", "ended_at", "cancel_asked_at"])
    job.refresh_from_db()
    return job


def wake() -> None:
    """Ask workers for a sooner look. May fail silently: the job is in the database and workers look by themselves."""
    try:
        current_app.send_task("records.tasks.run_job", retry=False, expires=60)
    except Exception as problem:
        log.warning("no worker could be woken for a job: %s", problem)
