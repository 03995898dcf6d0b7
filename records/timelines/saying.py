"""What an entry says of itself: how exact its dates are, whether it is surely among what was asked, in which order it stands
to another, and which sources state its dates.

All but the sources is told from the entry alone. Where only some of the days that a date can mean would answer a question,
it answers “perhaps”, and where the days of two dates overlap, their order is not known.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ..kinds import kinds
from ..rights import Reader
from ..sources import Citation

SURELY, PERHAPS = "surely", "perhaps"
BEFORE, SAME, UNKNOWN = "before", "same", "unknown"
DAY, MONTH, YEAR, INTERVAL, OPEN, UNSTATED = "day", "month", "year", "interval", "open", "unstated"
EXACTNESS = (DAY, MONTH, YEAR, INTERVAL, OPEN, UNSTATED)
WORDS = {
    SURELY: _("surely"),
    PERHAPS: _("perhaps"),
    BEFORE: _("after the one before"),
    SAME: _("on the same day as the one before"),
    UNKNOWN: _("order unknown"),
    DAY: _("to the day"),
    MONTH: _("to the month"),
    YEAR: _("to the year"),
    INTERVAL: _("some day between"),
    OPEN: _("open to one side"),
    UNSTATED: _("not stated"),
}


# ---- how exact -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Exactness:
    """How much of a date is known: to the day, the month, the year; between two dates; open to one side; or not at all."""

    exactness: str
    is_about: bool = False
    is_uncertain: bool = False


@cache
def exactness(edtf: str | None) -> Exactness:
    if not edtf:
        return Exactness(UNSTATED)
    begin, slash, end = edtf.partition("/")
    if slash:
        unit = OPEN if ".." in (begin, end) else INTERVAL
    else:
        unit = (YEAR, MONTH, DAY)[begin.count("-")]
    return Exactness(unit, "~" in edtf, "?" in edtf)


# ---- surely or perhaps ---------------------------------------------------------------------------------


def certainty(entry, asked) -> str | None:
    """Whether the entry is surely among what was asked by days (see Asked), or only perhaps; None where no days were asked.

    An end may be asked with its own days besides those that the entry touches: it is surely there where each of them is sure.
    """
    said = []
    if asked.begins or asked.ends:
        said.append(surely_touches(entry, asked.begins, asked.ends))
    if asked.ends_from or asked.ends_to:
        said.append(surely_ends(entry, asked.ends_from, asked.ends_to))
    if asked.is_late:
        said.append(days_late(entry, asked.today)[0] > 0)
    return None if not said else SURELY if all(said) else PERHAPS


def surely_touches(entry, begins: date | None, ends: date | None) -> bool:
    """Whatever days its dates mean, one of its days lies between these."""
    begun, goes_on = begun_by(entry), goes_on_to(entry)
    return (not ends or (begun is not None and begun <= ends)) and (
        not begins or (goes_on is not None and goes_on >= begins)
    )


def surely_ends(entry, ends_from: date | None, ends_to: date | None) -> bool:
    """Each day that its end can mean lies between these."""
    return (
        entry.last is not None
        and (not ends_from or entry.ends_first >= ends_from)
        and (not ends_to or entry.last <= ends_to)
    )


def days_late(entry, today: date) -> tuple[int, int]:
    """By how many days what is awaited is late, at least and at most: since its end is past, of a plan since its beginning is.

    (0, 12): perhaps. (0, 0): not at all.
    """
    last = begun_by(entry) if entry.is_planned else entry.last
    first = _least(entry.first if entry.is_planned else None, entry.ends_first)
    past = [(today - day).days if day else 0 for day in (last, first)] if entry.is_open else [0, 0]
    return max(past[0], 0), max(past[1], 0)


def begun_by(entry) -> date | None:
    """The day by which it surely has begun, as far as one is stated: it begins no later than it ends."""
    return _least(entry.starts_last, entry.last)


def goes_on_to(entry) -> date | None:
    """The day up to which it surely goes on, as far as one is stated."""
    return max((day for day in (entry.ends_first, entry.first) if day), default=None)


def _least(*days: date | None) -> date | None:
    return min((day for day in days if day), default=None)


# ---- in which order ------------------------------------------------------------------------------------


Days = tuple[date | None, date | None]


def order(entry, previous, by_end: bool = False) -> str | None:
    """What is known of its order to the entry that stands before it: its beginning (or end) is surely later, both are the
    same single day, or neither is known. None for the first of all."""
    return order_of_days(days_in_order(entry, by_end), previous and days_in_order(previous, by_end))


def order_of_days(later: Days, earlier: Days | None) -> str | None:
    """The same of the days of two entries."""
    if earlier is None:
        return None
    if earlier[1] and later[0] and earlier[1] < later[0]:
        return BEFORE
    return SAME if later[0] and earlier == later and later[0] == later[1] else UNKNOWN


def days_in_order(entry, by_end: bool = False) -> Days:
    """The first and the last day that its end (or its beginning) can mean, as far as they are stated."""
    return (goes_on_to(entry), entry.last) if by_end else (entry.first, begun_by(entry))


# ---- which sources state it ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Stated:
    """What one source says of a date of an entry. `is_held`: it is the date that the record holds."""

    citation: UUID
    source: UUID
    title_ko: str
    title_en: str
    attribute: str
    value: str
    value_stated: str
    place: str
    certainty: str
    is_held: bool


def sources_of(entries: Iterable, reader: Reader) -> dict[tuple[UUID, str], tuple[Stated, ...]]:
    """By record and fact: what the sources that the reader may see today say of its dates, the older first. One query."""
    entries = list(entries)
    fields = {(one.kind, one.fact): fields_of(one.kind, one.fact) for one in entries}
    names = {name for some in fields.values() for name in some}
    if not names:
        return {}
    rows = (
        Citation.objects.visible_to(reader)
        .filter(record__in={one.record for one in entries}, attribute__in=names)
        .filter(source__is_retired=False, source__visibility__lte=reader.level)
        .order_by("source__published_on_first", "source_id", "attribute", "id")
        .values_list(
            "record_id", "id", "source_id", "source__title_ko", "source__title_en", "attribute", "value",
            "value_stated", "place", "certainty",
        )
    )  # fmt: skip
    said = defaultdict(list)
    for record, *row in rows:
        said[record].append(Stated(*row, is_held=False))
    return {
        (one.record, one.fact): tuple(
            replace(s, is_held=s.value == held[s.attribute]) for s in said[one.record] if s.attribute in held
        )
        for one in entries
        if (held := dict(zip(fields[one.kind, one.fact], (one.starts_on, one.ends_on), strict=False)))
    }


@cache
def fields_of(kind: str, fact: str) -> tuple[str, ...]:
    """The fields of the record that hold this fact's date: where it begins, and where it ends; none of what is worked out."""
    dated = next((one for one in kinds()[kind].dated if one.fact == fact), None)
    return tuple(filter(None, (dated.starts, dated.ends))) if dated else ()
