"""The form of a bulk edit: every field that may be set in many records at once. What is left as it is, is not touched."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .form_fields import EdtfDateField, LinesField, RecordField
from .kinds import Field, Kind, Type, kind_of, kinds
from .rights import Reader
from .selecting import settable

LEAVE, EMPTY = "", "-"


class WantedForm(forms.Form):
    """`sent` gives what was asked for, as `selecting.wanted_of` takes it."""

    use_required_attribute = False

    def __init__(self, kind: Kind, reader: Reader, data=None):
        super().__init__(data, auto_id="set-%s", prefix="set")
        self.asked = settable(kind)
        for name, field in self.asked.items():
            self.fields |= dict(_inputs(name, field, reader))
        choices = [(LEAVE, _("leave as it is")), ("true", _("retire")), ("false", _("restore"))]
        self.fields["is_retired"] = forms.ChoiceField(label=_("retire or restore"), choices=choices, required=False)

    @property
    def sent(self) -> dict:
        """Fields and values in JSON's terms."""
        said, found = self.cleaned_data, {}
        for name, field in self.asked.items():
            if field.type is Type.LIST:
                parts = {part: said[f"{part}_{name}"] for part in ("add", "remove") if said[f"{part}_{name}"]}
                found |= {name: parts} if parts else {}
            elif said.get(f"empty_{name}") or said[name] == EMPTY:
                found[name] = None
            elif said[name] not in (LEAVE, None):
                found[name] = said[name] == "true" if field.type is Type.BOOLEAN else str(said[name])
        return found | ({"is_retired": said["is_retired"] == "true"} if said["is_retired"] else {})

    def clean(self):
        if not self.errors and not self.sent:
            raise forms.ValidationError(_("Choose a value for one field at least."))


def _inputs(name: str, field: Field, reader: Reader):
    label = str(field.label)
    if field.type is Type.LIST:
        yield f"add_{name}", LinesField(label=_("%s: add") % label, required=False, help_text=ONE_A_LINE)
        yield f"remove_{name}", LinesField(label=_("%s: take away") % label, required=False, help_text=ONE_A_LINE)
        return
    if field.type in (Type.CHOICE, Type.BOOLEAN):
        yield name, forms.ChoiceField(label=label, choices=_choices(field), required=False)
        return
    if field.type is Type.DATE:
        yield name, EdtfDateField(label=label, required=False)
    else:
        among = kinds().values() if field.type is Type.RECORD else [kind_of(field.target)]
        yield name, RecordField(label=label, kinds=tuple(among), reader=reader, required=False)
    if not field.is_required:
        yield f"empty_{name}", forms.BooleanField(label=_("%s: make empty") % label, required=False)


ONE_A_LINE = gettext_lazy("one on each line")


def _choices(field: Field) -> list[tuple[str, str]]:
    words = field.choices if field.type is Type.CHOICE else (("true", _("yes")), ("false", _("no")))
    empty = (
        []
        if field.is_required or field.type is Type.BOOLEAN or field.name == "visibility"
        else [(EMPTY, _("make empty"))]
    )
    return [(LEAVE, _("leave as it is")), *((str(word), label) for word, label in words if word != ""), *empty]
