"""Where two statements about one record cannot both be true, a worker opens a disagreement: once, and for whom it exists."""

import re
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.dates import BadDate, parse
from records.differing import compared_fields, differences
from records.models import Change, Citation, Disagreement
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def alpha(world):
    work()
    return world.alpha


def say(about, attribute, value, by=None, **more) -> Citation:
    return cast.citation(by or cast.source(), about, attribute, **{"value_stated": "", "value": value} | more)


def found(about, attribute=None) -> list[Disagreement]:
    work()
    rows = Disagreement.objects.filter(record_id=about.id, origin="found", is_retired=False).order_by("id")
    return list(rows.filter(attribute=attribute) if attribute else rows)


def test_two_sources_that_state_different_values_are_found(alpha):
    say(alpha, "name_ko", "알파 사업")
    say(alpha, "name_ko", "알파 과제")
    (one,) = found(alpha)
    assert (one.attribute, one.kind, one.severity, one.state) == ("name_ko", "spelling", "major", "open")
    assert (one.topic_ko, one.topic_en) == ("이름 (국문)", "name (in Korean)")
    assert Change.objects.get(pk=one.change_id).actor_name == "사업대장 · registry"


def test_it_is_opened_once_however_often_one_looks(alpha):
    say(alpha, "name_ko", "알파 사업")
    say(alpha, "name_ko", "알파 과제")
    say(alpha, "name_ko", "알파 계획")
    assert len(found(alpha)) == 1
    say(alpha, "name_ko", "알파 연구")
    assert len(found(alpha)) == 1


@pytest.mark.parametrize(
    ("attribute", "one", "other"),
    [
        ("ends_on", {"value": "2028"}, {"value": "2028-06"}),  # June 2028 lies in 2028
        ("researchers", {"value": "35", "qualifier": "at_least"}, {"value": "40"}),
        ("total_planned", {"value": "100"}, {"value": "103", "qualifier": "about"}),
        ("partner", {"value": "KAIST"}, {"value": "GIST"}),  # a free attribute has several values
        ("purpose_en", {"value": "to learn"}, {"value": "to teach"}),  # prose
        ("researchers", {"value": "35", "speaks_of": "2024"}, {"value": "64", "speaks_of": "2025"}),
        ("starts_at", {"value": "2022-07-07T23:00+09:00"}, {"value": "2022-07-07T10:00-04:00"}),
        ("duration", {"value": "2", "unit": "weeks"}, {"value": "14", "unit": "days"}),
    ],
)
def test_what_can_both_be_true_is_no_disagreement(alpha, attribute, one, other):
    say(alpha, attribute, **one)
    say(alpha, attribute, **other)
    assert found(alpha) == []


def test_a_plan_and_the_fact_do_not_contradict_each_other(alpha):
    say(alpha, "researchers", "40", certainty="planned")
    say(alpha, "researchers", "35")
    assert found(alpha) == []


def test_a_disagreement_is_closed_when_its_statements_no_longer_differ(alpha):
    say(alpha, "name_ko", "알파 사업")
    slip = say(alpha, "name_ko", "알파 시업")
    (one,) = found(alpha)
    Citation.objects.filter(id=slip.id).update(value="알파 사업")
    (closed,) = found(alpha)
    assert (closed.id, closed.state, closed.adopted) == (one.id, "decided", "알파 사업")
    assert closed.reason_en == "The statements no longer differ."


def test_a_decision_stands_until_something_else_is_said(alpha):
    say(alpha, "name_ko", "알파 사업")
    slip = say(alpha, "name_ko", "알파 과제")
    (one,) = found(alpha)
    Disagreement.objects.filter(id=one.id).update(state="decided", reason_en="as printed")
    Citation.objects.filter(id=slip.id).update(place="L9")
    say(alpha, "name_ko", "알파 과제")
    assert [row.state for row in found(alpha)] == ["decided"]
    say(alpha, "name_ko", "알파 연구")
    assert [row.state for row in found(alpha)] == ["decided", "open"]


def test_one_that_somebody_took_back_is_not_opened_again(alpha):
    say(alpha, "name_ko", "알파 사업")
    say(alpha, "name_ko", "알파 과제")
    (one,) = found(alpha)
    Disagreement.objects.filter(id=one.id).update(is_retired=True)
    say(alpha, "ends_on", "2028")
    assert found(alpha) == []


