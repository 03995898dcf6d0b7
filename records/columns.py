"""What a column of a list is in a file, and how its cells are written and read back without loss.

A file of a list has `id` and `version`, then for each column of the list the fields behind it: `name` is name_ko and
name_en; a reference is two columns, what the record is called (for people, never read back) and its key. Where an
amount is among them, so is its currency.

Files have one of two forms. RAW is for machines: names as the API has them and cells as in the package (cells.py), keys
are ids. KO and EN are for people: labels as headers, choices and yes and no as words, keys as slugs where there are
any, instants in local time, lists as `one; two` (a `;` or `\\` within an item has a `\\` before it, as have spaces at
its ends). Dates are EDTF and amounts exact numbers in the major unit in all of them. What is hidden from the reader is
empty, as is what no source states.

A text that a spreadsheet would run gets an apostrophe before it in files for people (`harmless`), and loses it on the
way back (`meant`). So that this never takes one too many, a text that looks like such a one already gets one more.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from uuid import UUID

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from . import cells
from .kinds import Field, Kind, Type, kind_of
from .labels import Label, labels_of, mentioned
from .rights import Reader, Visibility

REFERENCES = (Type.REF, Type.RECORD)
NUMBERS = (Type.INTEGER, Type.DECIMAL, Type.MONEY)
TEXTS = (Type.TEXT, Type.LIST, Type.CHOICE, Type.BOOLEAN, *REFERENCES)  # what may be any text, as a cell
ALWAYS = ("id", "version")
LABEL = "_label"


class Form(StrEnum):
    RAW = "raw"
    KO = "ko"
    EN = "en"


@dataclass(frozen=True)
class Column:
    """One column of a file. `name` is as the API says it; `is_label`: what the record in `field` is called."""

    name: str
    field: Field
    is_label: bool = False

    @property
    def is_number(self) -> bool:
        return self.field.type in NUMBERS

    @property
    def is_text(self) -> bool:
        return self.field.type in TEXTS

    @property
    def is_written(self) -> bool:
        """Whether what stands in it can be brought in: not what is only for people, or worked out."""
        return self.field.is_written and not self.is_label


# ---- columns of a list, columns of a file ----------------------------------------------------------------


def choosable(kind: Kind, reader: Reader) -> list[str]:
    """The names of the columns that a list can show this reader: fields, and pairs such as `name`, in the kind's order."""
    fields = [
        f.name for f in kind.all_fields.values() if f.name not in ("id", "is_retired") and _may_read(kind, f, reader)
    ]
    return list(dict.fromkeys(base_of(kind, name) for name in fields))


def _may_read(kind: Kind, field: Field, reader: Reader) -> bool:
    """A private field is for officers, and for those who may have rows of their own."""
    return not field.is_private or reader.is_officer or bool(kind.owned and reader.institutions)


def base_of(kind: Kind, field: str) -> str:
    """`name` for name_ko and name_en; other fields stand for themselves."""
    base = field.removesuffix("_ko").removesuffix("_en")
    return base if {f"{base}_ko", f"{base}_en"} <= set(kind.all_fields) else field


def file_columns(kind: Kind, names: Iterable[str]) -> list[Column]:
    """The columns of a file with these columns of a list."""
    fields = [name for given in (*ALWAYS, *names) for name in behind(kind, given)]
    if any(kind.all_fields[name].type is Type.MONEY for name in fields) and "currency" in kind.all_fields:
        fields.append("currency")
    return [column for name in dict.fromkeys(fields) for column in _columns(kind.all_fields[name])]


def all_columns(kind: Kind) -> list[Column]:
    """Every column that a file of this kind can have."""
    return [column for field in kind.all_fields.values() for column in _columns(field)]


def behind(kind: Kind, name: str) -> tuple[str, ...]:
    return (name,) if name in kind.all_fields else (f"{name}_ko", f"{name}_en")


def _columns(field: Field) -> list[Column]:
    if field.type in REFERENCES:
        return [Column(field.name + LABEL, field, is_label=True), Column(field.name, field)]
    return [Column(field.name, field)]


# ---- headers -----------------------------------------------------------------------------------------------


