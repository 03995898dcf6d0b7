"""What the database holds to of money, and which lines it marks when something changes.

Splits stay within their envelope: whoever divides one takes its row first, in the order of ids, so that two who divide
the same one follow one another and nobody waits in a circle. Ledger entries are only added.

A mark names a line, or a project that moved. Free texts of categories become those of the rules, where they are known.
"""

from django.db import migrations

from records.history import KeepRecord

# The latest amounts of envelopes and of their splits; each amount of a split draws on the amount of its envelope for that
# year, or on the one for which no year is stated. They are laid in one row and told apart by windows: joined with each
# other, those of a large import would be compared each with each, since a plan of a function expects few.
ENVELOPES = """
CREATE FUNCTION funding_wrong_split(envelopes uuid[]) RETURNS text LANGUAGE sql STABLE AS $$
  WITH RECURSIVE split AS (
    SELECT s.*, e.currency AS e_currency, e.form AS e_form, e.program_id AS e_program, e.visibility AS e_visibility,
      e.is_retired OR e.state = 'cancelled' AS is_of_nothing
    FROM public.funding_fundingline s JOIN public.funding_fundingline e ON e.id = s.envelope_id
    WHERE e.id = ANY(envelopes) AND NOT s.is_retired
  ), up (id, above, steps) AS (
    SELECT id, envelope_id, 1 FROM public.funding_fundingline WHERE id = ANY(envelopes)
    UNION ALL
    SELECT l.id, l.envelope_id, steps + 1 FROM up JOIN public.funding_fundingline l ON l.id = up.above WHERE steps < 20
  ), part AS (
    SELECT id AS envelope_id, id AS line_id, false AS is_split FROM unnest(envelopes) id
    UNION ALL SELECT envelope_id, id, true FROM split WHERE state <> 'cancelled'
  ), latest AS (
    SELECT DISTINCT ON (p.envelope_id, p.line_id, p.is_split, a.fiscal_year)
      p.envelope_id, p.is_split, a.fiscal_year, a.planned, a.committed
    FROM part p JOIN public.funding_fundingamount a ON a.line_id = p.line_id WHERE NOT a.is_retired
    ORDER BY p.envelope_id, p.line_id, p.is_split, a.fiscal_year,
      a.decided_on_first DESC NULLS LAST, a.decided_on_last DESC NULLS LAST, a.id DESC
  ), placed AS (
    SELECT *, bool_or(NOT is_split) OVER (PARTITION BY envelope_id, fiscal_year) AS is_of_stated_year,
      bool_or(NOT is_split AND fiscal_year IS NULL) OVER (PARTITION BY envelope_id) AS has_open_year,
      bool_or(NOT is_split) OVER (PARTITION BY envelope_id) AS has_limit
    FROM latest
  )
  SELECT CASE
    WHEN EXISTS (SELECT FROM up WHERE steps = 20) THEN 'fundingline_envelopes_no_circle'
    WHEN EXISTS (SELECT FROM split WHERE (currency, form, program_id) <> (e_currency, e_form, e_program))
      THEN 'fundingline_like_its_envelope'
    WHEN EXISTS (SELECT FROM split WHERE visibility > e_visibility) THEN 'fundingline_seen_with_its_envelope'
    WHEN EXISTS (SELECT FROM split WHERE is_of_nothing AND state <> 'cancelled') THEN 'fundingline_envelope_counts'
    WHEN EXISTS (SELECT FROM placed WHERE has_limit AND NOT is_of_stated_year AND NOT has_open_year)
      THEN 'fundingline_split_of_a_stated_year'
    WHEN EXISTS (SELECT FROM placed WHERE is_of_stated_year OR has_open_year
      GROUP BY envelope_id, CASE WHEN is_of_stated_year THEN fiscal_year END
      HAVING sum(planned) FILTER (WHERE is_split) > max(planned) FILTER (WHERE NOT is_split)
        OR sum(committed) FILTER (WHERE is_split) > max(coalesce(committed, planned)) FILTER (WHERE NOT is_split))
      THEN 'fundingline_within_its_envelope'
  END
$$;
CREATE FUNCTION funding_hold_envelopes(envelopes uuid[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE wrong text;
BEGIN
  IF cardinality(envelopes) = 0 THEN RETURN; END IF;
  PERFORM 1 FROM public.funding_fundingline WHERE id = ANY(envelopes) ORDER BY id FOR NO KEY UPDATE;
  wrong := public.funding_wrong_split(envelopes);
  IF wrong IS NOT NULL THEN
    RAISE EXCEPTION '%', wrong USING ERRCODE = 'check_violation', CONSTRAINT = wrong,
      COLUMN = CASE wrong WHEN 'fundingline_seen_with_its_envelope' THEN 'visibility'
        WHEN 'fundingline_within_its_envelope' THEN '' WHEN 'fundingline_split_of_a_stated_year' THEN 'fiscal_year'
        ELSE 'envelope_id' END;
  END IF;
END $$;
CREATE FUNCTION funding_line_in_envelope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_hold_envelopes(ARRAY(
    SELECT envelope_id FROM new_rows WHERE envelope_id IS NOT NULL
    UNION SELECT s.envelope_id FROM new_rows n JOIN public.funding_fundingline s ON s.envelope_id = n.id));
  IF EXISTS (SELECT FROM new_rows n JOIN old_rows o USING (id) JOIN public.funding_ledgerentry e ON e.line_id = n.id
             WHERE n.currency <> o.currency) THEN
    RAISE EXCEPTION 'entries in another currency' USING ERRCODE = 'check_violation', CONSTRAINT = 'fundingline_currency_of_its_entries', COLUMN = 'currency';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION funding_new_line_in_envelope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_hold_envelopes(ARRAY(SELECT DISTINCT envelope_id FROM new_rows WHERE envelope_id IS NOT NULL));
  RETURN NULL;
END $$;
CREATE FUNCTION funding_amount_in_envelope() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_hold_envelopes(ARRAY(
    SELECT l.envelope_id FROM new_rows n JOIN public.funding_fundingline l ON l.id = n.line_id WHERE l.envelope_id IS NOT NULL
    UNION SELECT s.envelope_id FROM new_rows n JOIN public.funding_fundingline s ON s.envelope_id = n.line_id));
  RETURN NULL;
END $$;
CREATE TRIGGER e_in_envelope_insert AFTER INSERT ON funding_fundingline
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_new_line_in_envelope();
CREATE TRIGGER e_in_envelope_update AFTER UPDATE ON funding_fundingline
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_line_in_envelope();
CREATE TRIGGER e_in_envelope_insert AFTER INSERT ON funding_fundingamount
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_amount_in_envelope();
CREATE TRIGGER e_in_envelope_update AFTER UPDATE ON funding_fundingamount
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_amount_in_envelope();
CREATE TRIGGER e_in_envelope_delete AFTER DELETE ON funding_fundingamount
  REFERENCING OLD TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_amount_in_envelope();
"""
ENVELOPES_GONE = """
DROP TRIGGER e_in_envelope_delete ON funding_fundingamount; DROP TRIGGER e_in_envelope_update ON funding_fundingamount;
DROP TRIGGER e_in_envelope_insert ON funding_fundingamount;
DROP TRIGGER e_in_envelope_update ON funding_fundingline; DROP TRIGGER e_in_envelope_insert ON funding_fundingline;
DROP FUNCTION funding_amount_in_envelope, funding_new_line_in_envelope, funding_line_in_envelope, funding_hold_envelopes,
  funding_wrong_split;
"""

