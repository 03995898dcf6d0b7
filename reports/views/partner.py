"""The page on which an institution writes its report. What is typed is kept as it is typed, whatever is wrong with it."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from records import kept_forms
from records.commands import Author
from records.documents import ALLOWED, LARGEST, too_large
from records.models import Change
from records.refusals import Fault, Refused, Stale

from .. import commands
from ..commands.writing import MOST_FILES
from ..models import ProjectUpdate
from ..rules import require_can_write
from ..shown import as_proposal, shown
from ..titles import title_of
from ..writing.draft import Draft, content_of_page
from ..writing.meeting import clashes, united
from ..writing.returned import note_returned, word_of_officer
from ..writing.sections import BY_NAME, About
from ..writing.sheet import Sheet, empty_rows, problem_of, summary


@never_cache
def edit_page(request, id: UUID):
    """Write on a report: `do` says what is to be done with what was typed."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    if request.method != "POST" and (request.known_at or request.as_of):
        return redirect(request.path)  # what is written is the present
    update = own(request, id)
    if not update.is_with_partner:
        if request.POST.get("do") == "autosave":
            return _refused_stale(request, id, {}, "autosave")
        messages.info(request, _("This report is not with you now; here it is as it was submitted."))
        return redirect("update", update.id)
    if request.method != "POST":
        kept = kept_forms.take(request)
        return _drawn(
            request, update, content_of_page(kept) if kept is not None else update.content, is_kept=kept is not None
        )
    do, _colon, what = request.POST.get("do", "save").partition(":")
    if do == "submit" and "sure" in request.POST:
        return _submit(request, update)
    content = typed_content(request, update)
    if do == "add":
        return _drawn(request, update, content, more=[what] if what in BY_NAME else [])
    try:
        update = save(request, update, content)
    except Stale:
        return _refused_stale(request, id, content, do)
    except Refused as refused:
        return _refused(request, update, content, refused, do)
    if do == "autosave":
        return _said(update, checked(request, update))
    kept_forms.forget(request, request.POST.get(kept_forms.KEY, ""))
    if do == "check":
        return _drawn(request, update, update.content, is_asked=True)
    if do == "submit":
        return _before_submitting(request, update)
    messages.success(request, _("Saved as a draft."))
    return redirect("update_edit", update.id)


def own(request, id: UUID) -> ProjectUpdate:
    """The report, for those who may write it. Others are told that there is none; officers, that they do not."""
    rows = ProjectUpdate.objects.visible_to(request.reader).select_related("project", "institution")
    update = rows.filter(id=id).first()
    if update is None:
        raise Http404
    require_can_write(request.reader, update)
    return update


def author(request) -> Author:
    return Author.of(request, Change.Door.PAGE)


# ---- saving --------------------------------------------------------------------------------------------


def typed_content(request, update: ProjectUpdate) -> dict:
    """What the form holds; where somebody else had been quicker, with what was chosen of the two."""
    content = content_of_page(request.POST)
    chosen = {name: text for name, text in request.POST.items() if name.startswith("take-")}
    return united(content, update.content, chosen) if chosen else content


def save(request, update: ProjectUpdate, content: dict) -> ProjectUpdate:
    """Keep what differs from the registry. Raises Stale where a colleague saved meanwhile."""
    version = request.POST.get("version", "")
    if not version.isdecimal():
        raise Refused(_("The form is not whole. Load the page anew."))
    kept = Draft(About.of(update, request.reader), content).kept()
    try:
        return commands.save(update.id, kept, version=int(version[:9]), by=author(request))
    except Stale:
        now = own(request, update.id)
        if now.is_with_partner and now.content == kept:  # a second click, or both wrote the same
            return now
        raise


def checked(request, update: ProjectUpdate) -> Draft:
    draft = Draft(About.of(update, request.reader), update.content)
    draft.check()
    return draft


def _said(update: ProjectUpdate, draft: Draft, status=200, text=""):
    """What the script shows while somebody types: the line of state, and what is wrong at which input."""
    line = text or render_to_string("updates/saved.html", {"update": update, "summary": summary(draft)})
    faults = [problem_of(draft, fault) for fault in draft.faults]
    return JsonResponse({"version": update.version, "said": line, "faults": faults}, status=status)


def _refused(request, update: ProjectUpdate, content: dict, refused: Refused, do: str):
    if do == "autosave":
        return JsonResponse({"said": str(refused), "faults": []}, status=400)
    return _drawn(request, update, content, extra=refused.faults, is_asked=True, status=400)


def _refused_stale(request, id: UUID, content: dict, do: str):
    """Somebody of the same institution saved meanwhile, or the report went on: everything typed stays."""
    update = own(request, id)
    if do == "autosave":
        text = _("%s saved this report meanwhile. Save it yourself to see both.") % update.saved_by
        if not update.is_with_partner:
            text = _("Somebody of your institution submitted this report meanwhile; this is not saved any more.")
        return JsonResponse({"said": text, "faults": []}, status=409)
    if not update.is_with_partner:
        text = _(
            "Somebody of your institution went on with this report meanwhile: it is “%s”. What you typed was not saved."
        )
        messages.error(request, text % update.get_state_display())
        return redirect("update", update.id)
    return _drawn(request, update, content, is_stale=True, status=409)


