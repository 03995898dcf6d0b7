"""Slips as rows: what, of what, from when to when, by how much, and each move. A few queries, however many rows there are."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from ...kinds import kinds
from ...labels import labels_of
from ...rights import Reader
from ...showing import Cell, label_cell
from ...slips.asking import Slip
from ...slips.moves import Move, moves_of
from ...timelines.on_record import WORDS
from ..lists.rows import UNDER
from .words import SIDES, how_much


@dataclass(frozen=True)
class Step:
    """One move of a date, as it is told."""

    move: Move
    words: str

    @property
    def is_entered(self) -> bool:
        """The day on which it came true was told for the first time: no move of a plan."""
        return self.move.is_real and self.move.before is None


@dataclass(frozen=True)
class Row:
    """One date that slipped. `word` says which of a record's dates it is."""

    slip: Slip
    name: Cell
    kind: str
    word: str
    place: Cell | None
    words: str
    in_days: str
    steps: tuple[Step, ...]

    @property
    def last(self) -> Step | None:
        return self.steps[-1] if self.steps else None

    @property
    def is_stated(self) -> bool:
        """A source states what was planned first, and the registry has never had it."""
        return bool(self.slip.stated) and self.slip.reference == self.slip.stated != self.slip.first


def rows_of(found: Sequence[Slip], reader: Reader, known_at: datetime | None = None) -> list[Row]:
    by_kind: dict[str, set[UUID]] = defaultdict(set)
    for slip in found:
        by_kind[slip.kind].add(slip.record)
    places = _places(by_kind)
    labels = labels_of(by_kind, set(places.values()), reader)
    moves = moves_of(found, reader, known_at)
    return [
        _row(slip, labels, places, moves[slip.record, slip.fact, slip.side]) for slip in found if slip.record in labels
    ]


def _row(slip: Slip, labels, places, moves: list[Move]) -> Row:
    label, place = labels[slip.record], labels.get(places.get(slip.record))
    words = (str(WORDS.get(slip.fact, slip.fact)), str(SIDES[slip.side]))
    return Row(
        slip,
        label_cell(label),
        str(kinds()[slip.kind].label_one),
        " · ".join(filter(None, words)) or _("period"),
        label_cell(place) if place and str(place) != str(label) else None,
        *how_much(slip.shift, slip.reference, slip.reached),
        tuple(Step(move, how_much(move.shift, move.before, move.after)[0]) for move in moves),
    )


def _places(by_kind: dict[str, set[UUID]]) -> dict[UUID, UUID]:
    """By record what it stands under: the first of its references that is there. A query per kind."""
    places = {}
    for name, ids in by_kind.items():
        under = [f"{field}_id" for field in UNDER if field in kinds()[name].fields]
        if under:
            for id, *parents in kinds()[name].model.objects.filter(id__in=ids).values_list("id", *under):
                if parent := next(filter(None, parents), None):
                    places[id] = parent
    return places