LEDGER = """
CREATE FUNCTION funding_ledger_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' OR
    (NEW.line_id, NEW.movement, NEW.posted_on, NEW.fiscal_year, NEW.amount, NEW.corrects_id, NEW.outside_key, NEW.note_ko, NEW.note_en)
    IS DISTINCT FROM
    (OLD.line_id, OLD.movement, OLD.posted_on, OLD.fiscal_year, OLD.amount, OLD.corrects_id, OLD.outside_key, OLD.note_ko, OLD.note_en)
  THEN
    RAISE EXCEPTION 'the ledger only grows' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerentry_only_added';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER a_only_grows BEFORE UPDATE OR DELETE ON funding_ledgerentry
  FOR EACH ROW EXECUTE FUNCTION funding_ledger_only_grows();
CREATE FUNCTION funding_ledger_corrected() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM new_rows WHERE corrects_id IS NOT NULL) THEN RETURN NULL; END IF;
  PERFORM 1 FROM public.funding_ledgerentry WHERE id IN (SELECT corrects_id FROM new_rows) ORDER BY id FOR NO KEY UPDATE;
  IF EXISTS (
    SELECT FROM new_rows n JOIN public.funding_ledgerentry e ON e.id = n.corrects_id
    WHERE (n.line_id, n.movement) <> (e.line_id, e.movement) OR sign(n.amount) = sign(e.amount)
      OR coalesce(n.fiscal_year, extract(year FROM n.posted_on_first)) <> coalesce(e.fiscal_year, extract(year FROM e.posted_on_first))) THEN
    RAISE EXCEPTION 'a counter-entry unlike its entry' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerentry_like_the_corrected', COLUMN = 'corrects_id';
  END IF;
  IF EXISTS (
    SELECT FROM public.funding_ledgerentry e JOIN public.funding_ledgerentry c ON c.corrects_id = e.id
    WHERE e.id IN (SELECT corrects_id FROM new_rows) GROUP BY e.id HAVING abs(sum(c.amount)) > abs(e.amount)) THEN
    RAISE EXCEPTION 'corrected by more than there is' USING ERRCODE = 'check_violation', CONSTRAINT = 'ledgerentry_corrected_once', COLUMN = 'amount';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER e_corrected AFTER INSERT ON funding_ledgerentry
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_ledger_corrected();
"""
LEDGER_GONE = """
DROP TRIGGER e_corrected ON funding_ledgerentry; DROP TRIGGER a_only_grows ON funding_ledgerentry;
DROP FUNCTION funding_ledger_corrected, funding_ledger_only_grows;
"""

