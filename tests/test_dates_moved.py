"""Each version that ended says whether a date of the record became another one, whatever way it was written."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from programs.models import Milestone
from records.dates_moved import note_moved
from records.history import as_it_last_was
from tests import cast
from tests.cast import sql
from tests.test_history import undone

DAYS = [None, "2026", "2026-09", "2026-09-01", "2026-09-01?", "2026-09/.."]
WAYS = ("save", "update", "sql", "title", "delete", "return")


def milestone() -> Milestone:
    return cast.UNDER["milestone"](cast.program(), "A milestone", due_on="2026-10")


def versions(id) -> list[tuple]:
    """(its dates, whether they are marked as moved) of each version, the oldest first; the present one has no mark."""
    return sql(
        "SELECT (planned_on, due_on)::text, is_moved FROM ("
        " SELECT version, planned_on, due_on, dates_moved IS TRUE AS is_moved FROM history.programs_milestone WHERE id = %s"
        " UNION ALL SELECT version, planned_on, due_on, NULL FROM programs_milestone WHERE id = %s) v ORDER BY version",
        id, id,
    )  # fmt: skip


def write(way: str, id, due: str | None) -> None:
    row = Milestone.objects.filter(id=id).first()
    if row is None and way == "return":
        with as_it_last_was():
            row = Milestone.objects.get(id=id)
        row.due_on, row.is_retired = due, False
        row.save(force_insert=True)
    elif row is None:
        return
    elif way == "save":
        row.due_on = due
        row.save()
    elif way == "update":
        Milestone.objects.update(planned_on=due)
    elif way == "sql":
        sql("UPDATE programs_milestone SET due_on = %s, title_en = title_en || '.' WHERE id = %s", due, id)
    elif way == "title":
        Milestone.objects.update(title_en="Another title")
    elif way == "delete":
        row.delete()


@given(st.lists(st.tuples(st.sampled_from(WAYS), st.sampled_from(DAYS)), max_size=12))
def test_a_version_is_marked_where_the_next_one_has_other_dates(db, writes):
    with undone():
        id = milestone().id
        for way, due in writes:
            write(way, id, due)
        told = versions(id)
        assert [is_moved for _dates, is_moved in told][: len(told) - 1] == [
            before != after for (before, _), (after, _) in pairwise(told)
        ]


def test_versions_that_no_trigger_closed_are_marked_when_they_are_looked_through(db):
    row = milestone()
    for change in ({"due_on": "2026-11"}, {"title_en": "Other"}, {"due_on": None}):
        Milestone.objects.filter(id=row.id).update(**change)
    marked = [is_moved for _dates, is_moved in versions(row.id)]
    sql("UPDATE history.programs_milestone SET dates_moved = NULL")
    note_moved({"programs_milestone": [f.column for f in Milestone._meta.concrete_fields]})
    assert [is_moved for _dates, is_moved in versions(row.id)] == marked == [True, False, True, None]
