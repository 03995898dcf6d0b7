"""Pieces that are rare in either writing, so that the index answers soon however many records there are (records/folding.py).

With pieces of three, one of four people has “ong”, and two syllables were asked for as the beginning of all their threes.
"""

from django.db import migrations

PIECES = r"""
CREATE OR REPLACE FUNCTION registry_grams(folded text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
-- What stands at each place: four Latin characters; otherwise three, and where it begins with two syllables, these as well.
-- Of long numbers, which are much alike, every eight figures too. In UTF-8 a syllable is three bytes, a Latin character one.
DECLARE grams text[] := '{}'; k integer := 0; four text;
BEGIN
  FOR n IN 1 .. length(folded) - 1 LOOP
    four := substr(folded, n, 4);
    k := k + 1;
    IF octet_length(four) <= 4 THEN
      grams[k] := four;
    ELSE
      grams[k] := left(four, 3);
      IF octet_length(left(four, 2)) = 6 THEN
        k := k + 1;
        grams[k] := left(four, 2);
      END IF;
    END IF;
  END LOOP;
  IF folded ~ '[0-9]{8}' THEN grams := grams || public.registry_numbers(folded); END IF;
  RETURN array_to_tsvector(grams);
END $$;
CREATE OR REPLACE FUNCTION registry_query(piece text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
-- What registry_grams holds of a text that has this piece: of a longer one as many as cover it, since each costs the index a list.
-- Folded texts have no quotes, so quoting them is safe.
DECLARE grams text[] := '{}'; size integer := length(piece); n integer := 1; four text; is_last boolean;
BEGIN
  IF size < 4 THEN
    IF size = 0 THEN RETURN NULL; END IF;
    IF size = 3 AND octet_length(piece) > 3 OR size = 2 AND octet_length(piece) = 6 THEN
      RETURN quote_literal(piece)::tsquery;
    END IF;
    RETURN (quote_literal(piece) || ':*')::tsquery;
  END IF;
  WHILE n <= size LOOP
    is_last := n >= size - 2;
    n := least(n, size - 2);
    four := substr(piece, n, 4);
    IF octet_length(four) = 3 THEN  -- the last three, Latin, may go on in the text: the four before are sure
      n := n - 1;
      four := substr(piece, n, 4);
    END IF;
    IF octet_length(four) > 4 THEN four := left(four, 3); END IF;
    grams := grams || quote_literal(four);
    EXIT WHEN is_last;
    n := n + length(four);
  END LOOP;
  FOREACH four IN ARRAY public.registry_numbers(piece) LOOP grams := grams || quote_literal(four); END LOOP;
  RETURN array_to_string(grams, '&')::tsquery;
END $$;
CREATE FUNCTION registry_band(folded text, asked text) RETURNS integer LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
-- How well a folded text answers a folded question: 0 where a name is just that, 1 where one begins so, 2 for the rest.
BEGIN
  RETURN CASE WHEN strpos(folded, asked) > 0 THEN 0 WHEN strpos(folded, rtrim(asked, chr(31))) > 0 THEN 1 ELSE 2 END;
END $$;
DO $$
DECLARE index_name text;
BEGIN
  FOR index_name IN SELECT format('%I.%I', schemaname, indexname) FROM pg_indexes WHERE indexdef LIKE '%registry\_grams(%' LOOP
    EXECUTE 'REINDEX INDEX ' || index_name;
  END LOOP;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0017_plans_for_many")]
    operations = [migrations.RunSQL(PIECES)]
