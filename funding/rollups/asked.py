"""Asked by pages and API: totals by group, and the lines behind them, as a reader sees them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.db import connection

from records.rights import EVERYTHING, Reader, Visibility

from ..models import PayerPlace
from .facts import AMOUNTS, KEY, LINES, NO_YEAR, OF_LINE, SUMS, WHOLE, array

DIMENSIONS = (
    "program", "project", "payer", "payer_kind", "abroad", "recipient", "fiscal_year", "form", "currency", "category", "state",
)  # fmt: skip
FINE = ("project", "payer", "recipient", "category")  # told from line to line; the others are stored for each scope
MEASURES = ("planned", "committed", "received", "spent", "undivided", "remaining", "lines", "unstated")
# Who may not be seen is not named.
KNOWN = {
    name: f"(CASE WHEN {name} IN (SELECT id FROM labs_institution WHERE visibility > %(level)s) THEN NULL ELSE {name} END)"
    for name in ("payer", "recipient")
}
COLUMN_OF = {
    "project": "nullif(scope, program) AS project",  # NULL: lines of the program itself
    "fiscal_year": f"nullif(fiscal_year, {NO_YEAR}) AS fiscal_year",
    "category": "nullif(category, '') AS category",
    "abroad": f"CASE payer_place WHEN '{PayerPlace.ABROAD}' THEN true WHEN '{PayerPlace.HOME}' THEN false END AS abroad",
    **{name: f"{known} AS {name}" for name, known in KNOWN.items()},
}
PLACE_OF = {True: PayerPlace.ABROAD, False: PayerPlace.HOME, None: PayerPlace.UNSTATED}


@dataclass(frozen=True)
class Asked:
    """Which money: a program's, a project's with everything below it, or all; of it, what has these values.

    `only`: by dimension the values that are kept (None: not stated). `lines`: only these. `as_of`: with the amounts and entries that count on
    that day. `is_past`: inside `known_at`, where nothing is stored.
    """

    program: UUID | None = None
    project: UUID | None = None
    only: dict[str, Sequence] = field(default_factory=dict)
    lines: Sequence[UUID] | None = None
    as_of: date | None = None
    is_past: bool = False

    @property
    def programs(self) -> list[UUID] | None:
        return [self.program] if self.program else self.only.get("program")

    @property
    def others(self) -> dict[str, Sequence]:
        return {name: values for name, values in self.only.items() if name != "program"}

    @property
    def is_worked_out_now(self) -> bool:
        return self.is_past or self.as_of is not None

    def parameters(self, reader: Reader) -> dict:
        return {
            "project": self.project,
            "programs": array(self.programs or ()),
            "lines": array(self.lines or ()),
            "as_of": self.as_of,
            "level": reader.level,
            "whole": WHOLE,
            "shared": array(reader.takes_part_in if reader.level < Visibility.SHARED else ()),
            **{f"only_{name}": [_stored(name, value) for value in values] for name, values in self.others.items()},
        }


def totals(reader: Reader, *, group_by: Sequence[str] = (), **of) -> list[dict]:
    """Totals in minor units, always per currency: `group_by` dimensions, `currency`, and every measure. `of`: see Asked.

    Amounts are None where no line states one. `remaining` is committed less spent, where something is committed.
    A line counts once in `lines`, also where years are added; grouped by year it counts in each of its years.
    """
    asked = Asked(**of)
    by = [dimension for dimension in group_by if dimension != "currency"]
    parameters = asked.parameters(reader)
    if asked.is_worked_out_now or asked.lines is not None or any(name in FINE for name in (*by, *asked.others)):
        source, where = of_lines(asked)
    else:
        source, where = _of_scopes(asked, by)
    where += [keeps(name) for name in asked.others]
    if "fiscal_year" not in by and len(asked.only.get("fiscal_year", ())) > 1:
        source, where = _each_once(asked), []
    columns = ", ".join([COLUMN_OF.get(d, d) for d in by] + ["currency"])
    once = "" if "fiscal_year" in by or len(asked.only.get("fiscal_year", ())) == 1 else "_once"
    groups = ", ".join(str(n + 1) for n in range(len(by) + 1))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {columns}, {', '.join(STATED.format(m) for m in AMOUNTS)}, {REMAINING},"
            f" sum(lines{once})::int, sum(unstated{once})::int"
            f" FROM {source} r WHERE {all_of(where)} GROUP BY {groups} HAVING sum(lines) > 0 ORDER BY {groups}",
            parameters,
        )
        names = [*by, "currency", *MEASURES]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _each_once(asked: Asked) -> str:
    """The lines of some years, each with what it counts for in all of them."""
    source, where = of_lines(asked)
    where += [keeps(name) for name in asked.others]
    same = ", ".join(OF_LINE)
    sums = ", ".join(f"sum({name}) AS {name}" for name in SUMS if not name.endswith("_once"))
    return (
        f"(SELECT {same}, {sums}, (sum(lines) > 0)::int AS lines_once,"
        " (sum(lines) > 0 AND sum(with_planned) + sum(with_committed) = 0)::int AS unstated_once"
        f" FROM {source} y WHERE {all_of(where)} GROUP BY {same})"
    )


STATED = "CASE WHEN sum(with_{0}) > 0 THEN sum({0})::bigint END"  # else no amount is stated
REMAINING = "CASE WHEN sum(with_committed) > 0 THEN (sum(committed) - sum(spent))::bigint END"
BEHIND_LIMIT = 100


def lines_behind(
    reader: Reader, *, after: tuple[UUID, int] | None = None, limit: int = BEHIND_LIMIT, **of
) -> list[dict]:
    """The lines that a total is the sum of, by line and fiscal year: `line`, `fiscal_year` (None: not stated) and the measures.

    `after`: line and year (0: not stated) of the last row of the page before. In the order of ids.
    """
    asked = Asked(**of)
    source, where = of_lines(asked)
    where += [keeps(name) for name in asked.others]
    parameters = asked.parameters(reader)
    if after:
        where.append("(line, fiscal_year) > (%(after)s, %(after_year)s)")
        parameters |= {"after": after[0], "after_year": after[1]}
    measures = ", ".join((*(f"{STATED.format(m)} AS {m}" for m in AMOUNTS), f"{REMAINING} AS remaining"))
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT line, nullif(fiscal_year, {NO_YEAR}), currency, {measures} FROM {source} r WHERE {all_of(where)}"
            " GROUP BY line, fiscal_year, currency HAVING sum(lines) > 0"
            f" ORDER BY line, r.fiscal_year LIMIT {limit:d}",
            parameters,
        )
        names = ("line", "fiscal_year", "currency", *AMOUNTS, "remaining")
        return [dict(zip(names, row, strict=True)) for row in cursor]


def figures_of_lines(reader: Reader, lines: Sequence[UUID], as_of: date | None = None) -> dict[UUID, dict]:
    """By line, over all its years: `received`, `spent` and `undivided`, worked out now, also inside `known_at`."""
    measures = ("received", "spent", "undivided")
    parameters = Asked(as_of=as_of).parameters(reader) | {"lines": list(lines)}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT line, {', '.join(STATED.format(m) for m in measures)}"
            f" FROM ({LINES.format(which='l.id = ANY(%(lines)s::uuid[])')}) r WHERE {LEVEL_IN_PROGRAM} GROUP BY line",
            parameters,
        )
        return {line: dict(zip(measures, amounts, strict=True)) for line, *amounts in cursor}


# ---- where it is read ------------------------------------------------------------------------------------

# What is shared counts within the programs that the reader takes part in.
LEVEL_IN_PROGRAM = f"(level <= %(level)s OR program = ANY(%(shared)s::uuid[]) AND level <= {Visibility.SHARED.value})"
LEVEL_OF_WHOLE = (
    "((program, scope) = (%(whole)s, %(whole)s) AND level <= %(level)s OR program = ANY(%(shared)s::uuid[])"
    f" AND scope = program AND level > %(level)s AND level <= {Visibility.SHARED.value})"
)
WITHIN = (
    "(WITH RECURSIVE below (id) AS (SELECT %(project)s::uuid UNION ALL"
    " SELECT p.id FROM below b JOIN programs_project p ON p.parent_id = b.id) SELECT id FROM below)"
)
OF_ITS_PROGRAM = "program = (SELECT program_id FROM programs_project WHERE id = %(project)s)"
STORED = ", ".join(("scope", "above", "program", *KEY, *SUMS))
BOTH = (
    "(SELECT {columns} FROM funding_rollup WHERE {where}"
    " UNION ALL SELECT {columns} FROM funding_linefigure WHERE {where} AND {lines})"
)


def _of_scopes(asked: Asked, by: Sequence[str]) -> tuple[str, list[str]]:
    """Source and conditions: the rows of a scope, below it and its own; over all, those of the whole, or of each program."""
    ours = ["program = ANY(%(programs)s::uuid[])"] if asked.programs is not None else []
    lines = []  # what leads to them by their index, and says nothing more
    if asked.project:
        here, lines = ["scope = %(project)s", LEVEL_IN_PROGRAM, *ours], [OF_ITS_PROGRAM]
    elif asked.programs is not None:
        here, lines = ["scope = ANY(%(programs)s::uuid[])", LEVEL_IN_PROGRAM], ours
    elif "program" in by:
        here = ["above = %(whole)s", LEVEL_IN_PROGRAM]
    else:
        here = [LEVEL_OF_WHOLE]
    return BOTH.format(columns=STORED, where=all_of(here), lines=all_of(lines)), []


def of_lines(asked: Asked) -> tuple[str, list[str]]:
    """Source and conditions: what lines count for, as stored or worked out now."""
    if asked.is_worked_out_now:
        conditions = ["l.program_id = ANY(%(programs)s::uuid[])"] if asked.programs is not None else []
        conditions += [f"l.project_id IN {WITHIN}"] if asked.project else []
        conditions += ["l.id = ANY(%(lines)s::uuid[])"] if asked.lines is not None else []
        conditions += [
            f"l.{name}_id = ANY(%(only_{name})s::uuid[])"
            for name in ("payer", "recipient")
            if None not in asked.others.get(name, (None,))
        ]
        return f"({LINES.format(which=all_of(conditions))})", [LEVEL_IN_PROGRAM]
    where = ["program = ANY(%(programs)s::uuid[])"] if asked.programs is not None else []
    where += [OF_ITS_PROGRAM, f"scope IN {WITHIN}"] if asked.project else []
    where += ["line = ANY(%(lines)s::uuid[])"] if asked.lines is not None else []
    return "funding_linefigure", [*where, LEVEL_IN_PROGRAM]


# ---- what is kept of it ------------------------------------------------------------------------------------


def _stored(dimension: str, value):
    """A value as rows hold it; None is what is not stated."""
    if dimension == "abroad":
        return PLACE_OF[value]
    if value is None:
        return {"fiscal_year": NO_YEAR, "category": ""}.get(dimension)
    return value


def keeps(dimension: str) -> str:
    column = "payer_place" if dimension == "abroad" else dimension
    if dimension in ("payer", "recipient"):
        return (
            f"({column} = ANY(%(only_{dimension})s::uuid[])"
            f" OR {KNOWN[dimension]} IS NULL AND array_position(%(only_{dimension})s::uuid[], NULL) IS NOT NULL)"
        )
    if dimension == "project":  # None: lines of the program itself
        return (
            "(scope = ANY(%(only_project)s::uuid[])"
            " OR scope = program AND array_position(%(only_project)s::uuid[], NULL) IS NOT NULL)"
        )
    return f"{column} = ANY(%(only_{dimension})s)"


def all_of(conditions: Sequence[str]) -> str:
    return " AND ".join(conditions) or "true"


def lines_not_shown(reader: Reader, **of) -> int:
    """How many lines these totals leave out because of the reader's rights. Said to signed-in readers only."""
    if reader.level >= Visibility.INTERNAL or not reader.is_signed_in:
        return 0
    return _count(EVERYTHING, of) - _count(reader, of)


def _count(reader: Reader, of: dict) -> int:
    return sum(row["lines"] for row in totals(reader, **of))
