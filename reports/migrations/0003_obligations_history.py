"""Obligations are kept as every kind is; what they may be about; and what makes the calendar of what is due stale.

A mark names an obligation or a project (reports/due/calendar.py). A statement that touches many rows marks everything once.
"""

from django.db import migrations

from records.keeping import KeepRecord

RULES = """
ALTER TABLE reports_obligation ADD CONSTRAINT record_merged_is_retired CHECK (merged_into_id IS NULL OR is_retired);
CREATE FUNCTION reports_obligation_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE program uuid;
BEGIN
  SELECT r.within INTO program FROM public.records_record r WHERE r.id = NEW.scope_id AND r.kind IN ('program', 'agreement');
  IF NOT FOUND THEN
    RAISE EXCEPTION 'under a program or an agreement'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'obligation_under_program_or_agreement', COLUMN = 'scope_id';
  END IF;
  IF EXISTS (SELECT 1 FROM public.records_record r WHERE r.id = NEW.project_id AND r.within IS DISTINCT FROM program) THEN
    RAISE EXCEPTION 'a project of another program'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'obligation_project_in_program', COLUMN = 'project_id';
  END IF;
  IF EXISTS (SELECT 1 FROM public.records_record r WHERE r.id = NEW.milestone_id AND r.within IS DISTINCT FROM program) THEN
    RAISE EXCEPTION 'a milestone of another program'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'obligation_milestone_in_program', COLUMN = 'milestone_id';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER c_place AFTER INSERT OR UPDATE OF scope_id, project_id, milestone_id ON reports_obligation
  FOR EACH ROW EXECUTE FUNCTION reports_obligation_place();
CREATE FUNCTION reports_keep_extensions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'extensions are only ever added to'
    USING ERRCODE = 'check_violation', CONSTRAINT = 'extension_only_added';
END $$;
CREATE TRIGGER only_grows BEFORE UPDATE OF obligation_id, project_id, institution_id, period_starts_on, milestone_id, until, reason, at, by_name OR DELETE
  ON reports_extension FOR EACH STATEMENT EXECUTE FUNCTION reports_keep_extensions();
"""
NO_RULES = """
DROP TRIGGER only_grows ON reports_extension;
DROP TRIGGER c_place ON reports_obligation;
DROP FUNCTION reports_keep_extensions, reports_obligation_place;
ALTER TABLE reports_obligation DROP CONSTRAINT record_merged_is_retired;
"""


def marks(name: str, table: str, new: str, moved: str) -> str:
    """Triggers by which rows of a table mark what they are about: SELECTs of ids `FROM rows`, and of both where a row moved."""
    return f"""
CREATE FUNCTION reports_{name}_marks_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.reports_mark(ARRAY({new.format(rows="new_rows n")})); RETURN NULL;
END $$;
CREATE FUNCTION reports_{name}_marks_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.reports_mark(ARRAY({new.format(rows="old_rows n")})); RETURN NULL;
END $$;
CREATE FUNCTION reports_{name}_marks_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.reports_mark(ARRAY({new.format(rows=f"(SELECT o.* FROM old_rows o JOIN new_rows n USING (id) WHERE {moved}) n")}
    UNION {new.format(rows=f"(SELECT n.* FROM old_rows o JOIN new_rows n USING (id) WHERE {moved}) n")}));
  RETURN NULL;
END $$;
CREATE TRIGGER e_due_insert AFTER INSERT ON {table}
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION reports_{name}_marks_new();
CREATE TRIGGER e_due_update AFTER UPDATE ON {table}
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION reports_{name}_marks_moved();
CREATE TRIGGER e_due_delete AFTER DELETE ON {table}
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION reports_{name}_marks_old();
"""


def no_marks(name: str, table: str) -> str:
    return (
        f"DROP TRIGGER e_due_insert ON {table}; DROP TRIGGER e_due_update ON {table}; DROP TRIGGER e_due_delete ON {table};"
        f" DROP FUNCTION reports_{name}_marks_new, reports_{name}_marks_old, reports_{name}_marks_moved;"
    )


