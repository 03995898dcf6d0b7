"""Lanes as a page shows them: the window that its address asks for, the drawings, the table, and the ways to other windows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.utils import timezone
from django.utils.dates import MONTHS_3
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .. import dates
from ..asking import not_allowed
from .axis import Words
from .geometry import Drawing, drawings
from .lanes import Lane
from .window import MONTHS, WHOLE, Window, span_of, whole, zoomed

PARAMETERS = ("zoom", "at")  # of the window; a page keeps them in every other address that it makes


@dataclass(frozen=True)
class Way:
    """A link to the same page with another window."""

    label: str
    href: str
    is_here: bool = False


@dataclass(frozen=True)
class Shown:
    """What `templates/gantt/gantt.html` writes. Without any date there are no drawings, but still the table."""

    lanes: tuple[Lane, ...]
    drawings: tuple[Drawing, ...]
    window: Window | None
    zooms: tuple[Way, ...]
    earlier: str
    later: str
    now: str  # to the window with today in it, where it is not this one

    @property
    def first_last(self) -> str:
        """The days of the window in words."""
        language = get_language() or "ko"
        months = [self.window.first, self.window.end - timezone.timedelta(days=1)] if self.window else []
        return " ~ ".join(dates.show(day.isoformat()[:7], language) for day in months)


def read_window(request: HttpRequest, usual: str = WHOLE) -> tuple[str, date | None, list[str]]:
    """(zoom, where it is to begin, what is wrong with either)."""
    zoom, at = request.GET.get("zoom", "") or usual, request.GET.get("at", "")
    problems = [] if zoom in (WHOLE, *MONTHS) else [not_allowed("zoom", zoom, (WHOLE, *MONTHS))]
    try:
        begins = dates.parse(dates.read(at)).first if at else None
    except dates.BadDate as bad:
        return zoom, None, [*problems, str(bad)]
    return zoom, begins, problems


def shown(
    request: HttpRequest, lanes: Sequence[Lane], span: tuple[date, date] | None = None, usual: str = WHOLE
) -> Shown:
    """These lanes in the window that the address asks for; ask `read_window` for problems before. `span`: all days there are;
    `usual`: the zoom where the address names none."""
    zoom, at, _problems = read_window(request, usual)
    today = request.as_of or timezone.localdate()
    span = span or span_of(lanes)
    if span is None:
        return Shown(tuple(lanes), (), None, (), "", "", "")
    is_open = any(mark.ends is None and not mark.is_point for lane in lanes for mark in lane.marks)
    window = whole(span, today, is_open_ended=is_open) if zoom == WHOLE else zoomed(zoom, at, span, today)
    return Shown(
        lanes=tuple(lanes),
        drawings=tuple(drawings(lanes, window, today=today, words=words(request.as_of))),
        window=window,
        zooms=tuple(
            Way(name, _with(request, zoom=None if each == usual else each, at=None), each == zoom)
            for each, name in names().items()
        ),
        earlier=_with(request, at=window.earlier.isoformat()) if window.earlier else "",
        later=_with(request, at=window.later.isoformat()) if window.later else "",
        now=_with(request, at=None) if at and not window.holds(today) else "",
    )


def names() -> dict[str, str]:
    return {WHOLE: _("whole"), "year": _("years"), "quarter": _("quarters"), "month": _("months")}


def words(as_of: date | None) -> Words:
    """What the axis says in the reader's language; where another day is looked at, that day instead of “today”."""
    today = dates.show(as_of.isoformat(), get_language() or "ko") if as_of else _("today")
    quarters = tuple(_("Q%(number)d") % {"number": n} for n in range(1, 5))
    return Words(tuple(capfirst(str(MONTHS_3[n])) for n in range(1, 13)), quarters, today)


def _with(request: HttpRequest, **changed: str | None) -> str:
    """This page's address with some parameters changed (None: without)."""
    query = request.GET.copy()
    for name, value in changed.items():
        query.pop(name, None)
        if value is not None:
            query[name] = value
    return f"{request.path}?{query.urlencode()}".rstrip("?")
