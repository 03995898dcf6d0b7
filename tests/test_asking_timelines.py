"""What is asked of the timelines is what a plain filter leaves of all entries that one may see, in order, page by page."""

from contextlib import nullcontext
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from programs.models import Event, Milestone
from records.dates import parse
from records.history import known_at
from records.kinds import kinds
from records.models import Visibility
from records.rights import ANYONE, EVERYTHING
from records.timelines.asking import Asked, Entry, entries, how_many, how_many_by_kind
from records.timelines.entries import TimelineEntry
from records.timelines.saying import certainty
from reports.models import ReportDue
from tests import cast
from tests.cast import sql

pytestmark = pytest.mark.django_db
DATES = [
    None,
    "2022",
    "2023-05",
    "2024-07",
    "2024-07-28",
    "2024~",
    "../2023",
    "2024/..",
    "2023-11/2024-02",
    "2025-06-30?",
]
DAYS = [date(2022, 6, 1), date(2023, 5, 1), date(2023, 5, 31), date(2024, 7, 28), date(2024, 12, 31), date(2025, 7, 1)]


@pytest.fixture(scope="module")
def w(kept):
    """A registry of many dates: projects and events in any state, milestones due and done, some of it hidden or shared."""
    w = cast.small_world()
    levels = list(Visibility)
    for n, starts in enumerate(DATES):
        for m, ends in enumerate(DATES[n % 3 :: 3]):
            at = {"visibility": levels[(n + m) % 3], "starts_on": starts, "ends_on": ends}
            if not is_in_turn(starts, ends):
                continue
            states = ("planned", "running", "suspended", "completed", "cancelled")
            made = cast.project((w.alpha, w.beta, w.one)[m % 3], status=states[(n * 4 + m) % 5], **at)
            Event.objects.create(
                scope_id=made.id, title_en="event", kind="seminar", status=("planned", "held")[m % 2], **at
            )
            if ends:
                Milestone.objects.create(
                    scope_id=made.id, title_en="m", due_on=ends, planned_on=starts, done_on=starts if m % 2 else None,
                    state="done" if m % 2 else "open", visibility=at["visibility"],
                )  # fmt: skip
    cast.participation(w.gist, w.one, part="lead")
    for visibility in levels:
        cast.obligation(w.alpha, visibility=visibility)
    cast.work()
    w.partner = cast.reader(cast.user("partner", w.gist))
    w.moment = sql("SELECT clock_timestamp()")[0][0]
    carried = {w.alpha.id: {w.gist.id}, w.beta.id: {w.kaist.id}, w.one.id: {w.hong.id, w.gist.id}}  # to who takes part
    w.owners = {
        (row.record_id, row.fact): {*row.owners, *carried.get(row.record_id, ())} for row in TimelineEntry.objects.all()
    }
    w.records = sorted({record for record, _fact in w.owners})
    for due in ReportDue.objects.all():
        w.owners[due.id, "report_due"] = {due.program_id, due.project_id, due.institution_id, due.obligation_id}
    return w


def is_in_turn(starts: str | None, ends: str | None) -> bool:
    return not (starts and ends) or parse(starts).first <= parse(ends).last


# ---- a plain filter ------------------------------------------------------------------------------------


def everything(reader, asked: Asked) -> list[Entry]:
    return entries(reader, Asked(is_past=asked.is_past), limit=10_000)


def is_asked(one: Entry, asked: Asked, owners: set) -> bool:
    """Whether an entry is among what is asked, condition by condition."""
    late = one.is_open and any(
        day and day < asked.today for day in (one.ends_first, one.first if one.is_planned else None)
    )
    return all([
        owners >= set(asked.owners),
        not asked.within or one.within == asked.within,
        not asked.records or one.record in asked.records,
        not asked.kinds or one.kind in asked.kinds,
        not asked.facts or one.fact in asked.facts,
        not asked.begins or not one.last or one.last >= asked.begins,
        not asked.ends or not one.first or one.first <= asked.ends,
        not asked.ends_from or (one.last and one.last >= asked.ends_from),
        not asked.ends_to or (one.last and one.ends_first <= asked.ends_to),
        asked.is_late is None or late == asked.is_late,
        asked.is_open is None or one.is_open == asked.is_open,
        asked.is_over is None or (is_awaited(one) and not one.is_open) == asked.is_over,
        asked.is_planned is None or one.is_planned == asked.is_planned,
        not asked.as_of or not one.first or one.first <= asked.as_of,
        not asked.by_end or one.last,
        asked.is_sure is None or (certainty(one, asked) != "perhaps") == asked.is_sure,
    ])  # fmt: skip


