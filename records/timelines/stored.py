"""The entries that are kept: millions, of which a page reads no more than it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..rights import Reader
from .source import BELONGS, COLUMNS, IN_ORDER, NONE, NOTHING, RELATED, Source, seen

OF_KINDS = "{kind} || '' = ANY(%(of_kinds)s)"  # no question for an index: the keys of owners know the kind already


@dataclass(frozen=True)
class Stored(Source):
    """An index holds the entries of each kind in order, another those of each program; so the first ones are read along
    them, of several kinds as one merges what is in order. Where they are few (an owner's, found by the index of owners),
    they are put in order instead. Whether their records may be seen is asked of one after the other, until there are
    enough.
    """

    allowed: tuple[str, ...] = ("NOT r.is_retired",)  # retired since it was worked out
    are_few: bool = False
    along: tuple[str, ...] = ()  # the kinds that are looked for along indexes; (): along the index of their program

    def further(self, *conditions: str, **columns: str) -> "Stored":
        return replace(self, where=(*self.where, *conditions), columns={**self.columns, **columns}, are_few=True)

    def seen_by(self, reader: Reader) -> "Stored":
        return replace(self, allowed=(*self.allowed, self.seen(reader)))

    def select(self, conditions: Sequence[str] = (), *, names: Sequence[str] = COLUMNS, also: Mapping = NOTHING) -> str:
        with_record = f"{self.table} JOIN public.records_record r ON r.id = e.record_id"
        whole = Source(self.name, self.columns, with_record, (*self.where, *self.allowed), self.owned)
        return whole.select(conditions, names=names, also=also)

    def first(self, conditions: Sequence[str], place: str) -> str:
        each = " UNION ALL ".join(self._way([*of_kind, *conditions], place) for of_kind in self._ways())
        merged = replace(self, table=f"(SELECT * FROM ({each}) w ORDER BY place, record_id, fact OFFSET 0) e", where=())
        return merged.select(also={"place": "e.place"}) + f" {IN_ORDER}"

    def _ways(self) -> list[list[str]]:
        if self.are_few:
            return [[OF_KINDS]]
        return [[f"{{kind}} = '{kind}'"] for kind in self.along] or [[]]

    def _way(self, conditions: Sequence[str], place: str) -> str:
        place, *asked = [one.format(**self.columns) for one in (place, *conditions)]
        where = " AND ".join([*self.where, *asked])
        return (
            f"(SELECT e.*, {place} AS place FROM {self.table} WHERE {where or 'true'} ORDER BY place, record_id, fact)"
        )

    def some(self, conditions: Sequence[str], shown: str) -> str:
        if self.are_few:
            return super().some([OF_KINDS, *conditions], shown)
        as_far = "{finishes}, {part}, {fact}".format(**self.columns)  # along the index, not all of it before the first
        own = self.select(["{kind} = k.kind", *conditions], names=(), also={"place": shown})
        each = f"CROSS JOIN LATERAL ({own} ORDER BY {as_far} LIMIT %(limit)s) x"
        return f"SELECT x.* FROM unnest(%(of_kinds)s::text[]) k (kind) {each}"


def _owned(kind: str, owner: str, reader: Reader) -> str:
    """Owners hold those that a record belongs to by a relation besides; one that the reader may not see says nothing.

    The index holds each owner together with the kind, so that of all that an institution owns only what is asked is read.
    """
    of_kinds = f"timeline_keys(%(of_kinds)s::text[], ARRAY[{owner}]::uuid[])"
    owned = f"e.owners @> ARRAY[{owner}]::uuid[] AND timeline_keys(ARRAY[e.kind]::text[], e.owners) && {of_kinds}"
    may_see = seen(reader, "xr")
    if may_see == "true":
        return owned
    hidden = RELATED.format(owner, BELONGS, f"NOT {may_see}")
    return f"{owned} AND (e.record_id <> ALL(ARRAY({hidden})) OR cardinality(array_positions(e.owners, {owner})) > 1)"


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
