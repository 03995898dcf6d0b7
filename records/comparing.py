"""What differs between two moments: in a list (rows that came, went, changed), or in one record with what belongs to it.

Today's rights hold at both moments: what the reader may not see today is in neither. Each moment answers with the ids of
its rows and a fingerprint of what the reader may see of each; one join in the database then says what differs. Where a
list asks only about the rows' own columns, only rows that changed in between are looked at at all.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import F, Func, Q, TextField
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .asking import Asked, BadQuery, Problem, not_allowed, shown_reference
from .history import as_it_last_was
from .kinds import AsOf, Kind, Type
from .labels import Label, label_of, labels_of, mentioned
from .lists import ListQuery
from .moments import address
from .problem_codes import coded
from .rights import Reader
from .two_moments import Moment, Two
from .versions import Difference, Teller, belonging, compared, parts_of

PER_PAGE = 50
CHANGED_BETWEEN = """
SELECT id FROM history.{table} WHERE until > %s AND until <= %s
UNION SELECT id FROM history.{table} WHERE updated_at > %s AND updated_at <= %s
UNION SELECT id FROM public.records_record WHERE changed_at > %s AND changed_at <= %s AND kind = '{kind}'
"""
DIFFERING = """
WITH d AS MATERIALIZED (
  SELECT id, CASE WHEN l.print IS NULL THEN 'added' WHEN r.print IS NULL THEN 'gone' ELSE 'changed' END AS what
  FROM {left} l (id, print) FULL JOIN {right} r (id, print) USING (id)
  WHERE l.print IS DISTINCT FROM r.print
)
SELECT NULL AS id, what, count(*)::int AS n FROM d GROUP BY what
UNION ALL (SELECT id, what, 0 FROM d WHERE (%(after)s::uuid IS NULL OR id > %(after)s) AND (%(only)s = '' OR what = %(only)s)
           ORDER BY id LIMIT %(limit)s)
"""
ARRAYS = "unnest(%({side}_ids)s::uuid[], %({side}_prints)s::text[])"


class What(StrEnum):
    ADDED = "added"
    GONE = "gone"
    CHANGED = "changed"


class Why(StrEnum):
    """What happened to a row that came or went."""

    ENTERED = "entered"
    RESTORED = "restored"
    MATCHES = "matches"
    DELETED = "deleted"
    RETIRED = "retired"
    NO_LONGER = "no_longer_matches"
    EDITED = "edited"


WORDS = {
    Why.ENTERED: _("newly entered"),
    Why.RESTORED: _("restored"),
    Why.MATCHES: _("belongs here since"),
    Why.DELETED: _("deleted"),
    Why.RETIRED: _("retired"),
    Why.NO_LONGER: _("belongs here no longer"),
    Why.EDITED: _("changed"),
}


@dataclass(frozen=True)
class Row:
    """A row that differs: as it was at the two moments (None: not there), and how."""

    id: UUID
    what: What
    why: Why
    left: object
    right: object
    label: Label
    differences: tuple[Difference, ...]
    moment: Moment  # the later one at which it was there

    @property
    def url(self) -> str:
        return address("record", self.label.plural, self.id, **self.moment.query)

    @property
    def word(self) -> str:
        return str(WORDS[self.why])


@dataclass(frozen=True)
class Compared:
    """What differs in a list: how many rows of which kind of difference, and one page of them."""

    kind: Kind
    counts: dict[str, int]
    rows: tuple[Row, ...]
    after: UUID | None  # where the next page begins

    @property
    def total(self) -> int:
        return sum(self.counts.values())


# ---- lists ---------------------------------------------------------------------------------------------


def compare_list(
    query: ListQuery, two: Two, *, only: str = "", after: UUID | None = None, limit: int = PER_PAGE
) -> Compared:
    """`query` at the two moments; its own `as_of`, sort and cursor do not matter. Rows come in the order of their ids."""
    query = replace(query, as_of=two.left.as_of)
    between = _changed_between(query.kind, two) if two.is_known_at and is_about_own_columns(query) else None
    wanted = {"only": only, "after": after, "limit": limit}
    if two.is_known_at:
        left, right = (_sides([query], moment, between)[0] for moment in two)
        page = _page(query.kind, left, right, **wanted)
    else:
        page = _page_between_days(query, two, **wanted)
    return _shown([page], two, query.reader)[0]


class Page(NamedTuple):
    """One page of what differs: which rows, and how."""

    kind: Kind
    counts: dict[str, int]
    what: dict[UUID, What]
    after: UUID | None = None


def _page(kind: Kind, left: "Side", right: "Side", *, only: str = "", after: UUID | None = None, limit: int = PER_PAGE):
    given = {
        f"{name}_{part}": value
        for name, side in (("left", left), ("right", right))
        for part, value in side._asdict().items()
    }
    sql = DIFFERING.format(left=ARRAYS.format(side="left"), right=ARRAYS.format(side="right"))
    return _page_of(kind, sql, given, only=only, after=after, limit=limit)


def _page_between_days(query: ListQuery, two: Two, **wanted) -> Page:
    """The registry's moment is one and the same: all that is in either list stays in the database."""
    sides, given = {}, {}
    for name, moment in zip(("left", "right"), two, strict=True):
        sql, own = _rows_of(query, moment).query.sql_with_params()
        places = {f"{name}_{n}": value for n, value in enumerate(own)}
        sides[name] = f"({sql % tuple(f'%({place})s' for place in places)})"
        given |= places
    with two.left.looked_at():
        return _page_of(query.kind, DIFFERING.format(**sides), given, **wanted)