def is_awaited(one: Entry) -> bool:
    return one.fact == "report_due" or any(dated.open for dated in kinds()[one.kind].dated if dated.fact == one.fact)


def place(one: Entry, by_end: bool) -> tuple:
    return (one.last if by_end else one.first or one.last, one.part, one.fact)


def paged(reader, asked: Asked, limit: int) -> list[Entry]:
    found, after = [], ()
    while page := entries(reader, asked, after=after, limit=limit):
        found += page
        after = page[-1].place(asked.by_end)
    return found


def same_as_plain(w, reader, asked: Asked, limit: int) -> int:
    """How many there are, once they are those that a plain filter leaves."""
    with known_at(w.moment) if asked.is_past else nullcontext():
        expected = [one for one in everything(reader, asked) if is_asked(one, asked, w.owners[one.part, one.fact])]
        expected.sort(key=lambda one: place(one, asked.by_end))
        found = [one._replace(through=None) for one in paged(reader, asked, limit)]
        assert found == expected, asked
        assert how_many(reader, asked) == sum(how_many_by_kind(reader, asked)[0].values()) == len(expected), asked
    return len(expected)


def conditions(w) -> dict:
    """Everything that can be asked, each with the values that it takes."""
    records = w.records
    flag, day = [True, False], DAYS
    return {
        "owners": [(w.alpha.id,), (w.one.id, w.alpha.id), (w.beta.id,), (w.gist.id,), (w.lab.id,), (w.hong.id, w.alpha.id)],
        "within": [w.alpha.id, w.beta.id], "records": [tuple(records[::2]), tuple(records[:3])],
        "kinds": [("project",), ("milestone", "event"), ("lab", "program"), ("obligation",)], "facts": [("period",), ("due", "done")],
        "begins": day, "ends": day, "ends_from": day, "ends_to": day, "as_of": day,
        "is_late": flag, "is_open": flag, "is_over": flag, "is_planned": flag,
    }  # fmt: skip


def test_each_condition_alone_leaves_what_it_says(w):
    for name, values in conditions(w).items():
        found = [
            same_as_plain(w, EVERYTHING, Asked(**{name: value}, today=DAYS[3], by_end=by_end), 30)
            for value in values
            for by_end in (False, True)
        ]
        assert any(found), name


@given(st.data())
def test_what_is_asked_is_what_a_plain_filter_leaves_in_order_along_the_cursors(w, data):
    """A few conditions together, by anyone, now or in the past."""
    there_are = conditions(w)
    names = data.draw(st.lists(st.sampled_from(sorted(there_are)), min_size=1, max_size=3, unique=True))
    asked = Asked(
        **{name: data.draw(st.sampled_from(there_are[name])) for name in names},
        today=data.draw(st.sampled_from(DAYS)), is_sure=data.draw(st.none() | st.booleans()),
        is_past=data.draw(st.booleans()), by_end=data.draw(st.booleans()),
    )  # fmt: skip
    reader = data.draw(st.sampled_from([ANYONE, w.partner, EVERYTHING]))
    same_as_plain(w, reader, asked, data.draw(st.integers(1, 40)))


def test_the_world_of_this_has_some_of_everything(w):
    """Without which the test above would hold for nothing."""
    every = everything(EVERYTHING, Asked())
    today = DAYS[3]
    assert {"report_due", "first_planned", "done", "due"} <= {one.fact for one in every}
    assert len(every) > 80 and len(everything(ANYONE, Asked())) < len(everything(w.partner, Asked())) < len(every)
    for asked in (
        Asked(is_late=True, today=today, is_sure=True), Asked(is_late=True, today=today, is_sure=False),
        Asked(is_late=True, is_planned=True, today=today, is_sure=True), Asked(ends_from=today, ends_to=today, is_sure=False),
        Asked(begins=today, ends=today, is_sure=True), Asked(begins=today, ends=today, is_sure=False),
    ):  # fmt: skip
        assert 0 < how_many(EVERYTHING, asked) < len(every), asked


def test_a_count_goes_no_further_than_it_is_asked_to(w):
    assert how_many(EVERYTHING, Asked(), at_most=7) == 8
    assert how_many(EVERYTHING, Asked(kinds=("nothing",)), at_most=7) == 0
