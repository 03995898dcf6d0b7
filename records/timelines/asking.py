"""What is asked of the timelines: `Asked` → entries, in the order of their first day or of their last."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from ..figures import Freshness, freshness
from ..kinds import kinds
from ..rights import Reader
from .source import COLUMNS, IN_ORDER
from .sources import others, sources
from .stored import STORED


class Entry(NamedTuple):
    """One dated fact. `part` is the record itself, or what of it is due; `through` the participation or role by which
    it stands on the timeline that was asked for; `about` the record that it is about where that is another one."""

    record: UUID
    part: UUID
    kind: str
    fact: str
    starts_on: str | None
    ends_on: str | None
    first: date | None
    starts_last: date | None
    ends_first: date | None
    last: date | None
    is_planned: bool
    is_open: bool
    within: UUID | None
    about: UUID | None
    through: UUID | None

    def place(self, by_end: bool = False) -> list[str]:
        """Where it stands in the order asked for; what a cursor holds."""
        day = self.last if by_end else self.first or self.last
        return [str(day), str(self.part), self.fact]


@dataclass(frozen=True)
class Asked:
    """An end or beginning that is not stated may be any day."""

    owners: tuple[UUID, ...] = ()  # on the timelines of all of these
    within: UUID | None = None  # everything of this program, whatever the depth
    records: tuple[UUID, ...] = ()  # of these alone
    kinds: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    begins: date | None = None  # can touch the days from here
    ends: date | None = None  # to here
    ends_from: date | None = None  # has a stated end that can lie between these
    ends_to: date | None = None
    is_late: bool | None = None  # awaited, and its end can be past; of a plan: its beginning
    is_open: bool | None = None
    is_over: bool | None = None  # was awaited and is no longer: done, completed, cancelled; what nobody awaits never is
    is_planned: bool | None = None
    today: date | None = None  # of the question whether something is late
    is_sure: bool | None = None  # what is surely late, surely touches and surely ends as asked; False: only perhaps
    as_of: date | None = None  # only what can have begun by that day
    is_past: bool = False  # inside `known_at`: worked out from the facts of then
    by_end: bool = False  # in order of the last day; what states no end is not among them

    @property
    def are_few(self) -> bool:
        return bool(self.owners or self.records)

    @property
    def can_be(self) -> tuple[str, ...]:
        """What only an entry that is awaited at some time, or planned, can be."""
        awaited = self.is_late or self.is_open or self.is_over
        return (*(("is_open",) if awaited else ()), *(("is_planned",) if self.is_planned else ()))


def entries(reader: Reader, asked: Asked, *, after: Sequence[str] = (), limit: int = 200) -> list[Entry]:
    """Entries in order, those after the place of another."""
    day = "{finishes}" if asked.by_end else "{day}"
    places, conditions, parameters = _asked(reader, asked)
    if after:
        conditions.append(f"({day}, {{part}}, {{fact}}) > (%(after_day)s::date, %(after_part)s::uuid, %(after_fact)s)")
        parameters |= dict(zip(("after_day", "after_part", "after_fact"), after, strict=True))
    found = _run(
        asked,
        f"SELECT {', '.join(COLUMNS)} FROM ({{}}) e {IN_ORDER}",
        [source.first(conditions, day) for source in places],
        parameters | {"limit": limit},
    )
    return list(map(Entry._make, found))


def how_many(reader: Reader, asked: Asked, at_most: int = 10_000) -> int:
    """How many there are; one more than `at_most` where there are more."""
    places, conditions, parameters = _asked(reader, asked)
    found = _run(
        asked,
        "SELECT count(*) FROM (SELECT FROM ({}) e LIMIT %(limit)s) e",
        [source.some(conditions, "1") for source in places],
        parameters | {"limit": at_most + 1},
    )
    return found[0][0] if found else 0


def how_many_by_kind(reader: Reader, asked: Asked, at_most: int = 10_000) -> tuple[dict[str, int], bool]:
    """How many there are of each kind, and whether these are all: where more than `at_most` are found in one place, they
    are lower bounds."""
    places, conditions, parameters = _asked(reader, asked)
    found = dict(
        _run(
            asked,
            "SELECT place, count(*) FROM ({}) e GROUP BY place",
            [source.some(conditions, "{kind}") for source in places],
            parameters | {"limit": at_most + 1},
        )
    )
    most = sum(found.values()) if asked.are_few else max(found.values(), default=0)
    return {kind: min(many, at_most) for kind, many in found.items()}, most <= at_most


def fresh() -> Freshness:
    """As of when entries are: those of the figure that was worked out first, and whether a change waits for any."""
    each = [freshness(name) for name in {source.figure for source in (STORED, *others())}]
    return Freshness(
        min((one.computed_at for one in each if one.computed_at), default=None), any(one.is_stale for one in each)
    )


def _asked(reader: Reader, asked: Asked):
    """Where to look, what of it is asked, and the parameters of both."""
    conditions, parameters = _conditions(asked)
    places, needed = sources(
        reader,
        owners=asked.owners,
        of_kinds=asked.kinds,
        facts=asked.facts,
        can_be=asked.can_be,
        within=asked.within,
        are_few=asked.are_few,
        is_past=asked.is_past,
    )
    return places, conditions, parameters | needed


def _run(asked: Asked, sql: str, branches: list[str], parameters: dict) -> list[tuple]:
    if not branches:
        return []
    whole = sql.format(" UNION ALL ".join(f"({one})" for one in branches))
    is_along = not (asked.is_past or asked.are_few)
    with connection.cursor() as cursor:
        cursor.execute(ALONG_INDEXES.format(whole) if is_along else whole, parameters)
        if is_along:
            cursor.nextset()
            cursor.nextset()
        return cursor.fetchall()


# An index is followed in its order and left when enough is found. How many fit PostgreSQL cannot know where conditions hang
# together, and where it takes them for few it would look all of them up before the first one is told. Said together, these
# are one transaction and one way to the server and back.
ALONG_INDEXES = (
    "SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off; {};"
    " SET LOCAL enable_bitmapscan = on; SET LOCAL enable_seqscan = on"
)

# What holds for some of the days that an entry's dates can mean, and what for all of them (saying.certainty says the same).
LATE = "({is_open} AND ({ends_first} < %(today)s OR {is_planned} AND {first} < %(today)s))"
SURELY_LATE = "least({last}, CASE WHEN {is_planned} THEN {starts_last} END) < %(today)s"
SURELY_BEGUN, SURELY_ON = "least({starts_last}, {last}) <= %(ends)s", "greatest({first}, {ends_first}) >= %(begins)s"
OVER = "(NOT {is_open} AND {kind} || '.' || {fact} <> ALL(%(never_awaited)s))"


def never_awaited() -> list[str]:
    """`kind.fact` of what is nowhere said to be awaited: agreements, affiliations, money."""
    return [f"{kind.name}.{dated.fact}" for kind in kinds().values() for dated in kind.dated if not dated.open]


def _conditions(asked: Asked) -> tuple[list[str], dict]:
    each = (
        ("{within} = %(within)s", asked.within),
        ("{record} = ANY(%(records)s)", asked.records),
        ("{fact} = ANY(%(facts)s)", asked.facts),
        ("{finishes} >= %(begins)s", asked.begins),
        ("{begun} <= %(ends)s", asked.ends),
        ("{begun} <= %(as_of)s", asked.as_of),
        ("{finishes} >= %(ends_from)s", asked.ends_from),
        ("{ends_first} <= %(ends_to)s", asked.ends_to),
        ("{finishes} < 'infinity'", asked.by_end or asked.ends_from),
        (LATE if asked.is_late else f"{LATE} IS NOT TRUE", asked.is_late is not None),
        (_surely(asked), asked.is_sure is not None),
        (f"{{is_open}} = {bool(asked.is_open)}", asked.is_open is not None),
        (f"{OVER} IS {'' if asked.is_over else 'NOT '}TRUE", asked.is_over is not None),
        (f"{{is_planned}} = {bool(asked.is_planned)}", asked.is_planned is not None),
    )
    parameters = {
        "within": asked.within, "records": list(asked.records), "facts": list(asked.facts), "begins": asked.begins,
        "ends": asked.ends, "as_of": asked.as_of, "ends_from": asked.ends_from, "ends_to": asked.ends_to,
        "today": asked.today, "never_awaited": never_awaited() if asked.is_over is not None else [],
    }  # fmt: skip
    return [sql for sql, is_asked in each if is_asked], parameters


def _surely(asked: Asked) -> str:
    each = (
        (SURELY_BEGUN, asked.ends),
        (SURELY_ON, asked.begins),
        ("{ends_first} >= %(ends_from)s", asked.ends_from),
        ("{last} <= %(ends_to)s", asked.ends_to),
        (SURELY_LATE, asked.is_late),
    )
    said = " AND ".join([sql for sql, is_asked in each if is_asked]) or "true"
    return f"({said}) IS TRUE" if asked.is_sure else f"({said}) IS NOT TRUE"
