"""The page on which two records are merged: which other one, what that would do, then doing it. Works without JavaScript."""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import jobs, kept_forms
from .base import Change
from .commands import Author
from .duplicates import like
from .editing import kind_of_address
from .finding import find
from .form_fields import RecordField
from .jobs import Job
from .kinds import Kind
from .labels import labels_of
from .merge_jobs import merge_now_or_later
from .merging import CannotMerge, Merge, MergePlan, can_be_merged, plan
from .refusals import Refused, Stale
from .rules import require_can_edit


class OtherForm(forms.Form):
    """Which other record is meant."""

    use_required_attribute = False

    def __init__(self, kind: Kind, reader, data=None):
        super().__init__(data)
        label = gettext_lazy("The record that is there twice")
        self.fields["other"] = RecordField(kinds=[kind], reader=reader, label=label, required=True)


class MergeForm(forms.Form):
    """`versions` are those that were looked at. The choice per field is read by the page: `take`, once for each."""

    use_required_attribute = False

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    versions = forms.RegexField(r"\d{1,9} \d{1,9}", widget=forms.HiddenInput)
    reason = forms.CharField(
        label=gettext_lazy("reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )


def merge_page(request: HttpRequest, plural: str, key: str) -> HttpResponse:
    """`?other=<id>`: the record of this address is kept; the other one is merged into it."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    if request.method != "POST" and (request.known_at or request.as_of):
        return redirect(request.path)  # it is done today
    kind = kind_of_address(plural)
    row = find(kind, key, request.reader)
    require_can_edit(request.reader)
    context = {"kind": kind, "label": labels_of({kind.name: {row.id}}, set(), request.reader)[row.id]}
    if not can_be_merged(kind):
        return render(request, "records/merge.html", context, status=400)
    params = request.POST if request.method == "POST" else request.GET
    chosen = OtherForm(kind, request.reader, params if "other" in params else None)
    if not chosen.is_bound or not chosen.is_valid():
        return _ask(request, context, chosen)
    other = find(kind, str(chosen.cleaned_data["other"]), request.reader)
    merge = Merge(kind, row.id, row.version, other.id, other.version, _take(params))
    form = MergeForm(request.POST or None, initial={"key": uuid4().hex, "versions": f"{row.version} {other.version}"})
    if form.is_bound and form.is_valid() and (done := _done(request, merge, form)):
        return done
    try:
        found = plan(merge, request.reader)
    except Refused as refused:
        for fault in refused.faults:
            chosen.add_error("other" if fault.field == "other" else None, fault.message)
        return _ask(request, context, chosen)
    return _shown(request, context, merge, form, found)


def _ask(request, context: dict, chosen: OtherForm) -> HttpResponse:
    status = 400 if chosen.errors else 200
    context["likely"] = like(context["kind"], context["label"].id, request.reader)
    return render(request, "records/merge.html", context | {"chosen": chosen, "can": True}, status=status)


def _shown(request, context: dict, merge: Merge, form: MergeForm, found: MergePlan) -> HttpResponse:
    here = reverse("merge", args=[merge.kind.plural, str(merge.other)]) + f"?other={merge.keep}"
    more = {"can": True, "plan": found, "form": form, "other": merge.other, "the_other_way": here, "most": jobs.AT_ONCE}
    return render(request, "records/merge.html", context | more, status=400 if form.errors else 200)


def _take(params) -> frozenset[str] | None:
    """The fields in which the other is right; None on the first look, where nobody has chosen."""
    asked = params.getlist("field")
    return frozenset(name for name in asked if params.get(f"take-{name}") == "other") if asked else None


def _done(request, merge: Merge, form: MergeForm) -> HttpResponse | None:
    """Where to go when it is done; None where the form says why it is not."""
    by = Author.of(request, Change.Door.PAGE, form.cleaned_data["reason"], form.cleaned_data["key"])
    keep_version, other_version = map(int, form.cleaned_data["versions"].split())
    take = merge.take if merge.take is not None else frozenset()
    asked = Merge(merge.kind, merge.keep, keep_version, merge.other, other_version, take)
    try:
        done = merge_now_or_later(asked, by=by)
    except CannotMerge:
        form.add_error(None, _("Nothing was merged; below it is said why."))
    except Refused as refused:
        for fault in refused.faults:
            form.add_error(fault.field if fault.field in form.fields else None, fault.message)
    except Stale:
        form.data = form.data.copy()
        form.data["versions"] = f"{merge.keep_version} {merge.other_version}"
        form.add_error(None, _("Somebody changed one of the two meanwhile. Look at them again before you go on."))
    else:
        return _after(request, merge, done)
    return None


def _after(request, merge: Merge, done) -> HttpResponse:
    if isinstance(done, Job):
        return redirect("job", done.id)
    label = labels_of({merge.kind.name: {merge.keep}}, set(), request.reader)[merge.keep]
    if done.change:
        undo = reverse("undo", args=[done.change])
        text = _("The two are one now: “%s”.") % label
        messages.success(request, format_html('{} <a href="{}">{}</a>', text, undo, _("Undo")))
    return redirect(label.url)
