"""Kept by workers: a row that differs from the facts is replaced, and then, group by group, what stands above it.

Never a nudge: what stands below a scope is always added up anew from the rows directly under it. So a changed line costs
the groups that it changed, once for each scope above it, also in a program of thousands of projects and in the whole.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from records.figures import Figure, portions

from .facts import ADDED, AMOUNTS, BELOW, GROUP, IS_SOMETHING, KEY, LINES, OF_LINE, PLACES, SUMS, WHOLE, array

OF_FIGURE = ", ".join((*OF_LINE, "level", "fiscal_year", *SUMS, "above"))
OF_ROLLUP = ", ".join(("scope", "above", "program", *KEY, *SUMS))
# Rows as they are stored: with the place where they stand.
PLACED_LINES = "SELECT f.*, p.above FROM ({lines}) f JOIN ({places}) p ON p.scope = f.scope"
PLACED = f"SELECT s.scope, p.above, p.program, {GROUP}, {', '.join(SUMS)} FROM ({{sums}}) s JOIN ({{places}}) p ON p.scope = s.scope"
PLACES_OF_ALL = f"WITH place AS MATERIALIZED ({PLACES}) SELECT * FROM place"  # looked up in one table, not one by one

# ---- replacing ---------------------------------------------------------------------------------------------

REPLACE = """
WITH facts AS MATERIALIZED ({rows}),
wrong AS MATERIALIZED (SELECT {columns} FROM {table} r WHERE {here} EXCEPT SELECT * FROM facts),
missing AS MATERIALIZED (SELECT * FROM facts EXCEPT SELECT {columns} FROM {table} r WHERE {here}),
gone AS (DELETE FROM {table} r USING wrong w WHERE {is_it} RETURNING 1),
come AS (
  INSERT INTO {table} ({columns}) SELECT * FROM missing
  WHERE (SELECT count(*) FROM gone) >= 0  -- which must be gone first: a group has one row
  ORDER BY scope
)
"""
CHANGED_ABOVE = f"""
SELECT DISTINCT CASE above WHEN '{WHOLE}' THEN 0 WHEN program THEN 1 ELSE 2 END, above, {GROUP}
FROM (SELECT above, program, {GROUP} FROM wrong UNION ALL SELECT above, program, {GROUP} FROM missing) changed
WHERE above IS NOT NULL
"""


def _is_it(*names: str) -> str:
    return " AND ".join(f"r.{name} = w.{name}" for name in names)


LINE_FIGURES = {
    "table": "funding_linefigure",
    "columns": OF_FIGURE,
    "is_it": _is_it("line", "level", "fiscal_year"),
}
ROLLUP_ROWS = {"table": "funding_rollup", "columns": OF_ROLLUP, "is_it": _is_it("scope", *KEY)}

OF_MANY_ROWS = "SET LOCAL jit = off; SET LOCAL work_mem = '64MB'"  # compiling takes longer than most of these
BY_INDEX = (
    "SET LOCAL random_page_cost = 1.1"  # however many: reading along the tables would cost more in a larger registry
)
# ---- everything ----------------------------------------------------------------------------------------------

ALL_LINES = PLACED_LINES.format(lines=LINES.format(which="true"), places=PLACES_OF_ALL)
ALL_BELOW = PLACED.format(sums=BELOW.format(lines="funding_linefigure"), places=PLACES_OF_ALL)

# ---- some lines, and projects that moved: what is below them keeps its sums and gets the place of today ----------

SCOPES = """
SELECT id FROM programs_project WHERE id = ANY(%(marked)s::uuid[])
UNION SELECT scope FROM funding_rollup WHERE scope = ANY(%(marked)s::uuid[])
"""
LINES_OF = """
SELECT id FROM funding_fundingline WHERE project_id = ANY(%(scopes)s::uuid[])
UNION SELECT f.line FROM programs_project p JOIN funding_linefigure f ON f.program = p.program_id AND f.scope = p.id
  WHERE p.id = ANY(%(scopes)s::uuid[])
