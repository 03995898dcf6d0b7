"""One field of a kind in a form: what stands in its input for a value, and what is meant by what was typed.

What people write (Korean dates, 46.5억, a name) is understood by `form_fields.py`; then it is checked as a cell of a file is,
so that form, file and API refuse with the same sentence.
"""

import contextlib
import json
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django import forms
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .cells import BadCell, read_given
from .cells import read as read_cell
from .cells import write as write_cell
from .form_fields import EdtfDateField, LinesField, MoneyField, RecordField
from .kinds import Field, Kind, Type, kind_of, kinds
from .reading import read_value
from .rights import Reader
from .suggesting import Suggestion

MOST_RADIOS = 4
OFFERED = ("country", "currency", "time_zone", "attribute")  # texts of which the usual ones are offered
SHORT = 300  # characters that still stand in one line


class Input:
    """Beside a field of Django. `form` is the ValuesForm that it stands in, which reads when all of it is there."""

    declared: Field

    def clean(self, typed):
        return typed

    def texts(self, value, form) -> dict[str, str]:
        """What stands in the input for a value, by the ending of the input's name."""
        return {"": self.text(value, form)}

    def text(self, value, form) -> str:
        return write_cell(self.declared, value)

    def is_as(self, typed, value, form) -> bool:
        """Whether what was typed is what stood there for this value."""
        return plain(typed) == plain(self.text(value, form))

    def meant(self, typed, form):
        """The value that is meant, as a row holds it. Raises BadCell or ValidationError."""
        return read_given(self.declared, plain(typed))

    def said(self, typed) -> str:
        """What was typed, as a source would be quoted."""
        words = {str(word): str(label) for word, label in self.declared.choices}
        return words.get(plain(typed), plain(typed))


def plain(typed) -> str:
    """Without the line ends that browsers write, and blanks around it."""
    return str(typed or "").replace("\r\n", "\n").strip()


class Plain(Input, forms.Field):
    """A word of several, or a text; what is short has no line ends."""

    def meant(self, typed, form):
        text = plain(typed)
        return read_given(self.declared, text.replace("\n", " ") if self.declared.max_length else text)


class Number(Input, forms.Field):
    def meant(self, typed, form):
        return read_cell(self.declared, plain(typed).replace(",", ""))


class Date(Input, EdtfDateField):
    def meant(self, typed, form):
        return read_cell(self.declared, self.to_python(typed) or "")


class Lines(Input, LinesField):
    def text(self, value, form):
        return "\n".join(value or [])

    def meant(self, typed, form):
        return read_cell(self.declared, json.dumps(self.to_python(plain(typed)), ensure_ascii=False))

    def said(self, typed):
        return ", ".join(self.to_python(plain(typed)))


class Amount(Input, MoneyField):
    """In the currency of the row."""

    def text(self, value, form):
        self.currency = form.currency() or self.currency
        return self.prepare_value(value) if value is not None else ""

    def meant(self, typed, form):
        self.currency = form.currency()
        if plain(typed) and not self.currency:
            raise BadCell(_("An amount needs its funding line, whose currency it is in."))
        return self.to_python(plain(typed))


class Instant(Input, forms.Field):
    """The hour there, in the time zone of the row; or with its offset."""

    def text(self, value, form):
        if value is None:
            return ""
        zone = _zone(getattr(form.began, "time_zone", "")) or ZoneInfo(settings.TIME_ZONE)
        return value.astimezone(zone).replace(tzinfo=None).isoformat(" ").removesuffix(":00")

    def meant(self, typed, form):
        text = plain(typed)
        try:
            when = datetime.fromisoformat(text)
        except ValueError:
            return read_cell(self.declared, text)
        zone = _zone(form.values.get("time_zone") or getattr(form.began, "time_zone", ""))
        if when.tzinfo is None and zone:
            text = when.replace(tzinfo=zone).isoformat()
        return read_cell(self.declared, text)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError):
        return None


