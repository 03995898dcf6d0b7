"""The list of reports has an index for each of its parts (listing.py)."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_queue_by_size"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="projectupdate",
            index=models.Index(
                condition=models.Q(("state__in", ("draft", "returned", "partly_accepted"))),
                fields=["-period_ends_on", "id"],
                name="update_to_write",
            ),
        ),
        migrations.AddIndex(
            model_name="projectupdate",
            index=models.Index(
                condition=models.Q(("state__in", ("submitted", "in_review"))),
                fields=["-period_ends_on", "id"],
                name="update_waiting",
            ),
        ),
        migrations.AddIndex(
            model_name="projectupdate",
            index=models.Index(
                condition=models.Q(("state__in", ("accepted", "withdrawn"))),
                fields=["-period_ends_on", "id"],
                name="update_done",
            ),
        ),
    ]
