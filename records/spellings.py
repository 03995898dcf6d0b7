"""Every way in which a record's name may begin when somebody types it, kept by the database in one narrow table.

A spelling is folded so that what is the same to a reader is the same text: small letters, no spaces or marks, and Latin
letters as they sound in Korean names (Lee, Rhee, Yi; Jong-ho, Chongho). A person's Korean name is also kept romanised, and a
name in Hangul also by its initial consonants (ㅋㅇㅅㅌ). The same function folds what is stored and what is asked for.

Triggers write the table, so that it is right whatever wrote the record. No library romanises here: the one that is kept up
(korean-romanizer) is under the GPL and could not run inside the database.

`KeepSpellings` in a migration gives a table all this and works out what is there. Repeat it when the rules change.
"""

from django.db import connection, models
from django.db.migrations.operations.base import Operation

LONGEST = 60  # characters of a spelling; what is typed beyond them is not looked at


class Spelling(models.Model):
    """How a name may begin. `place` is 0 where the whole name begins so, 1 where one of its further words does."""

    class Via(models.TextChoices):
        NAME = "n"
        ALIAS = "a"
        ROMANISED = "r"
        INITIALS = "i"

    pk = models.CompositePrimaryKey("kind", "place", "spelling", "record_id")
    kind = models.CharField(max_length=32, db_collation="C")
    place = models.SmallIntegerField()
    spelling = models.CharField(max_length=LONGEST, db_collation="C")
    record_id = models.UUIDField()
    via = models.CharField(max_length=1, choices=Via)

    def __str__(self):
        return self.spelling


def asked(text: str) -> list[str]:
    """What was typed, folded as spellings are: with its last word taken as whole, and as the beginning of one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT spelling_asked(%s)", [text.replace("\x00", "")])
        return [folded[:LONGEST] for folded in cursor.fetchone()[0] if folded]


def span(folded: str) -> tuple[str, str]:
    """Spellings that begin so lie from the first text up to the second, which is not among them.

    A last syllable that may still grow finds what it can become: 김미 also 김민, 김ㅁ also 김미.
    """
    head, last = folded[:-1], ord(folded[-1])
    initial = INITIALS.find(folded[-1])
    if head and initial >= 0 and not set(head) & set(INITIALS):
        return head + chr(FIRST_SYLLABLE + initial * 588), head + chr(FIRST_SYLLABLE + (initial + 1) * 588)
    is_open = FIRST_SYLLABLE <= last < FIRST_SYLLABLE + 11172 and (last - FIRST_SYLLABLE) % 28 == 0
    return folded, head + chr(last + (28 if is_open else 1))


def rebuild() -> None:
    """Work out the spellings of every record anew."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname::text FROM pg_proc WHERE proname LIKE 'respell\\_%'")
        for (name,) in cursor.fetchall():
            cursor.execute(f"SELECT history.{name}()")


# ---- how a name is folded ------------------------------------------------------------------------------

FIRST_SYLLABLE = 0xAC00
INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
CONJOINING = "".join(map(chr, range(0x1100, 0x1113)))  # what NFKC makes of initials that stand alone
# Revised Romanization of Korean (Ministry of Culture 2000-8), syllable by syllable as in given names.
ROMAN_INITIALS = "g kk n d tt r m b pp s ss _ j jj ch k t p h"
ROMAN_VOWELS = "a ae ya yae eo e yeo ye o wa wae oe yo u wo we wi yu eu ui i"
ROMAN_FINALS = "_ k k k n n n t l k m l l l p l m p p t t ng t t k t p t"
# Two consonants that a keyboard joins while somebody types only consonants.
JOINED = {"ㄳ": "ㄱㅅ", "ㄵ": "ㄴㅈ", "ㄶ": "ㄴㅎ", "ㄺ": "ㄹㄱ", "ㄻ": "ㄹㅁ", "ㄼ": "ㄹㅂ", "ㄽ": "ㄹㅅ", "ㄾ": "ㄹㅌ", "ㄿ": "ㄹㅍ", "ㅀ": "ㄹㅎ", "ㅄ": "ㅂㅅ"}  # fmt: skip
# What people write for the same sound, in the order in which it is replaced; then single letters, b like p, g like k.
ALIKE = (
    "ck k", "rk k", "sh s", "ch j", "rh r", "eui i", "weo wo", "eo u", "oo u", "ou u", "eu u", "wu u", "ee i", "ui i",
    "oe oi", "ae e", "ai e",
)  # fmt: skip
LETTERS = ("bdgrz", "ptklj")
ONCE = "ktpsljnmiu"  # letters that are written once however often they stand
# Surnames that lose or keep their first sound (두음 법칙), or end in a silent letter: 이, 임, 유, 노, 나, 허, 서.
SURNAMES = {"yi": "li", "i": "li", "im": "lim", "yu": "lyu", "no": "lo", "na": "la", "hul": "hu", "sul": "su"}
LONG_SURNAMES = "남궁 황보 제갈 선우 독고 사공 서문 동방 망절 어금"


