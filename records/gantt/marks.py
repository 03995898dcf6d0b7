"""Entries of timelines as marks of a drawing, in the reader's language."""

from datetime import date

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .. import dates
from ..showing import period_cell
from ..timelines.asking import Entry
from ..timelines.on_record import WORDS
from .lanes import Mark


def mark_of(entry: Entry, today: date, *, label: str = "", href: str = "") -> Mark:
    """One entry; `label` is what its record is called, where the lane does not say it."""
    word = str(WORDS.get(entry.fact, entry.fact))
    late = is_late(entry, today)
    return Mark(
        name=" · ".join(part for part in (label, word) if part) or _("period"),
        when=period_cell(entry.starts_on, entry.ends_on).text,
        starts=dates.parse(entry.starts_on) if entry.starts_on else None,
        ends=dates.parse(entry.ends_on) if entry.ends_on else None,
        is_point=is_point(entry),
        is_planned=entry.is_planned,
        is_late=late,
        late_by=late_by(entry, today) if late else "",
        href=href,
        word=word,
    )


def is_point(entry: Entry) -> bool:
    """Whether it lies on one date. A period that begins and ends with the same words is a period still."""
    return bool(entry.starts_on) and entry.starts_on == entry.ends_on and entry.fact != "period"


def is_late(entry: Entry, today: date) -> bool:
    """Awaited, and its last day is past, or only planned, and the last day on which it was to begin is."""
    ended = entry.last is not None and entry.last < today
    not_begun = entry.is_planned and entry.starts_last is not None and entry.starts_last < today
    return entry.is_open and (ended or not_begun)


def late_by(entry: Entry, today: date) -> str:
    """By how many days at least, in words: since its last day, or since the last day on which it was to begin."""
    if entry.last is not None and entry.last < today:
        days = (today - entry.last).days
        return ngettext("%(days)d day late", "%(days)d days late", days) % {"days": days}
    days = (today - entry.starts_last).days
    return ngettext("start %(days)d day late", "start %(days)d days late", days) % {"days": days}
