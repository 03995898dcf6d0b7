"""Many records as they would be after a change: laid beside their tables, checked there, then taken over as a set.

For undoing and for bulk edits. All in one transaction: `begin`, then lay rows and `note` them, `faults`, `write`.
Besides what the tables themselves refuse (staging.py), a record is not retired while others stand on it, and does not come
back under what is retired.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from . import staging
from .kinds import Kind, Type, kinds
from .labels import label_of, labels_of
from .problem_codes import coded
from .rights import Reader
from .sentences import explain
from .showing import Cell, Shower
from .staging import table_beside


@dataclass(frozen=True)
class RowFault:
    """Why one record cannot be changed as asked: at which field ("" for the whole record), and by which later change."""

    kind: Kind
    id: UUID
    field: str
    message: str
    later: int | None = None

    @property
    def sentence(self) -> str:
        """With its field where it has one."""
        field = self.kind.all_fields.get(self.field)
        return f"{field.label}: {self.message}" if field else self.message


@dataclass(frozen=True)
class Example:
    """One record and what would change in it: (field, before, after)."""

    id: UUID
    label: object
    differences: tuple[tuple[str, Cell, Cell], ...]


def begin() -> None:
    """The empty tables beside those of the kinds, and `rewritten`: every row that is laid, and whether it will be retired."""
    run(
        f"DROP TABLE IF EXISTS {', '.join(f'pg_temp.{table_beside(kind)}' for kind in kinds().values())}, pg_temp.rewritten"
    )
    for kind in kinds().values():
        staging.make(kind)
    run("CREATE TEMPORARY TABLE rewritten (id uuid PRIMARY KEY, is_retired boolean) ON COMMIT DROP")


def lay(kind: Kind, values: dict[str, str], source: str, parameters: dict | None = None) -> None:
    """Lay the rows that `source` gives (what stands after FROM; `t` has the row's columns and is in it).

    `values`: SQL for those columns that are to be others than those of `t`.
    """
    names = staging.columns(kind)
    given = ", ".join(values.get(name, f't."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    run(
        f"INSERT INTO {table_beside(kind)} (row_number, {columns})"
        f" SELECT (SELECT coalesce(max(row_number), 0) FROM {table_beside(kind)}) + row_number() OVER (ORDER BY t.id), {given}"
        f" FROM {source}",
        parameters,
    )


def leave_out_the_same(kind: Kind) -> int:
    """Forget the rows that would be as they are. Returns how many those were."""
    facts = [name for name in staging.columns(kind) if name != "id"]
    here, there = (", ".join(f'{t}."{name}"' for name in facts) for t in "ts")
    table = kind.model._meta.db_table
    return run(
        f"DELETE FROM {table_beside(kind)} s USING {table} t WHERE t.id = s.id AND ({here}) IS NOT DISTINCT FROM ({there})"
    )


def note(laid: Iterable[Kind]) -> None:
    """Of all rows that are laid: which will be retired, which not."""
    for kind in laid:
        run(f"INSERT INTO rewritten SELECT id, is_retired FROM {table_beside(kind)}")
        run(f"CREATE INDEX ON {table_beside(kind)} (id); ANALYZE {table_beside(kind)}")
    run("ANALYZE rewritten")


def count(kind: Kind) -> int:
    return rows(f"SELECT count(*) FROM {table_beside(kind)}")[0][0]


# ---- what is wrong -------------------------------------------------------------------------------------


def faults(laid: Iterable[Kind], *, whatever_refers: bool = False) -> Iterator[RowFault]:
    """Everything for which these rows cannot be written.

    What lies under a record that will be retired stands on it; with `whatever_refers` also everything that names it.
    """
    for kind in laid:
        found = list(staging.refused(kind, {}))
        ids = dict(rows(f"SELECT row_number, id FROM {table_beside(kind)}")) if found else {}
        for row, field, message in found:
            yield RowFault(kind, ids[row], field, message)
        yield from _under_what_is_retired(kind)
    yield from _stood_upon(laid, whatever_refers)


def _under_what_is_retired(kind: Kind) -> Iterator[RowFault]:
    if kind.counter:  # what was entered under it is taken back
        return
    table = kind.model._meta.db_table
    for column in hiding(kind):
        found = rows(
            f"SELECT s.id FROM {table_beside(kind)} s JOIN records_record r ON r.id = s.{column}"
            f" LEFT JOIN rewritten w ON w.id = s.{column}"
            " WHERE NOT s.is_retired AND coalesce(w.is_retired, r.is_retired) AND NOT EXISTS"
            f" (SELECT 1 FROM {table} t WHERE t.id = s.id AND NOT t.is_retired AND t.{column} = s.{column} AND r.is_retired)"
        )
        for (id,) in found:
            field = column.removesuffix("_id")
            yield RowFault(
                kind, id, field, coded("retired", _("What it belongs to is retired as well. Restore that first."))
            )


def _stood_upon(laid: Iterable[Kind], whatever_refers: bool) -> Iterator[RowFault]:
    """Records that will be retired although others, which will not, stand on them."""
    going = "SELECT w.id FROM rewritten w JOIN records_record r USING (id) WHERE w.is_retired AND NOT r.is_retired"
    run(f"DROP TABLE IF EXISTS pg_temp.going; CREATE TEMPORARY TABLE going ON COMMIT DROP AS {going}; ANALYZE going")
    if not rows("SELECT 1 FROM going LIMIT 1"):
        return
    upon: dict[UUID, dict[Kind, int]] = defaultdict(lambda: defaultdict(int))
    for kind in kinds().values():
        if kind.counter and not whatever_refers:  # what is only added stays when its record is retired
            continue
        for column in referring(kind) if whatever_refers else hiding(kind):
            for id, number in rows(_standing(kind, column)):
                upon[id][kind] += number
    names = dict(rows("SELECT r.id, r.kind FROM records_record r WHERE r.id = ANY(%(ids)s)", {"ids": list(upon)}))
    text = _("Others stand on it: %s. Retire or change them first.")
    for id, numbers in upon.items():
        what = ", ".join(f"{kind.label_many} {number}" for kind, number in numbers.items())
        yield RowFault(kinds()[names[id]], id, "", text % what)


def _standing(kind: Kind, column: str) -> str:
    """SQL: how many rows of this kind, as they will be, name each of those that will be retired in this column."""
    table = kind.model._meta.db_table
    if kind.counter:
        return (
            f"SELECT t.{column}, count(*) FROM going g JOIN {table} t ON t.{column} = g.id WHERE {kind.counter.is_needed}"
            f" AND NOT EXISTS (SELECT 1 FROM {table_beside(kind)} s WHERE s.{kind.counter.against} = t.id) GROUP BY 1"
        )
    return (
        f"SELECT x.ref, count(*) FROM (SELECT t.{column} AS ref FROM going g JOIN {table} t ON t.{column} = g.id"
        "  WHERE NOT t.is_retired AND NOT EXISTS (SELECT 1 FROM rewritten w WHERE w.id = t.id)"
        f" UNION ALL SELECT s.{column} FROM {table_beside(kind)} s JOIN going g ON g.id = s.{column} WHERE NOT s.is_retired"
        ") x GROUP BY 1"
    )


def hiding(kind: Kind) -> list[str]:
    """Columns of the records that one of this kind lies under."""
    found = rows("SELECT col FROM records_under WHERE child = %(table)s AND hides ORDER BY 1", _table(kind))
    return [column for (column,) in found]


def referring(kind: Kind) -> list[str]:
    """Columns that name any record; what was merged into another is retired, and stands on nothing."""
    return [kind.model._meta.get_field(ref.name).column for ref in kind.refs if ref.name != "merged_into"]


def _table(kind: Kind) -> dict:
    return {"table": kind.model._meta.db_table}


# ---- doing it ------------------------------------------------------------------------------------------


def hold(kind: Kind, ids: str, parameters: dict | None = None) -> None:
    """Lock the rows of this kind whose ids the SQL `ids` gives, in one order for everybody."""
    table = kind.model._meta.db_table
    run(
        f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE) held",
        parameters,
    )


def hold_place(ids: str) -> None:
    """Nothing is put under the records with these ids until the transaction ends."""
    run(f"SELECT count(*) FROM (SELECT 1 FROM records_record WHERE id IN ({ids}) ORDER BY id FOR NO KEY UPDATE) held")


def drop(wrong: Iterable[RowFault]) -> None:
    """Forget these rows: they stay as they are."""
    by_kind = defaultdict(list)
    for fault in wrong:
        by_kind[fault.kind.name].append(fault.id)
    for name, ids in by_kind.items():
        run(f"DELETE FROM {table_beside(kinds()[name])} WHERE id = ANY(%(ids)s)", {"ids": ids})
        run("DELETE FROM rewritten WHERE id = ANY(%(ids)s)", {"ids": ids})


def leave_out(wrong: list[RowFault], laid: Iterable[Kind], *, whatever_refers: bool = False) -> list[RowFault]:
    """Forget what is wrong, then what is wrong without it, until the rest can be written. Returns all that was wrong."""
    found = list(wrong)
    while wrong:
        drop(wrong)
        wrong = list(faults(laid, whatever_refers=whatever_refers))
        found += wrong
    return found


def write(laid: Iterable[Kind]) -> None:
    """Take the rows over, each kind as a set, what others lie under first."""
    for kind in laid:
        staging.write(kind)
    run("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


def tried(laid: Iterable[Kind]) -> str:
    """What only doing it tells: circles, and what else the database alone knows. "" where nothing is wrong; nothing is done."""
    try:
        with transaction.atomic():
            write(laid)
            transaction.set_rollback(True)
    except IntegrityError as error:
        return explain(error)
    return ""


# ---- what is shown before ------------------------------------------------------------------------------


def examples(kind: Kind, reader: Reader, *, most: int, where: str = "true") -> list[Example]:
    """The first rows that are laid, with what would change in them."""
    after = _laid(kind, most, where)
    before = {row.id: row for row in kind.rows().filter(id__in=[row.id for row in after])}
    for row in after:
        for virtual in kind.virtual:  # what a row alone does not hold: the currency of an amount
            row.__dict__.setdefault(virtual.name, getattr(before.get(row.id), virtual.name, None))
    shower = Shower(kind, [*before.values(), *after], reader)
    called = labels(kind, [row.id for row in after], reader)
    return [
        Example(row.id, called.get(row.id) or label_of(kind, row), tuple(differences(kind, shower, before.get(row.id), row)))
        for row in after
    ]  # fmt: skip


def _laid(kind: Kind, most: int, where: str) -> list:
    columns = ", ".join(f's."{f.column}"' for f in kind.model._meta.concrete_fields if f.column not in UNLAID)
    return list(
        kind.model.objects.raw(
            f"SELECT {columns}, 0 AS version, now() AS updated_at, 0 AS change_id FROM {table_beside(kind)} s"
            f" WHERE {where} ORDER BY row_number LIMIT {most}"
        )
    )


UNLAID = ("version", "updated_at", "change_id")


def differences(kind: Kind, shower: Shower, before, after) -> Iterator[tuple[str, Cell, Cell]]:
    """What is another in `after` than in `before` (None: a new row): field, then, now."""
    for name, field in kind.written_fields.items():
        column = f"{name}_id" if field.type in (Type.REF, Type.RECORD) else name
        if name == "id" or (before and getattr(before, column) == getattr(after, column)):
            continue
        was, now = shower.cell(before, name) if before else Cell(), shower.cell(after, name)
        if was != now:
            yield str(field.label), was, now


def labels(kind: Kind, ids: Iterable[UUID], reader: Reader) -> dict:
    return labels_of({kind.name: set(ids)}, set(), reader)


def run(sql: str, parameters: dict | Sequence | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.rowcount


def rows(sql: str, parameters: dict | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
