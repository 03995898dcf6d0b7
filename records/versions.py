"""Entries of the history: what one change did to one record, field by field, from its version before to its version after.

Which entries there are is asked by `keys_of_record` or by changes.py; `read` then fetches the versions of all of them in a
number of queries that grows with the kinds among them and not with the entries.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from .base import may_see_sql
from .history import as_it_last_was
from .kinds import Field, Kind, Type, kinds
from .labels import Label, label_of, labels_of, mentioned
from .models import Change
from .rights import Reader
from .shapes import column_of, shape
from .showing import Cell, Shower

PER_PAGE = 50
BLANK = (None, "", [], False)


class Key(NamedTuple):
    """Names an entry: version `number` of a record began (or, where it was deleted, would have begun) by a change."""

    kind: str
    id: UUID
    number: int
    at: datetime
    change: int


class What(StrEnum):
    """What happened to the record."""

    CREATED = "created"
    CHANGED = "changed"
    RETIRED = "retired"
    RESTORED = "restored"
    DELETED = "deleted"


WORDS = {
    What.CREATED: _("newly entered"),
    What.CHANGED: _("changed"),
    What.RETIRED: _("retired"),
    What.RESTORED: _("restored"),
    What.DELETED: _("deleted"),
}


@dataclass(frozen=True)
class Difference:
    """One field, before and after: as the API gives it, and as a page shows it."""

    field: Field
    before: object
    after: object
    before_cell: Cell
    after_cell: Cell

    @property
    def label(self) -> str:
        return str(self.field.label)


@dataclass(frozen=True)
class Entry:
    """`before` and `after` are rows as they were; None before it was entered, and after it was deleted."""

    key: Key
    kind: Kind
    change: Change
    before: object
    after: object
    label: Label
    differences: tuple[Difference, ...] = ()

    @property
    def what(self) -> What:
        if self.after is None:
            return What.DELETED
        if self.before is None:
            return What.CREATED if self.key.number == 1 else What.RESTORED
        if self.before.is_retired != self.after.is_retired:
            return What.RETIRED if self.after.is_retired else What.RESTORED
        return What.CHANGED

    @property
    def word(self) -> str:
        return str(WORDS[self.what])

    @property
    def is_first(self) -> bool:
        return self.before is None

    @property
    def just_before(self) -> str:
        """The instant just before it, for `known_at`."""
        return (self.key.at - timedelta(microseconds=1)).isoformat()

    @property
    def then(self) -> str:
        return self.key.at.isoformat()


# ---- reading the versions ------------------------------------------------------------------------------


def read(keys: Sequence[Key], reader: Reader, *, minor: bool = False) -> list[Entry]:
    """The entries in the order of their keys, with what the reader may see of them. Rows that one may not see: see the keys."""
    wanted: dict[str, list[Key]] = defaultdict(list)
    for key in keys:
        wanted[key.kind].append(key)
    changes = Change.objects.in_bulk({key.change for key in keys})
    with as_it_last_was():
        states = {name: _states(kinds()[name], of) for name, of in wanted.items()}
        last = {name: _last(kinds()[name], of) for name, of in wanted.items()}
        for name in wanted:
            _with_virtual(kinds()[name], states[name].values(), last[name])
        groups = [(kinds()[name].refs, [*states[name].values(), *last[name].values()]) for name in wanted]
        labels = labels_of(*mentioned(groups), reader)
        tellers = {name: Teller(kinds()[name], last[name], reader, labels, minor) for name in wanted}
    return [
        _entry(key, changes[key.change], states[key.kind], last[key.kind], tellers[key.kind], labels) for key in keys
    ]


def _entry(key: Key, change: Change, states: dict, last: dict, teller: "Teller", labels) -> Entry:
    kind = kinds()[key.kind]
    before, after = states.get((key.id, key.number - 1)), states.get((key.id, key.number))
    label = label_of(kind, last[key.id], labels)
    return Entry(key, kind, change, before, after, label, tuple(teller.differences(before, after)))


def _states(kind: Kind, keys: Iterable[Key]) -> dict[tuple[UUID, int], object]:
    """The rows of the versions that these entries begin and end, by id and version."""
    table = kind.model._meta.db_table
    columns = ", ".join(f'v."{f.column}"' for f in kind.model._meta.concrete_fields)
    asked = sorted({(key.id, key.number - back) for key in keys for back in (0, 1)})
    rows = kind.model.objects.raw(
        f"WITH w AS (SELECT * FROM unnest(%(ids)s::uuid[], %(numbers)s::int[]) AS w (id, version))"
        f" SELECT {columns} FROM w JOIN public.{table} v USING (id, version)"
        f" UNION ALL SELECT {columns} FROM w JOIN history.{table} v USING (id, version)",
        {"ids": [id for id, _number in asked], "numbers": [number for _id, number in asked]},
    )
    return {(row.id, row.version): row for row in rows}


def _last(kind: Kind, keys: Iterable[Key]) -> dict[UUID, object]:
    """The records themselves: as they are, or as they last were."""
    return {row.id: row for row in kind.rows().filter(id__in={key.id for key in keys})}


def _with_virtual(kind: Kind, states: Iterable, last: dict[UUID, object]) -> None:
    """What a version does not hold, as it is today: the currency of an amount."""
    for state in states:
        for virtual in kind.virtual:
            state.__dict__.setdefault(virtual.name, getattr(last[state.id], virtual.name, None))


class Teller:
    """Says how two rows of one kind differ, as far as one reader may know. Private fields: by what the record is today."""

    def __init__(self, kind: Kind, last: dict[UUID, object], reader: Reader, labels: dict, minor: bool = False):
        self.kind, self.labels, self.minor = kind, labels, minor
        rows = list(last.values())
        self.own = {row.id for row in rows} if reader.is_officer or not kind.private else kind.own(rows, reader)
        self.shower = Shower(kind, rows, reader, labels=labels, own=self.own)

    def differences(self, before, after) -> Iterable[Difference]:
        own = (before or after).id in self.own
        for field in compared(self.kind):
            if field.is_private and not own:
                continue
            was, now = self._value(field, before), self._value(field, after)
            if was != now and not (None in (before, after) and is_nothing_new(field, was, now)):
                yield Difference(field, was, now, self._cell(field, before), self._cell(field, after))

    def _value(self, field: Field, row):
        return None if row is None else shape(field, getattr(row, column_of(field)), row, self.labels, self.minor)

    def _cell(self, field: Field, row) -> Cell:
        return Cell() if row is None else self.shower.cell(row, field.name)


def compared(kind: Kind) -> list[Field]:
    """The fields in which two versions may differ."""
    return [field for name, field in kind.all_fields.items() if field.is_written and name != "id"]


def is_nothing_new(field: Field, was, now) -> bool:
    """Of a record that was entered or deleted: what was empty is not told, nor who may read it."""
    return field.name == "visibility" or (was in BLANK and now in BLANK)


# ---- the versions of one record, plainly ----------------------------------------------------------------


def states(kind: Kind, id: UUID, before: int | None = None) -> list:
    """The row as it was in each version, newest first, one more than a page."""
    older = "version < %(before)s" if before else "true"
    sql = f"SELECT * FROM {_versions(kind)} WHERE {older} ORDER BY version DESC LIMIT {PER_PAGE + 1}"
    return list(kind.model.objects.raw(sql, {"id": id, "before": before}))


def state_of(kind: Kind, id: UUID, version: int):
    """The row as it was in one version; None where there was no such version."""
    sql = f"SELECT * FROM {_versions(kind)} WHERE version = %(version)s"
    return next(iter(kind.model.objects.raw(sql, {"id": id, "version": version})), None)


def first_with_each(kind: Kind, id: UUID, column: str) -> list:
    """The first version with each value of this column, newest first."""
    firsts = f'SELECT DISTINCT ON ("{column}") * FROM {_versions(kind)} ORDER BY "{column}", version'
    return list(kind.model.objects.raw(f"SELECT * FROM ({firsts}) f ORDER BY version DESC", {"id": id}))


def _versions(kind: Kind) -> str:
    """All versions of the row %(id)s, as a table of a query."""
    table = kind.model._meta.db_table
    columns = ", ".join(f'"{f.column}"' for f in kind.model._meta.concrete_fields)
    each = (f"SELECT {columns} FROM {schema}.{table} WHERE id = %(id)s" for schema in ("public", "history"))
    return f"({' UNION ALL '.join(each)}) v"


# ---- which entries a record has ------------------------------------------------------------------------

KEYS = """
SELECT '{kind}' AS kind, v.id, v.version AS number, v.updated_at AS at, v.change_id AS change FROM public.{table} v
  WHERE {mine} AND {seen}
