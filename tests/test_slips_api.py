"""`/api/v1/slips/`: who may see which move of which date, by whom and why; and the words of the rules."""

import pytest

from labs.models import Lab
from programs.models import Milestone, Project
from records.history import change
from records.models import Change
from records.slips import asking
from tests import cast
from tests.cast import INTERNAL, ids_in, sql
from tests.reporting import by, decided, reporting_world, submitted, typed
from tests.test_history import now

pytestmark = pytest.mark.usefixtures("english")


def milestone(w, due="2026-03-01", **more) -> Milestone:
    return cast.UNDER["milestone"](w.one, "Prototype", due_on=due, **more)


def move(row, reason="", nature="", **dates) -> Change:
    with change(actor_name="Kim", reason=reason, nature=nature) as this:
        type(row).objects.filter(id=row.id).update(**dates)
    return this


def told(api, question="program=alpha", user=None) -> list[dict]:
    response = api(f"slips/?{question}", user)
    assert response.status_code == 200, response.json()
    return response.json()["results"]


def test_a_slip_says_from_when_to_when_by_how_much_by_whom_and_why(world, api):
    row = milestone(world)
    this = move(row, "the supplier is late", due_on="2026-05-01")
    (slip,) = told(api)
    assert (slip["record"], slip["fact"], slip["side"], slip["what"]) == (str(row.id), "due", "day", "later")
    assert (slip["reference"], slip["reached"], slip["days_low"], slip["days_high"]) == (
        "2026-03-01",
        "2026-05-01",
        61,
        61,
    )
    (step,) = slip["moves"]
    assert (step["before"], step["after"], step["report"]) == ("2026-03-01", "2026-05-01", None)
    assert (step["change"]["id"], step["change"]["by"], step["change"]["reason"]) == (
        this.pk,
        "Kim",
        "the supplier is late",
    )


def test_what_a_source_states_as_the_first_plan_is_the_first_plan(world, api):
    milestone(world, due="2026-05", planned_on="2026-03")
    (slip,) = told(api)
    assert (slip["first_stated"], slip["first_known"], slip["reference"], slip["times"]) == (
        "2026-03",
        "2026-05",
        "2026-03",
        0,
    )
    assert slip["moves"] == []


def test_a_date_told_more_exactly_has_not_slipped(world, api):
    move(milestone(world, due="2026"), due_on="2026-09")
    assert told(api) == []
    assert [slip["what"] for slip in told(api, "program=alpha&what=more_exact")] == ["more_exact"]


def test_a_date_that_was_never_true_was_no_plan(world, api):
    row = milestone(world, due="2062-03-01")
    move(row, nature="correction", due_on="2026-03-01")
    assert told(api) == []
    move(row, due_on="2026-04-01")
    (slip,) = told(api)
    assert (slip["reference"], slip["days"], slip["times"]) == ("2026-03-01", 31, 2)


def test_a_date_that_came_back_has_not_slipped_and_both_changes_are_told(world, api):
    row = milestone(world)
    first = move(row, due_on="2026-05-01")
    with change(undoes=first):
        Milestone.objects.filter(id=row.id).update(due_on="2026-03-01")
    assert told(api) == []
    (slip,) = told(api, "program=alpha&what=same")
    assert [step["change"]["undoes"] for step in slip["moves"]] == [None, first.pk]


def test_a_date_that_is_withdrawn_is_told_and_one_that_is_entered_is_no_slip(world, api):
    row = milestone(world, due=None)
    move(row, due_on="2026-05")
    assert told(api) == []
    move(row, due_on=None)
    assert [(slip["what"], slip["days"]) for slip in told(api)] == [("withdrawn", 0)]


def test_what_came_true_is_compared_with_its_plan(world, api):
    row = milestone(world)
    move(row, due_on="2026-05-01")
    move(row, done_on="2026-06-01", state="done")
    assert [slip["days"] for slip in told(api)] == [92]
    (against_the_plan,) = told(api, "program=alpha&against=plan")
    assert (against_the_plan["reference"], against_the_plan["reached"], against_the_plan["days"]) == (
        "2026-05-01",
        "2026-06-01",
        31,
    )
    assert [step["is_real"] for step in against_the_plan["moves"]] == [False, True]


def test_a_period_slips_at_its_beginning_and_at_its_end(world, api):
    move(Project.objects.get(slug="one"), starts_on="2022-09", ends_on="2028")
    assert [(slip["side"], slip["what"]) for slip in told(api)] == [("start", "later")]
    move(Project.objects.get(slug="one"), ends_on="2030")
    assert {(slip["side"], slip["what"]) for slip in told(api)} == {("start", "later"), ("end", "later")}


def test_against_a_moment_only_what_was_there_then_and_moved_since_is_told(world, api):
    old, other = milestone(world), milestone(world)
    move(old, due_on="2026-04-01")
    then = now().isoformat().replace("+", "%2B")
    move(old, due_on="2026-05-01")
    move(milestone(world), due_on="2027-01-01")
    (slip,) = told(api, f"program=alpha&against={then}")
    assert (slip["record"], slip["reference"], slip["days"]) == (str(old.id), "2026-04-01", 30)
    assert str(other.id) not in str(told(api))


def test_what_the_registry_knew_at_a_moment_slipped_as_far_as_it_knew(world, api):
    row = milestone(world)
    move(row, due_on="2026-04-01")
    then = now().isoformat().replace("+", "%2B")
    move(row, due_on="2026-05-01")
    (slip,) = told(api, f"program=alpha&known_at={then}")
    assert (slip["reached"], slip["times"], len(slip["moves"])) == ("2026-04-01", 1, 1)


