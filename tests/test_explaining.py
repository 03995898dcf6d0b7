"""Why a total differs between two moments, line by line."""

from datetime import date

import pytest

from funding.explaining import explain
from funding.models import FundingAmount, FundingLine
from records.rights import ANYONE, EVERYTHING
from records.two_moments import Moment, Two
from tests import cast
from tests.cast import INTERNAL, sql

pytestmark = pytest.mark.usefixtures("english")


def now():
    return sql("SELECT clock_timestamp()")[0][0]


def whys(then, by=EVERYTHING, **of) -> dict:
    """{(line, year): what happened} since then."""
    found = explain(by, Two("known_at", Moment(known_at=then), Moment()), **of)
    assert found.is_whole and not found.more
    return {(one.line, one.fiscal_year): {why.value for why in one.why} for one in found.differences}


@pytest.fixture
def line(world) -> FundingLine:
    made = cast.line(world.one)
    cast.amount(made, 2025, 100, committed=90)
    return made


def test_nothing_is_explained_where_nothing_differs(line, world):
    assert whys(now(), program=world.alpha.id) == {}


def test_a_new_line_a_cancelled_one_and_a_deleted_one_are_told(line, world):
    gone = cast.line(world.one)
    then, was = now(), gone.id
    new = cast.line(world.one)
    FundingLine.objects.filter(id=line.id).update(state="cancelled")
    gone.delete()
    assert whys(then, project=world.one.id) == {
        (new.id, None): {"new"}, (line.id, 2025): {"gone"}, (was, None): {"gone"},
    }  # fmt: skip


def test_a_revision_is_told_from_a_correction(line, world):
    other = cast.line(world.one)
    cast.amount(other, 2025, 5)
    then = now()
    cast.amount(line, 2025, 120, decided_on="2025-06", revision="raised")
    cast.amount(other, 2025, 6, decided_on="2025-06", revision="corrected")
    assert whys(then, project=world.one.id) == {(line.id, 2025): {"revised"}, (other.id, 2025): {"corrected"}}


def test_a_line_that_moved_is_told_on_both_sides(line, world):
    then = now()
    FundingLine.objects.filter(id=line.id).update(program=world.beta, project=None)
    assert whys(then, program=world.alpha.id) == {(line.id, 2025): {"moved_away"}}
    assert whys(then, program=world.beta.id) == {(line.id, 2025): {"moved_here"}}
    assert whys(then, only={"payer_kind": ["unstated"]}, program=world.beta.id) == {(line.id, 2025): {"moved_here"}}


def test_entries_and_counter_entries_are_told(line, world):
    then = now()
    entry = cast.entry(line, 50)
    between = now()
    cast.counter_entry(entry, 20)
    assert whys(then, program=world.alpha.id) == {(line.id, 2025): {"entered", "corrected"}}
    assert whys(between, program=world.alpha.id) == {(line.id, 2025): {"corrected"}}


def test_a_division_is_told(line, world):
    then = now()
    part = cast.split(line, project=world.two)
    cast.amount(part, 2025, 40)
    assert whys(then, program=world.alpha.id) == {(part.id, 2025): {"new"}, (line.id, 2025): {"divided"}}


def test_two_days_of_the_world_are_explained_too(line, world):
    FundingAmount.objects.filter(line=line).update(decided_on="2025-01")
    cast.amount(line, 2025, 120, decided_on="2025-06")
    two = Two("as_of", *(Moment(as_of=date(2025, month, 2)) for month in (2, 7)))
    found = explain(EVERYTHING, two, program=world.alpha.id)
    assert [(one.line, one.by("planned"), one.why[0].value) for one in found.differences] == [(line.id, 20, "revised")]


def test_what_one_may_not_see_is_not_explained(line, world):
    then = now()
    hidden = cast.line(world.one, visibility=INTERNAL)
    cast.amount(hidden, 2025, 7, visibility=INTERNAL)
    assert whys(then, program=world.alpha.id) == {(hidden.id, 2025): {"new"}}
    assert whys(then, ANYONE, program=world.alpha.id) == {}


def test_the_page_and_the_api_explain(api, client, line, world):
    then = now().isoformat().replace("+", "%2B")
    cast.amount(line, 2025, 120, decided_on="2025-06")
    row = api(f"compare/totals/lines/?program=alpha&known_at={then}").json()["results"][0]
    assert (row["line"], row["why"], row["left"]["planned"], row["right"]["planned"]) == (
        str(line.id),
        ["revised"],
        100,
        120,
    )
    page = client.get(f"/en/compare/totals/?program=alpha&known_at={then}&explain=1&unit=won").content.decode()
    assert "Revised" in page and f"/en/funding-lines/{line.id}/" in page and "+20" in page
    assert (
        client.get(f"/en/compare/totals/?program=alpha&known_at={then}&group_by=payer,abroad,state").status_code == 200
    )
