"""The first pages of several lists in one statement: what belongs to a record is of many kinds, mostly a few rows of each.

A row comes as JSON and becomes an instance of its kind again, as if its list had been asked alone.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from django.db import connection
from django.db.models import BooleanField, CharField, Field, IntegerField, Model, QuerySet, TextField

from .lists import ListQuery, Page

AS_IN_JSON = (CharField, TextField, IntegerField, BooleanField)


def first_pages(queries: Sequence[ListQuery]) -> list[Page]:
    """What `page()` of each would give. For lists in an order that goes along with its index, without a cursor."""
    if not queries:
        return []
    asked = [query.in_order()[: query.limit + 1] for query in queries]
    found: list[list[Model]] = [[] for _query in queries]
    makers = [_maker(rows) for rows in asked]
    for number, row in _read(asked):
        found[number].append(makers[number](json.loads(row, parse_float=Decimal)))
    return [query.page_of(rows, query.keys) for query, rows in zip(queries, found, strict=True)]


def _read(asked: list[QuerySet]) -> list[tuple[int, str]]:
    """(number of the list, row). Each list keeps its order: Postgres reads one after the other."""
    parts = [rows.query.sql_with_params() for rows in asked]
    sql = " UNION ALL ".join(
        f"SELECT {number}, row_to_json(t)::text FROM ({part}) t" for number, (part, _parameters) in enumerate(parts)
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [p for _part, parameters in parts for p in parameters])
        return cursor.fetchall()


def _maker(rows: QuerySet) -> Callable[[dict], Model]:
    """Makes an instance of the kind of these rows from the values of its columns."""
    columns = {f.column: _reader_of(getattr(f, "output_field", f)) for f in rows.model._meta.concrete_fields}
    annotated = {name: _reader_of(a.output_field) for name, a in rows.query.annotations.items()}
    names = [f.attname for f in rows.model._meta.concrete_fields]

    def make(values: dict) -> Model:
        row = rows.model.from_db(rows.db, names, _read_each(columns, values))
        for name, value in zip(annotated, _read_each(annotated, values), strict=True):
            setattr(row, name, value)
        return row

    return make


def _read_each(columns: Mapping[str, Callable | None], values: dict) -> list:
    found = ((read, values[name]) for name, read in columns.items())
    return [read(value) if read and value is not None else value for read, value in found]


def _reader_of(field: Field) -> Callable | None:
    """What makes a value of what JSON says; None where that is the value."""
    return None if isinstance(field, AS_IN_JSON) else field.to_python
