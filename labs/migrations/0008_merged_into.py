"""Records that were merged into another one point at it."""

from django.db import migrations

from records.keeping import KeepRecord, merged_into


class Migration(migrations.Migration):
    dependencies = [("labs", "0007_search"), ("records", "0023_merged_into")]
    operations = [
        *merged_into(KeepRecord("labs_institution", "institution")),
        *merged_into(KeepRecord("labs_lab", "lab", under=("institution_id",), dated=True)),
        *merged_into(
            KeepRecord(
                "labs_affiliation", "affiliation", under=("researcher_id", "institution_id", "lab_id"), dated=True
            )
        ),
        *merged_into(KeepRecord("labs_facility", "facility", under=("lab_id", "provider_id"), dated=True)),
    ]
