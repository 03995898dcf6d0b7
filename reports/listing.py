"""The list of reports: those to write first, then what waits for officers, then what is done; in each the latest period first.

Read part by part, each along an index of its own, so that a page costs the same however far down it lies.
"""

from datetime import date
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from records.lists import COUNTED_TO

from .models import ProjectUpdate
from .models.updates import DONE, WITH_OFFICERS, WITH_PARTNER

PAGE = 50
PARTS = ((_("To write"), WITH_PARTNER), (_("With the officers"), WITH_OFFICERS), (_("Done"), DONE))
ORDER = ("-period_ends_on", "id")

type Place = tuple[int, date, UUID]  # the part of a row, and what it is sorted by in it


def page_of(rows: QuerySet, after: Place | None, size: int = PAGE) -> tuple[list[tuple[str, list]], str]:
    """(the parts of a page, each with its title and rows; where the next page begins: "" is nowhere)."""
    found: list[tuple[int, ProjectUpdate]] = []
    for part in range(after[0] if after else 0, len(PARTS)):
        of_part = rows.filter(state__in=PARTS[part][1]).order_by(*ORDER)
        if after and after[0] == part:
            _part, day, id = after
            of_part = of_part.filter(period_ends_on__lte=day).filter(Q(period_ends_on__lt=day) | Q(id__gt=id))
        found += [(part, row) for row in of_part[: size + 1 - len(found)]]
        if len(found) > size:
            break
    shown = found[:size]
    parts = [(title, [row for part, row in shown if part == n]) for n, (title, _states) in enumerate(PARTS)]
    return [(str(title), rows) for title, rows in parts if rows], _written(shown[-1]) if len(found) > size else ""


def count_of(rows: QuerySet) -> int:
    """At most one more than is counted."""
    return len(rows.order_by().values_list("id")[: COUNTED_TO + 1])


def _written(last: tuple[int, ProjectUpdate]) -> str:
    part, row = last
    return f"{part}_{row.period_ends_on}_{row.id}"


def read_place(text: str) -> Place | None:
    """Where a page begins. Raises ValueError for what is no such place."""
    if not text:
        return None
    part, day, id = text.split("_")
    if part not in map(str, range(len(PARTS))):
        raise ValueError(part)
    return int(part), date.fromisoformat(day), UUID(id)
