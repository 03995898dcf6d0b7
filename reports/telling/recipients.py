"""Who can be told something: people, by their role and by the institutions that they report for."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection

from people.models import User

from ..models import ProjectUpdate

# Of each of the institutions asked for: the accounts of partners that report for it or for one above it
PARTNERS = """
WITH RECURSIVE above (institution_id, at) AS (
  SELECT id, coalesce(merged_into_id, id) FROM labs_institution WHERE id = ANY(%(institutions)s::uuid[])
  UNION SELECT a.institution_id, i.parent_id FROM above a JOIN labs_institution i ON i.id = a.at WHERE i.parent_id IS NOT NULL
)
SELECT DISTINCT a.institution_id, m.user_id FROM above a
JOIN labs_institution i ON coalesce(i.merged_into_id, i.id) = a.at
JOIN labs_membership m ON m.institution_id = i.id
JOIN people_user u ON u.id = m.user_id AND u.is_active AND u.role = 'partner'
"""


def people(accounts=None):
    """Of these accounts (None: of all) those of people who are there. Accounts of machines are told nothing."""
    found = (User.objects.all() if accounts is None else accounts).filter(is_active=True)
    return found.filter(is_machine=False)


def partners_of(institutions: Iterable[UUID]) -> dict[UUID, set[int]]:
    """The ids of the accounts that report for each of these institutions."""
    found: dict[UUID, set[int]] = {}
    with connection.cursor() as cursor:
        cursor.execute(PARTNERS, {"institutions": list(institutions)})
        for institution, user in cursor:
            found.setdefault(institution, set()).add(user)
    return found


def reporters_of(update: ProjectUpdate) -> set[int]:
    """Who handed a report in, and the people of its institution."""
    theirs = partners_of([update.institution_id]).get(update.institution_id, set())
    return theirs | ({update.submitted_by_id} - {None})


def officers_of(update: ProjectUpdate) -> set[int]:
    """To whom a report is assigned, and the officers who watch it."""
    watching = update.watches.filter(user__role__in=(User.Role.OFFICER, User.Role.ADMINISTRATOR))
    return {*watching.values_list("user_id", flat=True), update.assigned_to_id} - {None}
