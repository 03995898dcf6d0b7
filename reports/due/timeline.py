"""Reports due as entries of timelines: the calendar is a figure already, so they are read from it and not kept twice.

The calendar has no past, so neither have these: inside `known_at` there are none.
"""

from records.rights import Reader, Visibility
from records.timelines.sources import Source

# On whose timelines, by kind; an obligation under an agreement stands on that one's too.
OWNED = {
    "program": "d.program_id = {}",
    "project": "d.project_id = {}",
    "institution": "d.institution_id = {}",
    "obligation": "d.obligation_id = {}",
    "agreement": "d.obligation_id = ANY(ARRAY(SELECT o.id FROM reports_obligation o WHERE o.scope_id = {}))",
}


def _owned(kind: str, owner: str, reader: Reader) -> str | None:
    return OWNED[kind].format(owner) if kind in OWNED else None


def _seen(reader: Reader) -> str | None:
    """As `ReportDue.objects.visible_to`: all for officers, for partners what is due from their own institutions."""
    if reader.is_officer:
        return "true"
    if not reader.institutions:
        return None
    shown = f"r.visibility <= {Visibility.SHARED:d} AND p.visibility <= {Visibility.SHARED:d}"
    merged = "SELECT i.id FROM labs_institution i WHERE i.merged_into_id = ANY(%(institutions)s)"
    return f"{shown} AND d.institution_id = ANY(%(institutions)s || ARRAY({merged}))"


DUES = Source(
    "reports_due",
    {
        "record": "d.obligation_id", "part": "d.id", "kind": "'obligation'", "fact": "'report_due'",
        "starts_on": "d.due_on::text", "ends_on": "d.due_on::text",
        "first": "d.due_on", "starts_last": "d.due_on", "ends_first": "d.due_on", "last": "d.due_on",
        "is_planned": "NOT d.is_reported", "is_open": "NOT d.is_reported",
        "within": "d.program_id", "about": "d.project_id", "through": "NULL::uuid",
        "day": "d.due_on", "finishes": "d.due_on", "begun": "d.due_on",
    },
    "reports_reportdue d JOIN public.records_record r ON r.id = d.obligation_id"
    " JOIN programs_project p ON p.id = d.project_id",
    ("NOT r.is_retired", "NOT p.is_retired"),
    _owned,
    _seen,
    kind="obligation",
    fact="report_due",
    figure="calendar",
    is_carried=False,
)  # fmt: skip
