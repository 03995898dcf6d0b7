"""The calendar of what is due, worked out by workers from the obligations, the projects and who takes part in them.

A mark names an obligation or a project; what a marked project is due includes what the projects below it are, since an
obligation of a project falls on its parts. A row is replaced only where it differs, and keeps its id.

    obligation → projects below its scope → institutions that take part → periods that both can lie in → days

`reports/due/plainly.py` says the same once more, slowly, for the tests.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.figures import Figure

from ..models import Obligation
from ..models.obligations import MOST_DAYS
from ..models.updates import REPORTED

AHEAD = 400  # days of the calendar from today on
PROVEN = 390  # of them, so that a night without a worker is no difference
MANY = 5000  # marks; more are one mark for everything
COLUMNS = (
    "id, obligation_id, program_id, project_id, institution_id, milestone_id, period_starts_on, period_ends_on,"
    " rule_due_on, due_on, is_reported"
)
SET = COLUMNS.removeprefix("id, ")

# ---- which obligations and projects -------------------------------------------------------------------------

OBLIGED = """
SELECT o.*, r.kind AS scope_kind, r.within AS program_id,
  o.starts_on_first AS starts, CASE WHEN s.kind = 'project' THEN s.id END AS project_of_scope,
  coalesce(o.ends_on_first,
    CASE WHEN p.ends_on_first = p.ends_on_last AND r.kind = 'program' THEN p.ends_on_first END,
    CASE WHEN a.ends_on_first = a.ends_on_last THEN a.ends_on_first END) AS until
FROM reports_obligation o
JOIN records_record r ON r.id = o.scope_id AND NOT r.is_retired
JOIN programs_program p ON p.id = r.within AND NOT p.is_retired AND p.status <> 'cancelled'
LEFT JOIN programs_agreement a ON a.id = o.scope_id
LEFT JOIN records_record s ON s.id = a.scope_id
WHERE NOT o.is_retired
"""
BELOW = """
WITH RECURSIVE below (root, id) AS (
  SELECT root, root FROM unnest(%(roots)s::uuid[]) root UNION
  SELECT b.root, p.id FROM below b JOIN programs_project p ON p.parent_id = b.id
)
"""
EACH_PROJECT = """
SELECT o.*, p.id AS due_project, p.starts_on_first AS project_starts, p.ends_on_last AS project_ends
FROM obliged o JOIN programs_project p ON p.program_id = o.program_id
WHERE NOT p.is_retired AND p.status <> 'cancelled'
  AND (o.project_id IS NULL OR EXISTS (SELECT 1 FROM below b WHERE b.root = o.project_id AND b.id = p.id))
  AND (o.project_of_scope IS NULL OR EXISTS (SELECT 1 FROM below b WHERE b.root = o.project_of_scope AND b.id = p.id))
"""
SOME_PROJECTS = (
    f"{EACH_PROJECT} AND o.id = ANY(%(obligations)s::uuid[]) UNION ALL"
    f" {EACH_PROJECT} AND p.id = ANY(%(projects)s::uuid[]) AND o.id <> ALL(%(obligations)s::uuid[])"
)

# ---- who, and when --------------------------------------------------------------------------------------------

FACTS = (
    """
