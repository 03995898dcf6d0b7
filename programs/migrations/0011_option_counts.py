"""What options of filters are counted along."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("labs", "0007_search"),
        ("people", "0009_search"),
        ("programs", "0010_agreements_ending"),
        ("records", "0021_option_counts"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("is_retired", False)), fields=["kind", "visibility"], name="event_kind_counted"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("is_retired", False)), fields=["status", "visibility"], name="event_status_counted"
            ),
        ),
        migrations.AddIndex(
            model_name="headcount",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["people", "visibility"],
                name="headcount_people_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="headcount",
            index=models.Index(
                condition=models.Q(("is_retired", False)), fields=["side", "visibility"], name="headcount_side_counted"
            ),
        ),
        migrations.AddIndex(
            model_name="milestone",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["state", "visibility"],
                name="milestone_state_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("is_retired", False)), fields=["kind", "visibility"], name="output_kind_counted"
            ),
        ),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("is_retired", False)), fields=["state", "visibility"], name="output_state_counted"
            ),
        ),
        migrations.AddIndex(
            model_name="participation",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["part", "visibility"],
                name="participation_part_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="phase",
            index=models.Index(
                condition=models.Q(("is_retired", False)), fields=["status", "visibility"], name="phase_status_counted"
            ),
        ),
        migrations.AddIndex(
            model_name="project",
            index=models.Index(
                condition=models.Q(("is_retired", False)),
                fields=["status", "visibility"],
                name="project_status_counted",
            ),
        ),
        migrations.AddIndex(
            model_name="role",
            index=models.Index(
                condition=models.Q(("is_retired", False)), fields=["part", "visibility"], name="role_part_counted"
            ),
        ),
    ]
