"""What an update proposes, as pages show it: by section and record, each value before and after."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace
from uuid import UUID

from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from funding.models import FundingLine
from records.amounts import said
from records.dates import show
from records.kinds import Field, Kind, Type, kind_of
from records.labels import Label, labels_of
from records.rights import Reader
from records.showing import Cell, Shower, language

from .models import ProjectUpdate, Proposal, ProposedValue
from .writing.rows import Proposed, from_json, to_json
from .writing.sections import BY_NAME, FILES, MONEY, SECTIONS, WORDS, Section


@dataclass(frozen=True)
class Item:
    """One record that is proposed to be changed or made, whether it is submitted yet or not."""

    section: Section
    kind: str
    record: UUID | None
    values: list[tuple[str, object, object, ProposedValue | None]]  # field, value, what it was, the row that keeps it

    @classmethod
    def of_proposal(cls, one: Proposal) -> "Item":
        values = sorted(one.values.all(), key=lambda value: value.id)
        return cls(BY_NAME[one.section], one.kind, one.record_id, [(v.field, v.value, v.was, v) for v in values])

    @classmethod
    def of_proposed(cls, one: Proposed) -> "Item":
        """What a draft would propose."""
        section = BY_NAME[one.section]
        values = []
        for name, value in one.values.items():
            declared = section.field(name)
            values.append((name, to_json(declared, value), to_json(declared, one.was.get(name)), None))
        return cls(section, one.kind, one.record, values)

    @property
    def label_kind(self) -> str:
        """Of money the line stands there, not the entry that it would get."""
        return "funding_line" if self.section is MONEY else self.kind

    def part_of(self, name: str) -> tuple[Kind, Field]:
        """The kind whose field this is: a new person's name is no field of their role."""
        for kind, names in self.section.parts(is_new=True):
            if name in names:
                return kind, kind.typed_fields[name]
        return self.section.kind, self.section.kind.typed_fields[name]

    def written(self) -> set[UUID]:
        return {value.written_id for *_rest, value in self.values if value and value.written_id}


@dataclass(frozen=True)
class ShownValue:
    label: str
    before: Cell
    after: Cell
    value: ProposedValue | None  # with its decision; None while it is not submitted


@dataclass
class ShownRow:
    """`head`: what the record is called, "" in sections that are no records; `url`: its page, where it has one."""

    head: str
    url: str
    values: list[ShownValue] = field(default_factory=list)


@dataclass
class ShownSection:
    name: str
    title: str
    rows: list[ShownRow] = field(default_factory=list)


def shown(update: ProjectUpdate, items: Iterable[Item], reader: Reader) -> list[ShownSection]:
    """In the order of the sections, in a constant number of queries."""
    items = list(items)
    telling = _Telling(update, items, reader)
    by_section = defaultdict(list)
    for item in items:
        by_section[item.section.name].append(telling.row(item))
    return [ShownSection(s.name, str(s.title), by_section[s.name]) for s in SECTIONS if s.name in by_section]


class _Telling:
    def __init__(self, update: ProjectUpdate, items: list[Item], reader: Reader):
        self.update, self.reader = update, reader
        self.labels = labels_of(*self._mentioned(items), reader)
        lines = [item.record for item in items if item.section is MONEY]
        self.currencies = dict(FundingLine.objects.filter(id__in=lines).values_list("id", "currency")) if lines else {}
        has_files = any(item.section is FILES for item in items)
        self.files = {str(file.id): file for file in update.attachments.all()} if has_files else {}
        self.showers: dict[str, Shower] = {}

    @staticmethod
    def _mentioned(items: list[Item]) -> tuple[dict[str, set], set]:
        by_kind, anything = defaultdict(set), set()
        for item in items:
            if item.section in (WORDS, FILES):
                continue
            by_kind[item.label_kind] |= {item.record} - {None}
            if item.section is MONEY:
                continue
            by_kind[item.kind] |= item.written()
            for name, *values, _row in item.values:
                _kind, declared = item.part_of(name)
                ids = {from_json(declared, value) for value in values if value}
                if declared.type is Type.REF:
                    by_kind[kind_of(declared.target).name] |= ids
                elif declared.type is Type.RECORD:
                    anything |= ids
        return by_kind, anything

    def row(self, item: Item) -> ShownRow:
        label = self._label(item)
        row = ShownRow(str(label) if label else self._new(item), label.url if label else "")
        for name, value, was, kept in item.values:
            before = self._cell(item, name, was, is_before=True)
            row.values.append(
                ShownValue(capfirst(item.section.label(name)), before, self._cell(item, name, value), kept)
            )
        return row

    def _label(self, item: Item) -> Label | None:
        return next((self.labels[id] for id in ({item.record} | item.written()) if id in self.labels), None)

    @staticmethod
    def _new(item: Item) -> str:
        if item.section in (WORDS, FILES, MONEY):
            return ""
        return _("new %(kind)s") % {"kind": item.section.kind.label_one}

    def _cell(self, item: Item, name: str, value, *, is_before=False) -> Cell:
        if item.section is WORDS:
            return Cell(value or "")
        if item.section is FILES:
            return Cell() if is_before else self._file(str(value))
        if item.section is MONEY:
            return self._amount(item, value)
        if value is None and item.record is None:
            return Cell()
        kind, declared = item.part_of(name)
        held = from_json(declared, value)
        row = SimpleNamespace(**{"id": None, name: held, f"{name}_id": held})
        return self._shower(kind).cell(row, name)

    def _shower(self, kind: Kind) -> Shower:
        """Of values that nobody has yet: who may see the report may see them."""
        if kind.name not in self.showers:
            shower = Shower(kind, [], self.reader, labels=self.labels, own={None})
            shower.own = {None}
            self.showers[kind.name] = shower
        return self.showers[kind.name]

    def _amount(self, item: Item, value) -> Cell:
        """Before: what the registry said; after: what is stated, until which day."""
        currency = self.currencies.get(item.record, "KRW")
        if isinstance(value, dict):
            until = _("as of %s") % show(value["to_date"], language())
            return Cell(said(value["amount"], currency), sub=until, sub_lang=language())
        return Cell(said(value, currency) if value else "")

    def _file(self, id: str) -> Cell:
        file = self.files.get(id)
        url = reverse("update_file", args=[self.update.id, id])
        return Cell(file.file_name, href=url) if file else Cell(_("a file that was left out again"))
