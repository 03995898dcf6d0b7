"""What an update can propose, section by section: which rows it has, which fields they take, and the steps that accepting makes of them.

A section of records is a declaration; the narrative, money and files have rows of their own (rows.py) and their own steps.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from labs.kinds import AFFILIATION
from labs.models import Affiliation
from people.kinds import RESEARCHER
from programs.kinds import EVENT, EXCHANGE, HEADCOUNT, MILESTONE, OUTPUT, PHASE, ROLE
from programs.models import Milestone, Output, Phase, Role
from programs.models.undertaking import Status
from records.dates import parse
from records.declared import CITATION, DOCUMENT
from records.kinds import Field, Kind, Type
from records.rights import Reader, Visibility
from records.steps import Create, Edit, Step, new_id

from ..models import Attachment, ProjectUpdate
from .ledger import LABELS
from .rows import Proposed

MOST_ROWS = 50  # that are there already and stand in a section
NARRATIVE = {
    "narrative_ko": gettext_lazy("what was done (Korean)"),
    "narrative_en": gettext_lazy("what was done (English)"),
}
ATTRIBUTE = "progress"  # of the citation by which an accepted narrative stands at its project


@dataclass(frozen=True)
class About:
    """What the rows of an update are about. `until`: the last day of which it can speak."""

    update: ProjectUpdate
    reader: Reader
    until: date

    @classmethod
    def of(cls, update: ProjectUpdate, reader: Reader) -> "About":
        """What is handed in speaks of the day on which it was, however long it waits."""
        day = timezone.localdate() if update.is_with_partner else timezone.localdate(update.submitted_at)
        return cls(update, reader, min(update.period_ends_on, day))

    @property
    def hidden(self) -> int:
        """What comes of the report is as hidden as its project."""
        return self.update.project.visibility

    @property
    def hidden_alone(self) -> int:
        """The same for what belongs to no program: sources and people are public or internal."""
        return Visibility.PUBLIC if self.hidden == Visibility.PUBLIC else Visibility.INTERNAL


@dataclass(frozen=True)
class Section:
    """`fields` stand in a row; `new_fields` besides in the row of a new record. `rows` gives the records that are there.

    `given`: what a new record has besides what is typed. `happened`: dates of what has happened, which do not lie after the
    period. `extra`: fields of another kind in the same row.
    """

    name: str
    title: object
    kind: Kind
    fields: tuple[str, ...]
    new_fields: tuple[str, ...] = ()
    rows: Callable[[About], Iterable] | None = None
    takes_new: bool = True
    given: Callable[[About, Mapping], dict] = lambda about, values: {}
    happened: tuple[str, ...] = ()
    extra: tuple[tuple[Kind, tuple[str, ...]], ...] = ()
    hint: object = ""
    is_record = True  # a row is a record of the section's kind
    is_its_own_citation = False

    def parts(self, *, is_new: bool) -> list[tuple[Kind, tuple[str, ...]]]:
        """Which fields of which kinds stand in a row."""
        own = (self.kind, (*self.new_fields, *self.fields) if is_new else self.fields or self.new_fields)
        return [own, *self.extra] if is_new else [own]

    @property
    def names(self) -> list[str]:
        """Every field that may be typed in a row."""
        return [name for _kind, names in self.parts(is_new=True) for name in names]

    def present(self, about: About, ids: Iterable[UUID] = (), is_whole: bool = True) -> list:
        """The records that stand in the section (unless `is_whole` is false), and those with these ids, where they are of the project."""
        found = {row.id: row for row in self.rows(about)[:MOST_ROWS]} if self.rows and is_whole else {}
        if missing := set(ids) - set(found):
            of_project = self.kind.model.objects.visible_to(about.reader).filter(scope=about.update.project_id)
            found |= {row.id: row for row in of_project.filter(id__in=missing)}
        return list(found.values())

    def field(self, name: str) -> Field:
        for kind, names in self.parts(is_new=True):
            if name in names:
                return kind.typed_fields[name]
        return self.kind.typed_fields[name]

    def label(self, name: str) -> str:
        return str(self.field(name).label)

    def steps(self, about: About, proposed: Proposed) -> list[Step]:
        """What accepting these values does, in the order of writing. The last step is the record's own."""
        values = dict(proposed.values)
        if not proposed.record:
            return self._new(about, values)
        since = self._since(about, proposed)
        successor = new_id() if since else None
        return [Edit(self.kind, proposed.record, proposed.version, self._derived(values), since, successor=successor)]

    def _derived(self, values: dict) -> dict:
        if self.kind is MILESTONE and values.get("done_on"):
            return values | {"state": Milestone.State.DONE}
        return values

    def _since(self, about: About, proposed: Proposed) -> str:
        """From when the values are other ones, where they are not corrected but changed."""
        return ""

    def _new(self, about: About, values: dict) -> list[Step]:
        given = {"visibility": about.hidden} | self.given(about, values)
        return [Create(self.kind, given | self._derived(values), id=new_id())]


