"""Files as they arrive on a bad day: hostile, odd, or only written elsewhere. Made anew for each test, so that none weighs.

Each is of the kind that it names and belongs to the small world of `cast.small_world`.
"""

import json
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO

from openpyxl import Workbook

from tests.sheets import as_csv, as_xlsx

HEAD = ["title_ko", "program", "status", "starts_on", "slug"]
ROW = ["새 과제", "alpha", "running", "2026", "new-one"]
GOOD = [HEAD, ROW]
MONEY = ["line", "fiscal_year", "planned"]
SHEET = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600


@dataclass(frozen=True)
class Odd:
    """A file: its name, what is odd about it (Korean, English), how it is made, and of which kind its rows are."""

    name: str
    ko: str
    en: str
    make: Callable[[], bytes]
    kind: str = "project"


def changed(header: str, value: str) -> list[list[str]]:
    row = list(ROW)
    row[HEAD.index(header)] = value
    return [HEAD, row]


def money(text: str) -> bytes:
    return as_csv([MONEY, ["Budget", "2026", text]])


def with_parts(parts: dict[str, bytes | str], base=None, method=zipfile.ZIP_DEFLATED) -> bytes:
    """A workbook with these parts in it, or instead of its own."""
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(base or as_xlsx(GOOD))) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            if name not in parts:
                new.writestr(name, old.read(name))
        for name, data in parts.items():
            new.writestr(name, data)
    return out.getvalue()


