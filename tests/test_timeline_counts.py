"""Dated facts are counted by kind, and what is over can be left out."""

from datetime import date

import pytest

from records.rights import ANYONE, EVERYTHING
from records.timelines.asking import Asked, entries, how_many_by_kind
from tests import cast
from tests.cast import INTERNAL, work

pytestmark = pytest.mark.django_db
SOON = {"ends_from": date(2026, 1, 1), "ends_to": date(2026, 3, 31), "by_end": True}


@pytest.fixture
def program(db):
    """What ends early in 2026: two projects, one of them cancelled, a hidden one, an agreement, and milestones."""
    program = cast.program("alpha")
    cast.project(program, "going-on", ends_on="2026-02-01")
    cast.project(program, "cancelled", ends_on="2026-02-02", status="cancelled")
    cast.project(program, "hidden", ends_on="2026-02-03", visibility=INTERNAL)
    cast.UNDER["agreement"](program, "agreement", starts_on="2024", ends_on="2026-03-01")
    cast.UNDER["milestone"](program, "awaited", due_on="2026-03")
    cast.UNDER["milestone"](program, "reached", due_on="2026-03-02", state="done", done_on="2026-03-01")
    work()
    return program


@pytest.mark.parametrize("is_past", [False, True])
def test_each_kind_is_counted_within_ones_rights(program, is_past):
    counts = {"project": 2, "agreement": 1, "milestone": 3}  # two that are due, and the day on which one was done
    asked = Asked(**SOON, is_past=is_past)
    assert how_many_by_kind(ANYONE, asked) == (counts, True)
    assert how_many_by_kind(EVERYTHING, asked) == (counts | {"project": 3}, True)


def test_beyond_the_most_that_are_counted_of_a_kind_the_numbers_are_lower_bounds(program):
    counts, is_all = how_many_by_kind(EVERYTHING, Asked(**SOON), at_most=2)
    assert not is_all
    assert counts == {"project": 2, "agreement": 1, "milestone": 2}
    assert how_many_by_kind(EVERYTHING, Asked(**SOON), at_most=3)[1]


@pytest.mark.parametrize("is_past", [False, True])
def test_what_is_over_is_left_out_but_not_what_nobody_awaits(program, is_past):
    def told(**asked) -> set[tuple[str, str]]:
        found = entries(ANYONE, Asked(**SOON, **asked, is_past=is_past))
        return {(entry.kind, entry.fact, entry.ends_on) for entry in found}

    over = {("project", "period", "2026-02-02"), ("milestone", "due", "2026-03-02")}
    assert told(is_over=True) == over
    assert told(is_over=False) == told() - over
    assert ("agreement", "period", "2026-03-01") in told(is_over=False)
