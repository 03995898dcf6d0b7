"""Totals are stored as parts that are added up: by level, of a scope itself and of what is below it, up to the whole.

What is stored is dropped, since it can be worked out again; a mark asks the workers for it.
"""

from django.db import migrations, models

MARK_EVERYTHING = """
INSERT INTO records_stalemark (figure, scope) SELECT 'rollups', NULL WHERE EXISTS (SELECT FROM funding_fundingline)
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0004_indexes_for_lists"), ("records", "0008_indexes_for_lists")]

    operations = [
        migrations.DeleteModel(name="Rollup"),
        migrations.CreateModel(
            name="Rollup",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope",
                        "level",
                        "fiscal_year",
                        "payer_kind",
                        "form",
                        "currency",
                        "span",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("scope", models.UUIDField()),
                ("above", models.UUIDField(null=True)),
                ("program", models.UUIDField()),
                (
                    "span",
                    models.CharField(
                        choices=[("own", "its own lines"), ("below", "everything under it")], max_length=5
                    ),
                ),
                ("level", models.SmallIntegerField()),
                ("fiscal_year", models.SmallIntegerField()),
                (
                    "payer_kind",
                    models.CharField(
                        choices=[
                            ("national", "national government"),
                            ("local", "local government"),
                            ("industry", "industry"),
                            ("university", "university"),
                            ("other", "other"),
                            ("unstated", "not stated"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[("cash", "cash"), ("in_kind", "in kind"), ("unstated", "not stated")], max_length=8
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                ("planned", models.BigIntegerField()),
                ("with_planned", models.IntegerField()),
                ("committed", models.BigIntegerField()),
                ("with_committed", models.IntegerField()),
                ("lines", models.IntegerField()),
                ("unstated", models.IntegerField()),
                ("lines_once", models.IntegerField()),
                ("unstated_once", models.IntegerField()),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["above", "level", "fiscal_year", "payer_kind", "form", "currency"], name="rollup_above"
                    ),
                    models.Index(condition=models.Q(("span", "own")), fields=["program"], name="rollup_program"),
                ],
            },
        ),
        migrations.RunSQL(MARK_EVERYTHING, migrations.RunSQL.noop),
    ]