MARKS = """
DROP TRIGGER d_marks_delete ON programs_program;
DROP FUNCTION funding_scope_gone;
CREATE OR REPLACE FUNCTION funding_line_marks_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT unnest(ARRAY[id, envelope_id]) FROM new_rows)); RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION funding_line_marks_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT unnest(ARRAY[id, envelope_id]) FROM old_rows)); RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION funding_line_marks_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(
    SELECT unnest(ARRAY[n.id, n.envelope_id, o.envelope_id]) FROM old_rows o JOIN new_rows n USING (id) WHERE n.version <> o.version));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION funding_amount_marks_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(
    SELECT line_id FROM new_rows
    UNION SELECT l.envelope_id FROM new_rows n JOIN public.funding_fundingline l ON l.id = n.line_id WHERE l.envelope_id IS NOT NULL));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION funding_amount_marks_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(
    SELECT line_id FROM old_rows
    UNION SELECT l.envelope_id FROM old_rows o JOIN public.funding_fundingline l ON l.id = o.line_id WHERE l.envelope_id IS NOT NULL));
  RETURN NULL;
END $$;
CREATE FUNCTION funding_entry_marks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT line_id FROM new_rows)); RETURN NULL;
END $$;
CREATE TRIGGER d_marks_insert AFTER INSERT ON funding_ledgerentry
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_entry_marks();
CREATE TRIGGER d_marks_update AFTER UPDATE ON funding_ledgerentry
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_entry_marks();
CREATE OR REPLACE FUNCTION funding_project_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(
    SELECT unnest(ARRAY[n.id, o.parent_id]) FROM old_rows o JOIN new_rows n USING (id)
    WHERE (o.parent_id, o.program_id) IS DISTINCT FROM (n.parent_id, n.program_id)));
  RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION funding_project_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT unnest(ARRAY[id, parent_id]) FROM old_rows)); RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION funding_payer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT l.id FROM old_rows o JOIN new_rows n USING (id)
    JOIN public.funding_fundingline l ON l.payer_id = n.id WHERE (n.kind, n.country) <> (o.kind, o.country)));
  RETURN NULL;
END $$;
INSERT INTO records_stalemark (figure, scope) SELECT 'rollups', NULL WHERE EXISTS (SELECT FROM funding_fundingline);
"""

WORDS = {
    "인건비": "personnel", "내부인건비": "personnel", "personnel": "personnel", "학생인건비": "students",
    "연구시설·장비비": "equipment", "연구시설장비비": "equipment", "equipment": "equipment", "연구재료비": "materials",
    "재료비": "materials", "연구활동비": "activities", "위탁연구개발비": "commissioned", "위탁연구비": "commissioned",
    "국제공동연구개발비": "international", "연구개발부담비": "contribution", "연구수당": "allowance", "간접비": "indirect",
    "기타": "other",
}  # fmt: skip
KNOWN = " ".join(f"WHEN '{word}' THEN '{code}'" for word, code in WORDS.items())
CODES = "('', " + ", ".join(f"'{code}'" for code in sorted(set(WORDS.values()))) + ")"
# What is no category of the rules stays to be read in the note.
CATEGORIES = f"""
ALTER TABLE {{table}} DISABLE TRIGGER USER;
UPDATE {{table}} SET
  note_ko = CASE WHEN category IN ({", ".join(f"'{word}'" for word in WORDS)}) THEN note_ko
    ELSE concat_ws(E'\\n', nullif(note_ko, ''), '비목: ' || category) END,
  category = CASE category {KNOWN} ELSE 'other' END
WHERE category NOT IN {CODES};
ALTER TABLE {{table}} ENABLE TRIGGER USER;
SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED;
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0007_splits_ledger_and_rates")]
    run_before = [("records", "0026_marks_of_many")]  # up to here a mark names one record
    operations = [
        KeepRecord(
            "funding_fundingline",
            "funding_line",
            within="program_id",
            under=("program_id", "project_id"),
            dated=True,
        ),
        KeepRecord("funding_fundingamount", "funding_amount", within="line_id", under=("line_id",)),
        KeepRecord("funding_ledgerentry", "ledger_entry", within="line_id", under=("line_id",)),
        KeepRecord("funding_exchangerate", "exchange_rate"),
        migrations.RunSQL(CATEGORIES.format(table="funding_fundingline"), migrations.RunSQL.noop),
        migrations.RunSQL(CATEGORIES.format(table="history.funding_fundingline"), migrations.RunSQL.noop),
        migrations.RunSQL(ENVELOPES, ENVELOPES_GONE),
        migrations.RunSQL(LEDGER, LEDGER_GONE),
        migrations.RunSQL(MARKS),
    ]
