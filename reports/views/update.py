"""The page of a report, for both sides: how it stands, what it proposes, what was decided, what was said."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from records.commands import Author
from records.document_pages import as_attachment
from records.documents import place
from records.models import Change
from records.refusals import Refused, Stale

from .. import commands
from ..models import ProjectUpdate, ProposedValue, Watch
from ..models.updates import State
from ..rules import can_decide, is_own
from ..shown import shown
from ..titles import period_words, title_of
from .decision import part_of_officer

WITHDRAWABLE = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.RETURNED)


def found(request, id: UUID) -> ProjectUpdate:
    """As the reader may see it: for others there is none."""
    rows = ProjectUpdate.objects.visible_to(request.reader)
    rows = rows.select_related("project__program", "institution", "assigned_to", "submitted_by")
    return get_object_or_404(rows, id=id)


@never_cache
@login_required
@require_safe
def update_page(request, id: UUID):
    update = found(request, id)
    context = context_of(request, update) | part_of_officer(request, update)
    return render(request, "updates/update.html", context)


def context_of(request, update: ProjectUpdate) -> dict:
    """What the page shows to whoever may see it; the officers' decision stands beside it in `decision`."""
    proposals = list(update.proposals.order_by("-round", "id").prefetch_related("values"))
    rounds = sorted({one.round for one in proposals}, reverse=True)
    by_round = [(n, shown(update, [one for one in proposals if one.round == n], request.reader)) for n in rounds]
    accepted = any(v.decision == ProposedValue.Decision.ACCEPTED for one in proposals for v in one.values.all())
    is_partner = is_own(request.reader, update)
    return {
        "update": update,
        "title": title_of(update),
        "period": period_words(update.period_starts_on, update.period_ends_on),
        "rounds": by_round,
        "is_decided": update.decided_at is not None,
        "events": list(update.events.order_by("id")),
        "is_watched": Watch.objects.filter(update=update, user=request.user).exists(),
        "is_partner": is_partner,
        "is_officer": can_decide(request.reader, update),
        "may_write": is_partner and update.is_with_partner,
        "may_withdraw": is_partner and update.state in WITHDRAWABLE and not accepted,
        "may_resume": is_partner and update.state == State.WITHDRAWN,
    }


@never_cache
@login_required
@require_safe
def file(request, id: UUID, file: UUID):
    """A file of the report, by the same right as the report."""
    one = get_object_or_404(found(request, id).attachments, id=file)
    return as_attachment(place(one.sha256), one.file_name, one.content_type)


# ---- what is done from the page ------------------------------------------------------------------------


def _done(request, id: UUID, act, said: str, to: str = "update"):
    """Do it and say so; or say why it was not done. Then back to the report."""
    found(request, id)
    version = request.POST.get("version", "")
    try:
        act(Author.of(request, Change.Door.PAGE), int(version[:9]) if version.isdecimal() else 0)
    except Refused as refused:
        for fault in refused.faults:
            messages.error(request, fault.message)
        return redirect("update", id)
    except Stale:
        messages.error(request, _("The report has moved on meanwhile. Look at it as it is now."))
        return redirect("update", id)
    if said:
        messages.success(request, said)
    return redirect(to, id)


@login_required
@require_POST
def withdraw(request, id: UUID):
    text = request.POST.get("text", "")[:2000]
    return _done(
        request, id, lambda by, version: commands.withdraw(id, version=version, by=by, text=text), _("Withdrawn.")
    )


@login_required
@require_POST
def resume(request, id: UUID):
    said = _("It is a draft again, as it was typed.")
    return _done(request, id, lambda by, version: commands.resume(id, version=version, by=by), said, "update_edit")


@login_required
@require_POST
def say(request, id: UUID):
    text = request.POST.get("text", "")[:5000]
    return _done(request, id, lambda by, _version: commands.say(id, text, by=by), _("Sent."))


@login_required
@require_POST
def watch(request, id: UUID):
    is_watched = request.POST.get("watch") == "1"
    said = _("You will be told what happens to this report.") if is_watched else _("You will not be told any more.")
    return _done(request, id, lambda by, _version: commands.watch(id, is_watched, by=by), said)
