"""Each change knows its transaction, and each figure how often it was worked out. Of earlier changes all have ended: 0."""

from django.db import migrations, models

import records.base


class Migration(migrations.Migration):
    dependencies = [("records", "0026_marks_of_many")]
    operations = [
        migrations.AddField("computedat", "times", models.BigIntegerField(db_default=0)),
        migrations.AddField("change", "xid", models.BigIntegerField(db_default=0, editable=False)),
        migrations.AlterField(
            "change", "xid", models.BigIntegerField(db_default=records.base.this_transaction(), editable=False)
        ),
        migrations.AddIndex("change", models.Index(fields=["xid", "id"], name="change_in_turn")),
    ]
