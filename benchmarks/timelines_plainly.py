"""The plainest SQL that an expert would write for what timelines are asked: one table of dated facts, one SELECT each.

It is the same answer as the registry's own (records/timelines), row by row, for one who sees everything and for anyone.
"""

RUNNING = "t.status IN ('planned', 'running', 'suspended')"
PLANNED = "t.status = 'planned'"

# kind, table, fact, starts, ends, planned, open, owners besides itself, further condition
FACTS = (
    ("source", "records_source", "published", "published_on", "published_on", "false", "false", "", ""),
    ("lab", "labs_lab", "opened", "opened_on", "opened_on", "false", "false", "institution_id", ""),
    ("lab", "labs_lab", "opening_planned", "opening_planned_on", "opening_planned_on", "t.opened_on IS NULL", "t.opened_on IS NULL", "institution_id", ""),
    ("facility", "labs_facility", "in_use", "opened_on", "opened_on", "false", "false", "lab_id provider_id", ""),
    ("facility", "labs_facility", "planned", "planned_on", "planned_on", "t.opened_on IS NULL", "t.opened_on IS NULL", "lab_id provider_id", ""),
    ("affiliation", "labs_affiliation", "period", "starts_on", "ends_on", "false", "false", "researcher_id institution_id lab_id", ""),
    ("program", "programs_program", "period", "starts_on", "ends_on", PLANNED, RUNNING, "lab_id", ""),
    ("project", "programs_project", "period", "starts_on", "ends_on", PLANNED, RUNNING, "program_id parent_id", ""),
    ("phase", "programs_phase", "period", "starts_on", "ends_on", PLANNED, RUNNING, "scope_id", ""),
    ("milestone", "programs_milestone", "due", "due_on", "due_on", "t.state = 'open'", "t.state = 'open'", "scope_id", ""),
    ("milestone", "programs_milestone", "done", "done_on", "done_on", "false", "false", "scope_id", ""),
    ("milestone", "programs_milestone", "first_planned", "planned_on", "planned_on", "true", "false", "scope_id", "t.planned_on IS DISTINCT FROM t.due_on"),
    ("agreement", "programs_agreement", "signed", "signed_on", "signed_on", "false", "false", "scope_id", ""),
    ("agreement", "programs_agreement", "period", "starts_on", "ends_on", "false", "false", "scope_id", ""),
    ("committee", "programs_committee", "period", "starts_on", "ends_on", "false", "false", "scope_id", ""),
    ("course", "programs_course", "period", "starts_on", "ends_on", PLANNED, RUNNING, "scope_id institution_id", ""),
    ("output", "programs_output", "published", "published_on", "published_on", "t.state = 'expected'", "t.state = 'expected'", "scope_id", ""),
    ("exchange", "programs_exchange", "period", "starts_on", "ends_on", PLANNED, RUNNING, "scope_id sender_id receiver_id researcher_id", ""),
    ("participation", "programs_participation", "period", "starts_on", "ends_on", "false", "false", "scope_id institution_id", ""),
    ("role", "programs_role", "period", "starts_on", "ends_on", "false", "false", "researcher_id scope_id", ""),
    ("headcount", "programs_headcount", "counted", "counted_on", "counted_on", "false", "false", "scope_id institution_id", ""),
    ("funding_line", "funding_fundingline", "period", "starts_on", "ends_on", "t.state = 'planned'", "false", "program_id project_id payer_id recipient_id", ""),
    ("obligation", "reports_obligation", "period", "starts_on", "ends_on", "false", "false", "scope_id project_id institution_id", ""),
)  # fmt: skip
# Where no end is stated, an event ends when it begins.
EVENTS = """
SELECT t.id, 'event', 'held', t.starts_on_first, t.starts_on_last, coalesce(t.ends_on_first, t.starts_on_first),
  coalesce(t.ends_on_last, t.starts_on_last), t.status = 'planned', t.status IN ('planned', 'running', 'suspended'),
  ARRAY[t.id, t.scope_id, t.parent_id] FROM programs_event t WHERE NOT t.is_retired AND (t.starts_on IS NOT NULL OR t.ends_on IS NOT NULL)
"""


def _one(kind, table, fact, starts, ends, planned, is_open, owners, further) -> str:
    owned_by = ", ".join(["t.id", *(f"t.{owner}" for owner in owners.split())])
    return (
        f"SELECT t.id, '{kind}', '{fact}', t.{starts}_first, t.{starts}_last, t.{ends}_first, t.{ends}_last, {planned}, {is_open},"
        f" ARRAY[{owned_by}] FROM {table} t WHERE NOT t.is_retired AND (t.{starts} IS NOT NULL OR t.{ends} IS NOT NULL)"
        f" AND {further or 'true'}"
    )


FACTS_SQL = " UNION ALL ".join([*(_one(*fact) for fact in FACTS), EVENTS])
TABLE = (
    f"""CREATE TABLE plain_entry AS
    SELECT f.*, r.within FROM ({FACTS_SQL}) f (record_id, kind, fact, first, starts_last, ends_first, last, is_planned, is_open, owners)
    JOIN records_record r ON r.id = f.record_id""",
    "SET LOCAL maintenance_work_mem = '256MB'",
    "CREATE INDEX ON plain_entry (last, record_id, fact)",
    "CREATE INDEX ON plain_entry ((coalesce(first, last)), record_id, fact)",
    "CREATE INDEX ON plain_entry (last, record_id, fact) WHERE is_open",
    "CREATE INDEX ON plain_entry (within, (coalesce(first, last)), record_id, fact)",
    "CREATE INDEX ON plain_entry (record_id)",
    "CREATE INDEX ON plain_entry USING gin (owners)",
    "ANALYZE plain_entry",
)
SHOWN = "SELECT e.record_id, e.fact, e.first, e.last FROM plain_entry e JOIN records_record r ON r.id = e.record_id"
SEEN = "NOT r.is_retired AND r.visibility <= %(level)s"
BY_FIRST = "ORDER BY coalesce(e.first, e.last), e.record_id, e.fact LIMIT %(limit)s"
BY_END = "ORDER BY e.last, e.record_id, e.fact LIMIT %(limit)s"
PART = """SELECT c.scope_id FROM programs_participation c JOIN records_record s ON s.id = c.id
  WHERE c.institution_id = %(institution)s AND NOT c.is_retired AND s.visibility <= %(level)s"""
ASKED = {
    "program": f"{SHOWN} WHERE {SEEN} AND e.within = %(program)s {BY_FIRST}",
    "institution": f"""{SHOWN} WHERE {SEEN} AND e.kind = ANY(%(kinds)s)
      AND (e.owners @> ARRAY[%(institution)s]::uuid[] OR e.record_id IN ({PART})) {BY_FIRST}""",
    "ending": f"{SHOWN} WHERE {SEEN} AND e.kind = ANY(%(kinds)s) AND e.last >= %(today)s AND e.ends_first <= %(soon)s {BY_END}",
    "late": f"""{SHOWN} WHERE {SEEN} AND e.kind = ANY(%(kinds)s) AND e.is_open AND e.last IS NOT NULL
      AND (e.ends_first < %(today)s OR e.is_planned AND e.first < %(today)s) {BY_END}""",
    "between": f"""{SHOWN} WHERE {SEEN} AND e.kind = ANY(%(kinds)s) AND (e.last >= %(today)s OR e.last IS NULL)
      AND (e.first <= %(soon)s OR e.first IS NULL) {BY_FIRST}""",
}
