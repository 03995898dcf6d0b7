"""How a table is kept: the triggers that close versions, the history that takes them, the views that read the past.

`KeepRecord` in a migration gives a table all this. Put it after the operations that change the table's columns, and
`LetGo` before operations that alter the type of one (the views stand in their way).

A list of the past costs what one of the present costs: `mirroring.py` gives the history the indexes of the present
table, and the view is written so that both are read in order.
"""

from django.db import migrations, models
from django.db.migrations.operations.base import Operation
from django.utils.translation import gettext_lazy

from .dates_moved import MOVED_INDEXES, moved_sql

# What all histories have in common: asked as one table, it answers from all of them.
VERSIONS = """
CREATE TABLE IF NOT EXISTS history.version (
  id uuid, visibility smallint, is_retired boolean, version integer, updated_at timestamptz, change_id bigint,
  until timestamptz, ended_by bigint, visibility_today smallint
)
"""
BELONG = """
DO $$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = 'history.{table}'::regclass) THEN
    ALTER TABLE history.{table} INHERIT history.version;
  END IF;
END $$
"""
# What the history is asked: one record, one change, what was valid at an instant, what began or ended between two.
OWN_INDEXES = {
    "_versions": "(id, updated_at)",
    "_ended_by": "(ended_by, id)",
    "_begun_by": "(change_id, id)",
    "_until": "(until) INCLUDE (updated_at, is_retired, visibility, visibility_today)",
    "_since": "(updated_at)",
}
OWN_COLUMNS = ("history_id", "until", "ended_by", "visibility_today", "is_last", "dates_moved")
OWN = ("version", "updated_at", "change_id")  # set by the database, never by a writer

BEFORE_INSERT = """
CREATE OR REPLACE FUNCTION history.{table}_before_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE gone public.records_record;
BEGIN
  IF current_setting('registry.brings_its_past', true) = 'yes' THEN RETURN NEW; END IF;  -- bringing_its_past()
  SELECT * INTO gone FROM public.records_record r WHERE r.id = NEW.id AND r.is_deleted;  -- a record that comes back
  NEW.version := coalesce(gone.version, 0) + 1;
  NEW.updated_at := greatest(clock_timestamp(), gone.changed_at + interval '1 microsecond');
  NEW.change_id := public.registry_change();
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER a_version_first BEFORE INSERT ON public.{table}
  FOR EACH ROW EXECUTE FUNCTION history.{table}_before_insert();
"""

BEFORE_UPDATE = """
CREATE OR REPLACE FUNCTION history.{table}_before_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.id <> OLD.id THEN
    RAISE EXCEPTION 'ids never change' USING ERRCODE = 'check_violation', CONSTRAINT = 'record_id_never_changes';
  END IF;
  IF ({new_facts}) IS DISTINCT FROM ({old_facts}) THEN
    NEW.version := OLD.version + 1;
    NEW.updated_at := greatest(clock_timestamp(), OLD.updated_at + interval '1 microsecond');
    NEW.change_id := public.registry_change();
  ELSE
    NEW.version := OLD.version;
    NEW.updated_at := OLD.updated_at;
    NEW.change_id := OLD.change_id;
  END IF;
  RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER a_version BEFORE UPDATE ON public.{table}
  FOR EACH ROW EXECUTE FUNCTION history.{table}_before_update();
"""

AFTER_INSERT = """
CREATE OR REPLACE FUNCTION history.{table}_after_insert() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE written bigint;
BEGIN
  {hold_new}
  INSERT INTO public.records_record AS r
      (id, kind, visibility, version, is_retired, is_deleted, merged_into_id, within, changed_at, change_id)
    SELECT n.id, '{kind}', n.visibility, n.version, n.is_retired, false, {merged}, {within}, n.updated_at, n.change_id FROM new_rows n
    ON CONFLICT (id) DO UPDATE SET (visibility, version, is_retired, is_deleted, merged_into_id, within, changed_at, change_id)
      = (excluded.visibility, excluded.version, excluded.is_retired, false, excluded.merged_into_id, excluded.within, excluded.changed_at, excluded.change_id)
      WHERE r.is_deleted AND r.kind = excluded.kind;
  GET DIAGNOSTICS written = ROW_COUNT;
  IF written <> (SELECT count(*) FROM new_rows) THEN
    RAISE EXCEPTION 'an id belongs to a record of another kind' USING ERRCODE = 'unique_violation', CONSTRAINT = 'record_id_once';
  END IF;
  {under}
  {mark_new}
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER b_keep_insert AFTER INSERT ON public.{table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_after_insert();
"""

