"""What stands on a timeline besides its own dated facts: reports due, the dates of what one takes part in; and what does not."""

from datetime import date

import pytest
from django.utils import timezone

from programs.models import Milestone, Participation, Project
from records.history import known_at
from records.rights import ANYONE, EVERYTHING
from records.timelines.asking import Asked, entries, how_many
from records.timelines.entries import TIMELINES, TimelineEntry
from reports.models import ReportDue
from tests import cast
from tests.cast import INTERNAL, sql, work
from tests.test_dues import obliged, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def on(*owners, by=None, reader=None, **asked) -> list:
    """(record, fact, through) of the entries on all these timelines."""
    question = Asked(owners=tuple(owner.id for owner in owners), **asked)
    found = entries(reader or cast.reader(by), question)
    assert how_many(reader or cast.reader(by), question) == len(found)
    return [(e.record, e.fact, e.through) for e in found]


# ---- reports due -------------------------------------------------------------------------------------------------


@pytest.fixture
def due(world):
    """GIST leads the project One and owes a report that is late, and one in ten days."""
    cast.participation(world.gist, world.one, part="lead")
    world.late, world.coming = obliged(world.alpha, -3), obliged(world.alpha, 10)
    work()
    world.partner = cast.user("partner", world.gist)
    return world


def test_a_report_due_stands_on_the_timelines_of_all_that_it_concerns(due):
    row = ReportDue.objects.get(obligation=due.coming)
    for owner in (due.alpha, due.one, due.gist, due.coming):
        [entry] = [e for e in entries(EVERYTHING, Asked(owners=(owner.id,), facts=("report_due",))) if e.part == row.id]
        assert (entry.record, entry.kind, entry.about, entry.within) == (
            due.coming.id,
            "obligation",
            due.one.id,
            due.alpha.id,
        )
        assert (entry.starts_on, entry.first, entry.last) == (row.due_on.isoformat(), row.due_on, row.due_on)
    for owner in (due.kaist, due.beta, due.two, due.hong):
        assert not on(owner, reader=EVERYTHING, facts=("report_due",))


def test_what_an_agreement_asks_for_stands_on_its_timeline(due):
    agreement = cast.UNDER["agreement"](due.one, "MoU")
    cast.participation(due.gist, agreement, part="party")
    under = obliged(agreement, 20)
    work()
    assert on(agreement, reader=EVERYTHING, facts=("report_due",)) == [(under.id, "report_due", None)]


def test_officers_see_all_that_is_due_partners_their_own_and_others_nothing(due, officer):
    both = [(due.late.id, "report_due", None), (due.coming.id, "report_due", None)]
    assert on(by=officer, facts=("report_due",)) == both == on(by=due.partner, facts=("report_due",))
    for other in (None, cast.user("viewer"), cast.user("partner", due.kaist), cast.user("partner", due.unit)):
        assert not on(by=other, facts=("report_due",)) and not on(due.gist, by=other, facts=("report_due",))


def test_what_is_due_of_an_internal_obligation_or_project_is_told_to_officers_alone(due, officer):
    sql("UPDATE reports_obligation SET visibility = %s WHERE id = %s", INTERNAL, due.late.id)
    assert on(by=due.partner, facts=("report_due",)) == [(due.coming.id, "report_due", None)]
    sql("UPDATE programs_project SET visibility = %s WHERE id = %s", INTERNAL, due.one.id)
    assert not on(by=due.partner, facts=("report_due",))
    assert len(on(by=officer, facts=("report_due",))) == 2


def test_a_report_is_awaited_until_it_is_handed_in(due):
    late = {"today": timezone.localdate(), "is_late": True, "facts": ("report_due",)}
    assert on(reader=EVERYTHING, **late) == [(due.late.id, "report_due", None)]
    report(ReportDue.objects.get(obligation=due.late))
    work()
    assert not on(reader=EVERYTHING, **late)
    assert len(on(due.gist, reader=EVERYTHING, facts=("report_due",))) == 2


def test_the_calendar_of_reports_has_no_past(due):
    with known_at(sql("SELECT clock_timestamp()")[0][0]):
        assert not on(due.one, reader=EVERYTHING, is_past=True, facts=("report_due",))
        assert on(due.late, reader=EVERYTHING, is_past=True) == [(due.late.id, "period", None)]


def test_reports_due_and_dated_facts_follow_one_another_page_by_page(due):
    whole = entries(EVERYTHING, Asked())
    for by_end in (False, True):
        found, after = [], []
        while page := entries(EVERYTHING, Asked(by_end=by_end), after=after, limit=2):
            found += page
            after = page[-1].place(by_end)
        days = [e.last if by_end else e.first or e.last for e in found]
        assert days == sorted(days)
        assert {(e.part, e.fact) for e in found} == {(e.part, e.fact) for e in whole if not by_end or e.last}


# ---- what one takes part in ----------------------------------------------------------------------------------------


def test_the_dates_of_what_one_takes_part_in_stand_on_ones_timeline_with_the_part(world):
    work()
    assert (world.alpha.id, "period", world.part.id) in on(world.gist)
    assert (world.one.id, "period", world.role.id) in on(world.hong)
    assert world.one.id not in {record for record, *_rest in on(world.gist)}  # what lies below is not taken part in


def test_what_stands_on_a_timeline_by_itself_is_not_carried_there_too(world):
    cast.participation(world.gist, world.lab, part="host")
    again = cast.participation(world.gist, world.alpha, part="payer")
    work()
    assert [row for row in on(world.gist) if row[0] == world.lab.id] == [(world.lab.id, "opened", None)]
    assert [row for row in on(world.gist) if row[0] == world.alpha.id] == [
        (world.alpha.id, "period", min(world.part.id, again.id, key=str))
    ]


