"""A record with everything that its page shows: related rows, labels, sources, facts, tables, drawings, changes."""

from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from . import lists
from .asking import Asked
from .changes import change_notes
from .drawing import NARROW, WIDE, timeline
from .evidence import Evidence, evidence
from .kinds import Kind, Related, Type, kind_of, kinds
from .labels import Label, label_of, labels_of, mentioned
from .models import Citation, Record
from .moments import address
from .questions import attributes_of
from .rights import Reader
from .showing import NO_NOTES, PERIOD, Cell, Line, Notes, Shower, Table, merged, text_in_two
from .timelines.on_record import drawn_facts
from .together import first_pages
from .units import Unit, with_unit

MOST_RELATED = 50
MOST_PARTS = 1000
ON_ANYTHING = (Related("document", "record", ("title", "kind", "dated_on", "file_name", "size")),)


@dataclass(frozen=True)
class Fact:
    """One fact of the strip on top: what a person would ask for on the telephone."""

    label: str
    cells: tuple[Cell, ...]
    beneath: str = ""
    notes: Notes = NO_NOTES


@dataclass
class RecordPage:
    """A record with what its page shows, read in a constant number of queries."""

    kind: Kind
    row: object
    reader: Reader
    as_of: date | None
    known_at: object
    unit: Unit
    labels: dict[UUID, Label] = None
    evidence: Evidence = None
    untold: set[str] = field(default_factory=set)  # kinds that the page shows in its own way, not as a table

    def read_related(self) -> None:
        """The rows that belong to the record, the names of all that is mentioned, and what sources say of them."""
        there = self._which_are_there()
        pages = first_pages([self._rows_of(related) for related in there])
        read = dict(zip(there, pages, strict=True))
        self.related = [
            (related, kinds()[related.kind], read.get(related, lists.Page([], None))) for related in self.declared
        ]
        self.labels = self._all_labels()
        self.label = label_of(self.kind, self.row, self.labels)
        self.labels[self.row.id] = self.label
        self.shower = Shower(self.kind, [self.row], self.reader, unit=self.unit, labels=self.labels)
        self.evidence = evidence(self.kind, self.row.id, self.related_ids(), self.reader, self._parts())

    @property
    def declared(self) -> tuple[Related, ...]:
        """What the kind relates to, and what any record may have."""
        return (*self.kind.related, *ON_ANYTHING)

    def _which_are_there(self) -> list[Related]:
        """Of the declared related kinds those that have rows at all: most records have few of them."""
        asked = " UNION ALL ".join(
            f"(SELECT {n} FROM {model._meta.db_table} WHERE {model._meta.get_field(by).column} = %(id)s LIMIT 1)"
            for n, (model, by) in enumerate((kinds()[related.kind].model, related.by) for related in self.declared)
        )
        with connection.cursor() as cursor:
            cursor.execute(asked, {"id": self.row.id})
            found = {n for (n,) in cursor}
        return [related for n, related in enumerate(self.declared) if n in found]

    def rows(self, kind: str, by: str | None = None) -> list:
        """The related rows of a kind that were read."""
        return [
            row for related, k, page in self.related if k.name == kind and by in (None, related.by) for row in page.rows
        ]

    def related_ids(self) -> list[UUID]:
        return [row.id for _related, _kind, page in self.related for row in page.rows]

    def _parts(self) -> dict[UUID, UUID]:
        """Rows that are parts of those at hand, such as the amounts of lines: what sources say of them is told with those."""
        rows_of = {
            kind.name: [row.id for row in page.rows] for related, kind, page in self.related if related.with_parts
        }
        found: dict[UUID, UUID] = {}
        for part in (kind for kind in kinds().values() if kind.part_of):
            whole = part.all_fields[part.part_of].target
            ids = rows_of.get(kind_of(whole).name) if whole is not Record else None
            if ids:
                said = Citation.objects.filter(record=OuterRef("id"), is_retired=False)
                rows = part.model.objects.visible_to(self.reader).filter(Exists(said), **{f"{part.part_of}__in": ids})
                found |= dict(rows.values_list("id", f"{part.part_of}_id")[:MOST_PARTS])
        return found

    def is_cut(self) -> bool:
        """Whether more belongs to the record than the page lists."""
        return any(page.next_cursor for _related, _kind, page in self.related)

    def groups(self) -> list[tuple[Kind, list]]:
        """(kind, rows) of all rows at hand, the record itself first."""
        return [(self.kind, [self.row]), *((kind, page.rows) for _related, kind, page in self.related)]

    def labels_at_hand(self, ids: set[UUID]) -> dict[UUID, Label]:
        """Labels of those of these records whose rows were read."""
        return {
            row.id: label_of(kind, row, self.labels) for kind, rows in self.groups() for row in rows if row.id in ids
        }

    def _rows_of(self, related: Related) -> lists.ListQuery:
        kind = kinds()[related.kind]
        mine = Q(**{related.by: self.row.id}, **{name: value == "true" for name, value in related.only})
        asked = Asked(related.by, "", (str(self.row.id),), mine)
        return lists.ListQuery(
            kind=kind, reader=self.reader, asked=(asked,), limit=MOST_RELATED, as_of=self.as_of, sort=related.sort,
            is_bare=kind.attached_fields.isdisjoint(related.columns),
        )  # fmt: skip

    def _all_labels(self) -> dict[UUID, Label]:
        """Labels of every record that this one and its related rows refer to."""
        by_kind, anything = mentioned((kind.refs, rows) for kind, rows in self.groups())
        for ids in (*by_kind.values(), anything):
            ids.discard(self.row.id)
        return labels_of(by_kind, anything, self.reader)

    # -- parts -----------------------------------------------------------------------------------------

    def crumbs(self) -> list[Label]:
        """What the record lies in: its program, its parent."""
        names = [name for name in ("program", "parent", "institution", "source", "line") if name in self.kind.fields]
        found = [self.labels.get(getattr(self.row, f"{name}_id")) for name in names]
        return [label for label in found if label]

    def title(self) -> Cell:
        """What the record is called, with the sources of its name."""
        notes = (
            self.evidence.of(self.kind, self.row, *attributes_of(self.kind.label_base))
            if self.kind.label_base
            else NO_NOTES
        )
        return text_in_two(self.label.ko, self.label.en, with_other=True)._replace(notes=notes)

    def facts(self) -> list[Fact]:
        """The strip as the kind declares it."""
        facts = [self.fact(name) for name in merged(self.kind.facts)]
        return [fact for fact in facts if not fact.cells[0].is_blank]

    def fact(self, name: str) -> Fact:
        """One field as a fact, with its sources."""
        cell = self.shower.cell(self.row, name)
        field = self.kind.all_fields.get(name)
        if field and field.type is Type.MONEY and getattr(self.row, name) is not None:  # no column says its unit
            cell = cell._replace(text=with_unit(getattr(self.row, name), self.row.currency, self.unit))
        return Fact(cell.head, (cell,), notes=self.evidence.of(self.kind, self.row, *attributes_of(name)))

    def fields(self) -> list[Fact]:
        """All fields with their sources. What stands as the heading is not said again."""
        base = self.kind.label_base
        skipped = {"slug", "visibility", base, *(f for f in self.kind.fields if f.endswith("_en"))}
        names = [
            name.removesuffix("_ko") if name.endswith("_ko") else name
            for name in self.kind.fields
            if name not in skipped
        ]
        names = [name for name in merged(names) if name not in skipped]
        facts = [self._field(name) for name in names]
        return [fact for fact in facts if fact.notes or not all(cell.is_blank for cell in fact.cells)]

    def _field(self, name: str) -> Fact:
        fact = self.fact(name)
        if name in self.kind.all_fields or name == PERIOD:
            return fact
        two = text_in_two(getattr(self.row, f"{name}_ko"), getattr(self.row, f"{name}_en"), with_other=True)
        return replace(fact, cells=(two._replace(head=fact.label, notes=fact.notes),), notes=NO_NOTES)

    def tables(self) -> list[Table]:
        """The related rows as tables, projects as a tree; empty ones are left out."""
        found = []
        for related, kind, page in self.related:
            if page.rows and kind.name not in self.untold:
                found.append(self._table(related, kind, page))
        return found

    def _table(self, related: Related, kind: Kind, page: lists.Page) -> Table:
        shower = Shower(kind, page.rows, self.reader, unit=self.unit, labels=self.labels)
        as_tree = "parent" in kind.fields and related.by != "parent"
        columns = [name for name in related.columns if not (as_tree and name == "parent")]
        rows = in_tree(page.rows) if as_tree else [(row, 0) for row in page.rows]
        lines = [self._noted(kind, row, shower.line(row, columns, depth=depth), merged(columns)) for row, depth in rows]
        by = self.label.key if kind.all_fields[related.by].type is Type.REF else str(self.row.id)
        return Table(
            heads=shower.heads(columns),
            lines=tuple(lines),
            title=str(related.title or kind.label_many),
            name=kind.name,
            all_url=address("list", kind.plural, **{related.by: by, **dict(related.only)} | _sorted_as(related)),
            more=page.next_cursor is not None,
        ).without_empty_columns()

    def _noted(self, kind: Kind, row, line: Line, names: list[str]) -> Line:
        """The line with the sources of each value beside it, and of what has no column beside the first."""
        if row.id not in self.evidence.by_record:
            return line
        cells = [
            cell._replace(notes=self.evidence.of(kind, row, *attributes_of(name)))
            for cell, name in zip(line.cells, names, strict=True)
        ]
        rest = self.evidence.rest(row, {one for name in names for one in attributes_of(name)})
        n = next((n for n, cell in enumerate(cells) if not cell.is_blank), 0)
        cells[n] = cells[n]._replace(notes=both(rest, cells[n].notes))
        return replace(line, cells=tuple(cells))

    def drawings(self) -> dict:
        """The timeline, wide and narrow, with the facts that it draws (`.facts` of the first: its table)."""
        facts, more = drawn_facts(self)
        if len(facts) < 2 and all(fact.is_point for fact in facts):
            return {}
        today = self.as_of or timezone.localdate()
        drawn = [timeline(facts, today=today, width=width) for width in (WIDE, NARROW)]
        return {"drawings": [d for d in drawn if d], "facts": facts, "more": more} if any(drawn) else {}

    def changes(self) -> list:
        """The latest changes of the record and of what belongs to it."""
        mine = Record.objects.with_retired_visible_to(self.reader).filter(id__in=[self.row.id, *self.related_ids()])
        return change_notes(mine, self.reader, name_up_to=0)


def both(one: Notes, other: Notes) -> Notes:
    """Beside one value: the sources of both, and of the second how certain it is."""
    open_one = other if other.dispute and not other.is_settled else one if one.dispute else other
    numbers = tuple(sorted({*one.numbers, *other.numbers}))
    return Notes(numbers, other.certainty, open_one.dispute, open_one.is_settled)


def _sorted_as(related: Related) -> dict[str, str]:
    """The whole list begins as the table does."""
    return {"sort": related.sort} if related.sort else {}


def in_tree(rows: list) -> list[tuple]:
    """(row, depth), each row beneath its parent; a row whose parent is not here stands at the root."""
    here = {row.id for row in rows}
    children: dict = {}
    for row in rows:
        children.setdefault(row.parent_id if row.parent_id in here else None, []).append(row)
    found, todo = [], [(row, 0) for row in reversed(children.get(None, []))]
    while todo:
        row, depth = todo.pop()
        found.append((row, depth))
        todo += [(child, depth + 1) for child in reversed(children.get(row.id, []))]
    return found
