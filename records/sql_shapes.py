"""Rows of lists as PostgreSQL itself writes them: JSON as `shapes.py` shapes it, cells as `cells.py` writes them for RAW files.

A field is an SQL expression on a row `t` with the columns of `needed`. Where one cannot be said so `json_of` and `cells_of`
are None, and rows are read and shaped as everywhere else. What is listed is not retired, so it was merged into nothing.
"""

from collections.abc import Sequence

from .base import may_see_sql
from .columns import Column
from .history import is_past
from .kinds import Field, Kind, Type, kind_of
from .money import NO_MINOR_UNIT, THREE_DIGITS
from .rights import Reader, Visibility
from .shape_asked import ShapeAsked
from .shapes import VISIBILITY, column_of


def needed(kind: Kind) -> list[str]:
    """The columns and annotations of the kind's rows that the expressions speak of."""
    fields = kind.all_fields.values()
    is_money = any(field.type is Type.MONEY for field in fields)
    return list(dict.fromkeys([*map(column_of, fields), *(["currency"] if is_money else [])]))


def can_be_said(kind: Kind, reader: Reader) -> bool:
    """Not the past, by the rights of today; not what is attached to rows; not private fields of somebody's own rows."""
    own = bool(kind.private) and not reader.is_officer and bool(reader.institutions)
    return not (is_past() or kind.attach or own)


# ---- JSON ----------------------------------------------------------------------------------------------------


def json_of(shape: ShapeAsked, reader: Reader) -> str | None:
    """A SELECT list of the row `t` whose rows are the API's, in this shape, as `row_to_json` writes them."""
    kind = shape.kind
    if not (can_be_said(kind, reader) and shape.is_plain):
        return None
    fields = [kind.all_fields[name] for name in shape.names]
    return ", ".join(f'{_json(kind, field, reader, shape.is_minor)} AS "{field.name}"' for field in fields)


def _json(kind: Kind, field: Field, reader: Reader, minor: bool) -> str:
    value = f't."{column_of(field)}"'
    if field.is_private and not reader.is_officer:
        return "NULL::text"
    match field.type:
        case Type.REF | Type.RECORD:
            return _reference(kind, field, reader)
        case Type.MONEY:
            return value if minor else _major(value)
        case Type.CHOICE if field.name == "visibility":
            return _visibility(value)
        case Type.DECIMAL:
            whole = f"(trunc({value})::text || '.0')::json"
            return f"CASE WHEN {value} = trunc({value}) THEN {whole} ELSE to_json({value}::float8) END"
        case Type.INSTANT:
            return _instant(value)
    return value


def _reference(kind: Kind, field: Field, reader: Reader) -> str:
    """The id that stands there, NULL where the reader may not see what it leads to: as `labels.py` knows it."""
    id = f't."{column_of(field)}"'
    if field.name == "merged_into":
        return "NULL::uuid"
    if field.type is Type.REF:
        if reader.level >= Visibility.INTERNAL or _is_seen_with_it(kind, field, reader):
            return id
        table, more = field.target._meta.db_table, ""
    else:
        table, more = "records_record", " AND NOT s.is_retired AND NOT s.is_deleted"
    there = f"SELECT s.id FROM {table} s WHERE s.id = {id} AND {_may_see(reader)}{more}"
    return f"CASE WHEN {id} IS NOT NULL THEN ({there}) END"


def _is_seen_with_it(kind: Kind, field: Field, reader: Reader) -> bool:
    """Whether who sees the row sees what it leads to: what is not empty (`sorting.py` says the same), and what it lies under.

    Something under a record is at least as hidden; among what is shared with participants it may be shared with others.
    """
    if not kind.model._meta.get_field(field.name).null:
        return True
    return field.name in kind.under and not reader.takes_part_in


def _may_see(reader: Reader) -> str:
    """The condition on a row `s`, with what it is asked with written into it: a number, and ids."""
    sql, parameters = may_see_sql(reader, "s.visibility", "s.id")
    programs = ",".join(sorted(map(str, parameters.get("takes_part_in", ()))))
    return sql % {"level": parameters.get("level"), "takes_part_in": f"'{{{programs}}}'::uuid[]"}


def _major(value: str) -> str:
    """Minor units in the major unit of the row's currency; without decimals where it is whole."""
    return f"""CASE WHEN t.currency IN ({_quoted(NO_MINOR_UNIT)}) THEN {value}::numeric
 WHEN t.currency IN ({_quoted(THREE_DIGITS)}) THEN trim_scale({value}::numeric / 1000)
 ELSE trim_scale({value}::numeric / 100) END"""


def _visibility(value: str) -> str:
    return f"CASE {value} " + " ".join(f"WHEN {n} THEN '{word}'" for n, word in VISIBILITY.items()) + " END"


def _instant(value: str) -> str:
    """UTC; what lies on a whole second has no decimals."""
    text = f"""to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
    return f"replace({text}, '.000000Z', 'Z')"


def _quoted(words) -> str:
    return ", ".join(f"'{word}'" for word in sorted(words))


# ---- cells of RAW files ----------------------------------------------------------------------------------------


def cells_of(kind: Kind, columns: Sequence[Column], reader: Reader) -> list[str] | None:
    """SQL expressions: the cells of the row `t` in these columns, NULL where they are empty."""
    if not can_be_said(kind, reader):
        return None
    said = [_cell(kind, column, reader) for column in columns]
    return None if None in said else said


def _cell(kind: Kind, column: Column, reader: Reader) -> str | None:
    field, value = column.field, f't."{column_of(column.field)}"'
    if (field.is_private and not reader.is_officer) or field.name == "merged_into":
        return "NULL::text"
    if column.is_label:
        return _label(field, reader)
    match field.type:
        case Type.REF | Type.RECORD:
            return _reference(kind, field, reader)
        case Type.ID | Type.INTEGER | Type.DATE:
            return value
        case Type.LIST:
            return f"to_jsonb({value})"
        case Type.BOOLEAN:
            return f"{value}::text"
        case Type.MONEY:
            return _major_text(value)
        case Type.DECIMAL:
            return f"trim_scale({value})"
        case Type.INSTANT:
            return _instant(value)
        case Type.CHOICE if field.name == "visibility":
            return _visibility(value)
    return f"nullif({value}::text, '')"


def _label(field: Field, reader: Reader) -> str | None:
    """What a record is called, for what is called by its own name."""
    if field.type is Type.RECORD or not kind_of(field.target).is_named:
        return None
    target = kind_of(field.target)
    nameless = str(target.label_one).replace("'", "''").replace("%", "%%")
    called = f"coalesce(nullif(s.{target.label_base}_ko, ''), nullif(s.{target.label_base}_en, ''), '{nameless}')"
    where = f's.id = t."{column_of(field)}" AND {_may_see(reader)}'
    return f"(SELECT {called} FROM {target.model._meta.db_table} s WHERE {where})"


def _major_text(value: str) -> str:
    return f"""CASE WHEN t.currency IN ({_quoted(NO_MINOR_UNIT)}) THEN {value}::text
 WHEN t.currency IN ({_quoted(THREE_DIGITS)}) THEN round({value}::numeric / 1000, 3)::text
 ELSE round({value}::numeric / 100, 2)::text END"""
