"""Statements that are asked very often, as prepared statements: PostgreSQL reads and plans their text once per connection.

Django writes parameters into the text and prepares nothing, as a pooler between may not know prepared statements. Where one
does not, the first failure says so, and from then on this process does without.
"""

from collections.abc import Sequence

import psycopg
from django.db import connection

_is_possible = True


def fetch(sql: str, parameters: Sequence) -> list[tuple]:
    """All rows. Errors are psycopg's or Django's."""
    global _is_possible
    if connection.queries_logged or connection.execute_wrappers:  # somebody looks at what is asked: by Django's cursor
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchall()
    connection.ensure_connection()
    cursor = psycopg.Cursor(connection.connection)
    try:
        cursor.execute(sql, parameters, prepare=_is_possible)
    except (psycopg.errors.InvalidSqlStatementName, psycopg.errors.DuplicatePreparedStatement):
        if connection.in_atomic_block:
            raise
        _is_possible = False
        cursor.execute(sql, parameters, prepare=False)
    return cursor.fetchall()