def _alike() -> str:
    """The replacements as one SQL expression of `w`."""
    expression = "w"
    for pair in ALIKE:
        old, new = pair.split()
        expression = f"replace({expression}, '{old}', '{new}')"
    expression = f"translate({expression}, '{LETTERS[0]}', '{LETTERS[1]}')"
    for letter in ONCE:
        expression = f"replace({expression}, '{letter * 2}', '{letter}')"
    return expression


def _array(words: str) -> str:
    """Words as an array literal of SQL; `_` stands for no letter."""
    return "{" + ",".join(word.replace("_", '""') for word in words.split()) + "}"


def _surnames() -> str:
    return " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in SURNAMES.items())


def _joined() -> str:
    expression = "w"
    for joined, parts in JOINED.items():
        expression = f"replace({expression}, '{joined}', '{parts}')"
    return expression


FUNCTIONS = rf"""
CREATE OR REPLACE FUNCTION public.spelling_words(w text, last_is_whole boolean) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE words text[]; n integer;
BEGIN
  IF w ~ '^[가-힣]+$' THEN RETURN ARRAY[w]; END IF;
  w := lower(w);
  IF w !~ '^[a-z0-9가-힣 ]*$' THEN
    w := {_joined()};
    w := translate(lower(normalize(w, NFKC)), '{CONJOINING}', '{INITIALS}');
    IF w ~ '[\u00c0-\u024f]' THEN w := normalize(regexp_replace(normalize(w, NFD), '[\u0300-\u036f]', '', 'g'), NFC); END IF;
    w := regexp_replace(regexp_replace(w, '[-''’`.·‧]', '', 'g'), '[^[:alnum:]]+', ' ', 'g');
  END IF;
  IF w ~ '[a-z]' THEN
    IF w ~ '[aeiou]h' THEN w := regexp_replace(w, '([aeiou])h(?![aeiouwy])', '\1', 'g'); END IF;  -- Ahn, Noh, Huh
    w := {_alike()};
  END IF;
  words := array_remove(string_to_array(w, ' '), '');
  n := cardinality(words);
  FOR i IN 1 .. CASE WHEN last_is_whole THEN n ELSE n - 1 END LOOP
    words[i] := CASE words[i] {_surnames()} ELSE words[i] END;
  END LOOP;
  RETURN words;
END $$;

CREATE OR REPLACE FUNCTION public.spelling_asked(t text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
  SELECT array(SELECT DISTINCT array_to_string(public.spelling_words(t, is_whole), '') FROM (VALUES (true), (false)) v (is_whole)) $$;

CREATE OR REPLACE FUNCTION public.romanised(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
  initials CONSTANT text[] := '{_array(ROMAN_INITIALS)}';
  vowels CONSTANT text[] := '{_array(ROMAN_VOWELS)}';
  finals CONSTANT text[] := '{_array(ROMAN_FINALS)}';
  s integer; result text := '';
BEGIN
  FOR i IN 1 .. length(t) LOOP
    s := ascii(substr(t, i, 1)) - {FIRST_SYLLABLE};
    IF s < 0 OR s >= 11172 THEN RETURN ''; END IF;
    result := result || initials[s / 588 + 1] || vowels[s % 588 / 28 + 1] || finals[s % 28 + 1];
  END LOOP;
  RETURN result;
END $$;

CREATE OR REPLACE FUNCTION public.spelling_initials(t text) RETURNS text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE s integer; result text := '';
BEGIN
  FOR i IN 1 .. least(length(t), 20) LOOP
    s := ascii(substr(t, i, 1)) - {FIRST_SYLLABLE};
    result := result || CASE WHEN s BETWEEN 0 AND 11171 THEN substr('{INITIALS}', s / 588 + 1, 1) ELSE substr(t, i, 1) END;
  END LOOP;
  RETURN result;
END $$;
"""

# Names as they stand, then by their further words; persons' also romanised; names in Hangul also by their initials.
# `seen` keeps one spelling from being said twice: it begins with its place.
SPELLINGS = rf"""
CREATE OR REPLACE FUNCTION public.spellings(ko text, en text, aliases text[], what text)
RETURNS TABLE (place smallint, spelling text, via text) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE ROWS 4 AS $$
DECLARE
  names CONSTANT text[] := ARRAY[ko, en] || aliases;
  words text[]; cut integer; seen text[] := '{{}}';
BEGIN
  FOR i IN 1 .. cardinality(names) LOOP
    CONTINUE WHEN names[i] = '';
    words := public.spelling_words(names[i], true);
    via := CASE WHEN i <= 2 THEN 'n' ELSE 'a' END;
    FOR k IN 1 .. CASE WHEN what = 'title' THEN least(cardinality(words), 1) ELSE least(cardinality(words), 8) END LOOP
      place := CASE WHEN k = 1 OR what = 'person' THEN 0 ELSE 1 END;
      spelling := left(array_to_string(words[k:] || CASE WHEN what = 'person' THEN words[:k - 1] END, ''), {LONGEST});
      IF (place || spelling) <> ALL (seen) THEN seen := seen || (place || spelling); RETURN NEXT; END IF;
    END LOOP;
  END LOOP;
  place := 0;
  FOR i IN 1 .. cardinality(names) LOOP
    CONTINUE WHEN what = 'title' OR names[i] !~ '[가-힣]';
    IF what = 'person' AND names[i] ~ '^[가-힣]{{2,6}}$' THEN
      via := 'r';
      cut := CASE WHEN length(names[i]) > 2 AND left(names[i], 2) = ANY ('{_array(LONG_SURNAMES)}') THEN 2 ELSE 1 END;
      words := public.spelling_words(public.romanised(left(names[i], cut)) || ' ' || public.romanised(substr(names[i], cut + 1)), true);
      FOREACH spelling IN ARRAY ARRAY[words[1] || words[2], words[2] || words[1]] LOOP
        IF ('0' || spelling) <> ALL (seen) THEN seen := seen || ('0' || spelling); RETURN NEXT; END IF;
      END LOOP;
    END IF;
    via := 'i';
    spelling := public.spelling_initials(array_to_string(public.spelling_words(names[i], true), ''));
    IF ('0' || spelling) <> ALL (seen) THEN seen := seen || ('0' || spelling); RETURN NEXT; END IF;
  END LOOP;
END $$;
"""

