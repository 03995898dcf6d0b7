"""Mails that were not sent, for administrators."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from people import commands
from people.models import OutgoingMail
from people.rules import can_see_mails
from records.refusals import Refused

PAGE = 50


@require_safe
@never_cache
def mails(request):
    if not can_see_mails(request.user):
        raise Http404
    unsent = OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT).defer("text", "html").order_by("-queued_at")
    page = Paginator(unsent, PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/mails.html", {"page": page})


@require_POST
def mail_again(request, pk):
    if not can_see_mails(request.user):
        raise Http404
    try:
        commands.send_again(get_object_or_404(OutgoingMail, pk=pk), by=request.user)
        messages.success(request, _("The mail is in the queue."))
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("mails")
