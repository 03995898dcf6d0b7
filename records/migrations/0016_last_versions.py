"""Histories that are kept already know the last versions of deleted records, so that `ever` is read by its indexes."""

from django.db import migrations

from records.keeping import PAST, TODAY, _columns, _list, past_words

LAST = """
ALTER TABLE history.{table} ADD COLUMN IF NOT EXISTS is_last boolean;
UPDATE history.{table} h SET is_last = true
  FROM public.records_record r WHERE r.id = h.id AND r.is_deleted AND r.version = h.version + 1 AND h.is_last IS NULL;
"""


def renew(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = 'c_opened'")
        tables = [name for (name,) in cursor.fetchall()]
    for table in tables:
        columns = [name for name, *_ in _columns(schema_editor.connection, "public", table)]
        words = {"table": table, "columns": _list(columns), **past_words(columns)}
        schema_editor.execute((LAST + TODAY + PAST).format(**words))


class Migration(migrations.Migration):
    dependencies = [("records", "0015_asking_the_past")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop)]