def headers(kind: Kind, columns: Iterable[Column], form: Form) -> list[str]:
    """What stands in the first row. No two columns of a kind have the same."""
    if form is Form.RAW:
        return [column.name for column in columns]
    known = _headers(kind, form)
    return [known[column.name] for column in columns]


@cache
def _headers(kind: Kind, form: Form) -> dict[str, str]:
    with override(form.value):
        labels = {column.name: _header(column) for column in all_columns(kind)}
    folded = [_folded(label) for label in labels.values()]
    return {name: f"{label} ({name})" if folded.count(_folded(label)) > 1 else label for name, label in labels.items()}


def _header(column: Column) -> str:
    label = "ID" if column.name == "id" else capfirst(str(column.field.label))
    return f"{label} ID" if column.field.type in REFERENCES and not column.is_label else label


def _folded(header: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", header).casefold().split())


def recognise(kind: Kind, found: Sequence[str]) -> tuple[Form, list[Column | None]]:
    """In which form these headers are, and which column each is (None: none of ours).

    The form is the one that knows most of them; capitals, widths and spaces of labels do not matter.
    """
    columns = {column.name: column for column in all_columns(kind)}
    known = {Form.RAW: [columns.get(header.strip()) for header in found]}
    for form in (Form.KO, Form.EN):
        by_label = {_folded(label): columns[name] for name, label in _headers(kind, form).items()}
        known[form] = [by_label.get(_folded(header)) for header in found]
    best = max(Form, key=lambda form: sum(column is not None for column in known[form]))
    return best, known[best]


# ---- cells out -----------------------------------------------------------------------------------------------


class Cells:
    """Writes the cells of rows of one kind for one reader, as texts. Words are looked up once."""

    def __init__(self, kind: Kind, columns: Sequence[Column], reader: Reader, form: Form):
        self.kind, self.columns, self.reader, self.form = kind, columns, reader, form
        self._references = list(
            {c.name: c.field for c in columns if c.field.type in REFERENCES and not c.is_label}.values()
        )
        with override(None if form is Form.RAW else form.value):
            self._writers = [self._writer(column) for column in columns]
        self._labels: dict[UUID, Label] = {}

    def of(self, rows: Sequence) -> Iterator[list[str]]:
        """The cells of each of these rows; what they refer to is asked for once for all of them."""
        self._labels = labels_of(*mentioned([(self._references, rows)]), self.reader)
        is_open = self.reader.is_officer or not any(column.field.is_private for column in self.columns)
        own = None if is_open else self.kind.own(rows, self.reader)
        for row in rows:
            is_own = own is None or row.id in own
            yield [
                "" if column.field.is_private and not is_own else write(row)
                for column, write in zip(self.columns, self._writers, strict=True)
            ]

    def _writer(self, column: Column) -> Callable[[object], str]:
        field, name = column.field, column.field.name
        if field.type in REFERENCES:
            write = self._called if column.is_label else self._key(field)
            return lambda row: write(self._labels.get(getattr(row, f"{name}_id")))
        if field.type is Type.MONEY:
            return lambda row: cells.write(field, getattr(row, name), row.currency)
        write = self._plain(field)
        return lambda row: write(getattr(row, name))

    def _called(self, label: Label | None) -> str:
        if label is None:
            return ""
        return (label.en or label.ko) if self.form is Form.EN else (label.ko or label.en)

    def _key(self, field: Field) -> Callable[[Label | None], str]:
        by_slug = self.form is not Form.RAW and field.type is Type.REF and kind_of(field.target).has_slug
        return lambda label: "" if label is None else str(label.id) if not by_slug or _is_id(label.key) else label.key

    def _plain(self, field: Field) -> Callable[[object], str]:
        if self.form is not Form.RAW:
            match field.type:
                case Type.CHOICE:
                    words = _words(field)
                    return lambda value: "" if value is None else words.get(value, str(value))
                case Type.BOOLEAN:
                    words = {True: str(_("yes")), False: str(_("no")), None: ""}
                    return words.__getitem__
                case Type.LIST:
                    return lambda value: joined(value or ())
                case Type.INSTANT:
                    return lambda value: timezone.localtime(value).isoformat(" ") if value else ""
        return lambda value: cells.write(field, value)


def _is_id(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return False
    return True


def _words(field: Field) -> dict:
    """The word of each value of a choice; two values with one word keep their values."""
    if field.name == "visibility":
        return {v.value: str(v.label) for v in Visibility}
    words = {value: str(word) for value, word in field.choices}
    said = [_folded(word) for word in words.values()]
    return {value: word for value, word in words.items() if word and said.count(_folded(word)) == 1}


# ---- cells in ------------------------------------------------------------------------------------------------


def raw_of(column: Column, form: Form) -> Callable[[str], str]:
    """Makes of a cell in this form what would stand in a RAW file, which `cells.read` and `reading.reference` take.

    A key stays as it is, an id or a slug. Words are taken in both languages, and values too; what is none of them also
    stays as it is, for `cells.read` to refuse.
    """
    if form is Form.RAW:
        return str
    match column.field.type:
        case Type.CHOICE:
            return _looked_up(_values_by_word(column.field))
        case Type.BOOLEAN:
            return _looked_up(_truths())
        case Type.LIST:
            return lambda text: json.dumps(parted(meant(text)), ensure_ascii=False) if text else ""
    return meant if column.is_text else str


def _looked_up(values: dict[str, str]) -> Callable[[str], str]:
    return lambda text: values.get(_folded(meant(text)), meant(text))


def _values_by_word(field: Field) -> dict[str, str]:
    found = {}
    for form in (Form.KO, Form.EN):
        with override(form.value):
            found |= {_folded(word): cells.write(field, value) for value, word in _words(field).items()}
    return found


def _truths() -> dict[str, str]:
    found = {}
    for form in (Form.KO, Form.EN):
        with override(form.value):
            found |= {_folded(str(_("yes"))): "true", _folded(str(_("no"))): "false"}
    return found


# ---- lists as one text ---------------------------------------------------------------------------------------

EDGE = re.compile(r"\A\s|\s\Z")
ESCAPED = re.compile(r"[\\;]")


def joined(items: Iterable[str]) -> str:
    """`one; two`. See the head of this file for what is escaped."""
    escaped = (ESCAPED.sub(lambda found: "\\" + found[0], item) for item in items)
    return "; ".join(EDGE.sub(lambda found: "\\" + found[0], item) for item in escaped)


def parted(text: str) -> list[str]:
    """The items of such a text. Without escapes it reads what a person types: `one;two ; three`."""
    items, item, kept = [], "", 0  # `kept`: so many characters of the item are not spaces at its end
    characters = iter(text)
    for character in characters:
        if character == "\\":
            item += next(characters, "\\")
            kept = len(item)
        elif character == ";":
            items.append(item[:kept])
            item, kept = "", 0
        elif item or not character.isspace():
            item += character
            kept = kept if character.isspace() else len(item)
    return [item for item in (*items, item[:kept]) if item]


# ---- texts that a spreadsheet would run ----------------------------------------------------------------------

RUN = re.compile(r"[\t\r\n]|[\s\x00-\x1f\u200b-\u200f\u2060\ufeff]*[=+\-@＝＋－＠]")
MARK = "'"


def is_run(text: str) -> bool:
    """Whether a spreadsheet might take it for a formula: it begins with = + - @, in either width, or with a tab or line break."""
    return RUN.match(text) is not None


def meant(text: str) -> str:
    """The text of a cell of a file for people, without the apostrophe that `harmless` or `unmistaken` put before it."""
    rest = text[1:]
    return rest if text[:1] == MARK and (is_run(rest) or rest[:1] == MARK) else text


def unmistaken(text: str) -> str:
    """What `meant` reads back as this text. Enough where cells are typed as text, as in XLSX."""
    return text if meant(text) == text else MARK + text


def harmless(text: str) -> str:
    """The same, and no spreadsheet runs it: for CSV."""
    return MARK + text if is_run(text) else unmistaken(text)


# ---- characters that XML has no place for --------------------------------------------------------------------

NO_XML = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
FROM_XML = re.compile(r"_x([0-9A-Fa-f]{4})_")


def in_xml(text: str) -> str:
    """As a cell of XLSX writes it: `_x000D_` for what XML would lose or refuse, as spreadsheets do (ECMA-376, 22.9.2.19)."""
    return NO_XML.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def from_xml(text: str) -> str:
    return FROM_XML.sub(lambda found: chr(int(found[1], 16)), text)
