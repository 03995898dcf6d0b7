"""By how much a date slipped, in words of the reader's language."""

import re

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext_lazy

from ...slips.shifts import Shift, What

NOT_TO_THE_DAY = re.compile(r"(\d{4})(?:-(\d{2}))?[~?]?")
OF_WHAT = {
    What.PERHAPS: gettext_lazy("perhaps moved"),
    What.WITHDRAWN: gettext_lazy("no date any more"),
    What.APPEARED: gettext_lazy("a date was entered"),
    What.MORE_EXACT: gettext_lazy("told more exactly"),
    What.LESS_EXACT: gettext_lazy("told less exactly"),
    What.SAME: gettext_lazy("the same days"),
}
SIDES = {
    "day": "",
    "start": pgettext_lazy("of a period", "beginning"),
    "end": pgettext_lazy("of a period", "end"),
}


def how_much(shift: Shift, before: str | None = None, after: str | None = None) -> tuple[str, str]:
    """(by how much, in how many days that lies where it is not known to the day)."""
    if not shift.is_sure:
        return str(OF_WHAT[shift.what]), _in_days(shift) if shift.what == What.PERHAPS else ""
    is_later, days = shift.what == What.LATER, _bounds(shift)
    if unit := _in_units(before, after):
        return unit, _between(*days)
    if shift.is_exact:
        number = days[0]
        words = ngettext("%d day later", "%d days later", number) if is_later else ngettext(
            "%d day earlier", "%d days earlier", number
        )  # fmt: skip
        return words % number, ""
    return (_("%s later") if is_later else _("%s earlier")) % _between(*days), ""


def _bounds(shift: Shift) -> tuple[int | None, int | None]:
    """The least and the most days, without the direction."""
    low, high = (shift.low, shift.high) if shift.what == What.LATER else (shift.high, shift.low)
    return low and abs(low), high and abs(high)


def _between(least: int | None, most: int | None) -> str:
    if most is None:
        return ngettext("at least %d day", "at least %d days", least) % least
    return _("%(least)d to %(most)d days") % {"least": least, "most": most}


def _in_days(shift: Shift) -> str:
    if shift.low is None or shift.high is None:
        return ""
    return _("between %(earlier)d days earlier and %(later)d days later") % {"earlier": -shift.low, "later": shift.high}


def _in_units(before: str | None, after: str | None) -> str:
    """Of two months, or of two years, how many they lie apart; "" for all else."""
    found = [NOT_TO_THE_DAY.fullmatch(text or "") for text in (before, after)]
    if not all(found) or bool(found[0][2]) != bool(found[1][2]):
        return ""
    is_month = bool(found[0][2])
    a, b = (int(one[1]) * 12 + int(one[2]) if is_month else int(one[1]) for one in found)
    number = abs(b - a)
    if is_month:
        words = (
            ngettext("%d month later", "%d months later", number)
            if b > a
            else ngettext("%d month earlier", "%d months earlier", number)
        )
    else:
        words = (
            ngettext("%d year later", "%d years later", number)
            if b > a
            else ngettext("%d year earlier", "%d years earlier", number)
        )
    return words % number
