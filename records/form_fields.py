"""What forms take that Django has no field for: a record, a date as exact as known, an amount, a list of lines.

Each works without JavaScript: what was typed is read by the server, which shows under the input how it understood it.
`static/js/suggest.js` and `static/js/reading.js` only do the same while somebody types.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.forms.widgets import Script
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from . import dates
from .amounts import BadAmount, read_amount, said
from .kinds import Kind
from .money import major_text
from .rights import Reader
from .showing import language
from .suggesting import Suggestion, described, suggest

# ---- a record ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Typed:
    """What a record's input sends: the text, and the id that was chosen while `said` stood there."""

    text: str = ""
    id: str = ""
    said: str = ""

    @property
    def is_chosen(self) -> bool:
        return bool(self.id) and self.text == self.said


class RecordInput(forms.Widget):
    """A text input, with the id of the record that it names beside it; radio buttons where several may be meant."""

    template_name = "forms/record.html"
    kinds: Sequence[Kind] = ()
    within: UUID | None = None
    chosen: Suggestion | None = None  # the record whose name stands in the input
    options: Sequence[Suggestion] = ()  # those that may be meant
    create_urls: Sequence[tuple[str, str]] = ()  # (kind, address) for one that is not there

    class Media:
        js = [Script("js/suggest.js", defer=True)]

    def value_from_datadict(self, data, files, name) -> Typed:
        return Typed(*(data.get(f"{name}{part}", "").strip() for part in ("", "_id", "_said")))

    def value_omitted_from_data(self, data, files, name) -> bool:
        return name not in data

    def format_value(self, value) -> Typed:
        return value or Typed()

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        asked = [("kind", kind.name) for kind in self.kinds] + ([("within", self.within)] if self.within else [])
        own = {name: getattr(self, name) for name in ("chosen", "options", "create_urls")}
        context["widget"] |= own | {"url": f"{reverse('suggest')}?{urlencode(asked)}"}
        return context


