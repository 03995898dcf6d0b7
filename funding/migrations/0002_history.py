from django.db import migrations

from records.history import KeepRecord


class Migration(migrations.Migration):
    dependencies = [("funding", "0001_funding"), ("programs", "0003_project_tree")]
    operations = [
        KeepRecord(
            "funding_fundingline",
            "funding_line",
            within="program_id",
            under=("program_id", "project_id"),
            dated=True,
        ),
        KeepRecord("funding_fundingamount", "funding_amount", within="line_id", under=("line_id",)),
        migrations.RunSQL(
            "ALTER TABLE funding_fundingline ADD CONSTRAINT fundingline_project_in_program"
            " FOREIGN KEY (project_id, program_id) REFERENCES programs_project (id, program_id)"
            " DEFERRABLE INITIALLY DEFERRED",
            "ALTER TABLE funding_fundingline DROP CONSTRAINT fundingline_project_in_program",
        ),
    ]
