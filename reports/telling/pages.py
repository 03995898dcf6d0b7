"""My notices: what I was told of, and the kinds of mail that I do without."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from ..models import MailChoice, Notice, Telling
from .digest import lines_of

LATEST = 100


@never_cache
@login_required
def notices_page(request: HttpRequest):
    """The switches, one for each kind of mail; beneath, the latest notices, mailed or not."""
    if request.method == "POST":
        choose(request.user, wanted=set(request.POST.getlist("kind")))
        messages.success(request, _("Saved."))
        return redirect("notices")
    notices = list(Notice.objects.filter(person=request.user).select_related("mail").order_by("-id")[:LATEST])
    off = set(MailChoice.objects.filter(person=request.user, is_off=True).values_list("kind", flat=True))
    context = {
        "choices": [(kind, label, kind not in off) for kind, label in Telling.choices],
        "lines": lines_of(notices),
        "most": LATEST,
    }
    return render(request, "reports/notices.html", context)


@transaction.atomic
def choose(person, *, wanted: set[str]) -> None:
    """From now on these kinds of mail are sent to the person, and no others."""
    rows = [MailChoice(person=person, kind=kind, is_off=kind not in wanted) for kind in Telling.values]
    MailChoice.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["person", "kind"], update_fields=["is_off"]
    )
