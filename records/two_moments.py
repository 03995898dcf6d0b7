"""Two moments of one clock, as they are asked for: `known_at` and `known_at_to`, or `as_of` and `as_of_to`.

Without the second one, now. The other clock may be held still: `as_of=2025&known_at=A&known_at_to=B`.
"""

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from .asking import BadQuery, Problem
from .history import known_at
from .moments import CLOCKS, as_day, as_instant
from .problem_codes import coded

TO = {"as_of": "as_of_to", "known_at": "known_at_to"}
UNDERSTAND = {"as_of": as_day, "known_at": as_instant}
PARAMETERS = (*CLOCKS, *TO.values())


@dataclass(frozen=True)
class Moment:
    """One side of a comparison. `known_at` None: what the registry says now; `as_of` None: no day of the world."""

    as_of: date | None = None
    known_at: datetime | None = None

    @contextmanager
    def looked_at(self):
        """Inside, queries read what the registry said then."""
        with known_at(self.known_at):
            yield self

    @property
    def query(self) -> dict[str, str]:
        """For the address of a page at this moment."""
        return {name: getattr(self, name).isoformat() for name in CLOCKS if getattr(self, name)}


@dataclass(frozen=True)
class Two:
    clock: str
    left: Moment
    right: Moment

    @property
    def is_known_at(self) -> bool:
        return self.clock == "known_at"

    def __iter__(self):
        return iter((self.left, self.right))


def read_two(params) -> Two | None:
    """None where no moment is asked for at all. Raises BadQuery."""
    problems: list[Problem] = []
    given = {name: params.get(name, "").strip() for name in PARAMETERS}
    if not any(given.values()):
        return None
    values = {name: _understood(name, text, problems) for name, text in given.items() if text}
    clock = _clock(given, problems)
    first, second = values.get(clock), values.get(TO.get(clock))
    if first and second and first > second:
        problems.append(Problem(TO[clock], coded("wrong_order", _("The second moment lies before the first."))))
    if problems:
        raise BadQuery(problems)
    still = {other: values.get(other) for other in CLOCKS if other != clock}
    then = values.get(TO[clock]) or (timezone.localdate() if clock == "as_of" else None)
    return Two(clock, Moment(**{clock: values[clock]}, **still), Moment(**{clock: then}, **still))


def _understood(name: str, text: str, problems: list[Problem]):
    clock = name.removesuffix("_to")
    try:
        if "\x00" in text:
            raise ValueError(coded("cannot_be_stored", _("The text contains a character that cannot be stored.")))
        return UNDERSTAND[clock](text)
    except ValueError as bad:
        problems.append(Problem(name, str(bad)))
        return None


def _clock(given: dict[str, str], problems: list[Problem]) -> str:
    """Which clock the two moments are of."""
    asked = [clock for clock in CLOCKS if given[TO[clock]]] or [clock for clock in CLOCKS if given[clock]]
    if len(asked) > 1:
        text = _(
            "Two moments of one clock are compared: give “as_of_to” or “known_at_to”, and hold the other clock still."
        )
        problems.append(Problem(TO[asked[0]], text))
        return ""
    if not given[asked[0]]:
        text = _("Give the first moment too: “%s”.") % asked[0]
        problems.append(Problem(asked[0], text))
        return ""
    return asked[0]
