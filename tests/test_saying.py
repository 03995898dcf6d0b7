"""What an entry of a timeline says of itself: exactness, certainty, order, and where its dates come from."""

from datetime import date, timedelta
from itertools import product
from uuid import uuid4

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from records.dates import parse
from records.history import known_at
from records.models import Citation, Source, Visibility
from records.rights import ANYONE, EVERYTHING
from records.timelines.asking import Asked, Entry, entries
from records.timelines.saying import certainty, days_late, exactness, order, sources_of
from tests import cast
from tests.cast import sql

TODAY = date(2025, 6, 15)


def entry(starts=None, ends=None, **more) -> Entry:
    """An entry with these dates, as the workers would write it."""
    s, e, id = starts and parse(starts), ends and parse(ends), uuid4()
    given = {
        "record": id, "part": id, "kind": "project", "fact": "period", "starts_on": starts, "ends_on": ends,
        "first": s and s.first, "starts_last": s and s.last, "ends_first": e and e.first, "last": e and e.last,
        "is_planned": False, "is_open": True, "within": None, "about": None, "through": None,
    }  # fmt: skip
    return Entry(**given | more)


# ---- exactness -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edtf", "unit", "is_about", "is_uncertain"),
    [
        ("2024-07-28", "day", False, False),
        ("2024-07", "month", False, False),
        ("2024~", "year", True, False),
        ("2024-07?", "month", False, True),
        ("2024/2025-03", "interval", False, False),
        ("2024~/..", "open", True, False),
        ("../2023?", "open", False, True),
        (None, "unstated", False, False),
        ("", "unstated", False, False),
    ],
)
def test_a_date_says_how_much_of_it_is_known(edtf, unit, is_about, is_uncertain):
    said = exactness(edtf)
    assert (said.exactness, said.is_about, said.is_uncertain) == (unit, is_about, is_uncertain)


# ---- surely or perhaps ---------------------------------------------------------------------------------

A = date(2025, 6, 10)
DAYS = [A + timedelta(days=n) for n in range(9)]


@st.composite
def some_days(draw):
    """A date within nine days: one of them, or an interval."""
    first, last = sorted(draw(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))))
    return str(first) if first == last else f"{first}/{last}"


maybe_days, maybe_day = st.none() | some_days(), st.none() | st.sampled_from(DAYS)


def meanings(one: Entry) -> list[tuple[date, date]]:
    """Every period that its dates can mean; what is not stated may be any day far around."""
    far = timedelta(days=30)
    starts = _each(one.first or (one.ends_first - far), one.starts_last or one.last)
    ends = _each(one.ends_first or one.first, one.last or (one.starts_last + far))
    return [(s, e) for s, e in product(starts, ends) if s <= e]


def _each(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


@given(maybe_days, maybe_days, maybe_day, maybe_day)
def test_what_surely_touches_some_days_does_so_whatever_its_dates_mean(starts, ends, begins, until):
    one = entry(starts, ends)
    assume((starts or ends) and (begins or until) and meanings(one))
    touching = [(not until or s <= until) and (not begins or e >= begins) for s, e in meanings(one)]
    assume(any(touching))
    assert certainty(one, Asked(begins=begins, ends=until)) == ("surely" if all(touching) else "perhaps")


@given(maybe_days, some_days(), maybe_day, maybe_day)
def test_what_surely_ends_between_two_days_does_so_whatever_its_end_means(starts, ends, ends_from, ends_to):
    assume(ends_from or ends_to)
    one, there = entry(starts, ends), parse(ends)
    within = [
        (not ends_from or e >= ends_from) and (not ends_to or e <= ends_to) for e in _each(there.first, there.last)
    ]
    assert certainty(one, Asked(ends_from=ends_from, ends_to=ends_to)) == ("surely" if all(within) else "perhaps")


@given(some_days(), some_days(), st.booleans(), st.sampled_from(DAYS))
def test_what_is_surely_late_is_late_whatever_its_dates_mean(starts, ends, is_planned, today):
    one, awaited = entry(starts, ends, is_planned=is_planned), parse(starts if is_planned else ends)
    assume(one.first <= one.ends_first and one.starts_last <= one.last)
    by = [(today - day).days for day in _each(awaited.first, awaited.last)]
    assert days_late(one, today) == (max(min(by), 0), max(max(by), 0))


@pytest.mark.parametrize(
    ("one", "days"),
    [
        (entry("2024", "2025-06-01"), (14, 14)),
        (entry("2024", "2025-06"), (0, 14)),
        (entry("2024", "2025-07"), (0, 0)),
        (entry("2024", None), (0, 0)),
        (entry("2025-05", "2027", is_planned=True), (15, 45)),
        (entry("2025-06", "2027", is_planned=True), (0, 14)),
        (entry(None, "2025-06-01", is_planned=True), (14, 14)),
        (entry("2025/..", "2025-06-01", is_planned=True), (14, 165)),
        (entry("2024", "2025-06-01", is_open=False), (0, 0)),
    ],
)
def test_an_awaited_end_or_a_plan_not_begun_is_late_from_its_day_on(one, days):
    assert days_late(one, TODAY) == days


def test_an_entry_is_surely_there_where_each_question_is_sure():
    one = entry("2024", "2025-06-10/2025-06-20")
    asked = Asked(begins=date(2024, 1, 1), ends=TODAY, ends_to=date(2025, 7, 1))
    assert certainty(one, asked) == "surely"
    assert certainty(one, Asked(begins=date(2024, 1, 1), ends=TODAY, ends_to=TODAY)) == "perhaps"
    assert certainty(one, Asked(is_late=True, today=TODAY)) == "perhaps"
    assert certainty(one, Asked(kinds=("project",))) is None


# ---- order ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "then", "said"),
    [
        (("2024-07", None), ("2024-08-01", None), "before"),
        (("2024-07", None), ("2024-07-28", None), "unknown"),
        (("2024-07", None), ("2024-07", None), "unknown"),
        (("2024-07-28", None), ("2024-07-28", "2026"), "same"),
        ((None, "2023"), ("2024", None), "before"),
        (("2022", None), (None, "2023"), "unknown"),
        (("2020/..", "2023"), ("2024", None), "before"),
    ],
)
def test_two_beginnings_have_an_order_only_where_their_days_do_not_overlap(one, then, said):
    assert order(entry(*then), entry(*one)) == said


