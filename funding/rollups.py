"""Totals: what the lines add up to, kept by workers, opened to the lines behind them.

A line counts with the latest amount for each fiscal year. Stored per scope (a program or project), `own` and as a `tree`,
and per level, because what is latest depends on what one may see. Never a nudge: what is stored is replaced.
Totals of the past and of a day (`known_at`, `as_of`) are worked out at once from the facts by the same SQL.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db import connection

from programs.models import Project
from records.figures import Figure
from records.rights import EVERYTHING, Reader, Visibility

from .models import PAYER_KIND_OF, FundingLine, PayerKind

DIMENSIONS = ("program", "project", "fiscal_year", "payer_kind", "form", "currency")
MEASURES = ("planned", "committed", "lines", "unstated")
LEVELS = [level.value for level in Visibility]

PAYER_KIND_SQL = (
    "CASE WHEN l.payer_id IS NULL"
    f" THEN coalesce(nullif(l.unnamed_payer_kind, ''), '{PayerKind.UNSTATED}')"
    " ELSE CASE p.kind "
    + " ".join(f"WHEN '{kind}' THEN '{payer}'" for kind, payer in PAYER_KIND_OF.items())
    + f" ELSE '{PayerKind.OTHER}' END END"
)

# One row for each scope, level and group, from the facts. `scopes` and `as_of` may be NULL: all scopes, no day.
OWN = f"""
SELECT coalesce(l.project_id, l.program_id) AS scope, l.program_id AS program, v.level, a.fiscal_year,
       {PAYER_KIND_SQL} AS payer_kind, l.form, l.currency,
       sum(a.planned)::bigint AS planned, sum(a.committed)::bigint AS committed, count(*)::int AS lines,
       (count(*) FILTER (WHERE a.planned IS NULL AND a.committed IS NULL))::int AS unstated,
       (count(*) FILTER (WHERE a.is_first IS NOT FALSE))::int AS lines_once,
       (count(*) FILTER (WHERE a.is_first IS NOT FALSE AND a.is_silent IS NOT FALSE))::int AS unstated_once
FROM unnest(%(levels)s::smallint[]) AS v(level)
JOIN funding_fundingline l ON l.visibility <= v.level AND NOT l.is_retired AND l.state <> 'cancelled'
 AND (%(scopes)s::uuid[] IS NULL OR l.project_id = ANY(%(scopes)s::uuid[])
      OR (l.project_id IS NULL AND l.program_id = ANY(%(scopes)s::uuid[])))
LEFT JOIN labs_institution p ON p.id = l.payer_id
LEFT JOIN LATERAL (
  SELECT fiscal_year, planned, committed, true AS counts, row_number() OVER (ORDER BY fiscal_year) = 1 AS is_first,
         count(coalesce(planned, committed)) OVER () = 0 AS is_silent
  FROM (
    SELECT DISTINCT ON (fiscal_year) fiscal_year, planned, committed FROM funding_fundingamount
    WHERE line_id = l.id AND NOT is_retired AND visibility <= v.level
      AND (%(as_of)s::date IS NULL OR decided_on_first IS NULL OR decided_on_first <= %(as_of)s::date)
    ORDER BY fiscal_year, decided_on_first DESC NULLS LAST, decided_on_last DESC NULLS LAST, id DESC
  ) latest
) a ON true
WHERE %(as_of)s::date IS NULL OR a.counts
   OR NOT EXISTS (SELECT 1 FROM funding_fundingamount x
                  WHERE x.line_id = l.id AND NOT x.is_retired AND x.visibility <= v.level)
GROUP BY 1, 2, 3, 4, 5, 6, 7
"""

# A scope with everything below it, from the own rows of every scope in `own`.
TREE = """
WITH RECURSIVE below (top, scope) AS (
  SELECT s, s FROM unnest(%(tops)s::uuid[]) s
  UNION ALL
  SELECT b.top, p.id FROM below b JOIN programs_project p ON p.parent_id = b.scope
), spread AS (
  SELECT b.top, o.* FROM below b JOIN ({own}) o ON o.scope = b.scope WHERE b.top <> o.program
  UNION ALL
  SELECT o.program, o.* FROM ({own}) o WHERE o.program = ANY(%(tops)s::uuid[])
)
SELECT top AS scope, program, level, fiscal_year, payer_kind, form, currency,
       sum(planned)::bigint AS planned, sum(committed)::bigint AS committed,
       sum(lines)::int AS lines, sum(unstated)::int AS unstated,
       sum(lines_once)::int AS lines_once, sum(unstated_once)::int AS unstated_once
