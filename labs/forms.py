"""Shapes of what is typed about other people's accounts. Rules are in the commands."""

from django import forms
from django.utils.translation import gettext_lazy as _

from people.forms import TokenForm
from people.models import User
from records.refusals import Refused

from .commands import SCOPES, institutions_named


class AccountForm(forms.Form):
    """For inviting and for changing; offers the roles that `by` may give."""

    email = forms.EmailField(label=_("E-mail address"), max_length=254)
    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.ChoiceField(label=_("Role"))
    institutions = forms.CharField(
        label=_("Institutions"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For partners: what they report for, one in each line, by name or short name. Units are included."),
    )
    language = forms.ChoiceField(label=_("Language of the mails"), choices=User._meta.get_field("language").choices)

    def __init__(self, *args, by: User, **kwargs):
        super().__init__(*args, **kwargs)
        roles = [(value, label) for value, label in User.Role.choices if value in by.manages]
        self.fields["role"].choices = roles

    def clean_institutions(self) -> list:
        try:
            return institutions_named(self.cleaned_data["institutions"])
        except Refused as refused:
            raise forms.ValidationError([fault.message for fault in refused.faults]) from None


class EditForm(AccountForm):
    """Has the latest event that its reader saw, so that nobody overwrites what happened since."""

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"].required = False


class InstitutionTokenForm(TokenForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, scopes=SCOPES, **kwargs)
        self.fields["name"].help_text = _("What it is for, for example “research information system”.")
