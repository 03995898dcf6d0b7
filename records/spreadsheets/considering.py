"""One row of a file by itself: which record it is, and what it would change there.

A row of a file of ours knows the version that it was written from. A value that the file left as it was stays as it is now;
one that only the file changed is set; where both changed it, somebody has to choose.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from unicodedata import normalize
from uuid import UUID

from django.utils.translation import gettext as _

from ..base import Record
from ..kinds import Kind, Type, kinds
from ..past_rows import versions_of
from ..rights import Reader
from ..row_faults import OURS
from .models import SheetImport, SheetRow
from .naming import as_id
from .values import Reading, ReadRow

State = SheetRow.State
FILE, REGISTRY = "file", "registry"  # whose value wins a conflict


@dataclass
class Considered:
    """One row with its record (None: it is new), and what it would change by itself."""

    read: ReadRow
    present: object = None
    base: object = None  # the record in the version that the file was written from, where that is no longer the present
    changed: dict = field(default_factory=dict)
    conflicts: dict = field(default_factory=dict)  # by field: the value in the file, where nobody has chosen yet
    contested: list[str] = field(default_factory=list)  # fields in conflict, those already decided among them
    is_known: bool = False  # new, but there already: a ledger entry that is sent again

    @property
    def number(self) -> int:
        return self.read.row.number

    @property
    def state(self) -> str:
        if self.read.faults:
            return State.REFUSED
        if self.conflicts:
            return State.CONFLICT
        if self.present is None:
            return State.ADDED
        return State.CHANGED if self.changed else State.SAME


def considered(sheet: SheetImport, rows: Sequence[SheetRow], reader: Reader) -> list[Considered]:
    """These rows, each by itself."""
    kind = kinds()[sheet.kind]
    reading = Reading(sheet, kind, reader)
    reads = reading.read(rows)
    present = _present(reading, reads)
    reading.read_late(reads, present)
    bases = _bases(reading, reads, present)
    unsaid = _unsaid(kind, reading, reads, present)
    known = _known_already(kind, [read for read in reads if read.row.number not in present])
    found = []
    for read in reads:
        number = read.row.number
        one = Considered(read, present.get(number, known.get(number)), bases.get(number), is_known=number in known)
        _consider(reading, one, unsaid)
        found.append(one)
    return found


# ---- which record a row is -----------------------------------------------------------------------------


def _present(reading: Reading, reads: Sequence[ReadRow]) -> dict[int, object]:
    """By the number of a row: the record that it is, by its id, or by a number that only one record has."""
    kind, found = reading.kind, {}
    by_id: dict[int, UUID] = {}
    if "id" in reading.place:
        for read in reads:
            text = reading.texts(read.row).get("id", "").strip()
            if text and (id := as_id(text)):
                by_id[read.row.number] = id
            elif text:
                read.refuse(reading.place["id"], _("“%s” is not an id. Leave the cell empty for a new record.") % text)
    rows = _rows(kind, reading.reader, id__in=set(by_id.values()))
    for read in reads:
        id = by_id.get(read.row.number)
        if id in rows:
            found[read.row.number] = rows[id]
        elif id:
            text = _("There is no record with this id here. Leave the cell empty for a new record.")
            read.refuse(reading.place["id"], text)
    for name in _numbers(kind):
        if name in reading.place:
            _find_by_number(reading, name, [read for read in reads if read.row.number not in by_id], found)
    return found


def _rows(kind: Kind, reader: Reader, **condition) -> dict[UUID, object]:
    """Records of the kind with all that differences are told by."""
    return {row.id: row for row in kind.rows().with_retired_visible_to(reader).filter(**condition)}


def _numbers(kind: Kind) -> list[str]:
    return [*kind.numbers, *(["slug"] if kind.has_slug and "slug" not in kind.numbers else [])]


def _find_by_number(reading: Reading, name: str, reads: Sequence[ReadRow], found: dict[int, object]) -> None:
    wanted = {read.row.number: read.values[name] for read in reads if read.values.get(name)}
    rows = _rows(reading.kind, reading.reader, **{f"{name}__in": set(wanted.values())}) if wanted else {}
    by_value = {getattr(row, name): row for row in rows.values()}
    for read in reads:
        row = by_value.get(wanted.get(read.row.number))
        if row is None:
            continue
        other = found.setdefault(read.row.number, row)
        if other.id != row.id:
            read.refuse(
                reading.place[name], _("This number is that of another record than the one before it in the row.")
            )


def _bases(reading: Reading, reads: Sequence[ReadRow], present: dict[int, object]) -> dict[int, object]:
    """Records in the version that the file was written from, where they have moved on since."""
    if "version" not in reading.place:
        return {}
    moved: dict[UUID, tuple[int, ReadRow]] = {}
    for read in reads:
        row, text = present.get(read.row.number), reading.texts(read.row).get("version", "").strip()
        if row is None:
            continue
        if not (text.isascii() and text.isdigit() and 0 < int(text[:18]) <= row.version):
            text = _("“%(text)s” is no version of this record; it is at version %(now)d. Take the file anew from the list.") % {"text": text, "now": row.version}  # fmt: skip
            read.refuse(reading.place["version"], text)
        elif int(text) < row.version:
            moved[row.id] = int(text), read
    if not moved:
        return {}
    rows = {row.id: row for row in present.values()}
    then = versions_of(reading.kind, rows, {id: version for id, (version, _read) in moved.items()})
    return {read.row.number: then[id] for id, (_version, read) in moved.items() if id in then}


def _known_already(kind: Kind, reads: Sequence[ReadRow]) -> dict[int, object]:
    """By the number of a row: the record that says just this already, by the fields that tell so (`Kind.known_by`)."""
    keys = {
        read.row.number: tuple(read.values[name] for name in kind.known_by)
        for read in reads
        if kind.known_by and all(read.values.get(name) for name in kind.known_by)
    }
    if not keys:
        return {}
    attributes = [kind.model._meta.get_field(name).attname for name in kind.known_by]
    last = kind.known_by[-1]
    rows = kind.rows().filter(**{f"{last}__in": {key[-1] for key in keys.values()}}, is_retired=False)
    there = {tuple(getattr(row, name) for name in attributes): row for row in rows}
    return {number: there[key] for number, key in keys.items() if key in there}


# ---- what a row would do -------------------------------------------------------------------------------


def _unsaid(kind: Kind, reading: Reading, reads: Sequence[ReadRow], present: dict[int, object]) -> set[UUID]:
    """Retired records that these rows refer to: a list does not name them, so that an empty cell does not take them away."""
    if not reading.sheet.is_ours:
        return set()
    names = [ref.name for ref in kind.refs if ref.name in reading.fields]
    held = {
        value_of(kind, present[read.row.number], name)
        for read in reads
        for name in names
        if name in read.empty and read.row.number in present
    }
    return set(Record.objects.filter(id__in=held - {None}, is_retired=True).values_list("id", flat=True))


def _consider(reading: Reading, one: Considered, unsaid: set[UUID]) -> None:
    kind, read, row = reading.kind, one.read, one.present
    if row is None:
        _refuse_new(reading, read)
        return
    if row.is_retired:
        read.refuse(None, _("This record is retired. Restore it before you change it."))
        return
    values = dict(read.values)
    if reading.sheet.is_ours:
        for name in read.empty:
            is_reference = kind.all_fields[name].type in (Type.REF, Type.RECORD)
            if not (is_reference and value_of(kind, row, name) in unsaid):
                _make_empty(reading, read, name, row, values)
    for name, value in values.items():
        if not _is_same(kind, row, name, value):
            _weigh(kind, one, name, value)
    _refuse_retired(reading, read, one.changed)
    _refuse_our_words(reading, read, one.changed)
    _refuse_fixed(reading, read, row)
    if kind.counter and set(one.changed) - {"visibility"}:
        read.refuse(None, str(kind.counter.sentence))


def _weigh(kind: Kind, one: Considered, name: str, value) -> None:
    """A value that is another than that of today: set it, leave it, or ask."""
    if one.base is None or _is_same(kind, one.base, name, value_of(kind, one.present, name)):
        one.changed[name] = value
    elif _is_same(kind, one.base, name, value):
        return  # the file never changed it
    else:
        one.contested.append(name)
        chosen = one.read.row.chosen.get(name)
        if chosen == FILE:
            one.changed[name] = value
        elif chosen != REGISTRY:
            one.conflicts[name] = value


def _make_empty(reading: Reading, read: ReadRow, name: str, row, values: dict) -> None:
    declared = reading.kind.all_fields[name]
    if declared.is_required or declared.empty not in (None, "", []):
        if value_of(reading.kind, row, name) not in (None, "", []):
            read.refuse(reading.place.get(name), _("This must not be empty."))
        return
    values[name] = [] if declared.type is Type.LIST else declared.empty


def _refuse_new(reading: Reading, read: ReadRow) -> None:
    kind = reading.kind
    if read.faults:
        return
    _refuse_retired(reading, read, read.values)
    if kind.fixed:
        read.refuse(
            None, _("A new record of this kind comes with its file, and not from a table. Add it on a record’s page.")
        )
        return
    for name, declared in kind.typed_fields.items():
        if declared.is_required and name not in read.values:
            place = reading.place.get(name)
            empty = _("This must not be empty.")
            read.refuse(place, empty if place is not None else f"{declared.label}: {empty}")
    _refuse_our_words(reading, read, read.values)


def _refuse_our_words(reading: Reading, read: ReadRow, values: dict) -> None:
    if reading.kind.has_slug and values.get("slug") in OURS:
        text = _("“%s” is a word of our own addresses. Choose another one.")
        read.refuse(reading.place["slug"], text % values["slug"])


def _refuse_retired(reading: Reading, read: ReadRow, names: Iterable[str]) -> None:
    for name in sorted(read.retired.intersection(names)):
        read.refuse(reading.place.get(name), _("That record is retired. Choose another one, or restore it first."))


def _refuse_fixed(reading: Reading, read: ReadRow, row) -> None:
    """What comes with a file is not changed by a table."""
    texts = reading.texts(read.row)
    for name in reading.kind.fixed:
        if name in texts and texts[name].strip() not in ("", str(getattr(row, name))):
            read.refuse(reading.place[name], _("“%s” comes with the file and cannot be changed.") % name)


def _is_same(kind: Kind, row, name: str, value) -> bool:
    held = value_of(kind, row, name)
    if isinstance(value, str) and isinstance(held, str):
        return value == held or value.strip() == held or value == normalize("NFC", held)
    if isinstance(value, list) and held:
        return value == held or value == [normalize("NFC", item) for item in held]
    return held == value or (held in (None, "", []) and value in (None, "", []))


def value_of(kind: Kind, row, name: str):
    return getattr(row, kind.model._meta.get_field(name).attname)
