"""Funding lines show of what kind their payer is and whether abroad: the change feed is told when that changes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("labs", "0008_merged_into"), ("records", "0029_change_feed")]
    operations = [
        migrations.RunSQL(
            "CREATE TRIGGER d_shown_by_others AFTER UPDATE ON labs_institution FOR EACH ROW"
            " WHEN ((OLD.kind, OLD.country) IS DISTINCT FROM (NEW.kind, NEW.country))"
            " EXECUTE FUNCTION records_shown_by_others()",
            "DROP TRIGGER d_shown_by_others ON labs_institution",
        )
    ]
