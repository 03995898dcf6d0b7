"""A source of entries: rows of a table, with each column of an entry as an SQL expression.

So a condition is written once, with `{last}` for the column, and reaches the table that has the index. In each, `r` is
the `Record` of the entry; `finishes` and `begun` are its last and first day, infinitely far away where none is stated.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from ..rights import Reader, Visibility

COLUMNS = (
    "record", "part", "kind", "fact", "starts_on", "ends_on", "first", "starts_last", "ends_first", "last",
    "is_planned", "is_open", "within", "about", "through",
)  # fmt: skip
NONE = "NULL::uuid"  # of a column that says nothing
NEVER = "false"
NOTHING: Mapping[str, str] = MappingProxyType({})
IN_ORDER = "ORDER BY place, part, fact LIMIT %(limit)s"
BELONGS = "x.kind = 'belongs_to' AND NOT x.is_retired"
RELATED = "SELECT x.record_id FROM records_relation x JOIN public.records_record xr ON xr.id = x.id WHERE x.other_id = {} AND {} AND {}"


def seen(reader: Reader, record: str = "r") -> str:
    """Whether the reader may see what this Record row stands for; asks for `rights` among the parameters."""
    if reader.level >= Visibility.INTERNAL:
        return "true"
    return (
        f"({record}.visibility <= %(level)s OR ({record}.visibility = 1 AND {record}.within = ANY(%(shared)s::uuid[])))"
    )


def rights(reader: Reader) -> dict:
    """The parameters of `seen`, and whose the reader is."""
    shared = reader.takes_part_in if reader.level < Visibility.SHARED else ()
    return {"level": int(reader.level), "shared": list(shared), "institutions": list(reader.institutions)}


@dataclass(frozen=True)
class Source:
    """Rows that are entries, as SQL.

    `owned(kind of the owner, its parameter, reader)` is the condition that a row stands on the timeline of that record,
    None where none of these ever does. `seen(reader)` is the condition of who may see, None where the reader sees none.
    """

    name: str
    columns: Mapping[str, str]
    table: str
    where: tuple[str, ...]
    owned: Callable[[str, str, Reader], str | None]
    seen: Callable[[Reader], str | None] = seen
    kind: str = ""  # of all its entries; "": of several
    fact: str = ""
    figure: str = "timelines"  # by which it is kept
    is_carried: bool = True  # stands also on the timelines of those who take part in its record

    def select(self, conditions: Sequence[str] = (), *, names: Sequence[str] = COLUMNS, also: Mapping = NOTHING) -> str:
        """A SELECT of these columns and of those in `also`; that and `conditions` name columns as `{last}`."""
        each = {name: self.columns[name] for name in names}
        each |= {name: sql.format(**self.columns) for name, sql in also.items()}
        shown = ", ".join(f"{sql} AS {name}" for name, sql in each.items())
        where = " AND ".join([*self.where, *(one.format(**self.columns) for one in conditions)])
        return f"SELECT {shown} FROM {self.table} WHERE {where}"

    def can_be(self, names: Sequence[str]) -> bool:
        """Whether all of these columns may hold of one of them."""
        return all(self.columns[name] != NEVER for name in names)

    def further(self, *conditions: str, **columns: str) -> "Source":
        """The same with further conditions, and other columns."""
        return replace(self, where=(*self.where, *conditions), columns={**self.columns, **columns})

    def seen_by(self, reader: Reader) -> "Source | None":
        may_see = self.seen(reader)
        return None if may_see is None else self.further(may_see)

    def first(self, conditions: Sequence[str], place: str) -> str:
        """A SELECT of the first `%(limit)s` of them in the order of `place`."""
        return f"{self.select(conditions, also={'place': place})} {IN_ORDER}"

    def some(self, conditions: Sequence[str], shown: str) -> str:
        """A SELECT of `shown`, as `place`, of `%(limit)s` of them, or of so many of each kind."""
        return f"{self.select(conditions, names=(), also={'place': shown})} LIMIT %(limit)s"
