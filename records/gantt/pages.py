"""The pages with a large timeline: of a record of any kind, and of everything. One view and one template for all.

A *provider* gets a `Question` and answers a `Provided`: the lanes. A kind that has one of its own is named in `PROVIDERS`;
on the timeline of any other record stands what belongs to it, in groups (`owned.py`).
"""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from ..finding import find
from ..kinds import Kind, kinds_by_plural
from ..labels import label_of, labels_for
from ..pages import gone_page, refusal
from ..showing import text_in_two
from . import owned
from .groups import may_own
from .moved import pages as moved
from .question import Provided, Question, read_question
from .shown import shown

# by the name of the kind: dotted path of a function (kind, row, label, Question) -> Provided
PROVIDERS = {"program": "records.gantt.tree.program_timeline"}


@require_safe
def timeline_page(request, plural: str, key: str):
    """Everything dated about one record, drawn; with its table, and the ways to other days and to what is folded."""
    kind = kinds_by_plural().get(plural)
    if kind is None or not may_own(kind):
        raise Http404
    question, problems = read_question(request)
    if refused := refusal(request, problems):
        return refused
    try:
        row = find(kind, key, request.reader)
    except Http404:
        return gone_page(request, kind, key)
    if kind.has_slug and key != row.slug:
        query = f"?{request.GET.urlencode()}" if request.GET else ""
        return redirect(reverse("timeline_record", args=[plural, row.slug]) + query)
    labels = labels_for(kind, [row], request.reader)
    label = label_of(kind, row, labels)
    title = text_in_two(label.ko, label.en)
    context = {"kind": kind, "label": label, "title": title, "crumbs": _crumbs(kind, row, labels)}
    context["moved"] = moved.part_of(kind, label, request.reader, request.known_at)
    provide = import_string(PROVIDERS[kind.name]) if kind.name in PROVIDERS else owned.of_record
    return _page(request, question, provide(kind, row, label, question), context)


@require_safe
def timelines_page(request):
    """What stands on the timeline of everything: programs, and what happens within the days that are drawn."""
    question, problems = read_question(request)
    if refused := refusal(request, problems):
        return refused
    return _page(request, question, owned.of_everything(question), {"title": {"text": _("Everything")}})


def _page(request, question: Question, provided: Provided, context: dict):
    gantt = shown(request, provided.lanes, provided.span, provided.usual)
    context |= {"gantt": gantt, "provided": provided, "question": question}
    return render(request, "gantt/page.html", context)


def _crumbs(kind: Kind, row, labels) -> list:
    """What the record lies in."""
    names = [name for name in ("program", "parent", "institution") if name in kind.fields]
    return [label for name in names if (label := labels.get(getattr(row, f"{name}_id")))]