"""  # each by its own index: joined by OR, all lines of the nation would be read for one
SOME_LINES = PLACED_LINES.format(lines=LINES.format(which="l.id = ANY(%(lines)s::uuid[])"), places=PLACES)
HERE_LINES = "r.line = ANY(%(lines)s::uuid[])"
HERE_SCOPES = "r.scope = ANY(%(scopes)s::uuid[])"
MOVED = PLACED.format(sums=f"SELECT * FROM funding_rollup r WHERE {HERE_SCOPES}", places=PLACES)

# ---- some groups, from the rows directly under them --------------------------------------------------------------

GROUPS = (
    "unnest(%(scope)s::uuid[], %(level)s::smallint[], %(fiscal_year)s::smallint[], %(payer_kind)s::text[],"
    " %(payer_place)s::text[], %(form)s::text[], %(currency)s::text[], %(state)s::text[])"
    f" AS g (scope, {GROUP})"
)
OF_G, OF_R = (", ".join(f"{table}.{name}" for name in KEY) for table in "gr")
HERE_GROUPS = f"(r.scope, {OF_R}) IN (SELECT g.scope, {OF_G} FROM {GROUPS})"
DIRECTLY_UNDER = " UNION ALL ".join(
    f"SELECT g.scope, {OF_G}, {', '.join(SUMS)} FROM {GROUPS} JOIN {table} r ON (r.above, {OF_R}) = (g.scope, {OF_G})"
    for table in ("funding_linefigure", "funding_rollup")
)
SOME_GROUPS = PLACED.format(
    sums=f"SELECT scope, {GROUP}, {ADDED} FROM ({DIRECTLY_UNDER}) u GROUP BY scope, {GROUP} HAVING {IS_SOMETHING}",
    places=PLACES,
)


def recompute(marked: set[UUID] | None) -> None:
    """Make the stored rows of these lines and projects, and what stands above them, what the facts say (None: all rows)."""
    with connection.cursor() as cursor:
        cursor.execute(OF_MANY_ROWS)
        if marked is None:
            for rows, of in ((ALL_LINES, LINE_FIGURES), (ALL_BELOW, ROLLUP_ROWS)):
                cursor.execute(REPLACE.format(rows=rows, here="true", **of) + "SELECT", {"as_of": None})
                cursor.execute(f"ANALYZE {of['table']}")
            return
        cursor.execute(BY_INDEX)
        waiting = set()
        for some in portions(marked):
            waiting |= _replace_marked(cursor, some)
        while waiting:
            deepest = max(rank for rank, *_group in waiting)
            now = next(portions(group for group in waiting if group[0] == deepest))
            _rank, *columns = zip(*now, strict=True)
            groups = {name: list(column) for name, column in zip(("scope", *KEY), columns, strict=True)}
            waiting.difference_update(now)
            waiting |= _replace(cursor, SOME_GROUPS, HERE_GROUPS, ROLLUP_ROWS, groups)


def _replace_marked(cursor, marked: list[UUID]) -> set[tuple]:
    """The groups above whose sums change with these. What is marked and is no project is a line, or was one."""
    cursor.execute(SCOPES, {"marked": array(marked)})
    scopes, lines, changed = [scope for (scope,) in cursor], marked, set()
    if scopes:
        cursor.execute(LINES_OF, {"scopes": array(scopes)})
        lines = marked + [line for (line,) in cursor]
        changed |= _replace(cursor, MOVED, HERE_SCOPES, ROLLUP_ROWS, {"scopes": array(scopes)})
    for some in portions(lines):
        asked = {"lines": array(some), "as_of": None}
        changed |= _replace(cursor, SOME_LINES, HERE_LINES, LINE_FIGURES, asked)
    return changed


def _replace(cursor, rows: str, here: str, of: dict, parameters: dict) -> set[tuple]:
    """The groups, one scope higher, whose sums change with what was replaced: (rank, scope, *KEY).

    Rank: 0 the whole, 1 a program, 2 a project; what has a higher one is added up first.
    """
    cursor.execute(REPLACE.format(rows=rows, here=here, **of) + CHANGED_ABOVE, parameters)
    return set(cursor)


# ---- proving ---------------------------------------------------------------------------------------------------


def differences() -> Iterable[str]:
    """A sentence for each stored row that differs from one worked out from the facts now.

    Where the figures of all lines are right, what stands below a scope is proven by them; else by the facts as well.
    """
    counted = f"counted AS MATERIALIZED ({LINES.format(which='true')})"
    lines = PLACED_LINES.format(lines="SELECT * FROM counted", places=PLACES_OF_ALL)
    are_right = True
    for sentence in _differing(counted, lines, LINE_FIGURES):
        are_right = False
        yield sentence
    if are_right:
        yield from _differing("", ALL_BELOW, ROLLUP_ROWS)
    else:
        below = PLACED.format(sums=BELOW.format(lines="counted"), places=PLACES_OF_ALL)
        yield from _differing(counted, below, ROLLUP_ROWS)


def _differing(counted: str, facts: str, of: dict) -> Iterable[str]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OF_MANY_ROWS)
        cursor.execute(
            f"WITH {counted}{counted and ','} facts AS MATERIALIZED (SELECT {of['columns']} FROM ({facts}) f),"
            f" stored AS (SELECT {of['columns']} FROM {of['table']})"
            " SELECT 'should be', * FROM (SELECT * FROM facts EXCEPT ALL SELECT * FROM stored) m"
            " UNION ALL SELECT 'is stored as', * FROM (SELECT * FROM stored EXCEPT ALL SELECT * FROM facts) w"
            f" ORDER BY scope, {GROUP}, 1",
            {"as_of": None},
        )
        names = [column.name for column in cursor.description[1:]]
        for what, *row in cursor:
            yield _sentence(what, dict(zip(names, row, strict=True)))


def _sentence(what: str, row: dict) -> str:
    of = f"line {row['line']} at {row['scope']}" if "line" in row else f"what is below {row['scope']}"
    group = ", ".join(str(row[name] or "year not stated") for name in KEY[1:])
    sums = ", ".join(f"{name} {row[name]} in {row[f'with_{name}']}" for name in AMOUNTS)
    return (
        f"rollups: what level {row['level']} adds to {of} in {group} {what}:"
        f" {sums}, {row['lines']} lines, {row['unstated']} without an amount"
    )


ROLLUPS = Figure("rollups", recompute, differences, "funding_fundingline", _("totals"))
