from django.db import migrations

from records.spellings import KeepSpellings


class Migration(migrations.Migration):
    dependencies = [("programs", "0007_indexes_for_lists"), ("records", "0011_spellings")]
    operations = [
        KeepSpellings("programs_program", "program", "name"),
        KeepSpellings("programs_committee", "committee", "name"),
        KeepSpellings("programs_project", "project"),
        KeepSpellings("programs_agreement", "agreement"),
        KeepSpellings("programs_event", "event"),
        KeepSpellings("programs_output", "output"),
    ]
