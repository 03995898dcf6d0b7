"""What is late, what ends soon and what lies between two days: pages that say how surely, in what order and who is to act."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.utils import timezone

from programs.models import Milestone, Project
from reports.models import ReportDue
from tests import cast
from tests.cast import INTERNAL, sql, work

pytestmark = pytest.mark.django_db


def day(n: int) -> str:
    return (timezone.localdate() + timedelta(days=n)).isoformat()


def text(response) -> str:
    """The words of a page, without tags."""
    main = response.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


@pytest.fixture
def page(client):
    """`page("late/?kind=project", by=officer)`, in English."""

    def get(address, by=None, language="en"):
        if by:
            client.force_login(by)
        return client.get(f"/{language}/timelines/{address}")

    return get


def names(response) -> list[str]:
    """What stands in the first column, row by row."""
    body = response.content.decode().partition("<tbody")[2].partition("</tbody>")[0]
    return [unescape(name) for name in re.findall(r'<tr role="row"><td role="cell"><div><a [^>]*>([^<]*)</a>', body)]


@pytest.fixture
def program(world):
    """Alpha with three awaited projects that are over, one that is done, one that is hidden and one that goes on."""
    world.alpha.starts_on = "2022-07"
    for name, days in (("Ten", -10), ("Thirty", -30), ("Twenty", -20)):
        cast.project(world.alpha, name.lower(), title_en=name, starts_on="2022", ends_on=day(days))
    cast.project(world.alpha, "over", title_en="Over", ends_on=day(-5), status="completed")
    cast.project(world.alpha, "hidden", title_en="Hidden", ends_on=day(-5), visibility=INTERNAL)
    cast.project(world.alpha, "on", title_en="Going on", starts_on="2022", ends_on=day(45))
    work()
    return world.alpha


# ---- late ----------------------------------------------------------------------------------------------


def test_what_is_late_for_longest_stands_first_with_the_number_of_its_days(program, page):
    late = page("late/")
    assert names(late) == ["Thirty", "Twenty", "Ten"]
    assert "late by 30 days" in text(late) and "late by 10 days" in text(late)
    assert "What is late 3" in text(late)


def test_what_one_may_not_see_is_neither_listed_nor_counted(program, page, officer):
    assert "Hidden" not in page("late/").content.decode()
    late = page("late/", by=officer)
    assert names(late)[-1] == "Hidden"
    assert "Projects 4" in text(late)


def test_what_may_mean_several_days_is_late_by_so_many_to_so_many(program, page):
    cast.UNDER["milestone"](program, "Surely", due_on=f"{day(-33)}/{day(-3)}")
    cast.UNDER["milestone"](program, "Perhaps", due_on=f"{day(-5)}/{day(5)}")
    work()
    said = text(page("late/?kind=milestone"))
    assert "late by 3 to 33 days" in said
    assert "perhaps late, by 5 days at most only some of the days that its date can mean are past" in said
    assert said.count("order to the row above not known") == 1


def test_a_plan_whose_beginning_is_past_is_late_too(program, page):
    cast.UNDER["exchange"](program, "planned", starts_on=day(-4), ends_on=day(100))
    work()
    assert "should have begun 4 days ago, is still planned" in text(page("late/?kind=exchange"))


def test_the_institutions_that_lead_and_who_answers_for_it_are_named(program, world, page):
    ten = Project.objects.get(slug="ten")
    cast.participation(world.kaist, ten, part="lead")
    cast.role(world.rus, ten)
    work()
    row = text(page("late/")).partition("late by 10 days")[2]
    assert row.strip().startswith("Kaist , Daniela Rus")
    assert "late by 30 days Gist" in text(page("late/"))  # nobody leads that project itself: who leads the program


def test_the_source_of_a_date_stands_beside_it(program, page):
    cast.citation(cast.source("The minutes"), Project.objects.get(slug="ten"), "ends_on", value=day(-10))
    hidden = cast.source("Secret", visibility=INTERNAL)
    cast.citation(hidden, Project.objects.get(slug="ten"), "ends_on", value=day(-11), visibility=INTERNAL)
    work()
    late = page("late/").content.decode()
    assert 'href="#s1"' in late and "The minutes" in late and "Secret" not in late


def test_a_report_that_is_late_leads_those_who_may_see_it_to_where_it_is_reported(program, world, page, officer):
    ten = Project.objects.get(slug="ten")
    cast.participation(world.kaist, ten, part="lead")
    period = {"rhythm": "once", "starts_on": day(-90), "ends_on": day(-3), "days_to_report": 0}
    cast.obligation(world.alpha, title_en="Yearly report", project=ten, institution=world.kaist, **period)
    work()
    due = ReportDue.objects.get()
    for by in (officer, cast.user("partner", world.kaist)):
        late = page("late/?kind=obligation", by=by)
        assert names(late) == ["Yearly report"]
        assert f"#d-{due.id}" in late.content.decode()
        assert "report due · Ten" in text(late) and text(late).partition("late by 3 days")[2].strip().startswith(
            "Kaist"
        )
    for by in (None, cast.user("partner", world.gist)):
        page("late/").client.logout()
        assert names(page("late/?kind=obligation", by=by)) == []


# ---- ending soon ---------------------------------------------------------------------------------------


def test_what_ends_within_ninety_days_is_listed_and_another_span_can_be_chosen(program, page):
    cast.project(program, "later", title_en="Later", ends_on=day(120))
    cast.project(program, "gone", title_en="Cancelled", ends_on=day(50), status="cancelled")
    work()
    assert names(page("ending/")) == ["Going on"]
    assert "45 days left" in text(page("ending/"))
    assert names(page("ending/?days=180")) == ["Going on", "Later"]


@pytest.mark.parametrize("days", ["0", "-1", "x", "99999", "９０"])
def test_a_span_that_is_none_is_refused_with_a_sentence(program, page, days):
    wrong = page(f"ending/?days={days}")
    assert wrong.status_code == 400
    assert "“days” is a number of days from 1 to" in text(wrong)


def test_an_end_that_may_lie_outside_says_so(program, page):
    cast.UNDER["agreement"](program, "MOU", ends_on=f"{day(80)}/{day(100)}", starts_on="2020")
    work()
    said = text(page("ending/?kind=agreement"))
    assert "80 to 100 days left it may also end later" in said


# ---- between -------------------------------------------------------------------------------------------


def test_between_two_days_asks_for_them_first(program, page):
    empty = page("between/")
    assert empty.status_code == 200
    assert "Which days?" in text(empty) and not names(empty)


def test_two_days_are_taken_as_people_write_them(program, page):
    cast.UNDER["event"](program, "Workshop", starts_on="2024-10-28", ends_on="2024-10-29")
    work()
    for begins, ends in (
        ("2024.10.", "2024. 10. 31."),
        ("2024년 10월 1일", "2024년 10월"),
        ("2024-10-29", "2024-10-29"),
    ):
        asked = page(f"between/?kind=event&from={begins}&to={ends}")
        assert names(asked) == ["Workshop"], (begins, ends)
        assert "surely" in text(asked)
    assert names(page("between/?kind=event&from=2024-10-30&to=2024")) == []
    assert "2024-10-01 ~ 2024-10 ·" in text(
        page("between/?from=2024년 10월 1일&to=2024. 10.")
    )  # on paper without its form
    assert "2024 ~ ·" in text(page("between/?from=2024"))


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ("from=soon&to=2024", "“soon” is not a date"),
        ("from=2024-02-30&to=2024", "is not a day of the calendar"),
        ("from=2025&to=2024", "The last day lies before the first one."),
        ("from=2024&to=2025&what=begin", "Select a valid choice"),
    ],
)
def test_what_is_wrong_with_a_day_stands_beneath_its_input_and_the_form_stays(program, page, asked, sentence):
    wrong = page(f"between/?{asked}")
    assert wrong.status_code == 400
    assert sentence in text(wrong)
    assert f'value="{asked.partition("=")[2].partition("&")[0]}"' in wrong.content.decode()
    assert "As a file" not in text(wrong) and not names(wrong)


def test_what_states_no_end_is_perhaps_between_and_says_why(program, page):
    cast.project(program, "open", title_en="Open", starts_on="2020")
    work()
    said = text(page("between/?kind=project&from=2023-01&to=2023-02"))
    assert "perhaps no end is stated" in said
    assert said.count("surely") >= 1  # those that surely went on then


def test_only_what_ends_between_can_be_asked(program, page):
    first, last = day(-25), day(-15)
    assert set(names(page(f"between/?kind=project&from={first}&to={last}"))) >= {"Ten", "Twenty", "Going on"}
    assert names(page(f"between/?kind=project&from={first}&to={last}&what=end")) == ["Twenty"]


# ---- kinds, programs, institutions -----------------------------------------------------------------------


def test_each_kind_has_its_number_and_money_stands_in_the_list_only_by_choice(program, world, page, officer):
    cast.line(program, name_en="Grant", starts_on="2024", ends_on=day(10))
    cast.UNDER["milestone"](program, "Review", due_on=day(20))
    work()
    ending = page("ending/", by=officer)
    assert "All 2 Projects 1 Milestones 1 besides Funding lines 1" in text(ending)
    assert "Grant" not in names(ending)
    assert "Grant" in text(page("ending/?kind=funding_line", by=officer))


def test_beyond_what_is_counted_a_number_says_that_there_are_more(program, page, monkeypatch):
    monkeypatch.setattr("records.gantt.lists.counted.COUNTED_TO", 2)
    cast.UNDER["milestone"](program, "One", due_on=day(-1))
    work()
    assert "What is late 3+" in text(page("late/"))
    assert "All 3+ Projects 2+ Milestones 1 " in text(page("late/"))


def test_a_kind_that_there_is_not_is_refused_by_name(program, page):
    wrong = page("late/?kind=projekt")
    assert wrong.status_code == 400
    assert "project" in text(wrong).partition("Did you mean")[2]
    assert page("late/?colour=red").status_code == 400


def test_a_program_is_found_by_its_short_name_or_its_name_and_others_are_left_out(program, world, page, officer):
    cast.project(world.beta, "elsewhere", title_en="Elsewhere", ends_on=day(-40))
    work()
    assert names(page("late/"))[0] == "Elsewhere"
    assert "Elsewhere" not in names(page("late/?program=alpha"))
    assert names(page("late/?program=Program beta")) == ["Elsewhere"]
    assert names(page("late/?institution=kaist")) == []  # KAIST takes part in the program, not in that project


def test_the_form_leads_to_the_address_without_what_inputs_add(program, page):
    sent = page("late/?program=Program+beta&program_said=&program_id=&institution=&institution_said=&institution_id=")
    assert sent.status_code == 302
    assert sent["Location"] == "/en/timelines/late/?program=beta"


def test_a_name_that_nobody_has_is_said_at_its_input(program, page):
    wrong = page("late/?program=nowhere-at-all")
    assert wrong.status_code == 400
    assert "nowhere-at-all" in text(wrong) and not names(wrong)


def test_a_hidden_program_is_as_one_that_is_not_there(program, page, officer):
    cast.program("secret", name_en="Secret", visibility=INTERNAL)
    assert page("late/?program=secret").status_code == 400
    assert page("late/?program=secret", by=officer).status_code == 200


# ---- going on, the past, files ---------------------------------------------------------------------------


def test_a_long_list_goes_on_without_a_row_twice_or_left_out(program, page):
    for n in range(60):
        Milestone.objects.create(scope_id=program.id, title_en=f"M{n:02}", due_on=day(-100))
    work()
    first = page("late/?kind=milestone")
    onward = re.search(r'rel="next" href="([^"]*)"', first.content.decode())[1]
    second = page(unescape(onward).partition("/timelines/")[2])
    assert len(names(first)) == 50
    assert sorted(names(first) + names(second)) == [f"M{n:02}" for n in range(60)]
    assert 'rel="next"' not in second.content.decode()
    assert page("late/?cursor=rubbish").status_code == 400


def test_the_first_row_of_a_further_page_says_its_order_to_the_last_one_before_it(program, page):
    for n in range(51):
        Milestone.objects.create(
            scope_id=program.id, title_en=f"M{n:02}", due_on="2024-07" if n == 50 else "2024-07-31"
        )
    work()
    first = page("late/?kind=milestone").content.decode()
    onward = unescape(re.search(r'rel="next" href="([^"]*)"', first)[1])
    assert "order to the row above not known" in text(page(onward.partition("/timelines/")[2]))
    assert page(f"between/{onward.partition('/late/')[2]}&from=2024").status_code == 400  # that list has another order


def test_an_empty_list_says_what_to_do(world, page):
    assert "Nothing is late. See what ends soon" in text(page("late/"))
    assert "Nothing fits these filters. Remove all filters" in text(page("late/?kind=course"))


def test_as_known_at_an_instant_what_was_late_then_is_late(program, page):
    then = sql("SELECT clock_timestamp()")[0][0].isoformat().replace("+", "%2B")
    Project.objects.filter(slug="ten").update(status="completed")
    work()
    assert names(page("late/")) == ["Thirty", "Twenty"]
    past = page(f"late/?known_at={then}")
    assert names(past) == ["Thirty", "Twenty", "Ten"]
    assert "known_at" in re.search(r'href="([^"]*/timelines/ending/[^"]*)"', past.content.decode())[1]


def test_as_of_a_day_what_was_over_by_then_is_late(program, page):
    then = page(f"late/?as_of={day(-15)}")
    assert names(then) == ["Thirty", "Twenty"]
    assert "late by 5 days" in text(then)


def test_a_page_of_a_list_asks_as_often_for_many_rows_as_for_few(program, page, django_assert_max_num_queries):
    for n in range(40):
        one = cast.project(program, f"p{n}", ends_on=day(-n - 1))
        cast.citation(cast.source(), one, "ends_on", value=day(-n - 1))
        cast.participation(cast.institution(), one, part="lead")
    work()
    with django_assert_max_num_queries(26):
        assert len(names(page("late/"))) == 43


def test_the_file_has_the_whole_list_within_ones_rights_and_no_formula(program, page):
    cast.project(program, "formula", title_en="=1+1", ends_on=day(-1))
    work()
    file = page("late/file/?kind=project&cursor=")
    told = b"".join(file.streaming_content).decode()
    assert file["Content-Type"].startswith("text/csv") and "attachment" in file["Content-Disposition"]
    assert "late by 30 days" in told and "Hidden" not in told and "'=1+1" in told
    assert told.count("\r\n") == 5  # its head and four projects


def test_a_file_that_is_asked_wrongly_or_is_none_is_refused(program, page):
    assert page("between/file/?from=soon").status_code == 400
    assert page("never/file/").status_code == 404


def test_in_korean_the_list_speaks_korean(program, page):
    said = text(page("late/", language="ko"))
    assert "30일 지남" in said and "지연" in said
