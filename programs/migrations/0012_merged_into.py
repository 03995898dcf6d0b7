"""Records that were merged into another one point at it."""

from django.db import migrations

from records.keeping import KeepRecord, merged_into


class Migration(migrations.Migration):
    dependencies = [("programs", "0011_option_counts"), ("records", "0023_merged_into")]
    operations = [
        *merged_into(KeepRecord("programs_program", "program", within="id", dated=True)),
        *merged_into(
            KeepRecord(
                "programs_project", "project", within="program_id", under=("program_id", "parent_id"), dated=True
            )
        ),
        *merged_into(
            KeepRecord(
                "programs_participation",
                "participation",
                within="scope_id",
                under=("scope_id", "institution_id"),
                dated=True,
            )
        ),
        *merged_into(
            KeepRecord("programs_role", "role", within="scope_id", under=("scope_id", "researcher_id"), dated=True)
        ),
        *merged_into(KeepRecord("programs_headcount", "headcount", within="scope_id", under=("scope_id",), dated=True)),
        *merged_into(KeepRecord("programs_phase", "phase", within="scope_id", under=("scope_id",), dated=True)),
        *merged_into(KeepRecord("programs_milestone", "milestone", within="scope_id", under=("scope_id",), dated=True)),
        *merged_into(KeepRecord("programs_agreement", "agreement", within="scope_id", under=("scope_id",), dated=True)),
        *merged_into(KeepRecord("programs_committee", "committee", within="scope_id", under=("scope_id",), dated=True)),
        *merged_into(
            KeepRecord("programs_event", "event", within="scope_id", under=("scope_id", "parent_id"), dated=True)
        ),
        *merged_into(KeepRecord("programs_course", "course", within="scope_id", under=("scope_id",), dated=True)),
        *merged_into(
            KeepRecord("programs_output", "output", within="scope_id", under=("scope_id", "parent_id"), dated=True)
        ),
        *merged_into(
            KeepRecord(
                "programs_exchange", "exchange", within="scope_id", under=("scope_id", "researcher_id"), dated=True
            )
        ),
    ]
