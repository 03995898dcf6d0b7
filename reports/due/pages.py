"""The page of what is due: who has not reported, since when or until when, and the form by which a due day is put off."""

import uuid
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from records.asking import Wrong
from records.base import Change
from records.commands import Author
from records.kinds import kinds
from records.lists import COUNTED_TO
from records.moments import address
from records.pages import refusal
from records.refusals import NotAllowed, Refused
from records.showing import Cell, text_in_two
from records.templatetags.registry import when

from ..models import Extension, ReportDue
from ..models.updates import REPORTED, WITH_PARTNER, State
from ..telling import ways
from . import asking as due_asking
from .extending import can_extend, extend
from .words import days_words

PAGE = 50
SOON = (7, 30, 90)


@dataclass(frozen=True)
class Row:
    """One thing that is due, as the page shows it."""

    due: ReportDue
    project: Cell
    project_url: str
    institution: Cell
    obligation: Cell
    obligation_url: str
    standing: str  # in words
    chip: str
    update_words: str
    update_url: str
    is_reported: bool
    is_begun: bool
    may_begin: bool  # a period that lies ahead is not reported yet


def row_of(due: ReportDue, today) -> Row:
    left = due.days_left(today)
    is_reported = due.update_state in REPORTED
    standing = _("reported") if is_reported else days_words(left)
    chip = "running" if is_reported else "cancelled" if left < 0 else "suspended" if left <= 7 else "planned"
    return Row(
        due,
        text_in_two(due.project.title_ko, due.project.title_en),
        address("record", "projects", due.project.slug),
        text_in_two(due.institution.name_ko, due.institution.name_en),
        text_in_two(due.obligation.title_ko, due.obligation.title_en),
        address("record", kinds()["obligation"].plural, due.obligation_id),
        standing,
        chip,
        str(State(due.update_state).label) if due.update_state else "",
        ways.update_url(due.update_id) if due.update_id else "",
        is_reported,
        due.update_state in WITH_PARTNER,
        due.period_starts_on <= today,
    )


@never_cache
@login_required
@require_safe
def dues_page(request: HttpRequest):
    """Everything that the reader has to report, or officers wait for; what is open first, the most pressing on top."""
    if refused := refusal(request):
        return refused
    query, problems = due_asking.read(request.GET.dict(), request.reader, usual=PAGE)
    if problems:
        return refusal(request, [problem.message for problem in problems])
    rows, next_cursor = query.page()
    today = timezone.localdate()
    context = {
        "rows": [row_of(row, today) for row in rows],
        "query": query,
        "count": query.count() if not query.after else None,
        "counted_to": COUNTED_TO,
        "next_cursor": next_cursor,
        "standings": [(value, words, value == query.standing) for value, words in due_asking.Standing.choices],
        "days": [
            (n, n == query.within) for n in sorted({*SOON, *([query.within] if query.within is not None else [])})
        ],
        "is_narrowed": bool(query.asked or query.within is not None),
        "may_extend": can_extend(request.reader),
        "begin_url": ways.begin_url() if request.reader.institutions else "",
    }
    return render(request, "reports/dues.html", context)


class ExtendingForm(forms.Form):
    use_required_attribute = False

    until = forms.CharField(label=gettext_lazy("New due day"), max_length=32)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=2000, widget=forms.Textarea({"rows": 3}))


@never_cache
@login_required
def extend_page(request: HttpRequest, id: uuid.UUID):
    """Officers put a due day off. What was granted before stands beneath."""
    due = get_object_or_404(ReportDue.objects.visible_to(request.reader).for_list(), id=id)
    if not can_extend(request.reader):
        raise NotAllowed(_("Only officers put off a due day. Ask the office in charge."))
    form = ExtendingForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (granted := _granted(request, due, form)):
        messages.success(request, _("The report is due on %s now.") % when(granted.until))
        return redirect(ways.dues_url(program=due.program.slug))
    context = {
        "row": row_of(due, timezone.localdate()),
        "form": form,
        "granted": extensions_of(due),
    }
    return render(request, "reports/extend.html", context, status=400 if form.errors else 200)


def _granted(request, due: ReportDue, form: ExtendingForm) -> Extension | None:
    """None where the form says why not."""
    try:
        until = due_asking.read_day(form.cleaned_data["until"])
        return extend(due, until=until, reason=form.cleaned_data["reason"], by=Author.of(request, Change.Door.PAGE))
    except Wrong as wrong:
        form.add_error("until", str(wrong))
    except Refused as refused:
        for fault in refused.faults:
            form.add_error(fault.field or None, fault.message)
    return None


def extensions_of(due: ReportDue) -> list[Extension]:
    """What was granted for it, the latest first."""
    same = {"obligation": due.obligation_id, "project": due.project_id, "institution": due.institution_id}
    of_period = {"milestone": due.milestone_id} if due.milestone_id else {"period_starts_on": due.period_starts_on}
    return list(Extension.objects.filter(**same, **of_period).order_by("-id"))


def find_due(key: str, reader) -> ReportDue:
    """What is due under this id, with its report. Raises Http404."""
    try:
        return ReportDue.objects.visible_to(reader).for_list().get(id=uuid.UUID(key))
    except (ValueError, ReportDue.DoesNotExist):
        raise Http404 from None
