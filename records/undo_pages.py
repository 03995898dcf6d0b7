"""The page on which a change is undone: what that would do and what stands in its way, then doing it."""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import undoing
from .base import Change
from .changes import find_change
from .commands import Author
from .jobs import Job
from .refusals import Refused
from .rules import require_can_edit
from .undoing import CannotUndo


class UndoForm(forms.Form):
    use_required_attribute = False

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    only_possible = forms.BooleanField(label=gettext_lazy("Undo only the rest"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )


@login_required
def undo_page(request: HttpRequest, id: int) -> HttpResponse:
    if request.method != "POST" and (request.known_at or request.as_of):
        return redirect(request.path)  # it is done today
    change = find_change(id, request.reader)
    if change is None:
        raise Http404
    require_can_edit(request.reader)
    form = UndoForm(request.POST if request.method == "POST" else None, initial={"key": uuid4().hex})
    if form.is_bound and form.is_valid() and (done := _done(request, change, form)):
        return done
    plan = undoing.plan(change, request.reader)
    context = {"change": change, "plan": plan, "form": form, "said": _said(plan)}
    return render(request, "records/undo.html", context, status=400 if form.errors else 200)


def _said(plan: undoing.UndoPlan) -> list[str]:
    """What stands in the way, in short."""
    return undoing.sentences(plan)[: -len(plan.hindrances) or None]


def _done(request, change: Change, form: UndoForm) -> HttpResponse | None:
    """Where to go when it is done; None where the form says why it is not."""
    by = Author.of(request, Change.Door.PAGE, form.cleaned_data["reason"], form.cleaned_data["key"])
    try:
        done = undoing.undo_now_or_later(change, by=by, only_possible=form.cleaned_data["only_possible"])
    except CannotUndo:
        form.add_error(None, _("Nothing was undone; below it is said why."))
        return None
    except Refused as refused:
        for fault in refused.faults:
            form.add_error(fault.field if fault.field in form.fields else None, fault.message)
        return None
    if isinstance(done, Job):
        return redirect("job", done.id)
    number = done.left.possible if done.left else 0
    said = ngettext("%d record was put back.", "%d records were put back.", number) % number
    messages.success(request, said if done.left else _("This was done already."))
    return redirect("change", done.change)
