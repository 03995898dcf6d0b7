"""Deciding on a disagreement: which statement is adopted and why, or why none has to be. Reopening what was decided.

What is adopted is written into the record by the ordinary steps, in the same change: one undo takes both back.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from . import commands
from .base import in_language
from .cases import is_writable
from .commands import Author, Done
from .declared import DISAGREEMENT
from .kinds import Kind, Type, kinds
from .models import Disagreement, Record
from .problem_codes import coded
from .reading import read_values
from .refusals import Fault, Refused
from .rights import Reader
from .rules import require_can_edit
from .steps import Edit


class Outcome(models.TextChoices):
    """What an officer finds. All but the first also say of what kind the disagreement is."""

    ADOPTED = "adopted", gettext_lazy("one statement is right")
    BOTH_TRUE = "both_true", gettext_lazy("both true, at different dates")
    TWO_PEOPLE = "two_people", gettext_lazy("two people (or things) of one name")
    PRINTING = "printing", gettext_lazy("printing error")
    PREMISE = "premise", gettext_lazy("premise: they speak of different things")


KIND_OF = {
    Outcome.BOTH_TRUE: Disagreement.Kind.OVER_TIME,
    Outcome.TWO_PEOPLE: Disagreement.Kind.HOMONYM,
    Outcome.PRINTING: Disagreement.Kind.PRINTING,
    Outcome.PREMISE: Disagreement.Kind.PREMISE,
}


@dataclass(frozen=True)
class Decision:
    """`adopted` is a value as citations understand it. With `writes` it is set in the record of `record_version`; where both
    are true, from `changed_on` (EDTF)."""

    outcome: str
    adopted: str = ""
    reason_ko: str = ""
    reason_en: str = ""
    writes: bool = False
    changed_on: str = ""
    record_version: int | None = None
    other_record: object = None  # the id of the other of two people


@dataclass
class Decide(Edit):
    """Sets what was decided, once."""

    def faults(self, reason, new) -> Iterator[Fault]:
        if self.row.state == Disagreement.State.DECIDED:
            yield Fault(
                "",
                coded(
                    "state", _("%(who)s decided on it already. Reopen it first.") % {"who": self.row.decided_by or "–"}
                ),
            )
            return
        yield from super().faults(reason, new)


@dataclass
class Reopen(Edit):
    """Takes a decision back and says why. What it wrote into the record stays; undoing the decision takes that back too."""

    def asks_reason(self):
        return True

    def faults(self, reason, new) -> Iterator[Fault]:
        if self.row.state == Disagreement.State.OPEN:
            yield Fault("", coded("state", _("It is open already.")))
            return
        yield from super().faults(reason, new)


def decide(row: Disagreement, decision: Decision, *, version: int, by: Author) -> Done:
    """Raises NotAllowed, Http404, Stale or Refused; then nothing was done."""
    require_can_edit(by.reader)
    kind = kinds()[Record.objects.values_list("kind", flat=True).get(id=row.record_id)]
    faults = list(_faults(decision, row, kind))
    steps = [Decide(DISAGREEMENT, row.id, version, _decided(decision, by))]
    if decision.writes and not faults:
        steps += _written(decision, row, kind, by.reader, faults)
    if faults:
        raise Refused(faults)
    reason = in_language(decision.reason_ko, decision.reason_en)
    return commands.apply(steps, by=replace(by, reason=reason))


def reopen(row: Disagreement, *, version: int, by: Author) -> Done:
    values = {"state": Disagreement.State.OPEN.value, "adopted": "", "decided_by": "", "decided_on": None}
    return commands.apply([Reopen(DISAGREEMENT, row.id, version, values)], by=by)


def _decided(decision: Decision, by: Author) -> dict:
    values = {
        "state": Disagreement.State.DECIDED.value,
        "adopted": decision.adopted,
        "reason_ko": decision.reason_ko,
        "reason_en": decision.reason_en,
        "decided_by": by.name,
        "decided_on": timezone.localdate().isoformat(),
    }
    if decision.outcome in KIND_OF:
        values["kind"] = KIND_OF[decision.outcome].value
    if decision.other_record:
        values["other_record"] = decision.other_record
    return values


def _faults(decision: Decision, row: Disagreement, kind: Kind) -> Iterator[Fault]:
    if decision.outcome not in Outcome.values:
        yield Fault("outcome", _("Say what you found: %s.") % ", ".join(Outcome.values))
    if not (decision.reason_ko or decision.reason_en):
        yield Fault(
            "reason_ko", coded("reason_required", _("Say why, in Korean or in English: a decision needs its reason."))
        )
    if decision.outcome == Outcome.ADOPTED and not decision.adopted:
        yield Fault("adopted", _("Choose the statement that is right, or write what is."))
    if decision.other_record and decision.outcome != Outcome.TWO_PEOPLE:
        yield Fault("other_record", _("Another record is named only where one name is of two."))
    if decision.changed_on and not (decision.writes and decision.outcome == Outcome.BOTH_TRUE):
        yield Fault("changed_on", _("A date is given only where both are true and one is written into the record."))
    if not decision.writes:
        return
    if not is_writable(kind, row.attribute):
        yield Fault("writes", _("“%s” is no field of the record that a decision could set.") % row.attribute)
    if not decision.adopted:
        yield Fault("adopted", _("Choose what is to be written into the record."))
    if decision.outcome == Outcome.BOTH_TRUE and not decision.changed_on:
        yield Fault("changed_on", _("Say from when the value is true: the statement names no date."))
    if decision.record_version is None:
        yield Fault("record_version", coded("not_a_version", _("Say which version of the record you change.")))


def _written(decision: Decision, row: Disagreement, kind: Kind, reader: Reader, faults: list[Fault]) -> list[Edit]:
    """The step that sets the record's field. What is wrong with the value is added to `faults`."""
    record = kind.model.objects.with_retired_visible_to(reader).get(id=row.record_id)
    value = decision.adopted
    if kind.typed_fields[row.attribute].type is Type.BOOLEAN:
        value = {"true": True, "false": False}.get(value, value)
    try:
        values = read_values(kind, {row.attribute: value}, reader, row=record)
    except Refused as refused:
        tip = _("Write it as the field takes it, or decide without setting the field.")
        faults += [Fault("adopted", f"{fault.message} {tip}") for fault in refused.faults]
        return []
    is_correction = decision.outcome != Outcome.BOTH_TRUE
    return [Edit(kind, row.record_id, decision.record_version, values, decision.changed_on, is_correction)]
