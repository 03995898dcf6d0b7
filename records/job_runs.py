"""How a job is done: taken by one worker, kept alive by its heartbeat, done once.

What the work changed and that the job is done are one transaction. A worker that dies takes its transaction with it;
ten seconds later another worker begins the job again. A worker that was only held up (a frozen machine) finds at the
end that the job is no longer its own, and undoes what it did.

A worker does one job in its pool and one in a thread (tasks.py), each in a *lane*, so that messages always find a free
process of the pool and a dead Redis delays no job by more than a second.
"""

import logging
import shutil
import threading
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import structlog
from django.conf import settings
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, override

from .commands import Author
from .jobs import Job, JobLine, Outcome, Run, State
from .refusals import NotAllowed, Refused, Stale
from .rights import Reader
from .sentences import explain

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
LEASE = timedelta(seconds=10)  # silent for longer: its worker is dead
MOST_ATTEMPTS = 3
LONGEST = timedelta(
    minutes=45
)  # then it is stopped; Celery's own limit for the task and the broker's timeout lie above
KEPT = timedelta(days=30)
MOST_SENTENCES = 20


class Stopped(Exception):
    """The work is to end: `run.progress` and `run.check` raise it."""


class Cancelled(Stopped):
    """Its owner asked for it."""


class TooLong(Stopped):
    """It ran longer than LONGEST."""


class Lost(Stopped):
    """Another worker has the job: this one was silent for too long."""


class JobRun(Run):
    """One attempt at a job. What the work says is kept here until the heartbeat writes it."""

    def __init__(self, job: Job):
        super().__init__(Author(_reader_of(job.owner_id), job.owner_name, job.door, job.reason), job)
        self.done, self.total = 0, None
        self.lines: list[JobLine] = []
        self.file_name = ""
        self.stop: Stopped | None = None

    def progress(self, done, total=None):
        self.done, self.total = done, total
        self.check()

    def log(self, text, level=logging.INFO):
        self.lines.append(JobLine(job=self.job, at=timezone.now(), level=level, text=str(text)))

    def check(self):
        if self.stop:
            raise self.stop

    def file(self, name: str) -> Path:
        """Where to write the file that the owner will download as `name`."""
        self.file_name = name
        self.job.file.parent.mkdir(parents=True, exist_ok=True)
        return self.job.file


def _reader_of(owner_id: int) -> Reader:
    """What the owner may see and do today: time has passed since the request."""
    return import_string(settings.READER_OF)(owner_id)


class Heartbeat(threading.Thread):
    """Beside the work, on a connection of its own, so that others see how far it is while its transaction is open.

    Twice a second: says that the worker lives, writes progress and log, and learns whether to stop. Then it cancels
    the statement that the work may be waiting for, again and again until the work has ended.
    """

    def __init__(self, run: JobRun):
        super().__init__(name="heartbeat", daemon=True)
        self.attempt, self.is_over = run, threading.Event()
        self.work_connection: psycopg.Connection = connection.connection
        self.ends_at = time.monotonic() + LONGEST.total_seconds()

    def __enter__(self):
        self.start()

    def __exit__(self, *_error):
        self.is_over.set()
        self.join()

    def run(self):
        try:
            while not self.is_over.wait(BEAT_SECONDS):
                self._beat()
                if self.attempt.stop:
                    with suppress(psycopg.Error):
                        self.work_connection.cancel_safe(timeout=2)
            self._beat()
        finally:
            connection.close()

    def _beat(self) -> None:
        try:
            self._learn(self._say())
            self._write_lines()
        except Exception as problem:  # the next one tells; if none does, the job goes to another worker
            log.warning("a heartbeat of job %s failed: %s", self.attempt.job.id, problem)
            connection.close()

    def _say(self) -> tuple[bool] | None:
        """(is asked to cancel,); None if the job is another worker's."""
        run = self.attempt
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE records_job SET heartbeat_at = clock_timestamp(), done_count = %s, total_count = %s"
                " WHERE id = %s AND state = 'running' AND attempts = %s RETURNING cancel_asked_at IS NOT NULL",
                [run.done, run.total, run.job.id, run.job.attempts],
            )
            return cursor.fetchone()

    def _learn(self, answer: tuple[bool] | None) -> None:
        if answer is None:
            self.attempt.stop = Lost()
        elif answer[0]:
            self.attempt.stop = Cancelled()
        elif time.monotonic() > self.ends_at:
            self.attempt.stop = TooLong()

    def _write_lines(self) -> None:
        lines = self.attempt.lines[:]
        JobLine.objects.bulk_create(lines)
        del self.attempt.lines[: len(lines)]


# ---- taking a job --------------------------------------------------------------------------------------


def run_one(lane: str) -> bool:
    """Take the oldest job that waits and do it. False if none waits, or if this lane has one in hand."""
    job = claim(lane)
    if job and job.is_running:
        with (
            structlog.contextvars.bound_contextvars(job=str(job.id), request_id=job.request_id),
            override(job.language),
        ):
            perform(job)
    return job is not None


