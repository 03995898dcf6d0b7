"""The tokens of an institution, by which its own systems read and report: made, shown once, looked through, revoked."""

from django.contrib import messages
from django.db import transaction
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from people.forms import put
from records.commands import Author
from records.finding import by_key
from records.models import Change
from records.refusals import Refused
from records.submissions import is_sent_again, said_again

from . import commands
from .forms import InstitutionTokenForm
from .kinds import INSTITUTION
from .models import Institution
from .rules import can_keep_tokens

LATEST = 100  # tokens that ended, and events


@never_cache
def institution_tokens(request, key: str):
    """Lists and makes them. The key of one that was made is on this page, this once."""
    institution = _found(request, key)
    if institution.merged_into_id:
        return redirect("institution_tokens", institution.merged_into_id)
    made = secret = None
    form = InstitutionTokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                if is_sent_again(request, f"token {institution.id}"):
                    messages.info(request, said_again())
                    return redirect("institution_tokens", institution.slug)
                made, secret = commands.make_token(institution, by=_author(request), **form.cleaned_data)
            form = InstitutionTokenForm()
        except Refused as refused:
            put(form, refused)
    tokens = commands.tokens_of(institution).order_by(F("revoked_at").desc(nulls_first=True), "-made_at")
    context = {
        "institution": institution,
        "form": form,
        "made": made,
        "key": secret,
        "tokens": tokens[:LATEST],
        "events": commands.events_of(institution).order_by("-id")[:LATEST],
    }
    return render(request, "accounts/institution_tokens.html", context)


@require_POST
def revoke_institution_token(request, key: str, pk: int):
    institution = _found(request, key)
    token = get_object_or_404(commands.tokens_of(institution).select_related("owner"), pk=pk)
    commands.revoke_token(institution, token, by=_author(request))
    messages.success(request, _("The token opens nothing any more."))
    return redirect("institution_tokens", institution.slug)


def _found(request, key: str) -> Institution:
    """The institution, for those who may keep its tokens; for everybody else there is no such page."""
    wanted = by_key(INSTITUTION, key)
    found = wanted and Institution.objects.filter(wanted).order_by("is_retired").first()
    if not found or not can_keep_tokens(request.reader, found.merged_into_id or found.id):
        raise Http404
    return found


def _author(request) -> Author:
    return Author.of(request, Change.Door.PAGE)
