"""Calendars that people subscribe to."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import records.ids


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0030_timelines_that_say_more"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarFeed",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=records.ids.NewId(), editable=False, primary_key=True, serialize=False),
                ),
                ("owner_id", models.BigIntegerField()),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), verbose_name="kinds"
                    ),
                ),
                (
                    "language",
                    models.CharField(
                        choices=[("ko", "Korean"), ("en", "English")], max_length=2, verbose_name="language"
                    ),
                ),
                ("key_hash", models.CharField(max_length=64, unique=True)),
                ("made_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("renewed_at", models.DateTimeField(null=True)),
                ("asked_on", models.DateField(null=True)),
                (
                    "record",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                    ),
                ),
            ],
            options={
                "verbose_name": "calendar",
                "verbose_name_plural": "calendars",
                "indexes": [models.Index(fields=["owner_id", "id"], name="calendar_of_owner")],
            },
        ),
    ]
