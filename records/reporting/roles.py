"""A database role that reads the schema `reporting` and nothing else.

Its rights are grants, so that nothing that a session sets lifts them; the limits (time, connections) keep a careless query
from being felt by others. New views are granted by the default privileges of whoever makes them.
"""

import secrets
from dataclasses import dataclass

from django.db import connection, transaction
from psycopg import sql

SAYS = "reads the schema reporting of the registry"  # the comment of a role that was made here


class RoleRefused(Exception):
    """Carries the sentence for whoever gave the command."""


class MayNotMakeRoles(RoleRefused):
    """The registry's own account may not. Carries the statements for somebody who may."""

    def __init__(self, statements: list[str]):
        super().__init__(
            "The registry's database account may not make roles. Whoever administers the database can run the statements above."
        )
        self.statements = statements


@dataclass(frozen=True)
class Limits:
    connections: int = 5
    seconds: int = 30  # of a statement


def a_password() -> str:
    return secrets.token_urlsafe(24)


def make_role(name: str, password: str, limits: Limits) -> None:
    """Make the role, or give one that was made here a new password, limits and rights. Raises RoleRefused."""
    said = _comment(name)
    if said is not None and said != SAYS:
        raise RoleRefused(f"There already is a role “{name}”, and it was not made here. Choose another name.")
    _run([*_made(name, said is not None), *_limited(name, password, limits), *_granted(name)])


def drop_role(name: str) -> None:
    """Raises RoleRefused."""
    if _comment(name) != SAYS:
        raise RoleRefused(f"There is no role “{name}” that was made here.")
    _run(_dropped(name))


def _comment(name: str) -> str | None:
    """What is said of the role; None where there is none of this name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(shobj_description(oid, 'pg_authid'), '') FROM pg_roles WHERE rolname = %s", [name]
        )
        row = cursor.fetchone()
        return row and row[0]


def _made(name: str, is_there: bool) -> list[sql.Composed]:
    if is_there:
        return []
    role = sql.Identifier(name)
    return [
        sql.SQL("CREATE ROLE {} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOINHERIT").format(role),
        sql.SQL("COMMENT ON ROLE {} IS {}").format(role, SAYS),
    ]


def _limited(name: str, password: str, limits: Limits) -> list[sql.Composed]:
    role = sql.Identifier(name)
    settings = {
        "default_transaction_read_only": "on",
        "statement_timeout": f"{limits.seconds}s",
        "idle_in_transaction_session_timeout": "60s",
        "search_path": "reporting",
        "jit": "off",  # compiling would take longer than most of these questions
    }
    login = sql.SQL("ALTER ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}")
    return [
        login.format(role, limits.connections, _verifier(name, password)),
        *(sql.SQL("ALTER ROLE {} SET {} = {}").format(role, sql.SQL(key), value) for key, value in settings.items()),
    ]


def _granted(name: str) -> list[sql.Composed]:
    role, database, owner = map(sql.Identifier, (name, _database(), _account()))
    makes = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA reporting GRANT SELECT ON TABLES TO {}")
    return [
        # nobody but the registry makes tables, or functions of a session, in its database
        sql.SQL("GRANT TEMPORARY ON DATABASE {} TO {}").format(database, owner),
        sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database),
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role),
        sql.SQL("GRANT USAGE ON SCHEMA reporting TO {}").format(role),
        sql.SQL("GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO {}").format(role),
        makes.format(owner, role),
    ]


def _dropped(name: str) -> list[sql.Composed]:
    role, database, owner = map(sql.Identifier, (name, _database(), _account()))
    kept = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} IN SCHEMA reporting REVOKE SELECT ON TABLES FROM {}")
    return [
        kept.format(owner, role),
        sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA reporting FROM {}").format(role),
        sql.SQL("REVOKE ALL ON SCHEMA reporting FROM {}").format(role),
        sql.SQL("REVOKE ALL ON DATABASE {} FROM {}").format(database, role),
        sql.SQL("DROP ROLE {}").format(role),
    ]


def _run(statements: list[sql.Composed]) -> None:
    """All of them or none. Raises MayNotMakeRoles with the statements."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user")
        if not cursor.fetchone()[0]:
            raise MayNotMakeRoles([f"{one.as_string(cursor.connection)};" for one in statements])
        for one in statements:
            cursor.execute(one)


def _verifier(name: str, password: str) -> str:
    """What the server keeps of the password; so it stands in no log and on no DBA's screen."""
    connection.ensure_connection()
    encrypted = connection.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
    return encrypted.decode()


def _database() -> str:
    return connection.settings_dict["NAME"]


def _account() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return cursor.fetchone()[0]
