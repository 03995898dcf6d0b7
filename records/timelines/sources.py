"""Where entries come from, as SQL: the stored ones, those of other figures, and in the past the rows of each kind."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

from ..base import Record
from ..kinds import Dated, Kind, kind_of, kinds
from ..rights import Reader, Visibility
from . import then
from .source import BELONGS, COLUMNS, NEVER, NONE, RELATED, Source, rights, seen
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


@cache
def of_facts_alone() -> tuple[Source, ...]:
    """The same without their Record rows, for whom the visibility of a row says all: these are looked up for a page only."""
    within = "(SELECT x.within FROM public.records_record x WHERE x.id = t.id)"
    return tuple(
        replace(
            source,
            table=source.table.partition(" JOIN ")[0],
            seen=_seen_alone,
            columns={**source.columns, "within": within},
        )
        for source in of_facts()
    )


def _seen_alone(reader: Reader) -> str:
    return "true" if reader.level >= Visibility.INTERNAL else "t.visibility <= %(level)s"


def sees_more_in_some(reader: Reader) -> bool:
    """Whether it depends on the program of a record what the reader sees of it."""
    return bool(reader.takes_part_in) and reader.level < Visibility.SHARED


def _of_fact(kind: Kind, dated: Dated) -> Source:
    owners = {f"t.{column}": of for column, of in owner_columns(kind)}
    starts, ends = f"t.{dated.starts}", f"t.{dated.ends or dated.starts}"
    belongs = f"SELECT x.other_id FROM records_relation x WHERE x.record_id = t.id AND {BELONGS} ORDER BY x.other_id"
    columns = {
        "record": "t.id", "part": "t.id", "kind": f"'{kind.name}'", "fact": f"'{dated.fact}'",
        "starts_on": starts, "ends_on": ends,
        "first": f"{starts}_first", "starts_last": f"{starts}_last", "ends_first": f"{ends}_first", "last": f"{ends}_last",
        "is_planned": holds(dated.planned), "is_open": holds(dated.open),
        "within": "r.within", "about": NONE, "through": NONE,
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
    return " AND ".join(each) if values else NEVER


# ---- on whose timelines ---------------------------------------------------------------------------------------


def sources(
    reader: Reader,
    *,
    owners: Sequence[UUID] = (),
    of_kinds: Sequence[str] = (),
    facts: Sequence[str] = (),
    can_be: Sequence[str] = (),
    within: UUID | None = None,
    are_few: bool = False,
    is_past: bool = False,
) -> tuple[list[Source], dict]:
    """Where to look for what the reader may see on the timelines of all of `owners`: no entry is in two of them.
    `within` is asked of them besides; in the past they are narrowed to it.

    With it the parameters of their conditions. Each can be asked further, ordered and limited for itself. `are_few`:
    what is asked further leaves few of all kinds. `can_be`: columns that hold of every entry asked for, so that what they
    never hold of (by its declaration) is not looked for.
    """
    then_told = of_facts() if sees_more_in_some(reader) else of_facts_alone()
    kept = _kept_kinds(of_kinds, facts, can_be)
    is_whole = within and kept == _kept_kinds()
    stored = [replace(STORED, are_few=are_few, along=() if is_whole else tuple(kept))] if kept else []
    wanted = [
        source
        for source in (then_told if is_past else (*stored, *others()))
        if (not of_kinds or source.kind in ("", *of_kinds)) and (not facts or source.fact in ("", *facts))
        if source.can_be(can_be)
    ]
    found = [seen_by for source in wanted if (seen_by := source.seen_by(reader))]
    parameters = rights(reader) | {f"owner{n}": owner for n, owner in enumerate(owners)}
    parameters["of_kinds"] = kept
    if is_past and within:
        of_program = then.of_program(within)
        found = [source.further(f"t.id = ANY(%(in_{source.kind})s)") for source in found if source.kind in of_program]
        parameters |= {f"in_{kind}": ids for kind, ids in of_program.items()}
    for n, owner in enumerate(owners):
        found, needed = _on_timeline(found, _kind_of(owner), f"owner{n}", reader, parameters, is_past)
        parameters |= needed
    return found, parameters


def _kept_kinds(of_kinds: Sequence[str] = (), facts: Sequence[str] = (), can_be: Sequence[str] = ()) -> list[str]:
    """The kinds that kept entries of these kinds and facts are of."""
    there = [one.kind for one in of_facts() if (not facts or one.fact in facts) and one.can_be(can_be)]
    return [kind for kind in dict.fromkeys(there) if not of_kinds or kind in of_kinds]


def _kind_of(id: UUID) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM public.records_record WHERE id = %s", [id])
        return next(iter(cursor), ("",))[0]


def _on_timeline(found: list[Source], of: str, name: str, reader: Reader, parameters: dict, is_past: bool):
    """What stands on it by itself, and what through a part that is taken in it: no entry is in both."""
    owner, there, needed = f"%({name})s", [], {}
    parts = " UNION ALL ".join(_parts_taken(of, owner, reader))
    scopes = then.parts_are_in(parts, parameters) if parts and is_past else {}
    for source in found:
        directly, record = source.owned(of, owner, reader), source.columns["record"]
        if directly:
            there.append(source.further(directly))
        if not parts or not source.is_carried or (is_past and source.kind not in scopes):
            continue
        is_part = f"{record} IN (SELECT c.scope FROM ({parts}) c)"
        if is_past:
            is_part = f"{record} = ANY(%({name}_{source.kind})s)"
            needed[f"{name}_{source.kind}"] = scopes[source.kind]
        through = f"(SELECT min(c.part::text)::uuid FROM ({parts}) c WHERE c.scope = {record})"
        if source.columns["through"] != NONE:  # of several, the part by which it stands on the first timeline
            through = source.columns["through"]
        there.append(source.further(is_part, f"({directly}) IS NOT TRUE", through=through))
    return there, needed


def _parts_taken(of: str, owner: str, reader: Reader) -> Iterator[str]:
    """The parts that a record takes in others, that the reader may see: `Kind.carries`."""
    for kind in kinds().values():
        if not kind.carries:
            continue
        table, scope = kind.model._meta.db_table, kind.model._meta.get_field(kind.carries).column
        record, may_see = "", "true" if reader.level >= Visibility.INTERNAL else "c.visibility <= %(level)s"
        if sees_more_in_some(reader):
            record, may_see = " JOIN public.records_record cr ON cr.id = c.id", seen(reader, "cr")
        for column, owner_kind in owner_columns(kind):
            if owner_kind == of:
                yield (
                    f"SELECT c.id AS part, c.{scope} AS scope FROM {table} c{record}"
                    f" WHERE c.{column} = {owner} AND NOT c.is_retired AND {may_see}"
                )
