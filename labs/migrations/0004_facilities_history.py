from django.db import migrations

from records.history import KeepRecord


class Migration(migrations.Migration):
    dependencies = [("labs", "0003_facilities")]
    operations = [KeepRecord("labs_facility", "facility", under=("lab_id", "provider_id"), dated=True)]