UNION ALL SELECT '{kind}', v.id, v.version, v.updated_at, v.change_id FROM history.{table} v WHERE {mine} AND {seen_today}
UNION ALL SELECT '{kind}', v.id, v.version + 1, v.until, v.ended_by FROM history.{table} v WHERE {mine} AND {seen_today}
"""
TOUCHING = """
SELECT k.* FROM ({keys}) k WHERE ({value} = k.number) IS DISTINCT FROM ({value} = k.number - 1)
"""
VALUE = """SELECT {value} FROM (
  SELECT id, version, "{column}" AS x FROM public.{table} UNION ALL SELECT id, version, "{column}" FROM history.{table}
) s WHERE s.id = k.id AND s.version"""


def keys_sql(kind: Kind, mine: str, reader: Reader, field: Field | None = None) -> str:
    """The keys of the versions of a kind that `mine` is true of, and of what ended them (the same key, where a version
    ended and the next began); with `field`: of those that touched it."""
    table, seen = kind.model._meta.db_table, rows_seen(reader)[0]
    seen_today = seen.replace("v.visibility", "coalesce(v.visibility_today, v.visibility)")
    keys = KEYS.format(kind=kind.name, table=table, mine=mine, seen=seen, seen_today=seen_today)
    if field is None:
        return keys
    blank = {Type.LIST: "'{}'", Type.BOOLEAN: "'false'"}.get(field.type, "''")
    column = kind.model._meta.get_field(field.name).column
    value = VALUE.format(value=f"nullif(x::text, {blank})", column=column, table=table)
    return TOUCHING.format(keys=keys, value=value)


def rows_seen(reader: Reader) -> tuple[str, dict]:
    """The condition that a row `v` is seen, and its parameters."""
    return may_see_sql(reader, "v.visibility", "v.id")


def sources(kind: Kind, *, with_parts: bool) -> list[tuple[Kind, str]]:
    """(kind, condition) of the rows whose history is told with a record's: its own; with parts, of what belongs to it."""
    found = [(kind, "v.id = %(id)s")]
    if with_parts:
        for child, by in belonging(kind):
            column = child.model._meta.get_field(by).column
            found.append((child, f'v."{column}" = %(id)s'))
            found += [(part, _of_those(part, child, column)) for part in parts_of(child)]
    return found


def belonging(kind: Kind) -> list[tuple[Kind, str]]:
    """(kind, field) of what belongs to a record of this kind: what its page relates it to, and what the machine itself
    hangs on any record (citations, disagreements, relations, documents)."""
    related = [(kinds()[related.kind], related.by) for related in kind.related]
    own = [kind for kind in kinds().values() if kind.model._meta.app_label == "records"]
    about = [(kind, ref.name) for kind in own for ref in kind.refs if ref.type is Type.RECORD]
    return list(dict.fromkeys([*related, *about]))


def parts_of(kind: Kind) -> list[Kind]:
    """The kinds whose rows are parts of records of this kind."""
    return [part for part in kinds().values() if part.part_of and part.all_fields[part.part_of].target is kind.model]


def _of_those(part: Kind, child: Kind, column: str) -> str:
    table, by = child.model._meta.db_table, part.model._meta.get_field(part.part_of).column
    return f'v."{by}" IN ({_ids_with(table, column, "public")} UNION {_ids_with(table, column, "history")})'


def _ids_with(table: str, column: str, schema: str) -> str:
    return f'SELECT id FROM {schema}.{table} WHERE "{column}" = %(id)s'