def _scope(about: About, values: Mapping) -> dict:
    return {"scope": about.update.project_id}


def _of_project(kind: Kind):
    return lambda about: (
        kind.model.objects.visible_to(about.reader).filter(scope=about.update.project_id).order_by("id")
    )


# ---- milestones, phases --------------------------------------------------------------------------------


def _open_milestones(about: About):
    """Those that are to be done, and those that were done in the period: the next due ones first."""
    rows = Milestone.objects.visible_to(about.reader).filter(scope=about.update.project_id)
    began = about.update.period_starts_on
    return rows.filter(Q(state="open") | Q(done_on_last__gte=began)).order_by("due_on_first", "id")


def _new_milestone(about: About, values: Mapping) -> dict:
    due = values.get("due_on")
    return {"scope": about.update.project_id} | ({"planned_on": due} if due else {})


MILESTONES = Section(
    "milestones", gettext_lazy("milestones"), MILESTONE, ("done_on", "due_on", "note_ko"), ("title_ko", "title_en"),
    rows=_open_milestones, given=_new_milestone, happened=("done_on",),
    hint=gettext_lazy("Write the day on which it was done. Where it moved, write the new day that it is due."),
)  # fmt: skip
PHASES = Section(
    "phases", gettext_lazy("phases"), PHASE, ("status", "starts_on", "ends_on"),
    rows=lambda about: Phase.objects.visible_to(about.reader).filter(scope=about.update.project_id).order_by("number", "id"),
    takes_new=False,
)  # fmt: skip

# ---- people --------------------------------------------------------------------------------------------


def _own_roles(about: About):
    """Roles of the project whose people work at the reporting institution, or of whom no place of work is known."""
    roles = Role.objects.visible_to(about.reader).filter(scope=about.update.project_id)
    institutions = about.reader.institutions or {about.update.reporter}
    posts = Affiliation.objects.filter(is_retired=False)
    here = posts.filter(institution__in=institutions).values("researcher")
    anywhere = posts.values("researcher")
    roles = roles.filter(Q(researcher__in=here) | ~Q(researcher__in=anywhere))
    here_still = Q(ends_on_last=None) | Q(ends_on_last__gte=about.update.period_starts_on)
    return roles.filter(here_still).order_by("id")


class People(Section):
    """A person who joins may be new to the registry: then a researcher and their post at the institution come with the role.

    An effort share that is another one now is so from the beginning of the period; the role until then stays.
    """

    def _since(self, about, proposed):
        began = Role.objects.filter(id=proposed.record).values_list("starts_on_first", "effort_share").first()
        since = about.update.period_starts_on
        is_changed = "effort_share" in proposed.values and began and began[1] is not None
        return since.isoformat() if is_changed and (began[0] is None or began[0] < since) else ""

    def _new(self, about, values):
        names = {name: values.pop(name) for name in ("name_ko", "name_en") if name in values}
        steps, hidden = [], about.hidden_alone
        if names and not values.get("researcher"):
            person = Create(RESEARCHER, names | {"visibility": hidden}, id=new_id())
            since = {"starts_on": values["starts_on"]} if values.get("starts_on") else {}
            post = {"researcher": person.id, "institution": about.update.reporter, "visibility": hidden} | since
            values["researcher"] = person.id
            steps = [person, Create(AFFILIATION, post)]
        role = {"scope": about.update.project_id, "visibility": about.hidden} | values
        return [*steps, Create(ROLE, role, id=new_id())]


PEOPLE = People(
    "people", pgettext_lazy("report", "people"), ROLE, ("ends_on", "effort_share"), ("researcher", "part", "starts_on"),
    rows=_own_roles, happened=("starts_on",), extra=((RESEARCHER, ("name_ko", "name_en")),),
    hint=gettext_lazy("Who left has a day in “to”. Name who joined; for somebody whom the registry does not know, write the name."),
)  # fmt: skip

# ---- what came of it -----------------------------------------------------------------------------------


def _now_or_then(about: About, values: Mapping, *, is_brief: bool) -> str:
    """How something dated stands at the end of the report. `is_brief`: without an end it is over when it began."""
    first = values.get("starts_on") and parse(values["starts_on"]).first
    last = parse(values["ends_on"]).last if values.get("ends_on") else first if is_brief else None
    if first and first > about.until:
        return Status.PLANNED
    return Status.COMPLETED if last and last <= about.until else Status.RUNNING


