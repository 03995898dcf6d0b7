"""Where entries come from, as SQL: the stored ones, and in the past the rows of each kind.

A `Source` says each column of an entry as an expression, so that a condition is written once, with `{last}` for the
column, and reaches the table that has the index. In each, `r` is the `Record` of the entry.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from ..kinds import Dated, Kind, kinds
from ..rights import Reader

COLUMNS = (
    "record", "part", "kind", "fact", "starts_on", "ends_on", "first", "starts_last", "ends_first", "last",
    "is_planned", "is_open", "within", "about", "through",
)  # fmt: skip
EMPTY: Mapping[str, str] = MappingProxyType({})
Seen = Callable[[Reader], tuple[str, dict]]  # the condition of who may see, and its parameters


def seen_as_record(reader: Reader) -> tuple[str, dict]:
    return (
        "(r.visibility <= %(level)s OR (r.visibility = 1 AND r.within = ANY(%(shared)s::uuid[])))",
        {"level": int(reader.level), "shared": list(reader.takes_part_in) if reader.level < 1 else []},
    )


@dataclass(frozen=True)
class Source:
    """Rows that are entries. `owned` is the condition that a row stands on the timeline of the record `{owner}`."""

    name: str
    columns: Mapping[str, str]
    table: str
    where: tuple[str, ...]
    owned: str
    seen: Seen = seen_as_record
    kind: str = ""  # of all its entries; "": of several
    fact: str = ""
    parameters: Mapping = field(default_factory=dict)

    def select(self, conditions: Sequence[str] = (), *, names: Sequence[str] = COLUMNS, also: Mapping = EMPTY) -> str:
        """A SELECT of these columns and of those in `also`; that and `conditions` name columns as `{last}`."""
        each = {name: self.columns[name] for name in names}
        each |= {name: sql.format(**self.columns) for name, sql in also.items()}
        shown = ", ".join(f"{sql} AS {name}" for name, sql in each.items())
        where = " AND ".join([*self.where, *(one.format(**self.columns) for one in conditions)])
        return f"SELECT {shown} FROM {self.table} WHERE {where}"


_STORED = {name: f"e.{name}" for name in COLUMNS} | {
    "record": "e.record_id", "part": "e.record_id", "about": "NULL::uuid", "through": "NULL::uuid",
    "owners": "e.owners", "day": "coalesce(e.first, e.last)",
}  # fmt: skip
STORED = Source(
    "stored",
    _STORED,
    "records_timelineentry e JOIN public.records_record r ON r.id = e.record_id",
    ("NOT r.is_retired",),  # retired since it was worked out
    "e.owners @> ARRAY[{owner}]::uuid[]",
)

BELONGS = "SELECT x.{} FROM records_relation x WHERE x.{} = {} AND x.kind = 'belongs_to' AND NOT x.is_retired"


def of_facts() -> list[Source]:
    """The rows of each dated kind themselves, as they are, or inside `known_at` as they were."""
    return [_of_fact(kind, dated) for kind in kinds().values() for dated in kind.dated]


def _of_fact(kind: Kind, dated: Dated) -> Source:
    owned_by = ["t.id", *(f"t.{kind.model._meta.get_field(name).column}" for name in kind.owners)]
    belongs = BELONGS.format("other_id", "record_id", "t.id")
    also = BELONGS.format("record_id", "other_id", "{owner}")
    starts, ends = f"t.{dated.starts}", f"t.{dated.ends or dated.starts}"
    columns = {
        "record": "t.id", "part": "t.id", "kind": f"'{kind.name}'", "fact": f"'{dated.fact}'",
        "starts_on": starts, "ends_on": ends,
        "first": f"{starts}_first", "starts_last": f"{starts}_last", "ends_first": f"{ends}_first", "last": f"{ends}_last",
        "is_planned": holds(dated.planned), "is_open": holds(dated.open),
        "within": "r.within", "about": "NULL::uuid", "through": "NULL::uuid",
        "owners": f"array_remove(ARRAY[{', '.join(owned_by)}], NULL) || ARRAY({belongs} ORDER BY x.other_id)",
    }  # fmt: skip
    if dated.is_brief:
        for name, of in (("ends_on", ""), ("ends_first", "_first"), ("last", "_last")):
            columns[name] = f"coalesce({ends}{of}, {starts}{of})"
    columns["day"] = f"coalesce({columns['first']}, {columns['last']})"
    where = [
        "NOT t.is_retired",
        f"({starts} IS NOT NULL OR {ends} IS NOT NULL)" if dated.ends else f"{starts} IS NOT NULL",
    ]
    if dated.unless_same_as:
        where.append(f"{starts} IS DISTINCT FROM t.{dated.unless_same_as}")
    return Source(
        f"{kind.name}_{dated.fact}",
        columns,
        f"{kind.model._meta.db_table} t JOIN public.records_record r ON r.id = t.id",
        tuple(where),
        f"({' OR '.join(f'{one} = {{owner}}' for one in owned_by)} OR t.id = ANY(ARRAY({also})))",
        kind=kind.name,
        fact=dated.fact,
    )


def holds(values: Mapping[str, tuple[str, ...] | None]) -> str:
    """Whether each of these fields of `t` has one of its values (None: is empty), as SQL; none named: never."""
    each = (
        f"t.{name} IS NULL" if of is None else f"t.{name} IN ({', '.join(f"'{value}'" for value in of)})"
        for name, of in values.items()
    )
    return " AND ".join(each) if values else "false"
