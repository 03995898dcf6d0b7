"""The change feed: who begins with an export and applies what the feed says holds what a fresh export holds.

    position → changes committed since, in turn → the records that each touched last → how each is now → next position

Nothing is written for it: each record points at its latest change, so it stands in the feed once, at that place, and moves
on when it changes again. Changes stand in the order of their transactions, and only those below the oldest one that still
runs are told, so that none comes up behind a position that was given out. No writer waits for another.

`Touched` holds the few things that no version tells: that a record is hidden, opened, moved to another program or retired.
Then what refers to it shows it no more, or again (found when the feed is read), and who could see it hears that it is gone.
A record that one never could see appears in no way.
"""

import base64
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

from django.db import connection, models
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from .data_version import EPOCH, settle_restored
from .kinds import Kind, Type, kinds
from .rights import Reader, Visibility
from .shape_asked import whole
from .shapes import shaped
from .snapshot import snapshot

KEPT = timedelta(days=90)
LOOKED_AT = 5000  # changes for one page; what they touched has mostly changed again
AT_ONCE = 200
END = "~"  # behind every kind
# Before which transaction all of this database have ended. Transaction ids are the whole cluster's: one that the snapshot saw
# running and that a session of another database has now is none of ours; one that has ended meanwhile may have been.
OLDEST_RUNNING = """least(pg_snapshot_xmax(pg_current_snapshot())::text::bigint, pg_current_xact_id_if_assigned()::text::bigint,
  (SELECT min(x::text::bigint) FROM pg_snapshot_xip(pg_current_snapshot()) x WHERE NOT EXISTS (
     SELECT FROM pg_stat_activity a WHERE a.backend_xid = x::xid AND a.datname <> current_database())))"""
GRACE = timedelta(days=2)  # for who begins at the beginning and takes some time


class Touched(models.Model):
    """Something changed about a record that others show, or that who saw it has to hear: what it was before.

    Written by triggers: one row for a record and a change. `visibility` is null where nobody sees less of it.
    """

    pk = models.CompositePrimaryKey("change_id", "record_id")
    change_id = models.BigIntegerField()
    record_id = models.UUIDField()
    visibility = models.SmallIntegerField(null=True)
    within = models.UUIDField(null=True)

    class Meta:
        indexes = [models.Index(fields=["record_id"], name="touched_record")]

    def __str__(self):
        return f"{self.record_id} by {self.change_id}"


# ---- positions -----------------------------------------------------------------------------------------


class BadPosition(ValueError):
    """It is no position of a feed."""


class Expired(Exception):
    """It is older than what the feed keeps, or of a registry that was replaced by a restored one."""


class RightsChanged(Exception):
    """It was given to somebody who could see other things."""


@dataclass(frozen=True)
class Position:
    """All up to here has been told: of a change's own records those up to `kind` and `id`, then of what shows them."""

    epoch: str
    rights: str
    at: float  # as of when this is, in seconds
    xid: int
    change: int = 0
    is_beside: bool = False  # among records that show what the change touched
    kind: str = ""
    id: str = ""

    def __str__(self):
        plain = list(asdict(self).values())
        return base64.urlsafe_b64encode(json.dumps([_stamp(plain), *plain]).encode()).decode().rstrip("=")


def _stamp(plain: list) -> str:
    """Ties a position to this registry: nobody can make one up."""
    return salted_hmac("feed", json.dumps(plain), algorithm="sha256").hexdigest()[:16]


def read_position(text: str) -> Position:
    """Raises BadPosition."""
    try:
        stamp, *plain = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if stamp != _stamp(plain):
            raise BadPosition
        return Position(*plain)
    except (ValueError, TypeError, RecursionError):
        raise BadPosition from None


