"""Putting a due day off: by an officer, with a reason."""

from datetime import date

from django.db import transaction
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _

from records.commands import Author
from records.problem_codes import coded
from records.refusals import Fault, NotAllowed, Refused
from records.rights import Reader

from ..models import Extension, ReportDue


def can_extend(reader: Reader) -> bool:
    return reader.is_officer


@transaction.atomic
def extend(due: ReportDue, *, until: date, reason: str, by: Author) -> Extension:
    """Let it be reported until `until` after all. Raises NotAllowed, Http404 (it is due no more) or Refused."""
    if not can_extend(by.reader):
        raise NotAllowed(_("Only officers put off a due day. Ask the office in charge."))
    due = ReportDue.objects.select_for_update().filter(pk=due.pk).first()
    if due is None:
        raise Http404
    faults = list(_faults(due, until, reason.strip()))
    if faults:
        raise Refused(faults)
    granted = Extension.objects.create(
        obligation_id=due.obligation_id,
        project_id=due.project_id,
        institution_id=due.institution_id,
        period_starts_on=due.period_starts_on,
        milestone_id=due.milestone_id,
        until=until,
        reason=reason.strip(),
        by_id=by.reader.user_id,
        by_name=by.name,
    )
    ReportDue.objects.filter(pk=due.pk).update(due_on=until)  # what the worker will find too, without the wait
    return granted


def _faults(due: ReportDue, until: date, reason: str):
    if not ReportDue.objects.open().filter(pk=due.pk).exists():
        yield Fault("", coded("state", _("This has been reported: there is nothing to put off.")))
    if until <= max(timezone.localdate(), due.due_on):
        yield Fault("until", _("Give a day after today and after the present due day, %s.") % due.due_on.isoformat())
    if not reason:
        yield Fault("reason", coded("reason_required", _("Say why the due day is put off.")))
