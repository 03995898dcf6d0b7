"""Webhooks, what was sent to them, and what they answered."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

import records.ids


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0027_data_version"),
    ]

    operations = [
        migrations.CreateModel(
            name="Webhook",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=records.ids.NewId(), editable=False, primary_key=True, serialize=False),
                ),
                ("owner_id", models.BigIntegerField()),
                ("owner_name", models.CharField(max_length=200)),
                ("name", models.CharField(max_length=200, verbose_name="name")),
                ("url", models.CharField(max_length=2000, verbose_name="address")),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32), blank=True, default=list, verbose_name="kinds"
                    ),
                ),
                ("program", models.UUIDField(blank=True, null=True, verbose_name="program")),
                (
                    "state",
                    models.CharField(
                        choices=[("active", "active"), ("paused", "paused"), ("ended", "ended")],
                        default="active",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "why",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("gone", "the receiver answered 410 Gone"),
                            ("failed", "it could not be delivered for three days"),
                            ("owner", "its owner's account is closed"),
                            ("stopped", "an administrator stopped it"),
                        ],
                        max_length=8,
                    ),
                ),
                ("ended_at", models.DateTimeField(null=True)),
                ("position", models.TextField()),
                ("looked_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("secret_number", models.IntegerField(default=1)),
                ("rotated_at", models.DateTimeField(null=True)),
                ("version", models.IntegerField(default=1)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "verbose_name": "webhook",
                "verbose_name_plural": "webhooks",
                "indexes": [
                    models.Index(fields=["owner_id", "id"], name="webhook_of_owner"),
                    models.Index(condition=models.Q(("state", "active")), fields=["looked_at"], name="webhook_active"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("state__in", ["active", "paused", "ended"])),
                        name="webhook_state",
                        violation_error_message="A webhook has no such state.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("ended_at__isnull", False),
                                ("state", "ended"),
                                ("why__in", ["gone", "failed", "owner", "stopped"]),
                            ),
                            models.Q(models.Q(("state", "ended"), _negated=True), ("ended_at", None), ("why", "")),
                            _connector="OR",
                        ),
                        name="webhook_ended_says_why",
                        violation_error_message="A webhook that ended says when and why, and no other does.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=records.ids.NewId(), editable=False, primary_key=True, serialize=False),
                ),
                ("event", models.CharField(max_length=64)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("since", models.TextField(blank=True)),
                ("until", models.TextField(blank=True)),
                ("changes", models.JSONField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "waiting"),
                            ("delivered", "delivered"),
                            ("failed", "failed"),
                            ("dropped", "not sent"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("tries", models.SmallIntegerField(default=0)),
                ("is_by_hand", models.BooleanField(default=False)),
                ("next_try_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), null=True)),
                ("held_by", models.UUIDField(null=True)),
                ("held_until", models.DateTimeField(null=True)),
                ("delivered_at", models.DateTimeField(null=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="deliveries",
                        to="records.webhook",
                    ),
                ),
            ],
            options={
                "verbose_name": "delivery",
                "verbose_name_plural": "deliveries",
            },
        ),
        migrations.CreateModel(
            name="Attempt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("status", models.SmallIntegerField(null=True)),
                ("problem", models.CharField(blank=True, max_length=16)),
                ("milliseconds", models.IntegerField()),
                ("answer", models.TextField(blank=True)),
                (
                    "delivery",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attempts",
                        to="records.delivery",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["delivery", "id"], name="attempt_of_delivery")],
            },
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["webhook", "-id"], name="delivery_of_webhook"),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "waiting")), fields=["next_try_at"], name="delivery_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["at"], name="delivery_at"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["waiting", "delivered", "failed", "dropped"])),
                name="delivery_state",
                violation_error_message="A delivery has no such state.",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                condition=models.Q(("event", "records.changed"), ("is_by_hand", False), ("state", "waiting")),
                fields=("webhook",),
                name="delivery_one_on_its_way",
                violation_error_message="Changes are on their way to this webhook already.",
            ),
        ),
    ]