class Reference(Input, RecordField):
    """A record. Names of what stood there come from the form, which asked for all of them at once."""

    def prepare_value(self, typed):
        return typed

    def texts(self, value, form):
        text = str(form.known.get(value) or value or "")
        return {"": text, "_id": str(value or ""), "_said": text}

    def is_as(self, typed, value, form):
        return not typed.text if value is None else typed.is_chosen and typed.id == str(value)

    def meant(self, typed, form):
        if not typed.text:
            return read_cell(self.declared, "")
        if typed.is_chosen or _is_id(typed.text):
            return read_value(self.declared, typed.id if typed.is_chosen else typed.text, self.reader)
        return RecordField.clean(self, typed)

    def said(self, typed):
        return typed.text

    def name_chosen(self, typed, form) -> None:
        """Tell the input which record stands in it."""
        if typed.is_chosen and not self.widget.options:
            with contextlib.suppress(ValueError):
                label = form.known.get(UUID(typed.id))
                self.widget.chosen = label and Suggestion(label, "", "id")


def _is_id(text: str) -> bool:
    try:
        return bool(UUID(text))
    except ValueError:
        return False


# ---- which field has which -----------------------------------------------------------------------------

HINTS = {
    Type.LIST: gettext_lazy("One on each line."),
    Type.INSTANT: gettext_lazy("For example 2025-06-19 14:00, in the time zone of the place."),
}


def input_for(kind: Kind, declared: Field, reader: Reader, *, in_row: bool = False) -> forms.Field:
    """The input of a declared field; `in_row`: small enough to stand in a row with others."""
    made = _made(kind, declared, reader, in_row)
    made.declared = declared
    made.help_text = "" if in_row else HINTS.get(declared.type, "")
    if declared.is_required:
        made.widget.attrs["aria-required"] = "true"
    return made


def _made(kind: Kind, declared: Field, reader: Reader, in_row: bool) -> forms.Field:
    common = {"required": False, "label": declared.label}
    match declared.type:
        case Type.REF:
            return Reference(kinds=[kind_of(declared.target)], reader=reader, **common)
        case Type.RECORD:
            return Reference(kinds=[k for k in kinds().values() if k.label_base], reader=reader, **common)
        case Type.DATE:
            return Date(**common)
        case Type.MONEY:
            return Amount(**common)
        case Type.LIST:
            return Lines(**common)
        case Type.INSTANT:
            return Instant(widget=forms.TextInput({"autocomplete": "off"}), **common)
        case Type.INTEGER | Type.DECIMAL:
            return Number(widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}), **common)
        case Type.CHOICE:
            return Plain(widget=_choice_widget(declared, in_row), **common)
    return Plain(widget=_text_widget(kind, declared, in_row), **common)


def _choice_widget(declared: Field, in_row: bool) -> forms.Widget:
    """A few words as radios, more as a list to choose from. What has a default offers no “nothing”."""
    words = [(str(word), label) for word, label in declared.choices]
    may_be_empty = declared.empty in (None, "") and "" not in dict(words)
    if in_row or len(words) > MOST_RADIOS:
        return forms.Select(choices=[("", "–"), *words] if may_be_empty else words)
    if may_be_empty and not declared.is_required:
        words.append(("", _("none")))
    return forms.RadioSelect(choices=words)


def _text_widget(kind: Kind, declared: Field, in_row: bool) -> forms.Widget:
    column = kind.model._meta.get_field(declared.name)
    is_long = (declared.max_length or 0) > SHORT and not in_row and not isinstance(column, models.URLField)
    if isinstance(column, models.TextField) or is_long:
        return forms.Textarea({"rows": 1 if in_row or declared.max_length else 3})
    offered = {"list": f"offered-{declared.name}"} if declared.name in OFFERED else {}
    return forms.TextInput({"autocomplete": "off"} | offered)
