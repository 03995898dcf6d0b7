"""A row as the API and the files show it: plain values, nothing that the reader may not see."""

from collections.abc import Sequence
from uuid import UUID

from .kinds import Field, Kind, Type
from .labels import labels_for
from .money import to_major
from .rights import Reader, Visibility

VISIBILITY = {v.value: v.name.lower() for v in Visibility}


def shape_rows(kind: Kind, rows: Sequence, reader: Reader, *, minor: bool = False) -> list[dict]:
    """Dicts in the order of the kind's fields. References are ids, None where the reader may not see what they lead to.

    Money is in the major unit of its currency, or in integer minor units with `minor`.
    """
    rows = list(rows)
    known = labels_for(kind, rows, reader)
    own = set() if reader.is_officer else kind.own(rows, reader)
    fields = [(f, column_of(f)) for f in kind.all_fields.values()]
    return [
        {
            f.name: None
            if f.is_private and not reader.is_officer and row.id not in own
            else shape(f, getattr(row, column), row, known, minor)
            for f, column in fields
        }
        for row in rows
    ]


def column_of(field: Field) -> str:
    """The attribute of a row that holds the field's value."""
    return f"{field.name}_id" if field.type in (Type.REF, Type.RECORD) else field.name


def shape(field: Field, value, row, known: dict[UUID, object], minor: bool):
    """One value. `known` has the records that the reader may see."""
    if value is None:
        return None
    match field.type:
        case Type.REF | Type.RECORD:
            return str(value) if value in known else None
        case Type.ID:
            return str(value)
        case Type.MONEY:
            return value if minor else to_major(value, row.currency)
        case Type.CHOICE if field.name == "visibility":
            return VISIBILITY[value]
        case Type.DECIMAL:
            return float(value)
    return value