def test_retired_records_are_not_told(world, api):
    row = milestone(world)
    move(row, due_on="2026-05-01")
    Milestone.objects.filter(id=row.id).update(is_retired=True)
    assert told(api) == []


def test_what_an_institution_takes_part_in_is_on_its_timeline(world, api):
    cast.participation(world.kaist, world.three)
    hidden = cast.participation(world.kaist, world.two, visibility=INTERNAL)
    for slug in ("two", "three"):
        Project.objects.filter(slug=slug).update(ends_on="2027")
        move(Project.objects.get(slug=slug), ends_on="2029")
    assert {slip["record"] for slip in told(api, "institution=kaist")} == {str(world.three.id)}
    seen = {slip["record"] for slip in told(api, "institution=kaist", cast.user("officer"))}
    assert seen == {str(world.three.id), str(hidden.scope_id)}


def test_a_move_that_came_by_a_report_leads_to_it_for_those_who_may_open_it(db, api):
    w = reporting_world()
    update = submitted(w, typed(w, milestones=[{"key": str(w.milestone.id), "version": 1, "due_on": "2025-09"}]))
    decided(update, w)
    question = f"record={w.milestone.id}"
    reports = {
        user: [step["report"] and step["report"]["id"] for slip in told(api, question, user) for step in slip["moves"]]
        for user in (w.officer, w.partner, w.stranger, None)
    }
    assert reports == {w.officer: [str(update.id)], w.partner: [str(update.id)], w.stranger: [None], None: [None]}
    (slip,) = told(api, question)
    assert slip["moves"][0]["change"]["by"] == w.officer.username
    assert by(w.officer).name == w.officer.username


@pytest.mark.parametrize("role", cast.ROLES)
def test_nobody_is_told_of_moves_that_they_may_not_see(world, api, role):
    move(milestone(world), due_on="2026-05-01")
    hidden = milestone(world, visibility=INTERNAL)
    user = cast.cast(world)[role]
    before = [api(f"slips/?{question}", user).json() for question in ("", "program=alpha", "against=2026-01-01")]
    move(hidden, due_on="2028-05-01")
    after = [api(f"slips/?{question}", user).json() for question in ("", "program=alpha", "against=2026-01-01")]
    is_officer = role in ("officer", "administrator")
    assert [answer["results"] for answer in after] != [answer["results"] for answer in before] or not is_officer
    assert is_officer or [answer["results"] for answer in after] == [answer["results"] for answer in before]
    assert is_officer or hidden.id not in ids_in(after)


def test_the_largest_slip_comes_first_and_pages_follow_one_another_to_the_end(world, api):
    for days in (5, 40, 12, 40, 1):
        move(milestone(world), due_on=f"2026-{4 if days > 30 else 3:02d}-{1 + days % 39:02d}")
    move(milestone(world), due_on="2026-01-01")
    whole, cursor = [], ""
    while cursor is not None:
        answer = api(f"slips/?program=alpha&limit=2&cursor={cursor}").json()
        whole, cursor = whole + answer["results"], answer["next_cursor"]
    assert [slip["days"] for slip in whole] == sorted((slip["days"] for slip in whole), reverse=True)
    assert len({slip["record"] for slip in whole}) == len(whole) == 6


def test_of_everything_only_the_latest_moves_are_looked_at_and_that_is_said(world, api, monkeypatch):
    monkeypatch.setattr(asking, "MOST", 2)
    for row in (first := milestone(world), milestone(world), milestone(world)):
        move(row, due_on="2026-05-01")
    answer = api("slips/").json()
    assert answer["is_cut"] and len(answer["results"]) == 2
    assert str(first.id) not in str(answer)
    assert not api("slips/?program=alpha").json()["is_cut"]


def test_only_what_moved_since_a_day_is_told_where_that_is_asked(world, api):
    move(milestone(world), due_on="2026-05-01")
    assert len(told(api, "since=2020")) == 1
    then = now().isoformat().replace("+", "%2B")
    assert told(api, f"since={then}") == []


def test_a_lab_that_opens_later_than_planned_slipped(world, api):
    lab = cast.lab(world.gist, "late-lab", opening_planned_on="2025-03")
    move(Lab.objects.get(id=lab.id), opened_on="2025-07-01")
    (slip,) = told(api, "institution=gist&kind=lab")
    assert (slip["reference"], slip["reached"], slip["days_low"], slip["days_high"]) == (
        "2025-03",
        "2025-07-01",
        92,
        122,
    )


def test_each_thing_that_is_wrong_with_a_question_is_said(world, api):
    answer = api("slips/?kind=cat&what=slow&against=2999&since=x&limit=0&cursor=x&record=7&colour=red")
    assert answer.status_code == 400
    assert {one["parameter"] for one in answer.json()["errors"]} == {
        "kind", "what", "against", "since", "limit", "cursor", "record", "colour",
    }  # fmt: skip


def test_a_registry_that_moves_by_sql_is_told_as_any_other(world, api):
    row = milestone(world)
    sql("UPDATE programs_milestone SET due_on = '2026-05-01' WHERE id = %s", row.id)
    (slip,) = told(api)
    assert (slip["days"], slip["moves"][0]["change"]["door"]) == (61, "sql")


def test_a_page_costs_as_many_queries_as_a_row(world, api, django_assert_max_num_queries):
    for _n in range(12):
        move(milestone(world), due_on="2026-05-01")
    with django_assert_max_num_queries(20):
        assert len(told(api)) == 12
