"""What the database itself knows before there is a table: ids, dates, the current change, the past."""

from django.db import migrations

NEW_ID = """
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  -- UUID version 7 (RFC 9562): 48 bits of milliseconds, then random
  SELECT encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid()) PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid
$$;
"""

EDTF = """
-- The first and last day that an EDTF date can mean; records/dates.py says the same in Python. Plain expressions without
-- STRICT, so that the planner puts them in line: they run for every row of a bulk load.
CREATE FUNCTION edtf_first_of(part text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE length(rtrim(part, '~?'))
    WHEN 4 THEN make_date(left(part, 4)::int, 1, 1)
    WHEN 7 THEN make_date(left(part, 4)::int, substr(part, 6, 2)::int, 1)
    WHEN 10 THEN make_date(left(part, 4)::int, substr(part, 6, 2)::int, substr(part, 9, 2)::int)
    WHEN 2 THEN '0001-01-01'::date
  END
$$;
CREATE FUNCTION edtf_last_of(part text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE length(rtrim(part, '~?'))
    WHEN 4 THEN make_date(left(part, 4)::int, 12, 31)
    WHEN 7 THEN (make_date(left(part, 4)::int, substr(part, 6, 2)::int, 1) + interval '1 month')::date - 1
    WHEN 10 THEN make_date(left(part, 4)::int, substr(part, 6, 2)::int, substr(part, 9, 2)::int)
    WHEN 2 THEN '9999-12-31'::date
  END
$$;
CREATE FUNCTION edtf_first(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT public.edtf_first_of(split_part(value, '/', 1))
$$;
CREATE FUNCTION edtf_last(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT public.edtf_last_of(CASE WHEN strpos(value, '/') = 0 THEN value ELSE split_part(value, '/', 2) END)
$$;
CREATE FUNCTION edtf_one_is_valid(part text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT translate(rtrim(part, '~?'), '123456789', '000000000') IN ('0000', '0000-00', '0000-00-00')
     AND length(part) - length(rtrim(part, '~?')) <= 1
$$;
CREATE FUNCTION edtf_is_valid(value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN strpos(value, '/') = 0 THEN public.edtf_one_is_valid(value)
    WHEN split_part(value, '/', 3) <> '' OR right(value, 1) = '/' OR value = '../..' THEN false
    ELSE (split_part(value, '/', 1) = '..' OR public.edtf_one_is_valid(split_part(value, '/', 1)))
     AND (split_part(value, '/', 2) = '..' OR public.edtf_one_is_valid(split_part(value, '/', 2)))
     AND public.edtf_first(value) <= public.edtf_last(value)
  END
$$;
"""

HISTORY = """
CREATE SCHEMA history;
CREATE SCHEMA past;
CREATE SCHEMA ever;
CREATE FUNCTION records_known_at() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS $$
  SELECT current_setting('registry.known_at')::timestamptz
$$;
CREATE FUNCTION registry_change() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
-- The change that this transaction makes; where nobody said who and why, the database user did it "by sql".
DECLARE this bigint := nullif(current_setting('registry.change', true), '')::bigint;
BEGIN
  IF this IS NULL THEN
    INSERT INTO public.records_change (actor_name, door, reason) VALUES (session_user, 'sql', '') RETURNING id INTO this;
    PERFORM set_config('registry.change', this::text, true);
  END IF;
  PERFORM set_config('registry.change_used', 'yes', true);  -- a change that is never used leaves no trace
  RETURN this;
END $$;
CREATE TABLE records_under (
  child text NOT NULL, col text NOT NULL, hides boolean NOT NULL, gives_within boolean NOT NULL, PRIMARY KEY (child, col)
);
COMMENT ON TABLE records_under IS 'Which column of which table leads to the record that a row lies under (records/history.py)';
CREATE FUNCTION records_hide_below(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
-- What lies under a record that was hidden is hidden as much; each table''s own trigger carries it further down.
DECLARE edge record;
BEGIN
  FOR edge IN SELECT child, col FROM public.records_under WHERE hides ORDER BY child, col LOOP
    EXECUTE format('UPDATE public.%I c SET visibility = r.visibility FROM public.records_record r
                    WHERE r.id = c.%I AND c.%I = ANY($1) AND c.visibility < r.visibility', edge.child, edge.col, edge.col) USING ids;
  END LOOP;
END $$;
CREATE FUNCTION records_move_below(ids uuid[]) RETURNS void LANGUAGE plpgsql AS $$
-- What lies under a record that moved to another program moves with it.
DECLARE edge record; moved uuid[];
BEGIN
  FOR edge IN SELECT child, col FROM public.records_under WHERE gives_within ORDER BY child, col LOOP
    EXECUTE format('WITH m AS (UPDATE public.records_record r SET within = p.within
                    FROM public.%I c JOIN public.records_record p ON p.id = c.%I
                    WHERE r.id = c.id AND c.%I = ANY($1) AND r.within IS DISTINCT FROM p.within RETURNING r.id)
                    SELECT array_agg(id) FROM m', edge.child, edge.col, edge.col) INTO moved USING ids;
    IF moved IS NOT NULL THEN PERFORM public.records_move_below(moved); END IF;
  END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(
            NEW_ID + EDTF + HISTORY,
            "DROP SCHEMA past CASCADE; DROP SCHEMA ever CASCADE; DROP SCHEMA history CASCADE; DROP TABLE records_under;"
            " DROP FUNCTION records_move_below, records_hide_below, registry_change, records_known_at,"
            " edtf_is_valid, edtf_one_is_valid, edtf_last, edtf_first, edtf_last_of, edtf_first_of, new_id;",
        )
    ]
