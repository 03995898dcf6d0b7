"""What an update proposes, as both sides read it: by section and record, each value before and after."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import SimpleNamespace

from records.rights import Reader
from records.showing import Cell

from .models import ProjectUpdate, Proposal, ProposedValue
from .words import Words
from .writing.rows import Proposed, to_json
from .writing.sections import BY_NAME, SECTIONS


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


def shown(update: ProjectUpdate, proposals: Iterable[Proposal], reader: Reader) -> list[ShownSection]:
    """In the order of the sections, in a constant number of queries."""
    proposals = list(proposals)
    words, by_section = Words(update, proposals, reader), defaultdict(list)
    for one in proposals:
        by_section[one.section].append(_row(words, one))
    return [ShownSection(s.name, str(s.title), by_section[s.name]) for s in SECTIONS if s.name in by_section]


def _row(words: Words, one: Proposal) -> ShownRow:
    title = words.title(one) if one.record_id or BY_NAME[one.section].is_record else Cell()
    row = ShownRow(title.text, title.href)
    for value in sorted(one.values.all(), key=lambda value: value.pk or 0):
        before = words.held(one, value, value.was) if one.record_id else Cell()
        row.values.append(
            ShownValue(words.label(one, value), before, words.proposed(one, value), value if value.pk else None)
        )
    return row


class _Values(list):
    """Read as the related values of a proposal are."""

    def all(self):
        return self


def as_proposal(proposed: Proposed) -> SimpleNamespace:
    """What a draft would propose, to be shown as a proposal is."""
    section, values = BY_NAME[proposed.section], _Values()
    for name, value in proposed.values.items():
        declared = section.field(name)
        was = to_json(declared, proposed.was.get(name))
        values.append(ProposedValue(field=name, value=to_json(declared, value), was=was))
    return SimpleNamespace(section=section.name, kind=proposed.kind, record_id=proposed.record, values=values)
