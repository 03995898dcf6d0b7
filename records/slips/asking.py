"""Slips: by how much the dates of records lie after their first plan, or after what the registry said at an instant.

Asked of the history: of each record only the versions that ended because a date of it moved (dates_moved.py) and the present
row. What is corrected was never a plan: the first plan is the first date that was not taken back as wrong; and where a
source states what was planned first (`Dated.first_plan`), that. Set-based: one statement over the kinds asked for, however
many records; moves.py then says of those on a page when each date moved, by whom and why.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import connection

from ..base import may_see_sql
from ..kinds import Dated, Kind, kinds
from ..rights import Reader
from .shifts import DAYS, MOVED, Shift, What, shift_sql

FIRST, PLAN = "first", "plan"
# What somebody acts on; money and people by choice.
USUAL = (
    "program", "project", "phase", "milestone", "agreement", "event", "exchange", "course", "output", "lab", "facility",
)  # fmt: skip
MOST = 2_000  # moves of each kind that are looked at, the latest first, where nothing narrows the question


@dataclass(frozen=True)
class Side:
    """One date of a dated fact: the day of a point, the beginning or the end of a period."""

    fact: str
    side: str  # day, start, end
    column: str
    real: str  # the column with the day on which it came true; "" where the date itself becomes real
    first: str  # the column that states what was planned first; "" where there is none

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(filter(None, (self.column, self.real, self.first)))


@dataclass(frozen=True)
class Asked:
    """`against`: FIRST, PLAN (the day on which it came true, against the plan as it is), or an instant of the registry."""

    record: UUID | None = None
    owners: tuple[UUID, ...] = ()  # on all their timelines
    within: UUID | None = None  # of this program, whatever the depth
    kinds: tuple[str, ...] = USUAL
    facts: tuple[str, ...] = ()
    whats: tuple[What, ...] = MOVED
    against: str | datetime = FIRST
    since: datetime | None = None  # moved last at this instant or after it
    known_at: datetime | None = None  # asked inside history.known_at: what was moved by then

    @property
    def is_narrowed(self) -> bool:
        return bool(self.record or self.owners or self.within)


@dataclass(frozen=True)
class Slip:
    """One date: `reference` → `reached`. `first`: the first plan as the registry had it; `stated`: as a source states it.

    `moved_at`: when it moved last; None where the history knows of no move. `times`: how often.
    """

    kind: str
    record: UUID
    fact: str
    side: str
    first: str | None
    stated: str | None
    plan: str | None
    real: str | None
    reference: str | None
    reached: str | None
    what: What
    low: int | None
    high: int | None
    days: int
    moved_at: datetime | None
    times: int
    is_cut: bool = False

    @property
    def shift(self) -> Shift:
        return Shift(self.what, self.low, self.high)

    @property
    def place(self) -> list:
        """Where it stands in the order of slips; what a cursor holds."""
        return [self.days, str(self.record), self.fact, self.side]


COLUMNS = ", ".join(field.name for field in fields(Slip))


@cache
def sides_of(kind: Kind) -> tuple[Side, ...]:
    """The dates of a kind that can slip: not the day on which another of its facts came true, nor what it was first."""
    apart = {name for dated in kind.dated for name in (dated.real, dated.first_plan)}
    return tuple(side for dated in kind.dated if dated.starts not in apart for side in _sides(dated))


def _sides(dated: Dated) -> Iterable[Side]:
    if dated.ends is None:
        yield Side(dated.fact, "day", dated.starts, dated.real, dated.first_plan)
    else:
        yield Side(dated.fact, "start", dated.starts, "", "")
        yield Side(dated.fact, "end", dated.ends, dated.real, dated.first_plan)


# ---- asked ---------------------------------------------------------------------------------------------


def slips(reader: Reader, asked: Asked, *, after: list | tuple = (), limit: int = 100) -> list[Slip]:
    """The largest first: what is later by most, at last what is earlier. Where all is asked, `is_cut` says that there is more."""
    sql, parameters = _whole(reader, asked)
    if not sql:
        return []
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} {_page(after, limit)}", parameters | _place(after))
        return [_slip(row) for row in cursor]


def listed(
    reader: Reader, asked: Asked, of_kinds: Sequence[str], *, after: list | tuple = (), limit: int = 100
) -> tuple[list[Slip], dict[str, int]]:
    """The slips of some of the kinds that are asked for, and how many there are of each of these. One statement."""
    sql, parameters = _whole(reader, asked)
    if not sql:
        return [], {}
    numbers = (
        "SELECT json_object_agg(kind, number) AS numbers FROM (SELECT kind, count(*) AS number FROM found GROUP BY 1) k"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"{sql} SELECT n.numbers::text, p.* FROM ({numbers}) n"
            f" LEFT JOIN ({_page(after, limit, 'kind = ANY(%(of_kinds)s)')}) p ON true"
            " ORDER BY days DESC, record, fact, side",
            parameters | _place(after) | {"of_kinds": list(of_kinds)},
        )
        rows = cursor.fetchall()
    return [_slip(row[1:]) for row in rows if row[1]], json.loads(rows[0][0] or "{}")


def _page(after: Sequence, limit: int, *conditions: str) -> str:
    where = list(conditions) or ["true"]
    if after:
        where.append("(-days, record, fact, side) > (%(a_days)s, %(a_record)s::uuid, %(a_fact)s, %(a_side)s)")
    return f"SELECT {COLUMNS} FROM found WHERE {' AND '.join(where)} ORDER BY days DESC, record, fact, side LIMIT {limit:d}"


def _place(after: Sequence) -> dict:
    if not after:
        return {}
    days, record, fact, side = after
    return {"a_days": -days, "a_record": record, "a_fact": fact, "a_side": side}


def _slip(row: Sequence) -> Slip:
    slip = Slip(*row)
    return replace(slip, what=What(slip.what))


def _whole(reader: Reader, asked: Asked) -> tuple[str, dict]:
    """WITH … `found`: every slip that is asked for, and the parameters; "" where no kind can have one."""
    seen, parameters = may_see_sql(reader, "t.visibility", "t.id")
    parameters |= {
        "record": asked.record, "within": asked.within, "facts": list(asked.facts), "since": asked.since,
        "whats": list(asked.whats), "known_at": asked.known_at,
        "against": asked.against if isinstance(asked.against, datetime) else None,
    }  # fmt: skip
    parameters |= {f"owner{n}": owner for n, owner in enumerate(asked.owners)}
    possible = ((kinds()[name], _asked_sides(kinds()[name], asked)) for name in asked.kinds)
    told = [(kind, sides) for kind, sides in possible if sides]
    if not told:
        return "", {}
    is_then = isinstance(asked.against, datetime)
    of_kinds = [_OfKind(n, kind, sides, asked, reader) for n, (kind, sides) in enumerate(told)]
    cut = " OR ".join(f"(SELECT count(*) FROM look{n}) >= {MOST}" for n in range(len(told)))
    where = [f"(what <> '{What.SAME}' OR moved_at > {'%(against)s' if is_then else "'-infinity'"})"]  # and came back
    where += ["what = ANY(%(whats)s)"]
    where += [] if asked.is_narrowed else ["times > 0"]
    where += ["moved_at >= %(since)s"] if asked.since else []
    parts = [
        *(f"look{one.n} AS MATERIALIZED ({one.look(seen)})" for one in of_kinds),
        f"step AS ({STEPS.format(versions=' UNION ALL '.join(one.versions() for one in of_kinds))})",
        f"told AS MATERIALIZED ({TOLD})",
        *([f"that AS MATERIALIZED ({' UNION ALL '.join(one.then() for one in of_kinds)})"] if is_then else []),
        f"compared AS MATERIALIZED ({_compared(asked)})",
        f"every AS MATERIALIZED (SELECT *, {shift_sql('reference', 'reached')} FROM compared"
        " WHERE reference IS NOT NULL OR reached IS NOT NULL)",
        f"found AS (SELECT *, {DAYS} AS days, {'false' if asked.is_narrowed else cut} AS is_cut FROM every"
        f" WHERE {' AND '.join(where)})",
    ]
    return f"WITH {', '.join(parts)}", parameters


def _asked_sides(kind: Kind, asked: Asked) -> tuple[Side, ...]:
    sides = [side for side in sides_of(kind) if not asked.facts or side.fact in asked.facts]
    return tuple(side for side in sides if side.real or asked.against != PLAN)


# ---- as SQL --------------------------------------------------------------------------------------------

ENDS = ("", "_first", "_last")
DATES = ("plan", "real", "stated")
NAMED = "fact, side, " + ", ".join(f"{date}{end}" for date in DATES for end in ENDS)
# Each date in each version that ended because a date moved, and in the present one; and what came next.
STEPS = """
SELECT v.*, lead(plan) OVER w AS next_plan, lead(real) OVER w AS next_real,
  lead(version) OVER w IS NULL AS is_now
