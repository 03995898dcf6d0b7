"""What is asked of a list: bad questions are refused by name, pages hold every row once, cursors, search, and days."""

import base64
import json
from datetime import date

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from programs.models import Project
from records.asking import BadQuery
from tests import cast
from tests.cast import INTERNAL, ask, every_row, page

pytestmark = pytest.mark.usefixtures("english")


def test_lines_of_a_project_with_everything_below_it(world):
    lines = [cast.line(world.one), cast.line(world.three), cast.line(world.alpha), cast.line(world.beta)]
    assert {row.id for row in every_row("funding_line", "within=one")} == {lines[0].id, lines[1].id}
    assert {row.id for row in every_row("funding_line", "within=three&within=two")} == {lines[1].id}


def test_lines_by_the_years_of_their_amounts(world):
    cast.amount(cast.line(world.one, name_en="No year"), None, 5)
    assert [row.id for row in every_row("funding_line", "fiscal_year=2024")] == [world.line.id]
    assert [row.name_en for row in every_row("funding_line", "fiscal_year=null")] == ["No year"]
    assert len(every_row("funding_line", "fiscal_year=null&fiscal_year=2024")) == 2
    assert not every_row("funding_line", "fiscal_year=2025")


# ---- bad questions -----------------------------------------------------------------------------------------


def test_an_unknown_parameter_is_refused_with_the_nearest(db):
    with pytest.raises(BadQuery, match=r"statu.*status"):
        ask("project", "statu=running")
    with pytest.raises(BadQuery, match="status__gte"):
        ask("project", "status__gte=running")
    with pytest.raises(BadQuery, match="qqqq"):
        ask("project", "qqqq=1")


def test_everything_that_is_wrong_is_said_at_once(db):
    with pytest.raises(BadQuery) as refused:
        ask(
            "project",
            "nonsense=1&status=great&starts_on=sometime&limit=0&sort=colour&version=many&parent__isnull=perhaps",
        )
    assert {p.parameter for p in refused.value.problems} == {
        "nonsense", "status", "starts_on", "limit", "sort", "version", "parent__isnull",
    }  # fmt: skip


def test_a_wrong_choice_is_refused_with_what_is_allowed(db):
    with pytest.raises(BadQuery, match="planned, running, suspended, completed, cancelled"):
        ask("project", "status=great")


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "x", "1.5", "1e2", "٣", "9" * 5000])
def test_a_limit_is_a_number_from_1_to_1000(db, limit):
    with pytest.raises(BadQuery, match="1000"):
        ask("project", f"limit={limit}")
    assert ask("project", "limit=1").limit == 1 and ask("project", "limit=1000").limit == 1000


def test_an_empty_parameter_asks_nothing(db):
    assert ask("project", "status=&search=&sort=&limit=&cursor=&colour=").asked == ()


def test_at_most_a_hundred_values_are_taken(db):
    assert ask("project", "slug__in=" + ",".join(map(str, range(100))))
    with pytest.raises(BadQuery, match="100"):
        ask("project", "slug__in=" + ",".join(map(str, range(101))))


def test_retired_records_are_not_listed(world):
    Project.objects.filter(id=world.three.id).update(is_retired=True)
    assert world.three not in every_row("project", "")
    with pytest.raises(BadQuery):
        ask("project", "is_retired=true")


# ---- pages --------------------------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.sampled_from(["", "가", "나", "a", "B"]), st.sampled_from([None, "2024", "2024-07", "../2024", "2025~"])), max_size=8),
    st.sampled_from(["title", "-title", "starts_on", "-starts_on", "status", "-parent", "number", "id", "-updated_at"]),
    st.integers(1, 4), st.sampled_from(["", "B", "a"]),
)  # fmt: skip
def test_pages_of_any_size_hold_every_row_once(db, rows, sort, limit, search):
    with transaction.atomic():
        program = cast.program()
        for title, starts in rows:
            cast.project(program, title_ko=title, title_en="" if title else "x", starts_on=starts)
        question = f"search={search}" if search else f"sort={sort}"
        paged = [row.id for row in every_row("project", question, limit=limit)]
        assert paged == [row.id for row in page("project", dict([question.split("=")])).rows]
        assert len(set(paged)) == len(paged) == ask("project", question).count()
        transaction.set_rollback(True)


@given(st.data())
def test_what_is_there_throughout_is_shown_once_while_rows_come_and_change(db, data):
    with transaction.atomic():
        program = cast.program()
        kept = {
            cast.project(program, starts_on=s).id
            for s in data.draw(st.lists(st.sampled_from([None, "2024", "2025"]), min_size=1, max_size=6))
        }
        seen, cursor = [], ""
        while cursor is not None:
            one = ask("project", f"sort=-starts_on&limit=2&cursor={cursor}").page()
            seen, cursor = seen + [row.id for row in one.rows], one.next_cursor
            cast.project(program, starts_on=data.draw(st.sampled_from([None, "2023", "2024", "2026"])))
            Project.objects.filter(id__in=kept).update(title_en=f"Changed {len(seen)}")
            if len(seen) > 30:
                break
        assert sorted(id for id in seen if id in kept) == sorted(kept)
        transaction.set_rollback(True)


