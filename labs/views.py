"""The pages of other people's accounts. They stand on this floor since an account has institutions."""

from collections.abc import Callable
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.db.models.functions import Lower
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from people import commands as accounts
from people.commands.accounts import ChangedMeanwhile
from people.forms import put
from people.models import OutgoingMail, Token, User
from people.rules import can_manage_accounts, can_see_mails
from records.refusals import Refused

from . import commands
from .forms import AccountForm, EditForm
from .models import Institution

PAGE = 50
LATEST = 100  # events of an account's log


@require_safe
@never_cache
def list_accounts(request):
    """The accounts that one manages: found by name or address, by role, state and institution."""
    found = _managed(request)
    institutions = Institution.objects.filter(memberships__user__in=found).distinct()
    asked = {name: request.GET.get(name, "").strip() for name in ("search", "role", "state", "institution")}
    rows = _narrowed(found, asked).select_related("invitation").prefetch_related("memberships__institution")
    context = {
        "page": Paginator(rows.order_by(Lower("name"), "username", "pk"), PAGE).get_page(request.GET.get("page")),
        "asked": asked,
        "is_narrowed": any(asked.values()),
        "roles": [(value, label) for value, label in User.Role.choices if value in request.user.manages],
        "states": User.State.choices,
        "institutions": sorted(institutions, key=str),
        "unsent": _unsent(request.user),
    }
    return render(request, "accounts/list.html", context)


def _narrowed(rows, asked: dict[str, str]):
    """Values that do not exist find nothing."""
    if words := asked["search"]:
        rows = rows.filter(Q(name__icontains=words) | Q(email__icontains=words) | Q(username__icontains=words))
    if asked["role"]:
        rows = rows.filter(role=asked["role"])
    if asked["state"]:
        rows = rows.in_state(asked["state"]) if asked["state"] in User.State.values else rows.none()
    if asked["institution"]:
        rows = rows.filter(memberships__institution__slug=asked["institution"])
    return rows


def _unsent(user) -> int:
    return OutgoingMail.objects.exclude(state=OutgoingMail.State.SENT).count() if can_see_mails(user) else 0


@require_safe
@never_cache
def account(request, pk: int):
    """One account: what it may, whether its invitation arrived, its tokens, its log, and what can be done with it."""
    shown = _one(request, pk)
    events = list(shown.events.order_by("-id")[:LATEST])
    context = {
        "account": shown,
        "institutions": [m.institution for m in shown.memberships.select_related("institution")],
        "invitation": getattr(shown, "invitation", None),
        "mail": shown.mails.defer("text", "html").order_by("-queued_at").first(),
        "mail_folder": settings.MAIL_FOLDER,
        "tokens": shown.tokens.filter(revoked_at=None).order_by("-made_at"),
        "events": events,
        "is_self": shown.pk == request.user.pk,
        "was_in": shown.has_usable_password(),
    }
    return render(request, "accounts/account.html", context)


@never_cache
def invite(request):
    """Invites a person; where the address has an account already, leads to it those who may see it."""
    managed, there = _managed(request), None
    form = AccountForm(request.POST or None, by=request.user, initial={"role": User.Role.PARTNER})
    if request.method == "POST" and form.is_valid():
        try:
            made = commands.invite(**form.cleaned_data, by=request.user, site=request.build_absolute_uri("/"))
        except Refused as refused:
            there = managed.called(form.cleaned_data["email"]).first()
            put(form, refused)
        else:
            messages.success(request, _("The invitation is on its way."))
            return redirect("account", made.pk)
    return render(request, "accounts/invite.html", {"form": form, "there": there})


@never_cache
def edit(request, pk: int):
    """Changes an account. What happened to it since the form was opened is shown beside what was typed."""
    shown = _one(request, pk)
    form = EditForm(request.POST or None, by=request.user, initial=_as_it_is(shown))
    is_stale = False
    if request.method == "POST" and form.is_valid():
        try:
            commands.edit_account(shown, by=request.user, site=request.build_absolute_uri("/"), **form.cleaned_data)
        except Refused as refused:
            is_stale = isinstance(refused, ChangedMeanwhile)
            put(form, refused)
        else:
            messages.success(request, _("Saved."))
            return redirect("account", pk) if shown.pk != request.user.pk else redirect("my_account")
    context = {"form": form, "account": shown}
    if is_stale:
        context |= {
            "form": _typed_on_new_state(request, form, shown),
            "now": _in_words(shown),
            "why": form.non_field_errors(),
        }
    return render(request, "accounts/edit.html", context, status=409 if is_stale else 200)


def _as_it_is(account: User) -> dict:
    latest = account.latest_event()
    own = {field: getattr(account, field) for field in ("name", "email", "role", "language")}
    institutions = [m.institution for m in account.memberships.select_related("institution")]
    lines = "\n".join(f"{one} ({one.slug})" for one in institutions)
    return own | {"institutions": lines, "seen": latest.id if latest else 0}


def _typed_on_new_state(request, form: EditForm, account: User) -> EditForm:
    """The same form with what was typed; sent again, it is about the state that is shown now."""
    typed = form.cleaned_data | {"institutions": request.POST["institutions"], "seen": _as_it_is(account)["seen"]}
    return EditForm(by=request.user, initial=typed)


def _in_words(account: User) -> list[tuple[str, str]]:
    """The state of an account as (label, value)."""
    institutions = commands.names(m.institution for m in account.memberships.select_related("institution"))
    return [
        (_("Name"), account.name),
        (_("E-mail address"), account.email),
        (_("Role"), account.get_role_display()),
        (_("Institutions"), institutions),
        (_("Language of the mails"), account.get_language_display()),
    ]


# ---- one deed each ---------------------------------------------------------------------------------


@require_POST
def invite_again(request, pk: int):
    site = request.build_absolute_uri("/")
    return _do(request, pk, partial(accounts.invite_again, site=site), _("The invitation is on its way."))


@require_POST
def withdraw_invitation(request, pk: int):
    return _do(request, pk, accounts.withdraw_invitation, _("The invitation is withdrawn; its link opens nothing."))


@require_POST
def deactivate(request, pk: int):
    return _do(request, pk, accounts.deactivate, _("The account is inactive; its sessions and tokens have ended."))


@require_POST
def reactivate(request, pk: int):
    return _do(request, pk, accounts.reactivate, _("The account is active again, with its password of before."))


@require_POST
def revoke_token(request, pk: int, token: int):
    found = get_object_or_404(Token, pk=token, owner=_one(request, pk))
    accounts.revoke_token(found, by=request.user)
    messages.success(request, _("The token opens nothing any more."))
    return redirect("account", pk)


def _do(request, pk: int, command: Callable, done: str):
    try:
        command(_one(request, pk), by=request.user)
        messages.success(request, done)
    except Refused as refused:
        messages.error(request, str(refused))
    return redirect("account", pk) if pk != request.user.pk else redirect("home")


# ---- finding ---------------------------------------------------------------------------------------


def _managed(request):
    """The accounts that exist for the asker: none at all for who manages none."""
    if not can_manage_accounts(request.user):
        raise Http404
    return User.objects.managed_by(request.user)


def _one(request, pk: int) -> User:
    return get_object_or_404(_managed(request).select_related("invitation"), pk=pk)
