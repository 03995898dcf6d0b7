"""Amounts and ledger entries are in the currency of their line: the change feed is told when that changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("funding", "0014_marks_of_many"), ("records", "0029_change_feed")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER d_shown_by_others AFTER UPDATE ON funding_fundingline FOR EACH ROW"
            " WHEN (OLD.currency IS DISTINCT FROM NEW.currency) EXECUTE FUNCTION records_shown_by_others()",
            "DROP TRIGGER d_shown_by_others ON funding_fundingline",
        )
    ]
