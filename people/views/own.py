"""My account: name, language, password, access tokens."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse, translate_url
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from people import commands
from people.forms import OwnForm, OwnPasswordForm, TokenForm, put
from people.models import AccountEvent, Token
from people.rules import scopes_of
from records.pages import YEAR
from records.refusals import Refused
from records.submissions import is_sent_again, said_again

LATEST = 20  # events of the log


@never_cache
@login_required
def my_account(request):
    form = OwnForm(request.POST or None, instance=None if request.POST else request.user)
    if request.method == "POST" and form.is_valid():
        try:
            account = commands.change_own(by=request.user, **form.cleaned_data)
        except Refused as refused:
            put(form, refused)
        else:
            messages.success(request, _("Saved."))
            return _in_language(redirect(translate_url(reverse("my_account"), account.language)), request, account)
    return _page(request, form=form)


def _in_language(response, request, account):
    """From now on pages without a language in their address come in this one."""
    secure = request.is_secure()
    response.set_cookie(settings.LANGUAGE_COOKIE_NAME, account.language, max_age=YEAR, samesite="Lax", secure=secure)
    return response


def _page(request, form=None, token_form=None, **more):
    context = {
        "form": form or OwnForm(instance=request.user),
        "token_form": token_form or TokenForm(prefix="token", scopes=scopes_of(request.user)),
        "tokens": Token.objects.filter(owner=request.user, revoked_at=None).order_by("-made_at"),
        "memberships": request.user.memberships.select_related("institution"),
        "events": AccountEvent.objects.filter(account=request.user).order_by("-id")[:LATEST],
        **more,
    }
    return render(request, "accounts/me.html", context)


@never_cache
@login_required
def my_password(request):
    form = OwnPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        old, new = form.cleaned_data["old_password"], form.cleaned_data["password"]
        try:
            account = commands.change_own_password(by=request.user, old=old, new=new)
        except Refused as refused:
            put(form, refused)
        else:
            update_session_auth_hash(request, account)
            messages.success(request, _("From now on the new password counts."))
            return redirect("my_account")
    return render(request, "accounts/password.html", {"form": form})


@never_cache
@login_required
@require_POST
def my_token(request):
    """Makes a token and shows its key, this once."""
    form = TokenForm(request.POST, prefix="token", scopes=scopes_of(request.user))
    if form.is_valid():
        try:
            with transaction.atomic():
                if is_sent_again(request, "token"):
                    messages.info(request, said_again())
                    return redirect(reverse("my_account") + "#tokens")
                token, key = commands.make_token(by=request.user, **form.cleaned_data)
            return _page(request, made=token, key=key)
        except Refused as refused:
            put(form, refused)
    return _page(request, token_form=form)


@login_required
@require_POST
def revoke_my_token(request, pk: int):
    token = get_object_or_404(Token, pk=pk, owner=request.user)
    commands.revoke_token(token, by=request.user)
    messages.success(request, _("The token opens nothing any more."))
    return redirect(reverse("my_account") + "#tokens")
