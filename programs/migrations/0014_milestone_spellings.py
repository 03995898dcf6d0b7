from django.db import migrations

from records.spellings import KeepSpellings


class Migration(migrations.Migration):
    """Obligations to report name milestones, which are therefore found by name."""

    dependencies = [("programs", "0013_effort_share_sentence"), ("records", "0024_duplicates")]
    operations = [KeepSpellings("programs_milestone", "milestone")]