FROM spread GROUP BY 1, 2, 3, 4, 5, 6, 7
"""
COUNTS = "lines, unstated, lines_once, unstated_once"
COLUMNS = f"scope, program, level, fiscal_year, payer_kind, form, currency, planned, committed, {COUNTS}"
STORED_OWN = f"SELECT {COLUMNS} FROM funding_rollup WHERE span = 'own'"
ABOVE = """
WITH RECURSIVE up (id) AS (
  SELECT unnest(%(scopes)s::uuid[])
  UNION SELECT coalesce(p.parent_id, p.program_id) FROM up JOIN programs_project p ON p.id = up.id
) SELECT array_agg(id) FROM up
"""


# ---- kept by workers -----------------------------------------------------------------------------------


def recompute(scopes: set[UUID] | None) -> None:
    """Replace the stored totals of these scopes and of everything above them (None: of everything)."""
    wanted = None if scopes is None else list(scopes)
    with connection.cursor() as cursor:
        _replace(cursor, "own", OWN, wanted, {"levels": LEVELS, "scopes": wanted, "as_of": None})
        if wanted is not None:
            cursor.execute(ABOVE, {"scopes": wanted})
            tops = wanted = cursor.fetchone()[0]
        else:
            tops = _all_scopes(cursor)
        _replace(cursor, "tree", TREE.format(own=STORED_OWN), wanted, {"tops": tops})


def _replace(cursor, span: str, sql: str, scopes: list[UUID] | None, parameters: dict) -> None:
    here = "" if scopes is None else "AND scope = ANY(%(here)s::uuid[])"
    cursor.execute(f"DELETE FROM funding_rollup WHERE span = '{span}' {here}", {"here": scopes})
    cursor.execute(
        f"INSERT INTO funding_rollup (span, {COLUMNS}) SELECT '{span}', {COLUMNS} FROM ({sql}) f", parameters
    )


def _all_scopes(cursor) -> list[UUID]:
    cursor.execute(
        "SELECT array_agg(id) FROM (SELECT id FROM programs_program UNION ALL SELECT id FROM programs_project) s"
    )
    return cursor.fetchone()[0] or []


def differences() -> Iterable[str]:
    """A sentence for each stored total that differs from one worked out from the facts now."""
    with connection.cursor() as cursor:
        tops = _all_scopes(cursor)
        own = f"SELECT {COLUMNS} FROM ({OWN}) own"
        cursor.execute(
            f"WITH facts AS (SELECT 'own' AS span, {COLUMNS} FROM ({OWN}) f UNION ALL"
            f" SELECT 'tree', {COLUMNS} FROM ({TREE.format(own=own)}) f),"
            f" stored AS (SELECT span, {COLUMNS} FROM funding_rollup)"
            " SELECT 'should be', * FROM (SELECT * FROM facts EXCEPT ALL SELECT * FROM stored) m"
            " UNION ALL SELECT 'is stored as', * FROM (SELECT * FROM stored EXCEPT ALL SELECT * FROM facts) w"
            " ORDER BY 2, 3, 5, 6, 7, 8, 9, 1",
            {"levels": LEVELS, "scopes": None, "as_of": None, "tops": tops},
        )
        for what, *stored in cursor:
            span, scope, _program, level, year, payer, form, currency, planned, committed, lines, unstated, *_once = (
                stored
            )
            yield (
                f"rollups: {span} total of {scope} at level {level}, {year or 'year not stated'}, {payer}, {form},"
                f" {currency} {what}: planned {planned}, committed {committed}, {lines} lines, {unstated} without an amount"
            )


ROLLUPS = Figure("rollups", recompute, differences)


# ---- asked by pages and API ----------------------------------------------------------------------------


def totals(
    reader: Reader,
    *,
    program: UUID | None = None,
    project: UUID | None = None,
    group_by: Sequence[str] = (),
    only: dict[str, Sequence] | None = None,
    as_of: date | None = None,
    is_past: bool = False,
) -> list[dict]:
    """Totals in minor units, always per currency: `group_by` dimensions, `currency`, and every measure.

    With `program` or `project` (and everything below it), else over all. `only` keeps values of dimensions (None: not
    stated). `as_of`: with the amounts that count on that day. `is_past`: inside `known_at`, where nothing is stored.
    `planned` is None where no amount is stated at all. A line counts once in `lines`, also where years are added;
    grouped by year it counts in each of its years.
    """
    by, only = [d for d in group_by if d != "currency"], only or {}
    parameters = _parameters(reader, program, project, as_of)
    if is_past or as_of is not None:
        source, where = (
            f"SELECT 'own' AS span, {COLUMNS} FROM ({OWN}) own",
            _scope_conditions(program, project, own=True),
        )
    else:
        span = "own" if "project" in by else "tree"
        source = f"SELECT span, {COLUMNS} FROM funding_rollup WHERE span = '{span}'"
        where = _scope_conditions(program, project, own=span == "own")
    where += [_level_condition(parameters), *_kept(only, parameters)]
    columns = [COLUMN_OF.get(d, d) for d in by] + ["currency"]
    once = "" if "fiscal_year" in by or len(only.get("fiscal_year", ())) == 1 else "_once"
    groups = ", ".join(str(n + 1) for n in range(len(columns)))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {', '.join(columns)}, sum(planned)::bigint, sum(committed)::bigint,"
            f" sum(lines{once})::int, sum(unstated{once})::int"
            f" FROM ({source}) r WHERE {' AND '.join(where)} GROUP BY {groups} ORDER BY {groups}",
            parameters,
        )
        names = [*by, "currency", *MEASURES]
        return [dict(zip(names, row, strict=True)) for row in cursor]


COLUMN_OF = {"project": "nullif(scope, program) AS project"}  # NULL: lines of the program itself


def lines_not_shown(reader: Reader, **of) -> int:
    """How many lines these totals leave out because of the reader's rights. Said to signed-in readers only."""
    if reader.level >= Visibility.INTERNAL or not reader.is_signed_in:
        return 0
    return _count(EVERYTHING, of) - _count(reader, of)


