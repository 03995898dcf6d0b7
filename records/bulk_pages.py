"""The page of a bulk edit: what to set, what that would do, then doing it. Each step is a form without JavaScript.

What an edit of many records would do is worked out by a job, which leads back here with its result (`preview`, the job's id).
"""

import json
from hashlib import sha256
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import bulk, jobs
from .base import Change
from .bulk import MovedOn
from .bulk_forms import WantedForm
from .bulk_jobs import edit_now_or_later, preview_now_or_later, preview_to_decide
from .commands import Author
from .jobs import DECIDED_WITHIN, Job
from .kinds import Kind, kinds_by_plural
from .refusals import Refused
from .rules import require_can_edit
from .selecting import Selection, selection_of


class DoingForm(forms.Form):
    """`asked` is signed: the selection, what to set, and what the preview was made from."""

    use_required_attribute = False

    asked = forms.CharField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    only_possible = forms.BooleanField(label=gettext_lazy("Change only those that are not refused"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )


@login_required
def bulk_page(request: HttpRequest, plural: str) -> HttpResponse:
    """`?id=…&id=…`, or `?all=1&filter=<query of the list>`: set values in these records."""
    kind = kinds_by_plural().get(plural)
    if kind is None:
        raise Http404
    require_can_edit(request.reader)
    if request.known_at:  # it is done today
        return redirect("list", plural)
    if request.method == "POST" and "asked" in request.POST:
        return _do(request, kind)
    if id := request.GET.get("preview"):
        return _worked_out(request, kind, id)
    params = request.POST if request.method == "POST" else request.GET
    try:
        selection = _chosen(kind, params)
        number = _number(selection, request)
    except Refused as refused:
        return _shown(request, kind, None, problems=[fault.message for fault in refused.faults], back=params.get("filter"), status=400)  # fmt: skip
    form = WantedForm(kind, request.reader, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        asked = {"sent": form.sent, "changed_on": "", "back": params.get("filter", "")}
        return _previewed(request, selection, asked, form)
    return _shown(request, kind, selection, number=number, form=form, status=400 if form.errors else 200)


def _chosen(kind: Kind, params) -> Selection:
    if params.get("all"):
        return selection_of(kind, {"filter": params.get("filter", "")})
    return selection_of(kind, {"ids": params.getlist("id")})


def _number(selection: Selection, request) -> int:
    number = selection.rows(request.reader).order_by().count()
    if not number:
        raise Refused(_("No record is selected."))
    return number


def _previewed(request, selection: Selection, asked: dict, form=None, **more) -> HttpResponse:
    """The page with what this edit would do, or the job that works it out."""
    key = request.POST.get("key", "")[:64]  # of one look at the form: what is asked from there anew has its own
    by = Author.of(request, Change.Door.PAGE, key=key and f"{key}:{_digest(asked)}")
    try:
        found = preview_now_or_later(
            selection, asked["sent"], by=by, changed_on=asked["changed_on"], page=_typed(request)
        )
    except Refused as refused:
        problems = [_at_its_field(selection.kind, fault) for fault in refused.faults]
        return _shown(request, selection.kind, selection, form=form, problems=problems, status=400)
    if isinstance(found, Job):
        return redirect("job", found.id)
    return _to_decide(request, selection, found, asked, form=form, **more)


def _digest(asked: dict) -> str:
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _typed(request) -> str:
    """What was typed into the form, and the list that one came from, as a query."""
    typed = QueryDict(mutable=True)
    for name, values in request.POST.lists():
        if name == "filter" or name.startswith("set-"):
            typed.setlist(name, values)
    return typed.urlencode()


def _worked_out(request, kind: Kind, id: str, **more) -> HttpResponse:
    """The page with what a job worked out."""
    try:
        found = preview_to_decide(id, kind, request.reader)
    except Refused as refused:
        problems = [_at_its_field(kind, fault) for fault in refused.faults]
        return _shown(request, kind, None, problems=problems, status=400)
    if found is None:
        return _shown(request, kind, None, problems=[_too_old()], status=404)
    job, preview = found
    typed, asked = QueryDict(job.parameters["page"]), job.parameters
    return _to_decide(
        request,
        selection_of(kind, asked["selection"]),
        preview,
        {"sent": asked["sent"], "changed_on": asked["changed_on"], "back": typed.get("filter", ""), "preview": id},
        form=WantedForm(kind, request.reader, typed or None),
        **more,
    )


def _to_decide(request, selection: Selection, found: bulk.Preview, asked: dict, *, doing=None, **more) -> HttpResponse:
    asked |= {"selection": selection.said(), "as_seen": found.as_seen}
    doing = doing or DoingForm(initial={"key": uuid4().hex})
    doing.initial["asked"] = signing.dumps(asked, salt="bulk", compress=True)
    if doing.is_bound:
        doing.data = doing.data.copy()
        doing.data["asked"] = doing.initial["asked"]
    more |= {"preview": found, "doing": doing, "number": found.selected, "back": asked["back"]}
    return _shown(request, selection.kind, selection, **more)


def _too_old() -> str:
    return _("This preview is too old or incomplete. Select the records again.")


def _do(request, kind: Kind) -> HttpResponse:
    doing = DoingForm(request.POST)
    try:
        asked = signing.loads(request.POST["asked"], salt="bulk", max_age=DECIDED_WITHIN)
        selection = selection_of(kind, asked["selection"])
    except (signing.BadSignature, Refused):
        return _shown(request, kind, None, problems=[_too_old()], status=400)
    if not doing.is_valid():
        return _again(request, selection, asked, doing, 400)
    by = Author.of(request, Change.Door.PAGE, doing.cleaned_data["reason"], doing.cleaned_data["key"])
    only_possible = doing.cleaned_data["only_possible"]
    try:
        if found := preview_to_decide(asked.get("preview", ""), kind, request.reader):
            bulk.check(found[1], by, only_possible)
        done = edit_now_or_later(
            selection,
            asked["sent"],
            by=by,
            changed_on=asked.get("changed_on", ""),
            as_seen=asked["as_seen"],
            only_possible=only_possible,
        )
    except Refused as refused:
        for fault in refused.faults[:1] if isinstance(refused, bulk.CannotEdit) else refused.faults:
            doing.add_error(fault.field if fault.field in doing.fields else None, fault.message)
        return _again(request, selection, asked, doing, 409 if isinstance(refused, MovedOn) else 400)
    return _done(request, kind, done, asked["back"])


def _again(request, selection: Selection, asked: dict, doing: DoingForm, status: int) -> HttpResponse:
    """The preview with what is wrong: made anew where that takes no job."""
    if "preview" in asked:
        return _worked_out(request, selection.kind, asked["preview"], doing=doing, status=status)
    return _previewed(request, selection, asked, doing=doing, status=status)


def _done(request, kind: Kind, done: bulk.Edited | Job, back: str) -> HttpResponse:
    if isinstance(done, Job):
        return redirect("job", done.id)
    if done.change is None:
        messages.info(request, _("They all have these values already; nothing was changed."))
    else:
        said = bulk.edited_sentence(done.preview.changed) if done.preview else _("This was done already.")
        url = reverse("undo", args=[done.change])
        messages.success(request, format_html('{} <a href="{}">{}</a>', said, url, _("Undo")))
    return redirect(reverse("list", args=[kind.plural]) + (f"?{back}" if back else ""))


def _at_its_field(kind: Kind, fault) -> str:
    field = kind.all_fields.get(fault.field)
    return f"{field.label}: {fault.message}" if field else fault.message


def _shown(request, kind: Kind, selection: Selection | None, *, status: int = 200, back: str | None = "", **more):
    query = selection.filter if selection else ""
    context = {
        "kind": kind,
        "selection": selection,
        "ids": selection.ids or () if selection else (),
        "filter": request.POST.get("filter") or request.GET.get("filter") or back or query,
        "title": _("Bulk edit"),
        "key": uuid4().hex,
        "most": jobs.AT_ONCE,
        **more,
    }
    return render(request, "records/bulk.html", context, status=status)
