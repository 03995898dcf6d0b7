from django.db import migrations

from records.history import KeepRecord


class Migration(migrations.Migration):
    dependencies = [("programs", "0001_programs"), ("labs", "0002_history")]
    operations = [
        KeepRecord("programs_program", "program", within="id", dated=True),
        KeepRecord(
            "programs_project", "project", within="program_id", under=("program_id", "parent_id"), dated=True
        ),
        KeepRecord(
            "programs_participation", "participation",
            within="program_id", under=("program_id", "project_id", "institution_id"), dated=True,
        ),
        KeepRecord("programs_role", "role", within="scope_id", under=("scope_id", "researcher_id"), dated=True),
        KeepRecord("programs_headcount", "headcount", within="scope_id", under=("scope_id",), dated=True),
    ]  # fmt: skip
