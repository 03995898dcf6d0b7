"""A submitted update as an officer decides on it: each proposed value beside what the registry holds, and what was chosen.

    proposals + the registry now + what was sent → sections with their values → answers, or what is wrong with them

It is drawn from what was sent, so that whatever is refused, everything that was chosen and written stays.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from people.kinds import RESEARCHER
from records.refusals import Fault
from records.rights import Reader
from records.showing import Cell
from records.suggesting import Suggestion, suggest

from ..commands import Answer
from ..models import ProjectUpdate, Proposal, ProposedValue
from ..words import Words
from ..writing.sections import BY_NAME, MONEY, PEOPLE, SECTIONS
from .now import now_of

ACCEPT, RETURN = "accept", "return"
DO = "do"  # the name of the buttons: decide, preview, accept:<section>, return:<section>; a section or "all"
MOST_HINTS = 5  # of new people, and of the people that each may be


@dataclass
class Line:
    """One proposed value. `was`: what stood there when the partner wrote, where something else stands now.

    `token`: of what the registry holds now; `is_stale`: it is not what stood there when the officer looked.
    """

    value: ProposedValue
    label: str
    proposed: Cell
    now: Cell
    was: Cell | None = None
    token: str = ""
    chosen: str = ""
    note: str = ""
    problem: str = ""
    is_stale: bool = False
    warning: str = ""

    @property
    def id(self) -> int:
        return self.value.id

    @property
    def is_accepted(self) -> bool:
        return self.chosen == ACCEPT


@dataclass
class Group:
    """The values of one record, or of one that is to be."""

    proposal: Proposal
    title: Cell
    lines: list[Line]
    alike: list[Suggestion] = field(default_factory=list)  # people of that name who are there already
    problem: str = ""

    @property
    def is_new(self) -> bool:
        section = BY_NAME[self.proposal.section]
        return section.is_record and self.proposal.record_id is None

    @property
    def is_titled(self) -> bool:
        return BY_NAME[self.proposal.section].is_record or self.proposal.section == MONEY.name

    @property
    def word(self) -> str:
        return str(BY_NAME[self.proposal.section].kind.label_one)

    @property
    def holds(self) -> bool:
        """Whether something stands in the registry beside what is proposed."""
        return self.proposal.record_id is not None


@dataclass
class SectionOfReview:
    name: str
    title: str
    groups: list[Group]

    @property
    def lines(self) -> list[Line]:
        return [line for group in self.groups for line in group.lines]


class Review:
    """`sent`: what came from the page, if anything did."""

    def __init__(self, update: ProjectUpdate, reader: Reader, sent: Mapping[str, str] | None = None):
        self.update, self.reader, self.sent = update, reader, sent or {}
        self.text = self.sent.get("text", "")
        self.problems: list[str] = []
        proposals = update.proposals.filter(round=update.round).order_by("id").prefetch_related("values")
        self.proposals = list(proposals)
        self.now = now_of(update, self.proposals, reader)
        self.words = Words(update, self.proposals, reader, {id: now.value for id, now in self.now.items()})
        self.sections = self._sections()
        self._press(self.sent.get(DO, ""))

    # -- what is drawn -----------------------------------------------------------------------------------

    def _sections(self) -> list[SectionOfReview]:
        found = []
        for section in SECTIONS:
            groups = [self._group(one) for one in self.proposals if one.section == section.name]
            if groups:
                found.append(SectionOfReview(section.name, capfirst(str(section.title)), groups))
        self._hint(found)
        return found

    def _group(self, one: Proposal) -> Group:
        values = sorted(one.values.all(), key=lambda value: _place(one, value))
        return Group(one, self.words.title(one), [self._line(one, value) for value in values])

    def _line(self, one: Proposal, value: ProposedValue) -> Line:
        now, seen = self.now[value.id], self.sent.get(f"seen-{value.id}")
        line = Line(
            value,
            self.words.label(one, value),
            self.words.proposed(one, value),
            self.words.held(one, value, now.value) if one.record_id else Cell(),
            token=now.token,
            chosen=self.sent.get(f"value-{value.id}", ""),
            note=self.sent.get(f"note-{value.id}", ""),
            is_stale=seen is not None and seen != now.token,
        )
        if one.record_id and now.value != value.was:
            line.was = self.words.held(one, value, value.was)
        return line

    def _hint(self, sections: Iterable[SectionOfReview]) -> None:
        """Who of the registry a new person may be."""
        groups = [g for s in sections if s.name == PEOPLE.name for g in s.groups if g.is_new]
        for group in groups[:MOST_HINTS]:
            names = {line.value.field: line.value.value for line in group.lines}
            name = names.get("name_ko") or names.get("name_en")
            if name and "researcher" not in names:
                group.alike = suggest(name, kinds=[RESEARCHER], reader=self.reader, limit=MOST_HINTS)

    # -- what was chosen ---------------------------------------------------------------------------------

    def _press(self, button: str) -> None:
        """“Accept all of this section”, without JavaScript."""
        what, _colon, name = button.partition(":")
        if what in (ACCEPT, RETURN):
            for section in self.sections:
                for line in section.lines if name in (section.name, "all") else ():
                    line.chosen = what

    @property
    def lines(self) -> list[Line]:
        return [line for section in self.sections for line in section.lines]

    @cached_property
    def _by_id(self) -> dict[str, Line]:
        return {str(line.id): line for line in self.lines}

    @property
    def accepted(self) -> list[int]:
        return [line.id for line in self.lines if line.is_accepted]

    @property
    def is_untouched(self) -> bool:
        return not any(line.chosen for line in self.lines)

    # -- what is wrong -----------------------------------------------------------------------------------

    def refuse(self, faults: Iterable[Fault]) -> None:
        """Put each fault at the value that it is about."""
        for fault in faults:
            if line := self._at(fault.field):
                line.problem = " ".join(filter(None, [line.problem, fault.message]))
            elif group := self._group_at(fault.field):
                group.problem = " ".join(filter(None, [group.problem, fault.message]))
            else:
                self.problems.append(fault.message)

    def warn(self, faults: Iterable[Fault]) -> list[str]:
        """The same of what the preview found; what stands at no value is given back."""
        left = []
        for fault in faults:
            if line := self._at(fault.field):
                line.warning = "" if line.problem else fault.message
            else:
                left.append(fault.message)
        return left

    def _at(self, place: str) -> Line | None:
        """By the id of the value, or `section/key/field`."""
        if place in self._by_id:
            return self._by_id[place]
        for section in self.sections:
            for group in section.groups:
                for line in group.lines:
                    if place == f"{section.name}/{group.proposal.key}/{line.value.field}":
                        return line
        return None

    def _group_at(self, place: str) -> Group | None:
        section, _slash, rest = place.partition("/")
        key = rest.partition("/")[0]
        found = (g for s in self.sections if s.name == section for g in s.groups if g.proposal.key == key)
        return next(found, None) if key else None

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """(id of the place, what it is called, what is wrong) for the top of the page."""
        at_lines = [(f"value-{line.id}", line.label, line.problem) for line in self.lines if line.problem]
        groups = (group for section in self.sections for group in section.groups if group.problem)
        at_groups = [(f"group-{group.proposal.id}", group.title.text, group.problem) for group in groups]
        return [("", "", problem) for problem in self.problems] + at_groups + at_lines

    # -- in words ----------------------------------------------------------------------------------------

    @property
    def moved(self) -> list[Line]:
        """Where something else stands now than when the partner wrote."""
        return [line for line in self.lines if line.was is not None]

    @property
    def button(self) -> str:
        """What deciding does, and with how many values."""
        chosen = [line.chosen for line in self.lines]
        return said(chosen.count(ACCEPT), chosen.count(RETURN), len(chosen))

    @property
    def counted_words(self) -> dict[str, str]:
        return counted_words()


def counted_words() -> dict[str, str]:
    """How the button counts; the script counts with the same words."""
    return {ACCEPT: _("accept %d"), RETURN: _("return %d"), "left": pgettext("values of a report", "%d left")}


def said(accepted: int, returned: int, of: int) -> str:
    """“Accept 6, return 2”, and how many are left."""
    numbers = {ACCEPT: accepted, RETURN: returned, "left": of - accepted - returned}
    return capfirst(", ".join(words % numbers[name] for name, words in counted_words().items() if numbers[name]))


def answers_of(sent: Mapping[str, str]) -> dict[int, Answer]:
    """What was chosen, upon what was seen then. What was not chosen is left out: the command says so."""
    chosen = {name.removeprefix("value-"): what for name, what in sent.items() if name.startswith("value-")}
    return {
        int(id): Answer(what == ACCEPT, sent.get(f"note-{id}", ""), sent.get(f"seen-{id}", ""))
        for id, what in chosen.items()
        if what in (ACCEPT, RETURN) and id.isascii() and id.isdigit() and len(id) < 19
    }


def _place(one: Proposal, value: ProposedValue) -> int:
    """In the order of the partner's form."""
    names = BY_NAME[one.section].names if BY_NAME[one.section].is_record else list(BY_NAME[one.section].fields)
    return list(names).index(value.field) if value.field in names else len(names)
