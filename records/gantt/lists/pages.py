"""The pages of what is late, what ends soon and what lies between two days."""

from dataclasses import dataclass, replace

from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...dates import parse
from ...kinds import kinds
from ...moments import carried
from ...pages import refusal
from ...timelines import saying
from ...timelines.asking import entries, fresh
from ...timelines.questions import cursor_after
from .asked import PAGE, PARTS_OF_INPUTS, SPANS, Question, Which, read
from .counted import switch
from .rows import rows_of
from .ways import url


@never_cache
@require_safe
def late_page(request):
    """What was to be over by now, or to have begun, and is not: what is late for longest first."""
    return _page(request, Which.LATE)


@never_cache
@require_safe
def ending_page(request):
    """What comes to its end, or to its day, within so many days: the soonest first."""
    return _page(request, Which.ENDING)


@never_cache
@require_safe
def between_page(request):
    """What surely or perhaps touches the days between two."""
    return _page(request, Which.BETWEEN)


def _page(request, which: Which):
    if refused := refusal(request):
        return refused
    question, form, problems = read(which, request)
    if problems:
        return refusal(request, [problem.message for problem in problems])
    if not form.errors and set(PARTS_OF_INPUTS) & set(request.GET):  # as a form sends it: on to its own address
        return redirect(url(question))
    is_told = question.is_asked and not form.errors
    found = entries(request.reader, question.asked(), after=question.after, limit=PAGE + 1) if is_told else []
    shown = found[:PAGE]
    context = {
        "which": which.value,
        "question": question,
        "form": form,
        "is_told": is_told,
        "listed": rows_of(shown, question, request.reader),
        "first_day": question.first_day,
        "last_day": question.last_day,
        "switch": switch(request.reader, question) if is_told else None,
        "chips": chips(question),
        "spans": [(days, url(question, days=str(days)), days == question.days) for days in SPANS],
        "next_url": url(question, cursor=cursor_after(shown[-1], question.is_about_ends)) if len(found) > PAGE else "",
        "first_url": url(question) if question.after else "",
        "all_url": url(question, kind=None, program=None, institution=None, certainty=None),
        "quick": _quick(question),
        "file_url": url(question, name="timelines_file", which=which.value),
        "kept": _kept(question),
        "computed_at": None if request.known_at else fresh(),
    }  # fmt: skip
    return render(request, "timelines/list.html", context, status=400 if form.errors else 200)


# ---- addresses -----------------------------------------------------------------------------------------


TYPED = ("from", "to", "what", "program", "institution", "certainty")


def _kept(question: Question) -> list[tuple[str, str]]:
    """What the form keeps without showing it, the moment included."""
    asked = [(name, value) for name, value in question.params().items() if name not in TYPED]
    kept = [(name, one) for name, value in asked for one in (value if isinstance(value, list) else [value])]
    return [*kept, *carried().items()]


def _quick(question: Question) -> list[tuple[str, str]]:
    """Spans to begin with: (words, address)."""
    year, month = question.today.year, question.today.month
    quarter = (month - 1) // 3 * 3 + 1
    return [
        (words, url(replace(question, begins=parse(begins), ends=parse(ends))))
        for words, begins, ends in (
            (_("this month"), f"{year}-{month:02d}", f"{year}-{month:02d}"),
            (_("this quarter"), f"{year}-{quarter:02d}", f"{year}-{quarter + 2:02d}"),
            (_("this year"), f"{year}", f"{year}"),
            (_("next year"), f"{year + 1}", f"{year + 1}"),
        )
    ]


@dataclass(frozen=True)
class Chip:
    label: str
    value: str
    without: str


def chips(question: Question) -> list[Chip]:
    """What the list is narrowed to, each with the address of the list without it."""
    chosen = {"program": question.program, "institution": question.institution}
    found = [(name, str(kinds()[name].label_one), str(one)) for name, one in chosen.items() if one]
    if question.certainty:
        found.append(("certainty", _("certainty"), str(saying.WORDS[question.certainty])))
    return [Chip(label, value, url(question, **{name: None})) for name, label, value in found]
