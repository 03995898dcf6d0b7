"""One list for every kind, for pages and API alike: filter, search, sort, page by page.

    fetch what the reader may see → as of a day → filter → search → sort → a page after the cursor

`read` turns the query of an address into a ListQuery, refusing by name what it does not know; `page` answers it.
Pages are keyset pages: a cursor holds the sort values of the last row, so page 1,000 costs what page 1 costs. What comes
after it lies in ranges, one after another, and an index can begin at each (`comes_after`).
"""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import batched

from django.db.models import QuerySet, Value
from django.http import QueryDict
from django.utils.crypto import salted_hmac
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from .asking import (
    CONTROLS,
    DEFAULT_LIMIT,
    Asked,
    BadQuery,
    Problem,
    Wrong,
    did_you_mean,
    limit_of,
    read_filter,
)
from .columns import base_of, choosable
from .history import is_past
from .kinds import Kind
from .problem_codes import coded
from .rights import Reader
from .saved import SavedView, find_view
from .searching import BANDS, Search
from .sorting import BAND_KEYS, SortKey, comes_after, parts, sort_keys, sortable

COUNTED_TO = 500  # rows of a narrowed list: ten pages; who has more before them narrows it further
CAPPED_AT = 10_000  # rows of a whole list, which are soon counted


@dataclass(frozen=True)
class ListQuery:
    kind: Kind
    reader: Reader
    asked: tuple[Asked, ...] = ()
    search: str = ""
    sort: str = ""
    limit: int = DEFAULT_LIMIT
    cursor: str = ""
    as_of: date | None = None
    columns: tuple[str, ...] = ()  # as chosen; () for the kind's own
    is_bare: bool = False  # without what is attached to rows, where nobody looks at it
    view: SavedView | None = None
    params: QueryDict = field(
        default_factory=QueryDict, compare=False, repr=False
    )  # all that is asked, the view's included

    @property
    def shown(self) -> tuple[str, ...]:
        """The columns of the page."""
        return self.columns or self.kind.columns

    @property
    def is_whole(self) -> bool:
        """Whether all rows that the reader may see answer it, as they are today."""
        return not (self.asked or self.search or self.as_of) and not is_past()

    def without(self, name: str) -> "ListQuery":
        """The same question without the filter of this name."""
        if all(asked.name != name or asked.lookup for asked in self.asked):
            return self
        other = replace(self, asked=tuple(a for a in self.asked if a.name != name or a.lookup))
        other.__dict__["searched"] = self.searched  # what was found for its words is found for these
        return other

    def rows(self) -> QuerySet:
        """Every row that answers the question, unsorted."""
        return self.searched.narrow(self._filtered()) if self.search else self._filtered()

    def _filtered(self) -> QuerySet:
        rows = self.kind.rows().visible_to(self.reader)
        rows = self.kind.counting_on(rows, self.as_of)
        for asked in self.asked:
            rows = rows.filter(asked.condition)
        return rows

    @cached_property
    def searched(self) -> Search:
        return Search(self.kind, self.search)

    def count(self) -> int:
        """How many rows, counted up to `counted_to` + 1."""
        return self.to_count().values("id")[: self.counted_to + 1].count()

    def to_count(self) -> QuerySet:
        """The rows as they are soon counted.

        Rows that are found through another table are soon found there. Of others along the index that finds what is asked
        for, or that of the kind's own order, the first ones are, wherever in the table they lie.
        """
        along = next((asked.along for asked in self.asked if asked.along), "")
        through_others = {f.name for f in self.kind.filters} & {asked.name for asked in self.asked}
        if (not along and (self.is_whole or through_others)) or self.search:
            return self.rows().order_by()
        return replace(self, sort=along).in_order()

    @property
    def counted_to(self) -> int:
        return CAPPED_AT if self.is_whole else COUNTED_TO

    def how_many(self) -> "Count":
        number = self.count()
        return Count(min(number, self.counted_to), number > self.counted_to)

    def page(self) -> "Page":
        if self.is_in_bands:
            return self.page_of(self._read_bands(), BAND_KEYS)
        keys, rows, found = self.keys, self.in_order(), []
        for part in comes_after(keys, self._read_cursor(len(keys))) if self.cursor else parts(keys):
            found += rows.filter(part)[: self.limit + 1 - len(found)]
            if len(found) > self.limit:
                break
        return self.page_of(found, keys)

    @property
    def is_in_bands(self) -> bool:
        """Whether a search finds so many rows that it is read in bands; further pages are read as the first was."""
        if not self.search or self.sort or is_past():
            return False
        return len(self._cursor) == 1 + len(BAND_KEYS) if self.cursor else self.searched.are_many

    def _read_bands(self) -> list:
        """Rows from band to band, the latest first, until the page is full; after the cursor, where there is one."""
        first, last = self._read_cursor(len(BAND_KEYS)) if self.cursor else (BANDS[0], None)
        found: list = []
        for band in BANDS[first:]:
            rows, before = self._filtered().annotate(sort_band=Value(band)), last if band == first else None
            found += self.searched.read(rows, band, self.limit + 1 - len(found), before)
            if len(found) > self.limit:
                break
        return found

    def page_of(self, found: list, keys: "list[SortKey]") -> "Page":
        """The page with these rows, one more than fit where there are more."""
        more = len(found) > self.limit
        found = found[: self.limit]
        found = found if self.is_bare else self.kind.attached(found, self.reader, self.as_of)
        return Page(found, self._write_cursor(keys, found[-1]) if more else None)

    @property
    def keys(self) -> "list[SortKey]":
        return sort_keys(self.kind, self.sort, self.search, self.reader)

    def in_order(self) -> QuerySet:
        """The same rows, sorted."""
        rows = self.rows().annotate(**{key.name: key.expression for key in self.keys})
        return rows.order_by(*(key.ordering() for key in self.keys))

    def batches(self, size: int) -> Iterator[list]:
        """All rows as the pages show them, one after the other, so many at a time. Inside a transaction."""
        rows = self.in_order()
        if self.is_in_bands:
            rows = self.rows().annotate(sort_band=self.searched.rank()).order_by("sort_band", "-id")
        for batch in batched(rows.iterator(chunk_size=size), size):
            yield list(batch) if self.is_bare else self.kind.attached(list(batch), self.reader, self.as_of)

    # -- cursors ---------------------------------------------------------------------------------------

    def _stamp(self, values: list) -> str:
        """Ties a cursor to its question, and to this registry: nobody can make one up. Names are in the order of a language."""
        is_by_name = (self.sort or self.kind.order).removeprefix("-") == self.kind.label_base
        language = get_language() if is_by_name else ""
        question = [self.kind.name, self.sort, self.search, str(self.as_of), language]
        question += [[a.name, a.lookup, list(a.values)] for a in self.asked]
        return salted_hmac("cursor", json.dumps([question, values]), algorithm="sha256").hexdigest()[:16]

    def _write_cursor(self, keys, row) -> str:
        values = [_plain(getattr(row, key.name)) for key in keys]
        return base64.urlsafe_b64encode(json.dumps([self._stamp(values), *values]).encode()).decode().rstrip("=")

    @cached_property
    def _cursor(self) -> list:
        """What stands in the cursor: its stamp, then values."""
        try:
            stamp, *values = json.loads(base64.urlsafe_b64decode(self.cursor + "=" * (-len(self.cursor) % 4)))
        except (ValueError, TypeError, RecursionError):
            return [""]
        return [stamp, *values]

    def _read_cursor(self, count: int) -> list:
        stamp, *values = self._cursor
        if stamp != self._stamp(values) or len(values) != count:
            raise BadQuery(
                [
                    Problem(
                        "cursor",
                        coded("bad_cursor", _("This cursor belongs to another question. Begin again without it.")),
                    )
                ]
            )
        return values


