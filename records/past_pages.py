"""Pages of the history: of a record, of one change, of all changes. Each is one function, read top to bottom."""

from dataclasses import dataclass

from django.http import Http404
from django.shortcuts import render
from django.views.decorators.http import require_safe

from .asking import BadQuery
from .changes import counts, find_change, history_of, latest, touched, undoing
from .finding import find_ever, label_ever
from .kinds import Kind, kinds, kinds_by_plural
from .models import Change, Record
from .past_asking import OF_CHANGE, OF_CHANGES, OF_RECORD, fields_to_ask, place, read_asked
from .showing import text_in_two
from .versions import Entry, read


@dataclass(frozen=True)
class Told:
    """What one change did, to a run of records that follow one another on a page."""

    change: Change
    entries: tuple[Entry, ...]

    @property
    def at(self):
        return self.entries[0].key.at


@require_safe
def history_page(request, plural: str, key: str):
    """Every version of a record, and of what belongs to it: what changed, who, when, why, through which door."""
    kind = kinds_by_plural().get(plural)
    row = find_ever(kind, key, request.reader) if kind else None
    if row is None:
        raise Http404
    asked, refused = _asked(request, OF_RECORD, kind)
    if refused:
        return refused
    try:
        keys, last = history_of(kind, row.id, request.reader, asked)
    except BadQuery as bad:
        return render(request, "400.html", {"problems": [problem.message for problem in bad.problems]}, status=400)
    label = label_ever(kind, row.id, request.reader)
    context = {
        "kind": kind,
        "label": label,
        "record": Record.objects.get(id=row.id),
        "title": text_in_two(label.ko, label.en),
        "told": told(read(keys, request.reader)),
        "older": place(OF_RECORD, last.at, last.id, last.number) if last else "",
        "asked": asked,
        "fields": fields_to_ask(kind, request.reader),
        "doors": Change.Door.choices,
    }
    return render(request, "records/history.html", context)


@require_safe
def changes_page(request):
    """The changes of which the reader may see something, newest first, and how much each touched."""
    asked, refused = _asked(request, OF_CHANGES)
    if refused:
        return refused
    found, last = latest(request.reader, asked)
    numbers = counts([change.pk for change in found], request.reader)
    context = {
        "changes": [(change, numbers.get(change.pk, [])) for change in found],
        "older": place(OF_CHANGES, last.at, 0, last.pk) if last else "",
        "asked": asked,
        "doors": Change.Door.choices,
        "kinds": list(kinds().values()),
    }
    return render(request, "records/changes.html", context)


@require_safe
def change_page(request, id: int):
    """Everything that one change touched, kind by kind, with the differences."""
    asked, refused = _asked(request, OF_CHANGE)
    if refused:
        return refused
    change = find_change(id, request.reader)
    if change is None:
        raise Http404
    numbers = counts([change.pk], request.reader)[change.pk]
    keys, last = touched(change, request.reader, asked, numbers)
    undoes, undone_by = undoing(change, request.reader)
    context = {
        "change": change,
        "counts": numbers,
        "groups": by_kind(read(keys, request.reader)),
        "next": place(OF_CHANGE, last.kind, last.id, last.number) if last else "",
        "asked": asked,
        "undoes": undoes,
        "undone_by": undone_by,
    }
    return render(request, "records/change.html", context)


def _asked(request, takes: tuple[str, ...], kind: Kind | None = None):
    """(what is asked, None), or (None, the page that says everything wrong with it)."""
    problems = list(request.moment_problems.values())
    try:
        asked = read_asked(request.GET, takes, request.reader, kind=kind, known_at=request.known_at)
    except BadQuery as bad:
        problems += [problem.message for problem in bad.problems]
    if problems:
        return None, render(request, "400.html", {"problems": problems}, status=400)
    return asked, None


def told(entries: list[Entry]) -> list[Told]:
    """Entries of one change that follow one another, together."""
    runs: list[list[Entry]] = []
    for entry in entries:
        if runs and runs[-1][0].change == entry.change:
            runs[-1].append(entry)
        else:
            runs.append([entry])
    return [Told(run[0].change, tuple(run)) for run in runs]


def by_kind(entries: list[Entry]) -> list[tuple[Kind, list[Entry]]]:
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.kind.name, []).append(entry)
    return [(kinds()[name], group) for name, group in groups.items()]
