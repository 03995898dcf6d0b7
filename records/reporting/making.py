"""Keeping the views right: dropped before migrations, made after them, and left alone where they are what they should be."""

from functools import cache
from hashlib import sha256

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils.module_loading import import_string

from .of_kinds import views_of_kinds
from .shapes import View, literal

SCHEMA_SAYS = "공개 자료를 보고서 도구로 읽는 뷰 / Views of public data, for reporting tools"


@cache
def views() -> dict[str, View]:
    """Every view by its name."""
    others = (import_string(path)() for path in settings.REPORTING)
    return {view.name: view for view in (*views_of_kinds(), *others)}


@cache
def statements() -> tuple[str, ...]:
    """What makes the views."""
    return tuple(sql for view in views().values() for sql in view.statements())


@cache
def _said_of_them() -> str:
    """The comment of the schema, once these views are made: it says which they are."""
    return f"{SCHEMA_SAYS} ({sha256(''.join(statements()).encode()).hexdigest()[:16]})"


def make_views() -> None:
    """Make the views anew where they are not those that the kinds declare. Nobody sees them half made.

    Does nothing where migrations wait: columns would be missing.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(to_regnamespace('reporting'), 'pg_namespace')")
        if cursor.fetchone()[0] == _said_of_them() or _are_migrations_waiting():
            return
        cursor.execute("CREATE SCHEMA IF NOT EXISTS reporting")
        drop_views()
        for sql in statements():
            cursor.execute(sql)
        _say(cursor, _said_of_them())


def drop_views() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(viewname) FROM pg_views WHERE schemaname = 'reporting'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP VIEW reporting.{name}")
        cursor.execute("SELECT to_regnamespace('reporting')")
        if cursor.fetchone()[0]:
            _say(cursor, SCHEMA_SAYS)


def _say(cursor, text: str) -> None:
    cursor.execute(f"COMMENT ON SCHEMA reporting IS {literal(text)}")


def _are_migrations_waiting() -> bool:
    executor = MigrationExecutor(connection)
    return bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
