"""Reads one file into rows, in a process of its own: `python -m records.spreadsheets.child <file> <rows> [<sheet>]`.

Whatever the file does, it does it here, within limits of memory, time and disk that the process sets itself first. It knows
no Django and no database. Rows go to the file <rows>, one JSON line each: [number in the file, cells]; a cell is a text,
or {"wrong": code, "text": …} where it has none. What the file is, or why it is refused, is printed as one JSON object.
"""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from unicodedata import is_normalized, normalize

from . import packed, plain
from .limits import LONGEST_CELL, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, BadFile, hold_to_limits

Cell = str | dict
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # nought, and half a character, as workbooks and JSON can name them


def main(path: str, rows: str, sheet: str = "") -> None:
    hold_to_limits()
    try:
        said = read(Path(path), Path(rows), sheet)
    except BadFile as bad:
        said = {"refused": bad.code, "values": bad.values}
    except (MemoryError, RecursionError):
        said = {"refused": "too_much", "values": {}}
    print(json.dumps(said))


def read(path: Path, rows: Path, sheet: str = "") -> dict:
    """What the file is, its rows written. Raises BadFile."""
    head, found = packed.opened(path, sheet) if packed.is_packed(path) else plain.opened(path)
    head |= {"rows": 0, "columns": 0, "empty": 0, "composed": 0}
    cells = 0
    with rows.open("w", encoding="utf-8") as out:
        for number, line in found:
            line = _without_end(line)
            if not line:
                head["empty"] += 1
                continue
            head["rows"] += 1
            head["columns"] = max(head["columns"], len(line))
            cells += len(line)
            _refuse_too_many(head, cells)
            out.write(json.dumps([number, [_composed(cell, head) for cell in line]], ensure_ascii=False) + "\n")
    if not head["rows"]:
        raise BadFile("empty")
    return head


def _without_end(line: list[Cell]) -> list[Cell]:
    """Without the empty cells at its end; nothing where there are only blanks."""
    if not any(cell if isinstance(cell, dict) else cell.strip() for cell in line):
        return []
    width = len(line)
    while line[width - 1] == "":
        width -= 1
    return line[:width]


def _composed(cell: Cell, head: dict) -> Cell:
    """A text in its composed form: macOS writes Korean names in pieces (NFD)."""
    if not isinstance(cell, str):
        return cell
    if len(cell) > LONGEST_CELL:
        return {"wrong": "long", "text": cell[:80]}
    if UNSTORABLE.search(cell):
        return {"wrong": "character", "text": UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", cell[:80])}
    if is_normalized("NFC", cell):
        return cell
    head["composed"] += 1
    return normalize("NFC", cell)


def _refuse_too_many(head: dict, cells: int) -> None:
    if head["rows"] > MOST_ROWS + 1:  # and its headers
        raise BadFile("many_rows", most=MOST_ROWS)
    if head["columns"] > MOST_COLUMNS:
        raise BadFile("many_columns", most=MOST_COLUMNS)
    if cells > MOST_CELLS:
        raise BadFile("many_cells", most=MOST_CELLS)


Rows = Iterator[tuple[int, list[Cell]]]

if __name__ == "__main__":
    with suppress(BrokenPipeError):
        main(*sys.argv[1:4])
