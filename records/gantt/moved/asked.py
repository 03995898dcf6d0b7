"""What is asked of the list of what moved: of which program or institution, against what, since when, which kinds."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...asking import Problem, unknown_parameters
from ...dates import Edtf
from ...finding import find
from ...form_fields import RecordField
from ...kinds import kinds
from ...labels import Label, label_of, labels_for
from ...moments import CLOCKS, as_instant, day_begins
from ...rights import Reader
from ...slips.asking import FIRST, PLAN, USUAL, Asked
from ...slips.question import read_cursor, read_kinds
from ..lists.asked import DayField

PAGE = 50
SPANS = (30, 90, 365)  # days back to choose from
NARROWED = ("program", "institution")  # by inputs of the form
ALSO = ("project", "lab", "researcher")  # by links from their timelines
TAKES = {"kind", "against", "since", "cursor", *NARROWED, *ALSO, *CLOCKS}
PARTS_OF_INPUTS = {f"{name}{part}" for name in NARROWED for part in ("_id", "_said")}


class Narrowing(forms.Form):
    """The inputs of the list. What is wrong with one stands beneath it."""

    use_required_attribute = False
    since = DayField(label=gettext_lazy("Moved since (day)"), required=False)
    against = DayField(label=gettext_lazy("Against what the registry said on (day)"), required=False)

    def __init__(self, params, reader: Reader):
        params = params.copy()
        if params.get("against") in (FIRST, PLAN):
            del params["against"]
        super().__init__(params, auto_id="f-%s")
        of_records = {
            name: RecordField(kinds=[kinds()[name]], reader=reader, required=False, label=kinds()[name].label_one)
            for name in NARROWED
        }
        self.fields = of_records | self.fields

    def clean_against(self) -> datetime | None:
        """The end of that day."""
        when: Edtf | None = self.cleaned_data["against"]
        try:
            return as_instant(when.text) if when else None
        except (ValueError, OverflowError):
            raise forms.ValidationError(_("Give a day that has begun.")) from None

    def clean_since(self) -> Edtf | None:
        when: Edtf | None = self.cleaned_data["since"]
        if when and (when.first.year < 1900 or when.first > timezone.localdate()):
            raise forms.ValidationError(_("Give a day that has begun."))
        return when

    def chosen(self, name: str) -> Label | None:
        return self.fields[name].widget.chosen.label if self.cleaned_data.get(name) else None


@dataclass(frozen=True)
class Question:
    """The list as asked. `of`: the records on whose timelines it is narrowed to stand, by the name of the parameter."""

    of: tuple[tuple[str, Label], ...] = ()
    kinds: tuple[str, ...] = ()
    against: str | datetime = FIRST
    against_text: str = ""
    since: Edtf | None = None
    known_at: datetime | None = None
    after: tuple = ()

    def asked(self, of_kinds: tuple[str, ...] = ()) -> Asked:
        ids = {name: label.id for name, label in self.of}
        return Asked(
            within=ids.pop("program", None),
            owners=tuple(ids.values()),
            kinds=of_kinds or self.kinds or USUAL,
            against=self.against,
            since=day_begins(self.since.first) if self.since else None,
            known_at=self.known_at,
        )

    def params(self, **other) -> dict:
        """As an address asks it, without its place; `other` instead of what is asked (None: not at all)."""
        own = {
            **{name: label.key for name, label in self.of},
            "kind": list(self.kinds),
            "against": self.against_text,
            "since": self.since and self.since.text,
        }
        return {name: value for name, value in (own | other).items() if value}

    @property
    def is_narrowed(self) -> bool:
        return bool(self.of or self.kinds or self.since)


def read(request) -> tuple[Question, Narrowing, list[Problem]]:
    """What an address asks, its form, and what is wrong with it besides what stands in the form. 404 for what is not there."""
    params, problems = request.GET, []
    problems += unknown_parameters(params, TAKES | PARTS_OF_INPUTS)
    form = Narrowing(params, request.reader)
    form.is_valid()
    of = [(name, form.chosen(name)) for name in NARROWED]
    of += [(name, _label(name, params[name], request.reader)) for name in ALSO if params.get(name)]
    against = params.get("against", "")
    question = Question(
        of=tuple((name, label) for name, label in of if label),
        kinds=read_kinds(params.getlist("kind"), problems),
        against=PLAN if against == PLAN else form.cleaned_data.get("against") or FIRST,
        against_text="" if against == FIRST else against,
        since=form.cleaned_data.get("since"),
        known_at=request.known_at,
        after=read_cursor(params.get("cursor", ""), problems),
    )
    if request.known_at and isinstance(question.against, datetime):
        question = replace(question, against=min(question.against, request.known_at))
    return question, form, problems


def _label(name: str, key: str, reader: Reader) -> Label:
    kind = kinds()[name]
    row = find(kind, key, reader)
    return label_of(kind, row, labels_for(kind, [row], reader))


def days_ago(days: int) -> str:
    return (timezone.localdate() - timedelta(days=days)).isoformat()
