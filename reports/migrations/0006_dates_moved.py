"""Each version that ends says whether a date of the record became another one; those that ended before are looked through."""

from django.db import migrations

from records.dates_moved import note_moved
from records.keeping import _columns
from records.keeping_again import KeepAgain


def note(apps, schema_editor):
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid"
            " WHERE inhparent = 'history.version'::regclass ORDER BY 1"
        )
        tables = [name for (name,) in cursor.fetchall()]
    note_moved({table: [name for name, *_ in _columns(connection, "public", table)] for table in tables})


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0015_shown_by_others"),
        ("labs", "0009_shown_by_others"),
        ("programs", "0014_milestone_spellings"),
        ("records", "0029_change_feed"),
        ("reports", "0005_lists_of_reports"),
    ]
    operations = [KeepAgain("0006_dates_moved"), migrations.RunPython(note, migrations.RunPython.noop)]
