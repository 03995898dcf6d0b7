"""Workbooks (XLSX): looked at from outside first, unpacked only if nothing in them is hostile or not for us.

The library is openpyxl, with defusedxml beneath it, reading row by row; it is asked for the parser of one sheet, so that
neither the size that a sheet claims nor its empty rows are believed or filled in. It leaves its trace in no other process.
"""

import re
import warnings
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

from .limits import LARGE_PART, MOST_PARTS, MOST_RATIO, MOST_UNPACKED, BadFile

ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
REFUSED_PARTS = (  # in this order, by what their names have in them
    ("vbaproject", "macros"), ("xl/macrosheets/", "macros"), ("xl/workbook.bin", "xlsb"),
    ("xl/externallinks/", "links"), ("xl/connections.xml", "links"), ("xl/querytables/", "links"),
    ("xl/activex/", "macros"), ("xl/embeddings/", "embedded"),
)  # fmt: skip
DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)")
ENCODING = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']+)""")
WIDE = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")  # UTF-16, in which no office program writes
FROM_XML = re.compile(r"_x([0-9A-Fa-f]{4})_")  # a character that XML has no place for (ECMA-376, 22.9.2.19)
CHUNK, OVERLAP = 1 << 20, 16
ODF = {"spreadsheet": "ods", "text": "document"}


def is_packed(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in ZIP


def opened(path: Path, wanted: str = "") -> tuple[dict, Iterator]:
    """What the workbook is, and the rows of one sheet: the wanted one, or the first that is shown. Raises BadFile."""
    try:
        with zipfile.ZipFile(path) as archive:
            _look(archive)
        return _workbook(path, wanted)
    except (BadFile, MemoryError, RecursionError):
        raise
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError, OSError):
        raise BadFile("damaged") from None


def _look(archive: zipfile.ZipFile) -> None:
    """Refuse by what the list of its parts says, and by how each part begins; nothing is unpacked further."""
    parts = archive.infolist()
    names = [part.filename.lower().replace("\\", "/") for part in parts]
    if len(parts) > MOST_PARTS:
        raise BadFile("bomb")
    if any(part.flag_bits & 1 for part in parts):
        raise BadFile("encrypted")
    if sum(part.file_size for part in parts) > MOST_UNPACKED:
        raise BadFile("bomb")
    if any(p.file_size > LARGE_PART and p.file_size > MOST_RATIO * max(p.compress_size, 1) for p in parts):
        raise BadFile("bomb")
    if len(set(names)) < len(names):
        raise BadFile("damaged")
    _refuse_other_kinds(archive, names)
    for piece, code in REFUSED_PARTS:
        if any(piece in name for name in names):
            raise BadFile(code)
    for part in parts:
        if code := _hostile(archive, part):
            raise BadFile(code)


def _refuse_other_kinds(archive: zipfile.ZipFile, names: list[str]) -> None:
    if "mimetype" in names:
        kind = archive.open("mimetype").read(200).decode("ascii", "replace")
        raise BadFile(next((code for word, code in ODF.items() if word in kind), "hwp" if "hwp" in kind else "archive"))
    for folder, code in (("word/", "document"), ("ppt/", "document"), ("index/", "numbers")):
        if any(name.startswith(folder) for name in names):
            raise BadFile(code)
    if "xl/workbook.xml" not in names and "xl/workbook.bin" not in names:
        raise BadFile("archive")


