"""The page of what moved, and the same as a part of the timeline of a record."""

from datetime import datetime

from django.shortcuts import redirect, render
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from ...kinds import Kind, kinds
from ...labels import Label
from ...lists import Count
from ...moments import address, carried
from ...pages import refusal
from ...slips.asking import FIRST, PLAN, USUAL, Asked, Slip, listed, slips
from ...slips.question import cursor_of, kinds_that_slip
from ..lists.counted import Option, Switch
from ..lists.pages import Chip
from .asked import ALSO, NARROWED, PAGE, PARTS_OF_INPUTS, SPANS, Question, days_ago, read
from .rows import rows_of

PART = 5  # rows of the part
LARGE = (
    "program",
    "institution",
)  # of these the part tells their own dates, and the list all that stands on their timelines


@never_cache
@require_safe
def moved_page(request):
    """Dates that slipped, the largest slip first: by how much, when, by whose change and why."""
    if refused := refusal(request):
        return refused
    question, form, problems = read(request)
    if problems:
        return refusal(request, [problem.message for problem in problems])
    if not form.errors and PARTS_OF_INPUTS & set(request.GET):  # as a form sends it: on to its own address
        return redirect(url(question))
    found, numbers = _listed(request.reader, question) if not form.errors else ([], {})
    context = {
        "question": question,
        "form": form,
        "is_told": not form.errors,
        "rows": rows_of(found[:PAGE], request.reader, request.known_at),
        "is_cut": any(slip.is_cut for slip in found),
        "is_then": isinstance(question.against, datetime),
        "is_plan": question.against == PLAN,
        "switch": _switch(question, numbers) if not form.errors else None,
        "sides": _sides(question),
        "spans": [(days, url(question, since=days_ago(days)), _is_since(question, days)) for days in SPANS],
        "ever_url": url(question, since=None),
        "chips": _chips(question),
        "next_url": url(question, cursor=cursor_of(found[PAGE - 1].place)) if len(found) > PAGE else "",
        "first_url": url(question) if question.after else "",
        "all_url": url(Question(known_at=question.known_at)),
        "file_url": url(question, name="timelines_moved_file"),
        "kept": _kept(question),
    }
    return render(request, "timelines/moved.html", context, status=400 if form.errors else 200)


def _listed(reader, question: Question) -> tuple[list[Slip], dict[str, int]]:
    """One page of the list, and how many there are of each kind that is asked for or that somebody acts on."""
    counted = tuple(dict.fromkeys((*USUAL, *question.kinds)))
    of_kinds = question.kinds or USUAL
    return listed(reader, question.asked(counted), of_kinds, after=question.after, limit=PAGE + 1)


def part_of(kind: Kind, label: Label, reader, known_at: datetime | None) -> dict:
    """For the page with the timeline of a record: what slipped most, and where all of it is listed."""
    if kind.name in LARGE:
        asked = Asked(record=label.id, kinds=(kind.name,), known_at=known_at)
    else:
        asked = Asked(owners=(label.id,), kinds=tuple(dict.fromkeys((*USUAL, kind.name))), known_at=known_at)
    found = slips(reader, asked, limit=PART + 1)
    leads = kind.name in (*NARROWED, *ALSO)
    return {
        "rows": rows_of(found[:PART], reader, known_at),
        "is_cut": len(found) > PART,
        "url": address("timelines_moved", **{kind.name: label.key}) if leads else "",
    }


# ---- addresses -----------------------------------------------------------------------------------------


def url(question: Question, name: str = "timelines_moved", **other) -> str:
    """The address of this question at the moment that is looked at, with `other` parameters instead of its own."""
    base, asked = address(name), urlencode(question.params(**other), doseq=True)
    return f"{base}{'&' if '?' in base else '?'}{asked}" if asked else base


def _kept(question: Question) -> list[tuple[str, str]]:
    """What the form keeps without showing it, the moment included."""
    typed = (*NARROWED, "against", "since")
    asked = [(name, value) for name, value in question.params().items() if name not in typed]
    kept = [(name, one) for name, value in asked for one in (value if isinstance(value, list) else [value])]
    return [*kept, *carried().items()]


def _sides(question: Question) -> list[tuple[str, str, bool]]:
    """What dates are compared with: (words, address, whether it is that)."""
    each = ((FIRST, _("against the first plan")), (PLAN, _("what came true, against the plan as it is")))
    return [
        (words, url(question, against=name if name != FIRST else None), question.against == name)
        for name, words in each
    ]


def _is_since(question: Question, days: int) -> bool:
    return bool(question.since) and question.since.text == days_ago(days)


def _chips(question: Question) -> list[Chip]:
    """What the list is narrowed to, each with the address of the list without it."""
    return [
        Chip(str(kinds()[name].label_one), str(label), url(question, **{name: None})) for name, label in question.of
    ]


def _switch(question: Question, numbers: dict[str, int]) -> Switch:
    """How many dates of each kind slipped; those besides what somebody acts on have numbers once they are asked for."""

    def option(name: str) -> Option:
        count = Count(numbers.get(name, 0), False) if name in (*USUAL, *question.kinds) else ""
        return Option(str(kinds()[name].label_many), count, _toggled(question, name), name in question.kinds)

    usual = [name for name in kinds_that_slip() if name in USUAL and (numbers.get(name) or name in question.kinds)]
    others = [name for name in kinds_that_slip() if name not in USUAL]
    whole = Count(sum(numbers.get(name, 0) for name in USUAL), False)
    chosen = Count(sum(numbers.get(name, 0) for name in question.kinds), False) if question.kinds else whole
    return Switch(
        chosen, Option(_("all"), whole, url(question, kind=None), not question.kinds),
        tuple(map(option, usual)), tuple(map(option, others)),
    )  # fmt: skip


def _toggled(question: Question, name: str) -> str:
    is_on = name in question.kinds
    return url(question, kind=[one for one in question.kinds if one != name] if is_on else [name])
