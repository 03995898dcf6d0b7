"""Looking up spellings (spellings.py): the records whose names begin as something sounds, of many kinds in one query."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from .base import may_see_sql
from .kinds import Kind
from .rights import Reader
from .spellings import Spelling, asked, span

PLACES = (0, 1)


class Probe(NamedTuple):
    """Spellings of a kind, at a place, from `low` up to `high`."""

    kind: str
    place: int
    low: str
    high: str


class Spelled(NamedTuple):
    """A spelling that was found. Sorted, names that begin so come before names with a word that does."""

    place: int
    spelling: str
    id: UUID
    kind: str
    via: str  # Spelling.Via in small letters


LOOK_UP = """
SELECT p.place, s.spelling, s.record_id, p.kind, s.via
FROM unnest(%(kinds)s::text[], %(places)s::int[], %(lows)s::text[], %(highs)s::text[]) p (kind, place, low, high),
  LATERAL (SELECT r.spelling, r.record_id, r.via FROM records_spelling r JOIN records_record v ON v.id = r.record_id
           WHERE r.kind = p.kind AND r.place = p.place AND r.spelling >= p.low AND r.spelling < p.high
             AND NOT v.is_retired AND {seen} ORDER BY r.spelling, r.record_id LIMIT %(each)s) s
"""


def look_up(probes: Iterable[Probe], reader: Reader, within: UUID | None = None, *, each: int) -> list[Spelled]:
    """The first `each` of every probe that the reader may see and that are not retired."""
    probes = list(probes)
    if not probes:
        return []
    seen, parameters = may_see_sql(reader, "v.visibility", "v.id")
    if within:
        seen, parameters = f"{seen} AND v.within = %(within)s", parameters | {"within": within}
    columns = dict(zip(("kinds", "places", "lows", "highs"), map(list, zip(*probes, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(LOOK_UP.format(seen=seen), parameters | columns | {"each": each})
        return [Spelled(*row, Spelling.Via(via).name.lower()) for *row, via in cursor.fetchall()]


def beginning_so(
    text: str, kinds: Sequence[Kind], reader: Reader, within: UUID | None = None, *, each: int
) -> list[Spelled]:
    """The records of these kinds whose names, or further words of their names, begin as this sounds."""
    spans = {span(folded) for folded in asked(text)}
    probes = [Probe(kind.name, place, low, high) for kind in kinds for place in PLACES for low, high in spans]
    return sorted(look_up(probes, reader, within, each=each))
