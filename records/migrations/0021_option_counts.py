"""What options of filters are counted along."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0020_saved_views"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="citation",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["certainty", "visibility"],
                name="citation_certainty_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="citation",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["qualifier", "visibility"],
                name="citation_qualifier_counted",
            ),
        ),
    ]
