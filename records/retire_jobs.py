"""Retiring a record with very many parts, by a job."""

from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy, ngettext

from . import commands, jobs, submissions
from .beneath import parts_below
from .commands import Author, Done, Retire, again_after_deadlock
from .finding import find
from .jobs import Job, Outcome, Run, Work
from .kinds import kinds
from .labels import labels_of
from .refusals import Refused, Stale
from .rules import require_can_edit
from .steps import moved


def has_many_below(id: UUID) -> bool:
    return number_below(parts_below({id}, most=jobs.AT_ONCE)) > jobs.AT_ONCE


def number_below(below: dict[str, set[UUID]]) -> int:
    return sum(map(len, below.values()))


@again_after_deadlock
@transaction.atomic
def retire_now_or_later(step: Retire, *, by: Author) -> Done | Job:
    """With very many parts as a job; what can be refused before it begins is. Raises as `commands.apply` does.

    A request sent twice acts once, however many parts there still are by then.
    """
    require_can_edit(by.reader)
    if not by.key:
        return _now_or_later(step, by)
    asked = f"retire {step.kind.name} {step.id} {step.version} {step.with_parts}"
    before, is_new = submissions.take(by.reader.user_id or 0, by.key, asked)
    if not is_new:
        return Job.objects.filter(id__in=before.ids).first() or Done(before.change_id, before.ids, is_repeated=True)
    done = _now_or_later(step, replace(by, key=""))
    before.ids, before.change_id = ([done.id], None) if isinstance(done, Job) else (done.ids, done.change)
    before.save(update_fields=["ids", "change_id"])
    return done


def _now_or_later(step: Retire, by: Author) -> Done | Job:
    if not step.with_parts or not has_many_below(step.id):
        return commands.apply([step], by=by)
    step.row, step.below = find(step.kind, str(step.id), by.reader, with_retired=True), {}
    if stale := moved([step]):
        raise Stale(stale)
    if faults := list(step.faults(by.reason, set())):
        raise Refused(faults)
    called = labels_of({step.kind.name: {step.id}}, set(), by.reader)[step.id]
    parameters = {"kind": step.kind.name, "id": step.id, "version": step.version}
    return jobs.start(RETIRE.name, by=by, parameters=parameters, subject=str(called)[:300])


def _as_job(run: Run, kind: str, id: str, version: int) -> Outcome:
    step = Retire(kinds()[kind], UUID(id), version, with_parts=True)
    done = commands.apply([step], by=run.by)
    number = number_below(step.below)
    text = ngettext("It was retired with %d record under it.", "It was retired with %d records under it.", number)
    return Outcome(text % number, reverse("change", args=[done.change]), {"change": done.change, "parts": number})


RETIRE = Work("retire", gettext_lazy("retiring with all parts"), _as_job, refusals=(Refused,))
