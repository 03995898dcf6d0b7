"""Beginning an update and writing it: what is typed is kept as it is typed."""

from collections.abc import Mapping
from datetime import date
from typing import BinaryIO
from uuid import UUID

from django.db import IntegrityError, transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from labs.models import Institution
from programs.models import Project
from records.commands import Author
from records.documents import BadFile, keep
from records.problem_codes import coded
from records.refusals import Fault, Refused
from records.sentences import explain

from ..models import Attachment, ProjectUpdate, UpdateEvent
from ..models.updates import WITH_PARTNER
from ..rules import require_can_report, require_can_write
from ..thread import note
from .steps import become, held, must_be, told

LONGEST_PERIOD = 3 * 366  # days
LARGEST_CONTENT = 300_000  # characters of one update
MOST_FILES = 20


@transaction.atomic
def begin(project: Project, institution: Institution, starts_on: date, ends_on: date, *, by: Author) -> ProjectUpdate:
    """A draft for this project, institution and period. Raises Refused where there is one already."""
    require_can_report(by.reader, project, institution)
    faults = []
    if ends_on < starts_on:
        faults.append(Fault("period_ends_on", coded("wrong_order", _("The end lies before the beginning."))))
    elif (ends_on - starts_on).days > LONGEST_PERIOD:
        faults.append(Fault("period_ends_on", coded("out_of_range", _("A report covers three years at most."))))
    if starts_on > timezone.localdate():
        faults.append(Fault("period_starts_on", coded("in_the_future", _("This period has not begun yet."))))
    if faults:
        raise Refused(faults)
    try:
        with transaction.atomic():
            update = ProjectUpdate.objects.create(
                project=project,
                institution=institution,
                period_starts_on=starts_on,
                period_ends_on=ends_on,
                saved_by=told(by),
            )
    except IntegrityError as error:
        raise Refused([Fault("period_starts_on", explain(error))]) from error
    note(update, UpdateEvent.What.BEGUN, by)
    return update


@transaction.atomic
def save(id: UUID, content: Mapping, *, version: int, by: Author) -> ProjectUpdate:
    """Keep what was typed. Whether it is right is asked when it is submitted."""
    update = held(id, by.reader, version)
    require_can_write(by.reader, update)
    must_be(update, WITH_PARTNER)
    if sum(len(str(text)) for rows in content.values() for row in rows for text in row.values()) > LARGEST_CONTENT:
        raise Refused(_("This is more than one report can hold. Send long texts as a file."))
    if content != update.content:
        become(update, content=dict(content), saved_at=timezone.now(), saved_by=told(by))
    return update


@transaction.atomic
def attach(id: UUID, file: BinaryIO, name: str, *, by: Author) -> Attachment:
    """A file that goes with the report. It does not change the version: nobody's typing is stale by it."""
    update = held(id, by.reader)
    require_can_write(by.reader, update)
    must_be(update, WITH_PARTNER)
    if update.attachments.count() >= MOST_FILES:
        raise Refused([Fault("files", coded("too_many", _("A report brings at most %d files with it.") % MOST_FILES))])
    try:
        kept = keep(file, name)
    except BadFile as bad:
        raise Refused([Fault("files", str(bad))]) from None
    return Attachment.objects.create(update=update, sent_by=told(by), **kept)


@transaction.atomic
def detach(id: UUID, attachment: UUID, *, by: Author) -> None:
    """Leave a file out again, as long as it was not accepted."""
    update = held(id, by.reader)
    require_can_write(by.reader, update)
    must_be(update, WITH_PARTNER)
    file = update.attachments.filter(id=attachment).first()
    if file is None:
        raise Http404
    accepted = update.proposals.filter(section="files", key=str(file.id), values__decision="accepted")
    if accepted.exists():
        raise Refused(_("This file was accepted; it is a document of the project now."))
    file.delete()
