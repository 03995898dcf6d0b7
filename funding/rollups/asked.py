"""Asked by pages and API: totals by group, as a reader sees them."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connection

from records.rights import EVERYTHING, Reader, Visibility

from .facts import NO_YEAR, OWN, WHOLE

DIMENSIONS = ("program", "project", "fiscal_year", "payer_kind", "form", "currency")
MEASURES = ("planned", "committed", "lines", "unstated")
COLUMN_OF = {
    "project": "nullif(scope, program) AS project",  # NULL: lines of the program itself
    "fiscal_year": f"nullif(fiscal_year, {NO_YEAR}) AS fiscal_year",
}


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
    by, only = [d for d in group_by if d != "currency"], dict(only or {})
    programs = [program] if program else only.pop("program", None)
    asked = {"project": project, "programs": programs, "as_of": as_of, "level": reader.level, "whole": WHOLE}
    asked["shared"] = list(reader.takes_part_in) if reader.level < Visibility.SHARED else []
    if is_past or as_of is not None:
        source, where = f"({OWN.format(which=_all_of(_of_lines(asked)))})", [LEVEL_IN_PROGRAM]
    elif "project" in by:
        source, where = "funding_rollup", ["span = 'own'", LEVEL_IN_PROGRAM, *_of_own_rows(asked)]
    else:
        source, where = "funding_rollup", _of_rows(asked, by)
    where += _kept(only, asked)
    columns = ", ".join([COLUMN_OF.get(d, d) for d in by] + ["currency"])
    once = "" if "fiscal_year" in by or len(only.get("fiscal_year", ())) == 1 else "_once"
    groups = ", ".join(str(n + 1) for n in range(len(by) + 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, {STATED.format('planned')}, {STATED.format('committed')},"
            f" sum(lines{once})::int, sum(unstated{once})::int"
            f" FROM {source} r WHERE {_all_of(where)} GROUP BY {groups} HAVING sum(lines) > 0 ORDER BY {groups}",
            asked,
        )
        names = [*by, "currency", *MEASURES]
        return [dict(zip(names, row, strict=True)) for row in cursor]


STATED = "CASE WHEN sum(with_{0}) > 0 THEN sum({0})::bigint END"  # else no amount is stated
# What is shared counts within the programs that the reader takes part in.
LEVEL_IN_PROGRAM = (
    f"level <= CASE WHEN program = ANY(%(shared)s::uuid[]) THEN {Visibility.SHARED.value} ELSE %(level)s END"
)
LEVEL_OF_WHOLE = (
    "(scope = %(whole)s AND level <= %(level)s"
    f" OR scope = ANY(%(shared)s::uuid[]) AND level > %(level)s AND level <= {Visibility.SHARED.value})"
)
WITHIN = (
    "(WITH RECURSIVE below (id) AS (SELECT %(project)s::uuid UNION ALL"
    " SELECT p.id FROM below b JOIN programs_project p ON p.parent_id = b.id) SELECT id FROM below)"
)


def _of_rows(asked: dict, by: Sequence[str]) -> list[str]:
    """The rows of a scope with everything below it; over all, those of the whole, or of each program."""
    if asked["project"]:
        ours = ["program = ANY(%(programs)s::uuid[])"] if asked["programs"] is not None else []
        return ["scope = %(project)s", LEVEL_IN_PROGRAM, *ours]
    if asked["programs"] is not None:
        return ["scope = ANY(%(programs)s::uuid[])", LEVEL_IN_PROGRAM]
    return ["above = %(whole)s", LEVEL_IN_PROGRAM] if "program" in by else [LEVEL_OF_WHOLE]


def _of_own_rows(asked: dict) -> list[str]:
    programs = ["program = ANY(%(programs)s::uuid[])"] if asked["programs"] is not None else []
    return programs + ([f"scope IN {WITHIN}"] if asked["project"] else [])


def _of_lines(asked: dict) -> list[str]:
    programs = ["l.program_id = ANY(%(programs)s::uuid[])"] if asked["programs"] is not None else []
    return programs + ([f"l.project_id IN {WITHIN}"] if asked["project"] else [])


def _kept(only: dict[str, Sequence], asked: dict) -> list[str]:
    for dimension, values in only.items():
        asked[f"only_{dimension}"] = [NO_YEAR if value is None else value for value in values]
    return [f"{dimension} = ANY(%(only_{dimension})s)" for dimension in only]


def _all_of(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "true"


def lines_not_shown(reader: Reader, **of) -> int:
    """How many lines these totals leave out because of the reader's rights. Said to signed-in readers only."""
    if reader.level >= Visibility.INTERNAL or not reader.is_signed_in:
        return 0
    return _count(EVERYTHING, of) - _count(reader, of)


def _count(reader: Reader, of: dict) -> int:
    return sum(row["lines"] for row in totals(reader, **of))
