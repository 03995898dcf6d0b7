from django.db import migrations

from records.spellings import KeepSpellings


class Migration(migrations.Migration):
    dependencies = [("labs", "0005_indexes_for_lists"), ("records", "0011_spellings")]
    operations = [
        KeepSpellings("labs_institution", "institution", "name"),
        KeepSpellings("labs_lab", "lab", "name"),
    ]
