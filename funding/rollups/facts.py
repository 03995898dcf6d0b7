"""What the lines add up to, from the facts: once as SQL, once said slowly for the tests."""

from collections import Counter
from datetime import date
from uuid import UUID

from programs.models import Project

from ..models import PAYER_KIND_OF, FundingLine, PayerKind

WHOLE = UUID(int=0)  # the scope that stands above every program
NO_YEAR = 0  # "year not stated", in stored rows: NULL equals nothing, not even itself

KEY = ("level", "fiscal_year", "payer_kind", "form", "currency")
SUMS = {
    "planned": "bigint",
    "with_planned": "int",
    "committed": "bigint",
    "with_committed": "int",
    "lines": "int",
    "unstated": "int",
    "lines_once": "int",
    "unstated_once": "int",
}
GROUP = ", ".join(KEY)
ADDED = ", ".join(f"sum({name})::{kind} AS {name}" for name, kind in SUMS.items())
IS_SOMETHING = f"({', '.join(f'sum({name})' for name in SUMS)}) <> ({', '.join('0' for _ in SUMS)})"

PAYER_KIND_SQL = (
    "CASE WHEN l.payer_id IS NULL"
    f" THEN coalesce(nullif(l.unnamed_payer_kind, ''), '{PayerKind.UNSTATED}')"
    " ELSE CASE p.kind "
    + " ".join(f"WHEN '{kind}' THEN '{payer}'" for kind, payer in PAYER_KIND_OF.items())
    + f" ELSE '{PayerKind.OTHER}' END END"
)

# What the lines that are `which` add at each level to the groups of their scope. `as_of` may be NULL: no day.
# A line adds what is seen of it at its own level; and where amounts of it are hidden deeper, at their level what is seen
# there (sign 1) less what is seen at the level before (sign -1).
OWN = f"""
WITH chosen AS (
  SELECT l.id, coalesce(l.project_id, l.program_id) AS scope, l.program_id AS program, l.visibility,
         {PAYER_KIND_SQL} AS payer_kind, l.form, l.currency
  FROM funding_fundingline l LEFT JOIN labs_institution p ON p.id = l.payer_id
  WHERE NOT l.is_retired AND l.state <> 'cancelled' AND {{which}}
), seen AS (
  SELECT c.*, visibility AS level, visibility AS up_to, 1 AS sign FROM chosen c
  UNION ALL
  SELECT c.*, deeper.level, deeper.level - less, 1 - 2 * less
  FROM (SELECT DISTINCT c.id, a.visibility AS level FROM chosen c JOIN funding_fundingamount a ON a.line_id = c.id
        WHERE NOT a.is_retired AND a.visibility > c.visibility) deeper
  JOIN chosen c ON c.id = deeper.id, (VALUES (0), (1)) AS v (less)
), latest AS (
  SELECT DISTINCT ON (s.id, s.level, s.sign, a.fiscal_year) s.*, a.fiscal_year, a.planned, a.committed
  FROM seen s LEFT JOIN funding_fundingamount a ON a.line_id = s.id AND NOT a.is_retired AND a.visibility <= s.up_to
  WHERE %(as_of)s::date IS NULL OR a.id IS NULL OR a.decided_on_first IS NULL OR a.decided_on_first <= %(as_of)s::date
  ORDER BY s.id, s.level, s.sign, a.fiscal_year,
           a.decided_on_first DESC NULLS LAST, a.decided_on_last DESC NULLS LAST, a.id DESC
), counted AS (
  SELECT *, (coalesce(planned, committed) IS NULL)::int AS is_unstated,
         (row_number() OVER (PARTITION BY id, level, sign ORDER BY fiscal_year) = 1)::int AS is_first,
         (count(coalesce(planned, committed)) OVER (PARTITION BY id, level, sign) = 0)::int AS is_silent
  FROM latest
), added AS (
  SELECT scope, program, level, coalesce(fiscal_year, {NO_YEAR})::smallint AS fiscal_year, payer_kind, form, currency,
         sign * coalesce(planned, 0) AS planned, sign * (planned IS NOT NULL)::int AS with_planned,
         sign * coalesce(committed, 0) AS committed, sign * (committed IS NOT NULL)::int AS with_committed,
         sign AS lines, sign * is_unstated AS unstated,
         sign * is_first AS lines_once, sign * is_first * is_silent AS unstated_once
  FROM counted
)
SELECT scope, program, {GROUP}, {ADDED} FROM added GROUP BY scope, program, {GROUP} HAVING {IS_SOMETHING}
"""

# Where each scope stands: what it is counted in, and its program.
PLACES = f"""
SELECT id AS scope, coalesce(parent_id, program_id) AS above, program_id AS program FROM programs_project
UNION ALL SELECT id, '{WHOLE}'::uuid, id FROM programs_program
UNION ALL SELECT '{WHOLE}'::uuid, NULL, '{WHOLE}'::uuid
"""

# What stands below each scope, from the rows of `own`.
BELOW = f"""
WITH RECURSIVE place AS ({PLACES}), under (scope, top) AS (
  SELECT scope, above FROM place WHERE above IS NOT NULL
  UNION ALL SELECT u.scope, p.above FROM under u JOIN place p ON p.scope = u.top WHERE p.above IS NOT NULL
)
SELECT u.top AS scope, {GROUP}, {ADDED} FROM {{own}} o JOIN under u ON u.scope = o.scope
GROUP BY u.top, {GROUP} HAVING {IS_SOMETHING}
"""


# ---- the same said slowly, for the tests ---------------------------------------------------------------


def plainly(level: int, as_of: date | None = None) -> dict[tuple, tuple]:
    """{(span, scope, fiscal_year, payer_kind, form, currency): (planned, committed, lines, unstated)}, line by line.

    `span`: own, or the tree with everything below; the whole is a scope too.
    """
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
        spans = [("own", line.project_id or line.program_id), ("tree", line.program_id), ("tree", WHOLE)]
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
