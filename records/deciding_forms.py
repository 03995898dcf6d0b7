"""What an officer types to decide on a disagreement or to reopen it, and how it is read."""

from uuid import uuid4

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .cases import Case, Statement
from .cells import BadCell
from .dates import BadDate, parse, read
from .deciding import Decision, Outcome
from .declared import DISAGREEMENT
from .kinds import Type
from .models import Disagreement
from .reading import reference
from .refusals import Fault, Refused, all_read
from .rights import Reader

OTHER, HELD, NOTHING = "other", "held", "nothing"  # instead of a statement


class DecidingForm(forms.Form):
    """`adopted`: the id of a statement, or one of OTHER, HELD, NOTHING."""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=gettext_lazy("What you found"), choices=Outcome.choices, widget=forms.RadioSelect, required=False
    )
    adopted = forms.CharField(label=gettext_lazy("What is adopted"), required=False, max_length=64)
    other = forms.CharField(label=gettext_lazy("another reading"), required=False, max_length=2000)
    writes = forms.BooleanField(label=gettext_lazy("Set this value in the record"), required=False)
    changed_on = forms.CharField(
        label=gettext_lazy("true from"), required=False, max_length=40,
        help_text=gettext_lazy("only where both are true; empty: the date that the statement speaks of"),
    )  # fmt: skip
    other_record = forms.CharField(
        label=gettext_lazy("the other record"), required=False, max_length=200,
        help_text=gettext_lazy("only for two of one name: its id, or the last part of its address"),
    )  # fmt: skip
    reason_ko = forms.CharField(
        label=gettext_lazy("reason (Korean)"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    reason_en = forms.CharField(
        label=gettext_lazy("reason (English)"), required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    record_version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    @classmethod
    def of(cls, case: Case, sent=None) -> "DecidingForm":
        held = next((str(said.citation.id) for said in case.statements if said.is_held), HELD if case.held_text else "")
        initial = {
            "version": case.disagreement.version,
            "record_version": case.record_version,
            "key": uuid4().hex,
            "writes": case.is_writable,
            "adopted": held,
        }
        return cls(sent, initial=initial)

    def fault(self, name: str, message: str) -> None:
        self.add_error(name if name in self.fields else None, message)


class ReopeningForm(forms.Form):
    use_required_attribute = False

    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )
    version = forms.IntegerField(widget=forms.HiddenInput)
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)

    @classmethod
    def of(cls, row: Disagreement, sent=None) -> "ReopeningForm":
        return cls(sent, initial={"version": row.version, "key": uuid4().hex})

    def fault(self, name: str, message: str) -> None:
        self.add_error(name if name in self.fields else None, message)


# ---- reading what was typed ----------------------------------------------------------------------------


def decision_of(said: dict, case: Case, reader: Reader) -> Decision:
    """What the form says, as a decision. Raises Refused for all that cannot be read."""
    statement = next((one for one in case.statements if str(one.citation.id) == said["adopted"]), None)
    adopted, other = all_read(lambda: _adopted(said, case, statement), lambda: _other_record(said, reader))
    writes = said["writes"] and bool(adopted) and said["adopted"] != HELD
    return Decision(
        outcome=said["outcome"],
        adopted=adopted,
        reason_ko=said["reason_ko"].strip(),
        reason_en=said["reason_en"].strip(),
        writes=writes,
        changed_on=_true_from(said, statement if writes and said["outcome"] == Outcome.BOTH_TRUE else None),
        record_version=said["record_version"],
        other_record=other,
    )


def _adopted(said: dict, case: Case, statement: Statement | None) -> str:
    if said["other"] and said["adopted"] != OTHER:
        raise Refused([Fault("other", _("You wrote another reading: choose it as well, or clear it."))])
    if statement:
        return statement.value
    text = {OTHER: said["other"], HELD: case.held_text}.get(said["adopted"], "")
    field = case.kind.typed_fields.get(case.disagreement.attribute) if case.kind else None
    is_date = said["adopted"] == OTHER and field and field.type is Type.DATE
    return _date("other", text) if is_date else text


def _true_from(said: dict, statement: Statement | None) -> str:
    """From when what is written is true: as typed, or else the date that the statement speaks of."""
    if said["changed_on"] or statement is None:
        return _date("changed_on", said["changed_on"])
    return statement.citation.speaks_of or ""


def _date(name: str, text: str) -> str:
    """What was typed as an office writes it, in EDTF."""
    try:
        return parse(read(text)).text if text else ""
    except BadDate as bad:
        raise Refused([Fault(name, str(bad))]) from None


def _other_record(said: dict, reader: Reader):
    text = said["other_record"].strip()
    try:
        return reference(DISAGREEMENT.all_fields["other_record"], text, reader).id if text else None
    except BadCell as bad:
        raise Refused([Fault("other_record", str(bad))]) from None
