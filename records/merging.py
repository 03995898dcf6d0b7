"""Merging: two records are one. What named the other names the kept one from then on, as one change with one undo.

    the other → retired, pointing at the kept one        what names it → names the kept one
    a row that then says what another one says → merged with that one, and so on

References are rewritten once rather than followed whenever something is read: every list, total and history stays the plain
question that it was. The other record's id and address lead to the kept one by its pointer, and undoing the change takes
the two apart again. What is only ever added, and so can name no other record, stands in the way.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from . import jobs, rewriting, staging, submissions
from .commands import Author, Done, again_after_deadlock, require_reason
from .history import change
from .kinds import Kind, Type, kinds
from .labels import Label, labels_of
from .problem_codes import coded
from .refusals import Fault, Moved, Refused, Stale
from .rewriting import rows, run
from .rights import Reader
from .rules import require_can_edit
from .sentences import explain
from .showing import Cell, Shower
from .staging import table_beside
from .undoing import SHOWN, Hindrance, told

ITS_OWN = ("slug", "visibility", "aliases")  # stay with the kept record; other names are united
POINTER = "merged_into"


def can_be_merged(kind: Kind) -> bool:
    """What has a name of its own, no file, and nothing that is only ever added."""
    is_added_to = any(k.counter and any(ref.target is kind.model for ref in k.refs) for k in kinds().values())
    return kind.label_base in kind.label and not kind.fixed and not is_added_to


@dataclass(frozen=True)
class Merge:
    """`other` is the same as `keep`, each in the version that was looked at.

    `take`: fields in which what the other says is right. None: those that the kept one leaves empty.
    """

    kind: Kind
    keep: UUID
    keep_version: int
    other: UUID
    other_version: int
    take: frozenset[str] | None = None


@dataclass(frozen=True)
class TwoValues:
    """A field in which the two differ, and whether the other's value is taken."""

    name: str
    label: str
    kept: Cell
    other: Cell
    takes_other: bool


@dataclass(frozen=True)
class Effect:
    """Rows of one kind that named the other: how many name the kept one then, how many were there twice; what they come to."""

    kind: Kind
    moved: int
    joined: int
    sums: tuple[str, ...] = ()


@dataclass
class MergePlan:
    keep: Label
    other: Label
    fields: list[TwoValues] = field(default_factory=list)
    names: list[str] = field(default_factory=list)  # that the kept one gets besides
    effects: list[Effect] = field(default_factory=list)
    hindrances: list[Hindrance] = field(default_factory=list)
    asks_reason: bool = False
    is_long: bool = False  # then what stands in the way is found by the job that does it


class CannotMerge(Refused):
    """Carries what stands in the way."""

    def __init__(self, hindrances: list[Hindrance]):
        self.hindrances = hindrances
        super().__init__([Fault("", hindrance.sentence) for hindrance in hindrances])


# ---- before --------------------------------------------------------------------------------------------


@again_after_deadlock
def plan(merge: Merge, reader: Reader) -> MergePlan:
    """What this would do, and what stands in its way. Changes nothing. Raises Http404, Refused."""
    require_can_edit(reader)
    with transaction.atomic():
        keep, other = _pair(merge, reader)
        labels = labels_of({merge.kind.name: {keep.id, other.id}}, set(), reader)
        take = _taken(merge, keep, other)
        found = MergePlan(labels[keep.id], labels[other.id], _differing(merge.kind, keep, other, take, reader))
        found.names = [name for name in _aliases(merge.kind, keep, other, take) if name not in keep.aliases]
        found.is_long = is_long(merge)
        if found.is_long:
            found.effects = [Effect(kind, number, 0) for kind, number in _naming(merge).items()]
        else:
            touched = _lay(merge, keep, other, take)
            wrong = list(rewriting.faults(touched, whatever_refers=True))
            found.hindrances = told(wrong[:SHOWN], reader)
            if not wrong and (trouble := rewriting.tried(touched)):
                found.hindrances = [Hindrance(trouble)]
            found.effects = _effects(merge, touched)
        found.asks_reason = any(effect.kind.asks_reason for effect in found.effects) or merge.kind.asks_reason
        transaction.set_rollback(True)
    return found