FROM ({versions}) v
WINDOW w AS (PARTITION BY record, fact, side ORDER BY version)
"""
WITHIN = "r.within = %(within)s AND r.visibility IN (0, 1, 2)"  # all there are: so the index goes on to the kind
CORRECTED = "(SELECT c.nature = 'correction' FROM public.records_change c WHERE c.id = h.ended_by) AS is_corrected"
MOVES = "NOT is_now AND (plan IS DISTINCT FROM next_plan OR real IS DISTINCT FROM next_real)"
WAS_A_PLAN = "plan IS NOT NULL AND (is_now OR plan IS DISTINCT FROM next_plan AND is_corrected IS NOT TRUE)"
# Of each date: what it is, what it was planned for first, when it moved last.
TOLD = f"""
SELECT kind, record, fact, side,
  {", ".join(f"max({d}{e}) FILTER (WHERE is_now) AS {d}{e}" for d in DATES for e in ENDS)},
  {", ".join(f"(array_agg(plan{e} ORDER BY version) FILTER (WHERE {WAS_A_PLAN}))[1] AS first{e}" for e in ENDS)},
  max(until) FILTER (WHERE {MOVES}) AS moved_at, count(*) FILTER (WHERE {MOVES}) AS times
FROM step GROUP BY kind, record, fact, side
"""
REFERENCES = {FIRST: "coalesce(t.stated{e}, t.first{e})", PLAN: "t.plan{e}"}  # else what was reached then


def _compared(asked: Asked) -> str:
    """`reference` and `reached` of each date, with their days."""
    from_where = REFERENCES.get(asked.against, "that.reached{e}")
    pairs = (("reference", from_where), ("reached", "coalesce(t.real{e}, t.plan{e})"))
    both = ", ".join(f"{sql.format(e=e)} AS {name}{e}" for name, sql in pairs for e in ENDS)
    found = f"SELECT t.*, {both} FROM told t"
    if asked.against == PLAN:
        return f"{found} WHERE t.real IS NOT NULL"
    is_then = isinstance(asked.against, datetime)
    return f"{found} JOIN that USING (record, fact, side)" if is_then else found


@dataclass(frozen=True)
class _OfKind:
    """What is asked of the tables of one kind, the `n`th."""

    n: int
    kind: Kind
    sides: tuple[Side, ...]
    asked: Asked
    reader: Reader

    @property
    def table(self) -> str:
        return self.kind.model._meta.db_table

    @property
    def _known(self) -> str:
        return " AND h.until <= %(known_at)s" if self.asked.known_at else ""

    def _columns(self, row: str) -> str:
        named = sorted({column for side in self.sides for column in side.columns})
        return ", ".join(f'{row}."{column}{end}"' for column in named for end in ENDS)

    @property
    def _values(self) -> str:
        """One row for each date, from the columns of a version `v`."""
        rows = []
        for side in self.sides:
            dates = (
                f'v."{column}{end}"' if column else "NULL::date" if end else "NULL::text"
                for column in (side.column, side.real, side.first)
                for end in ENDS
            )
            rows.append(f"('{side.fact}', '{side.side}', {', '.join(dates)})")
        return f"LATERAL (VALUES {', '.join(rows)}) s ({NAMED})"

    def look(self, seen: str) -> str:
        """The ids of the records that are looked at."""
        mine, asked = [f"NOT t.is_retired AND {seen}"], self.asked
        mine += ["t.id = %(record)s"] if asked.record else []
        if asked.within:
            mine.append(
                f"t.id IN (SELECT r.id FROM public.records_record r WHERE {WITHIN} AND r.kind = '{self.kind.name}')"
            )
        mine += [f"t.id IN ({self._on_timeline_of(f'%(owner{n})s')})" for n in range(len(asked.owners))]
        where = " AND ".join(mine)
        is_then = isinstance(asked.against, datetime)
        moved = f"h.dates_moved{self._known}"
        moved += " AND h.until >= %(since)s" if asked.since else ""
        moved += " AND h.until > %(against)s" if is_then else ""
        if not asked.is_narrowed:
            return (
                f"SELECT t.id FROM history.{self.table} h JOIN {self.table} t ON t.id = h.id WHERE {moved} AND {where}"
                f" ORDER BY h.until DESC LIMIT {MOST}"
            )
        found = f"SELECT t.id FROM {self.table} t WHERE {where} AND t.id IN (SELECT h.id FROM history.{self.table} h WHERE {moved})"
        told_apart = [_tells_apart(side) for side in self.sides if side.real or side.first]
        if told_apart and not asked.since and not is_then:
            found += f" UNION SELECT t.id FROM {self.table} t WHERE {where} AND ({' OR '.join(told_apart)})"
        return found

    def versions(self) -> str:
        looked = f"(SELECT DISTINCT id FROM look{self.n}) l"
        return (
            f"SELECT '{self.kind.name}' AS kind, v.id AS record, v.version, v.until, v.is_corrected, s.* FROM ("
            f"SELECT h.id, h.version, h.until, {CORRECTED}, {self._columns('h')} FROM {looked}"
            f" JOIN history.{self.table} h ON h.id = l.id WHERE h.dates_moved{self._known}"
            f" UNION ALL SELECT t.id, t.version, NULL, NULL, {self._columns('t')} FROM {looked}"
            f" JOIN {self.table} t ON t.id = l.id) v, {self._values}"
        )

    def then(self) -> str:
        """What the registry said at the instant that is compared with, of the records that it had then."""
        reached = ", ".join(f"coalesce(s.real{e}, s.plan{e}) AS reached{e}" for e in ENDS)
        own = f"h.id, h.is_retired, h.updated_at, {{until}}, {self._columns('h')} FROM {{schema}}.{self.table} h"
        versions = " UNION ALL ".join(
            f"SELECT {own.format(schema=schema, until=until)}"
            for schema, until in (("history", "h.until"), ("public", "'infinity'"))
        )
        return (
            f"SELECT v.id AS record, s.fact, s.side, {reached} FROM (SELECT DISTINCT id FROM look{self.n}) l"
            f" JOIN ({versions}) v ON v.id = l.id AND v.updated_at <= %(against)s AND v.until > %(against)s"
            f" AND NOT v.is_retired, {self._values}"
        )

    def _on_timeline_of(self, owner: str) -> str:
        """Ids of records on the timeline of this one: what names it, what belongs to it, and what it takes part in."""
        columns = [self.kind.model._meta.get_field(name).column for name in self.kind.owners]
        found = [f'SELECT o.id FROM {self.table} o WHERE o."{column}" = {owner}' for column in columns]
        seen = may_see_sql(self.reader, "x.visibility", "x.id")[0]
        found += [
            f'SELECT x."{to}" FROM {table} x WHERE x."{by}" = {owner} AND {which} AND NOT x.is_retired AND {seen}'
            for table, by, to, which in _links()
        ]
        return " UNION ".join([f"SELECT {owner}::uuid", *found])


@cache
def _links() -> tuple[tuple[str, str, str, str], ...]:
    """(table, column of the record whose timeline it is, column of what stands there for it, condition)."""
    found = [("records_relation", "other_id", "record_id", "x.kind = 'belongs_to'")]
    for carrier in kinds().values():
        if carrier.carries:
            column_of = {name: carrier.model._meta.get_field(name).column for name in carrier.owners}
            to = column_of.pop(carrier.carries)
            found += [(carrier.model._meta.db_table, column, to, "true") for column in column_of.values()]
    return tuple(found)


def _tells_apart(side: Side) -> str:
    """A row that says by itself that its date is not what was planned."""
    return " OR ".join(
        f'(t."{other}" IS NOT NULL AND t."{other}" IS DISTINCT FROM t."{side.column}")'
        for other in (side.real, side.first)
        if other
    )