def _page_of(kind: Kind, sql: str, given: dict, *, only: str, after: UUID | None, limit: int) -> Page:
    with connection.cursor() as cursor:
        cursor.execute(sql, given | {"only": only, "after": after, "limit": limit + 1})
        found = cursor.fetchall()
    numbers = {what: n for id, what, n in found if id is None}
    differing = {id: What(what) for id, what, _n in found if id is not None}
    ids = sorted(differing)[:limit]
    counts = {str(what): numbers.get(what, 0) for what in What}
    return Page(kind, counts, {id: differing[id] for id in ids}, ids[-1] if len(differing) > limit else None)


def is_about_own_columns(query: ListQuery) -> bool:
    """Whether only a change of a row itself can bring it into the list or take it out."""
    if query.search or (query.as_of and not _is_period(query.kind)):
        return False
    columns = {field.name for field in query.kind.model._meta.concrete_fields}
    return all(asked.name in columns and asked.lookup != "isnull" for asked in query.asked)


def _is_period(kind: Kind) -> bool:
    return kind.as_of is None or (isinstance(kind.as_of, AsOf) and not kind.as_of.key)


def _changed_between(kind: Kind, two: Two) -> RawSQL:
    """Ids of the rows that were written after the left moment, up to the right one."""
    until = two.right.known_at.isoformat() if two.right.known_at else "infinity"
    sql = CHANGED_BETWEEN.format(table=kind.model._meta.db_table, kind=kind.name)
    return RawSQL(sql, [two.left.known_at.isoformat(), until] * 3)


class Side(NamedTuple):
    """The ids that a list has at a moment, in their order, and their fingerprints: two arrays, which go back as they came."""

    ids: str
    prints: str


def _sides(queries: list[ListQuery], moment: Moment, between: RawSQL | None = None) -> list[Side]:
    """What each of these lists has at a moment, in one question."""
    selects, parameters = [], []
    with moment.looked_at(), connection.cursor() as cursor:
        for n, query in enumerate(queries):
            rows = _rows_of(query, moment)
            if between is not None:
                rows = rows.filter(id__in=between)
            sql, own = rows.query.sql_with_params()
            selects.append(
                f"SELECT {n}, coalesce(array_agg(id ORDER BY id)::text, '{{}}'),"
                f" coalesce(array_agg(fingerprint ORDER BY id)::text, '{{}}') FROM ({sql}) s{n}"
            )
            parameters += own
        cursor.execute(" UNION ALL ".join(selects) + " ORDER BY 1", parameters)
        return [Side(*row[1:]) for row in cursor]


def _rows_of(query: ListQuery, moment: Moment):
    """Ids and fingerprints of what this list has at a moment."""
    rows = replace(query, as_of=moment.as_of).rows().order_by()
    return rows.annotate(fingerprint=_fingerprint(query.kind, query.reader)).values("id", "fingerprint")


def _fingerprint(kind: Kind, reader: Reader) -> Func:
    """Equal where all is equal that this reader may see of two versions of a row."""
    fields = [field for field in compared(kind) if reader.is_officer or not field.is_private]
    refs = (Type.REF, Type.RECORD)
    shown = [shown_reference(kind, field, reader) if field.type in refs else F(field.name) for field in fields]
    return Func(*shown, template="md5(ROW(%(expressions)s)::text)", output_field=TextField())


