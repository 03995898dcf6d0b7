from django.db import migrations, models


class Migration(migrations.Migration):
    """The queue is also read by size, along an index of its own."""

    dependencies = [("reports", "0003_obligations_history")]
    operations = [
        migrations.AddIndex(
            model_name="projectupdate",
            index=models.Index(
                fields=["-values_proposed", "id"],
                name="update_queue_by_size",
                condition=models.Q(state__in=["submitted", "in_review"]),
            ),
        ),
    ]
