"""Files for tests of bringing in: as the registry gives them out, and as others write them."""

import csv
from io import BytesIO, StringIO

from openpyxl import Workbook, load_workbook

from records import columns
from records.base import Change
from records.columns import Cells, Form
from records.commands import Author
from records.kinds import kinds
from records.spreadsheets import imports
from records.spreadsheets.models import SheetImport
from tests.cast import reader


def exported(kind_name: str, by, form: Form = Form.KO, only=None, guard=columns.harmless) -> list[list[str]]:
    """A list as its file has it: headers, then rows. `guard`: what a file for people does to its texts."""
    kind, asker = kinds()[kind_name], reader(by)
    rows = list(kind.rows().visible_to(asker).order_by("id"))
    rows = [row for row in kind.attached(rows, asker) if only is None or row.id in only]
    shown = columns.file_columns(kind, columns.choosable(kind, asker))
    lines = Cells(kind, shown, asker, form).of(rows)
    if form is not Form.RAW:
        lines = ([guard(c) if col.is_text else c for c, col in zip(line, shown, strict=True)] for line in lines)
    return [columns.headers(kind, shown, form), *map(list, lines)]


def as_csv(table, encoding="utf-8-sig", delimiter=",") -> bytes:
    out = StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(table)
    return out.getvalue().encode(encoding)


def as_xlsx(table) -> bytes:
    book, out = Workbook(), BytesIO()
    for line in table:
        book.active.append(list(line))
    for line in book.active.iter_rows():
        for cell in line:
            if cell.data_type == "f":  # typed as text, as our own files are
                cell.data_type = "s"
    book.save(out)
    return out.getvalue()


def saved_again(data: bytes) -> bytes:
    """A workbook after somebody opened and saved it."""
    out = BytesIO()
    load_workbook(BytesIO(data)).save(out)
    return out.getvalue()


def cell(table, header: str, row: int, value: str) -> list[list[str]]:
    """The table with another value in one cell; `row` 1 is the first below the headers."""
    table = [list(line) for line in table]
    table[row][table[0].index(header)] = value
    return table


def author(by, **more) -> Author:
    return Author(reader(by), by.username, Change.Door.IMPORT, **more)


def sent(kind_name: str, data: bytes, by, name="file.csv", mapping=None) -> SheetImport:
    """A file that was read and planned; its columns are guessed unless `mapping` (by header) says otherwise."""
    sheet = imports.send(BytesIO(data), name, kinds()[kind_name], author(by))
    imports.read(sheet)
    if mapping is not None:
        imports.choose_columns(sheet, {str(n): mapping.get(h, "") for n, h in enumerate(sheet.headers)})
    imports.plan(sheet, reader(by))
    return sheet


def said(sheet: SheetImport) -> list[str]:
    """What is wrong, cell by cell: `B2 name: sentence`."""
    from records.spreadsheets.shown import problems

    return [" ".join(filter(None, (p["cell"], p["column"]))) + ": " + p["detail"] for p in problems(sheet)]


def take(sheet: SheetImport, by, **more) -> SheetImport:
    only_possible = more.pop("only_possible", False)
    return imports.take_over(sheet.id, by=author(by, **more), only_possible=only_possible)
