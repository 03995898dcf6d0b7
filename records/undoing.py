"""Undoing a change: what it did to each record is put back, as a change of its own. Nothing is deleted from the history.

    values → those of the version before    entered → retired    retired → restored    deleted → brought back

What is only ever added (the ledger) is taken back by a row against it instead.

Everything is worked out as a set: an import is undone in about the time that it took. What others have built upon is never
undone: the whole is refused with the reason for each record, or, where that is asked for, only the rest is undone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import jobs, rewriting, submissions
from .base import Change
from .commands import Author, again_after_deadlock, require_reason
from .history import change as one_change
from .kinds import Kind, kinds
from .labels import Label, labels_of
from .refusals import Fault, Refused
from .rewriting import Example, RowFault, rows, run
from .rights import Reader
from .rules import require_can_edit
from .sentences import explain
from .staging import columns, table_beside

EXAMPLES = 50  # of each kind
SHOWN = 200  # hindrances that are named; all are counted
MOST_VERSIONS = 10  # of each record: a change of more of them is a large one too
WHAT = {
    "put_back": gettext_lazy("values put back"),
    "retired": gettext_lazy("retired, because it was entered or restored"),
    "restored": gettext_lazy("restored, because it was retired"),
    "brought_back": gettext_lazy("brought back, because it was deleted"),
    "countered": gettext_lazy("taken back by a counter-entry, because it was entered"),
}


@dataclass(frozen=True)
class Part:
    """What would happen to the records of one kind: how many, and the first of them."""

    kind: Kind
    counts: tuple[tuple[str, str, int], ...]  # (name, words, number)
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Hindrance:
    """Why one record cannot be put back: what stands in the way, and the later change where it is one."""

    message: str
    kind: Kind | None = None  # None: the whole cannot
    id: UUID | None = None
    label: Label | None = None
    later: Change | None = None

    @property
    def sentence(self) -> str:
        return f"{self.label}: {self.message}" if self.label else self.message


@dataclass
class UndoPlan:
    change: Change
    parts: list[Part] = field(default_factory=list)
    hindrances: list[Hindrance] = field(default_factory=list)  # the first SHOWN
    hindered: int = 0  # records
    possible: int = 0  # records
    asks_reason: bool = False
    undone_by: Change | None = None
    is_long: bool = False
    worked_out_at: datetime | None = None  # by a job; None: just now

    @property
    def total(self) -> int:
        return self.hindered + self.possible


class CannotUndo(Refused):
    """Carries the plan, which says why."""

    def __init__(self, plan: UndoPlan):
        self.plan = plan
        super().__init__([Fault("", said) for said in sentences(plan)])


def sentences(plan: UndoPlan) -> list[str]:
    """Why this cannot be undone, or not all of it."""
    said = [_("It was undone by change %d already.") % plan.undone_by.pk] if plan.undone_by else []
    if not plan.total:
        said.append(_("There is nothing left to undo."))
    if plan.hindered:
        text = ngettext("%d record cannot be put back.", "%d records cannot be put back.", plan.hindered)
        said.append(text % plan.hindered)
    return [*said, *(hindrance.sentence for hindrance in plan.hindrances)]


# ---- before --------------------------------------------------------------------------------------------


def is_long(change: Change) -> bool:
    """Whether it touched more records than are put back, and looked at, while one waits."""
    most = jobs.AT_ONCE * MOST_VERSIONS
    each = " UNION ALL ".join(
        f"SELECT id FROM history.{table} WHERE ended_by = %(change)s"
        f" UNION ALL SELECT id FROM history.{table} WHERE change_id = %(change)s"
        for table in (kind.model._meta.db_table for kind in kinds().values())
    )
    versions, records = rows(
        "SELECT count(*), count(DISTINCT id) FROM (SELECT id FROM records_record WHERE change_id = %(change)s"
        f" UNION ALL {each} LIMIT {most}) t",
        {"change": change.pk},
    )[0]
    return records > jobs.AT_ONCE or versions == most


@again_after_deadlock
def plan(change: Change, reader: Reader) -> UndoPlan:
    """What undoing this change would do, and what stands in its way. Changes nothing."""
    require_can_edit(reader)
    with transaction.atomic():
        found = _laid(change, reader)
        if not found.hindered:
            found.hindrances += _tried(found)
        transaction.set_rollback(True)
    return found


def _laid(change: Change, reader: Reader, *, to_do: bool = False) -> UndoPlan:
    """Lay what can be put back as it was before this change, and find what stands in the way. `to_do`: hold it all."""
    _find_touched(change)
    rewriting.begin()
    touched = _touched_kinds()
    if to_do:
        _hold(touched)
    for kind in touched:
        _lay(kind)
        rewriting.leave_out_the_same(kind)
    rewriting.note(touched)
    wrong = _moved() + list(rewriting.faults(touched, whatever_refers=True))
    wrong = rewriting.leave_out(wrong, touched, whatever_refers=True)
    found = UndoPlan(
        change,
        hindrances=told(wrong[:SHOWN], reader),
        hindered=len({fault.id for fault in wrong}),
        possible=sum(map(rewriting.count, touched)),
        asks_reason=any(kind.asks_reason for kind in touched),
        undone_by=last_undoing(change),
        is_long=is_long(change),
    )
    if not to_do:
        found.parts = [_part(kind, reader) for kind in touched if rewriting.count(kind)]
    return found


def last_undoing(change: Change) -> Change | None:
    return Change.objects.filter(undoes=change).order_by("-id").first()


def examples(change: Change, ids: Mapping[str, list[str]], reader: Reader) -> dict[str, list[Example]]:
    """What undoing this change would do to these records, by the name of their kind, as they are now. Changes nothing."""
    with transaction.atomic():
        _find_touched(change, [id for some in ids.values() for id in some])
        rewriting.begin()
        touched = _touched_kinds()
        for kind in touched:
            _lay(kind)
            rewriting.leave_out_the_same(kind)
        found = {kind.name: rewriting.examples(kind, reader, most=EXAMPLES) for kind in touched}
        transaction.set_rollback(True)
    return found


def _hold(touched: list[Kind]) -> None:
    """Nobody changes these records, or puts others under them, until it is done."""
    for kind in sorted(touched, key=lambda kind: kind.name):
        rewriting.hold(kind, f"SELECT id FROM touched WHERE kind = '{kind.name}'")
    rewriting.hold_place("SELECT id FROM touched")


TOUCHED = """
SELECT '{kind}' AS kind, id, min(version) FILTER (WHERE is_ended AND NOT is_begun) AS before,
  coalesce(max(version) FILTER (WHERE is_begun AND NOT is_ended), max(version) + 1) AS left_at,
  max(version) FILTER (WHERE is_begun AND NOT is_ended) IS NULL AS was_deleted
