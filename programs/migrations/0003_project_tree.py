"""A project and what belongs to it lie in one program; no project is a part of its own parts."""

from django.db import migrations

ONE_PROGRAM = """
ALTER TABLE programs_project ADD CONSTRAINT project_id_and_program UNIQUE (id, program_id);
ALTER TABLE programs_project ADD CONSTRAINT project_parent_in_program
  FOREIGN KEY (parent_id, program_id) REFERENCES programs_project (id, program_id) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE programs_participation ADD CONSTRAINT participation_project_in_program
  FOREIGN KEY (project_id, program_id) REFERENCES programs_project (id, program_id) DEFERRABLE INITIALLY DEFERRED;
"""

NO_CIRCLE = """
CREATE FUNCTION programs_refuse_circle(moved uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (
    WITH RECURSIVE up (start, above) AS (
      SELECT id, parent_id FROM public.programs_project WHERE id = ANY(moved) AND parent_id IS NOT NULL
      UNION
      SELECT up.start, p.parent_id FROM up JOIN public.programs_project p ON p.id = up.above WHERE p.parent_id IS NOT NULL
    ) SELECT 1 FROM up WHERE above = start
  ) THEN
    RAISE EXCEPTION 'a project would become a part of its own parts'
      USING ERRCODE = 'check_violation', CONSTRAINT = 'project_no_circle', COLUMN = 'parent';
  END IF;
END $$;
CREATE FUNCTION programs_project_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM public.programs_refuse_circle(ARRAY(SELECT id FROM new_rows WHERE parent_id IS NOT NULL));
  RETURN NULL;
END $$;
CREATE FUNCTION programs_project_moved() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE moved uuid[] := ARRAY(
  SELECT n.id FROM new_rows n JOIN old_rows o USING (id) WHERE n.parent_id IS NOT NULL AND n.parent_id IS DISTINCT FROM o.parent_id);
BEGIN
  IF cardinality(moved) > 0 THEN
    PERFORM pg_advisory_xact_lock(hashtext('project tree'));  -- two moves at once could close a circle together
    PERFORM public.programs_refuse_circle(moved);
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER c_placed AFTER INSERT ON programs_project
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION programs_project_placed();
CREATE TRIGGER c_moved AFTER UPDATE ON programs_project
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION programs_project_moved();
"""


class Migration(migrations.Migration):
    dependencies = [("programs", "0002_history")]
    operations = [
        migrations.RunSQL(
            ONE_PROGRAM,
            "ALTER TABLE programs_participation DROP CONSTRAINT participation_project_in_program;"
            "ALTER TABLE programs_project DROP CONSTRAINT project_parent_in_program;"
            "ALTER TABLE programs_project DROP CONSTRAINT project_id_and_program;",
        ),
        migrations.RunSQL(
            NO_CIRCLE,
            "DROP TRIGGER c_moved ON programs_project; DROP TRIGGER c_placed ON programs_project;"
            "DROP FUNCTION programs_project_moved, programs_project_placed, programs_refuse_circle;",
        ),
    ]
