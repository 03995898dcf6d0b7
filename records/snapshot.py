"""Everything that is read inside is from one moment, whatever others write meanwhile."""

from contextlib import contextmanager

from django.db import connection, transaction


@contextmanager
def snapshot():
    """A transaction that sees one moment. Inside a transaction that has begun it is that one, as it is."""
    with transaction.atomic():
        if not connection.savepoint_ids:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