MARK = """
CREATE FUNCTION reports_mark(scopes uuid[]) RETURNS void LANGUAGE sql AS $$
  SELECT public.records_mark('calendar', scopes)
$$;
"""
OBLIGED = "EXISTS (SELECT 1 FROM public.reports_obligation)"  # before there is any, loading marks nothing
IS_REPORTED = "({0}.state IN ('submitted', 'in_review', 'accepted', 'partly_accepted'))"
MARKED = {  # what it is called, its table, the ids that its rows mark, and when a row that changes does so
    "obligation": ("reports_obligation", "SELECT n.id FROM {rows} UNION SELECT n.merged_into_id FROM {rows}", "n.version <> o.version"),
    "extension": ("reports_extension", "SELECT n.project_id FROM {rows}", "true"),
    "participation": (
        "programs_participation",
        "SELECT r.id FROM {rows} JOIN public.records_record r ON r.id = n.scope_id AND r.kind = 'project' WHERE " + OBLIGED
        + " UNION SELECT b.id FROM {rows} JOIN public.reports_obligation b ON b.scope_id = n.scope_id WHERE n.part = 'party'",
        "n.version <> o.version",
    ),
    "milestone": (
        "programs_milestone",
        "SELECT r.id FROM {rows} JOIN public.records_record r ON r.id = n.scope_id AND r.kind = 'project' WHERE " + OBLIGED
        + " UNION SELECT b.id FROM {rows} JOIN public.reports_obligation b ON b.milestone_id = n.id",
        "(n.scope_id, n.due_on, n.state, n.is_retired) IS DISTINCT FROM (o.scope_id, o.due_on, o.state, o.is_retired)",
    ),
    "project": (
        "programs_project",
        "SELECT n.id FROM {rows} WHERE " + OBLIGED,
        "(n.program_id, n.parent_id, n.status, n.starts_on, n.ends_on, n.is_retired, n.merged_into_id)"
        " IS DISTINCT FROM (o.program_id, o.parent_id, o.status, o.starts_on, o.ends_on, o.is_retired, o.merged_into_id)",
    ),
    "program": (
        "programs_program",
        "SELECT b.id FROM {rows} JOIN public.records_record r ON r.within = n.id AND r.kind IN ('program', 'agreement')"
        " JOIN public.reports_obligation b ON b.scope_id = r.id",
        "(n.ends_on, n.status, n.is_retired) IS DISTINCT FROM (o.ends_on, o.status, o.is_retired)",
    ),
    "agreement": (
        "programs_agreement",
        "SELECT b.id FROM {rows} JOIN public.reports_obligation b ON b.scope_id = n.id",
        "(n.scope_id, n.ends_on, n.is_retired) IS DISTINCT FROM (o.scope_id, o.ends_on, o.is_retired)",
    ),
    "institution": (
        "labs_institution",
        "SELECT e.project_id FROM {rows} JOIN public.reports_extension e ON e.institution_id = n.id"
        " UNION SELECT u.project_id FROM {rows} JOIN public.reports_projectupdate u ON u.institution_id = n.id",
        "n.merged_into_id IS DISTINCT FROM o.merged_into_id",
    ),
    "update": (
        "reports_projectupdate",
        "SELECT n.project_id FROM {rows} WHERE " + OBLIGED,
        f"{IS_REPORTED.format('n')} <> {IS_REPORTED.format('o')}",
    ),
}  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_obligations"),
        ("funding", "0014_marks_of_many"),
        ("records", "0026_marks_of_many"),
    ]
    operations = [
        KeepRecord(
            "reports_obligation",
            "obligation",
            within="scope_id",
            under=("scope_id", "project_id", "institution_id"),
            dated=True,
        ),
        migrations.RunSQL(RULES, NO_RULES),
        migrations.RunSQL(MARK, "DROP FUNCTION reports_mark"),
        *(
            migrations.RunSQL(marks(name, table, new, moved), no_marks(name, table))
            for name, (table, new, moved) in MARKED.items()
        ),
    ]