AFTER_UPDATE = """
CREATE OR REPLACE FUNCTION history.{table}_after_update() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE hidden uuid[]; moved uuid[];
BEGIN
  {hold_changed}
  INSERT INTO history.{table} ({columns}, until, ended_by, dates_moved)
    SELECT {old_columns}, n.updated_at, n.change_id, ({dates_moved}) OR NULL
    FROM old_rows o JOIN new_rows n USING (id) WHERE n.version <> o.version;
  SELECT array_agg(r.id) INTO moved FROM new_rows n JOIN public.records_record r USING (id) WHERE r.within IS DISTINCT FROM {within};
  UPDATE public.records_record r
    SET visibility = n.visibility, version = n.version, is_retired = n.is_retired, merged_into_id = {merged}, within = {within},
        changed_at = n.updated_at, change_id = n.change_id
    FROM new_rows n WHERE r.id = n.id AND (r.version <> n.version OR r.within IS DISTINCT FROM {within});
  {under}
  SELECT array_agg(id) INTO hidden FROM old_rows o JOIN new_rows n USING (id) WHERE n.visibility > o.visibility;
  IF hidden IS NOT NULL THEN PERFORM public.records_hide_below(hidden); END IF;
  IF moved IS NOT NULL THEN PERFORM public.records_move_below(moved); END IF;
  {mark_new}
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER b_keep_update AFTER UPDATE ON public.{table}
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_after_update();
"""

AFTER_DELETE = """
CREATE OR REPLACE FUNCTION history.{table}_after_delete() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE this bigint; now timestamptz := clock_timestamp();
BEGIN
  IF NOT EXISTS (SELECT 1 FROM old_rows) THEN RETURN NULL; END IF;
  this := public.registry_change();
  INSERT INTO history.{table} ({columns}, until, ended_by)
    SELECT {old_columns}, greatest(now, o.updated_at + interval '1 microsecond'), this FROM old_rows o;
  UPDATE public.records_record r
    SET is_deleted = true, is_retired = true, version = r.version + 1, change_id = this,
        changed_at = greatest(now, o.updated_at + interval '1 microsecond')
    FROM old_rows o WHERE r.id = o.id;
  {mark_old}
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER b_keep_delete AFTER DELETE ON public.{table}
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_after_delete();
"""

# Held until the transaction ends, so that nothing is put under a record that is being hidden or moved meanwhile.
HOLD_NEW = """
  PERFORM 1 FROM public.records_record r WHERE r.id IN (SELECT unnest(ARRAY[{above}]) FROM new_rows n) FOR SHARE;"""
HOLD_CHANGED = """
  PERFORM 1 FROM public.records_record r WHERE r.id IN (
    SELECT unnest(ARRAY[{above}]) FROM new_rows n JOIN old_rows o USING (id)
    WHERE (n.visibility, {above}) IS DISTINCT FROM (o.visibility, {above_before})) FOR SHARE;"""

UNDER = """
  IF EXISTS (
    SELECT FROM (SELECT {column} AS id, min(visibility) AS visibility FROM new_rows GROUP BY 1) n
    JOIN public.records_record r USING (id) WHERE r.visibility > n.visibility) THEN
    RAISE EXCEPTION 'less hidden than what it belongs to'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'record_as_hidden_as_{name}', COLUMN = 'visibility';
  END IF;"""

MARK = "PERFORM public.records_mark('timelines', ARRAY(SELECT {column} FROM {rows}));"
MARK_EACH = "INSERT INTO public.records_stalemark (figure, scope) SELECT 'timelines', {column} FROM {rows};"  # before records 0025

# Two plain tables under one condition: so the planner reads both in the order of a list, and stops after a page.
PAST = """
DROP VIEW IF EXISTS past.{table};
CREATE VIEW past.{table} AS
  SELECT {columns} FROM (
    SELECT {columns}, 'infinity'::timestamptz AS until FROM public.{table}
    UNION ALL
    SELECT {past_columns}, until FROM history.{table}
  ) v WHERE updated_at <= public.records_known_at() AND until > public.records_known_at();
DROP VIEW IF EXISTS ever.{table};
CREATE VIEW ever.{table} AS
  SELECT {columns} FROM (
    SELECT {columns}, true AS is_last FROM public.{table}
    UNION ALL
    SELECT {last_columns}, is_last FROM history.{table}
  ) v WHERE is_last;
"""

