"""The list of reports, and beginning one."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import ValidationError
from django.db.models import Case, F, Value, When
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from labs.models import Institution
from programs.models import Project
from records.commands import Author
from records.dates import BadDate
from records.form_fields import RecordField, Typed
from records.kinds import kind_of
from records.lists import COUNTED_TO
from records.models import Change
from records.refusals import Fault, Refused

from .. import commands, listing
from ..models import ProjectUpdate
from ..models.updates import State
from ..rules import can_decide, projects_of
from ..writing.periods import Period, typed, usual

MOST_OFFERED = 100  # projects in one list; of more one is looked for


@never_cache
@login_required
@require_safe
def updates_page(request):
    """The reports of the reader's institutions (of all for officers): those to write first. `?project=` narrows."""
    reader = request.reader
    rows = ProjectUpdate.objects.visible_to(reader).select_related("project", "institution", "assigned_to")
    project = _project(request, request.GET.get("project", ""))
    if project:
        rows = rows.filter(project=project)
    try:
        after = listing.read_place(request.GET.get("after", ""))
    except ValueError:
        problem = _("This page of the list is not there. Begin from its beginning.")
        return render(request, "400.html", {"problems": [problem]}, status=400)
    parts, following = listing.page_of(rows, after)
    context = {
        "parts": parts,
        "count": listing.count_of(rows),
        "counted_to": COUNTED_TO,
        "following": following,
        "after": after,
        "project": project,
        "is_partner": bool(reader.institutions),
        "is_officer": can_decide(reader),
    }
    return render(request, "updates/list.html", context)


def _project(request, key: str) -> Project | None:
    """By slug or id, of those that the reader may see."""
    if not key:
        return None
    rows = Project.objects.visible_to(request.reader)
    try:
        return rows.filter(id=UUID(key)).first()
    except ValueError:
        return rows.filter(slug=key).first()


# ---- beginning one -------------------------------------------------------------------------------------


@dataclass
class Choice:
    """What is to be chosen before a report can begin, with what was chosen so far and what is wrong with it."""

    request: object
    project: Project | None = None
    institution: str = ""
    starts_on: str = ""
    ends_on: str = ""
    faults: list[Fault] = field(default_factory=list)

    def __post_init__(self):
        self.may = projects_of(self.request.reader)
        rows = Project.objects.visible_to(self.request.reader).filter(id__in=self.may)
        order = (Case(When(status="running", then=Value(0)), default=Value(1)), F("title_ko"), F("id"))
        self.projects = list(rows.order_by(*order)[: MOST_OFFERED + 1])
        self.periods = usual(timezone.localdate())
        self.finder = RecordField(kinds=[kind_of(Project)], reader=self.request.reader, required=False)

    @property
    def is_long(self) -> bool:
        return len(self.projects) > MOST_OFFERED

    @property
    def found(self) -> str:
        """The input by which one of very many projects is looked for."""
        title = str(self.project or self.request.POST.get("project", ""))
        chosen = Typed(title, str(self.project.id) if self.project else "", title)
        return self.finder.widget.render("project", chosen, {"id": "id_project"})

    def institutions(self) -> list[Institution]:
        """Those to choose from, where there are several."""
        ids = self.may.get(self.project.id, set()) if self.project else set().union(*self.may.values())
        return list(Institution.objects.filter(id__in=ids).order_by("name_ko", "id")) if len(ids) > 1 else []

    def fault(self, name: str, message: str) -> None:
        self.faults.append(Fault(name, message))

    def problems(self) -> list[dict]:
        names = {
            "project": _("project"),
            "institution": _("institution"),
            "period_starts_on": _("from"),
            "period_ends_on": _("to"),
        }
        return [{"at": f"id_{f.field}", "what": names.get(f.field, ""), "message": f.message} for f in self.faults]

    # -- what was chosen ---------------------------------------------------------------------------------

    def take(self, sent) -> None:
        self.institution = sent.get("institution", "")
        self.starts_on, self.ends_on = sent.get("period_starts_on", ""), sent.get("period_ends_on", "")
        if "/" in sent.get("period", ""):
            self.starts_on, _slash, self.ends_on = sent["period"].partition("/")
        self.project = _project(self.request, sent.get("project", "")) or self._looked_for(sent)
        if self.project is None and not self.faults:
            self.fault("project", _("Choose the project on which you report."))

    def _looked_for(self, sent) -> Project | None:
        """By its name, where there are too many to choose from a list."""
        parts = (sent.get(f"project{end}", "").strip() for end in ("", "_id", "_said"))
        try:
            id = self.finder.clean(Typed(*parts)) if self.is_long else None
        except ValidationError as wrong:
            self.fault("project", wrong.messages[0])
            return None
        return _project(self.request, str(id)) if id else None

    def its_institution(self) -> Institution | None:
        """The one that reports; where only one may, nobody has to choose."""
        ids = self.may.get(self.project.id, set())
        if not ids:
            self.fault("project", _("Only an institution that takes part in the project reports on it."))
            return None
        found = [
            one for one in Institution.objects.filter(id__in=ids) if self.institution in ("", str(one.id), one.slug)
        ]
        if len(found) != 1:
            self.fault("institution", _("Choose the institution that reports."))
            return None
        return found[0]

    def its_period(self) -> Period | None:
        for name in ("starts_on", "ends_on"):
            try:
                period = typed(*(getattr(self, name) for _n in range(2)))
            except BadDate as bad:
                self.fault(f"period_{name}", str(bad))
            else:
                if date.min in (period.starts_on, period.ends_on) or date.max in (period.starts_on, period.ends_on):
                    self.fault(f"period_{name}", _("Give one day."))
        return None if self.faults else typed(self.starts_on, self.ends_on)


@never_cache
@login_required
def begin_page(request):
    """Choose a project, an institution and a period; where there is a report of them already, that one opens."""
    choice = Choice(request)
    if request.method != "POST":
        choice.project = _project(request, request.GET.get("project", ""))
        if choice.project is None and len(choice.projects) == 1:
            choice.project = choice.projects[0]
        return render(request, "updates/begin.html", {"choice": choice})
    choice.take(request.POST)
    institution = choice.its_institution() if choice.project else None
    period = choice.its_period()
    if choice.faults:
        return render(request, "updates/begin.html", {"choice": choice}, status=400)
    there = _there(request, choice.project, institution, period)
    if there:
        messages.info(request, _("There is a report for this period already; here it is."))
        return redirect("update_edit" if there.is_with_partner else "update", there.id)
    by = Author.of(request, Change.Door.PAGE)
    try:
        update = commands.begin(choice.project, institution, period.starts_on, period.ends_on, by=by)
    except Refused as refused:
        if there := _there(request, choice.project, institution, period):  # a second click
            return redirect("update_edit", there.id)
        choice.faults += refused.faults
        return render(request, "updates/begin.html", {"choice": choice}, status=400)
    return redirect("update_edit", update.id)


def _there(request, project: Project, institution: Institution, period: Period) -> ProjectUpdate | None:
    rows = ProjectUpdate.objects.visible_to(request.reader).exclude(state=State.WITHDRAWN)
    return rows.filter(
        project=project,
        institution=institution,
        period_starts_on=period.starts_on,
        period_ends_on=period.ends_on,
    ).first()