def only_parts(parts: dict[str, bytes | str]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as new:
        for name, data in parts.items():
            new.writestr(name, data)
    return out.getvalue()


def inline(*rows: list[str]) -> str:
    return "".join(
        f"<row>{''.join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in row)}</row>" for row in rows
    )


def sheet(xml: str, declared: str = "") -> bytes:
    return with_parts({"xl/worksheets/sheet1.xml": declared + SHEET.format(xml)})


def bomb() -> bytes:
    """300 MB of nothing in 300 KB."""
    return with_parts({"xl/worksheets/sheet1.xml": b" " * (300 << 20)})


def lying_bomb() -> bytes:
    """The list of its parts says that a part is small; unpacked it is not."""
    data = bytearray(with_parts({"xl/worksheets/sheet1.xml": b" " * (30 << 20)}))
    at = 0
    while (at := data.find(b"PK\x01\x02", at)) >= 0:
        (size,) = struct.unpack_from("<I", data, at + 24)
        if size == 30 << 20:
            struct.pack_into("<I", data, at + 24, 1000)
        at += 4
    return bytes(data)


def encrypted_zip() -> bytes:
    data = bytearray(as_xlsx(GOOD))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = 0
        while (at := data.find(mark, at)) >= 0:
            data[at + place] |= 1
            at += 4
    return bytes(data)


def laughs() -> bytes:
    entities = '<!ENTITY a "ha">' + "".join(
        f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
    )
    return sheet(inline(HEAD, ["&i;", *ROW[1:]]), f"<!DOCTYPE x [{entities}]>")


def outside() -> bytes:
    return sheet(inline(HEAD, ["&x;", *ROW[1:]]), '<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]>')


def hidden_entities() -> bytes:
    """In UTF-16, and behind a megabyte of comment."""
    text = f"<!--{'x' * (1 << 20)}--><!DOCTYPE x [<!ENTITY a 'b'>]>" + SHEET.format(inline(HEAD, ROW))
    return with_parts({"xl/worksheets/sheet1.xml": text})


def million() -> bytes:
    rows = "".join(f'<row r="{n}"/>' for n in range(3, 1_048_577))
    return sheet(inline(HEAD, ROW) + rows)


def far_away() -> bytes:
    """One cell in the last row and column that there are."""
    return sheet(inline(HEAD, ROW) + '<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>x</t></is></c></row>')


def formulas() -> bytes:
    book = Workbook()
    for line in GOOD:
        book.active.append(line)
    book.active["D2"] = "=1+1"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def error() -> bytes:
    row = "".join(f'<c t="inlineStr"><is><t>{text}</t></is></c>' for text in ROW[:3])
    return sheet(inline(HEAD) + f'<row>{row}<c t="e"><v>#REF!</v></c></row>')


def dates() -> bytes:
    """A month that Excel keeps as a day, shown as a month."""
    from datetime import date

    book = Workbook()
    book.active.append(HEAD)
    book.active.append([*ROW[:3], date(2026, 7, 1), ROW[4]])
    book.active["D2"].number_format = "yyyy-mm"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def percent() -> bytes:
    book = Workbook()
    book.active.append(MONEY)
    book.active.append(["Budget", 0.3, 1])
    book.active["B2"].number_format = "0%"
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def two_sheets() -> bytes:
    book = Workbook()
    book.active.title = "과제"
    for line in GOOD:
        book.active.append(line)
    book.create_sheet("메모").append(["x"])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


FILES = (
    # ---- hostile
    Odd("bomb.xlsx", "풀면 300MB가 되는 압축 폭탄", "a bomb: 300 MB unpacked", bomb),
    Odd("lying.xlsx", "크기를 속인 압축 폭탄", "a bomb that lies about its size", lying_bomb),
    Odd("laughs.xlsx", "10억 번 불어나는 XML 엔터티", "XML entities that grow a billionfold", laughs),
    Odd("outside.xlsx", "서버의 파일을 읽으려는 XML 엔터티", "an XML entity that asks for a file of the server", outside),
    Odd("hidden.xlsx", "긴 주석 뒤에 숨긴 엔터티", "entities behind a megabyte of comment", hidden_entities),
    Odd("utf16.xlsx", "UTF-16으로 쓴 시트", "a sheet in UTF-16", lambda: with_parts({"xl/worksheets/sheet1.xml": SHEET.format(inline(HEAD, ROW)).encode("utf-16")})),
    Odd("macros.xlsm", "매크로가 든 통합 문서", "a workbook with macros", lambda: with_parts({"xl/vbaProject.bin": b"x"})),
    Odd("links.xlsx", "다른 파일과 연결된 통합 문서", "a workbook linked to another", lambda: with_parts({"xl/externalLinks/externalLink1.xml": "<x/>"})),
    Odd("embedded.xlsx", "다른 파일이 든 통합 문서", "a workbook with a file in it", lambda: with_parts({"xl/embeddings/oleObject1.bin": b"x"})),
    Odd("locked.xlsx", "암호가 걸린 통합 문서", "a workbook with a password", lambda: OLE + "EncryptedPackage".encode("utf-16-le")),
    Odd("locked-zip.xlsx", "암호가 걸린 압축", "a zip with a password", encrypted_zip),
    Odd("cut.xlsx", "중간에서 잘린 통합 문서", "a workbook that was cut off", lambda: as_xlsx(GOOD)[:2000]),
    Odd("million.xlsx", "빈 행 백만 개", "a million empty rows", million),
    Odd("far.xlsx", "마지막 행과 열에만 든 값", "a cell in the last row and column of all", far_away),
    Odd("deep.json", "끝없이 겹친 JSON", "JSON nested without end", lambda: b"[" * 200_000),
    Odd("long.csv", "20만 자가 든 칸", "a cell of 200,000 characters", lambda: as_csv(changed("title_ko", "가" * 200_000))),
    # ---- something else
    Odd("old.xls", "옛 엑셀 파일", "an old Excel file", lambda: OLE + "Workbook".encode("utf-16-le")),
    Odd("page.xls", "이름만 .xls인 웹 페이지", "a web page called .xls", lambda: b"<html><table><tr><td>x</table></html>"),
    Odd("2003.xls", "2003년 XML 엑셀", "Excel in XML of 2003", lambda: b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>'),
    Odd("table.ods", "오픈도큐먼트 시트", "an OpenDocument spreadsheet", lambda: only_parts({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"})),
    Odd("binary.xlsb", "이진 엑셀 파일", "a binary workbook", lambda: only_parts({"xl/workbook.bin": b"x"})),
    Odd("table.hwp", "한글 문서", "a 한글 document", lambda: OLE + "HwpSummaryInformation".encode("utf-16-le")),
    Odd("report.docx", "워드 문서", "a Word document", lambda: only_parts({"word/document.xml": "<x/>"})),
    Odd("report.pdf", "PDF", "a PDF", lambda: b"%PDF-1.7\n"),
    Odd("files.zip", "압축 파일", "an archive", lambda: only_parts({"a.csv": "x"})),
    Odd("photo.csv", "이름만 .csv인 그림", "a picture called .csv", lambda: b"\x89PNG\r\n\x1a\n" + b"\x00" * 50),
    Odd("empty.csv", "빈 파일", "an empty file", lambda: b""),
    Odd("blank.xlsx", "빈 시트", "an empty sheet", lambda: as_xlsx([])),
    # ---- encodings
    Odd("cp949.csv", "CP949로 저장한 CSV", "CSV in CP949", lambda: as_csv(GOOD, "cp949")),
    Odd("utf16.csv", "UTF-16(BOM)로 저장한 CSV, 탭 구분", "CSV in UTF-16 with its mark, tabs", lambda: as_csv(GOOD, "utf-16", "\t")),
    Odd("semicolons.csv", "sep=; 줄이 있는 CSV", "CSV that says sep=;", lambda: b"sep=;\r\n" + as_csv(GOOD, "utf-8", ";")),
    Odd("latin.csv", "읽을 수 없는 인코딩", "CSV in no encoding that is read", lambda: as_csv(changed("title_ko", "Jos\xe9"), "latin-1")),
    Odd("quotes.csv", "닫히지 않은 따옴표", "a quote that does not close", lambda: as_csv(GOOD) + b'"x,'),
    # ---- cells
    Odd("nfd.csv", "맥에서 풀어 쓴 한글(NFD)", "Korean in pieces (NFD)", lambda: as_csv(changed("title_ko", unicodedata.normalize("NFD", "휴머노이드 로봇")))),
    Odd("no-day.csv", "없는 날짜 2026. 2. 30.", "a day that there is not", lambda: as_csv(changed("starts_on", "2026. 2. 30."))),
    Odd("month.xlsx", "연월만 보이는 날짜 셀", "a day that is shown as a month", dates),
    Odd("formula.xlsx", "결과가 저장되지 않은 수식", "a formula without its result", formulas),
    Odd("error.xlsx", "#REF! 오류 셀", "a cell that shows an error", error),
    Odd("run.csv", "수식으로 시작하는 글", "text that begins like a formula", lambda: as_csv(changed("title_ko", "'=HYPERLINK(\"x\")"))),
    Odd("wide.csv", "머리글보다 칸이 많은 행", "a row with more cells than headers", lambda: as_csv([HEAD, [*ROW, "x"]])),
    Odd("twice.csv", "같은 머리글이 두 번", "a header that stands twice", lambda: as_csv([[*HEAD, "slug"], [*ROW, "x"]])),
    Odd("two.xlsx", "시트가 둘인 통합 문서", "a workbook with two sheets", two_sheets),
    Odd("objects.json", "객체 목록 JSON", "JSON, a list of objects", lambda: json.dumps([dict(zip(HEAD, ROW, strict=True))]).encode()),
    Odd("full-width.csv", "전각 숫자 １,２３４천원", "full-width digits, １,２３４천원", lambda: money("１,２３４천원"), "funding_amount"),
    Odd("negative.csv", "△1,000", "△1,000", lambda: money("△1,000"), "funding_amount"),
    Odd("fine.csv", "1.5원", "1.5 won", lambda: money("1.5"), "funding_amount"),
    Odd("dollars.csv", "원화 재원에 달러 금액", "dollars on a line in won", lambda: money("$1,000"), "funding_amount"),
    Odd("percent.xlsx", "숫자 칸의 30%", "30% where a number is", percent, "funding_amount"),
)  # fmt: skip
