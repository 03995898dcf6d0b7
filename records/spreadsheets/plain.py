"""Files that are text: CSV in the encodings that offices write, and JSON. What only pretends to be one is named."""

import codecs
import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path

from .limits import LONGEST_CELL, BadFile

BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
SAID = {"utf-8-sig": "UTF-8 (BOM)", "utf-16": "UTF-16", "utf-8": "UTF-8", "cp949": "CP949 (EUC-KR)"}
DELIMITERS = ",;\t|"
LOOKED_AT = 64_000  # characters that tell the delimiter
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # the container of old Office files, of encrypted new ones, and of 한글
MARKUP = re.compile(r"\s*<(!doctype html|html|table|head|body|meta|style|div|\?xml|!--)", re.IGNORECASE)
OTHERS = (
    (b"%PDF", "pdf"), (b"{\\rtf", "rtf"), (b"\x89PNG", "picture"), (b"\xff\xd8\xff", "picture"), (b"GIF8", "picture"),
    (b"\x1f\x8b", "archive"), (b"7z\xbc\xaf", "archive"), (b"Rar!", "archive"), (b"BZh", "archive"), (b"\xfd7zXZ", "archive"),
)  # fmt: skip


def opened(path: Path) -> tuple[dict, Iterator]:
    """What the file is, and its rows. Raises BadFile."""
    data = path.read_bytes()
    if not data.strip():
        raise BadFile("empty")
    _refuse_others(data)
    encoding, text = _decoded(data)
    if "\x00" in text:
        raise BadFile("not_text")
    if found := MARKUP.match(text):
        raise BadFile("xml_sheet" if "urn:schemas-microsoft-com" in text[:5000] else "html", found=found[1].lower())
    head = {"encoding": SAID[encoding], "sheet": "", "sheets": []}
    if text.lstrip()[:1] in "[{":
        return head | {"format": "JSON", "delimiter": ""}, _objects(text)
    delimiter, begins = _delimiter(text)
    return head | {"format": "CSV", "delimiter": delimiter}, _lines(text, delimiter, begins)


def _refuse_others(data: bytes) -> None:
    if data.startswith(OLE):
        names = {name for name in OLE_NAMES if name.encode("utf-16-le") in data}
        raise BadFile(next((OLE_NAMES[name] for name in OLE_NAMES if name in names), "ole"))
    for begin, code in OTHERS:
        if data.startswith(begin):
            raise BadFile(code)


OLE_NAMES = {"EncryptedPackage": "encrypted", "Workbook": "old_xls", "Book": "old_xls", "HwpSummaryInformation": "hwp"}


def _decoded(data: bytes) -> tuple[str, str]:
    for bom, encoding in BOMS:
        if data.startswith(bom):
            try:
                return encoding, data.decode(encoding)
            except UnicodeDecodeError as bad:
                raise BadFile("bad_bytes", encoding=SAID[encoding], row=_row_of(data, bad.start)) from None
    if data.count(b"\x00") > len(data) // 10:
        raise BadFile("utf16_unmarked" if _is_utf16(data) else "not_text")
    try:
        return "utf-8", data.decode("utf-8")
    except UnicodeDecodeError as bad:
        first = bad.start
    try:
        return "cp949", data.decode("cp949")
    except UnicodeDecodeError as bad:
        raise BadFile("no_encoding", row=_row_of(data, max(first, bad.start))) from None


def _is_utf16(data: bytes) -> bool:
    """Whether every second byte of much of it is nought, as of Latin text."""
    begin = data[:2000]
    return (
        max(begin[0::2].count(0), begin[1::2].count(0)) > len(begin) // 6
        and min(begin[0::2].count(0), begin[1::2].count(0)) < len(begin) // 50
    )


def _row_of(data: bytes, offset: int) -> int:
    return data[:offset].count(b"\n") + 1


# ---- CSV -----------------------------------------------------------------------------------------------


def _delimiter(text: str) -> tuple[str, int]:
    """The delimiter, and how many lines say it: Excel writes `sep=;` before all else."""
    first = text[:10].splitlines()[0] if text else ""
    if first.casefold().startswith("sep=") and len(first) == 5:
        return first[4], 1
    return max(DELIMITERS, key=lambda delimiter: _cut(text, delimiter)), 0


def _cut(text: str, delimiter: str) -> tuple[int, int]:
    """How well a delimiter cuts the beginning into rows of one width: (rows of the usual width > 1, that width)."""
    widths = []
    reader = csv.reader(io.StringIO(text[:LOOKED_AT], newline=""), delimiter=delimiter)
    try:
        for line in reader:
            widths.append(len(line))
            if len(widths) == 50:
                break
    except csv.Error:
        pass
    usual = max(set(widths), key=lambda width: (widths.count(width), width), default=1)
    return (widths.count(usual), usual) if usual > 1 else (0, 0)


def _lines(text: str, delimiter: str, begins: int) -> Iterator:
    csv.field_size_limit(LONGEST_CELL * 10)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        for number, line in enumerate(reader, 1):
            if number > begins:
                yield number, line
    except csv.Error as bad:
        raise BadFile("bad_quotes", row=number + 1, said=str(bad)) from None


# ---- JSON ----------------------------------------------------------------------------------------------


def _objects(text: str) -> Iterator:
    """A list of objects with plain values, or such a list as `results` of one object. The first row has their names."""
    try:
        found = json.loads(text, parse_float=str, parse_int=str)
    except ValueError as bad:
        raise BadFile("bad_json", said=str(bad)) from None
    if isinstance(found, dict):
        found = next((found[name] for name in ("results", "rows", "data") if isinstance(found.get(name), list)), None)
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadFile("json_shape")
    names = list(dict.fromkeys(name for one in found for name in one))
    yield 1, names
    for number, one in enumerate(found, 2):
        yield number, [_cell(one.get(name)) for name in names]


def _cell(value):
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case list() if all(isinstance(item, str) for item in value):
            return json.dumps(value, ensure_ascii=False)
    return {"wrong": "nested", "text": json.dumps(value, ensure_ascii=False)[:80]}