# A version keeps the visibility that it had; `visibility_today` is set where the record's is another one by now, and
# `is_last` where the record was deleted with it.
TODAY = """
CREATE OR REPLACE FUNCTION history.{table}_opened() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE history.{table} h SET visibility_today = n.visibility
    FROM new_rows n JOIN old_rows o USING (id) WHERE n.visibility <> o.visibility AND h.id = n.id;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER c_opened AFTER UPDATE ON public.{table}
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_opened();
CREATE OR REPLACE FUNCTION history.{table}_returned() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE history.{table} o SET visibility_today = n.visibility, is_last = NULL,
    dates_moved = o.dates_moved OR (o.is_last AND ({dates_moved})) OR NULL
    FROM new_rows n WHERE n.version > 1 AND o.id = n.id
     AND (o.is_last OR coalesce(o.visibility_today, o.visibility) <> n.visibility);
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER c_returned AFTER INSERT ON public.{table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_returned();
CREATE OR REPLACE FUNCTION history.{table}_deleted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  UPDATE history.{table} h SET is_last = true FROM old_rows o WHERE h.id = o.id AND h.version = o.version;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER c_deleted AFTER DELETE ON public.{table}
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION history.{table}_deleted();
"""
# A trigger keeps the plans of its statements for as long as the connection lasts, as they suited the first rows that it
# saw. One row laid beside another is a loop in a loop: 3,000 rows took 4 s instead of 0.1 s where single ones had gone
# before. So many rows are planned for anew, and single ones after them once more.
PLANNED_ANEW = """
CREATE OR REPLACE FUNCTION history.plan_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (SELECT count(*) FROM new_rows) > 100 THEN DISCARD PLANS; END IF;
  RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER a_many AFTER UPDATE ON public.{table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.plan_anew();
CREATE OR REPLACE TRIGGER z_many AFTER UPDATE ON public.{table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION history.plan_anew();
"""
SEEN = 'coalesce("visibility_today", "visibility") AS "visibility"'


