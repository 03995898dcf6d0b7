"""A list as a file: exactly the columns and the order that are on the screen, and all rows.

    the list's question → rows from one snapshot, a batch at a time → cells (columns.py) → CSV, JSON or XLSX
                                                                    → rows as the API has them (shapes.py) → JSON Lines

All but XLSX are written while they are sent: a server-side cursor in one transaction, so that each row is there once
whatever is written meanwhile, and no more than a batch is in memory. A reader that goes away closes the iterator, which
ends the transaction. As each holds a thread of the web server until its reader has it all, only a few are written at once.
A file that breaks off cannot be taken for a whole one: `Sent` says how.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import orjson
from django.db import connection
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .columns import REFERENCES, Cells, Column, Form, file_columns, harmless, headers
from .copy_out import csv_lines, json_lines
from .history import known_at
from .kinds import Kind
from .lists import ListQuery
from .shape_asked import ShapeAsked, whole
from .shapes import column_of, shape, shaped
from .snapshot import snapshot

log = logging.getLogger(__name__)
BATCH = 1000
AT_ONCE = 4  # files that one web process writes at a time; it answers pages in 8 threads
PATIENCE = "2min"  # how long a reader may take over one batch before the database lets go
BOM = "\ufeff"
QUOTED = frozenset(',;"\t\r\n')  # the semicolon too: where commas are decimal points, spreadsheets part cells by it


class As(StrEnum):
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"
    XLSX = "xlsx"


TYPES = {
    As.CSV: "text/csv; charset=utf-8",
    As.JSON: "application/json",
    As.JSONL: "application/x-ndjson",
    As.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Export:
    """What is to be written: the answer to a list's question, in a form, as the registry was at an instant (None: now)."""

    query: ListQuery
    form: Form
    known_at: datetime | None = None
    names: tuple[str, ...] = ()  # of the list's columns, where they are not those of the page
    shape: ShapeAsked | None = None  # of JSON Lines; everything where none is asked for

    @property
    def kind(self) -> Kind:
        return self.query.kind

    @property
    def columns(self) -> list[Column]:
        return file_columns(self.kind, self.names or self.query.shown)

    def head(self) -> list[str]:
        return headers(self.kind, self.columns, self.form)

    def batches(self) -> Iterator[list]:
        """All rows, from one snapshot."""
        with snapshot(), known_at(self.known_at):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true)", [PATIENCE])
            yield from self.query.batches(BATCH)

    def texts(self) -> Iterator[list[list[str]]]:
        """The cells of all rows, a batch at a time."""
        cells = Cells(self.kind, self.columns, self.query.reader, self.form)
        for rows in self.batches():
            yield list(cells.of(rows))

    # -- as files --------------------------------------------------------------------------------------

    def csv(self, *, bom: bool) -> Iterator[bytes]:
        """RFC 4180. In a file for people no cell is a formula."""
        yield ((BOM if bom else "") + csv_line(self.head())).encode()
        if copied := self.known_at is None and self.form is Form.RAW and csv_lines(self.query, self.columns, csv_line):
            yield from copied
            return
        are_texts = [column.is_text and self.form is not Form.RAW for column in self.columns]
        for batch in self.texts():
            if any(are_texts):
                batch = [[harmless(text) if is_text else text for text, is_text in zip(row, are_texts, strict=True)] for row in batch]  # fmt: skip
            yield "".join(map(csv_line, batch)).encode()

    def json(self) -> Iterator[bytes]:
        """{"kind": …, "rows": […]}: names and values as the API has them, and what references are called."""
        yield b'{"kind":%s,"rows":[' % orjson.dumps(self.kind.plural)
        columns = self.columns
        cells, separator = Cells(self.kind, columns, self.query.reader, self.form), b"\n"
        for rows in self.batches():
            for row, texts in zip(rows, cells.of(rows), strict=True):
                said = {c.name: _said(c, row, text) for c, text in zip(columns, texts, strict=True)}
                yield separator + orjson.dumps(said, default=str, option=orjson.OPT_UTC_Z)
                separator = b",\n"
        yield b"\n]}\n"

    def jsonl(self) -> Iterator[bytes]:
        """One object a line, each a row as the API's list has it, in the shape that is asked for."""
        shape = self.shape or whole(self.kind)
        if copied := self.known_at is None and json_lines(self.query, shape):
            yield from copied
            return
        for rows in self.batches():
            said = shaped(shape, rows, self.query.reader, self.query.as_of)
            yield b"".join(
                orjson.dumps(row, default=str, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE) for row in said
            )

    def file_name(self, as_: As) -> str:
        """`과제_2026-11-22.csv`, in the reader's language; with the moment that it shows where that is another one."""
        words = [str(self.kind.label_many).replace(" ", "-"), timezone.localdate().isoformat()]
        if self.query.as_of:
            words += [_("as of").replace(" ", "-"), self.query.as_of.isoformat()]
        if self.known_at:
            words += [_("known at").replace(" ", "-"), timezone.localtime(self.known_at).strftime("%Y-%m-%dT%H%M")]
        return "_".join(words) + f".{as_}"