def position_here(reader: Reader) -> Position:
    """From where to follow what is read in this transaction (a snapshot), for example an export."""
    epoch, oldest, restored = _row(
        f"SELECT {EPOCH}, {OLDEST_RUNNING}, coalesce(max(xid) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint, false)"
        " FROM public.records_change WHERE xid IS DISTINCT FROM coalesce(pg_current_xact_id_if_assigned()::text::bigint, -1)"
    )
    if restored:
        settle_restored()
    return Position(epoch, _rights(reader), datetime.now(UTC).timestamp(), oldest)


def beginning(reader: Reader) -> Position:
    """Where the feed begins."""
    here = position_here(reader)
    since = datetime.now(UTC) - KEPT
    first = _rows("SELECT xid, id FROM public.records_change WHERE at >= %s ORDER BY at, id LIMIT 1", [since])
    here = replace(here, at=since.timestamp()) if first else here
    return replace(here, xid=first[0][0], change=first[0][1] - 1, is_beside=True, kind=END) if first else here


def _rights(reader: Reader) -> str:
    """Differs where the reader sees other records, or other fields of them."""
    own = [import_string(kind.owns)(reader) for kind in kinds().values() if kind.owns and not reader.is_officer]
    return salted_hmac("rights", json.dumps([reader.rights, own]), algorithm="sha256").hexdigest()[:16]


# ---- a page --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """How a record is now, at its place in the feed. `what`: changed, or why it is no longer there."""

    change: int
    at: datetime
    kind: Kind
    id: UUID
    what: str
    version: int | None  # None where one may not see it any more
    merged_into: UUID | None
    row: dict | None = None

    @property
    def is_there(self) -> bool:
        return self.what == "changed"


@dataclass(frozen=True)
class Page:
    entries: list[Entry]
    next: Position
    has_more: bool


