from django.db import migrations

from records.history import KeepRecord


class Migration(migrations.Migration):
    dependencies = [("labs", "0001_institutions"), ("people", "0002_history")]
    operations = [
        KeepRecord("labs_institution", "institution"),
        KeepRecord("labs_lab", "lab", under=("institution_id",), dated=True),
        KeepRecord("labs_affiliation", "affiliation", under=("researcher_id", "institution_id", "lab_id"), dated=True),
    ]
