"""How far away a due day is, in words: never by a colour alone."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def days_words(days_left: int) -> str:
    """“late by 3 days”, “due today”, “5 days before it is due”."""
    if days_left < 0:
        return ngettext("late by %d day", "late by %d days", -days_left) % -days_left
    if days_left == 0:
        return _("due today")
    return ngettext("%d day before it is due", "%d days before it is due", days_left) % days_left
