"""Money in words: what its measures and dimensions are called, and their values."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.labels import Label

from .models import Category, FundingLine, PayerKind, PayerPlace

MEASURE_WORDS = {
    "planned": gettext_lazy("Planned"),
    "committed": gettext_lazy("Committed"),
    "received": gettext_lazy("Received"),
    "spent": gettext_lazy("Spent"),
    "remaining": gettext_lazy("Remaining"),
    "undivided": gettext_lazy("Undivided"),
}
DIMENSION_WORDS = {
    "fiscal_year": gettext_lazy("fiscal year"),
    "payer_kind": gettext_lazy("source of money"),
    "abroad": gettext_lazy("payer abroad"),
    "payer": gettext_lazy("payer"),
    "recipient": gettext_lazy("recipient"),
    "program": gettext_lazy("program"),
    "project": gettext_lazy("project"),
    "category": gettext_lazy("category"),
    "form": gettext_lazy("form"),
    "currency": gettext_lazy("currency"),
    "state": gettext_lazy("state"),
}
NOT_STATED = {
    "fiscal_year": gettext_lazy("year not stated"),
    "project": gettext_lazy("of the program itself"),
    "payer": gettext_lazy("payer not stated"),
    "recipient": gettext_lazy("recipient not stated"),
    "category": gettext_lazy("category not stated"),
    "abroad": gettext_lazy("payer's place not stated"),
}
NAMED = {"program": "program", "project": "project", "payer": "institution", "recipient": "institution"}  # by kind
CHOICES = {"payer_kind": PayerKind, "form": FundingLine.Form, "state": FundingLine.State, "category": Category}


@dataclass(frozen=True)
class Word:
    """What a group is called. `is_unstated`: no source states it."""

    text: str
    url: str = ""
    is_unstated: bool = False


def form_word(form: str) -> Word:
    if form == FundingLine.Form.UNSTATED:
        return Word(_("form not stated"), is_unstated=True)
    return Word(str(FundingLine.Form(form).label))


def source_word(kind: str, is_abroad: bool = False) -> Word:
    """Where money comes from: the kind of its payer, and that it is abroad where it is."""
    is_unstated = kind == PayerKind.UNSTATED
    text = _("payer not stated") if is_unstated else str(PayerKind(kind).label)
    return Word(f"{text} ({PayerPlace.ABROAD.label})" if is_abroad else text, is_unstated=is_unstated)


def word(dimension: str, key, labels: Mapping[UUID, Label]) -> Word:
    """A value of a dimension in words."""
    if isinstance(key, tuple):
        return source_word(*key)
    if key is None:
        return Word(str(NOT_STATED[dimension]), is_unstated=dimension != "project")
    if dimension in NAMED:
        return Word(str(labels[key]), labels[key].url) if key in labels else Word(_("not shown"))
    if dimension == "payer_kind":
        return source_word(key)
    if dimension == "abroad":
        return Word(str((PayerPlace.ABROAD if key else PayerPlace.HOME).label))
    if dimension in CHOICES:
        return Word(str(CHOICES[dimension](key).label), is_unstated=key == FundingLine.Form.UNSTATED)
    return Word(str(key))
