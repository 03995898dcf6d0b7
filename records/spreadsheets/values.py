"""The cells of rows as values of a kind's fields, all rows at once. What cannot be read is said at its cell.

Read as the forms read what is typed (Korean dates, 1,234천원, △, full-width digits, names) and then checked as the cells of
every file are. A file of ours says exactly what it means: there a date is EDTF first.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _

from .. import cells, columns, dates
from ..amounts import BadAmount, read_amount
from ..cells import BadCell
from ..columns import LABEL, Form
from ..kinds import Field, Kind, Type
from ..rights import Reader
from .mapping import targets
from .models import SheetImport, SheetRow
from .naming import Names
from .told import wrong_cell

REFERENCES = (Type.REF, Type.RECORD)
GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?", re.ASCII)
LATER = (Type.MONEY, Type.INSTANT)  # need other values of the row: its currency, its time zone


@dataclass
class ReadRow:
    """One row: the values that it states, by field, and what is wrong, by column of the file (None: the whole row)."""

    row: SheetRow
    values: dict = field(default_factory=dict)
    faults: list[tuple[int | None, str]] = field(default_factory=list)
    empty: set[str] = field(default_factory=set)  # fields whose cell is empty
    currency: str = ""  # of its amounts
    retired: set[str] = field(default_factory=set)  # references to what is retired: they may only stay

    def refuse(self, column: int | None, sentence: str) -> None:
        self.faults.append((column, sentence))


class Reading:
    """Reads the rows of one file. `place`: the column of the file in which a name of ours stands."""

    def __init__(self, sheet: SheetImport, kind: Kind, reader: Reader):
        self.sheet, self.kind, self.reader = sheet, kind, reader
        self.place = {name: n for n, name in enumerate(sheet.columns) if name}
        self.known = targets(kind)
        self.form = Form(sheet.form) if sheet.form else Form.KO
        self.one = cache(self._one)
        self.raw = cache(lambda name: columns.raw_of(self.known[name], self.form))

    @property
    def fields(self) -> dict[str, Field]:
        """Those of the kind's fields that the file states."""
        named = dict.fromkeys(
            name.removesuffix(LABEL) if name not in self.kind.all_fields else name for name in self.place
        )
        return {name: f for name, f in self.kind.typed_fields.items() if name in named}

    def text(self, row: SheetRow, name: str):
        """The cell of a row in one of our columns: a text, or a dict where it holds none. Beyond its end there is nothing."""
        n = self.place[name]
        return row.cells[n] if n < len(row.cells) else ""

    def texts(self, row: SheetRow) -> dict[str, str]:
        """The cells that are texts, by name."""
        return {name: text for name in self.place if isinstance(text := self.text(row, name), str)}

    # -- all rows ----------------------------------------------------------------------------------------

    def read(self, rows: Iterable[SheetRow]) -> list[ReadRow]:
        """The values of rows, amounts and instants excepted: `read_late` reads them when the records are known."""
        found = [ReadRow(row) for row in rows]
        for read in found:
            self._refuse_wide(read)
            self._read_plain(read)
        for name, declared in self.fields.items():
            if declared.type in REFERENCES:
                self._read_references(name, declared, found)
        return found

    def _refuse_wide(self, read: ReadRow) -> None:
        width, found = len(self.sheet.headers), len(read.row.cells)
        if found > width:
            text = _("There are %(found)d cells in this row, and only %(wanted)d headers.")
            read.refuse(None, text % {"found": found, "wanted": width})

    def _read_plain(self, read: ReadRow) -> None:
        for name in self.place:
            text = self.text(read.row, name)
            if isinstance(text, dict):
                read.refuse(self.place[name], wrong_cell(text))
        texts = self.texts(read.row)
        for name, declared in self.fields.items():
            if declared.type in (*REFERENCES, *LATER) or name not in texts:
                continue
            if not (texts[name] if self.sheet.is_ours and declared.type is Type.TEXT else texts[name].strip()):
                read.empty.add(name)
                continue
            value, wrong = self.one(name, texts[name])
            if wrong:
                read.refuse(self.place[name], wrong)
            else:
                read.values[name] = value

    def _one(self, name: str, text: str) -> tuple[object, str]:
        """(value, "") or (None, what is wrong) of one cell."""
        try:
            return self._value(self.kind.all_fields[name], text), ""
        except BadCell as bad:
            return None, str(bad)

    def _value(self, declared: Field, text: str):
        if declared.type is Type.TEXT and self.sheet.is_ours:  # blanks at its ends are the registry's own
            return cells.read(declared, self.raw(declared.name)(text))
        is_json = declared.type is Type.LIST and self.sheet.what["format"] == "JSON"
        raw = text if is_json else self.raw(declared.name)(text.strip())
        match declared.type:
            case Type.DATE:
                raw = self._date(raw)
            case Type.INTEGER | Type.DECIMAL:
                raw = plain_number(raw)
        return cells.read(declared, raw)

    def _date(self, text: str) -> str:
        if self.sheet.is_ours:
            try:
                return dates.parse(text).text
            except dates.BadDate:
                pass
        try:
            return dates.read(text)
        except dates.BadDate as bad:
            raise BadCell(str(bad)) from None

    # -- references ----------------------------------------------------------------------------------------

    def _read_references(self, name: str, declared: Field, found: Sequence[ReadRow]) -> None:
        """By the key where there is one, else by the name. Where both stand and do not fit, nobody guesses which is right."""
        label = name + LABEL
        said: dict[int, tuple[str, str]] = {}
        for n, read in enumerate(found):
            texts = self.texts(read.row)
            said[n] = tuple(self.raw(place)(texts.get(place, "")).strip() for place in (name, label))
        names = Names(declared, {key or called for key, called in said.values()}, self.reader)
        pairs = {(names.ids[key], called) for key, called in said.values() if key in names.ids and called}
        wrong = names.misnamed(pairs) if pairs else set()
        for n, read in enumerate(found):
            key, called = said[n]
            text, place = (key, name) if key else (called, label)
            if not text:
                read.empty.add(name)
            elif text in names.wrong:
                read.refuse(self.place.get(place), names.wrong[text])
            elif key and called and (names.ids[key], called) in wrong:
                sentence = _(
                    "“%(called)s” is not what the record with the key %(key)s is called. Correct one of them, or empty one."
                )
                read.refuse(self.place[label], sentence % {"called": called, "key": key})
            else:
                read.values[name] = names.ids[text]
                if names.ids[text] in names.retired:
                    read.retired.add(name)

    # -- what needs the rest of the row ----------------------------------------------------------------------

    def read_late(self, found: Sequence[ReadRow], present: Mapping[int, object]) -> None:
        """Amounts in the currency of their row, instants in its time zone. `present`: the record of a row, by its number."""
        late = {name: f for name, f in self.fields.items() if f.type in LATER}
        if not late:
            return
        currencies = self._currencies(found, present)
        for read in found:
            texts = self.texts(read.row)
            read.currency = currency = currencies.get(read.row.number, "")
            for name, declared in late.items():
                text = texts.get(name, "").strip()
                if name not in texts:
                    continue
                if not text:
                    read.empty.add(name)
                    continue
                try:
                    if declared.type is Type.MONEY:
                        read.values[name] = self._amount(declared, text, currency, texts)
                    else:
                        zone = read.values.get("time_zone") or getattr(present.get(read.row.number), "time_zone", "")
                        read.values[name] = cells.read(declared, instant(text, zone))
                except BadCell as bad:
                    read.refuse(self.place[name], str(bad))

    def _amount(self, declared: Field, text: str, currency: str, texts: Mapping[str, str]) -> int:
        if not currency:
            raise BadCell(_("An amount needs its funding line, whose currency it is in."))
        said = texts.get("currency", "").strip() if "currency" not in self.kind.typed_fields else ""
        if said and said != currency:
            text = _("The file says %(said)s, but the amounts of this funding line are in %(currency)s.")
            raise BadCell(text % {"said": said, "currency": currency})
        try:
            return read_amount(text, currency)
        except BadAmount as bad:
            raise BadCell(str(bad)) from None

    def _currencies(self, found: Sequence[ReadRow], present: Mapping[int, object]) -> dict[int, str]:
        """By the number of a row: its own currency, or that of its line."""
        if not self.kind.money:
            return {}
        own = "currency" in self.kind.typed_fields
        given: dict[int, object] = {}
        for read in found:
            name = "currency" if own else "line"
            there = getattr(present.get(read.row.number), "currency" if own else "line_id", None)
            given[read.row.number] = read.values.get(name) or there or ""
        if own:
            return given
        model = self.kind.model._meta.get_field("line").remote_field.model
        ids = {id for id in given.values() if isinstance(id, UUID)}
        known = dict(model.objects.filter(id__in=ids).values_list("id", "currency"))
        return {number: known.get(id, "") for number, id in given.items()}


def plain_number(text: str) -> str:
    """A number as people write it, as cells have it: full-width digits, thousands in threes."""
    bare = unicodedata.normalize("NFKC", text).replace("−", "-").replace(" ", "")
    return bare.replace(",", "").removeprefix("+") if GROUPED.fullmatch(bare) else bare.removeprefix("+")


def instant(text: str, zone: str) -> str:
    """An instant with its offset: the hour there, where the row has a time zone."""
    try:
        when = datetime.fromisoformat(text)
        return when.replace(tzinfo=ZoneInfo(zone)).isoformat() if when.tzinfo is None and zone else text
    except (ValueError, ZoneInfoNotFoundError):
        return text


def standing_twice(found: Iterable[tuple[object, ReadRow]]) -> dict[object, list[ReadRow]]:
    """Of (what names a record, row): what names one in several rows."""
    rows: dict[object, list[ReadRow]] = defaultdict(list)
    for what, read in found:
        rows[what].append(read)
    return {what: rows for what, rows in rows.items() if len(rows) > 1}
