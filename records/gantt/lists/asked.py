"""What is asked of a list of dated facts: days, kinds, program, institution, and the place in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

from django import forms
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...asking import Problem, not_allowed, unknown_parameters
from ...dates import FIRST_DAY, LAST_DAY, BadDate, Edtf, parse
from ...dates import read as as_written
from ...form_fields import ReadField, RecordField, read_date
from ...kinds import Kind, kinds
from ...moments import CLOCKS
from ...rights import Reader
from ...suggesting import Suggestion
from ...timelines import saying
from ...timelines.asking import Asked
from ...timelines.questions import FIRST, LAST, read_cursor
from ...timelines.saying import Days

PAGE = 50
SPANS = (30, 90, 180, 365)  # days ahead to choose from
USUAL_SPAN, MOST_DAYS = 90, 3660
ACTED_ON = ("program", "project", "phase", "milestone", "agreement", "event", "exchange", "course", "obligation")
TAKES = ("kind", "program", "institution", "certainty", "cursor", *CLOCKS)
PARTS_OF_INPUTS = tuple(f"{name}{part}" for name in ("program", "institution") for part in ("_id", "_said"))


class Which(StrEnum):
    """The lists there are; their values stand in addresses."""

    LATE = "late"
    ENDING = "ending"
    BETWEEN = "between"


class What(models.TextChoices):
    """What of a dated fact is to lie between two days."""

    ANY = "", gettext_lazy("any of its days")
    END = "end", gettext_lazy("its end")


REPORT_DUE = ("obligation", "report_due")
NO_LONGER = ("first_planned",)  # was planned once; what moved has a page of its own
NO_ENDS = (*NO_LONGER, "done", "signed", "counted", "opened", "in_use", "published")  # have happened, and end nothing

CERTAINTIES = [(name, saying.WORDS[name]) for name in (saying.SURELY, saying.PERHAPS)]

OWN = {Which.LATE: (), Which.ENDING: ("days",), Which.BETWEEN: ("from", "to", "what")}


class DayField(ReadField):
    """A day, a month or a year, in EDTF or as people write it; cleans to the days that it means, or None."""

    def read(self, text: str) -> str:
        return read_date(text)

    def read_url(self) -> str:
        return reverse("read", args=["date"])

    def to_python(self, value) -> Edtf | None:
        try:
            text = as_written(super().to_python(value))
            return parse(text) if text else None
        except BadDate as bad:
            raise forms.ValidationError(str(bad)) from None


class Narrowing(forms.Form):
    """The inputs of a list. What is wrong with one stands beneath it."""

    use_required_attribute = False

    def __init__(self, which: Which, params, reader: Reader):
        super().__init__(params, auto_id="f-%s")
        for name in ("program", "institution"):
            kind = kinds()[name]
            self.fields[name] = RecordField(kinds=[kind], reader=reader, required=False, label=kind.label_one)
        self.fields["certainty"] = forms.ChoiceField(
            label=gettext_lazy("certainty"), required=False, choices=[("", gettext_lazy("all")), *CERTAINTIES]
        )
        if which is not Which.BETWEEN:
            return
        self.fields = {
            "from": DayField(label=gettext_lazy("From (day)"), required=False),
            "to": DayField(label=gettext_lazy("To (day)"), required=False),
            **self.fields,
            "what": forms.ChoiceField(label=gettext_lazy("What of it"), required=False, choices=What.choices),
        }

    def clean(self):
        begins, ends = self.cleaned_data.get("from"), self.cleaned_data.get("to")
        if begins and ends and begins.first > ends.last:
            self.add_error("to", _("The last day lies before the first one."))
        return self.cleaned_data

    def chosen(self, name: str) -> Suggestion | None:
        """The record that an input names."""
        return self.fields[name].widget.chosen if self.cleaned_data.get(name) else None


@dataclass(frozen=True)
class Question:
    """One list as asked. `today` is the day from which it looks: now, or that of the moment that is looked at."""

    which: Which
    today: date
    kinds: tuple[str, ...] = ()  # chosen; (): those that somebody acts on
    program: Suggestion | None = None
    institution: Suggestion | None = None
    days: int = USUAL_SPAN
    begins: Edtf | None = None
    ends: Edtf | None = None
    what: What = What.ANY
    certainty: str = ""  # surely, perhaps; "": both
    as_of: date | None = None
    is_past: bool = False  # inside `known_at`
    after: tuple[str, ...] = ()
    before: Days | None = None  # the days of what stands last on the page before

    @property
    def is_asked(self) -> bool:
        """Two days have to be given first."""
        return self.which is not Which.BETWEEN or bool(self.begins or self.ends)

    @property
    def first_day(self) -> date | None:
        match self.which:
            case Which.ENDING:
                return self.today
            case Which.BETWEEN:
                return self.begins.first if self.begins and self.begins.first != FIRST_DAY else None
        return None

    @property
    def last_day(self) -> date | None:
        match self.which:
            case Which.ENDING:
                return self.today + timedelta(days=self.days)
            case Which.BETWEEN:
                return self.ends.last if self.ends and self.ends.last != LAST_DAY else None
        return None

    @property
    def is_about_ends(self) -> bool:
        """Whether it is the end of a fact that is looked for, in whose order the list is."""
        return self.which is not Which.BETWEEN or self.what is What.END

    def asked(self, of_kinds: Sequence[str] = ()) -> Asked:
        """As the timelines are asked, of these kinds or of the chosen ones."""
        asked = Asked(
            owners=(self.institution.id,) if self.institution else (),
            within=self.program.id if self.program else None,
            kinds=tuple(of_kinds or self.kinds or ACTED_ON),
            facts=facts(NO_ENDS if self.which is Which.ENDING else NO_LONGER),
            today=self.today,
            is_past=self.is_past,
            is_sure=self.certainty == saying.SURELY if self.certainty else None,
            by_end=self.is_about_ends,
        )
        if self.which is Which.LATE:
            return replace(asked, is_late=True)
        if self.which is Which.ENDING:
            asked = replace(asked, is_over=False)
        if self.is_about_ends:
            return replace(asked, ends_from=self.first_day, ends_to=self.last_day)
        return replace(asked, begins=self.first_day, ends=self.last_day)

    def params(self, **other) -> dict:
        """As an address asks it, without its place; `other` instead of what is asked (None: not at all)."""
        own = {
            "kind": list(self.kinds),
            "program": self.program and self.program.label.key,
            "institution": self.institution and self.institution.label.key,
            "days": str(self.days) if self.which is Which.ENDING and self.days != USUAL_SPAN else None,
            "from": self.begins and self.begins.text,
            "to": self.ends and self.ends.text,
            "what": self.what.value,
            "certainty": self.certainty,
        }
        return {name: value for name, value in (own | other).items() if value}


def read(which: Which, request) -> tuple[Question, Narrowing, list[Problem]]:
    """What an address asks, its form, and what is wrong with it besides what stands in the form."""
    params, problems = request.GET, []
    problems += unknown_parameters(params, {*TAKES, *OWN[which], *PARTS_OF_INPUTS})
    form = Narrowing(which, params, request.reader)
    form.is_valid()
    question = Question(
        which,
        today=_today(request),
        kinds=_kinds(params.getlist("kind"), problems),
        program=form.chosen("program"),
        institution=form.chosen("institution"),
        days=_days(params.get("days", ""), problems),
        begins=form.cleaned_data.get("from"),
        ends=form.cleaned_data.get("to"),
        what=What(form.cleaned_data.get("what", "")),
        certainty=form.cleaned_data.get("certainty", ""),
        as_of=request.as_of,
        is_past=request.known_at is not None,
    )
    after, before = read_cursor(params.get("cursor", ""), LAST if question.is_about_ends else FIRST, problems)
    return replace(question, after=after, before=before), form, problems


def _today(request) -> date:
    if request.as_of:
        return request.as_of
    return timezone.localdate(request.known_at) if request.known_at else timezone.localdate()


@cache
def facts(without: tuple[str, ...]) -> tuple[str, ...]:
    there = [dated.fact for kind in kinds().values() for dated in kind.dated]
    return tuple(fact for fact in dict.fromkeys([*there, REPORT_DUE[1]]) if fact not in without)


def dated_kinds() -> list[Kind]:
    """Those that can stand in a list: what somebody acts on first, then the others."""
    there = {kind.name: kind for kind in kinds().values() if kind.dated or kind.name == REPORT_DUE[0]}
    return [there.pop(name) for name in ACTED_ON if name in there] + list(there.values())


def is_awaited(kind: Kind) -> bool:
    """Whether any of its facts is awaited, and so can be late."""
    return kind.name == REPORT_DUE[0] or any(dated.open for dated in kind.dated)


def _kinds(names: list[str], problems: list[Problem]) -> tuple[str, ...]:
    allowed = [kind.name for kind in dated_kinds()]
    found = [name for text in names for name in text.split(",") if name]
    problems += [Problem("kind", not_allowed("kind", name, allowed)) for name in found if name not in allowed]
    return tuple(dict.fromkeys(name for name in found if name in allowed))


def _days(text: str, problems: list[Problem]) -> int:
    if not text:
        return USUAL_SPAN
    if text.isascii() and text.isdigit() and len(text) < 6 and 0 < int(text) <= MOST_DAYS:
        return int(text)
    problems.append(Problem("days", _("“days” is a number of days from 1 to %d.") % MOST_DAYS))
    return USUAL_SPAN
