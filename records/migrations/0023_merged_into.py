"""Records that were merged into another one point at it."""

from django.db import migrations

from records.keeping import KeepRecord, merged_into


class Migration(migrations.Migration):
    dependencies = [("records", "0022_sheet_imports")]
    operations = [
        *merged_into(KeepRecord("records_source", "source", dated=True)),
        *merged_into(KeepRecord("records_citation", "citation", within="record_id", under=("record_id", "source_id"))),
        *merged_into(
            KeepRecord(
                "records_disagreement", "disagreement", within="record_id", under=("record_id", "other_record_id")
            )
        ),
        *merged_into(
            KeepRecord(
                "records_relation", "relation", within="record_id", under=("record_id", "other_id"), dated="record_id"
            )
        ),
        *merged_into(KeepRecord("records_document", "document", within="record_id", under=("record_id",))),
    ]
