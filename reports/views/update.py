"""The page of an update, which both sides look at: what it says, how it stands, what happened to it."""

from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from records.base import Change
from records.commands import Author
from records.document_pages import as_attachment
from records.documents import place

from .. import commands
from ..models import ProjectUpdate
from ..outcome import outcome_of
from ..rules import can_decide
from ..titles import period_words
from .decision import decision


@login_required
def update_page(request, id):
    """One update, for the institution that reports and for officers; for anybody else there is none."""
    if request.known_at or request.as_of:
        return redirect(request.path)  # it is decided today
    return shown(request, find(request, id))


def find(request, id) -> ProjectUpdate:
    rows = ProjectUpdate.objects.visible_to(request.reader)
    update = rows.select_related("project__program", "institution", "assigned_to").filter(id=id).first()
    if update is None:
        raise Http404
    return update


def shown(request, update: ProjectUpdate, *, status: int = 200, **context):
    """The page, with what the officer's part of it needs where it is not given."""
    if can_decide(request.reader, update) and "decision" not in context:
        context["decision"] = decision(request, update)
    context |= {
        "update": update,
        "period": period_words(update.period_starts_on, update.period_ends_on),
        "outcome": None if update.is_with_officers else outcome_of(update, request.reader),
        "events": update.events.order_by("id"),
    }
    return render(request, "updates/update.html", context, status=status)


@login_required
@require_POST
def watch_page(request, id):
    by = Author.of(request, Change.Door.PAGE)
    commands.watch(id, request.POST.get("watched") == "yes", by=by)
    return redirect("update", id)


@login_required
def file_page(request, id, file):
    attachment = find(request, id).attachments.filter(id=file).first()
    if attachment is None:
        raise Http404
    return as_attachment(place(attachment.sha256), attachment.file_name, attachment.content_type)
