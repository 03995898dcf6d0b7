"""The timeline of a program: what stands in its tree, for whom, at which moment; folding, pages, and what a large one costs."""

from datetime import date

import pytest
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext

from programs.models import Project
from records.gantt.question import Question
from records.gantt.reading import PAGE
from records.gantt.standing import Look
from records.gantt.tree import program_timeline
from records.history import known_at
from records.labels import label_of
from tests import cast
from tests.cast import INTERNAL, SHARED, work

TODAY = date(2026, 11, 22)

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def w(db):
    return cast.small_world()


def provided(row, query="", by=None, **look):
    """The timeline of a program as this user asks for it by this address."""
    asked = QueryDict(query)
    opened = frozenset(asked["open"].split(",")) if "open" in asked else None
    question = Question("/here/", asked, Look(cast.reader(by), **look), TODAY, open=opened)
    kind = cast.kind("program")
    return program_timeline(kind, row, label_of(kind, row), question)


def rows(row, query="", by=None, **look) -> list[tuple[int, str]]:
    return [(lane.depth, lane.label) for lane in provided(row, query, by, **look).lanes]


def lane(row, label, query="", by=None):
    return next(one for one in provided(row, query, by).lanes if one.label == label)


def test_a_program_begins_with_itself_and_its_phases_and_its_projects_are_folded(w):
    cast.UNDER["phase"](w.alpha, "First phase", starts_on="2022-07", ends_on="2024", status="completed")
    work()
    assert rows(w.alpha)[:4] == [(0, "Program alpha"), (1, "First phase"), (0, "Projects"), (1, "Project one")]
    assert "Project two" not in [label for _depth, label in rows(w.alpha)]
    assert lane(w.alpha, "First phase").note == "completed"
    assert lane(w.alpha, "Project one").note == "1 part"


def test_what_is_opened_shows_its_parts_to_any_depth_beneath_it(w):
    work()
    opened = rows(w.alpha, "open=one,two")
    at = opened.index((1, "Project one"))
    assert opened[at : at + 3] == [(1, "Project one"), (2, "Project two"), (3, "Project three")]


def test_a_toggle_opens_and_folds_and_keeps_what_else_is_asked(w):
    work()
    opens = lane(w.alpha, "Project one", "zoom=year").toggle
    assert not opens.is_open and opens.href == "/here/?zoom=year&open=one"
    folds = lane(w.alpha, "Project one", "zoom=year&open=one").toggle
    assert folds.is_open and folds.href == "/here/?zoom=year"


def test_all_projects_open_level_by_level_and_fold_at_once(w):
    work()
    first = provided(w.alpha).unfold
    assert first == "/here/?open=one"
    assert provided(w.alpha, "open=one").unfold == "/here/?open=one,two"
    whole = provided(w.alpha, "open=one,two")
    assert whole.unfold == "" and whole.fold == "/here/"


def test_milestones_stand_on_the_row_of_their_project_where_they_are_done_else_due(w):
    cast.UNDER["milestone"](w.one, "Kick-off", due_on="2023-01", done_on="2023-02-10", state="done")
    cast.UNDER["milestone"](w.one, "Review", due_on="2026-11-12")
    cast.UNDER["milestone"](w.one, "Given up", due_on="2025", state="dropped")
    work()
    marks = lane(w.alpha, "Project one").marks
    assert [(mark.words, mark.is_planned, mark.is_late) for mark in marks if mark.is_point] == [
        ("Kick-off", False, False),
        ("Review · 10 days late", True, True),
    ]
    assert all(mark.href.startswith("/en/milestones/") for mark in marks if mark.is_point)


def test_a_milestone_that_moved_says_for_when_it_was_first_planned(w, client):
    cast.UNDER["milestone"](w.one, "Review", planned_on="2026-03", due_on="2027-05")
    work()
    (review,) = [mark for mark in lane(w.alpha, "Project one").marks if mark.is_point]
    assert (review.starts.text, review.was.text) == ("2027-05", "2026-03")
    assert "first planned for 2026-03" in client.get("/en/programs/alpha/timeline/").content.decode()


def test_a_plan_whose_beginning_is_past_is_late_with_its_beginning(w):
    cast.project(w.alpha, "four", starts_on="2026-11-20", ends_on="2030", status="planned")
    work()
    assert lane(w.alpha, "Project four").marks[0].words == "start 2 days late"


def test_what_else_belongs_to_it_folds_into_groups_that_draw_their_few_days(w):
    cast.UNDER["event"](w.alpha, "Opening", starts_on="2024-10-28")
    cast.UNDER["agreement"](w.alpha, "Contract", signed_on="2022-06-01", starts_on="2022-07", ends_on="2026-12-31")
    work()
    events = lane(w.alpha, "Events")
    assert (events.note, [mark.word for mark in events.marks], events.is_head) == ("1 entry", ["Opening"], True)
    (whole,) = lane(w.alpha, "Agreements").marks
    assert whole.is_summary and whole.when == "2022 – 2026"
    opened = lane(w.alpha, "Contract", "open=alpha.agreement")
    assert [mark.is_point for mark in opened.marks] == [False, True] and opened.marks[1].word == "signed"


def test_money_of_a_project_stands_with_the_project(w):
    cast.line(w.one, name_en="For one", starts_on="2024", ends_on="2025")
    work()
    assert lane(w.alpha, "Funding lines").note == "1 entry"
    assert (3, "For one") in rows(w.alpha, "open=one,one.funding_line")