@pytest.mark.parametrize(
    ("one", "then", "said"),
    [
        (("2024", "2025-07"), ("2024", "2025-08"), "before"),
        (("2024", "2025-07"), ("2024", "2025"), "unknown"),
        (("2024", "2025-07-01"), ("2020", "2025-07-01"), "same"),
        (("2024", "2025-07"), ("2026", None), "before"),
        (("2024", "2025-07"), ("2025", None), "unknown"),
    ],
)
def test_two_ends_have_an_order_only_where_their_days_do_not_overlap(one, then, said):
    assert order(entry(*then), entry(*one), by_end=True) == said


def test_the_first_of_all_stands_after_nothing():
    assert order(entry("2024"), None) is None


# ---- sources -------------------------------------------------------------------------------------------


def test_an_entry_names_the_sources_that_state_its_dates(world, django_assert_num_queries):
    old, hidden = cast.source("old", published_on="2020"), cast.source("secret", visibility=Visibility.INTERNAL)
    cast.citation(old, world.alpha, "ends_on", value="2029")
    cast.citation(old, world.alpha, "name", value="Alpha")
    cast.citation(hidden, world.alpha, "starts_on", value="2022", visibility=Visibility.INTERNAL)
    cast.work()
    one = next(e for e in entries(ANYONE, Asked(kinds=("program",))) if e.record == world.alpha.id)
    with django_assert_num_queries(1):
        said = sources_of([one], ANYONE)[world.alpha.id, "period"]
    assert [(s.source, s.attribute, s.value, s.is_held) for s in said] == [
        (old.id, "ends_on", "2029", False),
        (world.paper.id, "starts_on", "2022-07", True),
    ]
    assert hidden.id in {s.source for s in sources_of([one], EVERYTHING)[world.alpha.id, "period"]}


def test_what_no_source_states_names_none(world, django_assert_num_queries):
    cast.work()
    found = entries(ANYONE, Asked(kinds=("project", "lab")))
    assert found and not any(sources_of(found, ANYONE).values())
    with django_assert_num_queries(0):
        assert sources_of([], ANYONE) == {}


def test_in_the_past_the_sources_of_then_are_named_by_the_rights_of_today(world):
    before = sql("SELECT clock_timestamp()")[0][0]
    late, hidden = cast.source("late"), cast.source("later hidden")
    for by in (late, hidden):
        cast.citation(by, world.alpha, "starts_on", value="2022-07")
    moment = sql("SELECT clock_timestamp()")[0][0]
    Citation.objects.filter(source=hidden).update(visibility=Visibility.INTERNAL)
    Source.objects.filter(id=hidden.id).update(visibility=Visibility.INTERNAL)
    said = {}
    for at, reader in ((before, EVERYTHING), (moment, ANYONE), (moment, EVERYTHING)):
        with known_at(at):
            one = next(
                e for e in entries(reader, Asked(kinds=("program",), is_past=True)) if e.record == world.alpha.id
            )
            stated = sources_of([one], reader)[world.alpha.id, "period"]
            said[at, reader] = {s.source for s in stated}
    assert said == {
        (before, EVERYTHING): {world.paper.id},
        (moment, ANYONE): {world.paper.id, late.id},
        (moment, EVERYTHING): {world.paper.id, late.id, hidden.id},
    }
