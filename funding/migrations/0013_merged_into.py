"""Records that were merged into another one point at it."""

from django.db import migrations

from records.keeping import KeepRecord, merged_into


class Migration(migrations.Migration):
    dependencies = [("funding", "0012_option_counts"), ("records", "0023_merged_into")]
    operations = [
        *merged_into(
            KeepRecord(
                "funding_fundingline",
                "funding_line",
                within="program_id",
                under=("program_id", "project_id"),
                dated=True,
            )
        ),
        *merged_into(KeepRecord("funding_fundingamount", "funding_amount", within="line_id", under=("line_id",))),
        *merged_into(KeepRecord("funding_ledgerentry", "ledger_entry", within="line_id", under=("line_id",))),
        *merged_into(KeepRecord("funding_exchangerate", "exchange_rate")),
    ]
