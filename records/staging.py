"""Rows on their way in: laid beside the real table, checked there by the table's own constraints, then taken over as a set.

They come from a file (package.py) or are the registry's own, as they would be after a change of many (rewriting.py).
"""

from collections.abc import Iterable, Iterator

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from .base import Record
from .cells import BadCell
from .cells import read as read_cell
from .kinds import Kind, Type, kind_of, kinds
from .sentences import sentence

MANY = 1000
UNIQUE_VIOLATION = "23505"


def fill(kind: Kind, rows: list[tuple[int, list]]) -> None:
    """Lay `rows` (row number, values in the order of the kind's written fields) into a temporary table."""
    names = ", ".join(columns(kind))
    make(kind)
    with connection.cursor() as cursor:
        money = [i for i, f in enumerate(kind.written_fields.values()) if f.type is Type.MONEY]
        target = ", ".join(["row_number", names, *(f"{m}_text" for m in kind.money)])
        with cursor.copy(f"COPY {table_beside(kind)} ({target}) FROM STDIN") as copy:
            for number, values in rows:
                texts = [values[i] for i in money]
                plain = [None if i in money else value for i, value in enumerate(values)]
                copy.write_row((number, *plain, *texts))


def lay(kind: Kind, rows: Iterable[tuple[int, list]]) -> None:
    """Lay rows whose amounts are in minor units already (row number, values in the order of `columns`) into the table beside it."""
    target = ", ".join(["row_number", *columns(kind)])
    with connection.cursor() as cursor, cursor.copy(f"COPY {table_beside(kind)} ({target}) FROM STDIN") as copy:
        for number, values in rows:
            copy.write_row((number, *values))


def make(kind: Kind) -> None:
    """The empty table beside that of the kind, until the transaction ends."""
    later = ("version", "updated_at", "change_id", *kind.money)  # amounts are read when the currency is there
    kept = "".join(f", ALTER COLUMN {column} DROP NOT NULL" for column in later)
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {table_beside(kind)} (LIKE {_table(kind)} INCLUDING GENERATED) ON COMMIT DROP;"
            f"ALTER TABLE {table_beside(kind)} ADD COLUMN row_number integer{kept}"
            + "".join(f", ADD COLUMN {m}_text text" for m in kind.money)
        )


Unread = dict[str, set[str] | None]  # per kind, ids of rows that could not be read; None: nothing of it could


def problems(kind: Kind, unread: Unread) -> Iterator[tuple[int, str, str]]:
    """(row, column, sentence) for everything that the table itself would refuse. Rows of `unread` are taken to exist."""
    with connection.cursor() as cursor:
        yield from _read_money(kind, cursor)
    yield from refused(kind, unread)


def refused(kind: Kind, unread: Unread) -> Iterator[tuple[int, str, str]]:
    """The same for rows whose amounts are there already."""
    with connection.cursor() as cursor:
        yield from _twice(kind, cursor)
        yield from _of_another_kind(kind, cursor)
        yield from _dangling(kind, unread, cursor)
        yield from _out_of_place(kind, cursor)
        yield from _less_hidden(kind, cursor)
        yield from _broken_checks(kind, cursor)


def write(kind: Kind) -> tuple[int, int, int]:
    """Take the rows over. Returns how many were added, changed, the same."""
    names = columns(kind)
    facts = [c for c in names if c != "id"]
    differs = f"({_prefixed(facts, 't')}) IS DISTINCT FROM ({_prefixed(facts, 's')})"
    table, staged = _table(kind), table_beside(kind)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {staged} s JOIN {table} t USING (id) WHERE NOT ({differs})")
        same = cursor.fetchone()[0]
        update = (
            f"UPDATE {table} t SET ({', '.join(facts)}) = ROW({_prefixed(facts, 's')}) FROM {staged} s"
            f" WHERE t.id = s.id AND {differs}"
        )
        changed = _updated(kind, update, cursor)
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(names)}) SELECT {_prefixed(names, 's')} FROM {staged} s"
            f" WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = s.id) ORDER BY s.row_number"
        )
        return cursor.rowcount, changed, same


def _updated(kind: Kind, update: str, cursor) -> int:
    """How many rows it changed. Where a value that names one record goes from one to another, who gives it away goes first."""
    try:
        with transaction.atomic():
            cursor.execute(update)
            return cursor.rowcount
    except IntegrityError as error:
        if getattr(error.__cause__, "sqlstate", "") != UNIQUE_VIOLATION:
            raise
    is_held = [
        f"EXISTS (SELECT 1 FROM (SELECT * FROM {_table(kind)} WHERE {condition}) h"
        f" WHERE h.id <> s.id AND {' AND '.join(f'h.{key} = s.{key}' for key in keys)})"
        for _name, condition, _nulls, keys in _unique(kind, cursor)
    ]
    cursor.execute(f"{update} AND NOT ({' OR '.join(is_held)})")
    changed = cursor.rowcount
    cursor.execute(update)
    return changed + cursor.rowcount


