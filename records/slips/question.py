"""What an address asks of slips: against what, since when, which kinds, what became of a date; and the place in the answer.

The same parameters for page and API. All that is wrong is said at once.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.utils.translation import gettext as _

from ..asking import Problem, not_allowed
from ..dates import BadDate, parse, read
from ..kinds import kinds
from ..moments import as_instant, day_begins
from ..problem_codes import coded
from .asking import FIRST, PLAN, USUAL, sides_of
from .shifts import MOVED, What


@cache
def kinds_that_slip() -> tuple[str, ...]:
    """What somebody acts on first, then the others."""
    there = [name for name, kind in kinds().items() if sides_of(kind)]
    return (*(name for name in USUAL if name in there), *(name for name in there if name not in USUAL))


def read_kinds(names: Iterable[str], problems: list[Problem]) -> tuple[str, ...]:
    """Those that are asked for; () where none is."""
    return _chosen("kind", names, kinds_that_slip(), problems)


def read_whats(names: Iterable[str], problems: list[Problem]) -> tuple[What, ...]:
    return tuple(What(name) for name in _chosen("what", names, list(What), problems)) or MOVED


def _chosen(name: str, texts: Iterable[str], allowed: Sequence[str], problems: list[Problem]) -> tuple[str, ...]:
    found = list(dict.fromkeys(one for text in texts for one in text.split(",") if one))
    problems += [Problem(name, not_allowed(name, one, allowed)) for one in found if one not in allowed]
    return tuple(one for one in found if one in allowed)


def read_against(text: str, known_at: datetime | None, problems: list[Problem]) -> str | datetime:
    """FIRST, PLAN, or an instant that lies before the one that is looked at; a day means its end."""
    if text in ("", FIRST, PLAN):
        return text or FIRST
    try:
        when = as_instant(text)
    except ValueError as bad:
        problems.append(Problem("against", str(bad)))
        return FIRST
    except OverflowError:
        problems.append(Problem("against", _not_an_instant(text)))
        return FIRST
    if known_at and when > known_at:
        problems.append(
            Problem("against", coded("in_the_future", _("“against” lies after the moment that is looked at.")))
        )
    return when


def read_since(text: str, problems: list[Problem]) -> datetime | None:
    """An instant; a day, a month or a year means its beginning."""
    if not text:
        return None
    try:
        if len(text) > len("2026-11-22") and "T" in text:
            return as_instant(text)
        return day_begins(parse(read(text)).first)
    except (BadDate, ValueError, OverflowError) as bad:
        problems.append(Problem("since", str(bad) if isinstance(bad, BadDate) else _not_an_instant(text)))
        return None


def _not_an_instant(text: str) -> str:
    return coded("not_an_instant", _("“%s” is not a day or an instant.") % text)


def cursor_of(place: list) -> str:
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def read_cursor(text: str, problems: list[Problem]) -> tuple:
    """The place of a slip, as `Slip.place` has it."""
    if not text:
        return ()
    try:
        days, record, fact, side = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if not isinstance(days, int) or isinstance(days, bool) or abs(days) > 10**7 or "\x00" in f"{fact}{side}":
            raise ValueError
        return days, str(UUID(record)), str(fact), str(side)
    except (ValueError, TypeError, AttributeError, RecursionError):
        problems.append(
            Problem(
                "cursor", coded("bad_cursor", _("This cursor belongs to another question. Begin again without it."))
            )
        )
        return ()
