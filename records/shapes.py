"""Rows as the API and the files show them: plain values, nothing that the reader may not see."""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from operator import attrgetter
from uuid import UUID

from .base import Record
from .columns import joined
from .kinds import Field, Kind, Type, kinds
from .labels import labels_of, mentioned
from .money import to_major
from .rights import Reader, Visibility
from .shape_asked import ShapeAsked, field_of, whole

VISIBILITY = {v.value: v.name.lower() for v in Visibility}
AS_THEY_ARE = (Type.TEXT, Type.LIST, Type.DATE, Type.INTEGER, Type.BOOLEAN, Type.INSTANT)


def shape_rows(kind: Kind, rows: Sequence, reader: Reader, *, minor: bool = False) -> list[dict]:
    """Dicts in the order of the kind's fields. References are ids, None where the reader may not see what they lead to.

    Money is in the major unit of its currency, or in integer minor units with `minor`.
    """
    return shaped(whole(kind, is_minor=minor), rows, reader)


def shaped(asked: ShapeAsked, rows: Iterable, reader: Reader, as_of: date | None = None) -> list[dict]:
    """These rows with the fields that are asked for, and the records inside them that are: as many queries for many rows as for few."""
    rows = list(rows)
    known = labels_of(*mentioned([(asked.references, rows)]), reader)
    is_open = reader.is_officer or not any(f.is_private for f in asked.fields)
    own = None if is_open else asked.kind.own(rows, reader)
    writers = [(name, field_of(asked.kind, name), _writer(asked, name, known)) for name in asked.names]
    found = [
        {
            name: None if field.is_private and own is not None and row.id not in own else write(row)
            for name, field, write in writers
        }
        for row in rows
    ]
    for name, part in asked.inside:
        _put_inside(found, rows, name, part, reader, as_of)
    return found


def column_of(field: Field) -> str:
    """The attribute of a row that holds the field's value."""
    return f"{field.name}_id" if field.type in (Type.REF, Type.RECORD) else field.name


# ---- one value -----------------------------------------------------------------------------------------------


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


def _writer(asked: ShapeAsked, name: str, known: dict[UUID, object]) -> Callable:
    """What gives the value of one field of a row, or in a table the label of it."""
    field, minor = field_of(asked.kind, name), asked.is_minor
    value = attrgetter(column_of(field))
    if name != field.name:
        return _label_writer(field, value, known)
    if field.type is Type.LIST and asked.is_flat:
        return lambda row: joined(value(row) or ())
    if field.type in AS_THEY_ARE or (field.type is Type.CHOICE and field.name != "visibility"):
        return value
    return lambda row: shape(field, value(row), row, known, minor)


def _label_writer(field: Field, value: Callable, known: dict) -> Callable:
    if field.type is Type.CHOICE:
        words = {v.value: v.label for v in Visibility} if field.name == "visibility" else field.words
        words = {word: str(label) for word, label in words.items()}
        return lambda row: words.get(value(row))
    return lambda row: str(known[id]) if (id := value(row)) in known else None


# ---- records inside ------------------------------------------------------------------------------------------


def _put_inside(found: list[dict], rows: list, name: str, part: ShapeAsked, reader: Reader, as_of) -> None:
    """Puts the records that a reference leads to where its id would be, or in a table behind its name."""
    at = f"{name}_id"
    there = _records(part, {getattr(row, at) for row in rows} - {None}, reader, as_of)
    nothing = dict.fromkeys(part.columns) if part.is_flat else None
    for row, shown in zip(rows, found, strict=True):
        record = there.get(getattr(row, at), nothing)
        if part.is_flat:
            shown |= {f"{name}.{column}": value for column, value in record.items()}
        else:
            shown[name] = record


def _records(part: ShapeAsked, ids: set[UUID], reader: Reader, as_of) -> dict[UUID, dict]:
    """Those of these records that the reader may see, as their own list shows them."""
    if part.kind is None:
        return _of_any_kind(part, ids, reader, as_of)
    rows = list(part.kind.rows().with_retired_visible_to(reader).filter(id__in=ids)) if ids else []
    if part.needs_attached:
        part.kind.attached(rows, reader, as_of)
    return {row.id: record for row, record in zip(rows, shaped(part, rows, reader, as_of), strict=True)}


def _of_any_kind(part: ShapeAsked, ids: set[UUID], reader: Reader, as_of) -> dict[UUID, dict]:
    """The same, each with the kind that it is of. A query or two for each kind that occurs."""
    of_kind: dict[str, set] = {}
    for id, name in Record.objects.visible_to(reader).filter(id__in=ids).values_list("id", "kind"):
        of_kind.setdefault(name, set()).add(id)
    found = {}
    for name in sorted(of_kind):
        one = whole(kinds()[name], is_minor=part.is_minor, language=part.language)
        records = _records(one, of_kind[name], reader, as_of)
        found |= {id: {"record_kind": name} | record for id, record in records.items()}
    return found
