"""Texts as they are searched: folded, and cut into the pieces that an index holds (records/folding.py)."""

from django.db import migrations

FOLDING = r"""
CREATE FUNCTION registry_folded(others text[], VARIADIC texts text[]) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 20 AS $$
-- All these texts in one, each between two marks. records/folding.py says the same of one text in Python.
DECLARE folded text := chr(31) || array_to_string(texts || others, chr(31)) || chr(31);
BEGIN
  IF folded ~ '[^\u0001-\u007e\uac00-\ud7a3]' THEN folded := normalize(folded, NFKC); END IF;  -- most texts are in this form
  RETURN regexp_replace(lower(folded),
    '[\u0001-\u001e -/:-@\[-`{-\u00bf\u00d7\u00f7\u2000-\u206f\u20a0-\u20cf\u2190-\u2bff\u3000-\u3004\u3008-\u3020\u3030\u30fb]+', '', 'g');
END $$;
CREATE FUNCTION registry_grams(folded text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000 AS $$
-- Every three neighbouring characters and the last two; of long numbers, which are much alike, every eight figures as well.
DECLARE grams text[] := '{}';
BEGIN
  FOR n IN 1 .. length(folded) - 1 LOOP grams[n] := substr(folded, n, 3); END LOOP;
  IF folded ~ '[0-9]{8}' THEN grams := grams || public.registry_numbers(folded); END IF;
  RETURN array_to_tsvector(grams);
END $$;
CREATE FUNCTION registry_numbers(folded text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(array_agg(substr(m[1], n, 8)), '{}') FROM regexp_matches(folded, '[0-9]{8,}', 'g') m, generate_series(1, length(m[1]) - 7) n
$$;
CREATE FUNCTION registry_query(piece text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
-- What registry_grams holds of a text that has this piece. Folded texts have no quotes, so quoting them is safe.
  SELECT CASE
    WHEN piece = '' THEN NULL
    WHEN length(piece) < 3 THEN (quote_literal(piece) || ':*')::tsquery
    ELSE (SELECT string_agg(quote_literal(gram), '&')::tsquery FROM unnest(
      ARRAY(SELECT substr(piece, n, 3) FROM generate_series(1, length(piece) - 2) n) || public.registry_numbers(piece)) gram)
  END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0011_spellings")]
    operations = [
        migrations.RunSQL(FOLDING, "DROP FUNCTION registry_query, registry_grams, registry_numbers, registry_folded;"),
    ]
