"""Tables that are kept already: new rows may bring their past (records/history.py, `bringing_its_past`)."""

from django.db import migrations

from records.history import BEFORE_INSERT


def renew(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = 'a_version_first'"
        )
        tables = [name for (name,) in cursor.fetchall()]
    for table in tables:
        schema_editor.execute(BEFORE_INSERT.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("records", "0005_more_history")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop)]