def test_what_one_may_not_see_is_no_row_no_number_and_no_toggle(w):
    hidden = cast.project(w.three, "hidden", visibility=INTERNAL, starts_on="2031")
    cast.UNDER["milestone"](w.one, "Secret", due_on="2032", visibility=INTERNAL)
    cast.UNDER["event"](w.alpha, "For partners", starts_on="2025", visibility=SHARED)
    work()
    partner, officer = cast.user("partner", w.gist), cast.user("officer")
    everything = "open=one,two,three"
    assert lane(w.alpha, "Project three", everything).toggle is None
    assert lane(w.alpha, "Project three", everything, partner).toggle is None
    assert lane(w.alpha, "Project three", everything, officer).toggle.is_open
    assert (4, str(hidden)) in rows(w.alpha, everything, officer)
    assert len(lane(w.alpha, "Project one").marks) + 1 == len(lane(w.alpha, "Project one", by=officer).marks)
    assert (0, "Events") not in rows(w.alpha) and (0, "Events") in rows(w.alpha, by=partner)
    assert provided(w.alpha).span[1] < date(2030, 1, 1) < provided(w.alpha, by=officer).span[1]


def test_reports_that_are_due_stand_by_day_for_those_who_may_know(w):
    cast.participation(w.gist, w.one, part="lead")
    cast.obligation(w.alpha, title_en="Yearly report", starts_on="2025-01-01", ends_on="2027-12-31")
    work()
    due = lane(w.alpha, "Reports due", by=cast.user("officer"))
    days = [mark.starts.first for mark in due.marks]
    assert days and days == sorted(set(days)) and all(mark.is_point and mark.words for mark in due.marks)
    assert lane(w.alpha, "Reports due", by=cast.user("partner", w.gist)).marks
    assert (0, "Reports due") not in rows(w.alpha)
    assert (0, "Reports due") not in rows(w.alpha, by=cast.user("partner", w.kaist))


def test_as_of_a_day_stands_only_what_can_have_begun(w):
    cast.project(w.alpha, "later", starts_on="2026-05")
    work()
    assert (1, "Project later") in rows(w.alpha)
    assert (1, "Project later") not in rows(w.alpha, as_of=date(2025, 12, 31))


def test_in_the_past_stands_what_the_registry_said_then(w):
    cast.UNDER["milestone"](w.one, "Review", due_on="2026-03")
    work()
    before = cast.sql("SELECT clock_timestamp()")[0][0]
    cast.sql("UPDATE programs_milestone SET due_on = '2027-05'")
    cast.project(w.alpha, "later", starts_on="2024")
    work()
    with known_at(before):
        then = provided(w.alpha, is_past=True)
    today = provided(w.alpha)
    on_row = [next(one for one in found.lanes if one.label == "Project one").marks[-1] for found in (then, today)]
    assert [mark.starts.text for mark in on_row] == ["2026-03", "2027-05"]
    assert ["Project later" in [one.label for one in found.lanes] for found in (then, today)] == [False, True]


def test_a_program_with_many_projects_goes_on_by_pages_and_misses_none(w):
    Project.objects.bulk_create(
        Project(
            program=w.beta, slug=f"b{n}", number=f"{n:03}", title_en=f"Part {n:03}", status="running", starts_on="2025"
        )
        for n in range(2 * PAGE + 10)
    )
    work()
    seen, address = [], "/here/?"
    while address:
        found = provided(w.beta, address.partition("?")[2])
        seen += [one.label for one in found.lanes if one.depth == 1 and "Part" in one.label]
        heading = next(one for one in found.lanes if one.label == "Projects")
        address = found.next
    assert seen == [f"{n:03} Part {n:03}" for n in range(2 * PAGE + 10)]
    assert heading.note == f"{2 * PAGE + 1}–{2 * PAGE + 10} of {2 * PAGE + 10}"
    assert found.first == "/here/"


def test_a_page_asks_as_much_of_the_database_however_many_projects_it_has(w):
    work()
    few = queries(w.alpha)
    for n in range(30):
        one = cast.project(w.alpha, f"n{n}", starts_on="2024")
        cast.UNDER["milestone"](one, f"Goal {n}", due_on="2025")
    work()
    assert queries(w.alpha) <= few + 1


def queries(row) -> int:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        provided(row)
    return len(asked)


def test_the_page_speaks_both_languages_and_says_what_is_wrong_with_its_address(w, client):
    cast.UNDER["milestone"](w.one, "Review", due_on="2026-01-12", title_ko="중간 평가")
    work()
    korean = client.get("/ko/programs/alpha/timeline/").content.decode()
    assert "일 지연" in korean and "중간 평가" in korean and 'aria-label="연표' in korean
    assert "days late" in client.get("/en/programs/alpha/timeline/?zoom=quarter").content.decode()
    assert (
        client.get(f"/en/programs/{w.alpha.id}/timeline/?zoom=month").url == "/en/programs/alpha/timeline/?zoom=month"
    )
    assert client.get("/en/programs/alpha/timeline/?zoom=week").status_code == 400
    assert client.get("/en/programs/none/timeline/").status_code == 404


def test_names_that_look_like_markup_are_only_names(w, client):
    cast.project(w.alpha, "odd", title_en='<script>"&', number="9", starts_on="2024")
    cast.UNDER["milestone"](w.alpha, "<b>&", due_on="2026-10-01")
    work()
    page = client.get("/en/programs/alpha/timeline/").content.decode()
    assert "<b>&" not in page and '<script>"' not in page and "&lt;b&gt;&amp;" in page
