from django.db import migrations, models

from records.spellings import FUNCTIONS, SPELLINGS, KeepSpellings

DROP = """
DROP FUNCTION spellings(text, text, text[], text); DROP FUNCTION spelling_initials(text); DROP FUNCTION romanised(text);
DROP FUNCTION spelling_asked(text); DROP FUNCTION spelling_words(text, boolean);
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0010_jobs")]
    operations = [
        migrations.CreateModel(
            name="Spelling",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "kind", "place", "spelling", "record_id",
                        blank=True, editable=False, primary_key=True, serialize=False,
                    ),
                ),
                ("kind", models.CharField(db_collation="C", max_length=32)),
                ("place", models.SmallIntegerField()),
                ("spelling", models.CharField(db_collation="C", max_length=60)),
                ("record_id", models.UUIDField()),
                (
                    "via",
                    models.CharField(
                        choices=[("n", "Name"), ("a", "Alias"), ("r", "Romanised"), ("i", "Initials")], max_length=1
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FUNCTIONS + SPELLINGS, DROP),
        KeepSpellings("records_source", "source"),
    ]  # fmt: skip
