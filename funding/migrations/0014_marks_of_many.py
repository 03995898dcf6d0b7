"""What makes a figure stale marks what it touches, however much that is; and every kept table marks so."""

from django.db import migrations

from records.keeping_again import KeepAgain

MARK = """
CREATE OR REPLACE FUNCTION funding_mark(scopes uuid[]) RETURNS void LANGUAGE sql AS $$
  SELECT public.records_mark('rollups', scopes)
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("funding", "0013_merged_into"),
        ("labs", "0008_merged_into"),
        ("people", "0011_merged_into"),
        ("programs", "0012_merged_into"),
        ("records", "0026_marks_of_many"),
    ]
    operations = [migrations.RunSQL(MARK), KeepAgain("0014_marks_of_many")]