class KeepRecord(Operation):
    """Give the table of a kind its Record rows, versions, history, view of the past, and stale marks.

    kind     the name in Record.kind
    within   column of the record that it lies in: its program, or any record of one ("id" for the program itself)
    under    columns of the records that it is at least as hidden as; hiding one of those hides this too
    dated    it has timeline entries (True), or those of the record in this column say something about it

    Reads the columns from the database, so repeat it after every migration that adds or drops one.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, table: str, kind: str, within: str = "", under: tuple[str, ...] = (), dated: bool | str = False):
        self.table, self.kind, self.within, self.under, self.dated = table, kind, within, tuple(under), dated

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for sql in self.statements(_columns(schema_editor.connection, "public", self.table)):
            schema_editor.execute(sql)
        self._follow_columns(schema_editor)
        columns = _columns(schema_editor.connection, "public", self.table)
        names, written = [name for name, *_ in columns], [name for name, _t, stored in columns if not stored]
        marks = {name for name, *_ in _columns(schema_editor.connection, "public", "records_stalemark")}
        for sql in self.triggers(names, written, MARK if "scopes" in marks else MARK_EACH):
            schema_editor.execute(sql)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        LetGo(self.table).database_forwards(app_label, schema_editor, from_state, to_state)

    def describe(self):
        return f"Keep the history of {self.table}"

    @property
    def migration_name_fragment(self):
        return f"keep_{self.table}"

    def statements(self, columns):
        yield f"CREATE TABLE IF NOT EXISTS history.{self.table} (history_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY)"
        yield VERSIONS
        for name, kind in [("until", "timestamptz"), ("ended_by", "bigint")]:
            yield f"ALTER TABLE history.{self.table} ADD COLUMN IF NOT EXISTS {name} {kind} NOT NULL"
        for name, kind, _stored in columns:
            yield f'ALTER TABLE history.{self.table} ADD COLUMN IF NOT EXISTS "{name}" {kind}'
        yield f"ALTER TABLE history.{self.table} ADD COLUMN IF NOT EXISTS visibility_today smallint"
        for name in ("is_last", "dates_moved"):
            yield f"ALTER TABLE history.{self.table} ADD COLUMN IF NOT EXISTS {name} boolean"
        yield BELONG.format(table=self.table)
        for name, indexed in (OWN_INDEXES | MOVED_INDEXES).items():
            yield f"CREATE INDEX IF NOT EXISTS {self.table}{name} ON history.{self.table} {indexed}"
        yield f"DELETE FROM records_under WHERE child = '{self.table}'"
        for column in {*self.under, *self._within_source()}:
            yield (
                "INSERT INTO records_under (child, col, hides, gives_within) VALUES"
                f" ('{self.table}', '{column}', {column in self.under}, {column in self._within_source()})"
            )

    def _follow_columns(self, schema_editor):
        """A column whose type changed takes that type in the history too."""
        past = {name: kind for name, kind, _s in _columns(schema_editor.connection, "history", self.table)}
        for name, kind, _stored in _columns(schema_editor.connection, "public", self.table):
            if past[name] != kind:
                schema_editor.execute(
                    f'ALTER TABLE history.{self.table} ALTER COLUMN "{name}" TYPE {kind} USING "{name}"::{kind}'
                )

    def triggers(self, columns, written, mark):
        facts = [name for name in written if name not in OWN]
        above = sorted({*self.under, *self._within_source()})
        held = {"above": _list(above, "n."), "above_before": _list(above, "o.")}
        words = {
            "table": self.table,
            "kind": self.kind,
            "within": self._within_sql(),
            "merged": "n.merged_into_id" if "merged_into_id" in facts else "NULL::uuid",  # before 0023 there was none
            "columns": _list(columns),
            "old_columns": _list(columns, "o."),
            **past_words(columns),
            "new_facts": _list(facts, "NEW."),
            "old_facts": _list(facts, "OLD."),
            "under": "".join(UNDER.format(column=c, name=c.removesuffix("_id")) for c in self.under),
            "hold_new": HOLD_NEW.format(**held) if above else "",
            "hold_changed": HOLD_CHANGED.format(**held) if above else "",
            "mark_new": self._marks(mark, "new_rows"),
            "mark_old": self._marks(mark, "old_rows"),
        }
        for sql in (BEFORE_INSERT, BEFORE_UPDATE, AFTER_INSERT, AFTER_UPDATE, AFTER_DELETE, TODAY, PLANNED_ANEW, PAST):
            yield sql.format(**words)

    def _within_source(self):
        return [self.within] if self.within not in ("", "id") else []

    def _within_sql(self):
        if not self.within:
            return "NULL::uuid"
        if self.within == "id":
            return "n.id"
        return f"(SELECT p.within FROM public.records_record p WHERE p.id = n.{self.within})"

    def _marks(self, mark, rows):
        column = self.dated if isinstance(self.dated, str) else "id"
        return mark.format(column=column, rows=rows) if self.dated else ""


def merged_into(keep: KeepRecord) -> list[Operation]:
    """Give records of a kept table the pointer to what they were merged into: who has one is retired."""
    model = keep.table.partition("_")[2]
    pointer = models.ForeignKey(
        "records.record", models.PROTECT, null=True, blank=True, related_name="+", db_index=False,
        verbose_name=gettext_lazy("merged into"),
    )  # fmt: skip
    return [
        migrations.AddField(model, "merged_into", pointer),
        migrations.RunSQL(
            f"ALTER TABLE {keep.table} ADD CONSTRAINT record_merged_is_retired CHECK (merged_into_id IS NULL OR is_retired)",
            f"ALTER TABLE {keep.table} DROP CONSTRAINT record_merged_is_retired",
        ),
        keep,
    ]


TRIGGERS = (
    "a_version_first", "a_version", "b_keep_insert", "b_keep_update", "b_keep_delete", "c_opened", "c_returned", "c_deleted",
    "a_many", "z_many",
)  # fmt: skip


class LetGo(Operation):
    """Drop the view and triggers of a kept table, before its columns change type. Its history stays."""

    reversible = True

    def __init__(self, table: str):
        self.table = table

    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        schema_editor.execute(f"DROP VIEW IF EXISTS past.{self.table}, ever.{self.table}")
        for trigger in TRIGGERS:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {trigger} ON public.{self.table}")

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass

    def describe(self):
        return f"Let go of {self.table}"


def _columns(connection, schema, table):
    """(name, type, is worked out by the database) of each column, in order; the history's own columns left out."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod), attgenerated <> '' FROM pg_attribute"
            " WHERE attrelid = format('%%I.%%I', %s::text, %s::text)::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attname <> ALL(%s) ORDER BY attnum",
            [schema, table, list(OWN_COLUMNS)],
        )
        return cursor.fetchall()


def past_words(columns) -> dict[str, str]:
    """The columns of a version as the views of the past show them: with today's visibility; a deleted record is retired too.

    And whether a date of the row `o` is another one in the row `n`."""
    last = {"visibility": SEEN, "is_retired": 'true AS "is_retired"'}
    return {
        "past_columns": ", ".join(SEEN if name == "visibility" else f'"{name}"' for name in columns),
        "last_columns": ", ".join(last.get(name, f'"{name}"') for name in columns),
        "dates_moved": moved_sql(columns, "o.", "n."),
    }


def _list(names, prefix=""):
    return ", ".join(f'{prefix}"{name}"' for name in names)
