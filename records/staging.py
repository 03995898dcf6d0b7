"""Rows on their way in: laid beside the real table, checked there by the table's own constraints, then taken over as a set."""

from collections.abc import Iterator

from django.db import connection
from django.utils.translation import gettext as _

from .base import Record
from .cells import BadCell
from .cells import read as read_cell
from .kinds import Kind, Type, kind_of, kinds
from .sentences import sentence


def fill(kind: Kind, rows: list[tuple[int, list]]) -> None:
    """Lay `rows` (row number, values in the order of the kind's written fields) into a temporary table."""
    names = ", ".join(_columns(kind))
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMPORARY TABLE {_name(kind)} (LIKE {_table(kind)} INCLUDING GENERATED) ON COMMIT DROP;"
            f"ALTER TABLE {_name(kind)} ADD COLUMN row_number integer"
            + "".join(f", ADD COLUMN {m}_text text" for m in kind.money)
        )
        for column in ("version", "updated_at", "change_id"):
            cursor.execute(f"ALTER TABLE {_name(kind)} ALTER COLUMN {column} DROP NOT NULL")
        money = [i for i, f in enumerate(kind.written_fields.values()) if f.type is Type.MONEY]
        target = ", ".join(["row_number", names, *(f"{m}_text" for m in kind.money)])
        with cursor.copy(f"COPY {_name(kind)} ({target}) FROM STDIN") as copy:
            for number, values in rows:
                texts = [values[i] for i in money]
                plain = [None if i in money else value for i, value in enumerate(values)]
                copy.write_row((number, *plain, *texts))


def problems(kind: Kind) -> Iterator[tuple[int, str, str]]:
    """(row, column, sentence) for everything that the table itself would refuse."""
    with connection.cursor() as cursor:
        yield from _read_money(kind, cursor)
        yield from _twice(kind, cursor)
        yield from _dangling(kind, cursor)
        yield from _broken_checks(kind, cursor)


def write(kind: Kind) -> tuple[int, int, int]:
    """Take the rows over. Returns how many were added, changed, the same."""
    columns = _columns(kind)
    facts = [c for c in columns if c != "id"]
    differs = f"({_prefixed(facts, 't')}) IS DISTINCT FROM ({_prefixed(facts, 's')})"
    table, staged = _table(kind), _name(kind)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {staged} s JOIN {table} t USING (id) WHERE NOT ({differs})")
        same = cursor.fetchone()[0]
        cursor.execute(
            f"UPDATE {table} t SET ({', '.join(facts)}) = ROW({_prefixed(facts, 's')}) FROM {staged} s"
            f" WHERE t.id = s.id AND {differs}"
        )
        changed = cursor.rowcount
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(columns)}) SELECT {_prefixed(columns, 's')} FROM {staged} s"
            f" WHERE NOT EXISTS (SELECT 1 FROM {table} t WHERE t.id = s.id) ORDER BY s.row_number"
        )
        return cursor.rowcount, changed, same


def _read_money(kind: Kind, cursor):
    """Money needs its row's currency, which may stand in another file of the same package."""
    if not kind.money:
        return
    cursor.execute(
        f"SELECT s.id, s.row_number, coalesce(sl.currency, l.currency, ''), {', '.join(f's.{m}_text' for m in kind.money)}"
        f" FROM {_name(kind)} s LEFT JOIN {_name(_line_kind(kind))} sl ON sl.id = s.line_id"
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
            f"UPDATE {_name(kind)} SET {name} = %s WHERE id = %s",
            [(v, id) for n, v, id in amounts if n == name],
        )


def _line_kind(kind: Kind) -> Kind:
    return kind_of(kind.all_fields["line"].target)


def _twice(kind: Kind, cursor):
    """Values that must be unique and stand twice in the file, or in a record that the file does not contain."""
    unique = [f.name for f in kind.written_fields.values() if kind.model._meta.get_field(f.name).unique]
    for column in unique:
        cursor.execute(
            f"SELECT row_number, {column}::text FROM (SELECT *, count(*) OVER (PARTITION BY {column}) AS n FROM {_name(kind)}) s"
            f" WHERE n > 1 OR EXISTS (SELECT 1 FROM {_table(kind)} t WHERE t.{column} = s.{column} AND t.id <> s.id"
            f" AND NOT EXISTS (SELECT 1 FROM {_name(kind)} o WHERE o.id = t.id)) ORDER BY 1"
        )
        for row, value in cursor.fetchall():
            yield row, column, _("“%s” stands twice; it must be unique.") % value


def _dangling(kind: Kind, cursor):
    """References to records that exist neither in the registry nor in the files."""
    for ref in kind.refs:
        column = kind.model._meta.get_field(ref.name).column
        targets = kinds().values() if ref.target is Record else [kind_of(ref.target)]
        known = " UNION ALL ".join(f"SELECT id FROM {_name(k)}" for k in targets)
        stored = f"SELECT id FROM {ref.target._meta.db_table}"
        cursor.execute(
            f"SELECT row_number, {column}::text FROM {_name(kind)} s WHERE {column} IS NOT NULL"
            f" AND {column} NOT IN ({known}) AND NOT EXISTS (SELECT 1 FROM ({stored}) k WHERE k.id = s.{column}) ORDER BY 1"
        )
        for row, value in cursor.fetchall():
            yield row, ref.name, _("There is no record with the id %s.") % value


def _broken_checks(kind: Kind, cursor):
    cursor.execute(
        "SELECT conname, pg_get_expr(conbin, conrelid) FROM pg_constraint WHERE contype = 'c' AND conrelid = %s::regclass",
        [_table(kind)],
    )
    for name, expression in cursor.fetchall():
        cursor.execute(f"SELECT row_number FROM {_name(kind)} WHERE NOT ({expression}) ORDER BY 1".replace("%", "%%"))
        for (row,) in cursor.fetchall():
            yield row, "", sentence(name)


def _columns(kind: Kind) -> list[str]:
    return [kind.model._meta.get_field(name).column for name in kind.written_fields]


def _prefixed(columns: list[str], prefix: str) -> str:
    return ", ".join(f"{prefix}.{column}" for column in columns)


def _table(kind: Kind) -> str:
    return kind.model._meta.db_table


def _name(kind: Kind) -> str:
    return f"staging_{kind.name}"
