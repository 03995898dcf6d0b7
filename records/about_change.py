"""What a person says of a change: why, and whether the old value was never true or the world changed."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from .base import Change
from .form_fields import EdtfDateField
from .kinds import Kind

NATURES = [
    ("", gettext_lazy("Added or made more exact")),
    (Change.Nature.CORRECTION, gettext_lazy("Corrected: the old value was never true")),
    (Change.Nature.CHANGE, gettext_lazy("Changed: the new value is true from a day on")),
]


class ChangeForm(forms.Form):
    """The end of every form. `since` (EDTF) and `is_correction` are what steps take."""

    use_required_attribute = False

    nature = forms.ChoiceField(
        label=gettext_lazy("What kind of change"), choices=NATURES, required=False, widget=forms.RadioSelect
    )
    changed_on = EdtfDateField(label=pgettext_lazy("change", "True from"), required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=2000, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, kind: Kind, typed: QueryDict, *, is_new: bool = False):
        super().__init__(data=typed, prefix="change")
        self._errors = forms.utils.ErrorDict()
        if is_new:
            del self.fields["nature"], self.fields["changed_on"]
        elif "change-nature" not in typed:
            typed["change-nature"] = ""
        if kind.asks_reason:
            self.fields["reason"].widget.attrs["aria-required"] = "true"

    def check(self) -> bool:
        self.full_clean()
        return not self._errors

    def clean(self):
        said = super().clean()
        if (
            said.get("nature") == Change.Nature.CHANGE
            and not said.get("changed_on")
            and "changed_on" not in self._errors
        ):
            self.add_error("changed_on", _("Say from which day the new value is true."))

    @property
    def is_correction(self) -> bool:
        return self.cleaned_data.get("nature") == Change.Nature.CORRECTION

    @property
    def since(self) -> str:
        is_change = self.cleaned_data.get("nature") == Change.Nature.CHANGE
        return (is_change and self.cleaned_data.get("changed_on")) or ""

    @property
    def why(self) -> str:
        return self.cleaned_data.get("reason", "") if hasattr(self, "cleaned_data") else ""

    def fault(self, name: str, message: str) -> None:
        self.add_error(name if name in self.fields else None, message)
