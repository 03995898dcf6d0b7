"""Tables that are kept already: an update of many rows is planned as one (records/keeping.py, PLANNED_ANEW)."""

from django.db import migrations

from records.keeping import PLANNED_ANEW


def renew(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid WHERE tgname = 'c_opened'")
        tables = [name for (name,) in cursor.fetchall()]
    for table in tables:
        schema_editor.execute(PLANNED_ANEW.format(table=table))


class Migration(migrations.Migration):
    dependencies = [("records", "0016_last_versions")]
    operations = [migrations.RunPython(renew, migrations.RunPython.noop)]