def claim(lane: str) -> Job | None:
    """The oldest job that waits or whose worker fell silent, now in this lane; or ended, if it has no more attempts."""
    is_silent = Q(state=State.RUNNING, heartbeat_at__lt=Now() - LEASE)
    with transaction.atomic():
        _one_at_a_time(lane)
        if Job.objects.filter(state=State.RUNNING, worker=lane, heartbeat_at__gte=Now() - LEASE).exists():
            return None
        waiting = Job.objects.live().filter(Q(state=State.QUEUED) | is_silent)
        job = waiting.select_for_update(skip_locked=True).order_by("id").first()
        if job:
            if job.is_running:
                _end_backend_of(job)
            _begin(job, lane)
            job.save()
    if job:
        job.refresh_from_db()
    return job


def _begin(job: Job, lane: str) -> None:
    if job.cancel_asked_at:
        job.state, job.ended_at = State.CANCELLED, Now()
    elif job.attempts >= MOST_ATTEMPTS:
        job.state, job.ended_at = State.FAILED, Now()
        with override(job.language):
            job.sentence = _("It was begun %d times and never came to its end. Nothing was changed.") % MOST_ATTEMPTS
    else:
        job.state, job.attempts, job.worker = State.RUNNING, job.attempts + 1, lane
        job.heartbeat_at, job.started_at = Now(), job.started_at or Now()
        job.done_count, job.total_count = 0, None


def _one_at_a_time(lane: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('registry job'), hashtext(%s))", [lane])


def _end_backend_of(job: Job) -> None:
    """A worker whose machine is gone may have left a transaction behind that holds its locks for hours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [_mark(job)]
        )


def _mark(job: Job) -> str:
    """By which the database knows a job's transaction, and nothing else."""
    return f"job {job.id}"


# ---- doing it ------------------------------------------------------------------------------------------


def perform(job: Job) -> None:
    """Do the work and note what came of it, both or neither."""
    run = JobRun(job)
    if job.attempts > 1:
        run.log(_("Begun again: attempt %d. The worker before had stopped.") % job.attempts, logging.WARNING)
    try:
        with transaction.atomic(durable=True):
            _prepare_transaction(job)
            with Heartbeat(run):
                outcome = job.declared.function(run, **job.parameters) or Outcome()
            run.check()
            _end(run, State.DONE, outcome.sentence, link=outcome.link, result=outcome.data, file_name=run.file_name)
        log.info("job %s (%s) is done", job.id, job.work)
    except Exception as error:
        _end_without_result(run, error)
    finally:
        if run.stop:
            connection.close()  # a cancel may be on its way to it


def _prepare_transaction(job: Job) -> None:
    """Its mark; and no compiling of plans, which takes seconds for large ones and is deaf to a cancel."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('application_name', %s, true), set_config('jit', 'off', true)", [_mark(job)])


def _end(run: JobRun, state: State, sentence: str, **more) -> None:
    """Raises Lost if the job is no longer this attempt's."""
    mine = Job.objects.filter(id=run.job.id, state=State.RUNNING, attempts=run.job.attempts)
    counts = {"done_count": run.done, "total_count": run.total}
    if not mine.update(state=state, ended_at=Now(), sentence=sentence, **counts, **more):
        raise Lost


def _end_without_result(run: JobRun, error: Exception) -> None:
    job, failed = run.job, State.FAILED
    with suppress(Lost):
        if isinstance(error, Lost) or isinstance(run.stop, Lost):
            log.warning("job %s went to another worker; what was done here was undone", job.id)
        elif isinstance(run.stop, Cancelled):
            _end(run, State.CANCELLED, _("Cancelled. Nothing was changed."))
        elif isinstance(run.stop, TooLong):
            minutes = LONGEST.total_seconds() / 60
            _end(run, failed, _("Stopped, as it took longer than %d minutes. Nothing was changed.") % minutes)
        elif sentences := _refusal(job, error):
            _end(run, failed, _shortened(sentences))
        elif isinstance(error, IntegrityError):
            log.exception("job %s was refused by the database", job.id)
            _end(run, failed, explain(error))
        elif isinstance(error, (OperationalError, InterfaceError)):
            log.exception("job %s lost its database; it is begun again", job.id)  # its lease runs out
        else:
            log.exception("job %s failed", job.id)
            known_by = job.request_id or job.id
            _end(run, failed, _("Failed through a fault in the program. Nothing was changed. Number: %s") % known_by)


def _refusal(job: Job, error: Exception) -> list[str]:
    """The sentences of a refusal; none for another failure."""
    if isinstance(error, Refused):
        return [fault.message for fault in error.faults]
    if isinstance(error, Stale):
        return [_("Records were changed by somebody else meanwhile. Nothing was changed by this job; look again.")]
    is_ours = isinstance(error, (NotAllowed, *(job.declared.refusals if job.declared else ())))
    return str(error).splitlines() if is_ours else []


def _shortened(sentences: list[str]) -> str:
    more = len(sentences) - MOST_SENTENCES
    if more > 0:
        sentences[MOST_SENTENCES:] = [ngettext("and %d more.", "and %d more.", more) % more]
    return "\n".join(sentences)


# ---- afterwards ----------------------------------------------------------------------------------------


def forget_old() -> int:
    """Remove what ended more than 30 days ago, with its files. Returns how many jobs."""
    old = list(Job.objects.filter(ended_at__lt=Now() - KEPT).values_list("id", flat=True)[:1000])
    for id in old:
        for file in Path(settings.JOBS_DIR).glob(f"{id}.*"):
            shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
    Job.objects.filter(id__in=old).delete()
    return len(old)