def tell_the_planner(rows: int) -> None:
    """After so many rows were written: statistics from before them could make the triggers compare each with each."""
    if rows >= MANY:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {Record._meta.db_table}")


def _read_money(kind: Kind, cursor):
    """Money needs its row's currency, which may stand in another file of the same package."""
    if not kind.money:
        return
    cursor.execute(
        f"SELECT s.id, s.row_number, coalesce(sl.currency, l.currency, ''), {', '.join(f's.{m}_text' for m in kind.money)}"
        f" FROM {table_beside(kind)} s LEFT JOIN {table_beside(_line_kind(kind))} sl ON sl.id = s.line_id"
        f" LEFT JOIN {_table(_line_kind(kind))} l ON l.id = s.line_id"
    )
    amounts = []
    for id, row, currency, *texts in cursor.fetchall():
        for name, text in zip(kind.money, texts, strict=True):
            try:
                value = read_cell(kind.all_fields[name], text, currency) if currency else None
            except BadCell as bad:
                yield row, name, str(bad)
            else:
                amounts.append((name, value, id))
    for name in kind.money:
        cursor.executemany(
            f"UPDATE {table_beside(kind)} SET {name} = %s WHERE id = %s",
            [(v, id) for n, v, id in amounts if n == name],
        )


def _line_kind(kind: Kind) -> Kind:
    return kind_of(kind.all_fields["line"].target)


def _twice(kind: Kind, cursor):
    """What must be unique and stands twice in the file, or in a record that the file does not contain."""
    names = {kind.model._meta.get_field(f.name).column: f.name for f in kind.written_fields.values()}
    for name, condition, nulls_are_equal, keys in _unique(kind, cursor):
        staged = f"(SELECT * FROM {table_beside(kind)} WHERE {condition})"
        alike = " AND ".join(f"(t.{c} = s.{c} OR (t.{c} IS NULL AND s.{c} IS NULL))" for c in keys)
        if not nulls_are_equal:
            staged = f"(SELECT * FROM {table_beside(kind)} WHERE {condition} AND ({', '.join(keys)}) IS NOT NULL)"
            alike = " AND ".join(f"t.{c} = s.{c}" for c in keys)  # which an index can answer
        cursor.execute(
            f"SELECT row_number, {keys[0]}::text FROM"
            f" (SELECT *, count(*) OVER (PARTITION BY {', '.join(keys)}) AS n FROM {staged} x) s"
            f" WHERE n > 1 OR EXISTS (SELECT 1 FROM (SELECT * FROM {_table(kind)} WHERE {condition}) t WHERE {alike}"
            f" AND t.id <> s.id AND NOT EXISTS (SELECT 1 FROM {table_beside(kind)} o WHERE o.id = t.id)) ORDER BY 1"
        )
        for row, value in cursor.fetchall():
            if len(keys) == 1 and condition == "true":
                yield row, names[keys[0]], _("“%s” stands twice; it must be unique.") % value
            else:
                yield row, names[keys[0]] if len(keys) == 1 else "", sentence(name)


def _unique(kind: Kind, cursor) -> list[tuple]:
    """(name, condition, whether nulls are equal, columns) of what must be unique."""
    cursor.execute(
        "SELECT c.relname, coalesce(pg_get_expr(i.indpred, i.indrelid), 'true'), i.indnullsnotdistinct,"
        " ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true) FROM generate_series(1, i.indnkeyatts) k)"
        " FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = %s::regclass AND i.indisunique ORDER BY 1",
        [_table(kind)],
    )
    return cursor.fetchall()


def _of_another_kind(kind: Kind, cursor):
    """Ids that belong to a record of another kind, here or in another file."""
    others = " UNION ALL ".join(f"SELECT id FROM {table_beside(k)}" for k in kinds().values() if k is not kind)
    cursor.execute(
        f"SELECT row_number FROM {table_beside(kind)} s WHERE s.id IN ({others})"
        " OR EXISTS (SELECT 1 FROM records_record r WHERE r.id = s.id AND r.kind <> %s) ORDER BY 1",
        [kind.name],
    )
    for (row,) in cursor.fetchall():
        yield row, "id", sentence("record_id_once")


