"""Telling people: a notice is a row, written in the transaction of what it tells. Mails gather them (digest.py)."""

from collections.abc import Iterable

from django.db import transaction

from people.models import User
from records.commands import Author

from ..models import MailChoice, Notice, ProjectUpdate, ReportDue, Telling
from .recipients import people


@transaction.atomic
def tell(
    kind: Telling | str,
    *,
    to: Iterable[int | User],
    by: Author | None = None,
    update: ProjectUpdate | None = None,
    due: ReportDue | None = None,
    **details,
) -> list[Notice]:
    """Note for each of these people (accounts, or their ids) that something happened; never for the one who did it.

    `details` are further words of it: `text`, what was said. The state that the update has now is kept with it.
    """
    ids = {getattr(one, "pk", one) for one in to} - {by.reader.user_id if by else None}
    off = set(MailChoice.objects.filter(person__in=ids, kind=kind, is_off=True).values_list("person_id", flat=True))
    said = {"by": by.name} if by else {}
    said |= {"state": update.state} if update else {}
    notices = [
        Notice(
            person=person,
            kind=kind,
            update=update,
            due=due,
            due_on=due.due_on if due else None,
            details=said | details,
            waits=bool(person.email) and person.pk not in off,
        )
        for person in people(User.objects.filter(pk__in=ids)).order_by("pk")
    ]
    return Notice.objects.bulk_create(notices)
