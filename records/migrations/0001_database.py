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

EDTF = r"""
-- The first and last day that an EDTF date can mean; records/dates.py says the same in Python.
CREATE FUNCTION edtf_first(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT CASE
    WHEN value LIKE '../%' THEN '0001-01-01'::date
    ELSE make_date(substr(value, 1, 4)::int,
                   coalesce(substring(value FROM '^\d{4}-(\d{2})')::int, 1),
                   coalesce(substring(value FROM '^\d{4}-\d{2}-(\d{2})')::int, 1))
  END
$$;
CREATE FUNCTION edtf_last(value text) RETURNS date LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT CASE
    WHEN e = '..' THEN '9999-12-31'::date
    WHEN e ~ '^\d{4}-\d{2}-\d{2}' THEN make_date(substr(e, 1, 4)::int, substr(e, 6, 2)::int, substr(e, 9, 2)::int)
    WHEN e ~ '^\d{4}-\d{2}' THEN (make_date(substr(e, 1, 4)::int, substr(e, 6, 2)::int, 1) + interval '1 month - 1 day')::date
    ELSE make_date(substr(e, 1, 4)::int, 12, 31)
  END
  FROM (SELECT CASE WHEN value LIKE '%/%' THEN split_part(value, '/', 2) ELSE value END AS e) AS ending
$$;
CREATE FUNCTION edtf_is_valid(value text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
  SELECT value ~ '^\d{4}(-\d{2}(-\d{2})?)?[~?]?(/(\.\.|\d{4}(-\d{2}(-\d{2})?)?[~?]?))?$|^\.\./\d{4}(-\d{2}(-\d{2})?)?[~?]?$'
     AND edtf_first(value) <= edtf_last(value)
$$;
"""

HISTORY = """
CREATE SCHEMA history;
CREATE SCHEMA past;
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
            "DROP SCHEMA past CASCADE; DROP SCHEMA history CASCADE; DROP TABLE records_under;"
            " DROP FUNCTION records_move_below, records_hide_below, registry_change, records_known_at,"
            " edtf_is_valid, edtf_last, edtf_first, new_id;",
        )
    ]
