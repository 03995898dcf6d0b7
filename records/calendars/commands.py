"""What people do with their calendars: make one, give it another address, end it. None of it is a change of records.

Raises Http404 for what does not exist for one, NotAllowed, Refused.
"""

from collections.abc import Sequence
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import Http404
from django.utils.translation import gettext as _

from ..finding import find as find_record
from ..kinds import Kind, kinds, kinds_by_plural
from ..problem_codes import coded
from ..refusals import Fault, NotAllowed, Refused
from ..rights import Reader
from .keys import hashed, new_key
from .models import CalendarFeed

MOST = 20  # calendars of one owner
OF = ("program", "project", "institution", "lab", "researcher")  # whose timeline can be subscribed to
ACTED_ON = ("program", "project", "phase", "milestone", "agreement", "event", "exchange", "course", "obligation")


def dated_kinds() -> dict[str, Kind]:
    """What stands on timelines: kinds with dated facts, and obligations, under which reports are due."""
    return {name: kind for name, kind in kinds().items() if kind.dated or name == "obligation"}


def find_subject(of: str, reader: Reader):
    """The record whose calendar is asked for as `programs/alpha`, with its kind. Http404 where there is none for this reader."""
    plural, _slash, key = of.partition("/")
    kind = kinds_by_plural().get(plural)
    if kind is None or kind.name not in OF:
        raise Http404
    return kind, find_record(kind, key, reader)


@transaction.atomic
def make(of: str, *, wanted: Sequence[str], language: str, by: Reader) -> tuple[CalendarFeed, str]:
    """A calendar of this record (`programs/alpha`; '': of all that is the owner's), and the secret of its address."""
    if by.user_id is None:
        raise NotAllowed(_("Log in to make a calendar."))
    record = find_subject(of, by)[1].id if of else None
    faults = []
    if not wanted or set(wanted) - dated_kinds().keys():
        faults.append(Fault("kinds", coded("required", _("Choose what the calendar shows."))))
    if language not in dict(settings.LANGUAGES):
        faults.append(Fault("language", coded("required", _("Choose a language."))))
    _one_at_a_time(by.user_id)
    if CalendarFeed.objects.own(by).count() >= MOST:
        faults.append(
            Fault("", coded("too_many", _("One account has %d calendars at most. End one of them first.") % MOST))
        )
    if faults:
        raise Refused(faults)
    key = new_key()
    feed = CalendarFeed(owner_id=by.user_id, record_id=record, kinds=sorted(set(wanted)), language=language)
    feed.key_hash = hashed(key)
    feed.save(force_insert=True)
    feed.refresh_from_db()
    return feed, key


@transaction.atomic
def renew(id: UUID, *, by: Reader) -> tuple[CalendarFeed, str]:
    """Another address; the one before opens nothing from this moment on."""
    feed, key = _own(id, by), new_key()
    feed.key_hash, feed.renewed_at, feed.asked_on = hashed(key), Now(), None
    feed.save(update_fields=["key_hash", "renewed_at", "asked_on"])
    feed.refresh_from_db()
    return feed, key


@transaction.atomic
def end(id: UUID, *, by: Reader) -> None:
    """Its address opens nothing from this moment on."""
    _own(id, by).delete()


def _own(id: UUID, reader: Reader) -> CalendarFeed:
    feed = CalendarFeed.objects.own(reader).select_for_update().filter(id=id).first()
    if feed is None:
        raise Http404
    return feed


def _one_at_a_time(owner_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('calendars of'), hashtext(%s))", [str(owner_id)])
