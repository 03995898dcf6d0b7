"""What moved, as a page and as a part of a record's timeline: in words of both languages, for those who may see it."""

import csv
import io
import re
from html import unescape

import pytest

from programs.models import Milestone, Project
from records.gantt.moved.words import how_much
from records.slips.shifts import shift
from tests import cast
from tests.cast import INTERNAL
from tests.reporting import decided, reporting_world, submitted, typed
from tests.test_slips_api import move


def text(response) -> str:
    """The words of a page, without tags."""
    main = response.content.decode().partition("<main")[2]
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", main)))


@pytest.fixture
def page(client):
    """`page("?program=alpha", by=officer)`, in English."""

    def get(question="", by=None, language="en", path="timelines/moved/"):
        if by:
            client.force_login(by)
        return client.get(f"/{language}/{path}{question}")

    return get


@pytest.fixture
def moved(world):
    """A milestone that moved twice and a project whose end moved; a hidden one."""
    world.prototype = cast.UNDER["milestone"](world.one, "Prototype", due_on="2026-03-01")
    move(world.prototype, "the supplier is late", due_on="2026-05-01")
    move(world.prototype, due_on="2026-06-01")
    Project.objects.filter(id=world.two.id).update(ends_on="2027-09")
    move(world.two, ends_on="2027-10")
    world.hidden = cast.UNDER["milestone"](world.one, "Hidden goal", due_on="2026-03-01", visibility=INTERNAL)
    move(world.hidden, due_on="2029-03-01")
    return world


WORDS = {
    ("2026-03-01", "2026-05-01"): ("61 days later", ""),
    ("2026-03-02", "2026-03-01"): ("1 day earlier", ""),
    ("2026-09", "2026-11"): ("2 months later", "32 to 90 days"),
    ("2027", "2026"): ("1 year earlier", "1 to 729 days"),
    ("2025-03", "2025-07-01"): ("92 to 122 days later", ""),
    ("2026-09", "2027/.."): ("at least 93 days later", ""),
    ("2026-08/2026-09", "2026-09/2026-10"): ("perhaps moved", "between 29 days earlier and 91 days later"),
    ("2026", "2026-09"): ("told more exactly", ""),
    ("2026", None): ("no date any more", ""),
}


@pytest.mark.parametrize("dates", WORDS)
@pytest.mark.usefixtures("english")
def test_by_how_much_a_date_moved_is_said_as_exactly_as_it_is_known(dates):
    assert how_much(shift(*dates), *dates) == WORDS[dates]


def test_the_largest_slip_comes_first_with_each_move_who_and_why(moved, page):
    said = text(page())
    assert said.index("92 days later") < said.index("1 month later")
    for words in ("Prototype", "2026-03-01", "2026-06-01", "Kim", "the supplier is late", "2 moves"):
        assert words in said
    assert "Hidden goal" not in said
    assert "Hidden goal" in text(page(by=cast.user("officer")))


def test_it_is_said_in_korean_as_an_office_says_it(moved, page):
    said = text(page(language="ko"))
    for words in ("일정 변경", "92일 늦춰짐", "1개월 늦춰짐", "2026. 6. 1.", "당초 계획"):
        assert words in said


def test_a_program_an_institution_and_a_kind_narrow_it(moved, page):
    assert "Prototype" in text(page("?program=alpha"))
    assert "Nothing fits these filters." in text(page("?program=beta"))
    assert "Nothing fits these filters." in text(page("?institution=kaist"))
    said = text(page("?program=alpha&kind=project"))
    assert "Project two" in said and "Prototype" not in said


def test_a_kind_has_the_number_of_its_list_beside_it(moved, page):
    assert re.search(r"Milestones 1 .*Projects 1|Projects 1 .*Milestones 1", text(page()))
    assert "What moved 1 " in text(page("?kind=milestone"))


def test_against_a_day_it_tells_what_is_other_than_then(moved, page):
    assert "Nothing moved" in text(page("?against=2020-01-01"))  # then there was nothing yet
    said = page("?against=2999")
    assert said.status_code == 400 and "Give a day that has begun." in text(said)


def test_what_came_true_is_told_against_its_plan(moved, page):
    Milestone.objects.filter(id=moved.prototype.id).update(done_on="2026-06-11", state="done")
    said = text(page("?against=plan&program=alpha"))
    assert "10 days later" in said and "came true" in said