WITH RECURSIVE obliged AS MATERIALIZED ({obliged}),
below (root, id) AS (
  SELECT root, root FROM (SELECT project_id AS root FROM obliged UNION SELECT project_of_scope FROM obliged) roots
  WHERE root IS NOT NULL UNION
  SELECT b.root, p.id FROM below b JOIN programs_project p ON p.parent_id = b.id
),
under AS MATERIALIZED ({under}),
steps AS (
  SELECT id, starts, until, days_to_report, CASE rhythm WHEN 'yearly' THEN 12 ELSE every_months END AS months
  FROM obliged WHERE rhythm IN ('months', 'yearly')
),
spans AS (
  SELECT id, (starts + make_interval(months => n * months))::date AS starts_on,
    least((starts + make_interval(months => (n + 1) * months))::date - 1, until) AS ends_on
  FROM steps, generate_series(0, (%(until)s::date - starts) / (28 * months) + 1) n
  UNION ALL
  SELECT id, starts, until FROM obliged WHERE rhythm = 'once'
),
days AS (
  SELECT m.scope_id, m.due_on_last AS ends_on, (array_agg(m.id ORDER BY m.id))[1] AS id,
    lag(m.due_on_last) OVER (PARTITION BY m.scope_id ORDER BY m.due_on_last) AS before
  FROM programs_milestone m
  WHERE NOT m.is_retired AND m.state <> 'dropped' AND m.due_on_last < '2200-01-01'
    AND m.scope_id IN (SELECT due_project FROM under WHERE rhythm = 'milestone')
  GROUP BY m.scope_id, m.due_on_last
),
periods AS (
  SELECT u.*, NULL::uuid AS at, s.starts_on AS period_starts, s.ends_on AS period_ends
  FROM under u JOIN spans s ON s.id = u.id WHERE s.starts_on <= coalesce(u.until, 'infinity')
  UNION ALL
  SELECT u.*, d.id, least(d.ends_on, greatest(d.before + 1, u.starts,
      CASE WHEN d.before IS NULL AND u.starts IS NULL THEN {first_day} END)), d.ends_on
  FROM under u JOIN days d ON d.scope_id = u.due_project
  WHERE u.rhythm = 'milestone' AND u.milestone_id IS NULL
    AND d.ends_on BETWEEN coalesce(u.starts, '-infinity') AND coalesce(u.until, 'infinity')
  UNION ALL
  SELECT u.*, d.id, least(d.ends_on, coalesce(u.starts, {first_day})), d.ends_on
  FROM under u JOIN (SELECT *, due_on_last AS ends_on FROM programs_milestone) d
    ON d.id = u.milestone_id AND d.scope_id IN (u.due_project, u.program_id)
  WHERE NOT d.is_retired AND d.state <> 'dropped' AND d.ends_on < '2200-01-01'
    AND d.ends_on BETWEEN coalesce(u.starts, '-infinity') AND coalesce(u.until, 'infinity')
),
due AS MATERIALIZED (
  SELECT DISTINCT u.id AS obligation_id, u.program_id, u.due_project AS project_id, t.institution_id, u.at AS milestone_id,
    u.period_starts AS starts_on, u.period_ends AS ends_on, u.period_ends + u.days_to_report AS rule_due_on
  FROM periods u JOIN programs_participation t ON t.scope_id = u.due_project AND NOT t.is_retired
  WHERE CASE
      WHEN u.institution_id IS NOT NULL THEN t.institution_id = u.institution_id
      WHEN u.scope_kind = 'agreement' THEN EXISTS (
        SELECT 1 FROM programs_participation party WHERE party.scope_id = u.scope_id AND party.part = 'party'
          AND NOT party.is_retired AND party.institution_id = t.institution_id)
      ELSE t.part = ANY(u.parts) END
    AND u.period_ends + u.days_to_report <= %(until)s
    AND u.period_ends >= coalesce(greatest(u.project_starts, t.starts_on_first), '-infinity')
    AND u.period_starts <= coalesce(least(u.project_ends, t.ends_on_last), 'infinity')
)
SELECT md5(concat_ws(' ', d.obligation_id, d.project_id, d.institution_id, coalesce(d.milestone_id::text, d.starts_on::text)))::uuid,
  d.obligation_id, d.program_id, d.project_id, d.institution_id, d.milestone_id, d.starts_on, d.ends_on, d.rule_due_on,
  coalesce((
    SELECT e.until FROM reports_extension e
    WHERE e.obligation_id IN (SELECT d.obligation_id UNION ALL SELECT r.id FROM records_record r WHERE r.merged_into_id = d.obligation_id)
      AND e.project_id IN (SELECT d.project_id UNION ALL SELECT r.id FROM records_record r WHERE r.merged_into_id = d.project_id)
      AND {e_is_of}
      AND CASE WHEN d.milestone_id IS NULL THEN e.period_starts_on = d.starts_on AND e.milestone_id IS NULL
        ELSE coalesce((SELECT r.merged_into_id FROM records_record r WHERE r.id = e.milestone_id), e.milestone_id) = d.milestone_id END
    ORDER BY e.id DESC LIMIT 1), d.rule_due_on),
  EXISTS (
    SELECT 1 FROM reports_projectupdate x WHERE x.project_id = d.project_id AND {x_is_of}
      AND (x.period_starts_on, x.period_ends_on) = (d.starts_on, d.ends_on) AND x.state IN ("""
    + ", ".join(f"'{state}'" for state in REPORTED)
    + """))
