"""The page of a report, for both sides: how it stands, what was decided, what was said."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from records.commands import Author
from records.document_pages import as_attachment
from records.documents import place
from records.models import Change

from .. import commands
from ..models import ProjectUpdate, Watch
from ..titles import period_words, title_of
from .decision import part_of_officer


def found(request, id: UUID) -> ProjectUpdate:
    """As the reader may see it: for others there is none."""
    rows = ProjectUpdate.objects.visible_to(request.reader)
    rows = rows.select_related("project__program", "institution", "assigned_to", "submitted_by")
    return get_object_or_404(rows, id=id)


@never_cache
@login_required
def update_page(request, id: UUID):
    update = found(request, id)
    context = context_of(request, update) | part_of_officer(request, update)
    return render(request, "updates/update.html", context)


def context_of(request, update: ProjectUpdate) -> dict:
    """What the page shows to whoever may see it; the officers' decision stands beside it in `decision`."""
    return {
        "update": update,
        "title": title_of(update),
        "period": period_words(update.period_starts_on, update.period_ends_on),
        "events": list(update.events.order_by("id")),
        "is_watched": Watch.objects.filter(update=update, user=request.user).exists(),
    }


@never_cache
@login_required
def file(request, id: UUID, file: UUID):
    """A file of the report, by the same right as the report."""
    one = get_object_or_404(found(request, id).attachments, id=file)
    return as_attachment(place(one.sha256), one.file_name, one.content_type)


@login_required
@require_POST
def watch(request, id: UUID):
    found(request, id)
    commands.watch(id, request.POST.get("watch") == "1", by=Author.of(request, Change.Door.PAGE))
    return redirect("update", id)