RESPELL = """
CREATE OR REPLACE FUNCTION history.respell_{table}() RETURNS void LANGUAGE sql AS $$
  DELETE FROM public.records_spelling WHERE kind = '{kind}';
  INSERT INTO public.records_spelling (kind, place, spelling, record_id, via)
    SELECT '{kind}', s.place, s.spelling, n.id, s.via FROM public.{table} n, public.spellings({names}, n.aliases, '{what}') s
    ORDER BY s.place, s.spelling, n.id;
$$;
"""
# What changed is found by sets: rows laid beside one another cost 9 s where 3,000 projects got another end.
SPELL = """
CREATE OR REPLACE FUNCTION history.{table}_spell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO public.records_spelling (kind, place, spelling, record_id, via)
      SELECT '{kind}', s.place, s.spelling, n.id, s.via FROM new_rows n, public.spellings({names}, n.aliases, '{what}') s
      ORDER BY s.place, s.spelling, n.id;  -- in the order of the index: a load of many is twice as fast
  ELSIF TG_OP = 'DELETE' THEN
    DELETE FROM public.records_spelling r
      USING (SELECT n.id, s.* FROM old_rows n, public.spellings({names}, n.aliases, '{what}') s) x
      WHERE (r.kind, r.place, r.spelling, r.record_id) = ('{kind}', x.place, x.spelling, x.id);
  ELSE
    DELETE FROM public.records_spelling r
      USING (SELECT n.id, s.* FROM (SELECT {spelled} FROM old_rows n EXCEPT SELECT {spelled} FROM new_rows n) n,
             public.spellings({names}, n.aliases, '{what}') s) x
      WHERE (r.kind, r.place, r.spelling, r.record_id) = ('{kind}', x.place, x.spelling, x.id);
    INSERT INTO public.records_spelling (kind, place, spelling, record_id, via)
      SELECT '{kind}', s.place, s.spelling, n.id, s.via
      FROM (SELECT {spelled} FROM new_rows n EXCEPT SELECT {spelled} FROM old_rows n) n,
           public.spellings({names}, n.aliases, '{what}') s;
  END IF;
  RETURN NULL;
END $$;
"""
KEEP = """
CREATE OR REPLACE TRIGGER c_spell_insert AFTER INSERT ON public.{table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_spell();
CREATE OR REPLACE TRIGGER c_spell_update AFTER UPDATE ON public.{table}
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_spell();
CREATE OR REPLACE TRIGGER c_spell_delete AFTER DELETE ON public.{table}
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_spell();
SELECT history.respell_{table}();
"""

LET_GO = """
DROP TRIGGER IF EXISTS c_spell_insert ON public.{table};
DROP TRIGGER IF EXISTS c_spell_update ON public.{table};
DROP TRIGGER IF EXISTS c_spell_delete ON public.{table};
DROP FUNCTION IF EXISTS history.{table}_spell();
DROP FUNCTION IF EXISTS history.respell_{table}();
DELETE FROM public.records_spelling WHERE kind = '{kind}';
"""


class KeepSpellings(Operation):
    """Keep the spellings of a table's names.

    what   "person" (names in either order, romanised), "name" (each word may be typed first), "title" (only its beginning)
    are_kept  they are there and right: only how changes are followed is said anew
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, kind: str, what: str = "title", are_kept: bool = False):
        self.table, self.kind, self.what, self.are_kept = table, kind, what, are_kept

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        base = "title" if self.what == "title" else "name"
        names = f"n.{base}_ko, n.{base}_en"
        spelled = f"n.id, {names}, n.aliases"
        words = {"table": self.table, "kind": self.kind, "what": self.what, "names": names, "spelled": spelled}
        for sql in (SPELL,) if self.are_kept else (RESPELL, SPELL, KEEP):
            schema_editor.execute(sql.format(**words))

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if not self.are_kept:
            schema_editor.execute(LET_GO.format(table=self.table, kind=self.kind))

    def describe(self):
        return f"Keep the spellings of {self.table}"

    @property
    def migration_name_fragment(self):
        return f"spell_{self.table}"
