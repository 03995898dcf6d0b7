"""What a record rests on: its numbered sources, the side notes of each value, and where the sources differ."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .kinds import Kind, Type
from .models import Citation, Disagreement
from .moments import address
from .rights import Reader
from .showing import Cell, attribute_word, language, text_in_two, understood

MOST_STATEMENTS = 2000
UNIT_WORDS = {
    "persons": pgettext_lazy("after a number", "people"),
    "projects": pgettext_lazy("after a number", "projects"),
    "m2": "m²",
    "ft2": "ft²",
    "pyeong": _("pyeong"),
}


@dataclass(frozen=True)
class Numbered:
    """A source with its number in the margin, and what it says here."""

    number: int
    source: object
    name: Cell
    about: UUID
    statements: tuple["Said", ...]

    @property
    def url(self) -> str:
        return address("record", "sources", self.source.id)

    @property
    def places(self) -> list[str]:
        """Where in the document it speaks of the record itself, each place once."""
        return list(dict.fromkeys(c.place for c in self._own if c.place))

    @property
    def certainties(self) -> list[str]:
        return list(dict.fromkeys(str(c.get_certainty_display()) for c in self._own))

    @property
    def _own(self) -> list[Citation]:
        return [said.citation for said in self.statements if said.citation.record_id == self.about]


@dataclass(frozen=True)
class Said:
    """One statement, with the number of its source."""

    citation: Citation
    word: str
    number: int
    text: str


@dataclass(frozen=True)
class Differing:
    """A disagreement with the statements that it is about."""

    disagreement: Disagreement
    topic: Cell
    adopted: str
    reason: Cell
    statements: tuple[Said, ...]


@dataclass(frozen=True)
class Evidence:
    """`by_attribute` holds what is said of the record itself, `by_record` the numbers behind it and the rows beneath it."""

    sources: tuple[Numbered, ...] = ()
    differing: tuple[Differing, ...] = ()
    by_attribute: dict[str, tuple[Said, ...]] = field(default_factory=dict)
    by_record: dict[UUID, tuple[int, ...]] = field(default_factory=dict)

    def notes(self, *attributes: str) -> tuple[int, ...]:
        """The numbers of the sources that state one of these attributes."""
        return tuple(sorted({said.number for name in attributes for said in self.by_attribute.get(name, ())}))


def evidence(kind: Kind, id: UUID, below: Iterable[UUID], reader: Reader) -> Evidence:
    """Everything that sources say about this record, and which sources speak of the rows `below` it. Two queries."""
    said = _statements(kind, id, [id, *below], reader)
    by_source, by_attribute, by_record = defaultdict(list), defaultdict(list), defaultdict(set)
    for one in said:
        by_source[one.citation.source].append(one)
        by_record[one.citation.record_id].add(one.number)
        if one.citation.record_id == id:
            by_attribute[one.citation.attribute].append(one)
    by_attribute = {name: tuple(rows) for name, rows in by_attribute.items()}
    return Evidence(
        tuple(Numbered(rows[0].number, source, _title(source), id, tuple(rows)) for source, rows in by_source.items()),
        _differing(kind, id, reader, by_attribute),
        by_attribute,
        {record: tuple(sorted(numbers)) for record, numbers in by_record.items()},
    )


def _statements(kind: Kind, id: UUID, about: list[UUID], reader: Reader) -> list[Said]:
    """Numbered by source, those that speak of the record itself first, then the older ones."""
    found = Citation.objects.visible_to(reader).filter(record__in=about).select_related("source")
    rows = list(found.order_by("source__published_on_first", "source_id", "attribute", "id")[:MOST_STATEMENTS])
    rows = [row for row in rows if _may_see_source(row.source, reader)]
    rows.sort(key=lambda row: row.record_id != id)
    numbers = {source: n for n, source in enumerate(dict.fromkeys(row.source_id for row in rows), 1)}
    return [Said(row, attribute_word(row.attribute, kind), numbers[row.source_id], _stated(kind, row)) for row in rows]


def _stated(kind: Kind, c: Citation) -> str:
    """As stated; else as understood, in words and with its unit."""
    unit = str(UNIT_WORDS.get(c.unit, c.unit))
    return (
        c.value_stated or (_in_words(kind, c.attribute, c.value) + (unit if language() == "ko" else f" {unit}")).strip()
    )


def _may_see_source(source, reader: Reader) -> bool:
    return source.visibility <= reader.level and not source.is_retired


def _title(source) -> Cell:
    return text_in_two(source.title_ko, source.title_en)


def _in_words(kind: Kind, attribute: str, value: str) -> str:
    """A value in words, where the attribute is a field with choices, or the value a date."""
    declared = kind.all_fields.get(attribute)
    if declared and declared.type is Type.CHOICE:
        return str(declared.words.get(value, value))
    return understood(value)


def _differing(kind: Kind, id: UUID, reader: Reader, by_attribute) -> tuple[Differing, ...]:
    rows = Disagreement.objects.visible_to(reader).filter(Q(record=id) | Q(other_record=id))
    return tuple(
        Differing(
            row,
            text_in_two(row.topic_ko, row.topic_en)
            if row.topic_ko or row.topic_en
            else Cell(attribute_word(row.attribute)),
            _in_words(kind, row.attribute, row.adopted),
            text_in_two(row.reason_ko, row.reason_en),
            by_attribute.get(row.attribute, ()) if row.record_id == id else (),
        )
        for row in rows.order_by("severity", "id")[:50]
    )