def _less_hidden(kind: Kind, cursor):
    """Rows that are less hidden than what they belong to, as that will be."""
    staged = " UNION ALL ".join(f"SELECT id, visibility FROM {table_beside(k)}" for k in kinds().values())
    cursor.execute("SELECT col FROM records_under WHERE child = %s AND hides ORDER BY 1", [_table(kind)])
    for (column,) in cursor.fetchall():
        cursor.execute(
            f"SELECT s.row_number FROM {table_beside(kind)} s LEFT JOIN ({staged}) p ON p.id = s.{column}"
            f" LEFT JOIN records_record r ON r.id = s.{column}"
            " WHERE coalesce(p.visibility, r.visibility) > s.visibility ORDER BY 1"
        )
        for (row,) in cursor.fetchall():
            yield row, "visibility", sentence(f"record_as_hidden_as_{column.removesuffix('_id')}")


def _out_of_place(kind: Kind, cursor):
    """References that name two things at once: a project and the program that it lies in."""
    cursor.execute(
        "SELECT f.conname, f.confrelid::regclass::text,"
        " ARRAY(SELECT attname::text FROM unnest(f.conkey) WITH ORDINALITY k(n, o) JOIN pg_attribute a"
        "       ON a.attrelid = f.conrelid AND a.attnum = k.n ORDER BY o),"
        " ARRAY(SELECT attname::text FROM unnest(f.confkey) WITH ORDINALITY k(n, o) JOIN pg_attribute a"
        "       ON a.attrelid = f.confrelid AND a.attnum = k.n ORDER BY o)"
        " FROM pg_constraint f WHERE f.contype = 'f' AND f.conrelid = %s::regclass AND cardinality(f.conkey) > 1",
        [_table(kind)],
    )
    for name, table, here, there in cursor.fetchall():
        target = next(k for k in kinds().values() if _table(k) == table)
        both = " AND ".join(f"t.{b} = s.{a}" for a, b in zip(here, there, strict=True))
        first = f"t.{there[0]} = s.{here[0]}"
        cursor.execute(
            f"SELECT row_number FROM {table_beside(kind)} s WHERE ({_prefixed(here, 's')}) IS NOT NULL"
            f" AND (EXISTS (SELECT 1 FROM {table_beside(target)} t WHERE {first}) OR EXISTS (SELECT 1 FROM {table} t WHERE {first}))"
            f" AND NOT EXISTS (SELECT 1 FROM {table_beside(target)} t WHERE {both})"
            f" AND NOT EXISTS (SELECT 1 FROM {table} t WHERE {both}"
            f"                 AND NOT EXISTS (SELECT 1 FROM {table_beside(target)} o WHERE o.id = t.id)) ORDER BY 1"
        )
        for (row,) in cursor.fetchall():
            yield row, here[0].removesuffix("_id"), sentence(name)


def _dangling(kind: Kind, unread: Unread, cursor):
    """References to records that exist neither in the registry nor in the files."""
    for ref in kind.refs:
        column = kind.model._meta.get_field(ref.name).column
        targets = kinds().values() if ref.target is Record else [kind_of(ref.target)]
        known = " UNION ALL ".join(f"SELECT id FROM {table_beside(k)}" for k in targets)
        stored = f"SELECT id FROM {ref.target._meta.db_table}"
        cursor.execute(
            f"SELECT row_number, {column}::text FROM {table_beside(kind)} s WHERE {column} IS NOT NULL"
            f" AND {column} NOT IN ({known}) AND NOT EXISTS (SELECT 1 FROM ({stored}) k WHERE k.id = s.{column}) ORDER BY 1"
        )
        maybe = [unread.get(k.name, set()) for k in targets]
        for row, value in cursor.fetchall():
            if not any(ids is None or value in ids for ids in maybe):
                yield row, ref.name, _("There is no record with the id %s.") % value


def _broken_checks(kind: Kind, cursor):
    cursor.execute(
        "SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass",
        [_table(kind)],
    )
    for name, expression in cursor.fetchall():
        cursor.execute(
            f"SELECT row_number FROM {table_beside(kind)} WHERE NOT ({expression}) ORDER BY 1".replace("%", "%%")
        )
        for (row,) in cursor.fetchall():
            yield row, "", sentence(name)


def columns(kind: Kind) -> list[str]:
    return [kind.model._meta.get_field(name).column for name in kind.written_fields]


def _prefixed(names: list[str], prefix: str) -> str:
    return ", ".join(f"{prefix}.{name}" for name in names)


def _table(kind: Kind) -> str:
    return kind.model._meta.db_table


def table_beside(kind: Kind) -> str:
    return f"staging_{kind.name}"
