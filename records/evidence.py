"""What a record rests on: its numbered sources, the side notes of each value, and where the sources differ."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from .kinds import Kind
from .models import Citation, Disagreement
from .moments import address
from .rights import Reader
from .showing import Cell, Notes, attribute_word, language, text_in_two
from .sources import BY_WEIGHT
from .understood import as_text, in_words

MOST_STATEMENTS = 2000
MOST_DISAGREEMENTS = 200
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
    url: str


@dataclass(frozen=True)
class Dispute:
    """Where a disagreement about an attribute is, and whether it is decided."""

    url: str
    is_settled: bool


@dataclass(frozen=True)
class Evidence:
    """`by_attribute` holds what is said of the record itself, `by_record` what is said of each row, its parts included."""

    sources: tuple[Numbered, ...] = ()
    differing: tuple[Differing, ...] = ()
    by_attribute: dict[str, tuple[Said, ...]] = field(default_factory=dict)
    by_record: dict[UUID, tuple[Said, ...]] = field(default_factory=dict)
    disputes: dict[tuple[UUID, str], Dispute] = field(default_factory=dict)

    def of(self, kind: Kind, row, *attributes: str) -> Notes:
        """What stands beside a value of the record or of a row beneath it. Those who state the value as it stands say how
        certain it is; where none does, all who speak of it."""
        said = [one for one in self.by_record.get(row.id, ()) if one.citation.attribute in attributes]
        values = {as_text(kind, row, name) for name in attributes if name in kind.fields} if said else set()
        exact = [one for one in said if one.citation.value in values]
        return self._notes(said, exact or said, [(row.id, name) for name in attributes])

    def about(self, ids: Iterable[UUID], *attributes: str) -> Notes:
        """What stands beside a value that is told from these rows: from their `attributes`, where some are named."""
        said = [one for id in ids for one in self.by_record.get(id, ())]
        own = [one for one in said if one.citation.attribute in attributes]
        places = {(one.citation.record_id, one.citation.attribute) for one in (own if attributes else ())}
        return self._notes(said, own, sorted(places, key=str))

    def rest(self, row, attributes: Iterable[str]) -> Notes:
        """What is said of a row beside its values of these attributes."""
        said = [one for one in self.by_record.get(row.id, ()) if one.citation.attribute not in attributes]
        return self._notes(said, (), sorted({(row.id, one.citation.attribute) for one in said}))

    def _notes(self, said: Iterable[Said], exact: Iterable[Said], places: Iterable[tuple[UUID, str]]) -> Notes:
        found = [self.disputes[place] for place in places if place in self.disputes]
        found.sort(key=lambda dispute: dispute.is_settled)
        numbers = tuple(sorted({one.number for one in said}))
        return (
            Notes(numbers, best_certainty(exact), found[0].url, found[0].is_settled)
            if found
            else Notes(numbers, best_certainty(exact))
        )


def best_certainty(said: Iterable[Said]) -> str:
    """The word for how certain the surest of these is; none where a source states it."""
    there = {one.citation.certainty for one in said}
    best = next((value for value in Citation.Certainty.values if value in there), Citation.Certainty.STATED)
    return "" if best == Citation.Certainty.STATED else str(Citation.Certainty(best).label)


def evidence(
    kind: Kind, id: UUID, below: Iterable[UUID], reader: Reader, parts: Mapping[UUID, UUID] | None = None
) -> Evidence:
    """Everything that sources say about this record, and of the rows `below` it. Two queries.

    `parts`: rows that are part of one below, such as the amounts of a line; what is said of them stands beside that one.
    """
    parts = parts or {}
    said = _statements(kind, id, [id, *below, *parts], reader)
    by_source, by_attribute, by_record = defaultdict(list), defaultdict(list), defaultdict(list)
    for one in said:
        by_source[one.citation.source].append(one)
        by_record[parts.get(one.citation.record_id, one.citation.record_id)].append(one)
        if one.citation.record_id == id:
            by_attribute[one.citation.attribute].append(one)
    by_attribute = {name: tuple(rows) for name, rows in by_attribute.items()}
    differing = _disagreements(id, [id, *below, *parts], reader)
    return Evidence(
        tuple(Numbered(rows[0].number, source, _title(source), id, tuple(rows)) for source, rows in by_source.items()),
        tuple(
            _differing(kind, row, id, by_attribute) for row in differing if id in (row.record_id, row.other_record_id)
        ),
        by_attribute,
        {record: tuple(rows) for record, rows in by_record.items()},
        _disputes(differing),
    )


def _statements(kind: Kind, id: UUID, about: list[UUID], reader: Reader) -> list[Said]:
    """Numbered by source, those that speak of the record itself first, then the older ones."""
    found = Citation.objects.visible_to(reader).filter(record__in=about).select_related("source")
    rows = list(found.order_by("source__published_on_first", "source_id", "attribute", "id")[:MOST_STATEMENTS])
    rows = [row for row in rows if _may_see_source(row.source, reader)]
    rows.sort(key=lambda row: row.record_id != id)
    numbers = {source: n for n, source in enumerate(dict.fromkeys(row.source_id for row in rows), 1)}
    return [Said(row, attribute_word(row.attribute, kind), numbers[row.source_id], _stated(kind, row)) for row in rows]


def _disagreements(id: UUID, about: list[UUID], reader: Reader) -> list[Disagreement]:
    """Those about the record or a row beneath it: the record's own first, the open before the decided, the major before the rest."""
    rows = Disagreement.objects.visible_to(reader).filter(Q(record__in=about) | Q(other_record=id))
    rows = rows.annotate(weight=BY_WEIGHT).order_by("-state", "weight", "id")[:MOST_DISAGREEMENTS]
    return sorted(rows, key=lambda row: id not in (row.record_id, row.other_record_id))


def _disputes(rows: Iterable[Disagreement]) -> dict[tuple[UUID, str], Dispute]:
    found: dict = {}
    for row in rows:
        url = address("record", "disagreements", row.id)
        found.setdefault((row.record_id, row.attribute), Dispute(url, row.state == Disagreement.State.DECIDED))
    return found


def _stated(kind: Kind, c: Citation) -> str:
    """As stated; else as understood, in words and with its unit."""
    unit = str(UNIT_WORDS.get(c.unit, c.unit))
    return (
        c.value_stated or (in_words(kind, c.attribute, c.value) + (unit if language() == "ko" else f" {unit}")).strip()
    )


def _may_see_source(source, reader: Reader) -> bool:
    return source.visibility <= reader.level and not source.is_retired


def _title(source) -> Cell:
    return text_in_two(source.title_ko, source.title_en)


def _differing(kind: Kind, row: Disagreement, id: UUID, by_attribute) -> Differing:
    return Differing(
        row,
        text_in_two(row.topic_ko, row.topic_en)
        if row.topic_ko or row.topic_en
        else Cell(attribute_word(row.attribute)),
        in_words(kind, row.attribute, row.adopted),
        text_in_two(row.reason_ko, row.reason_en),
        by_attribute.get(row.attribute, ()) if row.record_id == id else (),
        address("record", "disagreements", row.id),
    )
