from django.db import migrations

from records.history import KeepRecord

SCOPE = {"within": "scope_id", "dated": True}


class Migration(migrations.Migration):
    dependencies = [("programs", "0005_kinds"), ("labs", "0004_facilities_history"), ("records", "0005_more_history")]
    operations = [
        KeepRecord("programs_program", "program", within="id", dated=True),
        KeepRecord("programs_project", "project", within="program_id", under=("program_id", "parent_id"), dated=True),
        migrations.RunSQL(
            "UPDATE history.programs_program SET topics = '{}' WHERE topics IS NULL;"
            "UPDATE history.programs_project SET topics = '{}' WHERE topics IS NULL",
            migrations.RunSQL.noop,
        ),
        KeepRecord("programs_participation", "participation", under=("scope_id", "institution_id"), **SCOPE),
        KeepRecord("programs_phase", "phase", under=("scope_id",), **SCOPE),
        KeepRecord("programs_milestone", "milestone", under=("scope_id",), **SCOPE),
        KeepRecord("programs_agreement", "agreement", under=("scope_id",), **SCOPE),
        KeepRecord("programs_committee", "committee", under=("scope_id",), **SCOPE),
        KeepRecord("programs_event", "event", under=("scope_id", "parent_id"), **SCOPE),
        KeepRecord("programs_course", "course", under=("scope_id",), **SCOPE),
        KeepRecord("programs_output", "output", under=("scope_id", "parent_id"), **SCOPE),
        KeepRecord("programs_exchange", "exchange", under=("scope_id", "researcher_id"), **SCOPE),
    ]
