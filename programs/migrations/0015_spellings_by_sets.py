from django.db import migrations

from records.spellings import KeepSpellings


class Migration(migrations.Migration):
    dependencies = [
        ("programs", "0014_milestone_spellings"),
        ("labs", "0006_spellings"),
        ("people", "0004_spellings"),
        ("records", "0011_spellings"),
    ]

    operations = [
        KeepSpellings("records_source", "source", are_kept=True),
        KeepSpellings("people_researcher", "researcher", "person", are_kept=True),
        KeepSpellings("labs_institution", "institution", "name", are_kept=True),
        KeepSpellings("labs_lab", "lab", "name", are_kept=True),
        KeepSpellings("programs_program", "program", "name", are_kept=True),
        KeepSpellings("programs_committee", "committee", "name", are_kept=True),
        KeepSpellings("programs_project", "project", are_kept=True),
        KeepSpellings("programs_agreement", "agreement", are_kept=True),
        KeepSpellings("programs_event", "event", are_kept=True),
        KeepSpellings("programs_output", "output", are_kept=True),
        KeepSpellings("programs_milestone", "milestone", are_kept=True),
    ]