def test_one_that_somebody_entered_is_not_found_again(alpha):
    cast.disagreement(alpha, attribute="name_ko")
    say(alpha, "name_ko", "알파 사업")
    say(alpha, "name_ko", "알파 과제")
    assert found(alpha) == []


def test_it_exists_only_for_who_sees_both_statements(alpha):
    say(alpha, "name_ko", "알파 사업")
    hidden = say(alpha, "name_ko", "알파 과제", visibility=INTERNAL)
    (one,) = found(alpha)
    assert one.visibility == INTERNAL
    Citation.objects.filter(id=hidden.id).update(visibility=PUBLIC)
    (one,) = found(alpha)
    assert one.visibility == PUBLIC


# ---- the same, said slowly -------------------------------------------------------------------------------

VALUES = ["1", "2", "3.5", "-4", "2024", "2024-07", "2024-07/2025-01", "2024-02-30", "2024-13", "../2025", "2024~", "x", "y",
          "2022-07-07T23:00+09:00", "2022-07-07T10:00-04:00", "2022-07-07T11:00-04:00", "2022-02-31T11:00Z"]  # fmt: skip
STATEMENTS = st.fixed_dictionaries(
    {
        "attribute": st.sampled_from(["ends_on", "name_en", "researchers", "partner"]),
        "value": st.sampled_from(VALUES),
        "unit": st.sampled_from(["", "", "persons"]),
        "qualifier": st.sampled_from(Citation.Qualifier.values),
        "speaks_of": st.sampled_from([None, "2024"]),
        "certainty": st.sampled_from(["stated", "inferred", "planned"]),
        "visibility": st.sampled_from([PUBLIC, PUBLIC, SHARED, INTERNAL]),
        "is_retired": st.sampled_from([False, False, False, True]),
    }
)


@given(st.lists(STATEMENTS, max_size=7), st.data())
def test_what_is_found_is_what_comparing_every_pair_finds(alpha, statements, data):
    Citation.objects.filter(record_id=alpha.id).delete()
    Disagreement.objects.filter(record_id=alpha.id).delete()
    source = cast.source()
    rows = [say(alpha, by=source, **one) for one in statements]
    assert {d.attribute: d.visibility for d in found(alpha)} == plainly(rows)
    if rows:
        gone = data.draw(st.sampled_from(rows))
        Citation.objects.filter(id=gone.id).update(is_retired=True)
        gone.is_retired = True
        work()
        still_open = {d.attribute: d.visibility for d in found(alpha) if d.state == "open"}
        assert still_open == plainly(rows)
    assert list(differences()) == []


def plainly(rows: list[Citation]) -> dict[str, int]:
    """By attribute: the least level at which two statements of one date cannot both be true."""
    groups = defaultdict(list)
    for row in rows:
        if not row.is_retired:
            groups[row.attribute, row.speaks_of, row.certainty == "planned"].append(row)
    levels = defaultdict(set)
    for (attribute, *_rest), group in groups.items():
        levels[attribute] |= {
            level for level in (PUBLIC, SHARED, INTERNAL) if differ([row for row in group if row.visibility <= level])
        }
    return {attribute: min(found) for attribute, found in levels.items() if found}


def differ(group: list[Citation]) -> bool:
    if len({row.unit for row in group}) == 1:
        for read in (numbers, days, instants):
            ranges = [read(row) for row in group]
            if all(ranges):
                return any(max(a[0], b[0]) > min(a[1], b[1]) for a, b in combinations(ranges, 2))
    is_field = ("program", group[0].attribute) in compared_fields() if group else False
    return is_field and any((a.value, a.unit) != (b.value, b.unit) for a, b in combinations(group, 2))


def numbers(row):
    if not re.fullmatch(r"-?\d+(\.\d+)?", row.value):
        return None
    value, endless = Decimal(row.value), Decimal("Infinity")
    return {
        "exact": (value, value),
        "about": (value - abs(value) / 20, value + abs(value) / 20),
        "at_least": (value, endless),
        "at_most": (-endless, value),
    }[row.qualifier]


def days(row):
    try:
        read = parse(row.value)
    except BadDate:
        return None
    return read.first, read.last


def instants(row):
    try:
        when = datetime.fromisoformat(row.value) if "T" in row.value else None
    except ValueError:
        return None
    return (when, when) if when else None
