"""The pages on which a record is retired and brought back: what will happen is said before it does."""

from collections import defaultdict
from uuid import uuid4

from django import forms
from django.contrib import messages
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import commands, jobs, kept_forms
from .base import Change, Record
from .beneath import parts_below
from .commands import Author, Restore, Retire
from .editing import kind_of_address
from .finding import find
from .jobs import Job
from .kinds import Kind, kinds
from .labels import labels_of
from .refusals import Refused, Stale
from .retire_jobs import number_below, retire_now_or_later
from .rules import require_can_edit


class RetiringForm(forms.Form):
    use_required_attribute = False

    with_parts = forms.BooleanField(label=gettext_lazy("Retire all of these with it"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, kind: Kind, below: dict, **more):
        super().__init__(**more)
        if not below:
            del self.fields["with_parts"]
        if kind.asks_reason:
            self.fields["reason"].widget.attrs["aria-required"] = "true"

    def fault(self, name: str, message: str) -> None:
        self.add_error(name if name in self.fields else None, message)


def retire_page(request: HttpRequest, plural: str, key: str):
    return _page(request, plural, key, is_restoring=False)


def restore_page(request: HttpRequest, plural: str, key: str):
    return _page(request, plural, key, is_restoring=True)


def _page(request, plural: str, key: str, *, is_restoring: bool):
    """What lies under the record and which figures it is in; then the question."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    if request.method != "POST" and (request.known_at or request.as_of):
        return redirect(request.path)  # it is done today
    kind = kind_of_address(plural)
    row = find(kind, key, request.reader, with_retired=request.reader.is_officer)
    require_can_edit(request.reader)
    below = {} if is_restoring else parts_below({row.id}, most=jobs.AT_ONCE)
    form = RetiringForm(kind, below, data=request.POST or None, initial={"version": row.version, "key": uuid4().hex})
    if request.method == "POST" and form.is_valid() and (done := _done(request, kind, row, form, is_restoring)):
        return redirect("job", done.id) if isinstance(done, Job) else _after(request, kind, row, is_restoring)
    label = labels_of({kind.name: {row.id}}, set(), request.reader)[row.id]
    context = {
        "kind": kind,
        "label": label,
        "form": form,
        "is_restoring": is_restoring,
        "below": [(kinds()[name], len(ids)) for name, ids in below.items()],
        "most": jobs.AT_ONCE if number_below(below) > jobs.AT_ONCE else None,
        "figures_of": _figures_of(kind, row, request.reader),
    }
    return render(request, "records/retire.html", context, status=400 if form.errors else 200)


def _done(request, kind: Kind, row, form: RetiringForm, is_restoring: bool) -> commands.Done | Job | None:
    """None where the form says why it was not done."""
    said = form.cleaned_data
    with_parts = "with_parts" in request.POST  # also when nothing is left under it: a second click asks for the same
    key = f"{said['key']}:{said['version']}:{with_parts}"
    by = Author.of(request, Change.Door.PAGE, said["reason"], key)
    try:
        if is_restoring:
            return commands.apply([Restore(kind, row.id, said["version"])], by=by)
        return retire_now_or_later(Retire(kind, row.id, said["version"], with_parts), by=by)
    except Refused as refused:
        for fault in refused.faults:
            form.fault(fault.field, fault.message)
    except Stale as stale:
        form.data = form.data.copy()
        form.data["version"] = str(stale.moved[0].row.version)
        form.fault("", _("Somebody changed the record meanwhile. Look at it again before you go on."))
    return None


def _after(request, kind: Kind, row, is_restoring: bool):
    label = labels_of({kind.name: {row.id}}, set(), request.reader)[row.id]
    said = _("“%s” is back.") if is_restoring else _("“%s” was retired.")
    history = reverse("history", args=[kind.plural, label.key])
    messages.success(request, format_html('{} <a href="{}">{}</a>', said % label, history, _("History")))
    return redirect(label.url)


def _figures_of(kind: Kind, row, reader) -> list:
    """Labels of the records whose totals and timelines count this one."""
    ids = {getattr(row, f"{name}_id", None) for name in kind.owners}
    ids |= set(Record.objects.filter(id=row.id).values_list("within", flat=True))
    return sorted(labels_of(defaultdict(set), ids - {None, row.id}, reader).values(), key=str)