def _count(reader: Reader, of: dict) -> int:
    return sum(row["lines"] for row in totals(reader, **of))


def _parameters(reader: Reader, program, project, as_of) -> dict:
    return {
        "levels": LEVELS,
        "scopes": None,
        "as_of": as_of,
        "program": program,
        "project": project,
        "level": reader.level,
        "shared": list(reader.takes_part_in) if reader.level < Visibility.SHARED else [],
    }


def _level_condition(parameters: dict) -> str:
    """The figures of the reader's level; of the shared level within programs that the reader takes part in."""
    if parameters["shared"]:
        return "level = CASE WHEN program = ANY(%(shared)s::uuid[]) THEN 1 ELSE %(level)s END"
    return "level = %(level)s"


def _scope_conditions(program, project, *, own: bool) -> list[str]:
    if not own:
        if project:
            return ["scope = %(project)s", *(["program = %(program)s"] if program else [])]
        return ["scope = %(program)s"] if program else ["scope = program"]  # index rollup_whole
    conditions = ["program = %(program)s"] if program else []
    if project:
        conditions.append(
            "scope IN (WITH RECURSIVE below (id) AS (SELECT %(project)s::uuid UNION ALL"
            " SELECT p.id FROM below b JOIN programs_project p ON p.parent_id = b.id) SELECT id FROM below)"
        )
    return conditions


def _kept(only: dict[str, Sequence], parameters: dict) -> list[str]:
    conditions = []
    for dimension, values in only.items():
        stated = [v for v in values if v is not None]
        parameters[f"only_{dimension}"] = stated
        test = f"{dimension} = ANY(%(only_{dimension})s)"
        conditions.append(f"({test} OR {dimension} IS NULL)" if len(stated) < len(values) else test)
    return conditions


# ---- the same said slowly, for the tests ---------------------------------------------------------------


def plainly(level: int, as_of: date | None = None) -> dict[tuple, tuple]:
    """{(span, scope, fiscal_year, payer_kind, form, currency): (planned, committed, lines, unstated)}, line by line."""
    found: Counter = Counter()
    stated: dict[tuple, set] = {}
    parents = dict(Project.objects.values_list("id", "parent"))
    for line in (
        FundingLine.objects.for_list().filter(visibility__lte=level, is_retired=False).exclude(state="cancelled")
    ):
        amounts = [a for a in line.amounts.all() if a.visibility <= level and not a.is_retired]
        counting = [a for a in amounts if as_of is None or not a.decided_on or a.decided_on_first <= as_of]
        if as_of and amounts and not counting:
            continue
        latest = {}
        for amount in sorted(
            counting, key=lambda a: (a.decided_on_first or date.min, a.decided_on_last or date.min, a.id)
        ):
            latest[amount.fiscal_year] = amount
        scopes = [line.project_id or line.program_id]
        spans = [("own", scopes[0]), ("tree", line.program_id)]
        project = line.project_id
        while project:
            spans.append(("tree", project))
            project = parents[project]
        for year, amount in latest.items() or [(None, None)]:
            values = (amount.planned, amount.committed) if amount else (None, None)
            for span, scope in spans:
                key = (span, scope, year, line.payer_kind, line.form, line.currency)
                found[(*key, "lines")] += 1
                found[(*key, "unstated")] += values == (None, None)
                for measure, value in zip(("planned", "committed"), values, strict=True):
                    stated.setdefault(key, set())
                    if value is not None:
                        stated[key].add(measure)
                        found[(*key, measure)] += value
    return {
        key: (
            found[(*key, "planned")] if "planned" in measures else None,
            found[(*key, "committed")] if "committed" in measures else None,
            found[(*key, "lines")],
            found[(*key, "unstated")],
        )
        for key, measures in stated.items()
    }
