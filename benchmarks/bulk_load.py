"""What a record costs a bulk load: the same rows into a bare table, and into the kept table with its triggers.

    make bench-load ROWS=100000

Everything is rolled back. Prints one line per step, and what each trigger of the kept table took.
"""

import os
import time

from benchmarks import registry

ROWS = int(os.environ.get("ROWS", "100000"))
MAKE = """
CREATE TEMPORARY TABLE made ON COMMIT DROP AS
SELECT new_id() AS id, 'bench-' || n AS slug, '과제 ' || n AS title_ko, 'Project ' || n AS title_en, '2024-07' AS starts_on,
       (SELECT id FROM programs_program LIMIT 1) AS program_id
FROM generate_series(1, {rows}) n;
CREATE TABLE bare (LIKE programs_project INCLUDING ALL);
"""
INSERT = """
INSERT INTO {table} (id, visibility, is_retired, title_ko, title_en, aliases, slug, number, summary_ko, summary_en, topics, status,
                     starts_on, ends_on, program_id)
SELECT id, 0, false, title_ko, title_en, '{{}}', slug, '', '', '', '{{}}', 'running', starts_on, '2028', program_id FROM made
"""


def main() -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('registry.change', '', true)")
        cursor.execute(
            "INSERT INTO programs_program (name_ko, name_en, aliases, slug, purpose_ko, purpose_en, topics, status, visibility, is_retired)"
            " VALUES ('측정', '', '{}', 'bench-program', '', '', '{}', 'running', 0, false)"
        )
        cursor.execute(MAKE.format(rows=ROWS))
        bare = timed(cursor, INSERT.format(table="bare"))
        print(f"{ROWS} rows into a bare table with the same columns, defaults and indexes: {bare:.2f} s")
        kept = timed(cursor, "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) " + INSERT.format(table="programs_project"))
        print(f"{ROWS} rows into the kept table (Record row, rights, tree, stale marks, change): {kept:.2f} s")
        for (line,) in cursor.fetchall():
            if "Trigger" in line:
                print(f"    {line.strip()}")
        changed = timed(
            cursor, "EXPLAIN (ANALYZE, TIMING OFF, COSTS OFF) UPDATE programs_project SET status = 'completed'"
        )
        print(f"{ROWS} rows changed (version moved to history): {changed:.2f} s")
        for (line,) in cursor.fetchall():
            if "Trigger" in line:
                print(f"    {line.strip()}")
        bare_changed = timed(cursor, "UPDATE bare SET status = 'completed'")
        print(f"{ROWS} rows changed in the bare table: {bare_changed:.2f} s")
        print(f"kept / bare: insert {kept / bare:.1f}, update {changed / bare_changed:.1f}")
        transaction.set_rollback(True)


def timed(cursor, sql: str) -> float:
    begin = time.perf_counter()
    cursor.execute(sql)
    return time.perf_counter() - begin


if __name__ == "__main__":
    with registry():
        main()
