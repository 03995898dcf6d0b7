"""The registry as a folder of files: a Frictionless Data Package, one CSV per kind. What goes out comes back, byte for byte.

`dump` writes every record (no accounts, figures or history: those are a backup's job). `load` reads all, checks every row,
and then writes in one transaction, as one change. Rows are matched by id: added, changed or the same.
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from . import cells, documents, staging
from .base import Change
from .history import change
from .kinds import Kind, Type, kinds
from .snapshot import snapshot

AWKWARD = set(',"\n\r')  # characters of cells that are written in quotes
csv.field_size_limit(2**31 - 1)  # a purpose may be longer than the 128 KB that the module allows by itself

TABLE_SCHEMA_TYPES = {
    Type.LIST: "array",
    Type.INTEGER: "integer",
    Type.DECIMAL: "number",
    Type.MONEY: "number",
    Type.BOOLEAN: "boolean",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong in a package: the file, its row (the header is row 1; 0: the file itself) and column, and a sentence."""

    file: str
    row: int
    column: str
    message: str

    def __str__(self):
        place = [self.file] + ([_("row %d") % self.row] if self.row else []) + ([self.column] if self.column else [])
        return f"{', '.join(place)}: {self.message}"


class Refused(ValueError):
    """The package was refused and nothing was written. Carries every problem."""

    def __init__(self, problems: list[Problem]):
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass
class Loaded:
    """What a load did, or would do: per file, how many rows were added, changed, the same."""

    counts: dict[str, tuple[int, int, int]] = field(default_factory=dict)


# ---- out -----------------------------------------------------------------------------------------------


