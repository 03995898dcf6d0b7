"""How an entry stands to the days that are asked for, in words; how surely it does, `timelines.saying` says.

Where a date can mean several days, so does what follows from it: “late by 3 to 33 days”.
"""

from dataclasses import dataclass
from datetime import date

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ...dates import FIRST_DAY, LAST_DAY
from ...timelines import saying
from ...timelines.asking import Entry
from .asked import Question, Which


@dataclass(frozen=True)
class Standing:
    """`is_perhaps`: only some of the days that the date can mean make it so; `why` says which."""

    words: str
    is_perhaps: bool
    why: str = ""


def standing(entry: Entry, question: Question) -> Standing:
    is_perhaps = saying.certainty(entry, question.asked()) == saying.PERHAPS
    match question.which:
        case Which.LATE:
            why = _("only some of the days that its date can mean are past") if is_perhaps else ""
            return Standing(late_words(entry, question.today), is_perhaps, why)
        case Which.ENDING:
            why = _end_outside(entry, question.first_day, question.last_day) if is_perhaps else ""
            return Standing(left_words(entry, question.today), is_perhaps, why)
    if not is_perhaps:
        return Standing(_("surely"), False)
    outside = _end_outside if question.is_about_ends else _outside
    return Standing(_("perhaps"), True, outside(entry, question.first_day, question.last_day))


def is_not_begun(entry: Entry) -> bool:
    """Whether it is late because it was to begin; what lies on one date is late as such."""
    return entry.is_planned and entry.starts_on is not None and entry.starts_on != entry.ends_on


def late_words(entry: Entry, today: date) -> str:
    low, high = saying.days_late(entry, today)
    if _is_without_beginning(entry):
        high = None
    if is_not_begun(entry):
        if not low:
            return _("perhaps it should have begun")
        return _("should have begun %s ago, is still planned") % _days(low, high)
    if not low:
        return _("perhaps late, by %s at most") % _days(high, high) if high else _("perhaps late")
    return _("late by %s") % _days(low, high)


def _is_without_beginning(entry: Entry) -> bool:
    """`../2024`: nobody knows from when on."""
    return FIRST_DAY in (entry.ends_first, entry.first if entry.is_planned else None)


def _days(low: int, high: int | None) -> str:
    at_least = number_format(low, force_grouping=True)
    if high is None:
        return ngettext("%(n)s day or more", "%(n)s days or more", low) % {"n": at_least}
    if low == high:
        return ngettext("%(n)s day", "%(n)s days", low) % {"n": at_least}
    return _("%(low)s to %(high)s days") % {"low": at_least, "high": number_format(high, force_grouping=True)}


def left_words(entry: Entry, today: date) -> str:
    """“12 days left”, “12 to 42 days left”; of days that are past “ended 3 days ago”."""
    low = max((entry.ends_first - today).days, 0) if entry.ends_first else 0
    if entry.last is None or entry.last == LAST_DAY:
        return _("%s left") % _days(low, None)
    high = (entry.last - today).days
    if high < 0:
        return _("ended %s ago") % _days(-high, -high)
    if high == 0:
        return _("ends today") if entry.ends_first == entry.last else _("ends today at the latest")
    return _("%s left") % _days(low, high)


def _end_outside(entry: Entry, begins: date | None, ends: date | None) -> str:
    before = bool(begins and entry.ends_first and entry.ends_first < begins)
    after = bool(ends and entry.last and entry.last > ends)
    if before and after:
        return _("it may also end before, or after")
    return _("it may have ended before") if before else _("it may also end later")


def _outside(entry: Entry, begins: date | None, ends: date | None) -> str:
    """Why it only perhaps touches these days."""
    begun = saying.begun_by(entry)
    if ends and (begun is None or begun > ends):
        if entry.starts_on is None:
            return _("no beginning is stated")
        return _("its day may lie later") if entry.starts_on == entry.ends_on else _("it may begin later")
    if entry.ends_on is None:
        return _("no end is stated")
    return _("its day may lie earlier") if entry.starts_on == entry.ends_on else _("it may have ended before")