# ---- cursors -----------------------------------------------------------------------------------------------


def test_a_cursor_of_another_question_is_refused(world):
    cursor = ask("project", "limit=1&sort=title").page().next_cursor
    for kind, question in [
        ("project", "sort=-title"),
        ("project", "sort=title&status=running"),
        ("program", "sort=name"),
        ("project", "sort=title&search=one"),
    ]:
        with pytest.raises(BadQuery, match="another question"):
            ask(kind, f"{question}&cursor={cursor}").page()
    with pytest.raises(BadQuery, match="another question"):
        ask("project", f"sort=title&cursor={cursor}", as_of=date(2024, 1, 1)).page()


@pytest.mark.parametrize(
    "cursor", ["x", "bm90IGpzb24", "W10", "eyJhIjoxfQ", "NQ", "====", "한글", "IiI", "W1tbW1tb" * 900]
)
def test_what_is_no_cursor_is_refused(db, cursor):
    with pytest.raises(BadQuery, match="another question"):
        ask("project", f"cursor={cursor}").page()


def test_a_cursor_that_was_tampered_with_is_refused(world):
    cursor = ask("project", "limit=1&sort=starts_on").page().next_cursor
    stamp, *_ = json.loads(base64.urlsafe_b64decode(cursor + "==="))
    for values in (
        ["x", "y"],
        [{}, []],
        [5, 5],
        ["2024-01-01", None],
        [None, None],
        [None, {}],
        ["\x00", str(world.one.id)],
    ):
        forged = base64.urlsafe_b64encode(json.dumps([stamp, *values]).encode()).decode()
        try:
            with transaction.atomic():
                ask("project", f"sort=starts_on&cursor={forged}").page()
        except BadQuery:
            pass


# ---- search ------------------------------------------------------------------------------------------------


def test_exact_hits_come_first_then_what_begins_so(db):
    for slug, name in [("1", "The GIST of it"), ("2", "Gist of Korea"), ("3", "gist"), ("4", "x")]:
        cast.institution(slug=f"i{slug}", name_en=name, name_ko="", aliases=["GIST"] if slug == "4" else [])
    found = [row.name_en for row in every_row("institution", "search=GIST", limit=1)]
    assert set(found[:2]) == {"gist", "x"}
    assert found[2:] == ["Gist of Korea", "The GIST of it"]


@pytest.mark.parametrize(
    ("words", "is_found"),
    [
        ("광주", True),
        ("gwangju 과학", True),
        ("g%st", False),
        ("g_st", False),
        ("지스트", True),
        ("gist mit", False),
        ("'", False),
        ("\\", False),
    ],
)
def test_a_search_takes_words_that_all_occur(db, words, is_found):
    cast.institution("gwangju", name_ko="광주과학기술원", name_en="Gwangju Institute", aliases=["GIST", "지스트"])
    assert bool(every_row("institution", f"search={words.replace('%', '%25')}")) == is_found


def test_a_search_with_a_sort_is_sorted(world):
    found = [row.slug for row in every_row("institution", "search=gist&sort=-slug")]
    assert found == ["gist-ai", "gist"]


@pytest.mark.parametrize("text", ["\x00", "a " * 300])
def test_any_text_can_be_searched_for(db, text):
    try:
        page("institution", {"search": text})
    except BadQuery as refused:
        assert [p.parameter for p in refused.problems] == ["search"]


# ---- as of a day -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("day", "slugs"),
    [
        (date(2021, 1, 1), {"always", "until"}), (date(2023, 6, 1), {"always", "until", "some", "may"}),
        (date(2025, 1, 1), {"always", "some"}), (date(2030, 1, 1), {"always"}),
    ],
)  # fmt: skip
def test_what_counts_on_a_day_can_have_begun_and_cannot_have_ended(db, day, slugs):
    cast.program("always")
    cast.program("until", ends_on="2023")
    cast.program("some", starts_on="2022", ends_on="2025")
    cast.program("may", starts_on="2023~", ends_on="2024-05/2024-08")
    assert {row.slug for row in ask("program", as_of=day).page().rows} == slugs


def test_of_a_series_the_latest_that_counts_is_shown(world):
    for number, when, side in [
        (35, "2024-10-28", "domestic"),
        (45, "2025-08-31", "domestic"),
        (15, "2024", "overseas"),
        (99, "2027", "domestic"),
    ]:
        cast.headcount(world.beta, number, side=side, counted_on=when)
    for day, numbers in [
        (date(2024, 10, 27), {15}),
        (date(2024, 10, 28), {35, 15}),
        (date(2025, 9, 1), {45, 15}),
        (date(2023, 1, 1), set()),
    ]:
        found = ask("headcount", f"scope={world.beta.id}", as_of=day).page().rows
        assert {row.number for row in found} == numbers, day


def test_of_a_series_the_latest_that_one_may_see_is_shown(world, officer):
    cast.headcount(world.beta, 35, counted_on="2024")
    cast.headcount(world.beta, 45, counted_on="2025", visibility=INTERNAL)
    day = date(2026, 1, 1)
    assert [row.number for row in ask("headcount", as_of=day).page().rows] == [35]
    assert [row.number for row in ask("headcount", by=officer, as_of=day).page().rows] == [45]
