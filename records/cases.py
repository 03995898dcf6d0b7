"""A disagreement with what it is about: the statements side by side, and what the registry holds now."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Q

from .declared import CITATION, DISAGREEMENT
from .desk import new_url
from .kinds import AsOf, Kind, Type, kinds
from .labels import Label, labels_for
from .models import Citation, Disagreement
from .rights import Reader
from .showing import Cell, Shower, attribute_word, text_in_two
from .understood import as_text, in_words

MOST = 50  # statements of one disagreement that stand side by side
WRITABLE = (Type.TEXT, Type.CHOICE, Type.DATE, Type.INSTANT, Type.INTEGER, Type.DECIMAL, Type.MONEY, Type.BOOLEAN,
            Type.REF, Type.RECORD)  # fmt: skip


@dataclass(frozen=True)
class Statement:
    """What one source says. `is_adopted`: it says what was adopted; `is_held`: what the registry holds."""

    citation: Citation
    source: Cell
    about: Label | None
    stated: str
    understood: str
    is_adopted: bool
    is_held: bool

    @property
    def value(self) -> str:
        """What is adopted with it."""
        return self.citation.value or self.citation.value_stated


@dataclass(frozen=True)
class Case:
    """`held` is None where the attribute is no field of the record; `held_text` is its value as files write it."""

    disagreement: Disagreement
    topic: Cell
    word: str  # the attribute
    kind: Kind | None
    about: Label | None
    other: Label | None
    statements: tuple[Statement, ...]
    is_cut: bool
    held: Cell | None
    held_text: str
    record_version: int | None
    adopted: str
    reason: Cell

    @property
    def is_open(self) -> bool:
        return self.disagreement.state == Disagreement.State.OPEN

    @property
    def is_writable(self) -> bool:
        """Whether what is adopted can be written into the record by a decision."""
        return self.record_version is not None and is_writable(self.kind, self.disagreement.attribute)

    @property
    def is_held_unstated(self) -> bool:
        """Whether the registry holds what no statement says."""
        return bool(self.held_text) and not any(said.is_held for said in self.statements)

    @property
    def keeps_both(self) -> bool:
        """Whether the kind has a row for each period or count, so that both values stand, each for its time."""
        return bool(self.kind and self.kind.is_succeeded)

    @property
    def series(self) -> list[tuple[str, str]]:
        """What beneath the record keeps a row for each date, such as head counts: (what it is called, where one is entered)."""
        related = [(one, kinds()[one.kind]) for one in (self.kind.related if self.about and self.kind else ())]
        return [
            (str(one.title or kind.label_many), new_url(kind, **{one.by: self.about.key}))
            for one, kind in related
            if isinstance(kind.as_of, AsOf) and kind.as_of.key
        ]


def is_writable(kind: Kind | None, attribute: str) -> bool:
    field = kind.typed_fields.get(attribute) if kind and not kind.counter else None
    return bool(field and field.type in WRITABLE and field.name != "visibility")


def case_of(row: Disagreement, reader: Reader) -> Case:
    return cases([row], reader)[0]


def cases(rows: Sequence[Disagreement], reader: Reader) -> list[Case]:
    """These disagreements with their statements, in a constant number of queries."""
    labels = labels_for(DISAGREEMENT, rows, reader)
    said = _statements(rows, reader)
    labels |= labels_for(CITATION, [c for found in said.values() for c in found], reader)
    held = _held(rows, labels, reader)
    return [_case(row, labels, said[row.id], held.get((row.record_id, row.attribute))) for row in rows]


def _case(row: Disagreement, labels: dict[UUID, Label], said: list[Citation], held) -> Case:
    about = labels.get(row.record_id)
    kind = kinds()[about.kind] if about else None
    cell, text, version = held or (None, "", None)
    word = attribute_word(row.attribute, kind)
    return Case(
        disagreement=row,
        topic=text_in_two(row.topic_ko, row.topic_en) if row.topic_ko or row.topic_en else Cell(word),
        word=word,
        kind=kind,
        about=about,
        other=labels.get(row.other_record_id),
        statements=tuple(_statement(row, kind, c, labels, text) for c in said[:MOST]),
        is_cut=len(said) > MOST,
        held=cell,
        held_text=text,
        record_version=version,
        adopted=in_words(kind, row.attribute, row.adopted),
        reason=text_in_two(row.reason_ko, row.reason_en),
    )


def _statement(row: Disagreement, kind: Kind | None, c: Citation, labels: dict[UUID, Label], held: str) -> Statement:
    value = c.value or c.value_stated
    return Statement(
        citation=c,
        source=text_in_two(c.source.title_ko, c.source.title_en),
        about=labels.get(c.record_id) if c.record_id != row.record_id else None,
        stated=c.value_stated,
        understood=in_words(kind, c.attribute, c.value),
        is_adopted=bool(row.adopted) and value == row.adopted,
        is_held=bool(held) and value == held,
    )


def _statements(rows: Sequence[Disagreement], reader: Reader) -> dict[UUID, list[Citation]]:
    """By disagreement: what the reader may see of what is said, the oldest first, one more than is shown where there are more."""
    if not rows:
        return {}
    parts = [
        Citation.objects.visible_to(reader)
        .filter(Q(record=row.record_id) | Q(record=row.other_record_id, record__isnull=False), attribute=row.attribute)
        .filter(source__is_retired=False, source__visibility__lte=reader.level)
        .order_by(F("speaks_of_first").asc(nulls_first=True), "id")
        .values_list("id", flat=True)[: MOST + 1]
        for row in rows
    ]
    ids = list(parts[0].union(*parts[1:], all=True)) if len(parts) > 1 else list(parts[0])
    found = list(Citation.objects.filter(id__in=set(ids)).select_related("source"))
    found.sort(key=lambda c: (c.speaks_of_first is not None, c.speaks_of_first, c.id))
    by_place = defaultdict(list)
    for citation in found:
        by_place[citation.record_id, citation.attribute].append(citation)
    return {
        row.id: [c for id in dict.fromkeys((row.record_id, row.other_record_id)) for c in by_place[id, row.attribute]]
        for row in rows
    }


def _held(rows: Iterable[Disagreement], labels: dict[UUID, Label], reader: Reader) -> dict[tuple, tuple]:
    """(what it shows, its text, the record's version) by record and attribute. One query for each kind."""
    wanted = defaultdict(set)
    for row in rows:
        if row.record_id in labels:
            wanted[labels[row.record_id].kind].add((row.record_id, row.attribute))
    found = {}
    for name, asked in wanted.items():
        kind = kinds()[name]
        asked = {(id, attribute) for id, attribute in asked if attribute in kind.fields}
        records = list(kind.rows().visible_to(reader).filter(id__in={id for id, _attribute in asked})) if asked else []
        shower = Shower(kind, records, reader)
        for record in records:
            for attribute in (attribute for id, attribute in asked if id == record.id):
                cell = shower.cell(record, attribute)
                text = "" if cell.is_blank else as_text(kind, record, attribute)
                found[record.id, attribute] = (cell, text, record.version)
    return found
