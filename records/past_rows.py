"""Rows as they were in the version that somebody began from."""

from collections.abc import Mapping
from uuid import UUID

from .beside import number
from .kinds import Kind


def as_they_were(kind: Kind, present: Mapping[UUID, object], versions: Mapping[UUID, str]) -> dict[UUID, object]:
    """These rows, each in its version as asked; as it is now where there is no such version. A query only for what moved."""
    moved = {
        id: number(version)
        for id, version in versions.items()
        if id in present and number(version) not in (0, present[id].version)
    }
    return dict(present) | (versions_of(kind, present, moved) if moved else {})


def versions_of(kind: Kind, present: Mapping[UUID, object], moved: dict[UUID, int]) -> dict[UUID, object]:
    """These rows in the versions that ended since; what has no such version is missing."""
    table = kind.model._meta.db_table
    columns = ", ".join(f'h."{f.column}"' for f in kind.model._meta.concrete_fields)
    rows = kind.model.objects.raw(
        f"SELECT {columns} FROM history.{table} h JOIN unnest(%(ids)s::uuid[], %(versions)s::bigint[]) AS v (id, version)"
        " ON h.id = v.id AND h.version = v.version",
        {"ids": list(moved), "versions": list(moved.values())},
    )
    found = {row.id: row for row in rows}
    for id, row in found.items():
        for virtual in kind.virtual:  # what a version does not hold, as it is today: the currency of an amount
            row.__dict__.setdefault(virtual.name, getattr(present[id], virtual.name, None))
    return found
