"""Questions that cost much: only so many at once, and none for ever, so that those who ask little do not feel it.

What may be heavy is known by its parameters (`is_heavy`). It waits half a second for its turn; where those whose turn it
is have been at it for longer than that, it is refused at once: a flood of quick ones passes, one of slow ones does not take
the threads of the others. What the API reads may take the database so many seconds for one statement; the connection is told
so once and again only when something else comes along on it, so that mostly it costs no trip.
"""

import threading
import time
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.backends.signals import connection_created
from django.dispatch import receiver
from django.utils.translation import gettext as _

from .limits import COUNTED, whose
from .problems import refused

PATIENCE = 0.5  # seconds
HEAVY = {"group_by", "measure", "count", "search", "known_at"}
HEAVY_ADDRESSES = ("/api/v1/rollups/", "/api/v1/compare/", "/api/v1/search/", "/calendars/")
NARROWED_BY = {"program", "project"}  # what these addresses are asked about then is little
READING = ("GET", "HEAD")


class Full(Exception):
    """No turn for another one; `is_own`: because of what the same asker has running."""

    def __init__(self, is_own: bool):
        super().__init__(is_own)
        self.is_own = is_own


class Turns:
    """`at_once` in this process, and of them `of_one` for the same asker."""

    def __init__(self, at_once: int, of_one: int):
        self.at_once, self.of_one = at_once, of_one
        self._changed = threading.Condition()
        self._running: list[tuple[str, float]] = []  # who, since when

    @contextmanager
    def one(self, who: str):
        """Inside, it is this asker's turn. Raises Full."""
        mine = self._begin(who)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(mine)
                self._changed.notify_all()

    def _begin(self, who: str) -> tuple[str, float]:
        with self._changed:
            until = time.monotonic() + PATIENCE
            while in_the_way := self._in_the_way(who):
                now = time.monotonic()
                if now >= until or all(now - since > PATIENCE for _who, since in in_the_way):
                    raise Full(is_own=len(in_the_way) < self.at_once)
                self._changed.wait(until - now)
            mine = (who, time.monotonic())
            self._running.append(mine)
            return mine

    def _in_the_way(self, who: str) -> list[tuple[str, float]]:
        own = [one for one in self._running if one[0] == who]
        return own if len(own) >= self.of_one else self._running if len(self._running) >= self.at_once else []


turns = Turns(settings.API_HEAVY_AT_ONCE, max(1, settings.API_HEAVY_AT_ONCE - 1))


def is_heavy(request) -> bool:
    """Whether this may be a question that looks at very many rows."""
    if any(request.GET.get(name) for name in HEAVY):
        return True
    return request.path_info.startswith(HEAVY_ADDRESSES) and NARROWED_BY.isdisjoint(request.GET)


def in_turn(get_response):
    """Heavy questions to the API in turn, and no statement of what it reads for longer than is allowed."""

    def middleware(request):
        is_api = request.path_info.startswith(COUNTED) and request.method in READING
        hold_to(settings.API_STATEMENT_SECONDS if is_api else 0)
        if not is_api or not is_heavy(request):
            response = get_response(request)
        else:
            try:
                with turns.one(":".join(whose(request))):
                    response = get_response(request)
            except Full as full:
                return _full(full)
        if response.streaming:  # a file takes as long as its reader does
            hold_to(0)
        return response

    return middleware


def _full(full: Full):
    if full.is_own:
        said = _("As many large questions of yours as may be at once are being answered. Ask them one after another.")
        return refused(429, "too_many_requests", said, {"Retry-After": "2"})
    said = _("Several large questions are being answered at this moment. Ask again in a few seconds.")
    return refused(503, "busy", said, {"Retry-After": "2"})


# ---- how long a statement may take -----------------------------------------------------------------------

_here = threading.local()  # a thread has one connection


def hold_to(seconds: float) -> None:
    """From now on statements on this thread's connection may take so long; 0: as long as they do."""
    _here.seconds = seconds
    if connection.connection is not None and getattr(connection.connection, "held_to", 0) != seconds:
        try:
            _tell(connection)
        except DatabaseError:  # whoever asks next says what is wrong with it
            connection.close()


@receiver(connection_created)
def tell_new(connection, **_kwargs):
    if getattr(_here, "seconds", 0):
        _tell(connection)


def _tell(connection) -> None:
    """For the session; inside a transaction, which only tests have around a request, for that."""
    local = "LOCAL " if connection.in_atomic_block else ""
    with connection.cursor() as cursor:
        cursor.execute(f"SET {local}statement_timeout = {round(_here.seconds * 1000):d}")
        if not local:
            connection.connection.held_to = _here.seconds
