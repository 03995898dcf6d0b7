"""Lines are split and rest on agreements, amounts say how they were revised, money moves, currencies have rates.

Figures are kept line by line, and for each scope what stands below it. What is stored is dropped: it can be worked out again.
"""

import django.db.models.deletion
from django.db import migrations, models

import records.dates
import records.ids


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0006_search"),
        ("labs", "0007_search"),
        ("programs", "0009_search"),
    ]

    operations = [
        migrations.DeleteModel(
            name="Rollup",
        ),
        migrations.CreateModel(
            name="ExchangeRate",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=records.ids.NewId(), editable=False, primary_key=True, serialize=False),
                ),
                (
                    "visibility",
                    models.SmallIntegerField(
                        choices=[(0, "public"), (1, "shared"), (2, "internal")], default=0, verbose_name="visibility"
                    ),
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
                ("currency", models.CharField(max_length=3, verbose_name="currency")),
                ("in_currency", models.CharField(default="KRW", max_length=3, verbose_name="into")),
                ("dated_on", records.dates.EdtfField(verbose_name="dated")),
                (
                    "dated_on_first",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfFirst("dated_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "dated_on_last",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfLast("dated_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "rate",
                    models.DecimalField(
                        decimal_places=8, help_text="units of it for one unit", max_digits=18, verbose_name="rate"
                    ),
                ),
                ("note_ko", models.TextField(blank=True, verbose_name="note (Korean)")),
                ("note_en", models.TextField(blank=True, verbose_name="note (English)")),
            ],
            options={
                "verbose_name": "exchange rate",
                "verbose_name_plural": "exchange rates",
            },
        ),
        migrations.CreateModel(
            name="LedgerEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(db_default=records.ids.NewId(), editable=False, primary_key=True, serialize=False),
                ),
                (
                    "visibility",
                    models.SmallIntegerField(
                        choices=[(0, "public"), (1, "shared"), (2, "internal")], default=0, verbose_name="visibility"
                    ),
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
                (
                    "movement",
                    models.CharField(
                        choices=[
                            ("received", "received"),
                            ("returned", "returned"),
                            ("spent", "spent"),
                            ("recovered", "recovered"),
                        ],
                        max_length=9,
                        verbose_name="movement",
                    ),
                ),
                ("posted_on", records.dates.EdtfField(verbose_name="posted")),
                (
                    "posted_on_first",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfFirst("posted_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "posted_on_last",
                    models.GeneratedField(
                        db_persist=True,
                        expression=records.dates.EdtfLast("posted_on"),
                        output_field=models.DateField(null=True),
                    ),
                ),
                (
                    "fiscal_year",
                    models.SmallIntegerField(
                        blank=True,
                        help_text="where it is not the year of the date",
                        null=True,
                        verbose_name="fiscal year",
                    ),
                ),
                ("amount", models.BigIntegerField(verbose_name="amount")),
                (
                    "outside_key",
                    models.CharField(blank=True, max_length=200, verbose_name="key in the books it comes from"),
                ),
                ("note_ko", models.TextField(blank=True, verbose_name="note (Korean)")),
                ("note_en", models.TextField(blank=True, verbose_name="note (English)")),
            ],
            options={
                "verbose_name": "ledger entry",
                "verbose_name_plural": "ledger entries",
            },
        ),
        migrations.CreateModel(
            name="LineFigure",
            fields=[
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
                    "payer_place",
                    models.CharField(
                        choices=[("home", "in Korea"), ("abroad", "abroad"), ("unstated", "not stated")], max_length=8
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[("cash", "cash"), ("in_kind", "in kind"), ("unstated", "not stated")], max_length=8
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("committed", "committed"),
                            ("closed", "closed"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("above", models.UUIDField(null=True)),
                ("program", models.UUIDField()),
                ("planned", models.BigIntegerField()),
                ("with_planned", models.IntegerField()),
                ("committed", models.BigIntegerField()),
                ("with_committed", models.IntegerField()),
                ("received", models.BigIntegerField()),
                ("with_received", models.IntegerField()),
                ("spent", models.BigIntegerField()),
                ("with_spent", models.IntegerField()),
                ("undivided", models.BigIntegerField()),
                ("with_undivided", models.IntegerField()),
                ("lines", models.IntegerField()),
                ("unstated", models.IntegerField()),
                ("lines_once", models.IntegerField()),
                ("unstated_once", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "line", "level", "fiscal_year", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("line", models.UUIDField()),
                ("scope", models.UUIDField()),
                ("payer", models.UUIDField(null=True)),
                ("recipient", models.UUIDField(null=True)),
                ("category", models.CharField(max_length=100)),
            ],
        ),
        migrations.CreateModel(
            name="Rollup",
            fields=[
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
                    "payer_place",
                    models.CharField(
                        choices=[("home", "in Korea"), ("abroad", "abroad"), ("unstated", "not stated")], max_length=8
                    ),
                ),
                (
                    "form",
                    models.CharField(
                        choices=[("cash", "cash"), ("in_kind", "in kind"), ("unstated", "not stated")], max_length=8
                    ),
                ),
                ("currency", models.CharField(max_length=3)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("planned", "planned"),
                            ("committed", "committed"),
                            ("closed", "closed"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=16,
                    ),
                ),
                ("above", models.UUIDField(null=True)),
                ("program", models.UUIDField()),
                ("planned", models.BigIntegerField()),
                ("with_planned", models.IntegerField()),
                ("committed", models.BigIntegerField()),
                ("with_committed", models.IntegerField()),
                ("received", models.BigIntegerField()),
                ("with_received", models.IntegerField()),
                ("spent", models.BigIntegerField()),
                ("with_spent", models.IntegerField()),
                ("undivided", models.BigIntegerField()),
                ("with_undivided", models.IntegerField()),
                ("lines", models.IntegerField()),
                ("unstated", models.IntegerField()),
                ("lines_once", models.IntegerField()),
                ("unstated_once", models.IntegerField()),
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "scope",
                        "level",
                        "fiscal_year",
                        "payer_kind",
                        "payer_place",
                        "form",
                        "currency",
                        "state",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("scope", models.UUIDField()),
            ],
        ),
        migrations.AddField(
            model_name="fundingamount",
            name="note_en",
            field=models.TextField(blank=True, verbose_name="note (English)"),
        ),
        migrations.AddField(
            model_name="fundingamount",
            name="note_ko",
            field=models.TextField(blank=True, verbose_name="note (Korean)"),
        ),
        migrations.AddField(
            model_name="fundingamount",
            name="revision",
            field=models.CharField(
                blank=True,
                choices=[("raised", "raised"), ("cut", "cut"), ("corrected", "corrected")],
                max_length=9,
                verbose_name="revision",
            ),
        ),
        migrations.AddField(
            model_name="fundingline",
            name="agreement",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="funding_lines",
                to="programs.agreement",
                verbose_name="agreement it rests on",
            ),
        ),
        migrations.AddField(
            model_name="fundingline",
            name="envelope",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="splits",
                to="funding.fundingline",
                verbose_name="split of",
            ),
        ),
        migrations.AlterField(
            model_name="fundingline",
            name="category",
            field=models.CharField(
                blank=True,
                choices=[
                    ("personnel", "personnel"),
                    ("students", "student personnel"),
                    ("equipment", "facilities and equipment"),
                    ("materials", "research materials"),
                    ("activities", "research activities"),
                    ("commissioned", "commissioned research"),
                    ("international", "international joint research"),
                    ("contribution", "contributions and levies"),
                    ("allowance", "research allowance"),
                    ("indirect", "indirect costs"),
                    ("other", "other"),
                ],
                max_length=100,
                verbose_name="category",
            ),
        ),
        migrations.AddIndex(
            model_name="fundingline",
            index=models.Index(
                condition=models.Q(("envelope__isnull", False)), fields=["envelope", "id"], name="fundingline_splits"
            ),
        ),
        migrations.AddIndex(
            model_name="fundingline",
            index=models.Index(
                condition=models.Q(("agreement__isnull", False)),
                fields=["agreement", "id"],
                name="fundingline_rests_on",
            ),
        ),
        migrations.AddConstraint(
            model_name="fundingamount",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("planned", None), ("planned__lt", 1000000000000000), _connector="OR"),
                    models.Q(("committed", None), ("committed__lt", 1000000000000000), _connector="OR"),
                ),
                name="fundingamount_not_too_large",
                violation_error_message="An amount is less than 10^15 of its currency's smallest unit.",
            ),
        ),
        migrations.AddConstraint(
            model_name="fundingline",
            constraint=models.CheckConstraint(
                condition=models.Q(("envelope", models.F("id")), _negated=True),
                name="fundingline_not_its_own_envelope",
                violation_error_message="A line cannot be a split of itself.",
            ),
        ),
        migrations.AddIndex(
            model_name="exchangerate",
            index=models.Index(
                models.F("currency"),
                models.F("in_currency"),
                models.OrderBy(models.F("dated_on_first"), descending=True, nulls_last=True),
                models.F("id"),
                name="exchangerate_latest",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_retired", False)),
                fields=("currency", "in_currency", "dated_on"),
                name="exchangerate_once",
                violation_error_message="There already is a rate of these currencies for this date.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("rate__gt", 0)),
                name="exchangerate_more_than_nothing",
                violation_error_message="A rate is more than nothing.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$"), ("in_currency__regex", "^[A-Z]{3}$")),
                name="exchangerate_currency_codes",
                violation_error_message="The currency is an ISO 4217 code, for example KRW.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency", models.F("in_currency")), _negated=True),
                name="exchangerate_of_two",
                violation_error_message="A rate is between two different currencies.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("dated_on_first__isnull", False)),
                name="exchangerate_has_a_day",
                violation_error_message="Say for which day the rate is, a year at least.",
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="corrects",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="counter_entries",
                to="funding.ledgerentry",
                verbose_name="corrects",
            ),
        ),
        migrations.AddField(
            model_name="ledgerentry",
            name="line",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="funding.fundingline",
                verbose_name="funding line",
            ),
        ),
        migrations.AddIndex(
            model_name="linefigure",
            index=models.Index(
                fields=["above", "level", "fiscal_year", "payer_kind", "payer_place", "form", "currency", "state"],
                name="linefigure_above",
            ),
        ),
        migrations.AddIndex(
            model_name="linefigure",
            index=models.Index(fields=["program", "scope"], name="linefigure_program"),
        ),
        migrations.AddIndex(
            model_name="linefigure",
            index=models.Index(condition=models.Q(("payer__isnull", False)), fields=["payer"], name="linefigure_payer"),
        ),
        migrations.AddIndex(
            model_name="linefigure",
            index=models.Index(
                condition=models.Q(("recipient__isnull", False)), fields=["recipient"], name="linefigure_recipient"
            ),
        ),
        migrations.AddIndex(
            model_name="rollup",
            index=models.Index(
                fields=["above", "level", "fiscal_year", "payer_kind", "payer_place", "form", "currency", "state"],
                name="rollup_above",
            ),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(fields=["line", "id"], name="ledgerentry_list"),
        ),
        migrations.AddIndex(
            model_name="ledgerentry",
            index=models.Index(
                condition=models.Q(("corrects__isnull", False)), fields=["corrects"], name="ledgerentry_corrects"
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outside_key", ""), _negated=True),
                fields=("line", "movement", "outside_key"),
                name="ledgerentry_once",
                violation_error_message="This line already has an entry with this key, and it says something else.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("amount__gt", 0), models.Q(("amount__lt", 0), ("corrects__isnull", False)), _connector="OR"
                ),
                name="ledgerentry_sign",
                violation_error_message="An entry is more than nothing; only one that corrects another is less than nothing.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gt", -1000000000000000), ("amount__lt", 1000000000000000)),
                name="ledgerentry_not_too_large",
                violation_error_message="An amount is less than 10^15 of its currency's smallest unit.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("fiscal_year", None),
                    models.Q(("fiscal_year__gte", 1945), ("fiscal_year__lte", 2200)),
                    _connector="OR",
                ),
                name="ledgerentry_fiscal_year",
                violation_error_message="The fiscal year is a year such as 2025.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("posted_on_first__isnull", False)),
                name="ledgerentry_has_a_day",
                violation_error_message="Say when the money moved, a year at least.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("is_retired", False)),
                name="ledgerentry_stays",
                violation_error_message="A ledger entry is never retired. Correct it by a counter-entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="exchangerate",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", [0, 2])),
                name="exchangerate_public_or_internal",
                violation_error_message="This is public or internal; it belongs to no single program that it could be shared in.",
            ),
        ),
    ]
