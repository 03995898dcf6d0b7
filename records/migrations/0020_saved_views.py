"""Saved views."""

import django.db.models.functions.datetime
from django.db import migrations, models

import records.ids


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0019_truth"),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedView",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=records.ids.NewId(), editable=False, primary_key=True, serialize=False),
                ),
                ("kind", models.CharField(max_length=32)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("query", models.TextField(blank=True)),
                (
                    "sharing",
                    models.CharField(
                        choices=[
                            ("private", "only I"),
                            ("shared", "everybody who is signed in"),
                            ("public", "everybody who has the address"),
                        ],
                        default="private",
                        max_length=16,
                        verbose_name="who may open it",
                    ),
                ),
                ("owner_id", models.BigIntegerField()),
                ("owner_name", models.CharField(max_length=200)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "view",
                "verbose_name_plural": "views",
                "indexes": [models.Index(fields=["kind", "name", "id"], name="savedview_of_kind")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner_id", "kind", "name"),
                        name="savedview_once_per_owner",
                        violation_error_message="One owner has two views of this name in one list.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sharing__in", ["private", "shared", "public"])),
                        name="savedview_sharing",
                        violation_error_message="A view cannot be shared this way.",
                    ),
                ],
            },
        ),
    ]
