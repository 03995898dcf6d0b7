"""The doors for somebody who types: suggestions, how a date or an amount is read, and what the keys do.

Each answers a script with JSON; suggestions and keys are also pages for a browser without one.
"""

from collections.abc import Sequence
from uuid import UUID

from django.http import Http404, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from . import amounts, dates
from .asking import Problem, limit_of, not_a_value, not_allowed, unknown_parameters
from .form_fields import read_date
from .kinds import Kind, kinds
from .pages import refusal
from .suggesting import LIMIT, MOST, Suggestion, suggest


@require_safe
def suggest_page(request):
    """Records that may be meant by `q`, of the kinds `kind`: JSON where that is accepted first, else a page."""
    wants_json = request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    problems = []
    asked = read_question(request.GET, problems)
    if problems or request.moment_problems:
        messages = [problem.message for problem in problems]
        if wants_json:
            return JsonResponse({"problems": messages}, status=400)
        return refusal(request, messages)
    found = suggest(**asked, reader=request.reader)
    if wants_json:
        return JsonResponse({"results": [as_json(one) for one in found], "said": how_many(found)})
    context = {"found": found, "q": asked["text"], "kinds": asked["kinds"], "said": how_many(found)}
    return render(request, "records/suggest.html", context)


@require_safe
def read_page(request, what: str):
    """How `text` is read as a date or as an amount of `currency`."""
    text = request.GET.get("text", "")
    try:
        match what:
            case "date":
                read = read_date(text)
            case "amount":
                currency = request.GET.get("currency", "KRW")[:3].upper()
                read = amounts.said(amounts.read_amount(text, currency), currency)
            case _:
                raise Http404
    except (dates.BadDate, amounts.BadAmount) as bad:
        return JsonResponse({"read": "", "problem": str(bad)})
    return JsonResponse({"read": read, "problem": ""})


@require_safe
def keys_page(request):
    return render(request, "records/keys.html")


# ---- the question and its answer -----------------------------------------------------------------------

TAKES = ("q", "kind", "within", "limit", "lang", "format")


def read_question(params, problems: list[Problem]) -> dict:
    """What `suggest` takes, from an address; what is wrong goes to `problems`."""
    problems += unknown_parameters(params, TAKES)
    return {
        "text": params.get("q", ""),
        "kinds": _kinds(params.getlist("kind"), problems),
        "within": _within(params.get("within", ""), problems),
        "limit": limit_of(params.get("limit", ""), problems, usual=LIMIT, most=MOST),
    }


def _kinds(names: Sequence[str], problems: list[Problem]) -> list[Kind]:
    """The kinds of these names; those of the menu where none is named."""
    names = [name for text in names for name in text.split(",") if name]
    unknown = [name for name in names if name not in kinds()]
    if unknown:
        problems.append(Problem("kind", not_allowed("kind", ", ".join(unknown), kinds())))
        return []
    return [kinds()[name] for name in dict.fromkeys(names)] or [kind for kind in kinds().values() if kind.in_menu]


def _within(text: str, problems: list[Problem]) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        problems.append(Problem("within", not_a_value("within", text)))


def as_json(one: Suggestion) -> dict:
    label = one.label
    return {
        "id": str(label.id),
        "kind": label.kind,
        "label": str(label),
        "label_ko": label.ko,
        "label_en": label.en,
        "other": one.other,
        "word": one.word,
        "apart": one.apart,
        "reached": one.reached,
        "is_exact": one.is_exact,
        "url": label.url,
    }


def how_many(found: Sequence[Suggestion]) -> str:
    """What a screen reader says of the list."""
    if not found:
        return _("Nothing was found.")
    return ngettext("%d record was found.", "%d records were found.", len(found)) % len(found)
