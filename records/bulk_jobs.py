"""Bulk edits of many records, by two jobs: one works out the preview, and when its owner has decided, another edits.

The preview is kept as the job's result, for its owner, for a day. It holds counts, ids and sentences; names and values are
those that the owner may see when looking at it. `as_seen` tells the edit whether the records have moved on since.
"""

import json
from dataclasses import replace
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import bulk, jobs, rewriting, submissions
from .bulk import Edited, Preview, edit, edited_sentence, sentences
from .commands import Author, again_after_deadlock
from .jobs import Job, Outcome, Run, Work
from .kinds import Kind, kinds
from .refusals import Refused
from .rewriting import RowFault
from .rights import Reader
from .rules import require_can_edit
from .selecting import Selection, selection_of, wanted_of

# ---- before --------------------------------------------------------------------------------------------


def preview_now_or_later(
    selection: Selection, sent: object, *, by: Author, changed_on: str = "", page: str = ""
) -> Preview | Job:
    """What this edit would do; of many records a job works it out. Raises Refused.

    `page` is kept with the job, for the page that shows what it worked out.
    """
    require_can_edit(by.reader)
    wanted = wanted_of(selection.kind, sent, by.reader, changed_on)
    if not selection.is_long(jobs.AT_ONCE, by.reader):
        return bulk.preview(selection, wanted, by.reader)
    asked = {
        "kind": selection.kind.name, "selection": selection.said(), "sent": sent, "changed_on": changed_on, "page": page,
    }  # fmt: skip
    return jobs.start(PREVIEW_BULK_EDIT.name, by=by, parameters=asked, subject=str(selection.kind.label_many))


def preview_to_decide(id: str, kind: Kind, reader: Reader) -> tuple[Job, Preview] | None:
    """What this job worked out for this reader, with the job, which knows what was asked. Raises Refused."""
    job = jobs.result_to_decide(PREVIEW_BULK_EDIT.name, id, reader)
    if job is None or job.parameters["kind"] != kind.name:
        return None
    said, asked = job.result, job.parameters
    wrong = [
        RowFault(kind, UUID(p["record"]), p["field"], p["detail"]) for p in said["problems"] if p["record"] is not None
    ]
    labels = rewriting.labels(kind, [fault.id for fault in wrong], reader)
    wanted = wanted_of(kind, asked["sent"], reader, asked["changed_on"])
    return job, Preview(
        said["selected"],
        changed=said["changed"],
        same=said["same"],
        refused=said["refused"],
        faults=[(labels.get(fault.id), fault) for fault in wrong],
        examples=bulk.examples(kind, [UUID(id) for id in said["examples"]], wanted, reader),
        asks_reason=said["asks_reason"],
        is_correction=said["is_correction"],
        as_seen=said["as_seen"],
        trouble=next((p["detail"] for p in said["problems"] if p["record"] is None), ""),
        worked_out_at=job.ended_at,
    )


def as_data(found: Preview) -> dict:
    """The preview in plain values, as the API tells it."""
    problems = [{"record": fault.id, "field": fault.field, "detail": fault.message} for _label, fault in found.faults]
    if found.trouble:
        problems.append({"record": None, "field": "", "detail": found.trouble})
    return {
        "selected": found.selected,
        "changed": found.changed,
        "same": found.same,
        "refused": found.refused,
        "problems": problems,
        "asks_reason": found.asks_reason,
        "is_correction": found.is_correction,
        "as_seen": found.as_seen,
    }


def _preview_as_job(run: Run, kind: str, selection: dict, sent: dict, changed_on: str, page: str) -> Outcome:
    chosen = selection_of(kinds()[kind], selection)
    found = bulk.preview(chosen, wanted_of(chosen.kind, sent, run.by.reader, changed_on), run.by.reader)
    link = reverse("bulk", args=[chosen.kind.plural]) + (f"?preview={run.job.id}" if run.job else "")
    shown = {"change": None, "examples": [one.id for one in found.examples]}
    return Outcome("\n".join(_in_short(found)), link, as_data(found) | shown)


def _in_short(found: Preview) -> list[str]:
    """What it would do, without the records one by one."""
    if not found.changed and not found.refused:
        return [_("They all have these values already; nothing would change.")]
    text = ngettext("%d record would be changed.", "%d records would be changed.", found.changed)
    said = [text % found.changed, *sentences(replace(found, faults=[]))]
    return [*said, _("Look at it and decide. Nothing was changed.")] if found.changed and not found.trouble else said


# ---- doing it ------------------------------------------------------------------------------------------


@again_after_deadlock
@transaction.atomic
def edit_now_or_later(
    selection: Selection,
    sent: dict,
    *,
    by: Author,
    changed_on: str = "",
    as_seen: str = "",
    only_possible: bool = False,
) -> Edited | Job:
    """Many records are edited as a job. `sent` is what was asked, as `wanted_of` takes it. Raises as `edit` does.

    A request sent twice acts once, however many records its question has by then.
    """
    require_can_edit(by.reader)
    asked = {
        "kind": selection.kind.name, "selection": selection.said(), "sent": sent, "changed_on": changed_on,
        "only_possible": only_possible,
    }  # fmt: skip
    if not by.key:
        return _now_or_later(selection, asked, as_seen, by)
    text = json.dumps([BULK_EDIT.name, asked], default=str, sort_keys=True)
    before, is_new = submissions.take(by.reader.user_id or 0, by.key, text)
    if not is_new:
        return Job.objects.filter(id__in=before.ids).first() or Edited(before.change_id)
    done = _now_or_later(selection, asked, as_seen, replace(by, key=""))
    before.ids, before.change_id = ([done.id], None) if isinstance(done, Job) else ([], done.change)
    before.save(update_fields=["ids", "change_id"])
    return done


def _now_or_later(selection: Selection, asked: dict, as_seen: str, by: Author) -> Edited | Job:
    wanted = wanted_of(selection.kind, asked["sent"], by.reader, asked["changed_on"])
    if not selection.is_long(jobs.AT_ONCE, by.reader):
        return edit(selection, wanted, by=by, as_seen=as_seen, only_possible=asked["only_possible"])
    parameters = asked | {"as_seen": as_seen}
    return jobs.start(BULK_EDIT.name, by=by, parameters=parameters, subject=str(selection.kind.label_many))


def _as_job(run: Run, kind: str, selection: dict, sent: dict, changed_on: str, as_seen: str, only_possible: bool):
    chosen = selection_of(kinds()[kind], selection)
    wanted = wanted_of(chosen.kind, sent, run.by.reader, changed_on)
    done = edit(chosen, wanted, by=run.by, as_seen=as_seen, only_possible=only_possible)
    said = "\n".join([edited_sentence(done.preview.changed), *sentences(done.preview)])
    return Outcome(said, reverse("change", args=[done.change]) if done.change else "", {"change": done.change})


PREVIEW_BULK_EDIT = Work(
    "preview_bulk_edit", gettext_lazy("preview of a bulk edit"), _preview_as_job, gettext_lazy("records"), (Refused,)
)
BULK_EDIT = Work("bulk_edit", gettext_lazy("bulk edit"), _as_job, gettext_lazy("records"), (Refused,))
