"""Why a total differs between two moments: line by line what came, went, moved, was revised, divided, entered or corrected."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from records.kinds import kind_of
from records.rights import Reader
from records.two_moments import Moment, Two

from .models import FundingAmount, LedgerEntry
from .rollups import lines_behind

MOST_LINES = 20_000  # looked at on each side
SHOWN = 200
STATED = ("planned", "committed")
REALLY = ("received", "spent")
MEASURES = STATED + REALLY


class Why(models.TextChoices):
    """What happened to a line between two moments."""

    NEW = "new", _("new line")
    GONE = "gone", _("cancelled, retired or deleted")
    MOVED_HERE = "moved_here", _("moved here")
    MOVED_AWAY = "moved_away", _("moved away")
    REVISED = "revised", _("revised")
    DIVIDED = "divided", _("divided otherwise")
    ENTERED = "entered", _("entered in the ledger")
    CORRECTED = "corrected", _("corrected")


@dataclass(frozen=True)
class Difference:
    """One line in one fiscal year that counts otherwise, and why. `left` and `right` have its measures; None: not counted."""

    line: UUID
    fiscal_year: int | None
    currency: str
    why: tuple[Why, ...]
    left: dict | None
    right: dict | None

    def by(self, measure: str) -> int:
        """Later less earlier; what is not stated adds nothing."""
        was, now = ((side or {}).get(measure) or 0 for side in (self.left, self.right))
        return now - was


@dataclass(frozen=True)
class Explained:
    """The differences, the largest first; `more` of them are not shown. `is_whole`: every line was looked at."""

    differences: list[Difference]
    more: int
    is_whole: bool


def explain(reader: Reader, two: Two, **of) -> Explained:
    """Every line that counts otherwise at the second moment than at the first. `of`: as `totals` takes it, without a moment."""
    here = [_counted(reader, moment, of) for moment in two]
    differing = [
        key for key in here[0].keys() | here[1].keys() if _amounts(here[0].get(key)) != _amounts(here[1].get(key))
    ]
    lines = {line for line, _year in differing}
    then, now = (_Side(reader, moment, counted, lines) for moment, counted in zip(two, here, strict=True))
    found = [
        Difference(*key, (then.counted.get(key) or now.counted[key])["currency"], tuple(_why(key, then, now)),
                   then.counted.get(key), now.counted.get(key))
        for key in differing
    ]  # fmt: skip
    found.sort(key=lambda d: (-max(abs(d.by(m)) for m in MEASURES), d.line, d.fiscal_year or 0))
    return Explained(found[:SHOWN], len(found[SHOWN:]), max(map(len, here)) < MOST_LINES)


def _counted(reader: Reader, moment: Moment, of: dict) -> dict[tuple, dict]:
    with moment.looked_at():
        # both sides from the facts: what is stored may not be worked in yet
        rows = lines_behind(reader, limit=MOST_LINES, as_of=moment.as_of, is_past=True, **of)
    return {(row["line"], row["fiscal_year"]): row for row in rows}


def _amounts(row: dict | None) -> tuple | None:
    return row and tuple(row[measure] for measure in MEASURES)


class _Side:
    """What was known of some lines at one of the moments: what they counted for here and elsewhere, and what stood behind it."""

    def __init__(self, reader: Reader, moment: Moment, counted: dict[tuple, dict], lines: set[UUID]):
        self.counted = counted
        self.here = {line for line, _year in counted}
        self.anywhere = {line for line, _year in _counted(reader, moment, {"lines": lines})}
        day = moment.as_of or date.max
        with moment.looked_at():
            amounts = FundingAmount.objects.filter(line__in=lines).visible_to(reader)
            latest = list(kind_of(FundingAmount).counting_on(amounts, day))
            entries = LedgerEntry.objects.filter(line__in=lines, posted_on_first__lte=day).visible_to(reader)
            self.entries = set(entries.values_list("line", "id", "corrects"))
        self.stated = {(a.line_id, a.fiscal_year): (a.planned, a.committed) for a in latest}
        self.corrected = {(a.line_id, a.fiscal_year) for a in latest if a.revision == FundingAmount.Revision.CORRECTED}


def _why(key: tuple, then: _Side, now: _Side) -> Iterator[Why]:
    line, _year = key
    if line not in then.here:
        yield Why.MOVED_HERE if line in then.anywhere else Why.NEW
        return
    if line not in now.here:
        yield Why.MOVED_AWAY if line in now.anywhere else Why.GONE
        return
    was, is_now = then.counted.get(key) or {}, now.counted.get(key) or {}
    if any(was.get(measure) != is_now.get(measure) for measure in STATED):
        if then.stated.get(key) == now.stated.get(key):
            yield Why.DIVIDED
        else:
            yield Why.CORRECTED if key in now.corrected - then.corrected else Why.REVISED
    entered = {corrects is not None for of, _id, corrects in now.entries ^ then.entries if of == line}
    if any(was.get(measure) != is_now.get(measure) for measure in REALLY):
        yield from (Why.CORRECTED if is_counter else Why.ENTERED for is_counter in sorted(entered))
