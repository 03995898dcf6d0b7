"""The plainest SQL that an expert would write for what the registry stores of money: one table after the other.

Three levels of rights are three copies; what a level adds to the one before is told from them in the end. That is the same
answer as the registry's own (funding_linefigure, funding_rollup), row by row.
"""

from funding.rollups.facts import (
    AMOUNTS,
    GROUP,
    NO_YEAR,
    PAYER_KIND_SQL,
    PAYER_PLACE_SQL,
    PLACES,
    SUMS,
)

LATEST = "a.decided_on_first DESC NULLS LAST, a.decided_on_last DESC NULLS LAST, a.id DESC"
YEARS = f"coalesce(fiscal_year, {NO_YEAR})"
COUNTED = ", ".join(f"coalesce({m}, 0) AS {m}, ({m} IS NOT NULL)::int AS with_{m}" for m in AMOUNTS)
ADDED = ", ".join(f"sum({name})::{kind} AS {name}" for name, kind in SUMS.items())
LESS = ", ".join(f"-{name} AS {name}" for name in SUMS)
IS_SOMETHING = f"({', '.join(f'sum({name})' for name in SUMS)}) <> ({', '.join('0' for _ in SUMS)})"
OF_LINE = "line, scope, program, payer, recipient, category, payer_kind, payer_place, form, currency, state"

LINE_FIGURES = (
    # what each reader sees
    f"""CREATE TABLE plain_line AS
    SELECT v.level::smallint, l.id AS line, l.envelope_id, coalesce(l.project_id, l.program_id) AS scope, l.program_id AS program,
      l.payer_id AS payer, l.recipient_id AS recipient, l.category, {PAYER_KIND_SQL} AS payer_kind, {PAYER_PLACE_SQL} AS payer_place,
      l.form, l.currency, l.state
    FROM (VALUES (0), (1), (2)) v (level) JOIN funding_fundingline l ON l.visibility <= v.level AND NOT l.is_retired
    LEFT JOIN labs_institution p ON p.id = l.payer_id""",
    # the amount that counts for each year
    f"""CREATE TABLE plain_amount AS
    SELECT DISTINCT ON (l.level, l.line, a.fiscal_year)
      l.level, l.line, l.envelope_id, a.id IS NOT NULL AS is_there, a.fiscal_year, a.planned, a.committed
    FROM plain_line l LEFT JOIN funding_fundingamount a ON a.line_id = l.line AND NOT a.is_retired AND a.visibility <= l.level
    WHERE l.state <> 'cancelled' ORDER BY l.level, l.line, a.fiscal_year, {LATEST}""",
    # what splits take up of their envelope's amount for that year, or of the one without a year
    f"""CREATE TABLE plain_drawn AS
    SELECT s.level, s.envelope_id AS line, {YEARS.replace("fiscal_year", "y.fiscal_year")} AS fiscal_year,
      sum(s.planned) AS planned, sum(s.committed) AS committed
    FROM plain_amount s
    LEFT JOIN plain_amount y ON (y.level, y.line, y.fiscal_year) = (s.level, s.envelope_id, s.fiscal_year)
    WHERE s.envelope_id IS NOT NULL AND s.is_there GROUP BY 1, 2, 3""",
    # what moved
    """CREATE TABLE plain_moved AS
    SELECT l.level, l.line, coalesce(e.fiscal_year, extract(year FROM e.posted_on_first))::smallint AS fiscal_year,
      sum(CASE e.movement WHEN 'received' THEN e.amount WHEN 'returned' THEN -e.amount END) AS received,
      sum(CASE e.movement WHEN 'spent' THEN e.amount WHEN 'recovered' THEN -e.amount END) AS spent
    FROM plain_line l JOIN funding_ledgerentry e ON e.line_id = l.line AND e.visibility <= l.level GROUP BY 1, 2, 3""",
    # each line in each year
    f"""CREATE TABLE plain_year AS
    SELECT level, line, fiscal_year::smallint, planned, committed, received, spent,
      CASE WHEN is_divided THEN coalesce(committed, planned) END AS undivided
    FROM (
      SELECT level, line, {YEARS} AS fiscal_year, a.planned - coalesce(d.planned, 0) AS planned,
        a.committed - coalesce(d.committed, 0) AS committed,
        line IN (SELECT envelope_id FROM funding_fundingline WHERE envelope_id IS NOT NULL AND NOT is_retired AND state <> 'cancelled')
          AS is_divided
      FROM (SELECT level, line, {YEARS} AS fiscal_year, planned, committed FROM plain_amount) a
      LEFT JOIN plain_drawn d USING (level, line, fiscal_year)
    ) a FULL JOIN plain_moved USING (level, line, fiscal_year)""",
    # what a level adds to the one before
    f"""CREATE TABLE plain_linefigure AS
    WITH counted AS (
      SELECT level, line, fiscal_year, {COUNTED}, 1 AS lines, (coalesce(planned, committed) IS NULL)::int AS unstated,
        (row_number() OVER w = 1)::int AS lines_once,
        (row_number() OVER w = 1 AND count(coalesce(planned, committed)) OVER (PARTITION BY level, line) = 0)::int AS unstated_once
      FROM plain_year WINDOW w AS (PARTITION BY level, line ORDER BY nullif(fiscal_year, {NO_YEAR}))
    ), steps AS (
      SELECT level, line, fiscal_year, {", ".join(SUMS)} FROM counted
      UNION ALL SELECT (level + 1)::smallint, line, fiscal_year, {LESS} FROM counted WHERE level < 2
    ), summed AS (SELECT level, line, fiscal_year, {ADDED} FROM steps GROUP BY 1, 2, 3 HAVING {IS_SOMETHING})
    SELECT {", ".join(f"l.{name}" for name in OF_LINE.split(", "))}, s.level, s.fiscal_year, {", ".join(f"s.{name}" for name in SUMS)}, p.above
    FROM summed s JOIN plain_line l ON l.line = s.line AND l.level = 2 JOIN ({PLACES}) p ON p.scope = l.scope""",
)
ROLLUPS = (
    f"""CREATE TABLE plain_rollup AS
    WITH RECURSIVE place AS ({PLACES}), under (scope, top) AS (
      SELECT scope, above FROM place WHERE above IS NOT NULL
      UNION ALL SELECT u.scope, p.above FROM under u JOIN place p ON p.scope = u.top WHERE p.above IS NOT NULL
    ), summed AS (
      SELECT u.top AS scope, {GROUP}, {ADDED} FROM plain_linefigure f JOIN under u ON u.scope = f.scope
      GROUP BY u.top, {GROUP} HAVING {IS_SOMETHING}
    ) SELECT s.scope, p.above, p.program, {GROUP}, {", ".join(SUMS)} FROM summed s JOIN place p ON p.scope = s.scope""",
)

