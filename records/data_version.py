"""The data version: how much has been committed. It differs wherever an answer made of records may differ.

Changes are only added, so the set of those that one sees only grows, and how many there are names the set, in whatever
order they were committed. No writer waits for another. (The greatest id would not do: one that was given out earlier may
be committed later.) Changes below the oldest running transaction are settled: a process counts them once, and after that
only what came since. What is stored without a change, figures, has counters of its own.

A registry that was restored from a dump, or went back to a moment of its log, is another one with other versions: `epoch`
is made from the identity of the cluster, the database, the table and the timeline.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from .figures import figures
from .prepared import fetch

OLDEST_RUNNING = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
EPOCH = """substr(md5(concat_ws(' ', (SELECT system_identifier FROM pg_control_system()),
  (SELECT oid FROM pg_database WHERE datname = current_database()), 'public.records_change'::regclass::oid,
  left(pg_walfile_name(pg_current_wal_lsn()), 8))), 1, 8)"""
# In a transaction that has written and not committed: which one, and how often it wrote. Nobody else sees that version.
UNCOMMITTED = """coalesce(pg_current_xact_id_if_assigned()::text || '.' || (
  pg_stat_get_xact_tuples_inserted('public.records_record'::regclass)
  + pg_stat_get_xact_tuples_updated('public.records_record'::regclass))::text, '')"""
ASKED = f"""
SELECT {UNCOMMITTED}, {EPOCH}, pg_relation_filenode('public.records_change'), s.oldest, c.present, c.settled,
  (SELECT at FROM public.records_change ORDER BY at DESC, id DESC LIMIT 1),
  (SELECT coalesce(sum(times), 0)::bigint FROM public.records_computedat),
  ARRAY(SELECT figure FROM unnest(%s::text[]) f (figure)
    WHERE EXISTS (SELECT FROM public.records_stalemark m WHERE m.figure = f.figure))
FROM (SELECT {OLDEST_RUNNING} AS oldest) s,
  LATERAL (SELECT count(*) AS present, count(*) FILTER (WHERE xid < s.oldest) AS settled
           FROM public.records_change WHERE xid >= %s) c
"""
SETTLE = """
UPDATE public.records_change SET xid = pg_current_xact_id()::text::bigint
  WHERE xid >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint
    AND xid IS DISTINCT FROM pg_current_xact_id_if_assigned()::text::bigint
"""


@dataclass(frozen=True)
class DataVersion:
    """`at` is when the latest change was made (None where there is none); `waiting` are figures to be worked out anew."""

    epoch: str
    changes: int
    figures: str
    at: datetime | None
    waiting: tuple[str, ...] = ()
    is_settled: bool = True  # no change stands behind a transaction that still runs
    uncommitted: str = ""  # what this transaction alone sees, because it has written

    @property
    def is_stale(self) -> bool:
        return bool(self.waiting)

    def __str__(self):
        return "-".join(
            filter(None, [self.epoch, str(self.changes), self.figures, ".".join(self.waiting), self.uncommitted])
        )


@dataclass(frozen=True)
class Settled:
    """`number` changes belong to transactions before `upto`, which have all ended. `where`: in this file of this database."""

    where: tuple = ()
    upto: int = 0
    number: int = 0


_settled = Settled()


def data_version() -> DataVersion:
    """What this transaction sees, inside `known_at` too. To be asked before the rows that it is to vouch for are read."""
    global _settled
    known = _settled
    own, epoch, file, oldest, present, settled, at, times, waiting = _ask(known.upto)
    if known.where != (epoch, file) or oldest < known.upto:  # elsewhere, or in a snapshot from before this was counted
        own, epoch, file, oldest, present, settled, at, times, waiting = _ask(0)
        known = Settled((epoch, file))
    if oldest >= _settled.upto or _settled.where != known.where:
        _settled = Settled((epoch, file), oldest, known.number + settled)
    return DataVersion(epoch, known.number + present, str(times), at, tuple(waiting), present == settled, own)


def _ask(since: int) -> tuple:
    return fetch(ASKED, [sorted(figures()), since])[0]


def settle_restored() -> int:
    """Changes that a dump brought from a cluster whose transactions had got further would look unfinished here: they become
    this transaction's. Returns how many there were; none where a migration went back to before they knew a transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM pg_attribute WHERE attrelid = 'public.records_change'::regclass AND attname = 'xid'"
        )
        if not cursor.rowcount:
            return 0
        cursor.execute(SETTLE)
        return cursor.rowcount
