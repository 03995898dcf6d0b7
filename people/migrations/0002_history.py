from django.db import migrations

from records.history import KeepRecord


class Migration(migrations.Migration):
    dependencies = [("people", "0001_accounts_and_researchers"), ("records", "0003_history")]
    operations = [KeepRecord("people_researcher", "researcher")]
