"""The pages of saved views: those that one has, saving what a list shows, renaming, sharing, deleting."""

from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from .base import Change
from .commands import Author
from .kinds import Kind, kinds, kinds_by_plural
from .refusals import Refused, Stale
from .saved import SavedView, Sharing
from .saving import change_view, delete_view, save_view


class ViewForm(forms.Form):
    use_required_attribute = False

    name = forms.CharField(label=gettext_lazy("name"), required=False, max_length=200)
    sharing = forms.ChoiceField(label=gettext_lazy("who may open it"), choices=Sharing)
    query = forms.CharField(widget=forms.HiddenInput, required=False)
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def refuse(self, refused: Refused) -> None:
        for fault in refused.faults:
            self.add_error(fault.field if fault.field in ("name", "sharing") else None, fault.message)


@require_safe
@login_required
def views_page(request):
    """One's own views, and those that others share, by list."""
    views = list(SavedView.objects.offered_to(request.reader))
    by_kind = [(kind, [view for view in views if view.kind == kind.name]) for kind in kinds().values()]
    of_kinds = [(kind, [(view, view.is_of(request.reader)) for view in these]) for kind, these in by_kind if these]
    return render(request, "records/views.html", {"of_kinds": of_kinds})


@login_required
@require_POST
def save_page(request, plural: str):
    """What the list shows, under a name."""
    kind = _kind(plural)
    form = ViewForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        try:
            view = save_view(kind, said["name"], said["query"], said["sharing"], by=_author(request))
            messages.success(request, _("The view “%s” is saved.") % view.name)
            return redirect(address_of(view))
        except Refused as refused:
            form.refuse(refused)
    return _form(request, kind, form)


@login_required
def view_page(request, id: UUID):
    """Its name and who may open it; with a `query` its question too, as the list showed it."""
    view = SavedView.objects.own(request.reader).filter(id=id).first()
    if view is None:
        raise Http404
    kind = kinds()[view.kind]
    now = {"name": view.name, "sharing": view.sharing, "version": view.version}
    form = ViewForm(request.POST or None, initial=now)
    if request.method != "POST" or not form.is_valid():
        return _form(request, kind, form, view)
    values = {name: form.cleaned_data[name] for name in ("name", "sharing")}
    if form.cleaned_data["query"]:
        values["query"] = form.cleaned_data["query"]
    try:
        view = change_view(view.id, values, version=form.cleaned_data["version"] or 0, by=_author(request))
    except Refused as refused:
        form.refuse(refused)
    except Stale as stale:
        moved = stale.moved[0].row
        form.data = form.data.copy()
        form.data["version"] = moved.version
        return _form(request, kind, form, moved, moved=moved)
    else:
        messages.success(request, _("The view “%s” is changed.") % view.name)
        return redirect(address_of(view))
    return _form(request, kind, form, view)


@login_required
@require_POST
def delete_page(request, id: UUID):
    try:
        view = SavedView.objects.own(request.reader).filter(id=id).first()
        version = request.POST.get("version", "")
        delete_view(id, version=int(version) if version.isdecimal() else 0, by=_author(request))
    except Stale as stale:
        moved = stale.moved[0].row
        now = {"name": moved.name, "sharing": moved.sharing, "version": moved.version}
        return _form(request, kinds()[moved.kind], ViewForm(initial=now), moved, moved=moved)
    messages.success(request, _("The view “%s” is deleted.") % view.name)
    return redirect("list", kinds()[view.kind].plural)


def _form(
    request, kind: Kind, form: ViewForm, view: SavedView | None = None, moved: SavedView | None = None
) -> HttpResponse:
    context = {"kind": kind, "form": form, "view": view, "moved": moved, "key": uuid4().hex}
    return render(request, "records/view.html", context, status=409 if moved else 200)


def address_of(view: SavedView) -> str:
    """Where a view is opened."""
    return f"{reverse('list', args=[kinds()[view.kind].plural])}?view={view.id}"


def _author(request) -> Author:
    return Author.of(request, Change.Door.PAGE)


def _kind(plural: str) -> Kind:
    try:
        return kinds_by_plural()[plural]
    except KeyError:
        raise Http404 from None
