"""The page on which a change is undone: what that would do and what stands in its way, then doing it.

What undoing a large change would do is worked out by a job, which leads back here with its result (`plan`, the job's id).
"""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from . import jobs, undo_jobs, undoing
from .base import Change
from .changes import find_change
from .commands import Author
from .jobs import Job
from .refusals import Refused
from .rules import require_can_edit
from .undoing import CannotUndo, UndoPlan


class UndoForm(forms.Form):
    use_required_attribute = False

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    plan = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
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
    sent = request.POST if request.method == "POST" else None
    if undoing.is_long(change):
        return _large(request, change, sent)
    form = UndoForm(sent, initial={"key": uuid4().hex})
    if form.is_bound and form.is_valid() and (done := _done(request, change, form)):
        return done
    return _shown(request, change, form, undoing.plan(change, request.reader))


def _large(request, change: Change, sent) -> HttpResponse:
    """First the plan is asked for, then it is looked at, then decided on."""
    asked = (sent or request.GET).get("plan", "")
    form = UndoForm(sent, initial={"key": uuid4().hex, "plan": asked})
    if form.is_bound and form.is_valid() and not asked:
        by = Author.of(request, Change.Door.PAGE, key=form.cleaned_data["key"])
        return redirect("job", undo_jobs.plan_now_or_later(change, by=by).id)
    plan = undo_jobs.plan_to_decide(asked, change, request.reader) if asked else None
    if plan and form.is_bound and form.is_valid() and (done := _done(request, change, form, plan)):
        return done
    large = {"is_large": True, "most": jobs.AT_ONCE, "anew": uuid4().hex, "undone_by": undoing.last_undoing(change)}
    return _shown(request, change, form, plan, is_gone=asked and plan is None, **large)


def _shown(request, change: Change, form: UndoForm, plan: UndoPlan | None, **more) -> HttpResponse:
    said = undo_jobs.in_short(plan) if plan else []
    context = {"change": change, "plan": plan, "form": form, "said": said, **more}
    is_refused = form.errors or (form.is_bound and plan is None)
    return render(request, "records/undo.html", context, status=400 if is_refused else 200)


def _done(request, change: Change, form: UndoForm, plan: UndoPlan | None = None) -> HttpResponse | None:
    """Where to go when it is done; None where the form says why it is not."""
    by = Author.of(request, Change.Door.PAGE, form.cleaned_data["reason"], form.cleaned_data["key"])
    try:
        if plan:
            undoing.check(plan, by, form.cleaned_data["only_possible"])
        done = undo_jobs.undo_now_or_later(change, by=by, only_possible=form.cleaned_data["only_possible"])
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