def is_long(merge: Merge) -> bool:
    """Whether more rows name the other than are rewritten while one waits."""
    return sum(_naming(merge, most=jobs.AT_ONCE + 1).values()) > jobs.AT_ONCE


def _naming(merge: Merge, most: int | None = None) -> dict[Kind, int]:
    """By kind: how many rows name the other; of each kind no more than `most` are counted."""
    found = {}
    for kind in kinds().values():
        if columns := _columns_naming(kind, {merge.kind}):
            ids = " UNION ".join(
                f"SELECT id FROM {_table(kind)} WHERE {c} = %(id)s AND NOT is_retired" for c in columns
            )
            limit = f" LIMIT {most}" if most else ""
            [(number,)] = rows(f"SELECT count(*) FROM (SELECT id FROM ({ids}) t{limit}) t", {"id": merge.other})
            found |= {kind: number} if number else {}
    return found


def _pair(merge: Merge, reader: Reader, *, as_seen: bool = False, hold: bool = False) -> tuple:
    """The two rows, with `as_seen` in the versions that were looked at, locked with `hold`. Raises Http404, Stale, Refused."""
    kind = merge.kind
    if not can_be_merged(kind):
        raise Refused(_("Records of this kind are not merged. Retire the one that is there twice."))
    if merge.keep == merge.other:
        raise Refused([Fault("other", coded("conflict", _("This is the record itself. Choose the other one.")))])
    asked = kind.model.objects.with_retired_visible_to(reader).filter(id__in=[merge.keep, merge.other]).order_by("id")
    if hold:
        asked = asked.select_for_update(of=("self",))
        rewriting.hold_place(f"SELECT unnest(ARRAY['{merge.keep}', '{merge.other}']::uuid[])")
    found = {row.id: row for row in asked}
    if merge.keep not in found or merge.other not in found:
        raise Http404
    pair = found[merge.keep], found[merge.other]
    for row, name in zip(pair, ("", "other"), strict=True):
        if row.is_retired:
            raise Refused([Fault(name, coded("retired", _("“%s” is retired. Restore it first.") % row))])
    versions = (merge.keep_version, merge.other_version)
    moved = [Moved(row.id, v, row) for row, v in zip(pair, versions, strict=True) if row.version != v]
    if moved and as_seen:
        raise Stale(moved)
    return pair


# ---- the values of the kept record ----------------------------------------------------------------------


def _taken(merge: Merge, keep, other) -> frozenset[str]:
    """The fields in which the other's value is taken. Raises Refused for what is none."""
    offered = [name for name in merge.kind.typed_fields if name not in ITS_OWN]
    if merge.take is None:
        return frozenset(name for name in offered if _is_empty(merge.kind, keep, name))
    if wrong := sorted(merge.take - set(offered)):
        text = _("“%(name)s” cannot be taken over; these can: %(all)s.")
        raise Refused([Fault("take", text % {"name": wrong[0], "all": ", ".join(offered)})])
    return merge.take


def _differing(kind: Kind, keep, other, take: frozenset[str], reader: Reader) -> list[TwoValues]:
    names = [name for name in kind.typed_fields if name not in ITS_OWN and not _is_empty(kind, other, name)]
    names = [name for name in names if _held(kind, keep, name) != _held(kind, other, name)]
    shower = Shower(kind, [keep, other], reader)
    return [
        TwoValues(name, str(kind.typed_fields[name].label), shower.cell(keep, name), shower.cell(other, name), name in take)
        for name in names
    ]  # fmt: skip


def _aliases(kind: Kind, keep, other, take: frozenset[str]) -> list[str]:
    """The other names of the kept one: its own, and every name of the other that it is not called by."""
    base = kind.label_base
    names = [f"{base}_ko", f"{base}_en"]
    called = [getattr(other if name in take else keep, name) for name in names]
    left = [getattr(row, name) for row in (keep, other) for name in names]
    return [
        name
        for name in dict.fromkeys([*keep.aliases, *left, *other.aliases])
        if name and (name in keep.aliases or name not in called)
    ]


