"""What is to be reported by when, who was given longer, and who is told of it."""

import datetime

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import records.dates
import records.ids
import reports.models.obligations


class Migration(migrations.Migration):
    dependencies = [
        ("labs", "0008_merged_into"),
        ("people", "0011_merged_into"),
        ("programs", "0012_merged_into"),
        ("records", "0024_duplicates"),
        ("reports", "0001_updates"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Obligation",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=records.ids.NewId(), editable=False, primary_key=True, serialize=False),
                ),
                ("is_retired", models.BooleanField(default=False, verbose_name="retired")),
                ("version", models.IntegerField(db_default=1, editable=False)),
                (
                    "updated_at",
                    models.DateTimeField(
                        db_default=models.Func(function="clock_timestamp"), editable=False, verbose_name="updated at"
                    ),
                ),
                (
                    "change_id",
                    models.BigIntegerField(db_default=models.Func(function="registry_change"), editable=False),
                ),
                ("title_ko", models.CharField(blank=True, max_length=500, verbose_name="title (Korean)")),
                ("title_en", models.CharField(blank=True, max_length=500, verbose_name="title (English)")),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=500),
                        blank=True,
                        default=list,
                        verbose_name="other titles",
                    ),
                ),
                (
                    "parts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=16),
                        blank=True,
                        default=reports.models.obligations.leads,
                        help_text="lead, joint, partner_company, …: the words of participations.",
                        verbose_name="from institutions with the part",
                    ),
                ),
                (
                    "rhythm",
                    models.CharField(
                        choices=[
                            ("months", "every n months"),
                            ("yearly", "yearly"),
                            ("milestone", "at milestones"),
                            ("once", "once"),
                        ],
                        max_length=16,
                        verbose_name="rhythm",
                    ),
                ),
                (
                    "every_months",
                    models.PositiveSmallIntegerField(blank=True, null=True, verbose_name="every how many months"),
                ),
                ("starts_on", records.dates.EdtfField(verbose_name="first period from")),
                (
                    "starts_on_first",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfFirst("starts_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "starts_on_last",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfLast("starts_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                ("ends_on", records.dates.EdtfField(verbose_name="last period until")),
                (
                    "ends_on_first",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfFirst("ends_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "ends_on_last",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfLast("ends_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "days_to_report",
                    models.PositiveSmallIntegerField(default=30, verbose_name="days to report after a period"),
                ),
                ("asks_ko", models.TextField(blank=True, verbose_name="what is to be reported (Korean)")),
                ("asks_en", models.TextField(blank=True, verbose_name="what is to be reported (English)")),
                (
                    "visibility",
                    models.SmallIntegerField(
                        choices=[(0, "public"), (1, "shared"), (2, "internal")], default=1, verbose_name="visibility"
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="obligations",
                        to="labs.institution",
                        verbose_name="only this institution",
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.record",
                        verbose_name="merged into",
                    ),
                ),
                (
                    "milestone",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.milestone",
                        verbose_name="only at this milestone",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="obligations",
                        to="programs.project",
                        verbose_name="only this project, with its parts",
                    ),
                ),
                (
                    "scope",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="obligations",
                        to="records.record",
                        verbose_name="under",
                    ),
                ),
            ],
            options={
                "verbose_name": "obligation to report",
                "verbose_name_plural": "obligations to report",
            },
        ),
        migrations.CreateModel(
            name="Extension",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("period_starts_on", models.DateField()),
                ("until", models.DateField(verbose_name="new due day")),
                ("reason", models.TextField(verbose_name="reason")),
                ("at", models.DateTimeField(db_default=models.Func(function="clock_timestamp"))),
                ("by_name", models.CharField(max_length=200)),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "institution",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="labs.institution",
                    ),
                ),
                (
                    "milestone",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.milestone",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="programs.project",
                    ),
                ),
                (
                    "obligation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="extensions",
                        to="reports.obligation",
                    ),
                ),
            ],
            options={
                "verbose_name": "extension",
                "verbose_name_plural": "extensions",
            },
        ),
        migrations.CreateModel(
            name="ReportDue",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("period_starts_on", models.DateField(verbose_name="from")),
                ("period_ends_on", models.DateField(verbose_name="to")),
                ("rule_due_on", models.DateField()),
                ("due_on", models.DateField(verbose_name="due")),
                ("is_reported", models.BooleanField()),
                (
                    "institution",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="dues",
                        to="labs.institution",
                    ),
                ),
                (
                    "milestone",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.milestone",
                    ),
                ),
                (
                    "obligation",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="dues",
                        to="reports.obligation",
                    ),
                ),
                (
                    "program",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="programs.program",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="dues",
                        to="programs.project",
                    ),
                ),
            ],
            options={
                "verbose_name": "report due",
                "verbose_name_plural": "reports due",
            },
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("late", "a report is late"),
                            ("due_soon", "a report is due soon"),
                            ("decided", "a report was decided on"),
                            ("reopened", "a report was reopened"),
                            ("submitted", "a report was handed in"),
                            ("said", "something was said about a report"),
                        ],
                        max_length=16,
                    ),
                ),
                ("due_on", models.DateField(null=True)),
                ("days", models.SmallIntegerField(null=True)),
                ("details", models.JSONField(default=dict)),
                ("made_at", models.DateTimeField(db_default=models.Func(function="clock_timestamp"))),
                ("waits", models.BooleanField(default=True)),
                (
                    "mail",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="notices",
                        to="people.outgoingmail",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "update",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="notices",
                        to="reports.projectupdate",
                    ),
                ),
                (
                    "due",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="notices",
                        to="reports.reportdue",
                    ),
                ),
            ],
            options={
                "verbose_name": "notice",
                "verbose_name_plural": "notices",
            },
        ),
        migrations.CreateModel(
            name="MailChoice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("late", "a report is late"),
                            ("due_soon", "a report is due soon"),
                            ("decided", "a report was decided on"),
                            ("reopened", "a report was reopened"),
                            ("submitted", "a report was handed in"),
                            ("said", "something was said about a report"),
                        ],
                        max_length=16,
                    ),
                ),
                ("is_off", models.BooleanField(default=True)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="mail_choices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("person", "kind"),
                        name="mail_choice_once",
                        violation_error_message="You have chosen this already.",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="obligation",
            index=django.contrib.postgres.indexes.GinIndex(
                models.Func(
                    models.Func(
                        models.F("aliases"),
                        models.F("title_ko"),
                        models.F("title_en"),
                        function="registry_folded",
                        output_field=models.TextField(),
                    ),
                    function="registry_grams",
                    output_field=django.contrib.postgres.search.SearchVectorField(),
                ),
                name="obligation_searched",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(("title_en", ""), ("title_ko", ""), _negated=True),
                name="obligation_has_a_title",
                violation_error_message="Give a title in Korean or in English.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_on_first", None),
                    ("ends_on_last", None),
                    ("ends_on_last__gte", models.F("starts_on_first")),
                    _connector="OR",
                ),
                name="obligation_ends_on_after_starts_on",
                violation_error_message="The end lies before the beginning.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("starts_on", None),
                    models.Q(
                        ("starts_on_first", models.F("starts_on_last")),
                        ("starts_on_first__gte", datetime.date(2000, 1, 1)),
                        ("starts_on_last__lte", datetime.date(2100, 12, 31)),
                    ),
                    _connector="OR",
                ),
                name="obligation_starts_on_is_a_day",
                violation_error_message="Give a day of the years 2000 to 2100, for example 2026-03-01.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ends_on", None),
                    models.Q(
                        ("ends_on_first", models.F("ends_on_last")),
                        ("ends_on_first__gte", datetime.date(2000, 1, 1)),
                        ("ends_on_last__lte", datetime.date(2100, 12, 31)),
                    ),
                    _connector="OR",
                ),
                name="obligation_ends_on_is_a_day",
                violation_error_message="Give a day of the years 2000 to 2100, for example 2026-03-01.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(models.Q(("rhythm", "months"), _negated=True), ("every_months", None)),
                    models.Q(("every_months__gte", 1), ("every_months__lte", 60), ("rhythm", "months")),
                    _connector="OR",
                ),
                name="obligation_months_of_its_rhythm",
                violation_error_message="Every n months needs a number from 1 to 60; the other rhythms have none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(("milestone", None), ("rhythm", "milestone"), _connector="OR"),
                name="obligation_milestone_of_its_rhythm",
                violation_error_message="Only what is due at milestones names one.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(("rhythm", "milestone"), ("starts_on_first__isnull", False), _connector="OR"),
                name="obligation_has_a_start",
                violation_error_message="Give the day on which the first period begins.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("rhythm", "once"), _negated=True), ("ends_on_first__isnull", False), _connector="OR"
                ),
                name="obligation_once_has_an_end",
                violation_error_message="What is reported once is of one period: give its last day too.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "parts__contained_by",
                        [
                            "lead",
                            "joint",
                            "partner_company",
                            "payer",
                            "host",
                            "overseer",
                            "party",
                            "organiser",
                            "sponsor",
                            "participant",
                        ],
                    ),
                    ("parts__len__gte", 1),
                ),
                name="obligation_parts_are_known",
                violation_error_message="Name parts of participations: lead, joint, partner_company, payer, host, overseer, party, organiser, sponsor, participant.",
            ),
        ),
        migrations.AddConstraint(
            model_name="obligation",
            constraint=models.CheckConstraint(
                condition=models.Q(("days_to_report__lte", 366)),
                name="obligation_days_of_a_year",
                violation_error_message="A report is due within 366 days after its period.",
            ),
        ),
        migrations.AddIndex(
            model_name="extension",
            index=models.Index(fields=["obligation", "project", "id"], name="extension_of"),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True),
                name="extension_has_a_reason",
                violation_error_message="Say why the due day is put off.",
            ),
        ),
        migrations.AddConstraint(
            model_name="extension",
            constraint=models.CheckConstraint(
                condition=models.Q(("until__gt", models.F("period_starts_on"))),
                name="extension_after_its_period_began",
                violation_error_message="The new due day lies after the beginning of the period.",
            ),
        ),
        migrations.AddIndex(
            model_name="reportdue",
            index=models.Index(fields=["due_on", "id"], name="due_list"),
        ),
        migrations.AddIndex(
            model_name="reportdue",
            index=models.Index(condition=models.Q(("is_reported", False)), fields=["due_on", "id"], name="due_open"),
        ),
        migrations.AddIndex(
            model_name="reportdue",
            index=models.Index(condition=models.Q(("is_reported", True)), fields=["due_on", "id"], name="due_reported"),
        ),
        migrations.AddIndex(
            model_name="reportdue",
            index=models.Index(
                condition=models.Q(("is_reported", False)), fields=["program", "due_on", "id"], name="due_of_program"
            ),
        ),
        migrations.AddIndex(
            model_name="reportdue",
            index=models.Index(fields=["institution", "due_on", "id"], name="due_of_institution"),
        ),
        migrations.AddConstraint(
            model_name="reportdue",
            constraint=models.UniqueConstraint(
                fields=("obligation", "project", "institution", "period_starts_on", "period_ends_on"),
                name="due_once",
                violation_error_message="This is due already.",
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["person", "-id"], name="notice_latest"),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(condition=models.Q(("waits", True)), fields=["person"], name="notice_waiting"),
        ),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.UniqueConstraint(
                condition=models.Q(("days__isnull", False)),
                fields=("person", "due", "kind", "days", "due_on"),
                name="notice_once",
                violation_error_message="This person has been told already.",
            ),
        ),
    ]
