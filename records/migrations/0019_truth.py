"""Statements that cannot all be true: what compares them, the marks that say whose are to be compared, the order of weights and places."""

from django.db import migrations, models

COMPARING = r"""
-- What an understood value can mean, so that values that can all be true do not differ: records/differing.py.
CREATE FUNCTION statement_numbers(value text, qualifier text) RETURNS numeric[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN value ~ '^-?[0-9]{1,20}([.][0-9]{1,20})?$' THEN
    CASE qualifier
      WHEN 'about' THEN ARRAY[value::numeric - abs(value::numeric) * 0.05, value::numeric + abs(value::numeric) * 0.05]
      WHEN 'at_least' THEN ARRAY[value::numeric, 'Infinity'::numeric]
      WHEN 'at_most' THEN ARRAY['-Infinity'::numeric, value::numeric]
      ELSE ARRAY[value::numeric, value::numeric]
    END
  END
$$;
CREATE FUNCTION statement_days(value text) RETURNS date[] LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
  IF value !~ '^[0-9./~?-]{4,25}$' OR NOT public.edtf_is_valid(value) THEN RETURN NULL; END IF;
  RETURN ARRAY[public.edtf_first(value), public.edtf_last(value)];
EXCEPTION WHEN data_exception THEN RETURN NULL;  -- the 30th of February
END $$;
CREATE FUNCTION statement_instant(value text) RETURNS timestamptz LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
BEGIN
  IF value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})$' THEN RETURN NULL; END IF;
  RETURN value::timestamptz;
EXCEPTION WHEN data_exception THEN RETURN NULL;
END $$;
-- Everything that was said of this attribute at an instant, as one word.
CREATE FUNCTION statements_at(about uuid, named text, at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT coalesce(string_agg(said, E'\n' ORDER BY said), '') FROM (
    SELECT DISTINCT concat_ws(E'\t', value, unit, qualifier, coalesce(speaks_of, ''), certainty) AS said FROM (
      SELECT value, unit, qualifier, speaks_of, certainty FROM public.records_citation
        WHERE record_id = about AND attribute = named AND updated_at <= at AND NOT is_retired AND value <> ''
      UNION ALL
      SELECT value, unit, qualifier, speaks_of, certainty FROM history.records_citation
        WHERE record_id = about AND attribute = named AND updated_at <= at AND until > at AND NOT is_retired AND value <> ''
    ) v) s
$$;
"""

MARKS = """
CREATE FUNCTION records_mark_statements(scopes uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.records_stalemark (figure, scope)
    SELECT DISTINCT 'disagreements', s FROM unnest(scopes) s WHERE cardinality(scopes) <= 5000
    UNION ALL SELECT 'disagreements', NULL WHERE cardinality(scopes) > 5000
$$;
CREATE FUNCTION records_citation_marks_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.records_mark_statements(ARRAY(SELECT record_id FROM new_rows)); RETURN NULL;
END $$;
CREATE FUNCTION records_citation_marks_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.records_mark_statements(ARRAY(SELECT record_id FROM old_rows)); RETURN NULL;
END $$;
CREATE FUNCTION records_citation_marks_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.records_mark_statements(ARRAY(
    SELECT unnest(ARRAY[o.record_id, n.record_id]) FROM old_rows o JOIN new_rows n USING (id)
    WHERE (o.record_id, o.attribute, o.value, o.unit, o.qualifier, o.speaks_of, o.certainty, o.visibility, o.is_retired)
      IS DISTINCT FROM (n.record_id, n.attribute, n.value, n.unit, n.qualifier, n.speaks_of, n.certainty, n.visibility, n.is_retired)));
  RETURN NULL;
END $$;
CREATE TRIGGER d_marks_insert AFTER INSERT ON records_citation
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION records_citation_marks_new();
CREATE TRIGGER d_marks_update AFTER UPDATE ON records_citation
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION records_citation_marks_both();
CREATE TRIGGER d_marks_delete AFTER DELETE ON records_citation
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION records_citation_marks_old();
INSERT INTO records_stalemark (figure, scope) SELECT 'disagreements', NULL WHERE EXISTS (SELECT FROM records_citation);
"""

PLACES = r"""
-- By place, L9 before L10 (each number as wide as the widest), and at one place by record.
CREATE FUNCTION registry_place(place text, record uuid) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT left(coalesce(string_agg(CASE WHEN part[1] ~ '^[0-9]' THEN lpad(part[1], 8, '0') ELSE part[1] END, '' ORDER BY n), ''), 400)
    || ' ' || record
  FROM regexp_matches(place, '([0-9]{1,8}|[^0-9]+)', 'g') WITH ORDINALITY m (part, n)
$$;
"""

GONE = """
DROP TRIGGER d_marks_insert ON records_citation; DROP TRIGGER d_marks_update ON records_citation;
DROP TRIGGER d_marks_delete ON records_citation;
DROP FUNCTION records_citation_marks_both, records_citation_marks_old, records_citation_marks_new, records_mark_statements;
DROP FUNCTION statements_at, statement_instant, statement_days, statement_numbers;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0018_pieces")]
    operations = [
        migrations.RunSQL(COMPARING + MARKS, GONE),
        migrations.RunSQL(PLACES, "DROP FUNCTION registry_place"),
        migrations.AddIndex(
            model_name="citation",
            index=models.Index(
                models.F("source"),
                models.Func(
                    models.F("place"), models.F("record_id"), function="registry_place", output_field=models.TextField()
                ),
                models.F("id"),
                name="citation_in_place",
            ),
        ),
        migrations.AddIndex(
            model_name="disagreement",
            index=models.Index(
                models.Case(
                    models.When(severity="major", then=models.Value(0)),
                    models.When(severity="minor", then=models.Value(1)),
                    default=models.Value(2),
                    output_field=models.SmallIntegerField(),
                ),
                models.F("id"),
                name="disagreement_by_weight",
            ),
        ),
        migrations.AddIndex(
            model_name="disagreement",
            index=models.Index(
                condition=models.Q(("is_retired", False), ("state", "open")),
                fields=["severity", "kind"],
                name="disagreement_open",
            ),
        ),
    ]
