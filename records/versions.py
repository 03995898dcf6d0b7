"""A record's versions with what changed in each: the newest first, read from its table and its history."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count

from .kinds import Kind, Type, kinds
from .labels import Label, labels_of
from .models import Change
from .rights import Reader
from .showing import Cell, Shower

PER_PAGE = 50
KEPT_BY_DATABASE = ("id", "version", "updated_at", "change_id")


@dataclass(frozen=True)
class Difference:
    """One field, before and after."""

    label: str
    before: Cell
    after: Cell


@dataclass(frozen=True)
class Version:
    number: int
    since: datetime
    change: Change
    differences: tuple[Difference, ...]
    is_first: bool = False

    @property
    def before(self) -> str:
        """The instant just before it, for `known_at`."""
        return (self.since - timedelta(microseconds=1)).isoformat()


def versions(kind: Kind, row, reader: Reader, *, before: int | None = None) -> tuple[list[Version], int | None]:
    """Up to PER_PAGE versions older than number `before`, and the number to ask for next (None: no more).

    Private fields are left out for those who may not see them in the row itself.
    """
    past = states(kind, row.id, before)
    for virtual in kind.virtual:  # what a version does not hold, as it is today: the currency of an amount
        for state in past:
            state.__dict__.setdefault(virtual.name, getattr(row, virtual.name))
    more = past[PER_PAGE - 1].version if len(past) > PER_PAGE else None
    changes = Change.objects.in_bulk({state.change_id for state in past})
    shower = Shower(kind, past, reader)
    found = []
    for n, state in enumerate(past[:PER_PAGE]):
        older = past[n + 1] if n + 1 < len(past) else None
        found.append(
            Version(
                state.version,
                state.updated_at,
                changes[state.change_id],
                tuple(_differences(kind, shower, older, state)),
                is_first=older is None,
            )
        )
    return found, more


@dataclass(frozen=True)
class ChangeNote:
    """One change and how many records of which kinds it touched, of those asked about."""

    change: Change
    counts: tuple[tuple[str, int], ...]
    labels: tuple[Label, ...] = ()  # the records themselves, where they are few


def change_notes(records, reader: Reader, *, most: int = 5, name_up_to: int = 3) -> list[ChangeNote]:
    """The latest changes of these Record rows, newest first. Four queries and one for each kind that is named."""
    counted = records.order_by().values("change_id", "kind").annotate(n=Count("id"))
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


def states(kind: Kind, id: UUID, before: int | None = None) -> list:
    """The row as it was in each version, newest first, one more than a page."""
    table = kind.model._meta.db_table
    columns = ", ".join(f'"{f.column}"' for f in kind.model._meta.concrete_fields)
    older = "AND version < %(before)s" if before else ""
    return list(
        kind.model.objects.raw(
            f"SELECT * FROM (SELECT {columns} FROM public.{table} WHERE id = %(id)s UNION ALL"
            f" SELECT {columns} FROM history.{table} WHERE id = %(id)s) v WHERE true {older}"
            f" ORDER BY version DESC LIMIT {PER_PAGE + 1}",
            {"id": id, "before": before},
        )
    )


def _differences(kind: Kind, shower: Shower, older, newer):
    for name, declared in kind.all_fields.items():
        if name in KEPT_BY_DATABASE or not declared.is_written:
            continue
        column = f"{name}_id" if declared.type in (Type.REF, Type.RECORD) else name
        was, now = (getattr(older, column) if older else None), getattr(newer, column)
        if was == now or (older is None and now in (None, "", [], False)):
            continue
        if name == "visibility" and older is None:
            continue
        before = shower.cell(older, name) if older else Cell()
        after = shower.cell(newer, name)
        if before != after or older is None:
            yield Difference(str(declared.label), before, after)
