"""What is kept: one row per dated fact, with its owners indexed, worked out by workers from what each kind declares.

A kind declares `dated=(Dated("period", "starts_on", "ends_on"), …)` and `owners=("program", "project", …)`.
"""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import connection, models
from django.db.models import Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from ..base import Record
from ..dates import EdtfField
from ..figures import Figure, portions
from .sources import of_facts


def _day(name: str) -> Func:
    return Func(template=f"'{name}'::date", output_field=models.DateField())


# What states no end, or no beginning, may be any day: as days, so that an index holds it in its order.
FINISHES, BEGUN = Coalesce("last", _day("infinity")), Coalesce("first", _day("-infinity"))

# Each owner together with the kind, as a number: of 80,000 entries that an institution owns a page may ask for 200.
KEYS = Func(
    Func("kind", template="ARRAY[%(expressions)s]::text[]", output_field=ArrayField(models.TextField())),
    "owners",
    function="timeline_keys",
    output_field=ArrayField(models.BigIntegerField()),
)


class TimelineEntry(models.Model):
    """연표 항목. One dated fact of one record. Replaced by workers; what it says can be worked out again from the records.

    `owners` are the records on whose timelines it stands, `within` is its program. Rights are those of its record.
    The beginning lies between `first` and `starts_last`, the end between `ends_first` and `last`; NULL: not stated.
    A fact with a single date begins and ends with it.
    """

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(
        Record, models.PROTECT, related_name="timeline_entries", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=32)
    fact = models.CharField(max_length=32)
    starts_on = EdtfField(_("starts"))
    ends_on = EdtfField(_("ends"))
    first = models.DateField(null=True)
    starts_last = models.DateField(null=True)
    ends_first = models.DateField(null=True)
    last = models.DateField(null=True)
    is_planned = models.BooleanField()
    is_open = models.BooleanField()  # still awaited: late once its last day is past
    within = models.UUIDField(null=True)
    owners = ArrayField(models.UUIDField())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["record", "fact"], name="timeline_entry_once")]
        indexes = [  # each kind in its own order; what is asked besides stands at the end of a key and needs no row
            GinIndex(KEYS, name="timeline_entry_keys"),
            models.Index("kind", FINISHES, "record", "fact", BEGUN, "ends_first", name="timeline_entry_by_end"),
            models.Index(
                "kind", Coalesce("first", "last"), "record", "fact", FINISHES, BEGUN, name="timeline_entry_by_first"
            ),
            models.Index("within", "kind", Coalesce("first", "last"), "record", "fact", name="timeline_entry_within"),
            models.Index("within", Coalesce("first", "last"), "record", "fact", name="timeline_entry_program"),
            models.Index("kind", FINISHES, "record", "fact", name="timeline_entry_open", condition=Q(is_open=True)),
        ]


KEPT = (
    "record", "kind", "fact", "starts_on", "ends_on", "first", "starts_last", "ends_first", "last", "is_planned",
    "is_open", "within", "owners",
)  # fmt: skip
COLUMNS = ", ".join(("record_id", *KEPT[1:]))


def entries_sql() -> str:
    """One SELECT over every dated kind that gives all timeline entries from the facts (columns as in KEPT)."""
    return " UNION ALL ".join(source.select(names=KEPT) for source in of_facts())


def recompute(scopes: set[UUID] | None) -> None:
    """Replace the entries of these records (None: of all)."""
    with connection.cursor() as cursor:
        if scopes is None:  # the index of owners takes millions of entries better in large portions
            cursor.execute("SET LOCAL gin_pending_list_limit = '256MB'; SET LOCAL work_mem = '256MB'")
            _replace(cursor)
        else:
            for some in portions(scopes):
                _replace(cursor, "{record} = ANY(%(ids)s)", some)


def _replace(cursor, which: str = "", ids: list[UUID] | None = None) -> None:
    """Replace the entries of these records, `which` being a condition on `{record}`, their id."""
    here, wanted = "", of_facts()
    if which:  # mostly a record of one kind: to plan for all of them takes longer than its entry does
        here = f"WHERE {which.format(record='record_id')}"
        cursor.execute("SELECT DISTINCT kind FROM records_record WHERE id = ANY(%s)", [ids])
        of_kinds = {kind for (kind,) in cursor}
        wanted = [source for source in wanted if source.kind in of_kinds]
    cursor.execute(f"DELETE FROM records_timelineentry {here}", {"ids": ids})
    facts = " UNION ALL ".join(source.select([which] if which else [], names=KEPT) for source in wanted)
    if facts:
        cursor.execute(f"INSERT INTO records_timelineentry ({COLUMNS}) {facts}", {"ids": ids})


def differences():
    """Sentences about entries that are stored wrongly."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH facts ({COLUMNS}) AS ({entries_sql()}), stored AS (SELECT {COLUMNS} FROM records_timelineentry)"
            f" SELECT 'missing', * FROM (SELECT {COLUMNS} FROM facts EXCEPT ALL SELECT {COLUMNS} FROM stored) m"
            f" UNION ALL SELECT 'wrong', * FROM (SELECT {COLUMNS} FROM stored EXCEPT ALL SELECT {COLUMNS} FROM facts) w"
        )
        for what, record, kind, fact, *_rest in cursor:
            yield f"timeline: {what} entry “{fact}” of {kind} {record}"


TIMELINES = Figure("timelines", recompute, differences, "records_timelineentry", _("timelines"))
