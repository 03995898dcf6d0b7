"""Timelines: one entry per dated fact, with its owners indexed, worked out by workers from what each kind declares.

A kind declares `dated=(Dated("period", "starts_on", "ends_on"), …)` and `owners=("program", "project", …)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.utils.translation import gettext_lazy as _

from .base import Record
from .dates import EdtfField
from .figures import Figure, portions
from .kinds import Dated, kinds
from .rights import Reader


class TimelineEntry(models.Model):
    """연표 항목. One dated fact of one record. Replaced by workers; what it says can be worked out again from the records.

    `owners` are the records on whose timelines it stands. Rights are those of its record.
    """

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(Record, models.PROTECT, related_name="timeline_entries", db_constraint=False)
    kind = models.CharField(max_length=32)
    fact = models.CharField(max_length=32)
    starts_on = EdtfField(_("starts"))
    ends_on = EdtfField(_("ends"))
    first = models.DateField(null=True)  # the first day that it can mean; NULL: no start is stated
    last = models.DateField(null=True)  # the last day that it can mean; NULL: no end is stated
    is_planned = models.BooleanField()
    owners = ArrayField(models.UUIDField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "fact"], name="timeline_entry_once")]
        indexes = [
            GinIndex(fields=["owners"], name="timeline_entry_owners"),
            models.Index(fields=["first", "id"], name="timeline_entry_first"),
        ]


COLUMNS = "record_id, kind, fact, starts_on, ends_on, first, last, is_planned, owners"


def entries_sql() -> str:
    """One SELECT over every dated kind that gives all timeline entries from the facts (columns as in COLUMNS)."""
    return " UNION ALL ".join(_entry_sql(kind, dated) for kind in kinds().values() for dated in kind.dated)


def _entry_sql(kind, dated: Dated) -> str:
    owners = ", ".join(["t.id", *(f"t.{kind.model._meta.get_field(name).column}" for name in kind.owners)])
    ends = dated.ends or dated.starts
    shown, last = f"t.{ends}", f"t.{ends}_last"
    if dated.is_brief:
        shown, last = f"coalesce(t.{ends}, t.{dated.starts})", f"coalesce(t.{ends}_last, t.{dated.starts}_last)"
    return (
        f"SELECT t.id AS record_id, '{kind.name}' AS kind, '{dated.fact}' AS fact, t.{dated.starts} AS starts_on,"
        f" {shown} AS ends_on, t.{dated.starts}_first AS first, {last} AS last, ({dated.planned}) AS is_planned,"
        f" array_remove(ARRAY[{owners}], NULL) || ARRAY(SELECT x.other_id FROM records_relation x"
        " WHERE x.record_id = t.id AND x.kind = 'belongs_to' AND NOT x.is_retired ORDER BY x.other_id) AS owners"
        f" FROM {kind.model._meta.db_table} t"
        f" WHERE NOT t.is_retired AND (t.{dated.starts} IS NOT NULL OR t.{ends} IS NOT NULL)"
    )


def recompute(scopes: set[UUID] | None) -> None:
    """Replace the entries of these records (None: of all)."""
    with connection.cursor() as cursor:
        if scopes is None:  # the index of owners takes millions of entries better in large portions
            cursor.execute("SET LOCAL gin_pending_list_limit = '256MB'; SET LOCAL work_mem = '256MB'")
            _replace(cursor)
        else:
            for some in portions(scopes):
                _replace(cursor, "WHERE record_id = ANY(%(ids)s)", some)


def _replace(cursor, here: str = "", ids: list[UUID] | None = None) -> None:
    cursor.execute(f"DELETE FROM records_timelineentry {here}", {"ids": ids})
    cursor.execute(
        f"INSERT INTO records_timelineentry ({COLUMNS}) SELECT {COLUMNS} FROM ({entries_sql()}) e {here}", {"ids": ids}
    )


def differences():
    """Sentences about entries that are stored wrongly."""
    columns = COLUMNS
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH facts AS ({entries_sql()}), stored AS (SELECT {columns} FROM records_timelineentry)"
            f" SELECT 'missing', * FROM (SELECT {columns} FROM facts EXCEPT ALL SELECT {columns} FROM stored) m"
            f" UNION ALL SELECT 'wrong', * FROM (SELECT {columns} FROM stored EXCEPT ALL SELECT {columns} FROM facts) w"
        )
        for what, record, kind, fact, *_rest in cursor:
            yield f"timeline: {what} entry “{fact}” of {kind} {record}"


TIMELINES = Figure("timelines", recompute, differences, "records_timelineentry", _("timelines"))


# ---- asked by pages and API ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One dated fact, as stored in TimelineEntry."""

    record: UUID
    kind: str
    fact: str
    starts_on: str | None
    ends_on: str | None
    first: date | None
    last: date | None
    is_planned: bool

    @property
    def place(self) -> list[str]:
        """Where it stands in the order of entries; what a cursor holds."""
        return [str(self.first or self.last), str(self.record), self.fact]


def entries(
    reader: Reader,
    *,
    owners: Sequence[UUID] = (),
    of_kinds: Sequence[str] = (),
    begins: date | None = None,
    ends: date | None = None,
    as_of: date | None = None,
    is_past: bool = False,
    after: Sequence[str] = (),
    limit: int = 200,
) -> list[Entry]:
    """Entries on the timelines of all of `owners`, in order of their first day, that can touch `begins`–`ends`.

    An end or beginning that is not stated may be any day. `as_of`: only what can have begun by that day. `is_past` (inside `known_at`): worked out from the facts of then.
    """
    source = f"({entries_sql()})" if is_past else "records_timelineentry"
    asked = {
        "level": reader.level, "shared": list(reader.takes_part_in) if reader.level < 1 else [], "owners": list(owners),
        "kinds": list(of_kinds), "begins": begins, "ends": ends, "as_of": as_of, "limit": limit,
        "day": after[0] if after else None, "record": after[1] if after else None, "fact": after[2] if after else None,
    }  # fmt: skip
    where = [
        "(r.visibility <= %(level)s OR (r.visibility = 1 AND r.within = ANY(%(shared)s::uuid[])))",
    ]
    where += ["e.owners @> %(owners)s::uuid[]"] if owners else []
    where += ["e.kind = ANY(%(kinds)s)"] if of_kinds else []
    where += [] if is_past else ["NOT r.is_retired"]  # retired today; what was retired then is not among the facts
    where += ["(e.last IS NULL OR e.last >= %(begins)s)"] if begins else []
    where += ["(e.first IS NULL OR e.first <= %(ends)s)"] if ends else []
    where += ["(e.first IS NULL OR e.first <= %(as_of)s)"] if as_of else []
    where += (
        ["(coalesce(e.first, e.last), e.record_id, e.fact) > (%(day)s::date, %(record)s::uuid, %(fact)s)"]
        if after
        else []
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.record_id, e.kind, e.fact, e.starts_on, e.ends_on, e.first, e.last, e.is_planned"
            f" FROM {source} e JOIN public.records_record r ON r.id = e.record_id WHERE {' AND '.join(where)}"
            " ORDER BY coalesce(e.first, e.last), e.record_id, e.fact LIMIT %(limit)s",
            asked,
        )
        return [Entry(*row) for row in cursor]
