"""The pages of bringing in a file: send it, say what its columns are, look at what it would change, take it over.

Each step is a form without JavaScript. What takes longer than one waits is a job, which leads back here.
"""

from uuid import uuid4

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from ..base import Change
from ..beside import number
from ..bulk import MovedOn, edited_sentence
from ..commands import Author
from ..documents import LARGEST, too_large
from ..jobs import Job
from ..kinds import Kind, kinds, kinds_by_plural
from ..refusals import Refused
from ..rules import require_can_edit
from . import imports, mapping, shown, told
from .models import SheetImport, SheetRow
from .planning import records_of
from .shown import FIRST, PAGE
from .work import plan_now_or_later, read_now_or_later, said_of, take_over_now_or_later

ACCEPTED = ".xlsx,.csv,.json,.tsv,.txt"


class DecideForm(forms.Form):
    use_required_attribute = False

    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    only_possible = forms.BooleanField(
        label=gettext_lazy("Take over only what is neither refused nor in conflict"), required=False
    )
    reason = forms.CharField(
        label=gettext_lazy("reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )


@login_required
def send_page(request: HttpRequest, plural: str) -> HttpResponse:
    """`<plural>/import/`: send a file with records of this kind."""
    kind = kinds_by_plural().get(plural)
    if kind is None:
        raise Http404
    require_can_edit(request.reader)
    if request.known_at:  # it is done today
        return redirect("import", plural)
    problems: list[str] = []
    if request.method == "POST":
        try:
            sheet = _sent(request, kind)
            return _go_on(sheet, read_now_or_later(sheet, by=_by(request)))
        except Refused as refused:
            problems = [fault.message for fault in refused.faults]
    context = {
        "kind": kind, "title": _("Bring in a file"), "problems": problems, "largest": LARGEST, "limits": told.limits(),
        "accepted": ACCEPTED, "key": uuid4().hex,
    }  # fmt: skip
    return render(request, "records/sheet_send.html", context, status=400 if problems else 200)


def _sent(request, kind: Kind) -> SheetImport:
    file = request.FILES.get("file")
    if file is None:
        names = getattr(request, "left_out", [])
        raise Refused(too_large(names[0]) if names else _("Choose a file."))
    return imports.send(file, file.name, kind, _by(request))


def _by(request, reason: str = "") -> Author:
    return Author.of(request, Change.Door.IMPORT, reason, request.POST.get("key", "")[:64])


def _go_on(sheet: SheetImport, done) -> HttpResponse:
    return redirect("job", done.id) if isinstance(done, Job) else redirect("sheet_import", sheet.id)


@login_required
@never_cache
def import_page(request: HttpRequest, id) -> HttpResponse:
    """`imports/<id>/`: whatever comes next for this file."""
    sheet = imports.find(id, request.reader)
    act = request.POST.get("act", "") if request.method == "POST" else ""
    if act in ACTS:
        try:
            return ACTS[act](request, sheet)
        except Refused as refused:
            sheet.refresh_from_db()
            is_column = any(fault.field.startswith("column") for fault in refused.faults)
            problems = [_at_its_column(sheet, fault) if is_column else fault.message for fault in refused.faults]
            status = 409 if isinstance(refused, MovedOn) else 400
            return _shown(request, sheet, problems=problems, status=status, has_moved=status == 409)
    return _shown(request, sheet)


def _at_its_column(sheet: SheetImport, fault) -> str:
    n = fault.field.removeprefix("column-")
    return f"{sheet.headers[int(n)]}: {fault.message}" if n.isdigit() else fault.message


# ---- acts ------------------------------------------------------------------------------------------------


def _columns(request, sheet: SheetImport):
    chosen = {str(n): request.POST.get(f"column-{n}", "") for n in range(len(sheet.headers))}
    imports.choose_columns(sheet, chosen)
    return _go_on(sheet, plan_now_or_later(sheet, by=_by(request)))


def _other_sheet(request, sheet: SheetImport):
    return _go_on(sheet, read_now_or_later(sheet, by=_by(request), name=request.POST.get("sheet", "")))


def _header_row(request, sheet: SheetImport):
    imports.move_headers(sheet, number(request.POST.get("header_row")))
    return redirect(reverse("sheet_import", args=[sheet.id]) + "?columns=1")


def _plan(request, sheet: SheetImport):
    return _go_on(sheet, plan_now_or_later(sheet, by=_by(request)))


def _choose(request, sheet: SheetImport):
    """`choose-<row>-<field>`; the buttons for all conflicts say `rest`."""
    chosen: dict[int, dict[str, str]] = {}
    for name, whose in request.POST.items():
        _word, _dash, place = name.partition("choose-")
        row, _dash, field = place.partition("-")
        if place and row.isdigit() and whose:
            chosen.setdefault(int(row), {})[field] = whose
    left = imports.choose(sheet, chosen, request.POST.get("rest", ""))
    if not left:
        messages.success(request, _("All conflicts are decided."))
    query = f"?{request.POST['back']}" if request.POST.get("back") and left else ""
    return redirect(reverse("sheet_import", args=[sheet.id]) + query)


def _take(request, sheet: SheetImport):
    form = DecideForm(request.POST)
    if not form.is_valid():
        return _shown(request, sheet, form=form, status=400)
    try:
        done = take_over_now_or_later(
            sheet, by=_by(request, form.cleaned_data["reason"]), only_possible=form.cleaned_data["only_possible"]
        )
    except MovedOn:
        raise
    except Refused as refused:
        for fault in refused.faults:
            form.add_error(fault.field if fault.field in form.fields else None, fault.message)
        sheet.refresh_from_db()
        return _shown(request, sheet, form=form, status=400)
    if isinstance(done, Job):
        return redirect("job", done.id)
    sheet.refresh_from_db()
    if sheet.change_id is None:
        return redirect("sheet_import", sheet.id)
    url = reverse("undo", args=[sheet.change_id])
    said = edited_sentence(imports.going(sheet))
    messages.success(request, format_html('{} <a href="{}">{}</a>', said, url, _("Undo")))
    return redirect("change", sheet.change_id)


ACTS = {
    "columns": _columns, "sheet": _other_sheet, "header_row": _header_row, "plan": _plan, "choose": _choose, "take": _take,
}  # fmt: skip


# ---- how it is shown -----------------------------------------------------------------------------------------


def _shown(request, sheet: SheetImport, *, status: int = 200, form=None, **more) -> HttpResponse:
    kind = kinds()[sheet.kind]
    context = {"sheet": sheet, "kind": kind, "title": sheet.file_name, "key": uuid4().hex, **more}
    if sheet.state == SheetImport.State.SENT:
        return render(request, "records/sheet_sent.html", context, status=status)
    context |= {"said": said_of(sheet), "columns": shown.columns(sheet)}
    is_open = sheet.state in (SheetImport.State.READ, SheetImport.State.PLANNED)
    if is_open and (sheet.state == SheetImport.State.READ or "columns" in request.GET):
        chosen = request.POST if request.POST.get("act") == "columns" else None
        context |= {"choices": _choices(kind, context["columns"], chosen)}
        return render(request, "records/sheet_columns.html", context, status=status)
    context |= _rows(request, sheet) | {
        "left_out": shown.left_out(sheet),
        "form": form or DecideForm(initial={"key": uuid4().hex}),
        "going": imports.going(sheet),
        "left": sum(sheet.counts.get(state, 0) for state in imports.OPEN),
        "conflicts": sheet.counts.get("conflict", 0),
    }
    return render(request, "records/sheet_plan.html", context, status=status)


def _choices(kind: Kind, columns, chosen) -> list[tuple]:
    """Per column of the file: it, and what it may be, the chosen one marked."""
    words = sorted(mapping.choosable(kind).items(), key=lambda item: item[0] not in ("id", "version"))
    return [
        (column, [(name, label, name == (chosen.get(f"column-{column.number}") if chosen else column.chosen)) for name, label in words])
        for column in columns
    ]  # fmt: skip


def _rows(request, sheet: SheetImport) -> dict:
    """One page of the rows of one state, and how many there are of each."""
    states = [state for state in FIRST if sheet.counts.get(state)]
    only = request.GET.get("only", "")
    only = only if only in SheetRow.State.values else (states[0] if states else "")
    after = number(request.GET.get("after"))
    rows = list(records_of(sheet).filter(state=only, number__gt=after).order_by("number")[: PAGE + 1])
    return {
        "only": only,
        "states": [(state, SheetRow.State(state).label, sheet.counts.get(state, 0)) for state in SheetRow.State.values],
        "rows": shown.shown(sheet, rows[:PAGE], request.reader),
        "next_after": rows[PAGE - 1].number if len(rows) > PAGE else None,
        "after": after,
    }
