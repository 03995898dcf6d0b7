"""What is said to who sent a file that is refused: what it is, and what to do."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .limits import MOST_CELLS, MOST_COLUMNS, MOST_ROWS

SAVE = gettext_lazy(
    "Open it in Excel or LibreOffice, save it as “Excel workbook (.xlsx)” or “CSV UTF-8”, and send that."
)
REFUSALS = {
    "empty": gettext_lazy("The file is empty: there is no row with headers in it."),
    "encrypted": gettext_lazy("The file is protected by a password. Take the password off in Excel (File › Info › Protect Workbook) and send it again."),
    "old_xls": gettext_lazy("This is an Excel file of the old kind (.xls)."),
    "xlsb": gettext_lazy("This is a binary Excel file (.xlsb)."),
    "ods": gettext_lazy("This is an OpenDocument spreadsheet (.ods)."),
    "numbers": gettext_lazy("This is a Numbers file of a Mac."),
    "macros": gettext_lazy("The workbook has macros in it (.xlsm). They are never taken: save it without macros as .xlsx and send that."),
    "links": gettext_lazy("The workbook is linked to other files or to the net. Break the links in Excel (Data › Edit Links › Break Link, and Queries & Connections), save it and send it again."),
    "embedded": gettext_lazy("Other files are embedded in the workbook. Take them out, save it and send it again."),
    "entities": gettext_lazy("The file defines XML entities, as no spreadsheet program does. It was not read further. If it is yours, save it anew in Excel or LibreOffice."),
    "encoded": gettext_lazy("A part of the workbook is not in UTF-8, as every spreadsheet program writes it. It was not read further. If it is yours, save it anew in Excel or LibreOffice."),
    "bomb": gettext_lazy("Unpacked, the file would be many times as large as it says or as any table is. It was not unpacked. If it is yours, copy the table into a new workbook and send that."),
    "too_much": gettext_lazy("The file takes more memory or time than any table of this size needs; reading it was broken off. Copy the table into a new workbook, or save it as CSV, and send that."),
    "damaged": gettext_lazy("The file is damaged: it ends too early, or its parts do not fit. Open it, save it anew and send that."),
    "no_sheet": gettext_lazy("There is no sheet “%(sheet)s” in the file that is shown."),
    "html": gettext_lazy("This is a web page (HTML), even if it is called .xls."),
    "xml_sheet": gettext_lazy("This is an Excel file in XML of 2003, even if it is called .xls."),
    "hwp": gettext_lazy("This is a 한글 document. Copy its table into Excel, save it as .xlsx and send that."),
    "ole": gettext_lazy("This is an Office file of an old kind."),
    "document": gettext_lazy("This is a text document or slides, not a table. Copy the table into Excel, save it as .xlsx and send that."),
    "pdf": gettext_lazy("This is a PDF. A table is read from XLSX or CSV: ask for the file that the PDF was made from."),
    "rtf": gettext_lazy("This is a text document (RTF). Copy the table into Excel, save it as .xlsx and send that."),
    "picture": gettext_lazy("This is a picture. A table is read from XLSX or CSV."),
    "archive": gettext_lazy("This is an archive of files. Unpack it and send the table in it, as XLSX or CSV."),
    "not_text": gettext_lazy("This is neither XLSX nor text: there are bytes in it that no text has."),
    "utf16_unmarked": gettext_lazy("The text is in UTF-16 without the mark that says so. Save it as “CSV UTF-8” and send that."),
    "no_encoding": gettext_lazy("Row %(row)s is neither UTF-8 nor CP949 (EUC-KR) text; these two are read, and UTF-16 with its mark. Save the file as “CSV UTF-8” and send that."),
    "bad_bytes": gettext_lazy("The file says that it is %(encoding)s, but row %(row)s is not. Save it as “CSV UTF-8” and send that."),
    "bad_quotes": gettext_lazy("From row %(row)s on the quotes do not close, so that nobody knows where a cell ends. Correct the quotes there and send it again."),
    "bad_json": gettext_lazy("This begins like JSON and is not: %(said)s."),
    "json_shape": gettext_lazy("JSON is read as a list of objects, one for each record, or as such a list under “results”."),
    "many_rows": gettext_lazy("The table has more than %(most)s rows. Divide it into several files."),
    "many_columns": gettext_lazy("A row has more than %(most)s columns. Delete the columns that are not needed and send it again."),
    "many_cells": gettext_lazy("The table has more than %(most)s cells. Divide it into several files."),
}  # fmt: skip
AS_XLSX = ("old_xls", "xlsb", "ods", "numbers", "html", "xml_sheet", "ole", "not_text")


def refusal(code: str, values: dict) -> str:
    """The sentence for a file that is refused."""
    numbers = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
    said = str(REFUSALS[code]) % numbers
    return f"{said} {SAVE}" if code in AS_XLSX else said


def wrong_cell(cell: dict) -> str:
    """The sentence for a cell that holds no value."""
    match cell["wrong"]:
        case "error":
            return (
                _("The spreadsheet shows an error here (%s). Correct the formula, or write the value.") % cell["text"]
            )
        case "formula":
            return _("There is a formula here without its result. Open the file in Excel, save it and send it again.")
        case "character":
            return _("The text contains a character that cannot be stored.")
        case "long":
            return _("The text is longer than any that is kept here.")
    return _("A value within values is not read. Write a text, a number or a list of texts.")


def limits() -> str:
    """What is taken, for who is about to send a file."""
    text = _("XLSX, CSV or JSON with up to %(rows)s rows, %(columns)s columns and %(cells)s cells.")
    return text % {"rows": f"{MOST_ROWS:,}", "columns": MOST_COLUMNS, "cells": f"{MOST_CELLS:,}"}
