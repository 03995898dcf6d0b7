"""What is asked of the list of what is due, for page and API alike: state, days, program, institution, and the place in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from labs.models import Institution
from programs.models import Program
from records.asking import Problem, Wrong, limit_of, not_a_value, not_allowed, references, unknown_parameters
from records.dates import BadDate, parse
from records.dates import read as as_written
from records.kinds import Filter, Type
from records.lists import COUNTED_TO
from records.problem_codes import coded
from records.rights import Reader

from ..models import ReportDue

MOST_DAYS = 400  # the calendar reaches no further
TAKES = ("state", "within", "program", "institution", "limit", "cursor")
REFERENCES = {
    "program": Filter("program", gettext_lazy("program"), Q, Type.REF, Program),
    "institution": Filter("institution", gettext_lazy("institution"), Q, Type.REF, Institution),
}


class Standing(models.TextChoices):
    """What of the calendar is asked for."""

    OPEN = "open", gettext_lazy("to report")
    LATE = "late", gettext_lazy("late")
    REPORTED = "reported", gettext_lazy("reported")
    ALL = "all", gettext_lazy("all")


@dataclass(frozen=True)
class DueQuery:
    """The rows that were asked for. `within`: due in so many days from today on. Latest first where all is done."""

    rows: models.QuerySet
    standing: Standing
    within: int | None
    asked: Mapping[str, str]  # the references as they were typed
    limit: int
    after: tuple[date, UUID] | None

    @property
    def is_latest_first(self) -> bool:
        return self.standing == Standing.REPORTED

    def page(self) -> tuple[list[ReportDue], str | None]:
        """The rows of one answer, and the cursor of the next one."""
        rows, order = self.rows.for_list(), ("-due_on", "-id") if self.is_latest_first else ("due_on", "id")
        if self.after:
            day, id = self.after
            further = "lt" if self.is_latest_first else "gt"
            rows = rows.filter(Q(**{f"due_on__{further}": day}) | Q(**{"due_on": day, f"id__{further}": id}))
            rows = rows.filter(**{f"due_on__{further}e": day})  # which an index finds
        found = list(rows.order_by(*order)[: self.limit + 1])
        shown = found[: self.limit]
        more = len(found) > self.limit
        return shown, f"{shown[-1].due_on.isoformat()}.{shown[-1].id}" if more else None

    def count(self) -> int:
        """How many there are; one more than COUNTED_TO where there are more than that."""
        return self.rows.order_by()[: COUNTED_TO + 1].count()


def read(
    asked: Mapping[str, str], reader: Reader, *, usual: int, also: tuple[str, ...] = ()
) -> tuple[DueQuery, list[Problem]]:
    """What an address asks for, within the rights of the reader; and all that is wrong with it."""
    problems = unknown_parameters(asked, {*TAKES, *also})
    rows, today = ReportDue.objects.visible_to(reader), timezone.localdate()
    standing, within = _standing(asked, problems), _within(asked, problems)
    match standing:
        case Standing.OPEN:
            rows = rows.open()
        case Standing.LATE:
            rows = rows.late(today)
        case Standing.REPORTED:
            rows = rows.reported()
    if within is not None:
        rows = rows.filter(due_on__range=(today, today + timedelta(days=within)))
    named = {name: asked[name] for name in REFERENCES if asked.get(name)}
    for name, value in named.items():
        try:
            rows = rows.filter(**{f"{name}__in": references(REFERENCES[name], value, reader)})
        except Wrong as wrong:
            problems.append(Problem(name, str(wrong)))
    limit, after = limit_of(asked.get("limit", ""), problems, usual=usual), _after(asked, problems)
    return DueQuery(rows, standing, within, named, limit, after), problems


def _standing(asked, problems) -> Standing:
    value = asked.get("state") or Standing.OPEN
    if value in Standing:
        return Standing(value)
    problems.append(Problem("state", not_allowed("state", value, Standing.values)))
    return Standing.OPEN


def _within(asked, problems) -> int | None:
    value = asked.get("within", "")
    if value and not (value.isascii() and value.isdigit() and len(value) < 4 and int(value) <= MOST_DAYS):
        problems.append(
            Problem("within", coded("out_of_range", _("“within” is a number of days from 0 to %d.") % MOST_DAYS))
        )
        return None
    return int(value) if value else None


def _after(asked, problems) -> tuple[date, UUID] | None:
    text = asked.get("cursor", "")
    day, _dot, id = text.partition(".")
    try:
        return (date.fromisoformat(day), UUID(id)) if text else None
    except ValueError:
        problems.append(
            Problem(
                "cursor", coded("bad_cursor", _("This cursor belongs to another question. Begin again without it."))
            )
        )
        return None


def read_day(text: object, name: str = "until") -> date:
    """A day as it was typed, in Korean forms too. Raises Wrong."""
    try:
        day = parse(as_written(str(text)))
    except BadDate as bad:
        raise Wrong(str(bad)) from None
    if not day.is_exact_day:
        raise Wrong(not_a_value(name, str(text)))
    return day.first
