"""The rows that a partner types in: what stands in their inputs, what of it is new, and what is wrong with it.

    texts of `content` → inputs → values → a Proposed each, or faults at their fields

The inputs of records are those of the officers' forms (records/forms.py); of money and of the narrative, their own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.dates import BadDate, parse
from records.form_fields import EdtfDateField, MoneyField
from records.forms import ValuesForm, held
from records.kinds import Field, Type
from records.refusals import Fault
from records.rights import Reader

from .ledger import LABELS

ENDS = ("", "_id", "_said")  # of the names of an input: a record's name, its id, and the name that was chosen
LONGEST_NARRATIVE = 20_000


@dataclass
class Proposed:
    """What a row proposes: values by field, as rows hold them, for one record that is there or is to be."""

    section: str
    key: str
    kind: str
    record: UUID | None
    version: int | None
    values: dict = field(default_factory=dict)
    was: dict = field(default_factory=dict)


class Row:
    """One row of a section. `typed`: its texts by field (with the endings of a record's input), as they were typed."""

    record: UUID | None = None
    version: int | None = None
    label: object = None  # what the record is called, where there is one
    known: dict = {}  # what else stands beside its inputs, by field

    def __init__(self, section, key: str):
        self.section, self.key = section, key
        self.faults: list[Fault] = []
        self.notes: dict[str, str] = {}  # by field: what the officer wrote when it was returned

    @property
    def prefix(self) -> str:
        return f"{self.section.name}-{self.key}"

    @property
    def is_new(self) -> bool:
        return self.record is None

    def typed_forms(self) -> list[forms.Form]:
        raise NotImplementedError

    def inputs(self) -> list[forms.BoundField]:
        return [form[name] for form in self.typed_forms() for name in form.fields]

    def touched(self) -> list[str]:
        """The fields in which something new was typed."""
        raise NotImplementedError

    def texts(self) -> dict[str, str]:
        """What was typed in the fields that were touched, to be kept."""
        kept = {}
        for name in self.touched():
            for form in self.typed_forms():
                for end in ENDS if name in form.fields else ():
                    text = form.data.get(f"{form.add_prefix(name)}{end}")
                    if text is not None and (text or not end):
                        kept[f"{name}{end}"] = text
        return kept

    def check(self) -> Proposed | None:
        """What the row proposes; None where it proposes nothing, or what it says cannot be read."""
        raise NotImplementedError

    def fault(self, name: str, message: str) -> None:
        self.faults.append(Fault(f"{self.section.name}/{self.key}/{name}", message))
        for form in self.typed_forms():
            if name in form.fields:
                form.add_error(name, message)
                return
        self.typed_forms()[0].add_error(None, message)

    def _read(self) -> bool:
        """Whether all forms could be read; what is wrong becomes faults."""
        for form in self.typed_forms():
            form.full_clean()
            for name, messages in form.errors.items():
                place = "" if name == forms.forms.NON_FIELD_ERRORS else name
                self.faults += [Fault(f"{self.section.name}/{self.key}/{place}", message) for message in messages]
        return not self.faults


class OfTyped(ValuesForm):
    """Reads what was typed. Whether a new record lacks something, its own step says."""

    def _read(self, name):
        if self.began is None and self.is_as_it_was(name):
            self.values[name] = held(self.kind, None, name)
        else:
            super()._read(name)


class RecordRow(Row):
    """A record of the section's kind: one that is there (`began`: as it was when the partner saw it), or a new one."""

    def __init__(self, section, key: str, texts: Mapping[str, str], *, began, reader: Reader, known: Mapping):
        super().__init__(section, key)
        self.began = began
        self.record, self.version = (began.id, began.version) if began is not None else (None, None)
        data = QueryDict(mutable=True)
        for name, text in texts.items():
            data[f"{self.prefix}-{name}"] = text
        self._forms = []
        for kind, names in section.parts(is_new=began is None):
            form = OfTyped(kind, names, data, reader=reader, prefix=self.prefix, began=began, known=known, in_row=True)
            form.fill(began, [name for name in names if name not in texts])
            self._forms.append(form)

    def typed_forms(self):
        return self._forms

    def touched(self):
        return [name for form in self._forms for name in form.touched()]

    def check(self):
        if not self.touched() or not self._read():
            return None
        proposed = Proposed(self.section.name, self.key, self.section.kind.name, self.record, self.version)
        for form in self._forms:
            for name in form.touched():
                if name in form.changed and (self.began is not None or form.changed[name] not in (None, "", [])):
                    proposed.values[name] = form.changed[name]
                    if self.began is not None:
                        proposed.was[name] = held(form.kind, self.began, name)
        return proposed if proposed.values else None


class Narrative(forms.Form):
    use_required_attribute = False
    narrative_ko = forms.CharField(
        label=gettext_lazy("what was done (Korean)"), required=False, max_length=LONGEST_NARRATIVE,
        widget=forms.Textarea({"rows": 5}),
    )  # fmt: skip
    narrative_en = forms.CharField(
        label=gettext_lazy("what was done (English)"), required=False, max_length=LONGEST_NARRATIVE,
        widget=forms.Textarea({"rows": 5}),
    )  # fmt: skip


class PlainRow(Row):
    """A row whose inputs are a plain form; whatever is typed in it is new."""

    form: forms.Form

    def typed_forms(self):
        return [self.form]

    def touched(self):
        return [name for name in self.form.fields if self.form.data.get(self.form.add_prefix(name), "").strip()]

    def _data(self, texts: Mapping[str, str]) -> QueryDict:
        data = QueryDict(mutable=True)
        for name, text in texts.items():
            data[f"{self.prefix}-{name}"] = text
        return data


class NarrativeRow(PlainRow):
    """진도 내용. What was done in the period, in words."""

    def __init__(self, section, texts: Mapping[str, str]):
        super().__init__(section, "text")
        self.form = Narrative(self._data(texts), prefix=self.prefix)

    def check(self):
        if not self.touched() or not self._read():
            return None
        values = {
            name: text.replace("\r\n", "\n").strip() for name, text in self.form.cleaned_data.items() if text.strip()
        }
        return Proposed(self.section.name, self.key, "citation", None, None, values)


class Money(forms.Form):
    """What a line came to until a day."""

    use_required_attribute = False
    received = MoneyField(label=LABELS["received"], required=False)
    spent = MoneyField(label=LABELS["spent"], required=False)
    to_date = EdtfDateField(label=gettext_lazy("as of"), required=False)

    def __init__(self, *args, currency: str, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["received"].currency = self.fields["spent"].currency = currency


class MoneyRow(PlainRow):
    """A funding line, and what the partner says that was received and spent of it to date.

    A proposed value is `{"amount": minor units, "to_date": day}`; what it was is the amount that the ledger said then.
    """

    def __init__(
        self, section, line, texts: Mapping[str, str], *, known: Mapping[str, int], is_whole: bool, label, until: date
    ):
        super().__init__(section, str(line.id))
        self.line, self.is_whole, self.label, self.until = line, is_whole, label, until
        self.record, self.version, self.known = line.id, line.version, dict(known)
        self.form = Money(self._data(texts), prefix=self.prefix, currency=line.currency)

    def check(self):
        if not self.touched() or not self._read():
            return None
        stated = {name: self.form.cleaned_data[name] for name in LABELS if self.form.cleaned_data.get(name) is not None}
        if not stated:
            self.fault("received", _("Give the amount received or spent to date."))
        until = self._until()
        for name, amount in stated.items():
            if amount < 0:
                self.fault(name, _("What was received or spent to date is not less than nothing."))
        if self.faults:
            return None
        values = {name: {"amount": amount, "to_date": until} for name, amount in stated.items()}
        was = {name: self.known.get(name, 0) for name in stated}
        return Proposed(self.section.name, self.key, "ledger_entry", self.record, self.version, values, was)

    def _until(self) -> str:
        text = self.form.cleaned_data.get("to_date")
        if not text:
            return self.until.isoformat()
        day = one_day(text)
        if day is None:
            self.fault("to_date", _("Give one day, for example %s.") % self.until.isoformat())
        elif day > self.until:
            self.fault("to_date", _("This lies after the period of the report (%s).") % self.until.isoformat())
        return text


class FileRow(Row):
    """첨부. A file that was sent with the report; it is there or it is not, nothing is typed."""

    def __init__(self, section, attachment):
        super().__init__(section, str(attachment.id))
        self.attachment = attachment

    def typed_forms(self):
        return []

    def touched(self):
        return []

    def check(self):
        return Proposed(self.section.name, self.key, "document", None, None, {"file": str(self.attachment.id)})


def one_day(text: str) -> date | None:
    """The day that an EDTF date names exactly; None where it may be several."""
    try:
        when = parse(text)
    except BadDate:
        return None
    return when.first if when.first and when.first == when.last else None


# ---- values as JSON ------------------------------------------------------------------------------------


def to_json(declared: Field, value):
    """A value as a row holds it, so that it can be kept in `ProposedValue`."""
    if isinstance(value, UUID | Decimal):
        return str(value)
    return value


def from_json(declared: Field, value):
    """And back."""
    if value is None:
        return None
    match declared.type:
        case Type.REF | Type.RECORD | Type.ID:
            return UUID(value)
        case Type.DECIMAL:
            return Decimal(value)
    return value
