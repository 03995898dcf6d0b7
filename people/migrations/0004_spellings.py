from django.db import migrations

from records.spellings import KeepSpellings


class Migration(migrations.Migration):
    dependencies = [("people", "0003_indexes_for_lists"), ("records", "0011_spellings")]
    operations = [
        KeepSpellings("people_researcher", "researcher", "person"),
    ]
