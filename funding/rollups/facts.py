"""What lines count for, from the facts, as SQL; and what stands below each scope. plainly.py says the same slowly."""

from collections.abc import Iterable
from uuid import UUID

from ..models import PAYER_KIND_OF, PayerKind, PayerPlace
from ..models.lines import HOME

WHOLE = UUID(int=0)  # the scope that stands above every program
NO_YEAR = 0  # "year not stated", in stored rows: NULL equals nothing, not even itself


def array(ids: Iterable[UUID | None]) -> str:
    """As PostgreSQL reads it: psycopg would quote a list one by one, wherever it stands, and take longer than the answer."""
    return f"{{{','.join(str(id or 'NULL') for id in ids)}}}"


KEY = ("level", "fiscal_year", "payer_kind", "payer_place", "form", "currency", "state")
AMOUNTS = ("planned", "committed", "received", "spent", "undivided")
SUMS = {
    **{name: kind for m in AMOUNTS for name, kind in ((m, "bigint"), (f"with_{m}", "int"))},
    **dict.fromkeys(("lines", "unstated", "lines_once", "unstated_once"), "int"),
}
GROUP = ", ".join(KEY)
ADDED = ", ".join(f"sum({name})::{kind} AS {name}" for name, kind in SUMS.items())
IS_SOMETHING = f"({', '.join(f'sum({name})' for name in SUMS)}) <> ({', '.join('0' for _ in SUMS)})"
OF_LINE = ("line", "scope", "program", "payer", "recipient", "category", *KEY[2:])  # what a line counts by

PAYER_KIND_SQL = (
    "CASE WHEN l.payer_id IS NULL"
    f" THEN coalesce(nullif(l.unnamed_payer_kind, ''), '{PayerKind.UNSTATED}')"
    " ELSE CASE p.kind "
    + " ".join(f"WHEN '{kind}' THEN '{payer}'" for kind, payer in PAYER_KIND_OF.items())
    + f" ELSE '{PayerKind.OTHER}' END END"
)
PAYER_PLACE_SQL = (
    f"CASE WHEN coalesce(p.country, '') = '' THEN '{PayerPlace.UNSTATED}'"
    f" WHEN p.country = '{HOME}' THEN '{PayerPlace.HOME}' ELSE '{PayerPlace.ABROAD}' END"
)
LATEST_FIRST = "a.decided_on_first DESC NULLS LAST, a.decided_on_last DESC NULLS LAST, a.id DESC"
BY_THEN = "(%(as_of)s::date IS NULL OR {0} IS NULL OR {0} <= %(as_of)s::date)"
AMOUNT_BY_THEN, ENTRY_BY_THEN = BY_THEN.format("a.decided_on_first"), BY_THEN.format("e.posted_on_first")

