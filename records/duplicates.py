"""Duplicates that are suspected: pairs of records of one kind that may be one, with the reasons, for an officer to decide.

    same number · same name, and something in common · same name · nearly the same name, and work in common

Names are compared as they are spelled in the search (`spellings.py`): small letters, no spaces, Korean names romanised. Of
kinds whose records may share a name (people) the name alone says nothing. Found set-based, by a job or each night; a pair
that was said to be two is not shown again: a disagreement of the kind “homonym” says so.
"""

from dataclasses import dataclass
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from . import commands
from .base import Record
from .commands import Author, Create
from .figures import note_computed
from .jobs import Outcome, Run, Work
from .kinds import Kind, kinds
from .merging import can_be_merged
from .rights import Reader
from .rules import require_can_edit
from .showing import language
from .sources import Disagreement
from .suggesting import Suggestion, described

PER_PAGE = 50
MOST_ALIKE = 20  # of one name: more are no pairs to look at one by one
MOST_TOGETHER = 500  # people in one project, event or paper among whom nearly equal names are looked for
SHORTEST = 6  # letters of a romanised name in which one may be mistaken


class Likeness(models.Model):
    """중복 의심. Two records that may be one, `one` before `other` by id, and why. Worked out anew each time."""

    class Reason(models.TextChoices):
        NUMBER = "number", _("the same number")
        NAME_AND_MORE = "name_and_more", _("the same name, and something in common")
        NAME = "name", _("the same name")
        NEARLY = "nearly", _("nearly the same name, and work in common")

    pk = models.CompositePrimaryKey("one", "other")
    kind = models.CharField(max_length=32)
    one = models.UUIDField()
    other = models.UUIDField()
    reasons = ArrayField(models.CharField(max_length=16, choices=Reason))
    rank = models.SmallIntegerField()  # of the strongest reason, the lower the likelier

    class Meta:
        indexes = [
            models.Index(fields=["kind", "rank", "one", "other"], name="likeness_list"),
            models.Index(fields=["other"], name="likeness_other"),
        ]

    def __str__(self):
        return ", ".join(str(self.Reason(reason).label) for reason in self.reasons)


RANKS = {reason: rank for rank, reason in enumerate(Likeness.Reason.values)}


@dataclass(frozen=True)
class Pair:
    kind: Kind
    one: Suggestion
    other: Suggestion
    likeness: Likeness

    @property
    def reasons(self) -> list[str]:
        return [str(Likeness.Reason(reason).label) for reason in self.likeness.reasons]

    @property
    def merge_url(self) -> str:
        return reverse("merge", args=[self.kind.plural, str(self.one.id)]) + f"?other={self.other.id}"


# ---- reading -------------------------------------------------------------------------------------------


def open_pairs(kind: Kind):
    """Those that nobody has decided on: both are there, and nobody said that they are two."""
    here = {name: Exists(Record.objects.filter(id=OuterRef(name), is_retired=False)) for name in ("one", "other")}
    said = Disagreement.objects.filter(
        Q(record=OuterRef("one"), other_record=OuterRef("other"))
        | Q(record=OuterRef("other"), other_record=OuterRef("one")),
        kind=Disagreement.Kind.HOMONYM,
        is_retired=False,
    )
    found = Likeness.objects.filter(here["one"], here["other"], ~Exists(said), kind=kind.name)
    return found.order_by("rank", "one", "other")


def page(kind: Kind, reader: Reader, after: str = "", limit: int = PER_PAGE) -> tuple[list[Pair], str]:
    """A page of the open pairs, the likeliest first, and where the next one begins ("" where there is none)."""
    require_can_edit(reader)
    found = open_pairs(kind)
    if after:
        rank, one, other = _read(after)
        found = found.filter(Q(rank__gt=rank) | Q(rank=rank, one__gt=one) | Q(rank=rank, one=one, other__gt=other))
    rows = list(found[: limit + 1])
    more, rows = len(rows) > limit, rows[:limit]
    return described_pairs(kind, rows, reader), _written(rows[-1]) if more else ""


def like(kind: Kind, id: UUID, reader: Reader) -> list[Pair]:
    """The open pairs of one record, it first."""
    rows = list(open_pairs(kind).filter(Q(one=id) | Q(other=id))[:MOST_ALIKE])
    pairs = described_pairs(kind, rows, reader)
    return [pair if pair.one.id == id else Pair(kind, pair.other, pair.one, pair.likeness) for pair in pairs]


def described_pairs(kind: Kind, rows: list[Likeness], reader: Reader) -> list[Pair]:
    ids = {id for row in rows for id in (row.one, row.other)}
    said = {one.id: one for one in described(ids, kinds=[kind], reader=reader)}
    return [Pair(kind, said[row.one], said[row.other], row) for row in rows if row.one in said and row.other in said]


def _written(row: Likeness) -> str:
    return f"{row.rank}.{row.one}.{row.other}"


def _read(after: str) -> tuple[int, UUID, UUID]:
    """Raises ValueError for what no page gave."""
    rank, one, other = after.split(".")
    return int(rank), UUID(one), UUID(other)


# ---- deciding ------------------------------------------------------------------------------------------


def keep_apart(kind: Kind, one: UUID, other: UUID, *, by: Author) -> commands.Done:
    """They are two: a disagreement says so, with the reason. (That they are one is said by merging them.)"""
    values = {
        "record": one,
        "other_record": other,
        "attribute": kind.label_base,
        "kind": Disagreement.Kind.HOMONYM,
        "state": Disagreement.State.DECIDED,
        "severity": Disagreement.Severity.INFO,
        "origin": Disagreement.Origin.FOUND,
        "reason_ko" if language() == "ko" else "reason_en": by.reason,
        "decided_by": by.name,
        "decided_on": timezone.localdate().isoformat(),
    }
    return commands.apply([Create(kinds()["disagreement"], values)], by=by)


