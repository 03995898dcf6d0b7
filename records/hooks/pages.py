"""The pages of webhooks: one's own (for administrators all), one of them with what was sent to it, and its buttons."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from ..base import Change
from ..commands import Author
from ..kinds import kinds
from ..labels import labels_of
from ..refusals import Refused, Stale
from ..submissions import is_sent_again, said_again
from ..webhooks import HookState, Webhook
from . import commands
from .api import shapes_of

LATEST = 50  # deliveries
PROBLEMS = {  # why no answer came, as an attempt keeps it
    "timeout": gettext_lazy("no answer within 20 seconds"),
    "name": gettext_lazy("the name of the host leads nowhere"),
    "address": gettext_lazy("the host is not on the public internet"),
    "certificate": gettext_lazy("its certificate is not valid for this host"),
    "tls": gettext_lazy("no encrypted connection came about"),
    "connection": gettext_lazy("the connection was refused or broke off"),
    "no_http": gettext_lazy("what it answered is no HTTP"),
    "fault": gettext_lazy("a fault in the registry"),
}


class HookForm(forms.Form):
    use_required_attribute = False

    name = forms.CharField(label=gettext_lazy("name"), required=False, max_length=commands.LONGEST_NAME)
    url = forms.CharField(
        label=gettext_lazy("address"),
        required=False,
        widget=forms.TextInput({"placeholder": "https://", "inputmode": "url", "autocomplete": "off"}),
        help_text=gettext_lazy(
            "Of your own system: messages are posted there, over HTTPS and to the public internet only."
        ),
    )
    program = forms.CharField(
        label=gettext_lazy("program"),
        required=False,
        help_text=gettext_lazy("Its id or the name in its address. Empty: all that you may see."),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("kinds"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None marked: all kinds."),
    )
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(kind.name, str(kind.label_many).capitalize()) for kind in kinds().values()]

    def values(self) -> dict:
        return {name: self.cleaned_data[name] for name in ("name", "url", "program", "kinds")}

    def put(self, refused: Refused) -> None:
        for fault in refused.faults:
            self.add_error(fault.field if fault.field in self.fields else None, fault.message)


@never_cache
@login_required
def webhooks_page(request):
    """Lists and makes them. The secret of one that was made is on this page, this once."""
    form, made, secret = HookForm(request.POST or None), None, ""
    if request.method == "POST" and form.is_valid():
        try:
            with transaction.atomic():
                if is_sent_again(request, "webhook"):
                    return _again(request, redirect("webhooks"))
                made, secret = commands.create(form.values(), by=_author(request))
            form = HookForm()
        except Refused as refused:
            form.put(refused)
    hooks = Webhook.objects.visible_to(request.reader).order_by("-id")
    context = {"form": form, "made": made, "secret": secret, "hooks": hooks, "most": commands.MOST}
    return render(request, "webhooks/list.html", context)


@never_cache
@login_required
def webhook_page(request, id: UUID):
    """What was sent to it and what it answered; for its owner also a form to change it."""
    hook = commands.find(id, request.reader)
    if request.method != "POST":
        return _page(request, hook)
    form = HookForm(request.POST)
    if form.is_valid():
        try:
            version = form.cleaned_data["version"] or 0
            commands.change(hook.id, form.values(), version=version, by=_author(request))
        except Refused as refused:
            form.put(refused)
        except Stale as stale:
            return _page(request, stale.moved[0].row, moved=True)
        else:
            messages.success(request, _("Saved."))
            return redirect("webhook", hook.id)
    return _page(request, hook, form)


@never_cache
@login_required
@require_POST
def act_page(request, id: UUID):
    """One of its buttons: `do` says which."""
    hook, by, do = commands.find(id, request.reader), _author(request), request.POST.get("do", "")
    if do not in ACTS:
        raise Http404
    version = request.POST.get("version", "")
    try:
        return ACTS[do](request, hook, int(version) if version.isdecimal() and len(version) < 10 else 0, by)
    except Stale as stale:
        return _page(request, stale.moved[0].row, moved=True)
    except Refused as refused:
        messages.error(request, " ".join(fault.message for fault in refused.faults))
        return redirect("webhook", hook.id)


@login_required
@require_POST
def again_page(request, id: UUID, delivery: UUID):
    hook = commands.find(id, request.reader)
    found = get_object_or_404(hook.deliveries, id=delivery)
    try:
        commands.replay(hook.id, found.id, by=_author(request))
        messages.success(
            request, _("The message is sent again. Look at this page in a few seconds to see what came of it.")
        )
    except Refused as refused:
        messages.error(request, " ".join(fault.message for fault in refused.faults))
    return redirect(reverse("webhook", args=[hook.id]) + "#deliveries")


# ---- the buttons ---------------------------------------------------------------------------------------


def _ping(request, hook, _version, by):
    commands.ping(hook.id, by=by)
    messages.success(
        request, _("A test message is on its way. Look at this page in a few seconds to see what came of it.")
    )
    return redirect(reverse("webhook", args=[hook.id]) + "#deliveries")


def _rotate(request, hook, _version, by):
    with transaction.atomic():
        if is_sent_again(request, f"webhook {hook.id}"):
            return _again(request, redirect("webhook", hook.id))
        hook, secret = commands.rotate(hook.id, by=by)
    return _page(request, hook, secret=secret)


def _again(request, to: HttpResponse) -> HttpResponse:
    messages.info(request, said_again())
    return to


def _become(state: HookState, said):
    def act(request, hook, version, by):
        commands.change(hook.id, {"state": state.value}, version=version, by=by)
        messages.success(request, str(said))
        return redirect("webhook", hook.id)

    return act


def _delete(request, hook, version, by):
    commands.delete(hook.id, version=version, by=by)
    messages.success(request, _("The webhook “%s” is deleted.") % hook.name)
    return redirect("webhooks")


ACTS = {
    "ping": _ping,
    "rotate": _rotate,
    "pause": _become(HookState.PAUSED, gettext_lazy("It is told nothing until you let it go on.")),
    "go_on": _become(HookState.ACTIVE, gettext_lazy("It is active, and is told all that changed meanwhile.")),
    "stop": _become(HookState.ENDED, gettext_lazy("It is stopped. Its owner cannot start it again.")),
    "delete": _delete,
}


def _page(request, hook: Webhook, form: HookForm | None = None, secret: str = "", moved: bool = False) -> HttpResponse:
    now = {"name": hook.name, "url": hook.url, "kinds": hook.kinds, "program": hook.program, "version": hook.version}
    is_own = hook.owner_id == request.reader.user_id
    rows = hook.deliveries.order_by("-id").prefetch_related("attempts")[:LATEST]
    deliveries = [
        shape | {"row": row, "attempts": [(one, PROBLEMS.get(one.problem, one.problem)) for one in row.attempts.all()]}
        for row, shape in zip(rows, shapes_of(list(rows), hook), strict=True)
    ]
    context = {
        "hook": hook,
        "is_own": is_own,
        "form": form or HookForm(initial=now),
        "secret": secret,
        "moved": moved,
        "deliveries": deliveries,
        "kinds": [kinds()[name].label_many for name in hook.kinds if name in kinds()],
        "program": _program_label(hook, request.reader),
    }
    return render(request, "webhooks/one.html", context, status=409 if moved else 200)


def _program_label(hook: Webhook, reader) -> str:
    if hook.program is None:
        return ""
    return str(labels_of({"program": {hook.program}}, set(), reader).get(hook.program, hook.program))


def _author(request) -> Author:
    return Author.of(request, Change.Door.PAGE)


patterns = [
    path("accounts/me/webhooks/", webhooks_page, name="webhooks"),
    path("accounts/me/webhooks/<uuid:id>/", webhook_page, name="webhook"),
    path("accounts/me/webhooks/<uuid:id>/act/", act_page, name="webhook_act"),
    path("accounts/me/webhooks/<uuid:id>/deliveries/<uuid:delivery>/again/", again_page, name="webhook_again"),
]
