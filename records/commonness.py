"""How common a piece of text is among the records of a kind, without looking: from what the database keeps of its indexes.

PostgreSQL counts the commonest pieces of each index whenever it analyses a table. That only decides how rows are read, never
which are found, so it may be a little old.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from .folding import Piece
from .kinds import Kind

FRESH = 600  # seconds that a reading is used for
KEPT = 1000  # pieces of an index at most; of a shorter list nothing common is missing

STATISTICS = """
SELECT i.tablename, c.reltuples, s.most_common_elems::text::text[], s.most_common_elem_freqs
FROM pg_indexes i JOIN pg_class c ON c.oid = format('public.%I', i.tablename)::regclass
LEFT JOIN pg_stats s ON s.schemaname = 'public' AND s.tablename = i.indexname
WHERE i.schemaname = 'public' AND i.indexdef LIKE '%%registry\\_grams(%%'
"""


@dataclass(frozen=True)
class Commonness:
    """Of the records of one kind: how many there are, about, and which share of them has each of the commonest pieces."""

    size: float
    shares: dict[str, float]

    def share(self, pieces: Iterable[Piece]) -> float:
        """Which share of the records has all of these, at most about."""
        found = 1.0
        for piece in pieces:
            found *= min((self._share(gram) for gram in _grams(piece.folded)), default=1.0)
        return found

    def _share(self, gram: str) -> float:
        if len(gram) < (4 if gram.isascii() else 3):
            return min(1.0, sum(share for other, share in self.shares.items() if other.startswith(gram)))
        return self.shares.get(gram, self._of_rare)

    @property
    def _of_rare(self) -> float:
        return min(self.shares.values()) if len(self.shares) >= KEPT else 0.0


def _grams(folded: str) -> list[str]:
    """The longest pieces that an index holds of a text (`registry_grams`)."""
    fours = [folded[n : n + 4] for n in range(max(1, len(folded) - 3))]
    return [four if four.isascii() else four[:3] for four in fours]


NOTHING_KNOWN = Commonness(0, {})
_read: dict[str, tuple[float, dict[str, Commonness]]] = {}


def commonness(kind: Kind) -> Commonness:
    """What is known of a kind; nothing of one whose table was never analysed."""
    database = str(connection.settings_dict["NAME"])
    at, known = _read.get(database, (0.0, {}))
    if not at or time.monotonic() - at > FRESH:
        known = _statistics()
        _read[database] = (time.monotonic(), known)
    return known.get(kind.model._meta.db_table, NOTHING_KNOWN)


def _statistics() -> dict[str, Commonness]:
    with connection.cursor() as cursor:
        cursor.execute(STATISTICS)
        return {
            table: Commonness(size, dict(zip(grams or (), shares or (), strict=False)))
            for table, size, grams, shares in cursor.fetchall()
        }