# For a reader who sees everything, the largest program by year and source: on the figures that are stored, and on bare lines.
ON_STORED = f"""
SELECT nullif(fiscal_year, 0), payer_kind, currency, {", ".join(f"CASE WHEN sum(with_{m}) > 0 THEN sum({m})::bigint END" for m in AMOUNTS)},
  CASE WHEN sum(with_committed) > 0 THEN sum(committed)::bigint - sum(spent)::bigint END, sum(lines)::int, sum(unstated)::int
FROM (
  SELECT fiscal_year, payer_kind, currency, {", ".join(SUMS)} FROM funding_rollup WHERE scope = %(program)s
  UNION ALL
  SELECT fiscal_year, payer_kind, currency, {", ".join(SUMS)} FROM funding_linefigure
  WHERE program = %(program)s AND scope = %(program)s
) r GROUP BY fiscal_year, payer_kind, currency HAVING sum(lines) > 0 ORDER BY 1, 2, 3
"""
ON_LINES = f"""
WITH line AS (
  SELECT l.id, l.envelope_id, l.state, l.currency, {PAYER_KIND_SQL} AS payer_kind
  FROM funding_fundingline l LEFT JOIN labs_institution p ON p.id = l.payer_id
  WHERE l.program_id = %(program)s AND NOT l.is_retired
), amount AS (
  SELECT DISTINCT ON (l.id, a.fiscal_year) l.id, l.envelope_id, a.fiscal_year, a.planned, a.committed
  FROM line l LEFT JOIN funding_fundingamount a ON a.line_id = l.id AND NOT a.is_retired
  WHERE l.state <> 'cancelled' ORDER BY l.id, a.fiscal_year, {LATEST}
), drawn AS (
  SELECT s.envelope_id AS id, y.fiscal_year, sum(s.planned) AS planned, sum(s.committed) AS committed
  FROM amount s LEFT JOIN amount y ON (y.id, y.fiscal_year) = (s.envelope_id, s.fiscal_year)
  WHERE s.envelope_id IS NOT NULL GROUP BY 1, 2
), moved AS (
  SELECT l.id, coalesce(e.fiscal_year, extract(year FROM e.posted_on_first)) AS fiscal_year,
    sum(CASE e.movement WHEN 'received' THEN e.amount WHEN 'returned' THEN -e.amount END) AS received,
    sum(CASE e.movement WHEN 'spent' THEN e.amount WHEN 'recovered' THEN -e.amount END) AS spent
  FROM line l JOIN funding_ledgerentry e ON e.line_id = l.id GROUP BY 1, 2
), year AS (
  SELECT id, {YEARS} AS fiscal_year, a.planned - coalesce(d.planned, 0) AS planned, a.committed - coalesce(d.committed, 0) AS committed
  FROM (SELECT id, {YEARS} AS fiscal_year, planned, committed FROM amount) a
  LEFT JOIN (SELECT id, {YEARS} AS fiscal_year, planned, committed FROM drawn) d USING (id, fiscal_year)
)
SELECT nullif(fiscal_year, 0)::int, payer_kind, currency, sum(planned)::bigint, sum(committed)::bigint, sum(received)::bigint,
  sum(spent)::bigint, sum(coalesce(committed, planned)) FILTER (WHERE id IN (SELECT envelope_id FROM line WHERE state <> 'cancelled'))::bigint,
  sum(committed)::bigint - coalesce(sum(spent), 0)::bigint, count(*)::int,
  (count(*) FILTER (WHERE coalesce(planned, committed) IS NULL))::int
FROM year FULL JOIN moved USING (id, fiscal_year) JOIN line USING (id)
GROUP BY fiscal_year, payer_kind, currency ORDER BY 1, 2, 3
"""
