"""The rows of a file as its page shows them: read anew for each look, with the records as they are and for who looks."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..kinds import Kind, Type, kinds
from ..labels import Label, label_of, labels_for
from ..rewriting import differences
from ..rights import Reader
from ..showing import Cell, Shower
from ..steps import copied, filled_in
from ..units import chosen
from . import planning
from .considering import Considered, considered
from .models import SheetImport, SheetRow

PAGE = 50
State = SheetRow.State
FIRST = (State.CONFLICT, State.REFUSED, State.CHANGED, State.ADDED, State.SAME)  # what one looks at first


@dataclass(frozen=True)
class Wrong:
    """One thing wrong: the cell (`B7`, or `7` for the row), its header, what stands in it, and the sentence."""

    cell: str
    header: str
    text: str
    sentence: str


@dataclass(frozen=True)
class Contest:
    """One field that the file and somebody else changed: its value when the file was made, now, and in the file."""

    name: str
    label: str
    before: Cell
    now: Cell
    given: Cell
    chosen: str

    @property
    def input(self) -> str:
        return self.name


@dataclass(frozen=True)
class ShownRow:
    number: int
    state: str
    label: Label | None
    is_new: bool
    differences: list[tuple[str, Cell, Cell]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)
    contests: list[Contest] = field(default_factory=list)


def shown(sheet: SheetImport, rows: Sequence[SheetRow], reader: Reader) -> list[ShownRow]:
    """These rows, in a handful of queries for all of them."""
    kind = kinds()[sheet.kind]
    found = considered(sheet, rows, reader)
    after = {one.number: planning.as_it_would_be(kind, one) for one in found}
    given = {one.number: _given(kind, one) for one in found if one.contested}
    instances = [row for one in found for row in (one.present, one.base, after[one.number], given.get(one.number)) if row is not None]  # fmt: skip
    labels = labels_for(kind, instances, reader)
    shower = Shower(kind, instances, reader, unit=chosen("won"), labels=labels, own={row.id for row in instances})
    return [_row(kind, sheet, shower, labels, one, after[one.number], given.get(one.number)) for one in found]


def _given(kind: Kind, one: Considered):
    """The record with the values of the file in all fields that are in conflict."""
    row = filled_in(kind, copied(kind, one.present, keep_id=True), {n: one.read.values.get(n) for n in one.contested})
    for virtual in kind.virtual:
        row.__dict__.setdefault(virtual.name, getattr(one.present, virtual.name, None))
    return row


def _row(kind: Kind, sheet: SheetImport, shower: Shower, labels, one: Considered, after, given) -> ShownRow:
    row = one.read.row
    said = row.said
    label = label_of(kind, one.present if one.present is not None else after, labels)
    is_new = one.present is None
    shows = row.state in (State.ADDED, State.CHANGED)
    return ShownRow(
        row.number,
        row.state,
        label,
        is_new,
        _differences(kind, shower, one, after) if shows else [],
        [_wrong(sheet, row, n, sentence) for n, sentence in said.get("faults", ())],
        [_contest(kind, shower, one, given, name) for name in one.contested],
    )


def _differences(kind: Kind, shower: Shower, one: Considered, after) -> list[tuple[str, Cell, Cell]]:
    """What would be another value; of a new record what it would have."""
    if one.present is None:
        after.is_retired = None
    found = differences(kind, shower, one.present, after)
    return [line for line in found if one.present is not None or line[2].text]


def _wrong(sheet: SheetImport, row: SheetRow, column: int | None, sentence: str) -> Wrong:
    if column is None:
        return Wrong(str(row.number), "", "", sentence)
    cell = row.cells[column] if column < len(row.cells) else ""
    text = cell if isinstance(cell, str) else cell["text"]
    return Wrong(f"{letters(column)}{row.number}", sheet.headers[column], text[:200], sentence)


def _contest(kind: Kind, shower: Shower, one: Considered, given, name: str) -> Contest:
    cells = [shower.cell(row, name) for row in (one.base, one.present, given)]
    return Contest(name, str(kind.all_fields[name].label), *cells, one.read.row.chosen.get(name, ""))


def letters(column: int) -> str:
    """What a spreadsheet calls a column: A, B, … Z, AA."""
    said, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        said = chr(ord("A") + rest) + said
    return said


def problems(sheet: SheetImport, most: int = 0) -> list[dict]:
    """What is wrong, cell by cell, in plain values; `most` 0: all of it."""
    rows = sheet.rows.filter(state=State.REFUSED).order_by("number")
    found = []
    for row in rows[:most] if most else rows:
        for n, sentence in row.said.get("faults", ()):
            wrong = _wrong(sheet, row, n, sentence)
            found.append({"row": row.number, "cell": wrong.cell, "column": wrong.header, "detail": sentence})
    return found


# ---- what is known of the columns --------------------------------------------------------------------------


@dataclass(frozen=True)
class ShownColumn:
    """A column of the file: its letter, header, first values, and which of ours it is ("": none)."""

    number: int
    letter: str
    header: str
    samples: list[str]
    chosen: str
    said: str = ""  # what it is, in words


SAMPLES = 3


def columns(sheet: SheetImport) -> list[ShownColumn]:
    from .mapping import choosable

    words = choosable(kinds()[sheet.kind])
    rows = list(planning.records_of(sheet).order_by("number")[:20])
    found = []
    for n, header in enumerate(sheet.headers):
        texts = [row.cells[n] for row in rows if n < len(row.cells) and isinstance(row.cells[n], str) and row.cells[n]]
        name = sheet.columns[n]
        samples = [text[:60] for text in dict.fromkeys(texts)][:SAMPLES]
        found.append(ShownColumn(n, letters(n), header, samples, name, words.get(name, "")))
    return [column for column in found if column.header or column.samples]


def left_out(sheet: SheetImport) -> list[str]:
    """The headers of the columns of which nothing is taken over: none of ours, or worked out by the registry."""
    kind = kinds()[sheet.kind]
    taken = {"id", "version", *kind.typed_fields}
    labels = {f"{ref.name}_label" for ref in kind.refs if ref.type in (Type.REF, Type.RECORD)}
    return [h for h, name in zip(sheet.headers, sheet.columns, strict=True) if h and name not in taken | labels]