def test_a_form_that_is_sent_leads_to_the_address_of_its_question(moved, page):
    answer = page(f"?program=alpha&program_id={moved.alpha.id}&program_said=alpha&since=&against=&kind=milestone")
    assert (answer.status_code, answer["Location"]) == (302, "/en/timelines/moved/?program=alpha&kind=milestone")


def test_pages_follow_one_another(moved, page, monkeypatch):
    monkeypatch.setattr("records.gantt.moved.pages.PAGE", 1)
    first = page()
    following = re.search(r'rel="next" href="([^"]*)"', first.content.decode())[1]
    assert "1 month later" not in text(first)
    assert "1 month later" in text(page(unescape(following).partition("?")[2].join(["?", ""])))


def test_on_the_timeline_of_a_record_stands_what_moved_there(moved, page):
    said = text(page(path="projects/one/timeline/"))
    assert "What moved" in said and "92 days later" in said
    assert "Hidden goal" not in said.partition("Dates that moved")[2]
    leads = page(path="programs/alpha/timeline/").content.decode()
    assert "/en/timelines/moved/?program=alpha" in leads


def test_a_move_by_a_report_leads_to_it(db, page):
    w = reporting_world()
    update = submitted(w, typed(w, milestones=[{"key": str(w.milestone.id), "version": 1, "due_on": "2025-09"}]))
    decided(update, w)
    assert f"/en/updates/{update.id}/" in page("?program=alpha", by=w.officer).content.decode()
    assert f"/updates/{update.id}/" not in page("?program=alpha", by=w.stranger).content.decode()


def test_what_was_moved_by_a_moment_is_told_at_that_moment(moved, page):
    assert "Nothing moved." in text(page("?known_at=2020-01-01"))


# ---- as a file -----------------------------------------------------------------------------------------


def file(response) -> list[list[str]]:
    assert response.status_code == 200 and response["Content-Type"].startswith("text/csv")
    return list(
        csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"), newline=""), strict=True)
    )


def test_the_file_has_each_date_that_moved_with_its_last_move_and_why(moved, page, officer):
    head, *lines = file(page("?cursor=", path="timelines/moved/file/"))
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert [row["name"] for row in rows] == ["Prototype", str(moved.two.title_en)]
    first = rows[0]
    told = [first[name] for name in ("was planned", "now", "by how much", "at least days", "at most days", "moves")]
    assert told == ["2026-03-01", "2026-06-01", "92 days later", "92", "92", "2"]
    assert first["moved by"] == "Kim" and first["reason"] == "" and first["id"] == str(moved.prototype.id)
    assert "Hidden goal" in {line[1] for line in file(page(by=officer, path="timelines/moved/file/"))}


def test_the_file_is_narrowed_as_the_page_is_and_runs_nothing(moved, page):
    move(cast.UNDER["milestone"](moved.three, "=1+1", due_on="2026-03-01"), due_on="2026-05-01")
    told = file(page("?kind=milestone&program=alpha", path="timelines/moved/file/"))
    assert [line[1] for line in told[1:]] == ["Prototype", "'=1+1"]
    assert "'=1+1" in {line[1] for line in file(page("?kind=milestone", path="timelines/moved/file/"))}
    assert page("?since=soon", path="timelines/moved/file/").status_code == 400


def test_days_earlier_are_numbers_in_the_file(moved, page):
    move(cast.UNDER["milestone"](moved.three, "Sooner", due_on="2026-05-01"), due_on="2026-04-01")
    (line,) = [line for line in file(page(path="timelines/moved/file/")) if line[1] == "Sooner"]
    assert line[7:11] == ["30 days earlier", "-30", "-30", "1"]


def test_a_long_file_goes_on_where_a_portion_ends_and_says_where_it_was_cut(moved, page, monkeypatch):
    monkeypatch.setattr("records.gantt.moved.files.BATCH", 1)
    whole = file(page(path="timelines/moved/file/"))
    assert [line[1] for line in whole] == ["name", "Prototype", whole[2][1]]
    monkeypatch.setattr("records.slips.asking.MOST", 1)
    assert "only the latest moves" in file(page(path="timelines/moved/file/"))[-1][0]


def test_in_korean_the_file_has_korean_heads_and_the_mark_by_which_excel_knows_it(moved, page):
    response = page(language="ko", path="timelines/moved/file/")
    data = b"".join(response.streaming_content)
    assert data.startswith(b"\xef\xbb\xbf") and "당초 계획" in data.decode("utf-8-sig").splitlines()[0]
