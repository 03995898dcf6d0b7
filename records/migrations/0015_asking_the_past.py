"""Histories that are kept already: versions know today's visibility, views of the past are read in order, and further indexes."""

from django.db import migrations, models

from records.keeping import BELONG, OWN_INDEXES, PAST, TODAY, VERSIONS, _columns, _list, past_words

MENDED = """
UPDATE history.{table} h SET visibility_today = r.visibility
  FROM public.records_record r WHERE r.id = h.id AND r.visibility <> h.visibility;
"""


def renew(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute("CREATE SCHEMA IF NOT EXISTS ever")
        cursor.execute(VERSIONS)
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = 'a_version_first'"
        )
        tables = [name for (name,) in cursor.fetchall()]
    for table in tables:
        columns = [name for name, *_ in _columns(connection, "public", table)]
        words = {"table": table, "columns": _list(columns), **past_words(columns)}
        schema_editor.execute(f"ALTER TABLE history.{table} ADD COLUMN IF NOT EXISTS visibility_today smallint")
        schema_editor.execute(f"ALTER TABLE history.{table} ADD COLUMN IF NOT EXISTS is_last boolean")
        schema_editor.execute(BELONG.format(table=table))
        schema_editor.execute((MENDED + TODAY + PAST).format(**words))
        schema_editor.execute(f"DROP INDEX history.{table}_ended_by")
        for name, indexed in OWN_INDEXES.items():
            schema_editor.execute(f"CREATE INDEX IF NOT EXISTS {table}{name} ON history.{table} {indexed}")


class Migration(migrations.Migration):
    dependencies = [("records", "0014_job_transactions_by_name")]
    operations = [
        migrations.RunPython(renew, migrations.RunPython.noop),
        migrations.RemoveIndex("change", "change_latest"),
        migrations.AddIndex("change", models.Index(fields=["-at", "-id"], name="change_latest")),
        migrations.AddIndex("change", models.Index(fields=["actor_name", "-at", "-id"], name="change_by_actor")),
        migrations.AddIndex("change", models.Index(fields=["door", "-at", "-id"], name="change_by_door")),
        migrations.RemoveIndex("record", "record_change"),
        migrations.AddIndex("record", models.Index(fields=["change", "kind", "id"], name="record_change")),
    ]
