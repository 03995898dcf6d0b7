"""Kept by workers: a row that differs from the facts is replaced, and then, group by group, what stands above it.

Never a nudge: what stands below a scope is always added up anew from the rows directly under it. So a changed line costs
the groups that it changed, once for each scope above it, also in a program of thousands of projects and in the whole.
"""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from records.figures import Figure

from .facts import ADDED, BELOW, GROUP, IS_SOMETHING, KEY, OWN, PLACES, SUMS, WHOLE

COLUMNS = ", ".join(("scope", "above", "program", "span", *KEY, *SUMS))
# A row as it is stored, of sums by scope.
PLACED = (
    f"SELECT s.scope, p.above, p.program, '{{span}}' AS span, {GROUP}, {', '.join(SUMS)}"
    " FROM ({sums}) s JOIN ({places}) p ON p.scope = s.scope"
)
PLACES_OF_ALL = f"WITH place AS MATERIALIZED ({PLACES}) SELECT * FROM place"  # looked up in one table, not one by one

# ---- rows of everything --------------------------------------------------------------------------------

STORED_OWN = "(SELECT * FROM funding_rollup WHERE span = 'own')"
OWN_ROWS = PLACED.format(span="own", sums=OWN.format(which="true"), places=PLACES_OF_ALL)
BELOW_ROWS = PLACED.format(span="below", sums=BELOW.format(own=STORED_OWN), places=PLACES_OF_ALL)

# ---- rows of some scopes: `own` from the facts; `below` keeps its sums and gets the place of today --------

OF_SCOPES = "r.scope = ANY(%(scopes)s::uuid[])"
LINES_OF_SCOPES = (
    "(l.project_id = ANY(%(scopes)s::uuid[]) OR (l.project_id IS NULL AND l.program_id = ANY(%(scopes)s::uuid[])))"
)
STORED_BELOW = f"SELECT * FROM funding_rollup r WHERE r.span = 'below' AND {OF_SCOPES}"
ROWS_OF_SCOPES = " UNION ALL ".join(
    PLACED.format(span=span, sums=sums, places=PLACES)
    for span, sums in (("own", OWN.format(which=LINES_OF_SCOPES)), ("below", STORED_BELOW))
)

# ---- rows of some groups: `below`, from the rows directly under them ---------------------------------------

GROUPS = (
    "unnest(%(scope)s::uuid[], %(level)s::smallint[], %(fiscal_year)s::smallint[], %(payer_kind)s::text[],"
    f" %(form)s::text[], %(currency)s::text[]) AS g (scope, {GROUP})"
)
OF_G, OF_R = (", ".join(f"{table}.{name}" for name in KEY) for table in "gr")
OF_GROUPS = f"r.span = 'below' AND (r.scope, {OF_R}) IN (SELECT g.scope, {OF_G} FROM {GROUPS})"
ROWS_OF_GROUPS = PLACED.format(
    span="below",
    sums=f"SELECT g.scope, {OF_G}, {ADDED} FROM {GROUPS} JOIN funding_rollup r ON (r.above, {OF_R}) = (g.scope, {OF_G})"
    f" GROUP BY g.scope, {OF_G} HAVING {IS_SOMETHING}",
    places=PLACES,
)

# ---- replacing ---------------------------------------------------------------------------------------------

HERE = f"SELECT {COLUMNS} FROM funding_rollup r WHERE {{here}}"
IS_W = " AND ".join(f"r.{name} = w.{name}" for name in ("scope", *KEY, "span"))
REPLACE = f"""
WITH facts AS MATERIALIZED ({{rows}}),
wrong AS MATERIALIZED ({HERE} EXCEPT SELECT * FROM facts),
missing AS MATERIALIZED (SELECT * FROM facts EXCEPT {HERE}),
gone AS (DELETE FROM funding_rollup r USING wrong w WHERE {IS_W} RETURNING 1),
come AS (
  INSERT INTO funding_rollup ({COLUMNS}) SELECT * FROM missing
  WHERE (SELECT count(*) FROM gone) >= 0  -- which must be gone first: a group has one row
  ORDER BY scope
)
"""
CHANGED_ABOVE = f"""
SELECT DISTINCT CASE above WHEN '{WHOLE}' THEN 0 WHEN program THEN 1 ELSE 2 END, above, {GROUP}
FROM (SELECT * FROM wrong UNION ALL SELECT * FROM missing) changed WHERE above IS NOT NULL
"""


def recompute(scopes: set[UUID] | None) -> None:
    """Make the stored rows of these scopes, and what stands above them, what the facts say (None: all rows)."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")  # compiling takes longer than most of these
        if scopes is None:
            cursor.execute("SET LOCAL work_mem = '32MB'")
            for rows, span in ((OWN_ROWS, "own"), (BELOW_ROWS, "below")):
                cursor.execute(REPLACE.format(rows=rows, here=f"r.span = '{span}'") + "SELECT", {"as_of": None})
            cursor.execute("ANALYZE funding_rollup")
            return
        waiting = _replace(cursor, ROWS_OF_SCOPES, OF_SCOPES, {"scopes": list(scopes), "as_of": None})
        while waiting:
            deepest = max(rank for rank, *_group in waiting)
            now = {group for group in waiting if group[0] == deepest}
            _rank, *columns = zip(*now, strict=True)
            groups = {name: list(column) for name, column in zip(("scope", *KEY), columns, strict=True)}
            waiting = waiting - now | _replace(cursor, ROWS_OF_GROUPS, OF_GROUPS, groups)


def _replace(cursor, rows: str, here: str, parameters: dict) -> set[tuple]:
    """The groups, one scope higher, whose sums change with what was replaced: (rank, scope, *KEY).

    Rank: 0 the whole, 1 a program, 2 a project; what has a higher one is added up first.
    """
    cursor.execute(REPLACE.format(rows=rows, here=here) + CHANGED_ABOVE, parameters)
    return set(cursor)


def differences() -> Iterable[str]:
    """A sentence for each stored row that differs from one worked out from the facts now."""
    own, below = (
        PLACED.format(span=span, sums=sums, places=PLACES_OF_ALL)
        for span, sums in (("own", "SELECT * FROM own"), ("below", BELOW.format(own="own")))
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH own AS MATERIALIZED ({OWN.format(which='true')}),"
            f" facts AS MATERIALIZED ({own} UNION ALL {below}), stored AS (SELECT {COLUMNS} FROM funding_rollup)"
            " SELECT 'should be', * FROM (SELECT * FROM facts EXCEPT ALL SELECT * FROM stored) m"
            " UNION ALL SELECT 'is stored as', * FROM (SELECT * FROM stored EXCEPT ALL SELECT * FROM facts) w"
            f" ORDER BY scope, span, {GROUP}, 1",
            {"as_of": None},
        )
        names = [column.name for column in cursor.description[1:]]
        for what, *row in cursor:
            yield _sentence(what, dict(zip(names, row, strict=True)))


def _sentence(what: str, row: dict) -> str:
    group = f"{row['fiscal_year'] or 'year not stated'}, {row['payer_kind']}, {row['form']}, {row['currency']}"
    return (
        f"rollups: what level {row['level']} adds to {row['scope']} ({row['span']}) in {group} {what}:"
        f" planned {row['planned']} in {row['with_planned']}, committed {row['committed']} in {row['with_committed']},"
        f" {row['lines']} lines, {row['unstated']} without an amount"
    )


ROLLUPS = Figure("rollups", recompute, differences, label=_("totals"))
