"""Merging two records of which one is named by very many, by a job."""

from dataclasses import asdict, replace
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import jobs, merging, submissions
from .commands import Author, Done, again_after_deadlock
from .jobs import Job, Outcome, Run, Work
from .kinds import kinds
from .labels import labels_of
from .merging import Merge
from .refusals import Refused
from .rules import require_can_edit


@again_after_deadlock
@transaction.atomic
def merge_now_or_later(merge: Merge, *, by: Author) -> Done | Job:
    """Where very many rows name the other, as a job; what can be refused before it begins is. Raises as `carry_out` does."""
    require_can_edit(by.reader)
    if not by.key:
        return _now_or_later(merge, by)
    before, is_new = submissions.take(by.reader.user_id or 0, by.key, merging.asked(merge))
    if not is_new:
        return Job.objects.filter(id__in=before.ids).first() or Done(before.change_id, before.ids, is_repeated=True)
    done = _now_or_later(merge, replace(by, key=""))
    before.ids, before.change_id = ([done.id], None) if isinstance(done, Job) else (done.ids, done.change)
    before.save(update_fields=["ids", "change_id"])
    return done


def _now_or_later(merge: Merge, by: Author) -> Done | Job:
    if not merging.is_long(merge):
        return merging.carry_out(merge, by=by)
    found = merging.check(merge, by)
    called = labels_of({merge.kind.name: {merge.keep}}, set(), by.reader)[merge.keep]
    parameters = asdict(replace(merge, take=None)) | {"kind": merge.kind.name, "take": sorted(found)}
    parameters |= {"keep": str(merge.keep), "other": str(merge.other)}
    return jobs.start(MERGE.name, by=by, parameters=parameters, subject=str(called)[:300])


def _as_job(run: Run, kind, keep, keep_version, other, other_version, take) -> Outcome:
    merge = Merge(kinds()[kind], UUID(keep), keep_version, UUID(other), other_version, frozenset(take))
    done = merging.carry_out(merge, by=run.by)
    return Outcome(_("The two are one now."), reverse("change", args=[done.change]), {"change": done.change})


MERGE = Work("merge", gettext_lazy("merging two records"), _as_job, refusals=(Refused,))
