"""What the address of a page with a large timeline asks: which days, what is open, which group page by page. And the answer."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from django.http import HttpRequest, QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _

from ..problem_codes import coded
from .lanes import Lane
from .shown import read_window
from .standing import Look
from .window import WHOLE, Window, zoomed

Span = tuple[date, date]


@dataclass(frozen=True)
class Question:
    """`open`: the keys of what is open, None where the address does not say. `only`: the group that is read page by page,
    from `after` on. `zoom` is "" where the address leaves it to the page."""

    path: str
    query: QueryDict
    look: Look
    today: date
    zoom: str = ""
    at: date | None = None
    open: frozenset[str] | None = None
    only: str = ""
    after: tuple[date, UUID] | None = None

    def href(self, **changed: str | Sequence[str] | None) -> str:
        """This page with some parameters changed (None: without). A list stands as its values with commas between."""
        query = self.query.copy()
        for name, value in changed.items():
            query.pop(name, None)
            if value is not None:
                query[name] = value if isinstance(value, str) else ",".join(value)
        return f"{self.path}?{query.urlencode(safe=',')}".rstrip("?")

    def further(self, group: str, place: tuple[date, UUID]) -> str:
        """The page with what follows this place in a group."""
        return self.href(group=group, cursor=_cursor(place), open=None)

    def window(self, span: Span | None, usual: str) -> Window | None:
        """The days that are drawn; None for all."""
        zoom = self.zoom or usual
        return zoomed(zoom, self.at, span, self.today) if span and zoom != WHOLE else None

    def within(self, window: Window | None) -> Look:
        """Who looks, at the days of this window."""
        if window is None:
            return self.look
        return replace(self.look, first=window.first, last=window.last)


@dataclass(frozen=True)
class Provided:
    """Lanes in their order, all the days that there are, and the zoom where the address names none."""

    lanes: tuple[Lane, ...]
    span: Span | None = None
    usual: str = WHOLE
    next: str = ""  # the next page of a group
    all: str = ""  # back from one group to all
    list: str = ""  # of what that group holds
    first: str = ""  # back to the first page
    fold: str = ""  # the page with everything folded, where something is open
    unfold: str = ""  # the page with one level more open, where something is folded


def read_question(request: HttpRequest) -> tuple[Question, list[str]]:
    """(what is asked, what is wrong with it)."""
    _zoom, at, problems = read_window(request)
    asked = request.GET
    after = None
    if asked.get("cursor"):
        try:
            after = _place(asked["cursor"])
        except ValueError:
            problems = [
                *problems,
                coded("bad_cursor", _("This cursor belongs to another question. Begin again without it.")),
            ]
    question = Question(
        path=request.path,
        query=asked,
        look=Look(request.reader, request.as_of, request.known_at is not None),
        today=request.as_of or timezone.localdate(),
        zoom=asked.get("zoom", ""),
        at=at,
        open=frozenset(asked["open"].split(",")) - {""} if "open" in asked else None,
        only=asked.get("group", ""),
        after=after,
    )
    return question, problems


def _cursor(place: tuple[date, UUID]) -> str:
    return base64.urlsafe_b64encode(json.dumps([str(one) for one in place]).encode()).decode().rstrip("=")


def _place(cursor: str) -> tuple[date, UUID]:
    """Raises ValueError."""
    try:
        day, id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return date.fromisoformat(day), UUID(id)
    except (TypeError, AttributeError) as bad:
        raise ValueError from bad
