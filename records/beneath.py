"""What lies under a record: whatever is at least as hidden as it is, goes with it, and is not entered while it goes."""

from collections.abc import Iterable
from functools import cache
from math import inf
from uuid import UUID

from django.db import connection

from .base import Record
from .kinds import Kind, kinds

ANY_KIND = ""  # of the records to begin with


@cache
def _columns() -> dict[str, tuple[str, ...]]:
    """By table: the columns of the records that a row of it lies under."""
    found: dict[str, tuple[str, ...]] = {}
    for table, column in _rows("SELECT child, col FROM records_under WHERE hides ORDER BY child, col"):
        found[table] = (*found.get(table, ()), column)
    return found


def columns_above(kind: Kind) -> tuple[str, ...]:
    """Columns of the records that one of this kind lies under."""
    return _columns().get(kind.model._meta.db_table, ())


def parts_below(ids: Iterable[UUID], *, hold: bool = False, most: float = inf) -> dict[str, set[UUID]]:
    """Ids, by kind, of the records that are not retired and lie under these.

    With `hold` they are locked, and nothing is put under them until the transaction ends; so must `ids` be already.
    Where there are more than `most`, those nearest to these: under a large program 200,000 would take a minute to find.
    """
    found: dict[str, set] = {}
    level = {ANY_KIND: set(ids)}
    while level and sum(map(len, found.values())) <= most:
        below = _directly_below(level)
        if hold:
            below = {name: _held(kinds()[name], level) for name in sorted(below)}
            hold_place(set().union(*below.values()))
        fresh = {name: own - found.get(name, set()) for name, own in below.items()}
        for name, own in fresh.items():
            if own:
                found.setdefault(name, set()).update(own)
        level = {name: own for name, own in fresh.items() if own}
    return found


def _directly_below(level: dict[str, set[UUID]]) -> dict[str, set]:
    each, parameters = [], {}
    for kind in kinds().values():
        for column in columns_above(kind) if not kind.counter else ():  # what is only added stays where it is
            if ids := _named(kind, column, level):
                parameters[f"ids_{len(each)}"] = ids
                each.append(
                    f"SELECT '{kind.name}', id FROM {kind.model._meta.db_table}"
                    f" WHERE {column} = ANY(%(ids_{len(each)})s) AND NOT is_retired"
                )
    found: dict[str, set] = {}
    for name, id in _rows(" UNION ALL ".join(each), parameters) if each else ():
        found.setdefault(name, set()).add(id)
    return found


def _named(kind: Kind, column: str, level: dict[str, set[UUID]]) -> list[UUID]:
    """Those of a level, by kind, that this column can name."""
    target = kind.model._meta.get_field(column.removesuffix("_id")).related_model
    names = [name for name in level if name == ANY_KIND or target in (Record, kinds()[name].model)]
    return [id for name in names for id in level[name]]


def _held(kind: Kind, level: dict[str, set[UUID]]) -> set[UUID]:
    """Those of this kind that lie directly under these, locked in one order; what moved away meanwhile is not among them."""
    named = {column: _named(kind, column, level) for column in columns_above(kind)}
    is_under = " OR ".join(f"{column} = ANY(%({column})s)" for column in named)
    sql = f"SELECT id FROM {kind.model._meta.db_table} WHERE ({is_under}) AND NOT is_retired ORDER BY id FOR NO KEY UPDATE"
    return {id for (id,) in _rows(sql, named)}


def hold_place(ids: Iterable[UUID]) -> None:
    """Nothing is put under these records until the transaction ends."""
    _hold(ids, "NO KEY UPDATE")


def hold_above(ids: Iterable[UUID]) -> None:
    """These records are not retired until the transaction ends: something is about to be put under them."""
    _hold(ids, "SHARE")


def _hold(ids: Iterable[UUID], how: str) -> None:
    if ids := list(ids):
        _rows(f"SELECT 1 FROM records_record WHERE id = ANY(%(ids)s) ORDER BY id FOR {how}", {"ids": ids})


def _rows(sql: str, parameters: dict | None = None) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()
