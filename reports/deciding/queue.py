"""The queue: what waits to be decided, asked for by program, institution, state, whose it is and whether one watches it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from labs.models import Institution
from people.models import User
from programs.models import Program
from records.lists import COUNTED_TO
from records.rights import Reader

from ..models import ProjectUpdate, Watch
from ..models.updates import WITH_OFFICERS, State

PAGE = 50
MOST_OPTIONS = 200
ME, NOBODY, SOMEBODY = "me", "nobody", "somebody"
ASSIGNED = {
    ME: pgettext_lazy("assigned to", "me"),
    NOBODY: pgettext_lazy("assigned to", "nobody"),
    SOMEBODY: pgettext_lazy("assigned to", "somebody"),
}
AGE, SIZE = "age", "size"
SORTS = {AGE: gettext_lazy("oldest first"), SIZE: gettext_lazy("most values first")}
NAMES = ("program", "institution", "state", "assigned", "watched")


class BadQuestion(ValueError):
    """Carries what is wrong with the address, a sentence each."""

    def __init__(self, problems: list[str]):
        self.problems = problems
        super().__init__("; ".join(problems))


@dataclass(frozen=True)
class Queue:
    """What was asked. `after`: the last row of the page before, as (what it is sorted by, id)."""

    reader: Reader
    program: UUID | None = None
    institution: UUID | None = None
    state: str = ""
    assigned: str = ""
    watched: str = ""
    sort: str = AGE
    after: tuple[object, UUID] | None = None

    @property
    def is_filtered(self) -> bool:
        return any(getattr(self, name) for name in NAMES)

    def rows(self) -> QuerySet:
        """All that is asked for, in no order."""
        rows = ProjectUpdate.objects.visible_to(self.reader).to_decide()
        if self.program:
            rows = rows.filter(project__program=self.program)
        if self.institution:
            rows = rows.filter(institution=self.institution)
        if self.state:
            rows = rows.filter(state=self.state)
        if self.assigned:
            whose = {ME: Q(assigned_to=self.reader.user_id), NOBODY: Q(assigned_to=None)}
            rows = rows.filter(whose.get(self.assigned, Q(assigned_to__isnull=False)))
        if self.watched:
            rows = rows.filter(Exists(watches_of(self.reader)))
        return rows

    def count(self) -> int:
        """At most one more than is counted."""
        return len(self.rows().values_list("id")[: COUNTED_TO + 1])

    def page(self, size: int = PAGE) -> tuple[list[ProjectUpdate], str]:
        """The rows of a page, and where the next one begins ("": nowhere)."""
        rows = self.rows().select_related("project", "institution", "assigned_to")
        rows = rows.annotate(is_watched=Exists(watches_of(self.reader)))
        found = list(self._in_order(rows)[: size + 1])
        return found[:size], self._place_of(found[size - 1]) if len(found) > size else ""

    def _in_order(self, rows: QuerySet) -> QuerySet:
        """Along an index, however far down the page lies."""
        if self.sort == SIZE:
            if self.after:
                n, id = self.after
                rows = rows.filter(values_proposed__lte=n).filter(Q(values_proposed__lt=n) | Q(id__gt=id))
            return rows.order_by("-values_proposed", "id")
        if self.after:
            at, id = self.after
            rows = rows.filter(submitted_at__gte=at).filter(Q(submitted_at__gt=at) | Q(id__gt=id))
        return rows.order_by("submitted_at", "id")

    def _place_of(self, row: ProjectUpdate) -> str:
        by = row.values_proposed if self.sort == SIZE else row.submitted_at.isoformat()
        return f"{by}_{row.id}"


def watches_of(reader: Reader) -> QuerySet:
    return Watch.objects.filter(update=OuterRef("pk"), user_id=reader.user_id)


def read(params: Mapping[str, str], reader: Reader) -> Queue:
    """The question that an address asks. Raises BadQuestion with all that is wrong with it."""
    problems: list[str] = []
    sort = _one_of("sort", params, SORTS, problems) or AGE
    queue = Queue(
        reader,
        program=_id("program", params, problems),
        institution=_id("institution", params, problems),
        state=_one_of("state", params, WITH_OFFICERS, problems),
        assigned=_one_of("assigned", params, ASSIGNED, problems),
        watched=_one_of("watched", params, ["yes"], problems),
        sort=sort,
        after=_after(params.get("after", ""), sort, problems),
    )
    if problems:
        raise BadQuestion(problems)
    return queue


def _id(name: str, params, problems: list[str]) -> UUID | None:
    text = params.get(name, "")
    try:
        return UUID(text) if text else None
    except ValueError:
        problems.append(_("“%(name)s” is to be an id; “%(text)s” is none.") % {"name": name, "text": text[:60]})
        return None


def _one_of(name: str, params, allowed, problems: list[str]) -> str:
    text = params.get(name, "")
    if text and text not in allowed:
        said = {"name": name, "text": text[:60], "all": ", ".join(map(str, allowed))}
        problems.append(_("“%(name)s” cannot be “%(text)s”; allowed: %(all)s.") % said)
    return text


def _after(text: str, sort: str, problems: list[str]) -> tuple[object, UUID] | None:
    by, _line, id = text.partition("_")
    try:
        if not text:
            return None
        when = int(by) if sort == SIZE else datetime.fromisoformat(by)
        if sort == AGE and timezone.is_naive(when):
            raise ValueError
        return when, UUID(id)
    except ValueError:
        problems.append(_("This page of the queue is not there. Begin from its beginning."))
        return None


# ---- what can be chosen ----------------------------------------------------------------------------------


def choices(queue: Queue) -> list[tuple[str, str, list[tuple[str, str, bool]]]]:
    """(parameter, label, options as (value, words, whether it is chosen)): of programs and institutions those that wait."""
    waiting = ProjectUpdate.objects.to_decide()
    programs = Program.objects.filter(id__in=waiting.values("project__program"))
    institutions = Institution.objects.filter(id__in=waiting.values("institution"))
    by_name = "name_ko", "name_en", "id"
    return [
        ("program", _("program"), _options(programs.order_by(*by_name), Program, queue.program)),
        ("institution", _("institution"), _options(institutions.order_by(*by_name), Institution, queue.institution)),
        ("state", _("state"), [(s.value, str(s.label), s == queue.state) for s in map(State, WITH_OFFICERS)]),
        ("assigned", _("assigned to"), [(name, str(words), name == queue.assigned) for name, words in ASSIGNED.items()]),
        ("watched", _("watched by me"), [("yes", _("only these"), bool(queue.watched))]),
        ("sort", _("order"), [(name, str(words), name == queue.sort) for name, words in SORTS.items()]),
    ]  # fmt: skip


def _options(rows: QuerySet, model, chosen: UUID | None) -> list[tuple[str, str, bool]]:
    found = list(rows[:MOST_OPTIONS])
    if chosen and chosen not in {row.id for row in found}:
        found += model.objects.filter(id=chosen)
    return [(str(row.id), str(row), row.id == chosen) for row in found]


def officers() -> QuerySet:
    """Who can be given an update to decide."""
    rows = User.objects.filter(role__in=[User.Role.OFFICER, User.Role.ADMINISTRATOR], is_active=True)
    return rows.order_by("name", "username")[:MOST_OPTIONS]