# ---- submitting ----------------------------------------------------------------------------------------


def _before_submitting(request, update: ProjectUpdate):
    """What would be proposed, and what one should look at; or what has to be put right first."""
    draft = Draft(About.of(update, request.reader), update.content)
    proposed = draft.check()
    if draft.faults:
        return _drawn(request, update, update.content, is_asked=True, status=400)
    if not proposed:
        nothing = [Fault("", _("The report says nothing yet. Write what was done, or change a value."))]
        return _drawn(request, update, update.content, extra=nothing, is_asked=True, status=400)
    context = {
        "update": update,
        "title": title_of(update),
        "sections": shown(update, [as_proposal(one) for one in proposed], request.reader),
        "count": sum(len(one.values) for one in proposed),
        "warnings": draft.warnings,
    }
    return render(request, "updates/submit.html", context)


def _submit(request, update: ProjectUpdate):
    version = request.POST.get("version", "")
    try:
        done = commands.submit(update.id, version=int(version[:9]) if version.isdecimal() else 0, by=author(request))
    except Stale:
        if not own(request, update.id).is_with_partner:  # a second click
            return redirect("update", update.id)
        messages.error(request, _("The report was changed meanwhile. Look at it as it is now, then submit it."))
        return redirect("update_edit", update.id)
    except Refused as refused:
        return _drawn(request, update, update.content, extra=refused.faults, is_asked=True, status=400)
    said = ngettext("Submitted, with %d value.", "Submitted, with %d values.", done.values_proposed)
    messages.success(request, said % done.values_proposed)
    return redirect("update", update.id)


# ---- files ---------------------------------------------------------------------------------------------


@never_cache
@require_POST
def attach(request, id: UUID):
    """Files that go with the report; what was typed is saved with them."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    update = own(request, id)
    if stale := _saved_first(request, update):
        return stale
    sent, problems = 0, [too_large(name) for name in getattr(request, "left_out", [])]
    for file in request.FILES.getlist("files"):
        try:
            commands.attach(update.id, file, file.name, by=author(request))
            sent += 1
        except Refused as refused:
            problems += [fault.message for fault in refused.faults]
    if not sent and not problems:
        problems.append(_("Choose a file."))
    for problem in problems:
        messages.error(request, problem)
    if sent:
        messages.success(request, ngettext("%d file was added.", "%d files were added.", sent) % sent)
    return redirect(reverse("update_edit", args=[update.id]) + "#s-files")


@never_cache
@require_POST
def detach(request, id: UUID):
    """Leave a file out again."""
    if not request.reader.is_signed_in:
        return kept_forms.log_in_first(request)
    update = own(request, id)
    if stale := _saved_first(request, update):
        return stale
    try:
        commands.detach(update.id, UUID(request.POST.get("file", "")), by=author(request))
    except ValueError as wrong:
        if not isinstance(wrong, Refused):
            raise Http404 from None
        messages.error(request, str(wrong))
    else:
        messages.success(request, _("The file was left out."))
    return redirect(reverse("update_edit", args=[update.id]) + "#s-files")


def _saved_first(request, update: ProjectUpdate):
    """The form of the page comes along: keep it. What is to be answered where that cannot be done."""
    if "version" not in request.POST:
        return None
    content = typed_content(request, update)
    try:
        save(request, update, content)
    except Stale:
        return _refused_stale(request, update.id, content, "save")
    except Refused as refused:
        return _refused(request, update, content, refused, "save")
    return None


# ---- drawing -------------------------------------------------------------------------------------------


def _drawn(request, update, content, *, more=(), extra=(), is_asked=False, is_stale=False, is_kept=False, status=200):
    """The form with all that was typed. `is_asked`: somebody wants to know all that is wrong;
    else only what cannot be read is said, at its input."""
    about = About.of(update, request.reader)
    draft = Draft(about, content, blank=empty_rows(about, content, more))
    draft.check(by_records=is_asked)
    note_returned(draft)
    sheet = Sheet(draft)
    key = request.POST.get(kept_forms.KEY) or str(update.id)
    context = {
        "update": update,
        "title": title_of(update),
        "sheet": sheet,
        "summary": summary(draft) if is_asked else draft.said,
        "is_asked": is_asked,
        "problems": [{"at": "", "what": "", "message": fault.message} for fault in extra] + sheet.problems,
        "clashes": clashes(draft, update.content) if is_stale else [],
        "is_typed": (request.method == "POST" and not is_asked) or is_stale or is_kept,
        "is_kept": is_kept,
        "word": word_of_officer(update),
        "hidden": [
            (kept_forms.KEY, key),
            (kept_forms.OWNER, kept_forms.owner(request, key)),
            ("version", update.version),
        ],
        "accepted_types": ",".join(ALLOWED),
        "largest": LARGEST,
        "most_files": MOST_FILES,
    }
    return render(request, "updates/edit.html", context, status=status)
