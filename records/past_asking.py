"""What is asked of the history: by whom, through which door, which field, which kind, between which days, after which entry.

The same parameters for pages and API. All that is wrong is said at once.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from .asking import BadQuery, Problem, not_allowed, unknown_parameters
from .base import Change
from .dates import BadDate, parse, read
from .kinds import Field, Kind, kinds
from .moments import day_begins
from .problem_codes import coded
from .rights import Reader
from .versions import compared

PER_PAGE = 50
CLOCKS = ("known_at", "lang", "format", "unit")
OF_RECORD = ("who", "door", "field", "from", "to", "parts", "before", *CLOCKS)
OF_CHANGES = ("who", "door", "kind", "changed_since", "others", "from", "to", "before", *CLOCKS)
OF_CHANGE = ("kind", "after", *CLOCKS)


@dataclass(frozen=True)
class Asked:
    """`begins` and `ends` are instants: from the first on, before the second. `after` is the place of a page, () at its beginning."""

    who: str = ""
    door: str = ""
    field: Field | None = None
    kind: Kind | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    with_parts: bool = False
    not_by: int | None = None  # the id of a user whose own changes are left out
    after: tuple = ()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.who or self.door or self.field or self.kind or self.begins or self.ends or self.not_by)

    def conditions(self) -> tuple[list[str], dict]:
        """SQL on a change `c` and the instant `{at}`, and its parameters."""
        found: list[str] = ["c.actor_id IS DISTINCT FROM %(not_by)s"] if self.not_by else []
        parameters = {
            "who": self.who,
            "door": self.door,
            "begins": self.begins,
            "ends": self.ends,
            "not_by": self.not_by,
        }
        for name, test in (("who", "c.actor_name = %(who)s"), ("door", "c.door = %(door)s")):
            found += [test] if getattr(self, name) else []
        for name, test in (("begins", "{at} >= %(begins)s"), ("ends", "{at} < %(ends)s")):
            found += [test] if getattr(self, name) else []
        return found, parameters


def read_asked(params, takes: Iterable[str], reader: Reader, *, kind: Kind | None = None, known_at=None) -> Asked:
    """Raises BadQuery. `kind` is that of the record whose history is asked for; `known_at`: nothing later than that."""
    problems = unknown_parameters(params, takes)
    given = {
        name: params.get(name, "").strip() if name in takes else "" for name in (*OF_RECORD, *OF_CHANGES, *OF_CHANGE)
    }
    problems += [
        Problem(name, coded("cannot_be_stored", _("The text contains a character that cannot be stored.")))
        for name, text in given.items()
        if "\x00" in text
    ]
    asked = Asked(
        who=given["who"],
        door=_one_of("door", given["door"], Change.Door.values, problems),
        field=_field(given["field"], kind, reader, problems),
        kind=_kind(given["kind"], problems),
        begins=max(
            filter(None, (_begin(given["from"], problems), _since(given["changed_since"], problems))), default=None
        ),
        ends=_end(given["to"], known_at, problems),
        with_parts=_one_of("parts", given["parts"], ("yes", "no"), problems) == "yes",
        not_by=reader.user_id if _one_of("others", given["others"], ("yes", "no"), problems) == "yes" else None,
        after=_place(given["before"] or given["after"], takes, problems),
    )
    if problems:
        raise BadQuery(problems)
    return asked


def _one_of(name: str, text: str, allowed: Iterable[str], problems: list[Problem]) -> str:
    if text and text not in allowed:
        problems.append(Problem(name, not_allowed(name, text, allowed)))
    return text


def fields_to_ask(kind: Kind, reader: Reader) -> list[Field]:
    return [field for field in compared(kind) if reader.is_officer or not field.is_private]


def _field(text: str, kind: Kind | None, reader: Reader, problems: list[Problem]) -> Field | None:
    allowed = {field.name: field for field in fields_to_ask(kind, reader)} if kind else {}
    return allowed.get(_one_of("field", text, allowed, problems))


def _kind(text: str, problems: list[Problem]) -> Kind | None:
    return kinds().get(_one_of("kind", text, kinds(), problems))


def _begin(text: str, problems: list[Problem]) -> datetime | None:
    day = _days("from", text, problems)
    return day_begins(day[0]) if day and day[0] > date.min else None


def _since(text: str, problems: list[Problem]) -> datetime | None:
    try:
        when = datetime.fromisoformat(text).astimezone(UTC) if text else None
    except (ValueError, OverflowError):
        problems.append(
            Problem(
                "changed_since",
                coded("not_an_instant", _("“%s” is no instant; write for example 2025-06-19T14:00+09:00.") % text),
            )
        )
        return None
    return when


def _end(text: str, known_at: datetime | None, problems: list[Problem]) -> datetime | None:
    day = _days("to", text, problems)
    end = day_begins(day[1] + timedelta(days=1)) if day and day[1] < date.max - timedelta(days=1) else None
    known = known_at and known_at + timedelta(microseconds=1)
    return min(filter(None, (end, known)), default=None)


def _days(name: str, text: str, problems: list[Problem]) -> tuple[date, date] | None:
    """The first and last day of what was typed."""
    try:
        when = parse(read(text)) if text else None
    except BadDate as bad:
        problems.append(Problem(name, str(bad)))
        return None
    return (when.first, when.last) if when else None


# ---- pages ---------------------------------------------------------------------------------------------


def place(question: Iterable[str], *values) -> str:
    """Where a page ended, for the address of the next one: of OF_RECORD, OF_CHANGES or OF_CHANGE."""
    plain = [value.isoformat() if isinstance(value, datetime) else str(value) for value in values]
    return base64.urlsafe_b64encode(json.dumps([_stamp(question, plain), *plain]).encode()).decode().rstrip("=")


def _stamp(question: Iterable[str], plain: list) -> str:
    """Ties a place to the kind of question and to this registry: nobody can make one up."""
    names = [name for name in question if name in (*OF_RECORD, *OF_CHANGES, *OF_CHANGE)]
    return salted_hmac("place", json.dumps([names, plain]), algorithm="sha256").hexdigest()[:16]


def _place(text: str, question: Iterable[str], problems: list[Problem]) -> tuple:
    """(instant or kind, id, number) as `place` wrote them for this question."""
    if not text:
        return ()
    try:
        stamp, *plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if stamp != _stamp(question, plain):
            raise ValueError
        first, id, number = plain
        first = first if first in kinds() else datetime.fromisoformat(first)
        return first, UUID(id) if "-" in id else int(id), int(number)
    except (ValueError, TypeError, RecursionError):
        name = "before" if "before" in question else "after"
        problems.append(
            Problem(name, coded("bad_cursor", _("This cursor belongs to another question. Begin again without it.")))
        )
        return ()