# ---- looking for them ----------------------------------------------------------------------------------


def searched_kinds() -> list[Kind]:
    """Kinds of which duplicates are looked for: those that can be merged."""
    return [kind for kind in kinds().values() if can_be_merged(kind)]


@transaction.atomic
def find_duplicates(kind: Kind) -> int:
    """Look among all records of this kind, and replace what was found before. Returns how many pairs there are."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'; SET LOCAL jit = off")
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"duplicates of {kind.name}"])
        cursor.execute(_prepared(kind))
        pairs = " UNION ALL ".join(_pairs(kind))
        cursor.execute("DELETE FROM records_likeness WHERE kind = %s", [kind.name])
        cursor.execute(
            "INSERT INTO records_likeness (kind, one, other, reasons, rank)"
            f" SELECT '{kind.name}', one, other, array_agg(DISTINCT reason ORDER BY reason), min(rank) FROM ({pairs}) p"
            " GROUP BY one, other"
        )
        found = cursor.rowcount
    note_computed("duplicates")
    return found


def _prepared(kind: Kind) -> str:
    """`spelled`: whole names as they are spelled; `near`: what a record has to do with."""
    table, place = kind.model._meta.db_table, "s.place = 0 AND s.via IN ('n', 'a', 'r')"
    near = " UNION ".join(_near(kind)) or "SELECT NULL::uuid AS id, NULL::uuid AS near WHERE false"
    return (
        "DROP TABLE IF EXISTS pg_temp.spelled, pg_temp.near;"
        "CREATE TEMPORARY TABLE spelled ON COMMIT DROP AS SELECT DISTINCT s.record_id AS id, s.spelling"
        f" FROM records_spelling s JOIN {table} t ON t.id = s.record_id AND NOT t.is_retired"
        f" WHERE s.kind = '{kind.name}' AND {place};"
        f"CREATE TEMPORARY TABLE near ON COMMIT DROP AS {near};"
        "ANALYZE spelled; ANALYZE near"
    )


def _near(kind: Kind):
    """SQL, for each way in which a record has to do with another: (its id, the other's id)."""
    table = kind.model._meta.db_table
    for ref in kind.refs:
        if ref.name not in ("merged_into", "parent"):
            yield f"SELECT id, {ref.name}_id AS near FROM {table} WHERE NOT is_retired AND {ref.name}_id IS NOT NULL"
    for related in kind.related:
        link = kinds()[related.kind]
        if link.asks_reason or can_be_merged(link):  # what is not only a link
            continue
        for ref in link.refs:
            if ref.name not in (related.by, "merged_into"):
                yield (
                    f"SELECT {related.by}_id AS id, {ref.name}_id AS near FROM {link.model._meta.db_table}"
                    f" WHERE NOT is_retired AND {ref.name}_id IS NOT NULL AND {related.by}_id IS NOT NULL"
                )


def _pairs(kind: Kind):
    """SQL, for each reason: (one, other, reason, rank)."""
    reasons = Likeness.Reason
    for name in kind.numbers:
        source = (
            f"SELECT id, upper({name}) AS alike FROM {kind.model._meta.db_table} WHERE NOT is_retired AND {name} <> ''"
        )
        yield _of(source, "alike", reasons.NUMBER)
    both = "SELECT s.id, s.spelling, n.near FROM spelled s JOIN near n USING (id)"
    yield _of(both, "spelling, near", reasons.NAME_AND_MORE)
    if not kind.may_share_names:
        yield _of("SELECT id, spelling FROM spelled", "spelling", reasons.NAME)
    else:
        yield _of(_one_letter_less(), "spelling, near", reasons.NEARLY)


def _one_letter_less() -> str:
    """Romanised names with each of their letters left out, among those in one piece of work: one mistake makes two alike."""
    together = (
        "SELECT near FROM near JOIN records_record r ON r.id = near.near"
        f" WHERE r.within IS NOT NULL GROUP BY near HAVING count(*) <= {MOST_TOGETHER}"
    )
    return (
        "SELECT s.id, overlay(s.spelling PLACING '' FROM k FOR 1) AS spelling, n.near FROM spelled s"
        f" JOIN near n USING (id) JOIN ({together}) g ON g.near = n.near,"
        " generate_series(1, char_length(s.spelling)) k"
        f" WHERE s.spelling ~ '^[a-z]+$' AND char_length(s.spelling) >= {SHORTEST}"
    )


def _of(source: str, alike: str, reason: str) -> str:
    """Each two of those that are alike in these columns, where not too many are."""
    return (
        f"SELECT least(a, b) AS one, greatest(a, b) AS other, '{reason}'::varchar AS reason, {RANKS[reason]} AS rank FROM ("
        f"SELECT array_agg(DISTINCT id) AS ids FROM ({source}) s GROUP BY {alike}"
        f" HAVING count(DISTINCT id) BETWEEN 2 AND {MOST_ALIKE}) g, unnest(ids) a, unnest(ids) b WHERE a < b"
    )


def _look(run: Run) -> Outcome:
    todo, found = searched_kinds(), 0
    for n, kind in enumerate(todo):
        run.progress(n, len(todo))
        number = find_duplicates(kind)
        found += number
        run.log(f"{kind.label_many}: {number}")
    run.progress(len(todo), len(todo))
    text = ngettext("%d pair may be one.", "%d pairs may be one.", found)
    return Outcome(text % found, reverse("duplicates"), {"pairs": found})


FIND_DUPLICATES = Work("find_duplicates", _("looking for duplicates"), _look, units=_("kinds"))
