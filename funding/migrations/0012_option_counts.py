"""What options of filters are counted along."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0011_lines_ending"),
        ("labs", "0007_search"),
        ("programs", "0011_option_counts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="fundingline",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["state", "visibility"],
                name="fundingline_state_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="fundingline",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["form", "visibility"],
                name="fundingline_form_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="fundingline",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["category", "visibility"],
                name="fundingline_category_counted",
            ),
        ),
    ]
