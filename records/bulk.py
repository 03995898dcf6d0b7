"""Bulk edits: the same values set in many records at once, in those selected or in all that answer a question.

    selection → what is wanted → preview: how many change, what is refused and why, examples → one change with one undo

Worked out and written as a set, under the rules of `Edit`, `Retire` and `Restore`. `as_seen` is what a preview was made from:
where the records have moved on since, nothing is done and it is said how many.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import jobs, rewriting, submissions
from .base import Change
from .commands import Author, again_after_deadlock
from .history import change
from .jobs import Job, Outcome, Run, Work
from .kinds import Kind, kinds
from .labels import Label
from .refusals import Fault, Refused
from .rewriting import Example, RowFault, rows, run
from .rights import Reader
from .rules import require_can_edit
from .selecting import Selection, Wanted, selection_of, wanted_of
from .sentences import explain
from .staging import table_beside

AT_ONCE = 2000  # records; more are edited as a job
SHOWN = 200  # refusals that are named; all are counted
EXAMPLES = 20


# ---- before --------------------------------------------------------------------------------------------


@dataclass
class Preview:
    """How many records are selected, would change, are so already, are refused; the first refusals; examples."""

    selected: int
    changed: int = 0
    same: int = 0
    refused: int = 0
    faults: list[tuple[Label | None, RowFault]] = field(default_factory=list)
    examples: list[Example] = field(default_factory=list)
    asks_reason: bool = False
    is_correction: bool = False
    as_seen: str = ""
    trouble: str = ""  # why the whole is refused

    @property
    def is_long(self) -> bool:
        return self.changed > AT_ONCE


class CannotEdit(Refused):
    """Some records are refused. Carries the preview, which says which and why."""

    def __init__(self, preview: Preview):
        self.preview = preview
        super().__init__(Fault("", said) for said in sentences(preview))


class MovedOn(Refused):
    """Records have moved on since the preview. Nothing was done."""

    def __init__(self, number: int):
        self.number = number
        text = ngettext(
            "%d of these records has changed since the preview, or is no longer among them. Nothing was done; look at it anew.",
            "%d of these records have changed since the preview, or are no longer among them. Nothing was done; look at it anew.",
            number,
        )
        super().__init__(text % number)


def sentences(preview: Preview) -> list[str]:
    said = [preview.trouble] if preview.trouble else []
    if preview.refused:
        said.append(ngettext("%d record is refused.", "%d records are refused.", preview.refused) % preview.refused)
    return said + [f"{label}: {fault.sentence}" if label else fault.sentence for label, fault in preview.faults]


@again_after_deadlock
def preview(selection: Selection, wanted: Wanted, reader: Reader) -> Preview:
    """What this edit would do. Changes nothing."""
    require_can_edit(reader)
    with transaction.atomic():
        found = _laid(selection, wanted, reader)
        found.examples = rewriting.examples(selection.kind, reader, most=EXAMPLES)
        if not found.refused and not found.is_long:
            found.trouble = _tried(selection.kind)
        transaction.set_rollback(True)
    return found


def _tried(kind: Kind) -> str:
    """What only doing it tells, e.g. a circle."""
    try:
        with transaction.atomic():
            rewriting.write([kind])
            transaction.set_rollback(True)
    except IntegrityError as error:
        return explain(error)
    return ""


def _laid(selection: Selection, wanted: Wanted, reader: Reader, as_seen: str | None = None) -> Preview:
    """With the rows laid that can be written, as they would be. With `as_seen` ("": whatever it was) all is held."""
    kind = selection.kind
    _choose(selection, reader, hold=as_seen is not None)
    if as_seen is not None and wanted.is_retired:
        rewriting.hold_place("SELECT id FROM chosen")
    seen = _seen(kind)
    if as_seen and seen.rpartition(" ")[2] != as_seen.rpartition(" ")[2]:
        raise MovedOn(_number_moved(kind, as_seen))
    selected = int(seen.partition(" ")[0])
    rewriting.begin()
    table = kind.model._meta.db_table
    is_out = "t.is_retired" if wanted.is_retired is None else "false"
    given, parameters = wanted.sql(kind)
    rewriting.lay(kind, given, f"chosen c JOIN {table} t ON t.id = c.id WHERE NOT {is_out}", parameters)
    same = rewriting.leave_out_the_same(kind)
    rewriting.note([kind])
    wrong = rewriting.leave_out(_retired(kind, is_out) + list(rewriting.faults([kind])), [kind])
    refused = {fault.id for fault in wrong}
    laid = rewriting.count(kind)
    labels = rewriting.labels(kind, [fault.id for fault in wrong[:SHOWN]], reader)
    is_correction = not wanted.changed_on and kind.is_succeeded and _overwrites(kind, given)
    return Preview(
        selected,
        changed=laid,
        same=same,
        refused=len(refused),
        faults=[(labels.get(fault.id), fault) for fault in wrong[:SHOWN]],
        asks_reason=laid > 0 and (kind.asks_reason or is_correction),
        is_correction=is_correction,
        as_seen=seen,
    )


def _choose(selection: Selection, reader: Reader, *, hold: bool) -> None:
    """`chosen`: the ids of the selection. Held in one order for everybody; what answers the question no more is let go."""
    asked, parameters = selection.rows(reader).order_by().values("id").query.sql_with_params()
    run("DROP TABLE IF EXISTS pg_temp.chosen")
    run(f"CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS {asked}", parameters)
    if hold:
        rewriting.hold(selection.kind, "SELECT id FROM chosen")
        run(f"DELETE FROM chosen WHERE id NOT IN (SELECT id FROM ({asked}) still)", parameters)
    run("CREATE UNIQUE INDEX ON chosen (id); ANALYZE chosen")
    missing = len(selection.ids) - rows("SELECT count(*) FROM chosen")[0][0] if selection.ids is not None else 0
    if missing:
        text = ngettext("%d of these records does not exist.", "%d of these records do not exist.", missing)
        raise Refused([Fault("ids", text % missing)])


def _seen(kind: Kind) -> str:
    """How many are chosen, now, and a digest of their versions."""
    number, at, versions = rows(
        "SELECT count(*), clock_timestamp(), coalesce(string_agg(t.id || ':' || t.version, ',' ORDER BY t.id), '')"
        f" FROM chosen JOIN {kind.model._meta.db_table} t USING (id)"
    )[0]
    return f"{number} {at.isoformat()} {sha256(versions.encode()).hexdigest()}"


def _number_moved(kind: Kind, as_seen: str) -> int:
    """About how many: those that changed since, and those that are missing."""
    try:
        number, at, _digest = as_seen.split(" ")
        before, since = int(number), datetime.fromisoformat(at)
    except ValueError:
        raise Refused([Fault("as_seen", not_seen())]) from None
    new, old = rows(
        "SELECT count(*) FILTER (WHERE t.updated_at > %(since)s), count(*) FILTER (WHERE t.updated_at <= %(since)s)"
        f" FROM chosen JOIN {kind.model._meta.db_table} t USING (id)",
        {"since": since},
    )[0]
    return max(1, new, before - old)


def not_seen() -> str:
    return _("This is not what a preview gave.")


def _retired(kind: Kind, is_out: str) -> list[RowFault]:
    text = _("This record is retired. Restore it before you change it.")
    found = rows(f"SELECT t.id FROM chosen JOIN {kind.model._meta.db_table} t USING (id) WHERE {is_out} ORDER BY 1")
    return [RowFault(kind, id, "", text) for (id,) in found]


def _overwrites(kind: Kind, given: Mapping[str, str]) -> bool:
    """Whether a value that stood there is replaced, rather than a gap filled."""
    replaced = [
        f"""(t."{c}" IS DISTINCT FROM s."{c}" AND coalesce(t."{c}"::text, '') NOT IN ('', '{{}}'))"""
        for c in given
        if c != "is_retired"
    ]
    table = kind.model._meta.db_table
    where = " OR ".join(replaced) or "false"
    return bool(rows(f"SELECT 1 FROM {table_beside(kind)} s JOIN {table} t USING (id) WHERE {where} LIMIT 1"))


# ---- doing it ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Edited:
    """The change that did it (None: nothing was changed), and what it was."""

    change: int | None
    preview: Preview | None = None  # None where the same request had been carried out before


@again_after_deadlock
@transaction.atomic
def edit(selection: Selection, wanted: Wanted, *, by: Author, as_seen: str = "", only_possible: bool = False) -> Edited:
    """As one change. Raises MovedOn, CannotEdit (with `only_possible` the others are edited), Refused; then nothing was done."""
    require_can_edit(by.reader)
    found = _laid(selection, wanted, by.reader, as_seen)
    if found.refused and not only_possible:
        raise CannotEdit(found)
    if found.asks_reason and not by.reason:
        raise Refused([Fault("reason", _("Say why: this change is kept with its reason."))])
    return Edited(_written(selection.kind, wanted, found, by), found)


def _written(kind: Kind, wanted: Wanted, found: Preview, by: Author) -> int | None:
    nature = Change.Nature.CORRECTION if found.is_correction else Change.Nature.CHANGE if wanted.changed_on else ""
    who = {"actor_id": by.reader.user_id, "actor_name": by.name, "door": by.door, "reason": by.reason}
    try:
        with change(**who, nature=nature, effective_on=wanted.changed_on) as this:
            rewriting.write([kind])
    except IntegrityError as error:
        raise Refused(explain(error)) from error
    return this.pk if this.left_a_trace else None


# ---- as a job ------------------------------------------------------------------------------------------


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
    if not selection.is_long(AT_ONCE, by.reader):
        return edit(selection, wanted, by=by, as_seen=as_seen, only_possible=asked["only_possible"])
    parameters = asked | {"as_seen": as_seen}
    return jobs.start(BULK_EDIT.name, by=by, parameters=parameters, subject=str(selection.kind.label_many))


def _as_job(run: Run, kind: str, selection: dict, sent: dict, changed_on: str, as_seen: str, only_possible: bool):
    chosen = selection_of(kinds()[kind], selection)
    wanted = wanted_of(chosen.kind, sent, run.by.reader, changed_on)
    done = edit(chosen, wanted, by=run.by, as_seen=as_seen, only_possible=only_possible)
    said = "\n".join([edited_sentence(done.preview.changed), *sentences(done.preview)])
    return Outcome(said, reverse("change", args=[done.change]) if done.change else "", {"change": done.change})


def edited_sentence(number: int) -> str:
    return ngettext("%d record was changed.", "%d records were changed.", number) % number


BULK_EDIT = Work("bulk_edit", gettext_lazy("bulk edit"), _as_job, gettext_lazy("records"), (Refused,))
