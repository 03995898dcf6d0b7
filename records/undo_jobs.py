"""Undoing a large change, by two jobs: one works out what that would do, and when its owner has decided, another does it.

What was worked out is kept as the job's result, for its owner, for a day. It holds ids and sentences; names and values are
those that the owner may see when looking at it. Undoing itself asks everything again.
"""

from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import jobs, undoing
from .base import Change
from .commands import Author
from .jobs import Job, Outcome, Run, Work
from .kinds import kinds
from .refusals import Refused
from .rewriting import RowFault
from .rights import Reader
from .rules import require_can_edit
from .undoing import WHAT, Hindrance, Part, Undone, UndoPlan, sentences

# ---- before --------------------------------------------------------------------------------------------


def plan_now_or_later(change: Change, *, by: Author) -> UndoPlan | Job:
    """What undoing this change would do; of a large one a job works it out."""
    require_can_edit(by.reader)
    if not undoing.is_long(change):
        return undoing.plan(change, by.reader)
    return jobs.start(PLAN_UNDO.name, by=by, parameters={"change": change.pk}, subject=_subject(change.pk))


def plan_to_decide(id: str, change: Change, reader: Reader) -> UndoPlan | None:
    """The plan that this job worked out for this reader. None where there is none, or where it was undone since."""
    job = jobs.result_to_decide(PLAN_UNDO.name, id, reader)
    if job is None or job.parameters["change"] != change.pk:
        return None
    undone_by = undoing.last_undoing(change)
    if job.result["undone_by"] != (undone_by and undone_by.pk):
        return None
    return _plan_of(job, change, reader, undone_by)


def _plan_of(job: Job, change: Change, reader: Reader, undone_by: Change | None) -> UndoPlan:
    said = job.result
    wrong = [RowFault(kinds()[p["kind"]], UUID(p["record"]), "", p["detail"], p["change"]) for p in said["problems"]]
    shown = undoing.examples(change, said["examples"], reader)
    parts = [
        Part(
            kinds()[name],
            tuple((what, str(WHAT[what]), number) for what, number in counts.items()),
            tuple(shown.get(name, ())),
        )
        for name, counts in said["kinds"].items()
    ]
    return UndoPlan(
        change,
        parts=parts,
        hindrances=undoing.told(wrong, reader),
        hindered=said["refused"],
        possible=said["possible"],
        asks_reason=said["asks_reason"],
        undone_by=undone_by,
        is_long=said["is_long"],
        worked_out_at=job.ended_at,
    )


def as_data(found: UndoPlan) -> dict:
    """The plan in plain values, as the API tells it."""
    return {
        "possible": found.possible,
        "refused": found.hindered,
        "problems": [*map(hindrance_as_data, found.hindrances)],
        "asks_reason": found.asks_reason,
        "undone_by": found.undone_by and found.undone_by.pk,
        "is_long": found.is_long,
        "kinds": {part.kind.name: {name: number for name, _words, number in part.counts} for part in found.parts},
    }


def hindrance_as_data(hindrance: Hindrance) -> dict:
    later = hindrance.later
    return {
        "record": hindrance.id,
        "kind": hindrance.kind.name if hindrance.kind else "",
        "detail": hindrance.message,
        "change": later and later.pk,
        "by": later.actor_name if later else "",
        "at": later and later.at,
    }


def in_short(found: UndoPlan) -> list[str]:
    """What stands in the way, without the records one by one."""
    return sentences(found)[: -len(found.hindrances) or None]


def _plan_as_job(run: Run, change: int) -> Outcome:
    found = undoing.plan(Change.objects.get(pk=change), run.by.reader)
    text = ngettext("%d record would be put back.", "%d records would be put back.", found.possible)
    said = [text % found.possible] if found.possible else []
    asked = [_("Look at it and decide. Nothing was changed.")] if found.possible else []
    shown = {"examples": {part.kind.name: [one.id for one in part.examples] for part in found.parts}}
    link = reverse("undo", args=[change]) + (f"?plan={run.job.id}" if run.job else "")
    return Outcome("\n".join([*said, *in_short(found), *asked]), link, as_data(found) | shown)


# ---- doing it ------------------------------------------------------------------------------------------


def undo_now_or_later(change: Change, *, by: Author, only_possible: bool = False) -> Undone | Job:
    """What touched many records is undone as a job. Raises as `undo` does."""
    require_can_edit(by.reader)
    if not undoing.is_long(change):
        return undoing.undo(change.pk, by=by, only_possible=only_possible)
    parameters = {"change": change.pk, "only_possible": only_possible}
    return jobs.start(UNDO.name, by=by, parameters=parameters, subject=_subject(change.pk))


def _subject(change: int) -> str:
    return _("Change %d") % change


def _as_job(run: Run, change: int, only_possible: bool) -> Outcome:
    done = undoing.undo(change, by=run.by, only_possible=only_possible)
    said = ngettext("%d record was put back.", "%d records were put back.", done.left.possible) % done.left.possible
    if done.left.hindered:
        said = "\n".join([said, *sentences(done.left)])
    return Outcome(said, reverse("change", args=[done.change]), {"change": done.change})


PLAN_UNDO = Work("plan_undo", gettext_lazy("what undoing would do"), _plan_as_job, gettext_lazy("records"), (Refused,))
UNDO = Work("undo", gettext_lazy("undoing a change"), _as_job, gettext_lazy("records"), (Refused,))
