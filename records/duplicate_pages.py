"""The page of suspected duplicates: each pair with its reasons, the way to merging them, and “these are two”."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from . import duplicates, jobs
from .base import Change
from .commands import Author
from .kinds import Kind, kinds_by_plural
from .refusals import Refused
from .rules import require_can_edit


@require_safe
@login_required
def duplicates_page(request: HttpRequest, plural: str = "") -> HttpResponse:
    """`/duplicates/researchers/`: the open pairs of one kind, the likeliest first; people where none is named."""
    require_can_edit(request.reader)
    searched = duplicates.searched_kinds()
    kind = _kind(plural) if plural else max(searched, key=lambda kind: kind.may_share_names)
    try:
        pairs, after = duplicates.page(kind, request.reader, request.GET.get("after", ""))
    except ValueError:
        raise Http404 from None
    context = {"kind": kind, "searched": searched, "pairs": pairs, "after": after, "key": uuid4().hex}
    return render(request, "records/duplicates.html", context)


@login_required
@require_POST
def two_page(request: HttpRequest, plural: str) -> HttpResponse:
    """These are two: kept with the reason, and the pair is not shown again."""
    kind, said = _kind(plural), request.POST
    by = Author.of(request, Change.Door.PAGE, said.get("reason", ""), said.get("key", "")[:64])
    try:
        one, other = UUID(said.get("one", "")), UUID(said.get("other", ""))
    except ValueError:
        raise Http404 from None
    try:
        duplicates.keep_apart(kind, one, other, by=by)
    except Refused as refused:
        for fault in refused.faults:
            messages.error(request, fault.message)
    else:
        messages.success(request, _("It is kept that these are two."))
    return redirect("duplicates_of", plural)


@login_required
@require_POST
def look_page(request: HttpRequest) -> HttpResponse:
    """Look for them anew, as a job."""
    require_can_edit(request.reader)
    by = Author.of(request, Change.Door.PAGE, key=request.POST.get("key", "")[:64])
    return redirect("job", jobs.start(duplicates.FIND_DUPLICATES.name, by=by).id)


def _kind(plural: str) -> Kind:
    kind = kinds_by_plural().get(plural)
    if kind not in duplicates.searched_kinds():
        raise Http404
    return kind