# What the lines that are `which` count for. `as_of` may be NULL: no day.
#
# A line adds what is seen of it at its own level; and where something of it is hidden deeper, at that level what is seen
# there (sign 1) less what is seen at the level before (sign -1).
#
# `amounts`: the latest amount for each year. `drawn`: what the splits of an envelope take up of each of its amounts: of
# that for the same year, or else of that for which no year is stated. `moved`: its entries.
LINES = f"""
WITH chosen AS MATERIALIZED (
  SELECT l.id AS line, coalesce(l.project_id, l.program_id) AS scope, l.program_id AS program, l.visibility,
         l.payer_id AS payer, l.recipient_id AS recipient, l.category, {PAYER_KIND_SQL} AS payer_kind,
         {PAYER_PLACE_SQL} AS payer_place, l.form, l.currency, l.state, l.state <> 'cancelled' AS is_promised
  FROM funding_fundingline l LEFT JOIN labs_institution p ON p.id = l.payer_id
  WHERE NOT l.is_retired AND {{which}}
), split AS MATERIALIZED (
  SELECT s.id, s.envelope_id AS line, s.visibility FROM funding_fundingline s JOIN chosen c ON c.line = s.envelope_id
  WHERE NOT s.is_retired AND s.state <> 'cancelled'
), hidden AS (
  SELECT c.line, is_promised, a.visibility AS level FROM chosen c JOIN funding_fundingamount a ON a.line_id = c.line
  WHERE NOT a.is_retired AND a.visibility > c.visibility
  UNION SELECT c.line, is_promised, e.visibility FROM chosen c JOIN funding_ledgerentry e ON e.line_id = c.line
  WHERE e.visibility > c.visibility
  UNION SELECT c.line, is_promised, a.visibility
  FROM chosen c JOIN split s ON s.line = c.line JOIN funding_fundingamount a ON a.line_id = s.id
  WHERE NOT a.is_retired AND a.visibility > c.visibility
), seen AS (
  SELECT line, is_promised, visibility AS level, visibility AS up_to, 1 AS sign FROM chosen
  UNION ALL
  SELECT line, is_promised, level, level - less, 1 - 2 * less FROM hidden, (VALUES (0), (1)) AS v (less)
), amounts AS MATERIALIZED (
  SELECT DISTINCT ON (s.line, s.level, s.sign, a.fiscal_year)
         s.line, s.level, s.sign, a.id, a.fiscal_year, a.planned, a.committed
  FROM seen s LEFT JOIN funding_fundingamount a ON a.line_id = s.line AND NOT a.is_retired AND a.visibility <= s.up_to
  WHERE s.is_promised AND {AMOUNT_BY_THEN}
  ORDER BY s.line, s.level, s.sign, a.fiscal_year, {LATEST_FIRST}
), parts AS (
  SELECT DISTINCT ON (s.line, s.level, s.sign, p.id, a.fiscal_year)
         s.line, s.level, s.sign, p.id AS part, a.fiscal_year, a.planned, a.committed
  FROM split p JOIN seen s ON s.line = p.line AND p.visibility <= s.up_to
  JOIN funding_fundingamount a ON a.line_id = p.id AND NOT a.is_retired AND a.visibility <= s.up_to
  WHERE s.is_promised AND {AMOUNT_BY_THEN}
  ORDER BY s.line, s.level, s.sign, p.id, a.fiscal_year, {LATEST_FIRST}
), drawn AS (
  SELECT line, level, sign, place, coalesce(sum(planned), 0) AS planned, coalesce(sum(committed), 0) AS committed
  FROM (
    SELECT DISTINCT ON (p.line, p.level, p.sign, p.part, p.fiscal_year) p.*, e.fiscal_year AS place
    FROM parts p JOIN amounts e ON (e.line, e.level, e.sign) = (p.line, p.level, p.sign) AND e.id IS NOT NULL
      AND (e.fiscal_year = p.fiscal_year OR e.fiscal_year IS NULL)
    ORDER BY p.line, p.level, p.sign, p.part, p.fiscal_year, e.fiscal_year NULLS LAST
  ) d GROUP BY 1, 2, 3, 4
), moved AS (
  SELECT s.line, s.level, s.sign, coalesce(e.fiscal_year, extract(year FROM e.posted_on_first))::smallint AS fiscal_year,
         sum(CASE e.movement WHEN 'received' THEN e.amount WHEN 'returned' THEN -e.amount END) AS received,
         sum(CASE e.movement WHEN 'spent' THEN e.amount WHEN 'recovered' THEN -e.amount END) AS spent
  FROM seen s JOIN funding_ledgerentry e ON e.line_id = s.line AND e.visibility <= s.up_to
  WHERE {ENTRY_BY_THEN}
  GROUP BY 1, 2, 3, 4
), states AS (
  SELECT a.line, a.level, a.sign, a.fiscal_year, a.planned - coalesce(d.planned, 0) AS planned,
         a.committed - coalesce(d.committed, 0) AS committed, NULL::bigint AS received, NULL::bigint AS spent,
         a.line IN (SELECT line FROM split) AS is_divided
  FROM amounts a LEFT JOIN drawn d ON (d.line, d.level, d.sign) = (a.line, a.level, a.sign)
    AND d.place IS NOT DISTINCT FROM a.fiscal_year
  UNION ALL SELECT line, level, sign, fiscal_year, NULL, NULL, received, spent, false FROM moved
), years AS (
  SELECT line, level, sign, coalesce(fiscal_year, {NO_YEAR})::smallint AS fiscal_year, max(planned) AS planned,
         max(committed) AS committed, max(received) AS received, max(spent) AS spent, bool_or(is_divided) AS is_divided
  FROM states GROUP BY 1, 2, 3, 4
), counted AS (
  SELECT *, CASE WHEN is_divided THEN coalesce(committed, planned) END AS undivided,
         (coalesce(planned, committed) IS NULL)::int AS is_unstated,
         (row_number() OVER (PARTITION BY line, level, sign ORDER BY nullif(fiscal_year, {NO_YEAR})) = 1)::int AS is_first,
         (count(coalesce(planned, committed)) OVER (PARTITION BY line, level, sign) = 0)::int AS is_silent
  FROM years
), added AS (
  SELECT line, level, fiscal_year,
         {", ".join(f"sign * coalesce({m}, 0) AS {m}, sign * ({m} IS NOT NULL)::int AS with_{m}" for m in AMOUNTS)},
         sign AS lines, sign * is_unstated AS unstated,
         sign * is_first AS lines_once, sign * is_first * is_silent AS unstated_once
  FROM counted
), summed AS (SELECT line, level, fiscal_year, {ADDED} FROM added GROUP BY 1, 2, 3 HAVING {IS_SOMETHING})
SELECT {", ".join(f"c.{name}" for name in OF_LINE)}, s.level, s.fiscal_year, {", ".join(f"s.{name}" for name in SUMS)}
FROM summed s JOIN chosen c ON c.line = s.line
"""

# Where each scope stands: what it is counted in, and its program.
PLACES = f"""
SELECT id AS scope, coalesce(parent_id, program_id) AS above, program_id AS program FROM programs_project
UNION ALL SELECT id, '{WHOLE}'::uuid, id FROM programs_program
UNION ALL SELECT '{WHOLE}'::uuid, NULL, '{WHOLE}'::uuid
"""

# What stands below each scope, from the figures of lines.
BELOW = f"""
WITH RECURSIVE place AS ({PLACES}), under (scope, top) AS (
  SELECT scope, above FROM place WHERE above IS NOT NULL
  UNION ALL SELECT u.scope, p.above FROM under u JOIN place p ON p.scope = u.top WHERE p.above IS NOT NULL
)
SELECT u.top AS scope, {GROUP}, {ADDED} FROM {{lines}} o JOIN under u ON u.scope = o.scope
GROUP BY u.top, {GROUP} HAVING {IS_SOMETHING}
"""
