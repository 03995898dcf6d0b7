from django.db import migrations

from records.history import KeepRecord


class Migration(migrations.Migration):
    dependencies = [("records", "0002_records")]
    operations = [
        KeepRecord("records_source", "source", dated=True),
        KeepRecord("records_citation", "citation", within="record_id", under=("record_id", "source_id")),
        KeepRecord("records_disagreement", "disagreement", within="record_id", under=("record_id", "other_record_id")),
    ]
