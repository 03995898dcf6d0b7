"""Bulk edits: the same values set in many records at once, in those selected or in all that answer a question.

    selection → what is wanted → preview: how many change, what is refused and why, examples → one change with one undo

Worked out and written as a set, under the rules of `Edit`, `Retire` and `Restore`. `as_seen` is what a preview was made from:
where the records have moved on since, nothing is done and it is said how many.
"""

from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import jobs, rewriting
from .base import Change
from .commands import Author, again_after_deadlock, require_reason
from .history import change
from .kinds import Kind
from .labels import Label
from .problem_codes import coded
from .refusals import Fault, Refused
from .rewriting import Example, RowFault, rows, run
from .rights import Reader
from .rules import require_can_edit
from .selecting import Selection, Wanted
from .sentences import explain
from .staging import table_beside

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
    worked_out_at: datetime | None = None  # by a job; None: just now

    @property
    def is_long(self) -> bool:
        return self.selected > jobs.AT_ONCE


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


def edited_sentence(number: int) -> str:
    return ngettext("%d record was changed.", "%d records were changed.", number) % number


@again_after_deadlock
def preview(selection: Selection, wanted: Wanted, reader: Reader) -> Preview:
    """What this edit would do. Changes nothing."""
    require_can_edit(reader)
    with transaction.atomic():
        found = _laid(selection, wanted, reader)
        found.examples = rewriting.examples(selection.kind, reader, most=EXAMPLES)
        if not found.refused and found.changed <= jobs.AT_ONCE:
            found.trouble = rewriting.tried([selection.kind])
        transaction.set_rollback(True)
    return found


def examples(kind: Kind, ids: list[UUID], wanted: Wanted, reader: Reader) -> list[Example]:
    """What this edit would do to these records, as they are now. Changes nothing."""
    if not ids:
        return []
    with transaction.atomic():
        _choose(Selection(kind, tuple(ids)), reader, hold=False)
        _lay(kind, wanted)
        found = rewriting.examples(kind, reader, most=EXAMPLES)
        transaction.set_rollback(True)
    return found


def _laid(selection: Selection, wanted: Wanted, reader: Reader, as_seen: str | None = None) -> Preview:
    """With the rows laid that can be written, as they would be. With `as_seen` ("": whatever it was) all is held."""
    kind = selection.kind
    _choose(selection, reader, hold=as_seen is not None)
    _refuse_missing(selection)
    if as_seen is not None and wanted.is_retired:
        rewriting.hold_place("SELECT id FROM chosen")
    seen = _seen(kind)
    if as_seen and seen.rpartition(" ")[2] != as_seen.rpartition(" ")[2]:
        raise MovedOn(_number_moved(kind, as_seen))
    selected = int(seen.partition(" ")[0])
    same = _lay(kind, wanted)
    rewriting.note([kind])
    wrong = rewriting.leave_out(_retired(kind, wanted) + list(rewriting.faults([kind])), [kind])
    refused = {fault.id for fault in wrong}
    laid = rewriting.count(kind)
    labels = rewriting.labels(kind, [fault.id for fault in wrong[:SHOWN]], reader)
    is_correction = not wanted.changed_on and kind.is_succeeded and _overwrites(kind, wanted)
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


def _lay(kind: Kind, wanted: Wanted) -> int:
    """Those chosen that may be edited, as they would be. Returns how many are so already."""
    rewriting.begin()
    given, parameters = wanted.sql(kind)
    source = f"chosen c JOIN {kind.model._meta.db_table} t ON t.id = c.id WHERE NOT {_is_out(wanted)}"
    rewriting.lay(kind, given, source, parameters)
    return rewriting.leave_out_the_same(kind)


def _is_out(wanted: Wanted) -> str:
    """SQL: retired records are only retired and restored."""
    return "t.is_retired" if wanted.is_retired is None else "false"


def _choose(selection: Selection, reader: Reader, *, hold: bool) -> None:
    """`chosen`: the ids of the selection. Held in one order for everybody; what answers the question no more is let go."""
    asked, parameters = selection.rows(reader).order_by().values("id").query.sql_with_params()
    run("DROP TABLE IF EXISTS pg_temp.chosen")
    run(f"CREATE TEMPORARY TABLE chosen ON COMMIT DROP AS {asked}", parameters)
    if hold:
        rewriting.hold(selection.kind, "SELECT id FROM chosen")
        run(f"DELETE FROM chosen WHERE id NOT IN (SELECT id FROM ({asked}) still)", parameters)
    run("CREATE UNIQUE INDEX ON chosen (id); ANALYZE chosen")


def _refuse_missing(selection: Selection) -> None:
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


def _retired(kind: Kind, wanted: Wanted) -> list[RowFault]:
    text = coded("retired", _("This record is retired. Restore it before you change it."))
    table = kind.model._meta.db_table
    found = rows(f"SELECT t.id FROM chosen JOIN {table} t USING (id) WHERE {_is_out(wanted)} ORDER BY 1")
    return [RowFault(kind, id, "", text) for (id,) in found]


def _overwrites(kind: Kind, wanted: Wanted) -> bool:
    """Whether a value that stood there is replaced, rather than a gap filled."""
    replaced = [
        f"""(t."{c}" IS DISTINCT FROM s."{c}" AND coalesce(t."{c}"::text, '') NOT IN ('', '{{}}'))"""
        for c in wanted.sql(kind)[0]
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
    check(found, by, only_possible)
    return Edited(_written(selection.kind, wanted, found, by), found)


def check(found: Preview, by: Author, only_possible: bool) -> None:
    """Whether this may be done as it was found. Raises CannotEdit, Refused."""
    if found.refused and not only_possible:
        raise CannotEdit(found)
    require_reason(found.asks_reason, by)


def _written(kind: Kind, wanted: Wanted, found: Preview, by: Author) -> int | None:
    nature = Change.Nature.CORRECTION if found.is_correction else Change.Nature.CHANGE if wanted.changed_on else ""
    who = {"actor_id": by.reader.user_id, "actor_name": by.name, "door": by.door, "reason": by.reason}
    try:
        with change(**who, nature=nature, effective_on=wanted.changed_on) as this:
            rewriting.write([kind])
    except IntegrityError as error:
        raise Refused(explain(error)) from error
    return this.pk if this.left_a_trace else None
