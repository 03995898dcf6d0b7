"""The truth desk: where sources differ, with the statements side by side, and the page on which an officer decides."""

from collections import defaultdict
from dataclasses import dataclass, replace

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest
from django.shortcuts import redirect, render
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import kept_forms, lists
from .asking import lookups_of, not_allowed
from .base import Change
from .cases import Case, case_of, cases
from .commands import Author
from .deciding import decide, reopen
from .deciding_forms import DecidingForm, ReopeningForm, decision_of
from .declared import DISAGREEMENT
from .finding import find
from .kinds import kinds
from .listing import chips
from .models import Disagreement
from .moments import address
from .pages import refusal
from .questions import SAYING, sourced_fields
from .refusals import Refused, Stale
from .rules import can_edit, require_can_edit

PAGE = 20


@require_safe
def truth_page(request: HttpRequest):
    """Disagreements by weight, the open ones unless others are asked for."""
    if refused := refusal(request):
        return refused
    asked = request.GET.copy()
    if "state" not in asked:
        asked["state"] = Disagreement.State.OPEN
    try:
        query = lists.read(DISAGREEMENT, asked, request.reader, as_of=request.as_of)
        query = replace(query, limit=query.limit if "limit" in request.GET else PAGE)
        page = query.page()
    except lists.BadQuery as bad:
        return render(request, "400.html", {"problems": [problem.message for problem in bad.problems]}, status=400)
    context = {
        "weights": weights(request.reader),
        "kinds": Disagreement.Kind.choices,
        "cases": cases(page.rows, request.reader),
        "query": query,
        "count": query.count() if not query.cursor else None,
        "counted_to": lists.COUNTED_TO,
        "next_cursor": page.next_cursor,
        "chips": chips(replace(query, asked=tuple(one for one in query.asked if one.name != "state")), request.GET),
        "states": [(value, words, value == asked["state"]) for value, words in Disagreement.State.choices],
        "may_edit": can_edit(request.reader) and not request.known_at,
    }
    return render(request, "records/truth.html", context)


@dataclass(frozen=True)
class Weight:
    """How many disagreements of one weight are open, by kind."""

    value: str
    words: str
    counts: tuple[tuple[int, str], ...]  # (how many, where they are) in the order of the kinds
    total: int
    url: str


def weights(reader) -> list[Weight]:
    """The open disagreements by weight and kind, of what the reader may see."""
    rows = Disagreement.objects.visible_to(reader).filter(state=Disagreement.State.OPEN)
    numbers: dict = defaultdict(int)
    for severity, kind, n in rows.order_by().values_list("severity", "kind").annotate(n=Count("id")):
        numbers[severity, kind] = n
    return [
        Weight(
            value,
            str(words),
            tuple(
                (numbers[value, kind], address("truth", severity=value, kind=kind)) for kind in Disagreement.Kind.values
            ),
            sum(numbers[value, kind] for kind in Disagreement.Kind.values),
            address("truth", severity=value),
        )
        for value, words in Disagreement.Severity.choices
    ]


@require_safe
def unsourced_page(request: HttpRequest):
    """For each field of a kind: the way to the records whose value no source states, and to those without a value."""
    if refused := refusal(request):
        return refused
    offered = [kind for kind in kinds().values() if kind.name not in SAYING]
    name = request.GET.get("kind", "")
    kind = kinds().get(name)
    if name and kind not in offered:
        return refusal(request, [not_allowed("kind", name, [one.name for one in offered])])
    rows = [
        (
            kind.all_fields[field].label,
            address("list", kind.plural, unsourced=field),
            address("list", kind.plural, **{f"{field}__isnull": "true"})
            if "isnull" in lookups_of(kind.all_fields[field])
            else "",
        )
        for field in (sourced_fields(kind) if kind else ())
    ]
    return render(request, "records/unsourced.html", {"kinds": offered, "kind": kind, "rows": rows})


def case_page(request: HttpRequest, key: str):
    """One disagreement: what is said, what the registry holds, what would be written; then the decision, or its reopening."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    if request.method != "POST" and (request.known_at or request.as_of):
        return redirect(request.path)  # it is decided today
    row = find(DISAGREEMENT, key, request.reader)
    require_can_edit(request.reader)
    case = case_of(row, request.reader)
    is_reopening = "reopen" in request.POST or (request.method != "POST" and not case.is_open)
    sent = request.POST if request.method == "POST" else None
    form = ReopeningForm.of(row, sent) if is_reopening else DecidingForm.of(case, sent)
    if form.is_bound and form.is_valid() and _done(request, row, case, form, is_reopening):
        return _after(request, row, is_reopening)
    context = {
        "case": case,
        "form": form,
        "is_reopening": is_reopening,
        "chosen": form["adopted"].value() if not is_reopening else "",
    }
    return render(request, "records/case.html", context, status=_status(form))


def _done(request, row: Disagreement, case: Case, form, is_reopening: bool) -> bool:
    """False where the form says why it was not done."""
    said = form.cleaned_data
    by = Author.of(request, Change.Door.PAGE, said.get("reason", ""), f"{said['key']}:{said['version']}")
    try:
        if is_reopening:
            reopen(row, version=said["version"], by=by)
        else:
            decide(row, decision_of(said, case, request.reader), version=said["version"], by=by)
        return True
    except Refused as refused:
        for fault in refused.faults:
            form.fault(fault.field, fault.message)
    except Stale as stale:
        form.status = 409
        form.data = form.data.copy()
        for one in stale.moved:
            name = "version" if one.id == row.id else "record_version"
            form.data[name] = str(one.row.version)
            form.fault(
                "",
                _moved(one.row)
                if one.id == row.id
                else _("Somebody changed the record meanwhile. Look at what it holds now before you go on."),
            )
    return False


def _status(form) -> int:
    return getattr(form, "status", 400) if form.errors else 200


def _moved(now: Disagreement) -> str:
    """What the loser of two decisions is told."""
    if now.state == Disagreement.State.DECIDED:
        return _("%(who)s decided on it meanwhile: %(what)s. Nothing of yours was kept.") % {
            "who": now.decided_by or "–",
            "what": now.adopted or "–",
        }
    return _("Somebody changed the disagreement meanwhile. Look at it again before you go on.")


def _after(request, row: Disagreement, is_reopening: bool):
    said = _("It is open again.") if is_reopening else _("It is decided.")
    change = Disagreement.objects.values_list("change_id", flat=True).get(id=row.id)
    messages.success(
        request, format_html('{} <a href="{}">{}</a>', said, address("change", change), _("What was changed"))
    )
    if is_reopening:
        return redirect("case", row.id)
    return redirect("record", DISAGREEMENT.plural, row.id)


def disagreement_page(page) -> dict:
    """What the page of a disagreement has besides: its statements side by side."""
    return {"case": case_of(page.row, page.reader), "sections": ["parts/case.html"]}
