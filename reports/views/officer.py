"""The officer's pages: the queue of what waits, and deciding value by value on the page of an update."""

from functools import wraps
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from records.base import Change
from records.commands import Author
from records.lists import COUNTED_TO
from records.refusals import Refused, Stale

from .. import commands
from ..deciding import queue
from ..deciding.review import DO, answers_of
from ..models import ProjectUpdate
from ..models.updates import State
from ..rules import can_decide
from ..titles import period_words
from .decision import part_of_officer, refusal
from .update import context_of, found


def for_officers(view):
    """For anybody else who is signed in there is no such page."""

    @login_required
    @wraps(view)
    def seen(request, *args, **kwargs):
        if not can_decide(request.reader):
            raise Http404
        return view(request, *args, **kwargs)

    return seen


# ---- the queue -------------------------------------------------------------------------------------------


@for_officers
def queue_page(request):
    """What waits to be decided, the oldest first; those that are ticked can be given to somebody."""
    if request.method == "POST":
        return _assign_many(request)
    if request.known_at or request.as_of:
        return redirect(request.path)  # it is decided today
    try:
        asked = queue.read(request.GET, request.reader)
    except queue.BadQuestion as bad:
        return render(request, "400.html", {"problems": bad.problems}, status=400)
    rows, following = asked.page()
    context = {
        "queue": asked,
        "lines": [(row, period_words(row.period_starts_on, row.period_ends_on), waiting(row)) for row in rows],
        "count": asked.count() if not asked.after else None,
        "counted_to": COUNTED_TO,
        "following": following,
        "choices": queue.choices(asked),
        "officers": queue.officers(),
        "me": request.user,
    }
    return render(request, "updates/queue.html", context)


def waiting(update: ProjectUpdate) -> str:
    """How long it has waited, in words."""
    days = (timezone.localdate() - timezone.localdate(update.submitted_at)).days
    return ngettext("%d day", "%d days", days) % days if days else _("since today")


def _assign_many(request):
    chosen = [text.partition(":") for text in request.POST.getlist("update")]
    ids = {id: _number(version) for id, _colon, version in chosen}
    to, by = _number(request.POST.get("to", "")), Author.of(request, Change.Door.PAGE)
    done, problems = 0, []
    for update in ProjectUpdate.objects.visible_to(request.reader).filter(id__in=_uuids(ids)):
        try:
            commands.assign(update.id, to, version=ids[str(update.id)], by=by)
            done += 1
        except (Refused, Stale) as refused:
            problems.append(refusal(refused, found(request, update.id)))
    if done:
        messages.success(request, ngettext("%d report is assigned.", "%d reports are assigned.", done) % done)
    elif not problems:
        problems.append(_("Tick the reports first."))
    for problem in dict.fromkeys(problems):
        messages.error(request, problem)
    return redirect(_back(request) or "queue")


# ---- what officers do with one ---------------------------------------------------------------------------


@for_officers
@require_POST
def take_page(request, id):
    return _act(request, id, commands.take, _("You decide on this report now."))


@for_officers
@require_POST
def put_back_page(request, id):
    return _act(request, id, commands.put_back, _("It is back in the queue, for anybody to take."))


@for_officers
@require_POST
def assign_page(request, id):
    to = _number(request.POST.get("to", ""))
    return _act(request, id, commands.assign, _("It is assigned."), to)


@for_officers
@require_POST
def reopen_page(request, id):
    """A refusal draws the page with the reason as it was typed."""
    reason, by = request.POST.get("reason", ""), Author.of(request, Change.Door.PAGE)
    try:
        commands.reopen(id, reason, version=_version(request), by=by)
    except (Refused, Stale) as refused:
        problem = refusal(refused, found(request, id))
        return _page(request, id, _status(refused), reason=reason, reason_problem=problem)
    messages.success(request, _("The report is open again for the institution."))
    return redirect("update", id)


@for_officers
@require_POST
def decide_page(request, id):
    """Decides, or draws the page anew with what was chosen: its effect, all of a section accepted, or what is wrong."""
    if request.POST.get(DO) != "decide":
        return _page(request, id) if found(request, id).is_with_officers else redirect("update", id)
    by, text = Author.of(request, Change.Door.PAGE), request.POST.get("text", "")
    try:
        update = commands.decide(id, answers_of(request.POST), version=_version(request), by=by, text=text)
    except (Refused, Stale) as refused:
        return _page(request, id, _status(refused), refused)
    messages.success(request, _("It is decided: %s.") % State(update.state).label)
    return redirect("update", id)


def _act(request, id, command, said: str, *more):
    """One press of a button: what it did, or why not, stands on the page one came from."""
    try:
        command(id, *more, version=_version(request), by=Author.of(request, Change.Door.PAGE))
        messages.success(request, said)
    except (Refused, Stale) as refused:
        messages.error(request, refusal(refused, found(request, id)))
    return redirect(_back(request) or redirect("update", id).url)


# ---- small things ------------------------------------------------------------------------------------------


def _page(request, id, status: int = 200, refused: Refused | Stale | None = None, **said):
    """The page of the update with what was sent to decide it, or `said` of another form."""
    update = found(request, id)
    part = part_of_officer(request, update, None if said else request.POST, refused)
    part["decision"] = part.get("decision", {}) | said
    return render(request, "updates/update.html", context_of(request, update) | part, status=status)


def _status(refused: Refused | Stale) -> int:
    return 409 if isinstance(refused, Stale) else 400


def _version(request) -> int:
    return _number(request.POST.get("version", "")) or 0


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _uuids(texts) -> list[UUID]:
    found = []
    for text in texts:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _back(request) -> str:
    """Where one came from, if it is a page of ours."""
    way = request.POST.get("next", "")
    return way if way and url_has_allowed_host_and_scheme(way, allowed_hosts=None) else ""