@dataclass(frozen=True)
class Feed:
    """What one reader is told of, kinds and shape as asked."""

    reader: Reader
    limit: int
    kinds: tuple[str, ...] = ()
    with_rows: bool = False
    is_minor: bool = False

    def after(self, position: Position | None) -> Page:
        """The page after a position (None: from the beginning). Raises Expired, RightsChanged."""
        with snapshot():
            here = position_here(self.reader)
            since = position or beginning(self.reader)
            _check(since, here)
            found, upto = self._found(since, here)
            return Page(self._entries(found), upto, upto is not here)

    def _found(self, since: Position, here: Position) -> tuple[list["Place"], Position]:
        """The places of a page, and where it ends: `here`, where nothing is left."""
        changes, found = _changes(since, here), []
        for n in range(0, len(changes), AT_ONCE):
            found += self._touched_by(changes[n : n + AT_ONCE], since, self.limit + 1 - len(found))
            if len(found) > self.limit:
                found = found[: self.limit]
                return found, found[-1].position(since, here)
        if len(changes) == LOOKED_AT:
            return found, changes[-1].end(since, here)
        return found, here

    def _touched_by(self, changes: Sequence["Told"], since: Position, limit: int) -> list["Place"]:
        """The first so many places of these changes that come after the position."""
        first = next((change for change in changes if change.id == since.change), None)
        found = self._own([first], limit, since) if first and not since.is_beside else []
        if len(found) < limit:
            found += self._own([change for change in changes if change is not first], limit - len(found))
        order = {change.id: n for n, change in enumerate(changes)}
        if len(found) == limit:  # of the last change there may be more, and what stands beside it comes after that
            changes = changes[: order[found[-1].told.id]]
        beside = self._beside(changes)
        if first and since.is_beside:
            beside = [place for place in beside if place.told is not first or place.rank > _rank(since.kind, since.id)]
        return sorted([*found, *beside], key=lambda place: (order[place.told.id], place.is_beside, place.rank))[:limit]

    def _own(self, changes: Sequence["Told"], limit: int, since: Position | None = None) -> list["Place"]:
        """The records that these changes were the last to touch, in order; of one change those after the position."""
        after = "AND (r.kind, r.id) > (%(kind)s, %(id)s)" if since and since.kind else ""
        rows = _rows(
            f"""
            SELECT c.id, r.kind, r.id FROM unnest(%(changes)s::bigint[]) WITH ORDINALITY c (id, place), LATERAL (
              SELECT r.kind, r.id FROM public.records_record r WHERE r.change_id = c.id {after} AND {self._heard_of("w.change_id = c.id")}
              ORDER BY r.kind, r.id LIMIT %(limit)s) r
            ORDER BY c.place, r.kind, r.id LIMIT %(limit)s""",
            self._words() | {"changes": [change.id for change in changes], "limit": limit}
            | ({"kind": since.kind, "id": since.id} if since and since.kind else {}),
        )  # fmt: skip
        told = {change.id: change for change in changes}
        return [Place(told[change], False, kind, id) for change, kind, id in rows]

    def _beside(self, changes: Sequence["Told"]) -> list["Place"]:
        """What else shows these changes: records that refer to what they hid, opened, moved or retired, and what moved along."""
        told = {change.id: change for change in changes}
        events = _rows(
            "SELECT t.change_id, t.record_id FROM public.records_touched t WHERE t.change_id = ANY(%s)", [list(told)]
        )
        if not events:
            return []
        ids = {"of": [change for change, _id in events], "ids": [id for _change, id in events]}
        event = "unnest(%(of)s::bigint[], %(ids)s::uuid[]) e (change, id)"
        found = [f"SELECT e.change, e.id FROM {event}"]
        found += [f'SELECT e.change, t.id FROM {event} JOIN public.{t} t ON t."{c}" = e.id' for t, c in _references()]
        rows = _rows(
            f"SELECT x.change, r.kind, r.id FROM ({' UNION '.join(found)}) x JOIN public.records_record r ON r.id = x.id"
            f" WHERE r.change_id <> x.change AND {self._heard_of()}",
            self._words() | ids,
        )
        return [Place(told[change], True, kind, id) for change, kind, id in rows]

    # -- what one may hear of ----------------------------------------------------------------------------

    def _words(self) -> dict:
        return {"level": int(self.reader.level), "mine": list(self.reader.takes_part_in), "kinds": list(self.kinds)}

    def _seen(self, row: str) -> str:
        """SQL: whether the reader sees what has this visibility and place."""
        if self.reader.level >= Visibility.INTERNAL:
            return "true"
        shared = f"{row}.visibility = {Visibility.SHARED:d} AND {row}.within = ANY(%(mine)s::uuid[])"
        return f"({row}.visibility <= %(level)s OR {shared})"

    def _heard_of(self, by: str = "true") -> str:
        """SQL: whether the reader sees the record `r`, or did (until it was touched `by` what this says of `w`).

        What becomes of it after that is none of theirs.
        """
        did = f"EXISTS (SELECT FROM public.records_touched w WHERE w.record_id = r.id AND {by} AND {self._seen('w')})"
        return f"({self._seen('r')} OR {did})" + (" AND r.kind = ANY(%(kinds)s)" if self.kinds else "")

    # -- how they are now --------------------------------------------------------------------------------

    def _entries(self, places: Sequence["Place"]) -> list[Entry]:
        states = {
            id: (is_seen, version, what, survivor)
            for id, is_seen, version, what, survivor in _rows(
                f"""
                SELECT r.id, {self._seen("r")}, r.version, CASE WHEN r.is_deleted THEN 'deleted'
                    WHEN r.merged_into_id IS NOT NULL THEN 'merged' WHEN r.is_retired THEN 'retired' ELSE 'changed' END, s.id
                FROM public.records_record r
                LEFT JOIN public.records_record s ON s.id = r.merged_into_id AND {self._seen("s")}
                WHERE r.id = ANY(%(ids)s)""",
                self._words() | {"ids": [place.id for place in places]},
            )
        }
        entries = []
        for place in places:
            is_seen, version, what, survivor = states[place.id]
            about = (what, version, survivor) if is_seen else ("hidden", None, None)
            entries.append(Entry(place.told.id, place.told.at, kinds()[place.kind], place.id, *about))
        return self._with_rows(entries) if self.with_rows else entries

    def _with_rows(self, entries: list[Entry]) -> list[Entry]:
        rows: dict[UUID, dict] = {}
        for kind in {entry.kind.name: entry.kind for entry in entries}.values():
            ids = {entry.id for entry in entries if entry.kind is kind and entry.is_there}
            found = list(kind.rows().visible_to(self.reader).filter(id__in=ids)) if ids else []
            rows |= {row.id: one for row, one in zip(found, shaped(self._shape(kind), found, self.reader), strict=True)}
        return [replace(entry, row=rows.get(entry.id)) for entry in entries]

    def _shape(self, kind: Kind):
        """As lists show it, without what is worked out from other records."""
        shape = whole(kind, is_minor=self.is_minor)
        return replace(shape, names=tuple(name for name in shape.names if name not in kind.attached_fields))


