"""Reminders: before a report is due and after, each once.

What is due is looked at with the days that are left today. The last of BEFORE or AFTER that has passed is the reminder
that holds; where it was written already, nothing happens. So a second run, or one beside another, changes nothing, and
what a missed day should have said is said later, if it still holds.
"""

from datetime import date, timedelta

from django.db import connection, transaction
from django.utils import timezone

from ..models import Notice, ReportDue, Telling
from ..models.dues import SHOWN
from .recipients import partners_of, people

BEFORE = (1, 7, 14)
AFTER = (30, 14, 7, 1)
MADE_UP = 7  # days after the last reminder in which it is still written

WRITE = """
INSERT INTO reports_notice (person_id, kind, due_id, due_on, days, details, waits)
SELECT u.id, r.kind, r.due, r.due_on, r.days, '{}',
  u.email <> '' AND NOT EXISTS (SELECT 1 FROM reports_mailchoice c WHERE c.person_id = u.id AND c.kind = r.kind AND c.is_off)
FROM unnest(%(person)s::bigint[], %(kind)s::text[], %(due)s::uuid[], %(due_on)s::date[], %(days)s::smallint[])
  AS r (person, kind, due, due_on, days)
JOIN people_user u ON u.id = r.person
ON CONFLICT DO NOTHING
"""


def reminder(days_left: int) -> tuple[str, int] | None:
    """The reminder that holds with so many days left (below zero: late): what it is, and its number of days."""
    if days_left > 0:
        return next(((Telling.DUE_SOON.value, n) for n in BEFORE if days_left <= n), None)
    if -days_left > AFTER[0] + MADE_UP:
        return None
    return next(((Telling.LATE.value, n) for n in AFTER if -days_left >= n), None)


@transaction.atomic
def remind(today: date | None = None) -> int:
    """Write the reminders of today. Returns how many were new."""
    today = today or timezone.localdate()
    first, last = today - timedelta(days=AFTER[0] + MADE_UP), today + timedelta(days=BEFORE[-1])
    rows = ReportDue.objects.open().filter(SHOWN, due_on__range=(first, last)).order_by("id")
    dues = list(rows.values_list("id", "institution_id", "due_on"))
    partners = partners_of({institution for _id, institution, _day in dues})
    told = set(people().values_list("pk", flat=True).filter(pk__in=set().union(*partners.values())))
    columns: dict[str, list] = {"person": [], "kind": [], "due": [], "due_on": [], "days": []}
    for id, institution, due_on in dues:
        holds = reminder((due_on - today).days)
        for person in sorted(partners.get(institution, set()) & told) if holds else ():
            for name, value in zip(columns, (person, holds[0], id, due_on, holds[1]), strict=True):
                columns[name].append(value)
    if not columns["person"]:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(WRITE, columns)
        return cursor.rowcount


def still_holds(notice: Notice, open_dues: dict) -> bool:
    """Whether what a reminder says is still so: it is due on that day, and not reported."""
    return notice.days is None or open_dues.get(notice.due_id) == notice.due_on
