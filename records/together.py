"""The first pages of several lists in one statement: what belongs to a record is of many kinds, mostly a few rows of each.

A row comes as JSON and becomes an instance of its kind again, as if its list had been asked alone.
"""

import json
from collections.abc import Sequence
from decimal import Decimal

from django.db import connection
from django.db.models import Model, QuerySet

from .lists import ListQuery, Page


def first_pages(queries: Sequence[ListQuery]) -> list[Page]:
    """What `page()` of each would give. For lists in an order that goes along with its index, without a cursor."""
    if not queries:
        return []
    asked = [query.in_order()[: query.limit + 1] for query in queries]
    found: list[list[Model]] = [[] for _query in queries]
    for number, row in _read(asked):
        found[number].append(_instance(asked[number], json.loads(row, parse_float=Decimal)))
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


def _instance(rows: QuerySet, values: dict) -> Model:
    fields, annotations = rows.model._meta.concrete_fields, rows.query.annotations
    columns = {f.column: getattr(f, "output_field", f) for f in fields} | {
        n: a.output_field for n, a in annotations.items()
    }
    read = {name: None if values[name] is None else column.to_python(values[name]) for name, column in columns.items()}
    row = rows.model.from_db(rows.db, [f.attname for f in fields], [read[f.column] for f in fields])
    for name in annotations:
        setattr(row, name, read[name])
    return row
