from django.db import migrations

from records.history import KeepRecord


class Migration(migrations.Migration):
    dependencies = [("records", "0004_relations_and_documents")]
    operations = [
        KeepRecord(
            "records_relation", "relation", within="record_id", under=("record_id", "other_id"), dated="record_id"
        ),
        KeepRecord("records_document", "document", within="record_id", under=("record_id",)),
    ]