def _check(since: Position, here: Position) -> None:
    if since.epoch != here.epoch or since.at < here.at - (KEPT + GRACE).total_seconds():
        raise Expired
    if since.rights != here.rights:
        raise RightsChanged


# ---- places --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """A change that is told of."""

    xid: int
    id: int
    at: datetime

    def end(self, since: Position, here: Position) -> Position:
        """The position when all of it has been told."""
        return self.position(since, here, is_beside=True, kind=END)

    def position(self, since: Position, here: Position, **within) -> Position:
        at = max(since.at, min(self.at.timestamp(), here.at))
        return replace(here, at=at, xid=self.xid, change=self.id, **within)


@dataclass(frozen=True)
class Place:
    """One record beside one change."""

    told: Told
    is_beside: bool
    kind: str
    id: UUID

    @property
    def rank(self) -> tuple:
        return _rank(self.kind, str(self.id))

    def position(self, since: Position, here: Position) -> Position:
        return self.told.position(since, here, is_beside=self.is_beside, kind=self.kind, id=str(self.id))


def _changes(since: Position, here: Position) -> list[Told]:
    """Those that may hold places after the position, in turn."""
    rows = _rows(
        f"SELECT xid, id, at FROM public.records_change WHERE (xid, id) {'>' if since.kind == END else '>='} (%s, %s)"
        " AND xid < %s ORDER BY xid, id LIMIT %s",
        [since.xid, since.change, here.xid, LOOKED_AT],
    )
    return [Told(*row) for row in rows]


@cache
def _order() -> dict[str, int]:
    """The kinds as the database sorts them."""
    rows = _rows("SELECT kind FROM unnest(%s::text[]) kind ORDER BY kind", [list(kinds())])
    return {kind: n for n, (kind,) in enumerate(rows)}


def _rank(kind: str, id: str) -> tuple:
    return (_order()[kind], UUID(id)) if kind else (-1, UUID(int=0))


@cache
def _references() -> tuple[tuple[str, str], ...]:
    """(table, column) of everything that refers to a record."""
    return tuple(
        (kind.model._meta.db_table, kind.model._meta.get_field(field.name).column)
        for kind in kinds().values()
        for field in kind.all_fields.values()
        if field.type in (Type.REF, Type.RECORD)
    )


def forget_old() -> None:
    """What nobody's position reaches back to any more."""
    _do(
        "DELETE FROM public.records_touched t USING public.records_change c"
        " WHERE c.id = t.change_id AND c.at < %s", [datetime.now(UTC) - KEPT - 2 * GRACE],
    )  # fmt: skip


def _rows(sql: str, parameters: Iterable | dict = ()) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return cursor.fetchall()


def _row(sql: str) -> tuple:
    return _rows(sql)[0]


def _do(sql: str, parameters: Sequence) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
