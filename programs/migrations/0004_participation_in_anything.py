"""An institution takes part in any record: a program, a project, and now an agreement, an event, an output."""

import django.db.models.deletion
from django.db import migrations, models

from records.history import LetGo

SCOPE = models.ForeignKey(
    on_delete=django.db.models.deletion.PROTECT, related_name="participations", to="records.record", verbose_name="in"
)
MAY_BE_EMPTY = models.ForeignKey(
    null=True, on_delete=django.db.models.deletion.PROTECT, related_name="participations", to="records.record"
)


class Migration(migrations.Migration):
    dependencies = [("programs", "0003_project_tree")]
    operations = [
        LetGo("programs_participation"),
        migrations.AddField("participation", "scope", MAY_BE_EMPTY),
        migrations.RunSQL(
            "UPDATE programs_participation SET scope_id = coalesce(project_id, program_id);"
            "ALTER TABLE history.programs_participation ADD COLUMN scope_id uuid;"
            "UPDATE history.programs_participation SET scope_id = coalesce(project_id, program_id);"
            "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("participation", "scope", SCOPE),
        migrations.RemoveField("participation", "program"),
        migrations.RemoveField("participation", "project"),
        migrations.RunSQL(
            "ALTER TABLE history.programs_participation DROP COLUMN program_id, DROP COLUMN project_id",
            migrations.RunSQL.noop,
        ),
    ]