def _shown(pages: list[Page], two: Two, reader: Reader) -> list[Compared]:
    """These pages with their rows as they were at both moments; all of them read together."""
    sides = [_at(pages, moment, reader) for moment in two]
    with as_it_last_was():
        last = [{row.id: row for row in page.kind.rows().filter(id__in=page.what)} for page in pages]
        rows = [
            (page.kind.refs, [row for of in (*both, now) for row in of.values()])
            for page, *both, now in zip(pages, *sides, last, strict=True)
        ]
        labels = labels_of(*mentioned(rows), reader)
        tellers = [Teller(page.kind, of, reader, labels) for page, of in zip(pages, last, strict=True)]
    return [
        Compared(page.kind, page.counts, tuple(_rows(page, left, right, teller, two)), page.after)
        for page, left, right, teller in zip(pages, *sides, tellers, strict=True)
    ]


def _rows(page: Page, left: dict, right: dict, teller: Teller, two: Two) -> Iterable[Row]:
    for id, what in page.what.items():
        was, now = left.get(id), right.get(id)
        label, why = label_of(page.kind, now or was, teller.labels), _why(what, was, now)
        if not two.is_known_at:  # the row is the same one; what differs is whether it counts
            was, now = (None if what is What.ADDED else was), (None if what is What.GONE else now)
        differences = tuple(teller.differences(was, now)) if was or now else ()
        yield Row(id, what, why, was, now, label, differences, two.right if now else two.left)


def _at(pages: list[Page], moment: Moment, reader: Reader) -> list[dict[UUID, object]]:
    """The records of each page at a moment, retired ones too; those that were not there are missing."""
    with moment.looked_at():
        found = [list(page.kind.rows().with_retired_visible_to(reader).filter(id__in=page.what)) for page in pages]
        read = [page.kind.attached(rows, reader, moment.as_of) for page, rows in zip(pages, found, strict=True)]
    return [{row.id: row for row in rows} for rows in read]


def _why(what: What, was, now) -> Why:
    if what is What.CHANGED:
        return Why.EDITED
    there, other = (now, was) if what is What.ADDED else (was, now)
    is_added = what is What.ADDED
    if other is None:
        return (Why.ENTERED if there.version == 1 else Why.RESTORED) if is_added else Why.DELETED
    if other.is_retired:
        return Why.RESTORED if is_added else Why.RETIRED
    return Why.MATCHES if is_added else Why.NO_LONGER


# ---- one record ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ComparedRecord:
    """A record at two moments, and what differs among the rows that belong to it."""

    row: Row | None  # None: nothing differs in the record itself
    parts: tuple[tuple[Kind, str, Compared], ...]  # kind, the field by which it belongs, what differs


def compare_record(kind: Kind, id: UUID, reader: Reader, two: Two) -> ComparedRecord | None:
    """None where the record was there at neither moment."""
    mine = Page(kind, {}, {id: What.CHANGED})
    left, right = (_at([mine], moment, reader)[0] for moment in two)
    if not left and not right:
        return None
    mine.what[id] = What.CHANGED if left and right else What.ADDED if right else What.GONE
    parts = _parts(kind, id, reader, two)
    of_record, *of_parts = _shown([mine, *(page for _by, page in parts)], two, reader)
    row = of_record.rows[0]
    is_equal = row.what is What.CHANGED and not row.differences
    named = tuple((found.kind, by, found) for (by, _page), found in zip(parts, of_parts, strict=True))
    return ComparedRecord(None if is_equal else row, named)


def _parts(kind: Kind, id: UUID, reader: Reader, two: Two) -> list[tuple[str, Page]]:
    """What differs among the rows that belong to a record; amounts of its lines are told with the lines."""
    fields = [(child, by) for child, by in belonging(kind)]
    fields += [(part, f"{part.part_of}__{by}") for child, by in belonging(kind) for part in parts_of(child)]
    queries = [ListQuery(kind=k, reader=reader, asked=(Asked("belongs", "", (), Q(**{by: id})),)) for k, by in fields]
    sides = [_sides(queries, moment) for moment in two]
    return [
        (by, _page(child, left, right))
        for (child, by), left, right in zip(fields, *sides, strict=True)
        if left != right
    ]


# ---- as asked ------------------------------------------------------------------------------------------


def read_page(params) -> tuple[str, UUID | None]:
    """(the one kind of difference that is asked for, the id after which the page begins). Raises BadQuery."""
    only, after, problems = params.get("only", ""), params.get("after", ""), []
    if only and only not in list(What):
        problems.append(Problem("only", not_allowed("only", only, What)))
    try:
        begin = UUID(after) if after else None
    except ValueError:
        problems.append(Problem("after", coded("not_an_id", gettext("“%s” is not an id.") % after)))
    if problems:
        raise BadQuery(problems)
    return only, begin