class RecordField(forms.Field):
    """A record of one of these kinds, by id, slug, number, or name; cleans to its id, or None.

    One whose name is just what was typed is taken. Where several are called so, or none but some nearly, the input comes back
    with those to choose from. `create_url(kind, text)` says where one that is missing is entered, or "".
    """

    widget = RecordInput

    def __init__(
        self,
        *,
        kinds: Sequence[Kind],
        reader: Reader,
        within: UUID | None = None,
        create_url: Callable[[Kind, str], str] | None = None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.kinds, self.reader, self.within, self.create_url = tuple(kinds), reader, within, create_url
        self.widget.kinds, self.widget.within = self.kinds, within

    def prepare_value(self, value) -> Typed:
        """The initial id as the name that people know; what was typed as it is."""
        if isinstance(value, Typed):
            if value.is_chosen and not self.widget.chosen:
                self.widget.chosen = self._chosen(value.id)
            return value
        self.widget.chosen = found = self._chosen(value) if value else None
        return Typed(str(found), str(found.id), str(found)) if found else Typed()

    def clean(self, value: Typed | UUID | None) -> UUID | None:
        if not isinstance(value, Typed):  # of an input that may not be changed
            return value
        super().clean(value.text)
        if not value.text:
            return None
        found = self._chosen(value.id) if value.is_chosen else self._named(value.text)
        if not found:
            raise ValidationError(_("The record that was chosen is no longer there. Choose another one."))
        self.widget.chosen = found
        self.run_validators(found.id)
        return found.id

    def has_changed(self, initial, data: Typed | None) -> bool:
        data = data or Typed()
        if data.is_chosen or not data.text:
            return str(initial or "") != (data.id if data.text else "")
        return self.prepare_value(initial).text != data.text

    def _chosen(self, id) -> Suggestion | None:
        try:
            id = UUID(str(id))
        except ValueError:
            return None
        found = described([id], kinds=self.kinds, reader=self.reader)
        return found[0] if found else None

    def _named(self, text: str) -> Suggestion:
        """The one record that the text names. Otherwise those that may be meant are offered, and a sentence says why."""
        found = self._suggest(text)
        exact = [one for one in found if one.is_exact]
        if len(exact) == 1:
            return exact[0]
        self.widget.options = exact or found or self._nearest(text)
        urls = [(str(kind.label_one), self.create_url(kind, text)) for kind in self.kinds] if self.create_url else []
        self.widget.create_urls = [(word, url) for word, url in urls if url]
        if exact:
            raise ValidationError(_("Several records are called “%s”. Choose the one that is meant.") % text)
        if self.widget.options:
            raise ValidationError(
                _("No record is called “%s”. Choose one of the nearest, or write it in another way.") % text
            )
        raise ValidationError(_("There is no record “%s”.") % text)

    def _suggest(self, text: str) -> list[Suggestion]:
        return suggest(text, kinds=self.kinds, reader=self.reader, within=self.within)

    def _nearest(self, text: str) -> list[Suggestion]:
        """What is found by the beginning of what was typed, if that is a mistake further on."""
        for part in (text.split()[0], text[: len(text) * 2 // 3], text[: len(text) // 2]):
            if part != text and len(part) > 1 and (found := self._suggest(part)):
                return found
        return []


# ---- what is read ----------------------------------------------------------------------------------------


class ReadInput(forms.TextInput):
    """A text input with, under it, how its text is understood. `read` is set by its field."""

    template_name = "forms/read.html"
    read: Callable[[str], str] = staticmethod(lambda text: "")  # what it says, or "" for what cannot be read
    read_url = ""

    class Media:
        js = [Script("js/reading.js", defer=True)]

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        context["widget"] |= {"reading": self.read(context["widget"]["value"] or ""), "read_url": self.read_url}
        return context


def read_date(text: str) -> str:
    """A date as it is understood, in the reader's language. Raises BadDate."""
    return dates.show(dates.read(text), language())


class ReadField(forms.CharField):
    """What the two below share: their input says how it was read."""

    widget = ReadInput

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.widget.attrs |= {"autocomplete": "off", "spellcheck": "false", "maxlength": 80}

    def get_bound_field(self, form, field_name):
        self.widget.read, self.widget.read_url = _or_nothing(self.read), self.read_url()
        return super().get_bound_field(form, field_name)

    def has_changed(self, initial, data) -> bool:
        try:
            return initial != self.to_python(data)
        except ValidationError:
            return True


class EdtfDateField(ReadField):
    """A date as exact as known, in EDTF or as people write it; cleans to EDTF, or None."""

    def read(self, text: str) -> str:
        return read_date(text)

    def read_url(self) -> str:
        return reverse("read", args=["date"])

    def to_python(self, value) -> str | None:
        try:
            return dates.read(super().to_python(value)) or None
        except dates.BadDate as bad:
            raise ValidationError(str(bad)) from None


class MoneyField(ReadField):
    """An amount of one currency as people write it; cleans to minor units, or None. A form may set `currency` later."""

    def __init__(self, *, currency: str = "KRW", **kwargs):
        super().__init__(**kwargs)
        self.currency = currency

    def read(self, text: str) -> str:
        return said(read_amount(text, self.currency), self.currency)

    def read_url(self) -> str:
        return f"{reverse('read', args=['amount'])}?{urlencode({'currency': self.currency})}"

    def prepare_value(self, value) -> str:
        """Minor units with thousands separated, exact; what was typed as it is."""
        return f"{Decimal(major_text(value, self.currency)):,f}" if isinstance(value, int) else value

    def to_python(self, value) -> int | None:
        if isinstance(value, int) or value in self.empty_values:
            return value if isinstance(value, int) else None
        try:
            return read_amount(super().to_python(value), self.currency)
        except BadAmount as bad:
            raise ValidationError(str(bad)) from None


def _or_nothing(read: Callable[[str], str]) -> Callable[[str], str]:
    """For what stands under an input: what is wrong stands above it already."""

    def or_nothing(text: str) -> str:
        try:
            return read(text) if text.strip() else ""
        except (dates.BadDate, BadAmount):
            return ""

    return or_nothing


# ---- lines -----------------------------------------------------------------------------------------------


class LinesField(forms.CharField):
    """A list of texts, one on each line; cleans to a list without empty lines and without what stands twice."""

    widget = forms.Textarea

    def __init__(self, *, longest: int = 300, most: int = 100, **kwargs):
        super().__init__(**kwargs)
        self.longest, self.most = longest, most
        self.widget.attrs |= {"rows": 3}

    def prepare_value(self, value) -> str:
        return "\n".join(value) if isinstance(value, list | tuple) else value

    def to_python(self, value) -> list[str]:
        text = self.prepare_value(value) or ""
        if "\x00" in text:
            raise ValidationError(_("The text contains a character that cannot be stored."))
        return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))

    def validate(self, value: list[str]):
        super().validate(value)
        too_long = [n for n, line in enumerate(value, 1) if len(line) > self.longest]
        if too_long:
            text = _("Line %(n)d is too long; a line has at most %(most)d characters.")
            raise ValidationError([text % {"n": n, "most": self.longest} for n in too_long])
        if len(value) > self.most:
            raise ValidationError(_("At most %d lines are taken.") % self.most)

    def has_changed(self, initial, data) -> bool:
        try:
            return list(initial or []) != self.to_python(data)
        except ValidationError:
            return True