def _is_empty(kind: Kind, row, name: str) -> bool:
    return _held(kind, row, name) in (None, "", [])


def _held(kind: Kind, row, name: str):
    return getattr(row, kind.model._meta.get_field(name).attname)


# ---- all rows as they would be --------------------------------------------------------------------------


def _lay(merge: Merge, keep, other, take: frozenset[str]) -> list[Kind]:
    """Lay the two and all that names the other. Returns the kinds that something is laid of."""
    rewriting.begin()
    run("DROP TABLE IF EXISTS pg_temp.joined")
    run("CREATE TEMPORARY TABLE joined (id uuid PRIMARY KEY, into_id uuid, kind text, round integer) ON COMMIT DROP")
    _lay_pair(merge, keep, other, take)
    number, fresh = 0, {merge.kind}
    while fresh:
        for kind in kinds().values():
            _name_the_kept(kind, fresh, number)
        number += 1
        fresh = {kind for kind in kinds().values() if _join_the_same(kind, number)}
    touched = [kind for kind in kinds().values() if rewriting.count(kind)]
    rewriting.note(touched)
    return touched


def _lay_pair(merge: Merge, keep, other, take: frozenset[str]) -> None:
    kind, table = merge.kind, _table(merge.kind)
    pair = {"keep": keep.id, "other": other.id, "kind": kind.name}
    columns = {kind.model._meta.get_field(name).column for name in take}
    values = {column: f'o."{column}"' for column in columns} | {"aliases": "%(aliases)s::varchar[]"}
    source = f"{table} t JOIN {table} o ON o.id = %(other)s WHERE t.id = %(keep)s"
    rewriting.lay(kind, values, source, pair | {"aliases": _aliases(kind, keep, other, take)})
    goes = {"is_retired": "true", "merged_into_id": "%(keep)s"}
    goes |= {name: "''" for name in kind.numbers if name in take}  # a number names one record
    rewriting.lay(kind, goes, f"{table} t WHERE t.id = %(other)s", pair)
    run("INSERT INTO joined VALUES (%(other)s, %(keep)s, %(kind)s, 0)", pair)


def _name_the_kept(kind: Kind, fresh: set[Kind], number: int) -> None:
    """Rows of this kind that name what was joined in this round name what it was joined with."""
    columns, table = _columns_naming(kind, fresh), _table(kind)
    joined = f"SELECT id FROM joined WHERE round = {number}"
    found = [f"SELECT id FROM {table} WHERE {column} IN ({joined})" for column in columns]
    if kind in fresh:
        found.append(f"SELECT id FROM records_record WHERE kind = '{kind.name}' AND merged_into_id IN ({joined})")
    if not found:
        return
    beside = table_beside(kind)
    is_new = f"NOT EXISTS (SELECT 1 FROM {beside} s WHERE s.id = t.id)"
    rewriting.lay(kind, {}, f"{table} t WHERE t.id IN ({' UNION '.join(found)}) AND {is_new}")
    for column in (*columns, *(["merged_into_id"] if kind in fresh else [])):
        run(f"UPDATE {beside} s SET {column} = j.into_id FROM joined j WHERE s.{column} = j.id AND j.round = {number}")


