"""How one comes in: signing in, by an invitation, by a new password."""

from http import HTTPStatus

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.views import LoginView
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from people import commands, throttle
from people.forms import AcceptForm, AddressForm, NewPasswordForm, SignInForm, put
from records.refusals import Refused


class SignIn(LoginView):
    form_class = SignInForm

    def form_invalid(self, form):
        response = super().form_invalid(form)
        if form.has_error("__all__", "too_many"):
            response.status_code = HTTPStatus.TOO_MANY_REQUESTS
        return response


@never_cache
def invitation(request):
    """Where the link of an invitation leads: one's name, a password, and one is signed in."""
    if "key" in request.GET:
        return _without_key(request, "invitation")
    key = request.session.get("invitation", "")
    found = commands.invitation_of(key)
    if found is None:
        return render(request, "accounts/closed.html", {"is_invitation": True}, status=HTTPStatus.GONE)
    form = AcceptForm(request.POST or None, initial={"name": found.account.name})
    if request.method == "POST" and form.is_valid():
        name, password = form.cleaned_data["name"], form.cleaned_data["password"]
        try:
            account = commands.accept_invitation(key, name=name, password=password)
        except Refused as refused:
            put(form, refused)
        else:
            return _come_in(request, account, "invitation", _("Welcome. Your account is ready."))
    return render(request, "accounts/invitation.html", {"form": form, "account": found.account})


@never_cache
def ask_for_reset(request):
    """Asks for a link by mail. The answer is the same whether an account has the address or not."""
    form = AddressForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST" and form.is_valid():
        email = form.cleaned_data["email"]
        try:
            throttle.attempt(throttle.RESET, email, throttle.address_of(request))
        except throttle.TooMany as too_many:
            form.add_error(None, str(too_many))
            status = HTTPStatus.TOO_MANY_REQUESTS
        else:
            commands.ask_for_reset(email, site=request.build_absolute_uri("/"))
            return render(request, "accounts/reset_asked.html", {"email": email})
    return render(request, "accounts/ask_for_reset.html", {"form": form}, status=status)


@never_cache
def reset(request):
    """Where the link of a reset leads: a new password, and one is signed in."""
    if "key" in request.GET:
        return _without_key(request, "reset")
    key = request.session.get("reset", "")
    account = commands.reset_account(key)
    if account is None:
        return render(request, "accounts/closed.html", status=HTTPStatus.GONE)
    form = NewPasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = commands.reset_password(key, password=form.cleaned_data["password"])
        except Refused as refused:
            put(form, refused)
        else:
            return _come_in(request, account, "reset", _("From now on the new password counts."))
    return render(request, "accounts/reset.html", {"form": form, "account": account})


def _without_key(request, name: str):
    """The key goes from the address into the session, so that no browser history and no other site gets it."""
    request.session[name] = request.GET["key"]
    return redirect(name)


def _come_in(request, account, name: str, sentence: str):
    request.session.pop(name, None)
    login(request, account, backend="people.authentication.NameOrAddress")
    messages.success(request, sentence)
    return redirect("home")
