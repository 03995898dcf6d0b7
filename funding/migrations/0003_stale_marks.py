"""What makes a total stale writes a mark in its own transaction, whatever wrote it (promise 2).

A mark names a project, or the program for lines of the program itself. The worker carries it up the tree as it then is;
a project that moves therefore marks its old parent and itself. A statement that touches many rows marks everything once.
"""

from django.db import migrations

MARKS = """
CREATE FUNCTION funding_mark(scopes uuid[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.records_stalemark (figure, scope)
    SELECT DISTINCT 'rollups', s FROM unnest(scopes) s WHERE s IS NOT NULL AND cardinality(scopes) <= 5000
    UNION ALL SELECT 'rollups', NULL WHERE cardinality(scopes) > 5000
$$;
CREATE FUNCTION funding_line_marks_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT coalesce(project_id, program_id) FROM new_rows)); RETURN NULL;
END $$;
CREATE FUNCTION funding_line_marks_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT coalesce(project_id, program_id) FROM old_rows)); RETURN NULL;
END $$;
CREATE FUNCTION funding_line_marks_both() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT coalesce(o.project_id, o.program_id) FROM old_rows o JOIN new_rows n USING (id) WHERE n.version <> o.version
    UNION SELECT coalesce(n.project_id, n.program_id) FROM old_rows o JOIN new_rows n USING (id) WHERE n.version <> o.version));
  RETURN NULL;
END $$;
CREATE TRIGGER d_marks_insert AFTER INSERT ON funding_fundingline
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_line_marks_new();
CREATE TRIGGER d_marks_update AFTER UPDATE ON funding_fundingline
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_line_marks_both();
CREATE TRIGGER d_marks_delete AFTER DELETE ON funding_fundingline
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_line_marks_old();

CREATE FUNCTION funding_amount_marks_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT coalesce(l.project_id, l.program_id)
    FROM new_rows n JOIN public.funding_fundingline l ON l.id = n.line_id)); RETURN NULL;
END $$;
CREATE FUNCTION funding_amount_marks_old() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT coalesce(l.project_id, l.program_id)
    FROM old_rows o JOIN public.funding_fundingline l ON l.id = o.line_id)); RETURN NULL;
END $$;
CREATE TRIGGER d_marks_insert AFTER INSERT ON funding_fundingamount
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_amount_marks_new();
CREATE TRIGGER d_marks_update_old AFTER UPDATE ON funding_fundingamount
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_amount_marks_old();
CREATE TRIGGER d_marks_update_new AFTER UPDATE ON funding_fundingamount
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_amount_marks_new();
CREATE TRIGGER d_marks_delete AFTER DELETE ON funding_fundingamount
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_amount_marks_old();

CREATE FUNCTION funding_project_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(
    SELECT unnest(ARRAY[n.id, coalesce(o.parent_id, o.program_id), o.program_id]) FROM old_rows o JOIN new_rows n USING (id)
    WHERE (o.parent_id, o.program_id) IS DISTINCT FROM (n.parent_id, n.program_id)));
  RETURN NULL;
END $$;
CREATE FUNCTION funding_scope_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT id FROM old_rows)); RETURN NULL;
END $$;
CREATE FUNCTION funding_project_gone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT unnest(ARRAY[id, parent_id, program_id]) FROM old_rows)); RETURN NULL;
END $$;
CREATE TRIGGER d_marks_update AFTER UPDATE ON programs_project
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_project_moved();
CREATE TRIGGER d_marks_delete AFTER DELETE ON programs_project
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_project_gone();
CREATE TRIGGER d_marks_delete AFTER DELETE ON programs_program
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_scope_gone();

CREATE FUNCTION funding_payer_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.funding_mark(ARRAY(SELECT coalesce(l.project_id, l.program_id)
    FROM old_rows o JOIN new_rows n USING (id) JOIN public.funding_fundingline l ON l.payer_id = n.id WHERE n.kind <> o.kind));
  RETURN NULL;
END $$;
CREATE TRIGGER d_marks_update AFTER UPDATE ON labs_institution
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION funding_payer_changed();
"""

GONE = """
DROP TRIGGER d_marks_update ON labs_institution;
DROP TRIGGER d_marks_delete ON programs_program;
DROP TRIGGER d_marks_delete ON programs_project; DROP TRIGGER d_marks_update ON programs_project;
DROP TRIGGER d_marks_delete ON funding_fundingamount; DROP TRIGGER d_marks_update_new ON funding_fundingamount;
DROP TRIGGER d_marks_update_old ON funding_fundingamount; DROP TRIGGER d_marks_insert ON funding_fundingamount;
DROP TRIGGER d_marks_delete ON funding_fundingline; DROP TRIGGER d_marks_update ON funding_fundingline;
DROP TRIGGER d_marks_insert ON funding_fundingline;
DROP FUNCTION funding_payer_changed, funding_project_gone, funding_scope_gone, funding_project_moved,
  funding_amount_marks_old, funding_amount_marks_new, funding_line_marks_both, funding_line_marks_old,
  funding_line_marks_new, funding_mark;
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0002_history")]
    operations = [migrations.RunSQL(MARKS, GONE)]