def _said(column: Column, row, text: str):
    """The value of a cell with this text as the API says it. An empty one may hide something, and then says nothing."""
    field, is_reference = column.field, column.field.type in REFERENCES
    if column.is_label or (not text and (field.is_private or is_reference)):
        return text or None
    value = getattr(row, column_of(field))
    return shape(field, value, row, {value: None} if is_reference else {}, minor=False)


def csv_line(values: list[str]) -> str:
    return ",".join(['"' + v.replace('"', '""') + '"' if not QUOTED.isdisjoint(v) else v for v in values]) + "\r\n"


def number_of(text: str) -> int | Decimal:
    return Decimal(text) if "." in text else int(text)


# ---- sending -----------------------------------------------------------------------------------------------


class Busy(Exception):
    """So many files are being written that another one would take the threads of those who only read pages."""

    def __str__(self):
        return _("Several large files are being written at this moment. Try again in a minute.")


_places = threading.BoundedSemaphore(AT_ONCE)


class Sent:
    """What is sent, and a place among those that are written at once, which is free again at its end.

    Where the writing breaks off, the head of the answer is long gone and the server ends its body as any other. So the last
    piece is then one that nobody can read: a cell, an object or a list that is never closed. It says why to people.
    """

    def __init__(self, make: Callable[[], Iterator[bytes]], broken: str = ""):
        self._is_open = False
        if not _places.acquire(blocking=False):
            raise Busy
        self._is_open, self._pieces, self._broken = True, make(), broken

    def __iter__(self):
        return self

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except Exception as error:
            if isinstance(error, StopIteration):
                raise
            log.exception("a file broke off")
            self._pieces = iter(())
            return self._broken.encode()

    def close(self) -> None:
        """Also where the reader has gone away: then the transaction ends here."""
        if not self._is_open:
            return
        self._is_open = False
        try:
            if hasattr(self._pieces, "close"):
                self._pieces.close()
        finally:
            _places.release()

    __del__ = close  # where another answer took the place of this one (304), nobody closes it


BROKEN = {As.CSV: '"%s', As.JSON: '\n"%s', As.JSONL: '{"broken_off":"%s'}  # each begins where a line does


def sent(export: Export, as_: As, *, bom: bool = False) -> StreamingHttpResponse:
    """The file, as an attachment. Raises Busy."""
    write = {
        As.CSV: lambda: export.csv(bom=bom),
        As.JSON: export.json,
        As.JSONL: export.jsonl,
    }[as_]
    broken = BROKEN[as_] % _("The file breaks off here: something went wrong while it was written. Take it again.")
    response = StreamingHttpResponse(Sent(write, broken), content_type=TYPES[as_])
    response["Content-Disposition"] = content_disposition_header(True, export.file_name(as_))
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # a proxy passes on what has come
    return response


def form_here() -> Form:
    """The form for people, in the language of this request."""
    return Form.KO if (get_language() or "ko").startswith("ko") else Form.EN


def as_of_day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
