"""What is due from whom and when follows from the obligations, whatever changes them and whoever took part."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from programs.models import Participation
from records.commands import Author
from records.figures import StaleMark
from reports.due import calendar, plainly
from reports.due.extending import extend
from reports.models import ProjectUpdate, ReportDue
from tests import cast
from tests.cast import sql, work

pytestmark = pytest.mark.django_db
LONG_AGO = {"starts_on": "2022-01-01", "ends_on": "2024-12-31"}


@pytest.fixture
def w(world):
    world.lead = cast.participation(world.gist, world.one, part="lead")
    return world


def stored() -> set[plainly.Due]:
    return {plainly.Due(*row) for row in ReportDue.objects.values_list(*calendar.COLUMNS.split(", "))}


def as_the_facts_say() -> bool:
    work()
    return stored() == plainly.calendar(calendar.last_day())


def periods(**of) -> list[tuple[str, str]]:
    """From–to of what is due, in order."""
    work()
    rows = ReportDue.objects.filter(**of).order_by("period_starts_on")
    return [(str(a), str(b)) for a, b in rows.values_list("period_starts_on", "period_ends_on")]


def by(role="officer") -> Author:
    user = cast.user(role)
    return Author(cast.reader(user), user.username)


# ---- periods ---------------------------------------------------------------------------------------------------


def test_every_half_year_is_due_until_the_obligation_ends(w):
    cast.obligation(
        w.alpha, rhythm="months", every_months=6, starts_on="2023-03-01", ends_on="2024-04-30", days_to_report=30
    )
    assert periods() == [("2023-03-01", "2023-08-31"), ("2023-09-01", "2024-02-29"), ("2024-03-01", "2024-04-30")]
    assert ReportDue.objects.order_by("due_on").first().due_on == date(2023, 9, 30)
    assert as_the_facts_say()


def test_what_begins_on_a_leap_day_begins_on_the_last_of_february_in_other_years(w):
    cast.obligation(w.alpha, starts_on="2024-02-29", ends_on="2026-12-31")
    assert periods() == [("2024-02-29", "2025-02-27"), ("2025-02-28", "2026-02-27"), ("2026-02-28", "2026-12-31")]


def test_where_no_end_is_given_the_program_ends_it_if_its_end_is_known_to_the_day(w):
    cast.obligation(w.alpha, starts_on="2023-01-01")
    assert len(periods()) > 3  # the program ends in 2028, some day
    w.alpha.ends_on = "2024-06-30"
    w.alpha.save()
    assert periods() == [("2023-01-01", "2023-12-31"), ("2024-01-01", "2024-06-30")]


def test_the_calendar_reaches_four_hundred_days_ahead_and_moves_on_by_night(w, monkeypatch):
    cast.obligation(w.alpha, rhythm="months", every_months=1, starts_on="2026-01-01", days_to_report=10)
    w.alpha.ends_on = None
    w.alpha.save()
    work()
    last = timezone.localdate() + timedelta(days=400)
    furthest = ReportDue.objects.latest("due_on").due_on
    assert last - timedelta(days=31) < furthest <= last
    monkeypatch.setattr(calendar, "last_day", lambda ahead=400: timezone.localdate() + timedelta(days=ahead + 60))
    calendar.go_on()
    work()
    assert ReportDue.objects.latest("due_on").due_on > furthest


def test_what_is_due_once_has_one_period(w):
    cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    assert periods() == [("2022-01-01", "2024-12-31")]


def test_each_milestone_of_a_project_asks_for_what_happened_since_the_one_before(w):
    obligation = cast.obligation(w.alpha, rhythm="milestone", starts_on=None, days_to_report=14)
    for due in ("2023-05-31", "2023-11", "2023-11-30"):
        cast.UNDER["milestone"](w.one, due, due_on=due)
    cast.UNDER["milestone"](w.one, "never", due_on="2024-03-01", state="dropped")
    cast.UNDER["milestone"](w.one, "some day", due_on="2024/..")
    assert periods() == [("2022-07-01", "2023-05-31"), ("2023-06-01", "2023-11-30")]
    assert ReportDue.objects.earliest("due_on").due_on == date(2023, 6, 14)
    first = ReportDue.objects.earliest("due_on")
    obligation.milestone = first.milestone
    obligation.save()
    assert periods() == [("2022-07-01", "2023-05-31")]
    assert as_the_facts_say()


# ---- from whom -------------------------------------------------------------------------------------------------


def test_whoever_leads_reports_and_others_where_their_part_is_named(w):
    cast.participation(w.kaist, w.two, part="joint")
    obligation = cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    work()
    assert [due.institution for due in ReportDue.objects.all()] == [w.gist]
    obligation.parts = ["lead", "joint"]
    obligation.save()
    work()
    assert {(due.project, due.institution) for due in ReportDue.objects.all()} == {(w.one, w.gist), (w.two, w.kaist)}


def test_an_obligation_of_one_project_falls_on_its_parts_and_of_one_institution_on_it_alone(w):
    other = cast.project(w.alpha)
    for project in (w.three, other):
        cast.participation(w.kaist, project, part="joint")
        cast.participation(w.gist, project, part="lead")
    cast.obligation(w.alpha, rhythm="once", project=w.two, institution=w.kaist, **LONG_AGO)
    work()
    assert [(due.project, due.institution) for due in ReportDue.objects.all()] == [(w.three, w.kaist)]


def test_an_agreement_obliges_its_parties_in_the_projects_in_which_they_take_part(w):
    agreement = cast.UNDER["agreement"](w.one, "treaty", ends_on="2024-12-31")
    cast.participation(w.kaist, agreement, part="party")
    cast.participation(w.kaist, w.three, part="joint")
    cast.participation(w.kaist, cast.project(w.alpha), part="joint")  # which lies not under the agreement's project
    cast.obligation(agreement, starts_on="2024-01-01")
    work()
    assert [(due.project, due.institution) for due in ReportDue.objects.all()] == [(w.three, w.kaist)]
    assert as_the_facts_say()


def test_who_has_left_and_what_is_over_owes_no_further_report(w):
    cast.obligation(w.alpha, starts_on="2022-01-01", ends_on="2026-12-31")
    w.lead.ends_on = "2024-02"
    w.lead.save()
    assert [start for start, _end in periods()] == ["2022-01-01", "2023-01-01", "2024-01-01"]
    w.one.ends_on = "2022-12-31"
    w.one.save()
    assert [start for start, _end in periods()] == ["2022-01-01"]
    w.one.status = "cancelled"
    w.one.save()
    assert periods() == []


# ---- what does not move ----------------------------------------------------------------------------------------


def test_a_row_keeps_its_id_whatever_else_is_worked_out_anew(w):
    obligation = cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    work()
    before = ReportDue.objects.get()
    obligation.days_to_report, obligation.ends_on = 60, "2024-06-30"
    obligation.save()
    work()
    after = ReportDue.objects.get()
    assert after.id == before.id and after.due_on == date(2024, 8, 29)
    obligation.is_retired = True
    obligation.save()
    work()
    assert not ReportDue.objects.exists()
    obligation.is_retired = False
    obligation.save()
    work()
    assert ReportDue.objects.get().id == before.id


def test_a_change_marks_what_it_touches_and_nothing_where_nobody_owes_a_report(w):
    def marked() -> set:
        marks = StaleMark.objects.filter(figure="calendar").values_list("scopes", flat=True)
        found = {scope for scopes in marks for scope in scopes}
        work()
        return found

    work()
    cast.project(w.beta)
    assert marked() == set()
    obligation = cast.obligation(w.alpha)
    assert marked() == {obligation.id}
    cast.participation(w.kaist, w.three, part="lead")
    assert marked() == {w.three.id}
    w.three.title_en = "Renamed"
    w.three.save()
    assert marked() == set()


def test_an_institution_that_was_merged_into_another_keeps_its_extension_and_its_report(w):
    obligation = cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    work()
    until = timezone.localdate() + timedelta(days=9)
    extend(ReportDue.objects.get(), until=until, reason="illness", by=by())
    Participation.objects.filter(id=w.lead.id).update(institution=w.kaist)
    type(w.gist).objects.filter(id=w.gist.id).update(is_retired=True, merged_into=w.kaist.id)
    work()
    due = ReportDue.objects.get(obligation=obligation)
    assert (due.institution, due.due_on) == (w.kaist, until)
    assert as_the_facts_say()


def test_an_obligation_that_was_merged_into_another_leaves_it_its_extensions(w):
    gone, kept = (cast.obligation(w.alpha, rhythm="once", title_en=title, **LONG_AGO) for title in ("Same", "The same"))
    work()
    until = timezone.localdate() + timedelta(days=9)
    extend(ReportDue.objects.get(obligation=gone), until=until, reason="illness", by=by())
    type(gone).objects.filter(id=gone.id).update(is_retired=True, merged_into=kept.id)
    work()
    assert ReportDue.objects.get().due_on == until and as_the_facts_say()


# ---- extensions ------------------------------------------------------------------------------------------------


def test_an_extension_counts_from_at_once_outlives_a_recompute_and_the_latest_counts(w):
    obligation = cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    work()
    due, today = ReportDue.objects.get(), timezone.localdate()
    extend(due, until=today + timedelta(days=5), reason="illness", by=by())
    assert ReportDue.objects.get().due_on == today + timedelta(days=5)
    extend(due, until=today + timedelta(days=8), reason="still ill", by=by())
    calendar.recompute(None)
    due = ReportDue.objects.get()
    assert due.due_on == today + timedelta(days=8) and due.is_put_off
    assert [one.reason for one in obligation.extensions.order_by("id")] == ["illness", "still ill"]
    assert as_the_facts_say()


def test_an_extension_stays_as_it_was_granted(w):
    cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    work()
    extend(ReportDue.objects.get(), until=timezone.localdate() + timedelta(days=5), reason="illness", by=by())
    for write in ("UPDATE reports_extension SET until = until + 1", "DELETE FROM reports_extension"):
        with pytest.raises(IntegrityError), transaction.atomic():
            sql(write)


# ---- proven ----------------------------------------------------------------------------------------------------

DAYS = st.dates(date(2022, 1, 1), date(2027, 12, 31))
RHYTHMS = st.sampled_from(
    [("months", 1), ("months", 5), ("months", 6), ("yearly", None), ("once", None), ("milestone", None)]
)


@given(st.data())
def test_the_calendar_is_what_the_facts_say_row_by_row(w, data):
    with transaction.atomic():
        for project in (w.one, w.two, w.three):
            for institution in (w.gist, w.kaist):
                part = data.draw(st.sampled_from(["lead", "joint", None]))
                if part:
                    starts = data.draw(st.none() | DAYS)
                    cast.participation(institution, project, part=part, starts_on=starts and starts.isoformat())
            for due in data.draw(st.lists(DAYS, max_size=3)):
                cast.UNDER["milestone"](project, "m", due_on=due.isoformat())
        agreement = cast.UNDER["agreement"](data.draw(st.sampled_from([w.alpha, w.two])), "a", ends_on="2027-03-31")
        cast.participation(w.gist, agreement, part="party")
        for _ in range(data.draw(st.integers(1, 3))):
            rhythm, months = data.draw(RHYTHMS)
            starts, ends = sorted([data.draw(DAYS), data.draw(DAYS)])
            cast.obligation(
                data.draw(st.sampled_from([w.alpha, agreement])), rhythm=rhythm, every_months=months,
                starts_on=None if rhythm == "milestone" and data.draw(st.booleans()) else starts.isoformat(),
                ends_on=ends.isoformat() if rhythm == "once" or data.draw(st.booleans()) else None,
                days_to_report=data.draw(st.integers(0, 90)),
                project=data.draw(st.sampled_from([None, w.two])),
                institution=data.draw(st.sampled_from([None, None, w.kaist])),
                parts=data.draw(st.sampled_from([["lead"], ["lead", "joint"]])),
            )  # fmt: skip
        assert as_the_facts_say()
        for due in data.draw(st.sets(st.sampled_from(sorted(ReportDue.objects.all(), key=str) or [None]), max_size=2)):
            if due:
                later = max(due.due_on, timezone.localdate()) + timedelta(days=data.draw(st.integers(1, 50)))
                extend(due, until=later, reason="so", by=w.officer)
        w.two.parent = data.draw(st.sampled_from([None, w.one]))
        w.two.starts_on, w.two.status = (
            data.draw(st.none() | DAYS.map(str)),
            data.draw(st.sampled_from(["running", "cancelled"])),
        )
        w.two.save()
        assert as_the_facts_say()
        assert list(calendar.differences()) == []
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def an_officer(request):
    if "w" in request.fixturenames:
        request.getfixturevalue("w").officer = by()


def test_what_is_stored_wrongly_is_found(w):
    cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    work()
    assert list(calendar.differences()) == []
    ReportDue.objects.update(due_on=date(2030, 1, 1))
    assert len(list(calendar.differences())) == 2


def test_a_report_that_was_handed_in_is_known_to_the_calendar(w):
    cast.obligation(w.alpha, rhythm="once", **LONG_AGO)
    work()
    update = ProjectUpdate.objects.create(
        project=w.one, institution=w.gist, period_starts_on="2022-01-01", period_ends_on="2024-12-31"
    )
    work()
    assert not ReportDue.objects.get().is_reported
    update.state, update.submitted_at = "submitted", timezone.now()
    update.save()
    work()
    assert ReportDue.objects.get().is_reported and as_the_facts_say()


def test_one_project_costs_the_same_number_of_statements_however_many_there_are(w):
    cast.obligation(w.alpha, rhythm="months", every_months=1, starts_on="2024-01-01")
    for _ in range(20):
        cast.participation(w.gist, cast.project(w.alpha), part="lead")
    work()
    with CaptureQueriesContext(connection) as asked:
        calendar.recompute({w.one.id})
    assert len(asked) <= 3
