"""Two changes at once do not close a circle of envelopes together: those that put a line under another follow one another.

Neither would see what the other is about to do, and where the lines have splits already, they need not touch the same rows.
"""

from django.db import migrations

FOLLOW = """
  IF EXISTS (SELECT FROM new_rows n JOIN old_rows o USING (id)
             WHERE n.envelope_id IS NOT NULL AND n.envelope_id IS DISTINCT FROM o.envelope_id) THEN
    PERFORM pg_advisory_xact_lock(hashtext('funding envelopes'));
  END IF;"""

LINE_IN_ENVELOPE = """
CREATE OR REPLACE FUNCTION funding_line_in_envelope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN{follow}
  PERFORM public.funding_hold_envelopes(ARRAY(
    SELECT envelope_id FROM new_rows WHERE envelope_id IS NOT NULL
    UNION SELECT s.envelope_id FROM new_rows n JOIN public.funding_fundingline s ON s.envelope_id = n.id));
  IF EXISTS (SELECT FROM new_rows n JOIN old_rows o USING (id) JOIN public.funding_ledgerentry e ON e.line_id = n.id
             WHERE n.currency <> o.currency) THEN
    RAISE EXCEPTION 'entries in another currency' USING ERRCODE = 'check_violation', CONSTRAINT = 'fundingline_currency_of_its_entries', COLUMN = 'currency';
  END IF;
  RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0009_entries_of_something")]
    operations = [
        migrations.RunSQL(LINE_IN_ENVELOPE.format(follow=FOLLOW), LINE_IN_ENVELOPE.format(follow="")),
    ]
