"""Changes, the newest first, and what each of them touched: only what the reader may see, page by page.

A change of which one may see nothing does not exist. A deleted or retired record is seen by whoever could read it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection
from django.db.models import Count as CountOf
from django.utils.translation import gettext as _

from .asking import BadQuery, Problem
from .base import may_see_sql
from .beneath import parts_below
from .kinds import Kind, kinds
from .labels import Label, labels_of
from .models import Change
from .past_asking import PER_PAGE, Asked
from .rights import Reader, Visibility
from .versions import Key, keys_sql, rows_seen, sources

COUNTED_TO = 1000
MOST_PARTS = 2000  # whose versions are looked through while somebody waits

# The entries of a change, with the record that each belongs to: versions that it ended, that it began, that it began last.
BRANCHES = (
    "SELECT h.id, h.version + 1 AS number, h.until AS at, r.kind FROM history.{table} h"
    " JOIN public.records_record r ON r.id = h.id WHERE h.ended_by = {change} AND {seen}",
    "SELECT h.id, h.version AS number, h.updated_at AS at, r.kind FROM history.{table} h"
    " JOIN public.records_record r ON r.id = h.id WHERE h.change_id = {change} AND {seen}",
    "SELECT r.id, r.version AS number, r.changed_at AS at, r.kind FROM public.records_record r"
    " WHERE r.change_id = {change} AND {of_kind} AND {seen}",
)


def _branches(change: str, seen: str, kind: Kind | None = None) -> list[str]:
    """SQL for each way in which a change can have touched a record (of this kind)."""
    words = {"change": change, "seen": seen, "table": "version", "of_kind": "true"}
    if kind:
        words |= {"table": kind.model._meta.db_table, "of_kind": f"r.kind = '{kind.name}'"}
    return [branch.format(**words) for branch in BRANCHES]


def _union(branches: list[str], limit: int, beyond: str = "") -> str:
    """SQL: the first entries of these branches, by id: three walks along an index."""
    ordered = [
        f"(SELECT * FROM ({branch}) b {f'WHERE (id, number) > {beyond}' if beyond else ''} ORDER BY id, number LIMIT {limit})"
        for branch in branches
    ]
    return f"SELECT * FROM ({' UNION '.join(ordered)}) t ORDER BY id, number LIMIT {limit}"


# ---- a record's history --------------------------------------------------------------------------------


def history_of(kind: Kind, id, reader: Reader, asked: Asked, *, limit: int = PER_PAGE) -> tuple[list[Key], Key | None]:
    """The keys of a record's entries, newest first, up to `limit`; and the last of them where there are more.

    Raises BadQuery where it is asked with all that belongs to it, and that is too much.
    """
    conditions, parameters = asked.conditions()
    with_parts = asked.with_parts and asked.field is None
    if with_parts and sum(map(len, parts_below({id}, most=MOST_PARTS).values())) > MOST_PARTS:
        text = _(
            "More than %d records belong to it. Look at the history of one of its parts, or at the list of all changes."
        )
        raise BadQuery([Problem("parts", text % MOST_PARTS)])
    told = sources(kind, with_parts=with_parts)
    selects = [keys_sql(child, mine, reader, asked.field) for child, mine in told]
    if asked.after:
        conditions.append("(e.at, e.id, e.number) < (%(at)s, %(after)s, %(number)s)")
        parameters |= dict(zip(("at", "after", "number"), asked.after, strict=True))
    by_whom = " JOIN public.records_change c ON c.id = e.change" if asked.who or asked.door else ""
    where = " AND ".join(conditions).replace("{at}", "e.at") or "true"
    found = _keys(
        f"SELECT e.kind, e.id, e.number, e.at, e.change FROM ({' UNION ALL '.join(selects)}) e{by_whom} WHERE {where}"
        f" ORDER BY e.at DESC, e.id DESC, e.number DESC LIMIT {2 * limit + 2}",
        parameters | rows_seen(reader)[1] | {"id": id},
    )
    found = list(dict.fromkeys(found))  # the end of one version is the beginning of the next
    return found[:limit], found[limit - 1] if len(found) > limit else None


def _keys(sql: str, parameters: dict) -> list[Key]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [Key(*row) for row in cursor]


# ---- one change ----------------------------------------------------------------------------------------


def touched(
    change: Change, reader: Reader, asked: Asked, of: Sequence["Count"], *, limit: int = PER_PAGE
) -> tuple[list[Key], Key | None]:
    """The keys of what the reader may see of a change: kind by kind, by id; and the last one where there are more.

    `of`: the kinds that it touched, as `counts` says.
    """
    seen, parameters = may_see_sql(reader, "r.visibility", "r.id")
    parameters |= {"change": change.pk}
    wanted = [count.kind for count in of if asked.kind in (None, count.kind)]
    if asked.after:
        names = [kind.name for kind in wanted]
        wanted = wanted[names.index(asked.after[0]) :] if asked.after[0] in names else []
        parameters |= {"id": asked.after[1], "number": asked.after[2]}
    parts = []
    for n, kind in enumerate(wanted):
        beyond = "(%(id)s, %(number)s)" if asked.after and n == 0 else ""
        rows = _union(_branches("%(change)s", seen, kind), limit + 1, beyond)
        parts.append(f"SELECT {n} AS place, kind, id, number, at FROM ({rows}) k{n}")
    if not parts:
        return [], None
    sql = f"SELECT kind, id, number, at, %(change)s FROM ({' UNION ALL '.join(parts)}) e ORDER BY place, id, number LIMIT {limit + 1}"
    found = _keys(sql, parameters)
    return found[:limit], found[limit - 1] if len(found) > limit else None


@dataclass(frozen=True)
class Count:
    """How many records of a kind a change touched, as far as the reader may know; `is_more`: at least."""

    kind: Kind
    number: int
    is_cut: bool = False  # counting ended here

    @property
    def is_more(self) -> bool:
        return self.is_cut or self.number > COUNTED_TO

    @property
    def shown(self) -> str:
        return f"{min(self.number, COUNTED_TO)}+" if self.is_more else str(self.number)


def counts(changes: Sequence[int], reader: Reader, *, in_short: bool = False) -> dict[int, list[Count]]:
    """What each of these changes touched, by kind, counted up to COUNTED_TO. A change of which nothing is seen is missing.

    `in_short`: of a large change not each kind is counted for itself; what was found says how many there are at least.
    """
    seen, parameters = may_see_sql(reader, "r.visibility", "r.id")
    limited = [f"(SELECT id, kind FROM ({branch}) b LIMIT {COUNTED_TO + 1})" for branch in _branches("c.id", seen)]
    found: dict[int, dict[str, int]] = defaultdict(dict)
    large = set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, t.kind, count(DISTINCT t.id), sum(count(*)) OVER (PARTITION BY c.id)"
            f" FROM unnest(%(changes)s::bigint[]) c (id), LATERAL ({' UNION ALL '.join(limited)}) t GROUP BY 1, 2",
            parameters | {"changes": list(changes)},
        )
        for change, name, number, of_all_kinds in cursor:
            found[change][name] = number
            large |= {change} if of_all_kinds > COUNTED_TO else set()  # a branch may have been cut
    for change in large if not in_short else ():
        found[change] = _counts_of_large(change, reader)
    cut = large if in_short else set()
    return {
        change: [Count(kind, of[name], change in cut) for name, kind in kinds().items() if name in of]
        for change, of in found.items()
    }


def _counts_of_large(change: int, reader: Reader) -> dict[str, int]:
    """The same for one change that touched more than is counted: each kind for itself."""
    seen, parameters = may_see_sql(reader, "r.visibility", "r.id")
    numbers = " UNION ALL ".join(
        f"SELECT '{name}', (SELECT count(DISTINCT id) FROM ({_union(_branches('%(change)s', seen, kind), COUNTED_TO + 1)}) k)"
        for name, kind in kinds().items()
    )
    with connection.cursor() as cursor:
        cursor.execute(numbers, parameters | {"change": change})
        return {name: number for name, number in cursor if number}


# ---- the latest changes of some records ---------------------------------------------------------------


@dataclass(frozen=True)
class ChangeNote:
    """One change and how many records of which kinds it touched, of those asked about."""

    change: Change
    counts: tuple[tuple[str, int], ...]
    labels: tuple[Label, ...] = ()  # the records themselves, where they are few


def change_notes(records, reader: Reader, *, most: int = 5, name_up_to: int = 3) -> list[ChangeNote]:
    """The latest changes of these Record rows, newest first. Four queries and one for each kind that is named."""
    counted = records.order_by().values("change_id", "kind").annotate(n=CountOf("id"))
    by_change: dict[int, list] = defaultdict(list)
    for row in counted.order_by("-change_id", "kind"):
        by_change[row["change_id"]].append((row["kind"], row["n"]))
    latest = sorted(by_change, reverse=True)[:most]
    changes = Change.objects.in_bulk(latest)
    few = [id for id in latest if sum(n for _kind, n in by_change[id]) <= name_up_to]
    named = list(records.order_by().filter(change__in=few).values_list("change_id", "id", "kind")) if few else []
    by_kind: dict[str, set] = defaultdict(set)
    for _change, id, kind in named:
        by_kind[kind].add(id)
    labels = labels_of(by_kind, set(), reader)
    return [
        ChangeNote(
            changes[id],
            tuple((str(kinds()[kind].label_many), n) for kind, n in by_change[id]),
            tuple(labels[record] for change, record, _kind in named if change == id and record in labels),
        )
        for id in latest
    ]


# ---- all changes ---------------------------------------------------------------------------------------


def latest(reader: Reader, asked: Asked, *, limit: int = PER_PAGE) -> tuple[list[Change], Change | None]:
    """Changes of which the reader may see something, newest first; and the last one where there are more."""
    seen, parameters = may_see_sql(reader, "r.visibility", "r.id")
    conditions, more = asked.conditions()
    if asked.after:
        conditions.append("(c.at, c.id) < (%(at)s, %(number)s)")
        more |= {"at": asked.after[0], "number": asked.after[2]}
    if asked.kind or reader.level < Visibility.INTERNAL:
        conditions.append(_touches(asked.kind, seen))
    where = " AND ".join(conditions).replace("{at}", "c.at") or "true"
    found = list(
        Change.objects.raw(
            f"SELECT c.* FROM public.records_change c WHERE {where} ORDER BY c.at DESC, c.id DESC LIMIT {limit + 1}",
            parameters | more,
        )
    )
    return found[:limit], found[limit - 1] if len(found) > limit else None


def _touches(kind: Kind | None, seen: str) -> str:
    """SQL: the change `c` touched a record (of this kind) that the reader may see.

    Changes are walked through, newest first, until a page is full. Of a kind with few versions most changes would be walked
    through in vain: there the changes are found from the versions.
    """
    if kind and _versions_of(kind) < FEW_VERSIONS:
        words = {"table": kind.model._meta.db_table, "seen": seen}
        return f"c.id IN ({' UNION '.join(select.format(**words) for select in CHANGES_OF)})"
    # OFFSET 0: asked for each change; without it the planner reads every version there is into a hash
    return f"({' OR '.join(f'EXISTS ({branch} OFFSET 0)' for branch in reversed(_branches('c.id', seen, kind)))})"


FEW_VERSIONS = 50_000
CHANGES_OF = (
    "SELECT h.ended_by FROM history.{table} h JOIN public.records_record r ON r.id = h.id WHERE {seen}",
    "SELECT h.change_id FROM history.{table} h JOIN public.records_record r ON r.id = h.id WHERE {seen}",
    "SELECT h.change_id FROM public.{table} h JOIN public.records_record r ON r.id = h.id WHERE {seen}",
)


def _versions_of(kind: Kind) -> int:
    """About how many there are, as the planner believes."""
    table = kind.model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT sum(greatest(reltuples, 0)) FROM pg_class WHERE oid IN (%s::regclass, %s::regclass)",
            [f"public.{table}", f"history.{table}"],
        )
        return cursor.fetchone()[0]


def seen_of(changes: Iterable[int], reader: Reader) -> set[int]:
    """Of these changes, those of which the reader may see something."""
    ids = [id for id in changes if id]
    if reader.level >= Visibility.INTERNAL or not ids:
        return set(ids)
    return set(counts(ids, reader))


def find_change(id: int, reader: Reader) -> Change | None:
    """The change with this id, if the reader may see something of it."""
    found = Change.objects.filter(pk=id).first()
    return found if found and found.pk in seen_of([found.pk], reader) else None


def undoing(change: Change, reader: Reader) -> tuple[Change | None, list[Change]]:
    """(the change that it undoes, those that undo it), as far as the reader may see them."""
    others = {other.pk: other for other in Change.objects.filter(undoes=change)}
    others |= Change.objects.in_bulk([change.undoes_id]) if change.undoes_id else {}
    seen = seen_of(others, reader)
    undone_by = [other for id, other in sorted(others.items()) if other.undoes_id == change.pk and id in seen]
    return (others[change.undoes_id] if change.undoes_id in seen else None), undone_by