def _join_the_same(kind: Kind, number: int) -> int:
    """Rows that say now what another row says are merged with it. Returns how many. Money is never taken for the same."""
    if kind.asks_reason or kind.counter or kind.fixed:
        return 0
    beside, table, found = table_beside(kind), _table(kind), 0
    facts = [c for c in staging.columns(kind) if c not in ("id", "visibility", "is_retired", "merged_into_id")]
    mine, theirs = (", ".join(f'{t}."{c}"' for c in facts) for t in "st")
    for column in _columns_naming(kind, set(kinds().values())):
        found += run(
            f"INSERT INTO joined SELECT DISTINCT ON (s.id) s.id, t.id, '{kind.name}', {number}"
            f" FROM {beside} s JOIN {table} t ON t.{column} = s.{column} AND t.id <> s.id"
            f" WHERE s.{column} IN (SELECT into_id FROM joined) AND NOT s.is_retired AND NOT t.is_retired"
            f" AND t.visibility <= s.visibility AND ({mine}) IS NOT DISTINCT FROM ({theirs})"
            f" AND NOT EXISTS (SELECT 1 FROM {beside} o WHERE o.id = t.id) ORDER BY s.id, t.id ON CONFLICT DO NOTHING"
        )
    run(
        f"UPDATE {beside} s SET is_retired = true, merged_into_id = j.into_id FROM joined j"
        f" WHERE j.id = s.id AND j.round = {number}"
    )
    return found


def _columns_naming(kind: Kind, named: Iterable[Kind]) -> list[str]:
    """Columns of this kind, the pointer apart, that can name a record of one of these. What is only added names for good."""
    models = {other.model for other in named}
    return [
        f"{ref.name}_id"
        for ref in kind.refs
        if ref.name != POINTER and not kind.counter and (ref.type is Type.RECORD or ref.target in models)
    ]


def _effects(merge: Merge, touched: list[Kind]) -> list[Effect]:
    pair, found = {"pair": [merge.keep, merge.other]}, []
    for kind in touched:
        laid = rows(
            f"SELECT s.id, j.id IS NOT NULL FROM {table_beside(kind)} s LEFT JOIN joined j USING (id)"
            " WHERE s.id <> ALL(%(pair)s) AND (j.id IS NOT NULL OR NOT s.is_retired)",
            pair,
        )
        moved = [id for id, is_joined in laid if not is_joined]
        sums = tuple(import_string(kind.sums)(moved)) if kind.sums and moved else ()
        if laid:
            found.append(Effect(kind, len(moved), len(laid) - len(moved), sums))
    return found


# ---- doing it ------------------------------------------------------------------------------------------


@again_after_deadlock
@transaction.atomic
def carry_out(merge: Merge, *, by: Author) -> Done:
    """Merge the two as one change. Raises Http404, Stale, Refused; then nothing was done. A request sent twice acts once."""
    require_can_edit(by.reader)
    before = None
    if by.key:
        before, is_new = submissions.take(by.reader.user_id or 0, by.key, asked(merge))
        if not is_new:
            return Done(before.change_id, before.ids, is_repeated=True)
    keep, other = _pair(merge, by.reader, as_seen=True, hold=True)
    touched = _lay(merge, keep, other, _taken(merge, keep, other))
    if wrong := list(rewriting.faults(touched, whatever_refers=True)):
        raise CannotMerge(told(wrong[:SHOWN], by.reader))
    require_reason(any(kind.asks_reason for kind in touched), by)
    done = Done(_written(touched, by), [keep.id])
    if before:
        before.change_id, before.ids = done.change, done.ids
        before.save(update_fields=["change_id", "ids"])
    return done


def check(merge: Merge, by: Author) -> frozenset[str]:
    """What can be refused before a long merge begins; returns the fields that are taken. Raises as `carry_out` does."""
    keep, other = _pair(merge, by.reader, as_seen=True)
    require_reason(any(kind.asks_reason for kind in _naming(merge, most=1)), by)
    return _taken(merge, keep, other)


def asked(merge: Merge) -> str:
    """What was asked, in plain words: for telling whether two requests are the same."""
    take = "" if merge.take is None else ",".join(sorted(merge.take))
    return f"merge {merge.keep} {merge.keep_version} {merge.other} {merge.other_version} {merge.take is None} {take}"


def _written(touched: list[Kind], by: Author) -> int | None:
    who = {"actor_id": by.reader.user_id, "actor_name": by.name, "door": by.door, "reason": by.reason}
    try:
        with change(**who) as this:
            rewriting.write(touched)
    except IntegrityError as error:
        raise Refused(explain(error)) from error
    return this.pk if this.left_a_trace else None


def _table(kind: Kind) -> str:
    return kind.model._meta.db_table
