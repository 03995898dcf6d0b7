"""Where entries come from, as SQL: the stored ones, those of other figures, and in the past the rows of each kind."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from itertools import product
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from ..base import Record
from ..kinds import Dated, Kind, kind_of, kinds
from ..rights import Reader
from .source import BELONGS, COLUMNS, RELATED, Source, rights, seen
from .stored import STORED

__all__ = ["COLUMNS", "Source"]


@cache
def others() -> tuple[Source, ...]:
    """Entries that other figures are already: `settings.TIMELINE_SOURCES`. They have no past."""
    return tuple(map(import_string, settings.TIMELINE_SOURCES))


@cache
def facts() -> tuple[str, ...]:
    """Every fact that an entry may be of."""
    return tuple(dict.fromkeys(source.fact for source in (*of_facts(), *others())))


# ---- the rows of each kind ----------------------------------------------------------------------------------


@cache
def of_facts() -> tuple[Source, ...]:
    """The rows of each dated kind themselves, as they are, or inside `known_at` as they were."""
    return tuple(_of_fact(kind, dated) for kind in kinds().values() for dated in kind.dated)


def _of_fact(kind: Kind, dated: Dated) -> Source:
    owners = {f"t.{column}": of for column, of in owner_columns(kind)}
    starts, ends = f"t.{dated.starts}", f"t.{dated.ends or dated.starts}"
    belongs = f"SELECT x.other_id FROM records_relation x WHERE x.record_id = t.id AND {BELONGS} ORDER BY x.other_id"
    columns = {
        "record": "t.id", "part": "t.id", "kind": f"'{kind.name}'", "fact": f"'{dated.fact}'",
        "starts_on": starts, "ends_on": ends,
        "first": f"{starts}_first", "starts_last": f"{starts}_last", "ends_first": f"{ends}_first", "last": f"{ends}_last",
        "is_planned": holds(dated.planned), "is_open": holds(dated.open),
        "within": "r.within", "about": "NULL::uuid", "through": "NULL::uuid",
        "owners": f"array_remove(ARRAY[{', '.join(('t.id', *owners))}], NULL) || ARRAY({belongs})",
    }  # fmt: skip
    if dated.is_brief:
        for name, of in (("ends_on", ""), ("ends_first", "_first"), ("last", "_last")):
            columns[name] = f"coalesce({ends}{of}, {starts}{of})"
    columns["day"] = f"coalesce({columns['first']}, {columns['last']})"
    columns["finishes"] = f"coalesce({columns['last']}, 'infinity'::date)"
    columns["begun"] = f"coalesce({columns['first']}, '-infinity'::date)"
    stated = f"({starts} IS NOT NULL OR {ends} IS NOT NULL)" if dated.ends else f"{starts} IS NOT NULL"
    moved = [f"{starts} IS DISTINCT FROM t.{dated.unless_same_as}"] if dated.unless_same_as else []

    def owned(of: str, owner: str, reader: Reader) -> str:
        fitting = ["t.id"] if of == kind.name else []
        fitting += [column for column, kinds_of in owners.items() if kinds_of in ("", of)]
        related = f"t.id = ANY(ARRAY({RELATED.format(owner, BELONGS, seen(reader, 'xr'))}))"
        return f"({' OR '.join([*(f'{column} = {owner}' for column in fitting), related])})"

    table = f"{kind.model._meta.db_table} t JOIN public.records_record r ON r.id = t.id"
    where = ("NOT t.is_retired", stated, *moved)
    return Source(f"{kind.name}_{dated.fact}", columns, table, where, owned, kind=kind.name, fact=dated.fact)


def owner_columns(kind: Kind) -> list[tuple[str, str]]:
    """The columns of a kind that hold its owners, each with the kind of these; "" where they are of any."""
    fields = [kind.model._meta.get_field(name) for name in kind.owners]
    return [(f.column, "" if f.related_model is Record else kind_of(f.related_model).name) for f in fields]


def holds(values: Mapping[str, tuple[str, ...] | None]) -> str:
    """Whether each of these fields of `t` has one of its values (None: is empty), as SQL; none named: never."""
    each = (
        f"t.{name} IS NULL" if of is None else f"t.{name} IN ({', '.join(f"'{value}'" for value in of)})"
        for name, of in values.items()
    )
    return " AND ".join(each) if values else "false"


# ---- on whose timelines ---------------------------------------------------------------------------------------


def sources(
    reader: Reader,
    *,
    owners: Sequence[UUID] = (),
    of_kinds: Sequence[str] = (),
    facts: Sequence[str] = (),
    are_few: bool = False,
    is_past: bool = False,
) -> tuple[list[Source], dict]:
    """Where to look for what the reader may see on the timelines of all of `owners`: no entry is in two of them.

    With it the parameters of their conditions. Each can be asked further, ordered and limited for itself. `are_few`:
    what is asked further leaves few of all kinds.
    """
    wanted = [
        source
        for source in (of_facts() if is_past else (replace(STORED, are_few=are_few), *others()))
        if (not of_kinds or source.kind in ("", *of_kinds)) and (not facts or source.fact in ("", *facts))
    ]
    found = [seen_by for source in wanted if (seen_by := source.seen_by(reader))]
    parameters = rights(reader) | {f"owner{n}": owner for n, owner in enumerate(owners)}
    parameters["of_kinds"] = _kept_kinds(of_kinds, facts)
    if not owners:
        return found, parameters
    of = _kinds_of(owners)
    asked = [(of.get(owner, ""), f"%(owner{n})s") for n, owner in enumerate(owners)]
    return [one for source in found for one in _on_timelines(source, asked, reader)], parameters


def _kept_kinds(of_kinds: Sequence[str], facts: Sequence[str]) -> list[str]:
    """The kinds that kept entries of these kinds and facts are of."""
    there = {one.kind for one in of_facts() if not facts or one.fact in facts}
    return [kind for kind in dict.fromkeys(of_kinds or there) if kind in there]


def _kinds_of(ids: Iterable[UUID]) -> dict[UUID, str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, kind FROM public.records_record WHERE id = ANY(%s)", [list(ids)])
        return dict(cursor)


def _on_timelines(source: Source, asked: list[tuple[str, str]], reader: Reader) -> Iterator[Source]:
    """It stands on each timeline by itself or through a part that is taken in it: one source for each such case."""
    for ways in product(*(list(_ways(source, of, owner, reader)) for of, owner in asked)):
        through = [sql for _condition, sql in ways if sql]
        yield source.further(*(condition for condition, _sql in ways), **({"through": through[0]} if through else {}))


def _ways(source: Source, of: str, owner: str, reader: Reader) -> Iterator[tuple[str, str]]:
    directly = source.owned(of, owner, reader)
    if directly:
        yield directly, ""
    parts = " UNION ALL ".join(_parts_taken(of, owner, source.kind, reader))
    if parts and source.is_carried:
        record = source.columns["record"]
        through = f"(SELECT min(c.part::text)::uuid FROM ({parts}) c WHERE c.scope = {record})"
        yield f"{record} IN (SELECT c.scope FROM ({parts}) c) AND ({directly}) IS NOT TRUE", through


def _parts_taken(of: str, owner: str, scope_kind: str, reader: Reader) -> Iterator[str]:
    """The parts that a record takes in others, that the reader may see: `Kind.carries`."""
    for kind in kinds().values():
        if not kind.carries:
            continue
        scope = kind.model._meta.get_field(kind.carries).column
        only = f" JOIN public.records_record s ON s.id = c.{scope} AND s.kind = '{scope_kind}'" if scope_kind else ""
        may_see = seen(reader, "cr")
        only += " JOIN public.records_record cr ON cr.id = c.id" if may_see != "true" else ""
        for column, owner_kind in owner_columns(kind):
            if owner_kind == of:
                yield (
                    f"SELECT c.id AS part, c.{scope} AS scope FROM {kind.model._meta.db_table} c{only}"
                    f" WHERE c.{column} = {owner} AND NOT c.is_retired AND {may_see}"
                )