def dump(folder: Path) -> None:
    """Write the whole registry into `folder`, from one moment."""
    folder.mkdir(parents=True, exist_ok=True)
    with snapshot(), override("en"):
        (folder / "datapackage.json").write_text(
            json.dumps(describe(), ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
        )
        for kind in kinds().values():
            with (folder / _file(kind)).open("w", encoding="utf-8", newline="") as file:
                file.write(_csv_line(list(kind.written_fields)))
                file.writelines(map(_csv_line, _rows_out(kind)))
        documents.write_files(folder)


def _csv_line(values: list[str]) -> str:
    """RFC 4180 with \\n; by hand, because Python's versions differ about which cells they quote."""
    line = ",".join(values)
    if line.count(",") < len(values) and not {'"', "\n", "\r"} & set(line):
        return line + "\n"
    return ",".join('"' + v.replace('"', '""') + '"' if AWKWARD & set(v) else v for v in values) + "\n"


def _rows_out(kind: Kind) -> Iterator[list[str]]:
    fields = kind.written_fields.values()
    columns = [(f, f"{f.name}_id" if f.type in (Type.REF, Type.RECORD) else f.name) for f in fields]
    for row in kind.rows().order_by("id").iterator(2000):
        currency = getattr(row, "currency", "")
        yield [cells.write(f, getattr(row, column), currency) for f, column in columns]


def describe() -> dict:
    """datapackage.json: the schema of each table (Data Package and Table Schema, version 1)."""
    return {
        "name": "registry-of-joint-research-programs",
        "profile": "tabular-data-package",
        "resources": [
            {
                "name": kind.plural,
                "path": _file(kind),
                "profile": "tabular-data-resource",
                "encoding": "utf-8",
                "schema": _schema(kind),
            }
            for kind in kinds().values()
        ],
    }


def _schema(kind: Kind) -> dict:
    schema = {"fields": [_described(f) for f in kind.written_fields.values()], "primaryKey": "id"}
    targets = {f.name: f.target for f in kind.refs if f.type is Type.REF}
    keys = [
        {"fields": name, "reference": {"resource": "" if k is kind else k.plural, "fields": "id"}}
        for name, target in targets.items()
        for k in kinds().values()
        if k.model is target
    ]
    return schema | ({"foreignKeys": keys} if keys else {})


def _described(f) -> dict:
    described = {"name": f.name, "title": str(f.label), "type": TABLE_SCHEMA_TYPES.get(f.type, "string")}
    if f.type is Type.DATE:
        described["description"] = "EDTF (ISO 8601-2): 2024, 2024-07, 2024-07-28, A/B, A/.., ../B; ~ about, ? uncertain"
    constraints = {"required": True} if f.is_required or f.name == "id" else {}
    if f.choices:
        constraints["enum"] = [str(word) for word, _label in f.choices]
    return described | ({"constraints": constraints} if constraints else {})


def _file(kind: Kind) -> str:
    return f"{kind.plural}.csv"


# ---- in ------------------------------------------------------------------------------------------------


class _DryRun(Exception):
    pass


def load(folder: Path, *, by=None, actor_name: str = "", reason: str = "", dry_run: bool = False) -> Loaded:
    """Read the package in `folder` into the registry. Raises Refused with every problem; then nothing was written."""
    problems: list[Problem] = []
    unread: staging.Unread = {}
    read = {kind.name: _read_file(kind, folder, problems, unread) for kind in kinds().values()}
    loaded, file = Loaded(), ""
    try:
        with (
            transaction.atomic(),
            change(by=by, actor_name=actor_name, reason=reason, door=Change.Door.IMPORT),
        ):
            for kind in kinds().values():
                staging.fill(kind, read[kind.name])
            for kind in kinds().values():
                problems += [Problem(_file(kind), *found) for found in staging.problems(kind, unread)]
            digests = _digests(read["document"])
            problems += _files_missing(folder, digests)
            if problems:
                raise Refused(sorted(problems, key=lambda p: (p.file, p.row)))
            if not dry_run:
                documents.take_files(folder, set(digests))
            for kind in kinds().values():
                file = _file(kind)
                loaded.counts[file] = staging.write(kind)
                staging.tell_the_planner(sum(loaded.counts[file][:2]))
            file = ""
            with connection.cursor() as cursor:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
            if dry_run:
                raise _DryRun
    except _DryRun:
        pass
    except IntegrityError as refused:
        from .sentences import explain

        raise Refused([Problem(file, 0, "", explain(refused))]) from refused
    return loaded


def _digests(rows: list[tuple[int, list]]) -> dict[str, int]:
    """The SHA-256 of each document's file, and a row that names it."""
    place = list(kinds()["document"].written_fields).index("sha256")
    return {values[place]: number for number, values in rows}


def _files_missing(folder: Path, digests: dict[str, int]) -> list[Problem]:
    text = _("The package has no file documents/%s with this content.")
    missing = documents.missing_files(folder, set(digests))
    return [Problem("documents.csv", digests[digest], "sha256", text % digest) for digest in missing]


def _read_file(kind: Kind, folder: Path, problems: list[Problem], unread: staging.Unread) -> list[tuple[int, list]]:
    """(row number, values in the order of the written fields) for each row that can be read.

    What cannot goes to `problems`, and its id to `unread`.
    """
    path = folder / _file(kind)
    unread[kind.name] = None  # until all of it was read
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        problems.append(Problem(path.name, 0, "", _("The file is missing.")))
        return []
    except UnicodeDecodeError as bad:
        problems.append(Problem(path.name, text_row(path, bad.start), "", _("This is not UTF-8 text.")))
        return []
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header = next(reader, [])
    if not _header_is_right(kind, path.name, header, problems):
        return []
    rows, bad_rows, number = [], [], 1
    try:
        for number, values in enumerate(reader, 2):
            row = _read_row(kind, path.name, number, header, values, problems)
            if row is not None:
                rows.append((number, row))
            else:
                bad_rows.append(dict(zip(header, values, strict=False)).get("id", "").lower())
    except csv.Error as bad:
        problems.append(Problem(path.name, number + 1, "", _("This is not a CSV row: %s.") % bad))
    else:
        unread[kind.name] = set(bad_rows)
    return rows


def text_row(path: Path, offset: int) -> int:
    return path.read_bytes()[:offset].count(b"\n") + 1


def _header_is_right(kind: Kind, file: str, header: list[str], problems: list[Problem]) -> bool:
    wanted = list(kind.written_fields)
    for name in wanted:
        if name not in header:
            problems.append(Problem(file, 1, name, _("The column is missing.")))
    for name in header:
        if name not in wanted:
            problems.append(Problem(file, 1, name, _("There is no such column; there are: %s.") % ", ".join(wanted)))
    if len(set(header)) < len(header):
        problems.append(Problem(file, 1, "", _("A column stands twice.")))
    return sorted(header) == sorted(wanted)


def _read_row(kind: Kind, file: str, number: int, header, values, problems: list[Problem]) -> list | None:
    if len(values) != len(header):
        text = _("The row has %(found)d cells instead of %(wanted)d.")
        problems.append(Problem(file, number, "", text % {"found": len(values), "wanted": len(header)}))
        return None
    given = dict(zip(header, values, strict=True))
    found, is_good = [], True
    for name, f in kind.written_fields.items():
        try:
            is_amount = f.type is Type.MONEY and (given[name] or not f.is_required)
            found.append(cells.unread(given[name]) if is_amount else cells.read(f, given[name]))
        except cells.BadCell as bad:
            problems.append(Problem(file, number, name, str(bad)))
            is_good = False
    return found if is_good else None
