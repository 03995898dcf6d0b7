"""The pages on which officers write: a new record, and one that is there. The same commands as the API's."""

from collections import Counter
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from . import kept_forms
from .base import Change, Record
from .cells import BadCell
from .citing import CitingForm
from .commands import Author, Done
from .finding import find
from .kinds import Kind, Type, kind_of, kinds_by_plural
from .labels import labels_of
from .offered import offered
from .reading import reference
from .rules import require_can_edit
from .sheets import Sheet
from .steps import Retire

LAST_SOURCE = "last_source"


def new_page(request: HttpRequest, plural: str):
    """A record that is to be: `?program=nairl` fills in what is known already."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    require_can_edit(request.reader)
    kind = kind_of_address(plural)
    if kind.fixed:
        raise Http404  # such a record begins with its file
    sent = _sent(request)
    if sent is None:
        given = given_by_address(kind, request)
        sheet = Sheet.of_new(kind, given=given, reader=request.reader, last=_last(request))
    else:
        sheet = Sheet(kind, None, sent, reader=request.reader, last=_last(request))
    return _answer(request, sheet)


def edit_page(request: HttpRequest, plural: str, key: str):
    """A record that is there."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    if request.method != "POST" and (request.known_at or request.as_of):
        return redirect(request.path)  # what is written is the present
    kind = kind_of_address(plural)
    row = find(kind, key, request.reader, with_retired=request.reader.is_officer)
    require_can_edit(request.reader)
    sent = _sent(request)
    if sent is None:
        sheet = Sheet.of_record(kind, row, reader=request.reader, last=_last(request))
    else:
        sheet = Sheet(kind, row, sent, reader=request.reader, last=_last(request))
    return _answer(request, sheet)


def kind_of_address(plural: str) -> Kind:
    if plural not in kinds_by_plural():
        raise Http404
    return kinds_by_plural()[plural]


def _answer(request, sheet: Sheet):
    """Save, or draw the form: with one more row, with what is wrong, with what others did meanwhile."""
    if request.method != "POST":
        return _drawn(request, sheet)
    if "add" in request.POST:
        sheet.add_row(request.POST["add"])
        return _drawn(request, sheet)
    done = _save(request, sheet)
    return _saved(request, sheet, done) if done else _drawn(request, sheet)


def _save(request, sheet: Sheet) -> Done | None:
    sheet.change.check()
    by = Author.of(request, Change.Door.PAGE, sheet.change.why, sheet.key())
    return sheet.save(by)


def _saved(request, sheet: Sheet, done: Done):
    kept_forms.forget(request, sheet.typed.get(kept_forms.KEY, ""))
    _remember_source(request, sheet)
    id = done.ids[0] if done.ids and sheet.placed[0][1] is sheet.main else sheet.row.id
    label = labels_of({sheet.kind.name: {id}}, set(), request.reader)[id]
    history = reverse("history", args=[sheet.kind.plural, label.key])
    messages.success(request, format_html('{} <a href="{}">{}</a>', _said(sheet, done, label), history, _("History")))
    if "another" in request.POST:
        return redirect(request.get_full_path())
    back = request.POST.get("next", "")
    return redirect(back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else label.url)


def _said(sheet: Sheet, done: Done, label) -> str:
    """What was done, in a sentence."""
    if done.change is None:
        return _("Nothing was changed.")
    if sheet.row is None:
        return _("“%s” was entered.") % label
    fields = [str(sheet.kind.typed_fields[name].label) for name in sheet.main.changed]
    parts = [_("Saved: %s.") % ", ".join(fields)] if fields else [_("Saved.")]
    beneath = Counter(_what(step, form) for step, form in sheet.placed if form is not sheet.main)
    if n := beneath["written"]:
        parts.append(ngettext("%d row beneath it.", "%d rows beneath it.", n) % n)
    if n := beneath["retired"]:
        parts.append(ngettext("%d row retired.", "%d rows retired.", n) % n)
    if n := beneath["cited"]:
        parts.append(ngettext("%d citation.", "%d citations.", n) % n)
    return " ".join(parts)


def _what(step, form) -> str:
    return "cited" if isinstance(form, CitingForm) else "retired" if isinstance(step, Retire) else "written"


def _drawn(request, sheet: Sheet):
    is_refused = request.method == "POST" and "add" not in request.POST
    label = labels_of({sheet.kind.name: {sheet.row.id}}, set(), request.reader)[sheet.row.id] if sheet.row else None
    key = sheet.typed.get(kept_forms.KEY, "")
    context = {
        "sheet": sheet,
        "kind": sheet.kind,
        "label": label,
        "hidden": [
            (kept_forms.KEY, key),
            (kept_forms.OWNER, kept_forms.owner(request, key)),
            ("change-version", sheet.typed.get("change-version", "")),
            ("next", request.POST.get("next") or request.GET.get("next", "")),
        ],
        "is_kept": request.method != "POST" and kept_forms.take(request) is not None,
        "problems": sheet.problems() if is_refused else [],
        "offered": offered(sheet.kind),
        "back": label.url if label else reverse("list", args=[sheet.kind.plural]),
    }
    status = 409 if sheet.clashes else 400 if is_refused else 200
    return render(request, "records/edit.html", context, status=status)


def _sent(request) -> QueryDict | None:
    """What was typed: just now, or before somebody was logged out."""
    return request.POST.copy() if request.method == "POST" else kept_forms.take(request)


# ---- what is known before anybody types ----------------------------------------------------------------


def given_by_address(kind: Kind, request) -> dict:
    """Values by field that the address gives; what the record then also belongs to; at least as hidden as all that."""
    given, hidden = {}, 0
    for name, text in request.GET.items():
        declared = kind.typed_fields.get(name)
        if declared is None or not text:
            continue
        if declared.type not in (Type.REF, Type.RECORD):
            given[name] = text if declared.type in (Type.TEXT, Type.CHOICE) and name != "visibility" else None
            continue
        try:
            found = reference(declared, text, request.reader)
        except BadCell:
            continue
        given[name] = found.id
        hidden = max(hidden, found.visibility)
        _belongs_with(kind, found, given)
        _is_like(kind, name, found, given)
    return {name: value for name, value in given.items() if value is not None} | {"visibility": hidden}


def _belongs_with(kind: Kind, found, given: dict) -> None:
    """A project that is a part of another lies in the same program: what both kinds refer to is the same."""
    for ref in kind.refs:
        id = getattr(found, f"{ref.name}_id", None)
        if id and ref.name not in ("parent", *given) and ref.name in kind.typed_fields:
            given[ref.name] = id


def _is_like(kind: Kind, by: str, found, given: dict) -> None:
    """What a row entered beneath a record takes from it, as the record's kind declares: a split the currency of its envelope."""
    for related in () if isinstance(found, Record) else kind_of(type(found)).related:
        if (related.kind, related.by) == (kind.name, by):
            given |= {name: getattr(found, name) for name in related.alike if name not in given}


# ---- the source that was cited last --------------------------------------------------------------------


def _last(request):
    found = request.session.get(LAST_SOURCE)
    return UUID(found) if found else None


def _remember_source(request, sheet: Sheet) -> None:
    cited = [step.values["source"] for step, form in sheet.placed if isinstance(form, CitingForm)]
    if cited:
        request.session[LAST_SOURCE] = str(cited[-1])