def _hostile(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> str:
    """Why a part is refused: XML with a document type, the one place where XML can define entities, or one that could hide it.

    Each is looked through to its end, whatever it is called, so that the fast parser may read it afterwards.
    """
    with archive.open(part) as file:
        begin = file.read(CHUNK)
        if begin.startswith(WIDE):
            return "encoded"
        bare = begin.removeprefix(b"\xef\xbb\xbf").lstrip()
        if not bare.startswith(b"<"):
            return ""  # no XML: a picture, settings of a printer
        encoding = ENCODING.match(bare)
        if encoding and encoding[1].lower() not in (b"utf-8", b"utf8", b"us-ascii"):
            return "encoded"
        while begin:
            if DECLARATION.search(begin):
                return "entities"
            more = file.read(CHUNK)
            begin = begin[-OVERLAP:] + more if more else b""
    return ""


# ---- the library -----------------------------------------------------------------------------------------


def _workbook(path: Path, wanted: str) -> tuple[dict, Iterator]:
    import openpyxl
    from defusedxml.common import DefusedXmlException

    warnings.simplefilter("ignore")
    if not openpyxl.DEFUSEDXML:
        raise RuntimeError("defusedxml is missing")
    _read_rows_fast()
    try:
        book = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    except DefusedXmlException:
        raise BadFile("entities") from None
    except (BadFile, MemoryError, RecursionError):
        raise
    except Exception:  # whatever a library says of a file that it cannot read
        raise BadFile("damaged") from None
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
    named = {sheet.title: sheet for sheet in sheets}
    if not sheets:
        raise BadFile("empty")
    if wanted and wanted not in named:
        raise BadFile("no_sheet", sheet=wanted)
    sheet = named[wanted] if wanted else sheets[0]
    head = {"format": "XLSX", "encoding": "", "delimiter": "", "sheet": sheet.title, "sheets": list(named)}
    return head, _rows(book, sheet)


def _read_rows_fast() -> None:
    """Rows and shared texts are read by the parser in C, three times as fast. `_hostile` has looked through them."""
    import xml.etree.ElementTree as ElementTree

    import openpyxl.reader.excel
    import openpyxl.worksheet._reader

    openpyxl.worksheet._reader.iterparse = ElementTree.iterparse
    openpyxl.reader.excel.read_string_table = _shared_texts


def _shared_texts(source) -> list[str]:
    """The texts that cells share, as they are written: the library would take `_x005F_` for nothing."""
    import xml.etree.ElementTree as ElementTree

    from openpyxl.cell.text import Text
    from openpyxl.xml.constants import SHEET_MAIN_NS

    found = []
    for _event, node in ElementTree.iterparse(source):
        if node.tag == f"{{{SHEET_MAIN_NS}}}si":
            found.append(Text.from_tree(node).content)
            node.clear()
    return found


def _rows(book, sheet) -> Iterator:
    from defusedxml.common import DefusedXmlException

    parser = _parser(book, sheet)
    formats = _Formats(book)
    try:
        for number, found in parser.parse():
            line: list = []
            for cell in found:
                while len(line) < cell["column"] - 1 and len(line) < 20_000:
                    line.append("")
                line.append(_text(cell, formats))
            yield number, line
    except DefusedXmlException:
        raise BadFile("entities") from None
    except (BadFile, MemoryError, RecursionError, GeneratorExit):
        raise
    except Exception:
        raise BadFile("damaged") from None


def _parser(book, sheet):
    """openpyxl's parser of one sheet. It also tells of a formula for which the file holds no value."""
    from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

    class Parser(WorkSheetParser):
        def parse_row(self, row):
            if not len(row):  # a sheet may have a million of them
                self.row_counter = int(row.get("r") or self.row_counter + 1)
                return self.row_counter, []
            return super().parse_row(row)

        def parse_cell(self, element):
            cell = super().parse_cell(element)
            if cell["value"] is None and element.find(FORMULA_TAG) is not None:
                cell["data_type"] = "f"
            return cell

    return Parser(
        sheet._get_source(), sheet._shared_strings, data_only=True, epoch=book.epoch,
        date_formats=book._date_formats, timedelta_formats=book._timedelta_formats,
    )  # fmt: skip


class _Formats:
    """How a cell is written by its style: a month that Excel made a day of is told from a day by its format."""

    def __init__(self, book):
        self.book, self.known = book, {}

    def __getitem__(self, style: int) -> str:
        if style not in self.known:
            self.known[style] = self._of(style)
        return self.known[style]

    def _of(self, style: int) -> str:
        from openpyxl.styles.numbers import BUILTIN_FORMATS

        try:
            number = self.book._cell_styles[style].numFmtId
            written = BUILTIN_FORMATS.get(number) or self.book._number_formats[number - 164]
        except (IndexError, AttributeError):
            return ""
        return re.sub(r'"[^"]*"|\[[^\]]*\]|\\.', "", written).casefold()


def _text(cell: dict, formats: _Formats):
    """What stands in a cell, as one would type it."""
    value, kind = cell["value"], cell["data_type"]
    if kind == "f":
        return {"wrong": "formula", "text": ""}
    if value is None:
        return ""
    if kind == "e":
        return {"wrong": "error", "text": str(value)[:20]}
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float() | Decimal():
            return _number(value, formats[cell["style_id"]])
        case datetime() | date():
            return _day(value, formats[cell["style_id"]])
        case time() | timedelta():
            return str(value)
    return FROM_XML.sub(lambda found: chr(int(found[1], 16)), str(value))


def _number(value, written: str) -> str:
    plain = f"{Decimal(str(value)).normalize():f}" if abs(value) < 1e25 else str(value)
    if "%" in written:  # 30% is 0.3 inside; what one sees is what was meant
        return f"{(Decimal(str(value)) * 100).normalize():f}%"
    return plain


def _day(value, written: str) -> str:
    """A day, a month or a year, as its format shows it; with its hour where it has one."""
    if isinstance(value, datetime) and value.time() != time():
        return value.isoformat(" ")
    day = value.isoformat()[:10]
    if "y" in written and "d" not in written:
        return day[:7] if "m" in written else day[:4]
    return day
