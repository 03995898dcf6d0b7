"""A list as an XLSX workbook, and everything as a Data Package, made by a job; its owner fetches it."""

import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from django.db import transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from . import lists
from .asking import BadQuery
from .columns import Column, in_xml, unmistaken
from .commands import Author
from .exports import As, Export, as_of_day, form_here, number_of
from .jobs import Job, Outcome, Run, Work, start
from .kinds import Type, kinds
from .lists import ListQuery
from .published.making import write_package
from .refusals import Refused
from .saved import to_save

MOST_ROWS = 1_048_575  # of a sheet, below its header
MOST_CHARACTERS = 32_767  # of a cell
EXACT_DIGITS = 15  # of a number in a spreadsheet; what has more is text
WIDTHS = {Type.ID: 12, Type.INTEGER: 10, Type.DECIMAL: 14, Type.MONEY: 18, Type.DATE: 14}
WIDTH = 28
NUMBER_FORMATS = {Type.MONEY: "#,##0", Type.INTEGER: "0"}
TAKEN_FOR_MORE = ("=", "#")  # a text that begins so openpyxl takes for a formula or an error


@transaction.atomic
def start_export(query: ListQuery, *, by: Author, known_at: datetime | None = None) -> Job:
    """The job that makes a workbook of this list, in the language of this request."""
    parameters = {
        "kind": query.kind.name,
        "query": to_save(query.params),
        "as_of": query.as_of and query.as_of.isoformat(),
        "known_at": known_at and known_at.isoformat(),
    }
    return start("export_list", by=by, parameters=parameters, subject=str(query.kind.label_many))


def _as_job(run: Run, *, kind: str, query: str, as_of: str | None, known_at: str | None) -> Outcome:
    """The rights are those of today. Raises Refused."""
    asked = QueryDict(query)
    try:
        found = lists.read(kinds()[kind], asked, run.by.reader, as_of=as_of_day(as_of or ""))
    except BadQuery as bad:
        raise Refused(" ".join(problem.message for problem in bad.problems)) from None
    export = Export(found, form_here(), datetime.fromisoformat(known_at) if known_at else None)
    count = write_workbook(export, run.file(export.file_name(As.XLSX)), run)
    said = ngettext("%d row is in the file.", "%d rows are in the file.", count) % count
    return Outcome(said, data={"rows": count})


@transaction.atomic
def start_export_of_all(*, by: Author) -> Job:
    """The job that makes a Data Package of all that its owner may see."""
    return start("export_all", by=by)


def _all_as_job(run: Run) -> Outcome:
    """As what is published each night, with the rights of the owner of today; in a ZIP file."""
    path = run.file(f"registry_{timezone.localdate()}.zip")
    with tempfile.TemporaryDirectory(prefix=f"{path.name}.", dir=path.parent) as folder:  # as large as the file itself
        count = write_package(Path(folder), run.by.reader, timezone.localdate(), said=run.progress)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as packed:  # what lies in it is compressed already
            for file in sorted(Path(folder).iterdir()):
                run.check()
                packed.write(file, file.name)
    said = ngettext("%d row is in the file.", "%d rows are in the file.", count) % count
    return Outcome(said, data={"rows": count})


EXPORT_ALL = Work("export_all", gettext_lazy("everything as a Data Package"), _all_as_job, gettext_lazy("lists"))
EXPORT = Work("export_list", gettext_lazy("a list as XLSX"), _as_job, gettext_lazy("rows"), (Refused,))


def write_workbook(export: Export, path: Path, run: Run) -> int:
    """How many rows were written. Texts are typed as texts: none can be a formula. Raises Refused for what no sheet holds."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(str(export.kind.label_many)[:31])
    try:
        count = _write_rows(sheet, export, run)
        book.save(path)
    except BaseException:
        sheet.close()
        sheet._writer.cleanup()  # the rows that lie in a file of the worker's until the book is saved
        raise
    return count


def _write_rows(sheet, export: Export, run: Run) -> int:
    columns, expected, count = export.columns, export.query.how_many(), 0
    sheet.freeze_panes = "A2"
    for n, column in enumerate(columns, 1):
        sheet.column_dimensions[get_column_letter(n)].width = WIDTHS.get(column.field.type, WIDTH)
    head = [WriteOnlyCell(sheet, title) for title in export.head()]
    for cell in head:
        cell.font = Font(bold=True)
    sheet.append(head)
    for batch in export.texts():
        for row in batch:
            count += 1
            if count > MOST_ROWS:
                raise Refused(_("A sheet holds %d rows at most. Narrow the list, or take it as CSV.") % MOST_ROWS)
            sheet.append(list(_cells(sheet, columns, row, count + 1)))
        run.progress(count, None if expected.is_more else expected.number)
    return count


def _cells(sheet, columns: list[Column], row: list[str], number: int) -> Iterator:
    for column, text in zip(columns, row, strict=True):
        if text == "":
            yield None
        elif column.is_number and len(text.strip("-").replace(".", "")) <= EXACT_DIGITS:
            yield _number(sheet, column, text)
        else:
            yield _text(sheet, column, text, number)


def _number(sheet, column: Column, text: str):
    number = number_of(text)
    if column.field.name.endswith("year") or column.field.type not in NUMBER_FORMATS:
        return number
    cell = WriteOnlyCell(sheet, number)
    cell.number_format = NUMBER_FORMATS[column.field.type] if isinstance(number, int) else "#,##0.00"
    return cell


def _text(sheet, column: Column, text: str, number: int):
    text = in_xml(unmistaken(text) if column.is_text else text)
    if len(text) > MOST_CHARACTERS:
        said = _("Row %(row)d, column “%(column)s”: a cell of a sheet holds %(most)d characters at most. Take the list as CSV.")  # fmt: skip
        raise Refused(said % {"row": number, "column": column.field.label, "most": MOST_CHARACTERS})
    if not text.startswith(TAKEN_FOR_MORE):
        return text
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    return cell
