"""How many rows of a list each option of a filter leads to: the list's own question with that option instead of the chosen one.

Two statements at most for all options of all filters, and none looks at more rows than it has to:

few rows   the list (without the filter itself) is read once, as far as `MOST`, and its options counted
all rows   of a whole list each option is counted along its index (base.counted_by), as far as `CAPPED_AT`
else       what was read is a lower bound, and says so

Where words find very many, options have no numbers: to count them would be to look at all that was found.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet, Value

from .kinds import Field, Filter
from .lists import CAPPED_AT, Count, ListQuery
from .shapes import column_of

MOST = 1_000  # rows of a narrowed list that are read; of what lies beyond, options have lower bounds
ONE = Value(1)
MOST_BRANCHES = 40  # options that are counted each along its index


@dataclass(frozen=True)
class Facet:
    """A filter and the values of its options, as columns hold them."""

    declared: Field | Filter
    values: Sequence[str | UUID]

    @property
    def name(self) -> str:
        return self.declared.name

    def condition(self, value, query: ListQuery) -> Q:
        if isinstance(self.declared, Filter):
            return self.declared.condition([value], query.reader)
        return Q(**{column_of(self.declared): value})


Counts = dict[str, dict[str | UUID, Count]]


def count_options(query: ListQuery, facets: Sequence[Facet]) -> tuple[Counts, Count | None]:
    """Numbers by filter and value, and of all rows of the list where that became known on the way."""
    if query.search and query.searched.are_many:
        return {}, None
    groups: dict[tuple, tuple[ListQuery, list[Facet]]] = {(): (query, [])}
    for facet in facets:
        base = query.without(facet.name)
        key = () if base is query else tuple((a.name, a.lookup, a.values) for a in base.asked) or (None,)
        groups.setdefault(key, (base, []))[1].append(facet)
    found: Counts = {}
    whole = None
    for key, (base, these) in groups.items():
        if these:
            counted, total = _count_group(base, these)
            found |= counted
            whole = total if key == () else whole
    return found, _chosen(query, found) or whole


def _chosen(query: ListQuery, found: Counts) -> Count | None:
    """How many rows a list has that is narrowed by one option alone: as many as stand beside it, where all were counted."""
    if query.search or len(query.asked) != 1 or query.asked[0].lookup or len(query.asked[0].values) != 1:
        return None
    count = found.get(query.asked[0].name, {}).get(query.asked[0].values[0])
    return count if count and not (count.is_more and count.number < CAPPED_AT) else None


def _count_group(base: ListQuery, facets: list[Facet]) -> tuple[Counts, Count | None]:
    """Facets that are counted among the same rows."""
    most = CAPPED_AT if base.is_whole else MOST
    columns = [facet for facet in facets if isinstance(facet.declared, Field)]
    read, total = _read(base.to_count(), columns, most)
    is_all = total <= most
    found: Counts = {
        facet.name: {
            value: Count(read[facet.name].get(value, 0), not is_all)
            for value in facet.values
            if is_all or value in read[facet.name]
        }
        for facet in columns
    }
    if is_all:
        found |= _each(base, [facet for facet in facets if facet not in columns], most)
    elif base.is_whole:
        found |= _each(base, [facet for facet in facets if _is_indexed(base, facet)], most)
    return found, Count(min(total, most), not is_all)


def _read(rows: QuerySet, facets: list[Facet], most: int) -> tuple[Mapping[str, dict], int]:
    """How often each value occurs among these rows, of which `most` and one are read, and how many were."""
    sql, params = rows.values("id", *(column_of(facet.declared) for facet in facets))[
        : most + 1
    ].query.sql_with_params()
    columns = [f"c{n}" for n in range(len(facets))]
    parts = [f"SELECT {n}, {column}::text, count(*) FROM found GROUP BY 2" for n, column in enumerate(columns)]
    names = ", ".join(["id", *columns])
    whole = " UNION ALL ".join(["SELECT -1, '', count(*) FROM found", *parts])
    with connection.cursor() as cursor:
        cursor.execute(f"WITH found ({names}) AS MATERIALIZED ({sql}) {whole}", params)
        found, total = defaultdict(dict), 0
        for n, value, number in cursor:
            if n < 0:
                total = number
            else:
                found[facets[n].name][_as_value(facets[n], value)] = number
    return found, total


def _is_indexed(base: ListQuery, facet: Facet) -> bool:
    """Whether the rows of one option are found without the others: by the kind's own question, or an index of its column.

    Questions that lists of every kind answer (questions.py) look at each row.
    """
    if isinstance(facet.declared, Filter):
        return facet.declared in base.kind.filters
    columns = {f.name: f for f in base.kind.model._meta.concrete_fields}
    firsts = [index.fields[0] for index in base.kind.model._meta.indexes if index.fields]
    return facet.name in columns and (facet.name in firsts or columns[facet.name].db_index)


def _as_value(facet: Facet, text: str | None):
    return UUID(text) if text and facet.values and isinstance(facet.values[0], UUID) else text


def _each(base: ListQuery, facets: list[Facet], most: int) -> Counts:
    """Each option counted by itself, as far as `most`, all in one statement; a filter with very many options is left out."""
    facets = [facet for facet in facets if len(facet.values) <= MOST_BRANCHES]
    asked = [(facet, value) for facet in facets for value in facet.values]
    if not asked:
        return {}
    parts, params = [], []
    plain = base.kind.model.objects.visible_to(base.reader)  # without the joins that lists need
    among = plain if base.is_whole else base.rows()
    for facet, value in asked:
        rows = among.filter(facet.condition(value, base)).order_by().annotate(one=ONE).values("one")[: most + 1]
        sql, given = rows.query.sql_with_params()
        parts.append(f"(SELECT count(*) FROM ({sql}) o)")
        params += given
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(parts)}", params)
        numbers = cursor.fetchone()
    found: Counts = defaultdict(dict)
    for (facet, value), number in zip(asked, numbers, strict=True):
        found[facet.name][value] = Count(min(number, most), number > most)
    return found
