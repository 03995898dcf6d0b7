"""Where the lists of dated facts are, and what kinds are called in them."""

from django.utils.http import urlencode
from django.utils.translation import gettext as _

from ...kinds import kinds
from ...moments import address
from .asked import REPORT_DUE, Question


def url(question: Question, name: str = "", which: str = "", **other) -> str:
    """The address of this question at the moment that is looked at, with `other` parameters instead of its own."""
    base = address(name or f"timelines_{question.which}", *([which] if which else []))
    asked = urlencode(question.params(**other), doseq=True)
    return f"{base}{'&' if '?' in base else '?'}{asked}" if asked else base


def kind_words(name: str, one: bool = False) -> str:
    """What entries of a kind are called; of an obligation to report it is each report that is due."""
    if name == REPORT_DUE[0]:
        return _("report due") if one else _("reports due")
    return str(kinds()[name].label_one if one else kinds()[name].label_many)
