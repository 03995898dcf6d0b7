"""The entries that are kept: millions, of which a page reads no more than it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..rights import Reader
from .source import BELONGS, COLUMNS, IN_ORDER, NONE, NOTHING, RELATED, Source, seen

OF_KINDS = "{kind} = ANY(%(of_kinds)s)"


@dataclass(frozen=True)
class Stored(Source):
    """An index holds the entries of each kind in order, so the first of all are among the first of each kind asked for.

    Where they are few (an owner's, found by the index of owners), they are put in order instead. Whether their records
    may be seen is asked of one after the other, until there are enough.
    """

    allowed: tuple[str, ...] = ("NOT r.is_retired",)  # retired since it was worked out
    are_few: bool = False

    def further(self, *conditions: str, **columns: str) -> "Stored":
        return replace(self, where=(*self.where, *conditions), columns={**self.columns, **columns}, are_few=True)

    def seen_by(self, reader: Reader) -> "Stored":
        return replace(self, allowed=(*self.allowed, self.seen(reader)))

    def select(self, conditions: Sequence[str] = (), *, names: Sequence[str] = COLUMNS, also: Mapping = NOTHING) -> str:
        with_record = f"{self.table} JOIN public.records_record r ON r.id = e.record_id"
        whole = Source(self.name, self.columns, with_record, (*self.where, *self.allowed), self.owned)
        return whole.select(conditions, names=names, also=also)

    def first(self, conditions: Sequence[str], place: str) -> str:
        if not self.are_few:
            return self._of_each_kind(conditions, COLUMNS, place, IN_ORDER)
        place, *asked = [one.format(**self.columns) for one in (place, OF_KINDS, *conditions)]
        which = f"SELECT {ROW}, {place} AS place FROM {self.table} WHERE {' AND '.join([*self.where, *asked])}"
        ordered = replace(self, table=f"({which} ORDER BY place, e.record_id, e.fact OFFSET 0) e", where=())
        return ordered.select(also={"place": "e.place"}) + f" {IN_ORDER}"

    def some(self, conditions: Sequence[str], shown: str) -> str:
        if self.are_few:
            return super().some([OF_KINDS, *conditions], shown)
        as_far = "{finishes}, {part}, {fact}".format(**self.columns)  # along the index, not all of it before the first
        return self._of_each_kind(conditions, (), shown, f"ORDER BY {as_far} LIMIT %(limit)s")

    def _of_each_kind(self, conditions: Sequence[str], names: Sequence[str], place: str, limited: str) -> str:
        own = self.select(["{kind} = k.kind", *conditions], names=names, also={"place": place})
        each = f"unnest(%(of_kinds)s::text[]) k (kind) CROSS JOIN LATERAL ({own} {limited}) x"
        return f"SELECT x.* FROM {each}"


def _owned(kind: str, owner: str, reader: Reader) -> str:
    """Owners hold those that a record belongs to by a relation besides; one that the reader may not see says nothing."""
    owned, may_see = f"e.owners @> ARRAY[{owner}]::uuid[]", seen(reader, "xr")
    if may_see == "true":
        return owned
    hidden = RELATED.format(owner, BELONGS, f"NOT {may_see}")
    return f"{owned} AND (e.record_id <> ALL(ARRAY({hidden})) OR cardinality(array_positions(e.owners, {owner})) > 1)"


ROW = ", ".join(f"e.{name}" for name in ("record_id", *COLUMNS) if name not in ("record", "part", "about", "through"))
STORED = Stored(
    "stored",
    {name: f"e.{name}" for name in COLUMNS}
    | {
        "record": "e.record_id", "part": "e.record_id", "about": NONE, "through": NONE,
        "day": "coalesce(e.first, e.last)",
        "finishes": "coalesce(e.last, 'infinity'::date)", "begun": "coalesce(e.first, '-infinity'::date)",
    },
    "records_timelineentry e",
    (),
    _owned,
)  # fmt: skip