FROM due d
"""
)
# What an institution did counts for the one that it was merged into: looked up only where it is another one
IS_OF = (
    "({0}.institution_id = d.institution_id"
    " OR (SELECT i.merged_into_id FROM labs_institution i WHERE i.id = {0}.institution_id) = d.institution_id)"
)
# Where nothing says when work began, the year of the milestone
FIRST_DAY = "coalesce(nullif(u.project_starts, '0001-01-01'), date_trunc('year', d.ends_on)::date)"

# An obligation of a marked project is worked out for that project alone
SOME_OBLIGED = (
    f"{OBLIGED} AND (o.id = ANY(%(obligations)s::uuid[])"
    " OR r.within IN (SELECT program_id FROM programs_project WHERE id = ANY(%(projects)s::uuid[])))"
)
HERE = "d.obligation_id = ANY(%(obligations)s::uuid[]) OR d.project_id = ANY(%(projects)s::uuid[])"
REPLACE = """
WITH facts ({columns}) AS MATERIALIZED ({facts}),
gone AS (DELETE FROM reports_reportdue d WHERE ({here}) AND NOT EXISTS (SELECT 1 FROM facts f WHERE f.id = d.id) RETURNING 1)
INSERT INTO reports_reportdue AS d ({columns}) SELECT {columns} FROM facts f
WHERE (SELECT count(*) FROM gone) >= 0  -- which must be gone first: each is due once
  AND NOT EXISTS (SELECT 1 FROM reports_reportdue s WHERE s.id = f.id AND ({s}) IS NOT DISTINCT FROM ({f}))
ON CONFLICT (id) DO UPDATE SET ({set}) = ({excluded})
"""


def facts(under: str = EACH_PROJECT, obliged: str = OBLIGED) -> str:
    """A SELECT of all rows of the calendar as COLUMNS; takes `until`, the last day that it reaches."""
    return FACTS.format(
        under=under, obliged=obliged, first_day=FIRST_DAY, e_is_of=IS_OF.format("e"), x_is_of=IS_OF.format("x")
    )


def last_day(today: date | None = None, ahead: int = AHEAD) -> date:
    return (today or timezone.localdate()) + timedelta(days=ahead)


def recompute(marked: set[UUID] | None) -> None:
    """Make the stored rows of these obligations and projects what the facts say (None: all rows)."""
    asked = {"until": last_day()}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jit = off")
        if marked is None:
            cursor.execute("SET LOCAL work_mem = '64MB'")
            _replace(cursor, facts(), "true", asked)
            cursor.execute("ANALYZE reports_reportdue")
            return
        asked["obligations"] = asked["roots"] = list(marked)
        cursor.execute(f"{BELOW} SELECT DISTINCT id FROM below", asked)
        asked["projects"] = [id for (id,) in cursor]
        _replace(cursor, facts(SOME_PROJECTS, SOME_OBLIGED), HERE, asked)


def _replace(cursor, rows: str, here: str, asked: dict) -> None:
    named = {f"{letter}": ", ".join(f"{letter}.{name}" for name in SET.split(", ")) for letter in ("s", "f")}
    excluded = ", ".join(f"excluded.{name}" for name in SET.split(", "))
    cursor.execute(REPLACE.format(facts=rows, here=here, columns=COLUMNS, set=SET, excluded=excluded, **named), asked)


def differences() -> Iterable[str]:
    """A sentence for each row that is not as the facts say, and for each that is missing of the days that are proven."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"WITH facts ({COLUMNS}) AS MATERIALIZED ({facts()}), stored AS (SELECT {COLUMNS} FROM reports_reportdue)"
            " SELECT 'should be', m.* FROM (SELECT * FROM facts EXCEPT SELECT * FROM stored) m WHERE m.rule_due_on <= %(proven)s"
            " UNION ALL SELECT 'is stored as', w.* FROM (SELECT * FROM stored EXCEPT SELECT * FROM facts) w",
            {"until": last_day(), "proven": last_day(ahead=PROVEN)},
        )
        for what, id, *row in cursor:
            yield f"calendar: {id} {what} " + ", ".join(map(str, row))


def go_on() -> int:
    """Mark what goes on, so that the calendar reaches as far from today as it did from yesterday. Returns how many."""
    today = timezone.localdate()
    going_on = Obligation.objects.filter(
        Q(ends_on_first__isnull=True) | Q(ends_on_first__gte=today - timedelta(days=MOST_DAYS)), is_retired=False
    )
    ids = list(going_on.values_list("id", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_mark(%s, %s)", [CALENDAR.name, ids])
    return len(ids)


CALENDAR = Figure("calendar", recompute, differences, "programs_project", label=_("calendar of reports"))
