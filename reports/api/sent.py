"""What a machine sends of an update, as `content`; and `content` as a machine reads it.

    JSON, strictly of its types → the texts that a page would hold → Draft (draft.py)

What is malformed is refused, all of it at once, at its place in what was sent: `sections/outputs/0/doi`. What is well-formed
but cannot be is kept, and the draft says what is wrong with it.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from uuid import UUID

from django.utils.translation import gettext as _

from funding.models import FundingLine
from records.cells import NUMBER, WHOLE, BadCell
from records.kinds import Field, Type, kind_of
from records.labels import labels_of
from records.money import major_text, to_major, to_minor
from records.problem_codes import coded
from records.reading import not_a_field, read_amount, read_value
from records.refusals import Fault, Refused
from records.shapes import shape

from ..models import ProjectUpdate
from ..writing.draft import MOST_NEW, NEW
from ..writing.ledger import MOVEMENTS, lines_for
from ..writing.sections import BY_NAME, MONEY, TYPED, WORDS, About, Section, not_a_section

MOST_SENT = MOST_NEW * 2  # rows of one section
NEW_KEY = re.compile(rf"{NEW}[1-9]\d{{0,3}}", re.ASCII)
TO_DATE = Field("to_date", Type.DATE, "")
REFS = (Type.REF, Type.RECORD)


def read_sections(sent: object, about: About, *, minor: bool = False) -> dict[str, list[dict]]:
    """By section the rows that take the place of what it held; none where it is emptied by null. Raises Refused."""
    if not isinstance(sent, dict):
        raise Refused(
            [
                Fault(
                    "sections",
                    coded(
                        "not_an_object", _("“sections” is an object: the name of a section and its rows, and so on.")
                    ),
                )
            ]
        )
    return Reading(about, minor).sections(sent)


def placed(content: Mapping, sections: Mapping[str, list[dict]]) -> dict:
    """`content` with these sections in the place of its own."""
    return {name: rows for name, rows in (dict(content) | dict(sections)).items() if rows}


class Reading:
    """One reading of what was sent; `faults` are gathered on the way."""

    def __init__(self, about: About, minor: bool):
        self.about, self.minor = about, minor
        self.faults: list[Fault] = []
        self.named: list[tuple[dict, str]] = []  # rows and their fields that name a record

    def sections(self, sent: Mapping) -> dict[str, list[dict]]:
        content = {}
        for name, rows in sent.items():
            section = next((one for one in TYPED if one.name == name), None)
            if section is None:
                self.fault(f"sections/{name}", not_a_section(name))
            else:
                content[name] = [] if rows is None else self.rows_of(section, rows)
        if self.faults:
            raise Refused(self.faults)
        self._name_records()
        return content

    def rows_of(self, section: Section, sent: object) -> list[dict]:
        place = f"sections/{section.name}"
        if section is WORDS:
            return self.narrative(sent, place)
        if not isinstance(sent, list) or not all(isinstance(row, dict) for row in sent):
            return self.fault(
                place, coded("not_a_list", _("“%s” is a list of objects, one for each row.") % section.name)
            )
        if len(sent) > MOST_SENT:
            return self.fault(place, coded("too_many", _("A section has at most %d rows.") % MOST_SENT))
        keys = self.keys(section, sent, place)
        read = self.money(sent, keys, place) if section is MONEY else self.records(section, sent, keys, place)
        return [row for row in read if set(row) - {"key", "version"}]

    # -- which row ---------------------------------------------------------------------------------------

    def keys(self, section: Section, sent: list[dict], place: str) -> list[str]:
        """The key of each row: the id of a record, or new-1, which need not be said. "" where it is wrong."""
        taken = {row["key"] for row in sent if isinstance(row.get("key"), str)}
        free = (f"{NEW}{n}" for n in range(1, 2 * MOST_SENT + 1) if f"{NEW}{n}" not in taken)
        keys: list[str] = []
        for n, row in enumerate(sent):
            key, at = row.get("key"), f"{place}/{n}/key"
            if key is None and section.takes_new:
                key = next(free)
            elif isinstance(key, str) and NEW_KEY.fullmatch(key) and section.takes_new:
                pass
            else:
                key = _as_id(key) or self.fault(
                    at, _("“%s” is not the id of a record that this report can change.") % key
                )
            if key and key in keys:
                key = self.fault(at, coded("twice", _("This row is there twice.")))
            keys.append(key or "")
        return keys

    # -- what it says ------------------------------------------------------------------------------------

    def narrative(self, sent: object, place: str) -> list[dict]:
        if not isinstance(sent, dict):
            return self.fault(place, _("“%s” is an object: a field and its value, and so on.") % WORDS.name)
        row = {"key": "text"}
        for name, value in sent.items():
            if name not in WORDS.names:
                self.fault(f"{place}/{name}", coded("unknown_field", _("There is no field “%s”.") % name))
            else:
                self.into(
                    row, name, f"{place}/{name}", lambda value=value, name=name: self.text(WORDS.field(name), value)
                )
        return [row] if set(row) - {"key"} else []

    def money(self, sent: list[dict], keys: list[str], place: str) -> list[dict]:
        lines = {str(line.id): line for line in lines_for(self.about.update, self.about.reader)}
        read = []
        for n, (row, key) in enumerate(zip(sent, keys, strict=True)):
            line = lines.get(key)
            if line is None:
                if key:
                    self.fault(f"{place}/{n}/key", _("“%s” is no funding line on which this report can report.") % key)
                continue
            texts = {"key": key}
            for name, value in row.items():
                at = f"{place}/{n}/{name}"
                if name in MOVEMENTS:
                    self.into(texts, name, at, lambda v=value, f=name, line=line: self.amount(MONEY.field(f), v, line))
                elif name == "to_date":
                    self.into(texts, name, at, lambda v=value: self.text(TO_DATE, v))
                elif name != "key":
                    self.fault(at, coded("unknown_field", _("There is no field “%s”.") % name))
            read.append(texts)
        return read

    def records(self, section: Section, sent: list[dict], keys: list[str], place: str) -> list[dict]:
        ids = {UUID(key) for key in keys if key and not key.startswith(NEW)}
        present = {str(row.id): row for row in section.present(self.about, ids)} if ids else {}
        read = []
        for n, (row, key) in enumerate(zip(sent, keys, strict=True)):
            at = f"{place}/{n}"
            is_new = key.startswith(NEW)
            if key and not is_new and key not in present:
                self.fault(f"{at}/key", _("“%s” is not the id of a record that this report can change.") % key)
            if key and (is_new or key in present):
                read.append(self.record(section, row, key, None if is_new else present[key], at))
        return read

    def record(self, section: Section, sent: Mapping, key: str, present, at: str) -> dict:
        texts: dict = {"key": key}
        if present is not None:
            texts["version"] = self.version(sent.get("version"), present, f"{at}/version")
        takes = {name: kind for kind, names in section.parts(is_new=present is None) for name in names}
        for name, value in sent.items():
            if name == "key" or (name == "version" and present is not None):
                continue
            if name not in takes:
                self.fault(f"{at}/{name}", not_a_field(section.kind, name))
            elif value is not None or present is not None:  # of what is new, null says nothing
                declared = takes[name].typed_fields[name]
                self.into(texts, name, f"{at}/{name}", lambda v=value, d=declared: self.text(d, v))
                if declared.type in REFS and texts.get(name):
                    self.named.append((texts, name))
        return texts

    def version(self, sent: object, present, at: str) -> int:
        """Of the record, as it was when the report was written; as it is now where nothing is said."""
        if sent is None:
            return present.version
        if not isinstance(sent, int) or isinstance(sent, bool) or not 0 < sent <= present.version:
            self.fault(at, _("The record has version %d; give that, or an earlier one.") % present.version)
        return sent

    # -- one value ---------------------------------------------------------------------------------------

    def into(self, texts: dict, name: str, at: str, read: Callable[[], str]) -> None:
        try:
            texts[name] = read()
        except BadCell as bad:
            self.fault(at, str(bad))

    def text(self, declared: Field, value: object) -> str:
        """A value as one would type it."""
        read = read_value(declared, value, self.about.reader)
        if read is None or read == "":
            return ""
        return f"{read:f}" if isinstance(read, Decimal) else str(read)

    def amount(self, declared: Field, value: object, line: FundingLine) -> str:
        if value is None:
            return ""
        return major_text(read_amount(declared, value, line.currency, self.minor), line.currency)

    def _name_records(self) -> None:
        """Beside the id of a record its name, as if it had been chosen on a page."""
        by_kind: dict[str, set] = {}
        for row, name in self.named:
            by_kind.setdefault(_target(name), set()).add(UUID(row[name]))
        labels = labels_of(by_kind, set(), self.about.reader)
        for row, name in self.named:
            id = row[name]
            said = str(labels.get(UUID(id), "")) or id
            row |= {name: said, f"{name}_id": id, f"{name}_said": said}

    def fault(self, place: str, message: str) -> list:
        self.faults.append(Fault(place, message))
        return []


def _target(name: str) -> str:
    """The kind of record that a field of this name refers to, whatever the section."""
    for section in TYPED:
        if section.is_record and name in section.names and section.field(name).type is Type.REF:
            return kind_of(section.field(name).target).name
    raise LookupError(name)


def _as_id(key: object) -> str:
    try:
        return str(UUID(key)) if isinstance(key, str) else ""
    except ValueError:
        return ""


# ---- as a machine reads it -----------------------------------------------------------------------------


def shown_sections(update: ProjectUpdate, *, minor: bool = False) -> dict:
    """What was typed, in the shape in which it can be sent: values of their types, and as typed what is none."""
    money = [_as_id(row["key"]) for row in update.content.get(MONEY.name, ())]
    lines = FundingLine.objects.filter(id__in=filter(None, money)) if money else ()
    currency = {str(line.id): line.currency for line in lines}
    found: dict = {}
    for section in TYPED:
        rows = [_shown_row(section, row, currency, minor) for row in update.content.get(section.name, ())]
        if rows and section is WORDS:
            rows[0].pop("key")
        if rows:
            found[section.name] = rows[0] if section is WORDS else rows
    return found


def _shown_row(section: Section, row: Mapping, currency: Mapping[str, str], minor: bool) -> dict:
    shown = {name: row[name] for name in ("key", "version") if name in row}
    for name in section.names:
        if name in row:
            declared = TO_DATE if name == "to_date" else section.field(name)
            is_chosen = row.get(f"{name}_id") and row.get(f"{name}_said") == row[name]
            text = str(row[f"{name}_id"] if is_chosen else row[name])
            shown[name] = _shown(declared, text, currency.get(row["key"], ""), minor)
    return shown


def _shown(declared: Field, text: str, currency: str, minor: bool):
    if not text:
        return None
    try:
        match declared.type:
            case Type.INTEGER if WHOLE.fullmatch(text):
                return int(text)
            case Type.DECIMAL if NUMBER.fullmatch(text):
                return float(text)
            case Type.MONEY if currency:
                amount = to_minor(text, currency)
                return amount if minor else to_major(amount, currency)
    except ValueError:
        pass  # as people write it: 1,200만
    return text


# ---- values of proposals -------------------------------------------------------------------------------


def shown_value(section_name: str, name: str, value, currency: str, minor: bool):
    """A value as `ProposedValue` or now.py holds it: amounts in the major unit, numbers as numbers."""
    section = BY_NAME[section_name]
    if section is MONEY:
        amount = value["amount"] if isinstance(value, dict) else value
        return amount if minor or amount is None else to_major(amount, currency)
    declared = section.field(name)
    if declared.type is Type.DECIMAL:
        return None if value is None else float(value)
    return value if declared.type in REFS else shape(declared, value, None, {}, minor)