FROM (
  SELECT id, version, change_id = %(change)s AS is_begun, true AS is_ended FROM history.{table} t
    WHERE ended_by = %(change)s AND {among}
  UNION ALL SELECT id, version, true, false FROM history.{table} t
    WHERE change_id = %(change)s AND ended_by <> %(change)s AND {among}
  UNION ALL SELECT t.id, t.version, true, false FROM records_record r JOIN {table} t USING (id)
    WHERE r.change_id = %(change)s AND r.kind = '{kind}' AND t.change_id = %(change)s AND {among}
) v GROUP BY id
"""


# What was changed since and changed back again is as the change left it.
AS_IT_WAS_LEFT = """
UPDATE touched u SET left_at = present.version
FROM public.{table} present JOIN history.{table} left_as ON left_as.id = present.id
WHERE u.kind = '{kind}' AND present.id = u.id AND present.version > u.left_at AND left_as.version = u.left_at
  AND NOT u.was_deleted AND ({present}) IS NOT DISTINCT FROM ({left_as})
"""


def _find_touched(change: Change, ids: list[str] | None = None) -> None:
    """`touched`: each record with its version before the change (null: there was none) and that in which it left it.

    With `ids` only those of these.
    """
    among = "true" if ids is None else "t.id = ANY(%(ids)s::uuid[])"
    each = " UNION ALL ".join(
        TOUCHED.format(kind=k.name, table=k.model._meta.db_table, among=among) for k in kinds().values()
    )
    run("DROP TABLE IF EXISTS pg_temp.touched")
    run(
        "CREATE TEMPORARY TABLE touched ON COMMIT DROP AS"
        f" SELECT * FROM ({each}) t WHERE NOT (before IS NULL AND was_deleted)",
        {"change": change.pk, "ids": ids},
    )
    run("CREATE INDEX ON touched (kind, id); ANALYZE touched")
    for kind in _touched_kinds():
        run(AS_IT_WAS_LEFT.format(kind=kind.name, table=kind.model._meta.db_table, **_facts(kind)))


def _facts(kind: Kind) -> dict[str, str]:
    """The facts of a row as it is, and as it was left."""
    return {t: ", ".join(f'{t}."{name}"' for name in columns(kind)) for t in ("present", "left_as")}


def _touched_kinds() -> list[Kind]:
    names = {name for (name,) in rows("SELECT DISTINCT kind FROM touched")}
    return [kind for name, kind in kinds().items() if name in names]


def _lay(kind: Kind) -> None:
    """Those records that are as the change left them, as they were before it."""
    table, of_kind = kind.model._meta.db_table, f"u.kind = '{kind.name}'"
    as_left = "JOIN records_record r ON r.id = u.id AND r.version = u.left_at"
    # a column that did not exist then keeps its value of today
    kept = {
        f.column: f'coalesce(t."{f.column}", p."{f.column}")' for f in kind.model._meta.concrete_fields if not f.null
    }
    rewriting.lay(
        kind,
        {name: sql for name, sql in kept.items() if name in columns(kind)},
        f"touched u {as_left} JOIN history.{table} t ON t.id = u.id AND t.version = u.before"
        f" LEFT JOIN public.{table} p ON p.id = u.id WHERE {of_kind}",
    )
    entered = f"touched u {as_left} JOIN public.{table} t ON t.id = u.id WHERE {of_kind} AND u.before IS NULL"
    if kind.counter:
        against = {"id": "new_id()", kind.counter.against: "t.id", **kind.counter.columns}
        rewriting.lay(kind, against, f"{entered} AND {kind.counter.is_needed}")
    else:
        rewriting.lay(kind, {"is_retired": "true"}, entered)


def _part(kind: Kind, reader: Reader) -> Part:
    found = dict(
        rows(
            f"SELECT CASE WHEN t.id IS NULL THEN '{'countered' if kind.counter else 'brought_back'}' WHEN s.is_retired AND NOT t.is_retired THEN 'retired'"
            " WHEN t.is_retired AND NOT s.is_retired THEN 'restored' ELSE 'put_back' END, count(*)"
            f" FROM {table_beside(kind)} s LEFT JOIN {kind.model._meta.db_table} t USING (id) GROUP BY 1"
        )
    )
    counts = tuple((name, str(words), found[name]) for name, words in WHAT.items() if name in found)
    return Part(kind, counts, tuple(rewriting.examples(kind, reader, most=EXAMPLES)))


def _tried(found: UndoPlan) -> list[Hindrance]:
    """What only doing it tells. Not asked of long work."""
    trouble = "" if found.is_long else rewriting.tried(_touched_kinds())
    return [Hindrance(trouble)] if trouble else []


# ---- what stands in the way ----------------------------------------------------------------------------


def _moved() -> list[RowFault]:
    """Records that a later change has changed or deleted."""
    found = rows(
        "SELECT u.kind, u.id, r.is_deleted, r.change_id FROM touched u JOIN records_record r USING (id)"
        " WHERE r.version <> u.left_at ORDER BY u.kind, u.id"
    )
    changed, deleted = _("It was changed again since."), _("It was deleted since.")
    return [
        RowFault(kinds()[name], id, "", deleted if is_deleted else changed, by) for name, id, is_deleted, by in found
    ]


def told(wrong: list[RowFault], reader: Reader) -> list[Hindrance]:
    ids: dict[str, set] = {}
    for fault in wrong:
        ids.setdefault(fault.kind.name, set()).add(fault.id)
    labels = labels_of(ids, set(), reader)
    changes = Change.objects.in_bulk({fault.later for fault in wrong if fault.later})
    return [
        Hindrance(fault.sentence, fault.kind, fault.id, labels.get(fault.id), changes.get(fault.later))
        for fault in wrong
    ]


# ---- doing it ------------------------------------------------------------------------------------------


@dataclass
class Undone:
    """The change that undid it (None: nothing was left to undo), and what stays as it is."""

    change: int | None
    left: UndoPlan | None = None  # None where the same request had been carried out before


@again_after_deadlock
@transaction.atomic
def undo(change_id: int, *, by: Author, only_possible: bool = False) -> Undone:
    """Undo it as one change. Raises CannotUndo if anything stands in the way; with `only_possible` the rest is undone.

    Of two at once one wins, and the other is told.
    """
    require_can_edit(by.reader)
    before = None
    if by.key:
        before, is_new = submissions.take(by.reader.user_id or 0, by.key, f"undo {change_id} {only_possible}")
        if not is_new:
            return Undone(before.change_id)
    change = Change.objects.select_for_update(no_key=True).filter(pk=change_id).first()
    if change is None:
        raise Http404
    done = _undone(change, by, only_possible)
    if before:
        before.change_id = done.change
        before.save(update_fields=["change_id"])
    return done


def check(found: UndoPlan, by: Author, only_possible: bool) -> None:
    """Whether this may be done as it was found. Raises CannotUndo, Refused."""
    if not found.possible or (found.hindered and not only_possible):
        raise CannotUndo(found)
    require_reason(found.asks_reason, by)


def _undone(change: Change, by: Author, only_possible: bool) -> Undone:
    found = _laid(change, by.reader, to_do=True)
    check(found, by, only_possible)
    try:
        with one_change(
            actor_id=by.reader.user_id, actor_name=by.name, door=by.door, reason=by.reason, undoes=change
        ) as this:
            rewriting.write(_touched_kinds())
    except IntegrityError as error:
        raise Refused(explain(error)) from error
    if not this.left_a_trace:
        raise CannotUndo(found)
    return Undone(this.pk, found)