@dataclass(frozen=True)
class Count:
    """So many, or so many and more."""

    number: int
    is_more: bool = False

    def __str__(self):
        return self.shown + ("+" if self.is_more else "")

    @property
    def shown(self) -> str:
        return number_format(self.number, force_grouping=True)


@dataclass(frozen=True)
class Page:
    rows: list
    next_cursor: str | None


# ---- reading the question ------------------------------------------------------------------------------


def read(
    kind: Kind,
    params,
    reader: Reader,
    *,
    as_of: date | None = None,
    also: Sequence[str] = (),
    controls: Sequence[str] = CONTROLS,
) -> ListQuery:
    """A ListQuery from the query of an address (a QueryDict). Raises BadQuery with everything that is wrong.

    `also` names further parameters that the caller reads itself; `controls`: those that are no filters, where the asker
    sees others than pages have.
    """
    problems: list[Problem] = []
    asked: list[Asked] = []
    view, given = _read_view(kind, params, reader, problems), params
    params = view.with_explicit(params) if view else params
    for name in params:
        if any("\x00" in value for value in params.getlist(name)):
            problems.append(
                Problem(name, coded("cannot_be_stored", _("The text contains a character that cannot be stored.")))
            )
            continue
        if name in controls or name in CONTROLS or name in also:
            continue
        values = [v for v in params.getlist(name) if v != ""]
        if not values:
            continue
        try:
            asked.append(read_filter(kind, reader, name, values, controls))
        except Wrong as wrong:
            problems.append(Problem(name, wrong.args[0]))
    query = ListQuery(
        kind=kind,
        reader=reader,
        asked=tuple(asked),
        search=params.get("search", "").strip(),
        sort=_read_sort(kind, params.get("sort", ""), reader, problems)
        or next((a.along for a in asked if a.along), ""),
        limit=limit_of(params.get("limit", ""), problems),
        cursor=params.get("cursor", ""),
        as_of=as_of,
        columns=_read_columns(kind, params, reader, problems if "columns" in given else None),
        view=view,
        params=params,
    )
    if problems:
        raise BadQuery(problems)
    return query


