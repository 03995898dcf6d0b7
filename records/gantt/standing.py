"""Which rows of a group stand on a timeline: counted up to a bound, and page by page in the order of their first days.

Asked of the kinds' own tables, so that rights, `as_of` and the registry's past are those of every list. What carries is
there where it, or what it stands for, has a date; without dates of its own it has those of what it stands for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import DateField, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Greatest, Least

from ..kinds import Dated
from ..rights import Reader
from ..timelines.entries import TimelineEntry
from .groups import Group

COUNTED_TO = 500
LATEST = date.max


@dataclass(frozen=True)
class Look:
    """Who looks, at which moment, and which days are drawn (None: all). `is_past`: inside `known_at`."""

    reader: Reader
    as_of: date | None = None
    is_past: bool = False
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True)
class Counted:
    """How many rows of a group stand there, and from when to when they go as far as days are stated; beyond COUNTED_TO neither
    is known in full."""

    group: Group  # or `due.Due`
    number: int
    first: date | None
    last: date | None

    @property
    def is_bounded(self) -> bool:
        return self.number > COUNTED_TO


def counted(groups: Sequence[Group], look: Look) -> list[Counted]:
    """Those of these groups in which anything stands, in one statement."""
    parts, parameters = [], []
    for n, group in enumerate(groups):
        rows = _standing(group, look).order_by()
        if group.carries:  # two parts in one project are one row of the drawing; one in what is retired is none
            rows = rows.filter(**{} if look.is_past else {f"{group.carries}__is_retired": False})
            rows = rows.order_by(group.carries).distinct(group.carries)
        rows = rows.values_list("since", "until")[: COUNTED_TO + 1]
        sql, values = rows.query.sql_with_params()
        first, last = (
            f"min(t.since) FILTER (WHERE t.since > '{date.min}')",
            f"max(t.until) FILTER (WHERE t.until < '{LATEST}')",
        )
        parts.append(f"SELECT {n}, count(*), {first}, {last} FROM ({sql}) t(since, until)")
        parameters += values
    if not parts:
        return []
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), parameters)
        found = {n: Counted(groups[n], number, first, last) for n, number, first, last in cursor if number}
    return [found[n] for n in sorted(found)]


def page(group: Group, look: Look, limit: int, after: tuple[date, UUID] | None = None) -> list:
    """Rows of a group in the order of their first days, those without one last. `row.place` is what comes `after` it.

    What carries may still lead to what is retired: to look before these are put into order would cost more than all else.
    """
    rows = _standing(group, look).annotate(day=Coalesce("since", "until", Value(LATEST), output_field=DateField()))
    if after:
        rows = rows.filter(Q(day__gt=after[0]) | Q(day=after[0], id__gt=after[1]))
    found = list(rows.order_by("day", "id")[:limit])
    for row in found:
        row.place = (row.day, row.id)
    return found


def _standing(group: Group, look: Look) -> QuerySet:
    """The rows that exist for the reader, have a date and can touch the days that are drawn; with `since` and `until`."""
    rows = group.kind.model.objects.visible_to(look.reader).filter(group.condition)
    own = [(_first(dated), _last(dated), _stated(dated)) for dated in group.kind.dated]
    rows = rows.annotate(
        **{f"first{n}": first for n, (first, _last_day, _stated) in enumerate(own)},
        **{f"last{n}": last for n, (_first_day, last, _stated) in enumerate(own)},
    )
    stated, touches = Q(), Q()
    for n, (_first_day, _last_day, is_stated) in enumerate(own):
        stated |= is_stated
        touches |= is_stated & _touches(f"first{n}", f"last{n}", look)
    since = _least([f"first{n}" for n in range(len(own))], Least)
    until = _least([f"last{n}" for n in range(len(own))], Greatest)
    if group.carries and not look.is_past:  # stored entries only know the present
        entries = TimelineEntry.objects.filter(record=OuterRef(f"{group.carries}_id"))
        seen = entries.filter(_touches("first", "last", look))
        touches |= ~stated & Exists(seen)
        bare = entries.order_by().values("record")
        since = Coalesce(since, Subquery(bare.annotate(day=Min("first")).values("day")))
        until = Coalesce(until, Subquery(bare.annotate(day=Max("last")).values("day")))
    elif group.carries:
        touches |= ~stated
    return rows.filter(touches).annotate(since=since, until=until)


def _stated(dated: Dated) -> Q:
    return Q(**{f"{dated.starts}__isnull": False}) | (Q(**{f"{dated.ends}__isnull": False}) if dated.ends else Q())


def _first(dated: Dated):
    return F(f"{dated.starts}_first")


def _last(dated: Dated):
    if dated.is_brief:
        return Coalesce(f"{dated.ends}_last", f"{dated.starts}_last")
    return F(f"{dated.ends or dated.starts}_last")


def _touches(first: str, last: str, look: Look) -> Q:
    """An end or a beginning that is not stated may be any day. As of a day counts only what can have begun by then."""
    found = Q()
    if look.first:
        found &= Q(**{f"{last}__isnull": True}) | Q(**{f"{last}__gte": look.first})
    until = min(filter(None, (look.last, look.as_of)), default=None)
    if until:
        found &= Q(**{f"{first}__isnull": True}) | Q(**{f"{first}__lte": until})
    return found


def _least(names: list[str], pick):
    return pick(*names) if len(names) > 1 else F(names[0])
