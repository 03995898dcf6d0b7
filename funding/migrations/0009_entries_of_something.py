"""An entry of nothing is refused at its amount, and no longer at what it would correct."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0008_money_rules"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="ledgerentry",
            name="ledgerentry_sign",
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount", 0), _negated=True),
                name="ledgerentry_something",
                violation_error_message="Give the amount that moved; zero is none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="ledgerentry",
            constraint=models.CheckConstraint(
                condition=models.Q(("amount__gte", 0), ("corrects__isnull", False), _connector="OR"),
                name="ledgerentry_sign",
                violation_error_message="An entry is more than nothing; only one that corrects another is less than nothing.",
            ),
        ),
    ]
