"""The history has the indexes of the present tables, so that a list of the past costs what one of the present costs."""

from django.db import connection

from .dates_moved import MOVED_INDEXES
from .keeping import OWN_INDEXES


def mirror_indexes(tables: list[str]) -> None:
    """Give the history of these tables the indexes of the present ones, and no others but its own. Runs after each `migrate`."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename = ANY(%s)"
            " AND indexdef LIKE '%%USING btree%%' AND indexdef NOT LIKE '%%(id)%%' AND indexdef NOT LIKE '%%pattern_ops%%'"
            " AND indexname NOT LIKE '%%\\_counted'",
            [tables],
        )
        wanted = {name: (table, definition) for table, name, definition in cursor.fetchall()}
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'history' AND tablename = ANY(%s)", [tables]
        )
        found = {name for (name,) in cursor.fetchall()}
        for name in sorted(found - wanted.keys()):
            if not name.endswith(("_pkey", *OWN_INDEXES, *MOVED_INDEXES)):
                cursor.execute(f'DROP INDEX history."{name}"')
        for name in sorted(wanted.keys() - found):
            table, definition = wanted[name]
            rest = definition.partition(" USING ")[2].replace(" NULLS NOT DISTINCT", "")
            cursor.execute(f'CREATE INDEX "{name}" ON history.{table} USING {rest}')