def _new_output(about: About, values: Mapping) -> dict:
    day = values.get("published_on")
    is_out = not day or (parse(day).first or about.until) <= about.until
    return _scope(about, values) | {"state": Output.State.OUT if is_out else Output.State.EXPECTED}


OUTPUTS = Section(
    "outputs", gettext_lazy("outputs"), OUTPUT, (), ("kind", "title_ko", "title_en", "doi", "published_on", "venue_ko"),
    given=_new_output,
    hint=gettext_lazy("A title in one language is enough. A DOI looks like 10.1038/s41586-021-03819-2."),
)  # fmt: skip
EVENTS = Section(
    "events", gettext_lazy("events"), EVENT, (), ("kind", "title_ko", "title_en", "starts_on", "ends_on", "place_ko", "attendance"),
    given=lambda about, values: _scope(about, values) | {"status": _now_or_then(about, values, is_brief=True)},
)  # fmt: skip
EXCHANGES = Section(
    "exchanges", gettext_lazy("exchanges"), EXCHANGE, (),
    ("researcher", "level", "number", "sender", "receiver", "starts_on", "ends_on", "purpose_ko"),
    given=lambda about, values: _scope(about, values) | {"status": _now_or_then(about, values, is_brief=False)},
)  # fmt: skip
HEADCOUNTS = Section(
    "headcounts", gettext_lazy("head counts"), HEADCOUNT, (), ("people", "side", "number", "counted_on"),
    given=lambda about, values: {
        "scope": about.update.project_id, "institution": about.update.reporter, "counted_on": about.until.isoformat(),
    },
    happened=("counted_on",),
    hint=gettext_lazy("A new count of today; counts of before stay. Without a day it is one of the last day of the period."),
)  # fmt: skip

# ---- in words, money, files ----------------------------------------------------------------------------


class NarrativeSection(Section):
    """Accepted, each text is a citation at the project: what was done, in the words of the report."""

    names = tuple(NARRATIVE)
    is_record, is_its_own_citation = False, True

    def field(self, name):
        return Field(name, Type.TEXT, NARRATIVE[name])

    def steps(self, about, proposed):
        period = f"{about.update.period_starts_on}/{about.update.period_ends_on}"
        common = {
            "record": about.update.project_id, "attribute": ATTRIBUTE, "speaks_of": period,
            "source": about.update.source_id, "visibility": max(about.hidden, about.hidden_alone),
        }  # fmt: skip
        return [Create(CITATION, common | {"value_stated": text}, id=new_id()) for text in proposed.values.values()]


class MoneySection(Section):
    """Its steps are made in `commands/deciding.py`, under the line's lock."""

    names = ("received", "spent", "to_date")
    is_record = False

    def field(self, name):
        return Field(name, Type.MONEY, LABELS.get(name, gettext_lazy("as of")))

    def steps(self, about, proposed):
        return []


class FileSection(Section):
    """Accepted, a file becomes a document of the project."""

    is_record, is_its_own_citation = False, True

    def field(self, name):
        return Field(name, Type.TEXT, gettext_lazy("file"))

    def steps(self, about, proposed):
        file = Attachment.objects.get(id=proposed.values["file"])
        values = {
            "title_ko": file.file_name, "title_en": file.file_name, "record": about.update.project_id, "kind": "report",
            "dated_on": about.until.isoformat(), "file_name": file.file_name, "content_type": file.content_type,
            "size": file.size, "sha256": file.sha256, "visibility": about.hidden,
        }  # fmt: skip
        return [Create(DOCUMENT, values, id=new_id())]


WORDS = NarrativeSection("narrative", gettext_lazy("progress"), CITATION, tuple(NARRATIVE), takes_new=False)
MONEY = MoneySection(
    "money", pgettext_lazy("report", "money"), CITATION, ("received", "spent"), takes_new=False,
    hint=gettext_lazy("Write what it comes to altogether until the day, not the difference."),
)  # fmt: skip
FILES = FileSection("files", gettext_lazy("files"), DOCUMENT, ("file",), takes_new=False)

SECTIONS = (WORDS, MILESTONES, PHASES, PEOPLE, MONEY, OUTPUTS, EVENTS, EXCHANGES, HEADCOUNTS, FILES)
BY_NAME = {section.name: section for section in SECTIONS}
TYPED = tuple(section for section in SECTIONS if section is not FILES)  # those with a place in `content`


def steps_of(about: About, proposed: Proposed) -> list[Step]:
    return BY_NAME[proposed.section].steps(about, proposed)


def not_a_section(name: str) -> str:
    return _("There is no section “%(name)s”. There are: %(all)s.") % {
        "name": name,
        "all": ", ".join(s.name for s in TYPED),
    }
