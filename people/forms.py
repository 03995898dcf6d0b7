"""Shapes of what people type at the door and about their own account. Rules are in the commands."""

from collections.abc import Collection

from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.password_validation import password_validators_help_text_html
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from records.refusals import Refused

from . import throttle
from .models import Token, User

NEW = {"autocomplete": "new-password"}


class SignInForm(AuthenticationForm):
    """By user name or e-mail address. Who tries too often waits, whether the account exists or not."""

    error_messages = {"invalid_login": _("This name or password is wrong."), "inactive": _("This account is inactive.")}

    def __init__(self, request=None, *args, **kwargs):
        super().__init__(request, *args, **kwargs)
        self.fields["username"].label = _("User name or e-mail address")

    def clean(self):
        name = self.cleaned_data.get("username", "")
        try:
            throttle.attempt(throttle.SIGN_IN, name, throttle.address_of(self.request))
        except throttle.TooMany as too_many:
            raise ValidationError(str(too_many), code="too_many") from None
        cleaned = super().clean()
        throttle.forget(throttle.SIGN_IN, name)
        return cleaned


class NewPasswordForm(forms.Form):
    """A password, twice. Whether it is good the command says."""

    password = forms.CharField(
        label=_("New password"),
        widget=forms.PasswordInput(attrs=NEW),
        strip=False,
        help_text=password_validators_help_text_html,
    )
    again = forms.CharField(label=_("The same password again"), widget=forms.PasswordInput(attrs=NEW), strip=False)

    def clean_again(self) -> str:
        again = self.cleaned_data["again"]
        if self.cleaned_data.get("password", again) != again:
            raise ValidationError(_("The two passwords differ."))
        return again


class AcceptForm(NewPasswordForm):
    name = forms.CharField(label=_("Your name"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    field_order = ("name", "password", "again")


class OwnPasswordForm(NewPasswordForm):
    old_password = forms.CharField(
        label=_("Present password"),
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        strip=False,
    )
    field_order = ("old_password", "password", "again")


class AddressForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )


class OwnForm(forms.ModelForm):
    class Meta:
        model = User
        fields = ("name", "language")
        labels = {"name": _("Your name")}


class TokenForm(forms.ModelForm):
    class Meta:
        model = Token
        fields = ("name", "scope", "expires_on")
        widgets = {"expires_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}
        help_texts = {
            "name": _("What it is for, for example “dashboard of the ministry”."),
            "expires_on": _("Empty: until it is revoked."),
        }

    def __init__(self, *args, scopes: Collection[Token.Scope], **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["scope"].choices = [(scope.value, scope.label) for scope in scopes]


def put(form: forms.Form, refused: Refused) -> None:
    """The sentences of a command, each beside the field that it is about."""
    for fault in refused.faults:
        form.add_error(fault.field if fault.field in form.fields else None, fault.message)