def test_a_part_that_one_may_not_see_carries_nothing(world):
    work()
    Participation.objects.filter(id=world.part.id).update(visibility=INTERNAL)
    assert world.alpha.id not in {record for record, *_rest in on(world.gist)}
    assert world.alpha.id in {record for record, *_rest in on(world.gist, reader=EVERYTHING)}
    Participation.objects.filter(id=world.part.id).update(is_retired=True)
    assert world.alpha.id not in {record for record, *_rest in on(world.gist, reader=EVERYTHING)}


def test_what_is_carried_is_found_on_both_timelines_at_once(world):
    cast.participation(world.gist, world.one)
    work()
    assert [record for record, *_rest in on(world.gist, world.alpha, kinds=("project", "program"))] == [
        world.alpha.id, world.one.id,
    ]  # fmt: skip
    assert [row[0] for row in on(world.gist, world.hong, kinds=("project",))] == [world.one.id]
    assert on(world.gist, world.rus) == []


def test_what_one_took_part_in_then_is_carried_in_the_past(world):
    then = sql("SELECT clock_timestamp()")[0][0]
    Participation.objects.filter(id=world.part.id).update(is_retired=True)
    work()
    assert (world.alpha.id, "period", world.part.id) not in on(world.gist)
    with known_at(then):
        assert (world.alpha.id, "period", world.part.id) in on(world.gist, is_past=True)


# ---- what nobody may hear of ---------------------------------------------------------------------------------------


def test_a_relation_that_one_may_not_see_puts_nothing_on_a_timeline(world):
    cast.relation(world.one, world.beta, visibility=INTERNAL)
    cast.relation(world.two, world.alpha, visibility=INTERNAL)  # where it stands anyway
    Project.objects.filter(id=world.two.id).update(starts_on="2023")
    work()
    assert world.one.id not in {record for record, *_rest in on(world.beta)}
    assert world.one.id in {record for record, *_rest in on(world.beta, reader=EVERYTHING)}
    assert world.two.id in {record for record, *_rest in on(world.alpha)}
    with known_at(sql("SELECT clock_timestamp()")[0][0]):
        assert world.one.id not in {record for record, *_rest in on(world.beta, is_past=True)}
        assert world.two.id in {record for record, *_rest in on(world.alpha, is_past=True)}


def test_the_drawing_on_a_record_page_tells_of_no_relation_that_one_may_not_see(world, client, officer):
    cast.relation(world.one, world.beta, visibility=INTERNAL)
    work()
    address = f"/en/programs/{world.beta.slug}/"
    assert "Project one" not in client.get(address).content.decode()
    client.force_login(officer)
    assert "Project one" in client.get(address).content.decode()


# ---- what an entry says ---------------------------------------------------------------------------------------------


def test_an_entry_says_between_which_days_it_begins_and_ends_and_whether_it_is_awaited(world):
    cast.project(world.one, "vague", starts_on="2024", ends_on="2025-06/2025-09", status="planned")
    work()
    [entry] = entries(
        ANYONE, Asked(kinds=("project",), begins=date(2025, 1, 1), ends=date(2025, 1, 1), is_planned=True)
    )
    assert (entry.first, entry.starts_last) == (date(2024, 1, 1), date(2024, 12, 31))
    assert (entry.ends_first, entry.last) == (date(2025, 6, 1), date(2025, 9, 30))
    assert entry.is_planned and entry.is_open and entry.within == world.alpha.id


@pytest.mark.parametrize(
    ("values", "facts"),
    [
        ({"planned_on": "2023-01", "due_on": "2023-06"}, {("due", True, True), ("first_planned", True, False)}),
        ({"planned_on": "2023-06", "due_on": "2023-06"}, {("due", True, True)}),
        ({"due_on": "2023-06", "done_on": "2023-07", "state": "done"}, {("due", False, False), ("done", False, False)}),
        ({"planned_on": "2023-01", "due_on": None, "state": "dropped"}, {("first_planned", True, False)}),
    ],
)  # fmt: skip
def test_a_milestone_is_due_is_done_and_was_first_planned_for_another_day(world, values, facts):
    made = Milestone.objects.create(scope_id=world.one.id, title_en="goal", **values)
    work()
    stored = TimelineEntry.objects.filter(record=made.id).values_list("fact", "is_planned", "is_open")
    assert set(stored) == facts


def test_what_moves_to_another_program_takes_all_that_lies_below_it(world):
    goal = cast.UNDER["milestone"](world.two, "goal")
    work()
    Project.objects.filter(id__in=[world.one.id, world.two.id, world.three.id]).update(program=world.beta)
    work()
    assert TimelineEntry.objects.get(record=goal.id).within == world.beta.id
    assert goal.id in {e.record for e in entries(EVERYTHING, Asked(within=world.beta.id))}
    assert list(TIMELINES.differences()) == []


@pytest.mark.parametrize(
    "wrong",
    [
        "starts_last = starts_last + 1", "ends_first = '2000-01-01'", "last = NULL", "is_open = NOT is_open",
        "within = NULL", "owners = owners[2:]", "fact = 'done'", "starts_on = '2001'",
    ],
)  # fmt: skip
def test_whatever_an_entry_says_wrongly_is_found_and_mended(world, wrong):
    work()
    assert list(TIMELINES.differences()) == []
    sql(f"UPDATE records_timelineentry SET {wrong} WHERE record_id = %s", world.alpha.id)
    assert {line.partition(" entry")[0] for line in TIMELINES.differences()} == {"timeline: missing", "timeline: wrong"}
    TIMELINES.recompute({world.alpha.id})
    assert list(TIMELINES.differences()) == []
