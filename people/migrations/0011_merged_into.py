"""Records that were merged into another one point at it."""

from django.db import migrations

from records.keeping import KeepRecord, merged_into


class Migration(migrations.Migration):
    dependencies = [("people", "0010_visits"), ("records", "0023_merged_into")]
    operations = [
        *merged_into(KeepRecord("people_researcher", "researcher")),
    ]
