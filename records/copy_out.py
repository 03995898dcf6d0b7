"""A whole list as PostgreSQL writes it: one COPY, read and passed on piece by piece, so no more than a piece is in memory.

One statement sees one moment. The bytes are those that `exports.py` writes from rows; None where the rows cannot be
said in SQL (sql_shapes.py), and then it does.
"""

import csv
from collections.abc import Callable, Iterator, Sequence

from django.db import connection, transaction

from . import sql_shapes
from .columns import Column
from .lists import ListQuery
from .shape_asked import ShapeAsked

PIECE = 64 * 1024  # bytes, about
LONGEST = "1h"  # that a reader may take over a file
QUOTED = b";\t"  # what `exports.csv_line` quotes and COPY does not


def json_lines(query: ListQuery, shape: ShapeAsked) -> Iterator[bytes] | None:
    """One object a line, in this shape."""
    said = sql_shapes.json_of(shape, query.reader)
    if said is None or query.is_in_bands:
        return None
    return _pieces(query, lambda rows: f"SELECT row_to_json(r) FROM (SELECT {said} FROM {rows}) r", "", _unescaped)


def csv_lines(query: ListQuery, columns: Sequence[Column], line: Callable[[list[str]], str]) -> Iterator[bytes] | None:
    """The lines below the head. `line` writes those that COPY would quote otherwise."""
    cells = sql_shapes.cells_of(query.kind, columns, query.reader)
    if cells is None or query.is_in_bands:
        return None

    def with_its_end(data: bytes) -> bytes:
        if b";" in data or b"\t" in data:
            return line(next(csv.reader([data.decode()]))).encode()
        return data[:-1] + b"\r\n"

    return _pieces(query, lambda rows: f"SELECT {', '.join(cells)} FROM {rows}", "(FORMAT csv)", with_its_end)


def _unescaped(data: bytes) -> bytes:
    """In JSON no line break and no tab stands as it is, so COPY escapes nothing but the backslash."""
    return data.replace(b"\\\\", b"\\")


def _pieces(
    query: ListQuery, select: Callable[[str], str], how: str, read: Callable[[bytes], bytes]
) -> Iterator[bytes]:
    """What is selected from the query's rows, as COPY writes it in this way and `read` then makes of each line."""
    rows = query.in_order().values(*sql_shapes.needed(query.kind))
    sql, parameters = rows.query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [LONGEST])
        piece, size = [], 0
        with cursor.copy(f"COPY ({select(f'({sql}) t')}) TO STDOUT {how}", parameters) as copy:
            for data in copy:
                piece.append(read(bytes(data)))
                size += len(piece[-1])
                if size > PIECE:
                    yield b"".join(piece)
                    piece, size = [], 0
        yield b"".join(piece)