def _read_view(kind: Kind, params, reader: Reader, problems: list[Problem]) -> SavedView | None:
    key = params.get("view", "")
    view = find_view(key, reader) if key else None
    if key and view is None:
        problems.append(
            Problem("view", coded("no_such_record", _("There is no such view, or it is not shared with you.")))
        )
    elif view and view.kind != kind.name:
        problems.append(Problem("view", coded("conflict", _("The view “%s” is of another list.") % view.name)))
        return None
    return view


def _read_columns(kind: Kind, params, reader: Reader, problems: list[Problem] | None) -> tuple[str, ...]:
    """The columns that are asked for; () for the kind's own. A view's (no `problems`) are shown as far as they may be."""
    allowed, found = choosable(kind, reader), []
    for name in (name for value in params.getlist("columns") for name in value.split(",")):
        base = base_of(kind, name.strip())
        if base in allowed and base not in found:
            found.append(base)
        elif problems is not None and name and base not in (*allowed, "id"):
            text = _("There is no column “%(name)s”; there are: %(all)s.")
            said = text % {"name": name, "all": ", ".join(allowed)}
            problems.append(Problem("columns", f"{said} {did_you_mean(name, allowed)}".strip(), "unknown_field"))
    return () if tuple(found) == kind.columns else tuple(found)


def _read_sort(kind: Kind, sort: str, reader: Reader, problems: list[Problem]) -> str:
    allowed = sortable(kind, reader)
    if sort and sort.removeprefix("-") not in allowed:
        text = _("“%(sort)s” cannot be sorted by; allowed: %(all)s.") % {"sort": sort, "all": ", ".join(allowed)}
        near = did_you_mean(sort, [*allowed, *(f"-{name}" for name in allowed)])
        problems.append(Problem("sort", f"{text} {near}".strip(), "not_a_choice"))
        return ""
    return sort


def _plain(value):
    return value if value is None or isinstance(value, int | str | float) else str(value)
