"""What stands on the timeline of an institution, a lab, a person, of everything: groups, order, folding, pages, and for whom."""

from dataclasses import replace
from datetime import date

import pytest
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override

from records.gantt import owned
from records.gantt.question import read_question
from records.history import known_at
from records.labels import label_of
from tests import cast
from tests.cast import INTERNAL, SHARED, sql, work
from tests.test_merging import merge

TODAY = date(2026, 11, 22)


@pytest.fixture
def w(db):
    return cast.small_world()


def provided(kind_name, row, by=None, query="", **moment):
    """The timeline of a record, as this user asks for it by this address."""
    request = RequestFactory().get(f"/here/?{query}")
    request.reader, request.as_of, request.known_at = cast.reader(by), moment.get("as_of"), moment.get("known_at")
    question, problems = read_question(request)
    assert not problems
    kind = cast.kind(kind_name)
    return owned.of_record(kind, row, label_of(kind, row), replace(question, today=TODAY))


def told(found) -> list[tuple[int, str, str]]:
    """(depth, label, note) of each lane."""
    return [(lane.depth, lane.label, lane.note) for lane in found.lanes]


def heads(found) -> dict[str, str]:
    return {lane.label: lane.note for lane in found.lanes if lane.is_head}


@pytest.fixture(autouse=True)
def english():
    with override("en"):
        yield


def test_an_institution_shows_what_it_takes_part_in_its_labs_people_and_money(w):
    cast.line(w.alpha, payer=w.gist, starts_on="2022", ends_on="2024", name_en="Grant")
    work()
    found = provided("institution", w.gist, cast.user("officer"))
    assert heads(found) == {"Participations": "1", "Labs": "1", "Affiliations": "1", "Pays": "1"}
    assert (1, "Program alpha", "lead") in told(found)


def test_what_one_takes_part_in_is_drawn_with_its_own_dates(w):
    work()
    found = provided("institution", w.gist)
    alpha = next(lane for lane in found.lanes if lane.label == "Program alpha")
    assert [(mark.starts.text, mark.ends.text) for mark in alpha.marks] == [("2022-07", "2028")]
    assert alpha.href == "/en/programs/alpha/"


def test_the_page_is_there_for_records_that_may_own_dates_and_for_everything(w, client):
    work()
    for address in ("institutions/gist", "labs/gist-lab", f"researchers/{w.hong.id}", "projects/one", "programs/alpha"):
        answer = client.get(f"/en/{address}/timeline/")
        assert answer.status_code == 200, address
        assert "<svg" in answer.content.decode()
    assert "사업 alpha" in client.get("/ko/timelines/").content.decode()
    assert client.get(f"/en/citations/{w.paper.id}/timeline/").status_code == 404


def test_a_part_taken_for_a_while_is_drawn_beside_the_whole(w):
    cast.participation(w.gist, w.one, part="joint", starts_on="2023", ends_on="2024")
    work()
    lane = next(lane for lane in provided("institution", w.gist).lanes if lane.label == "Project one")
    assert [mark.name for mark in lane.marks] == ["participation", "project"]


def test_reports_due_stand_on_the_timeline_of_who_owes_them_and_of_nobody_else(w):
    cast.participation(w.gist, w.one, part="lead")
    cast.obligation(w.alpha, rhythm="yearly", starts_on="2024-01-01", ends_on="2025-12-31", visibility=SHARED)
    work()
    mine = provided("institution", w.gist, cast.user("partner", w.gist))
    assert heads(mine)["Report due"] == "2"
    lane = next(lane for lane in mine.lanes if lane.key.startswith("report-due-"))
    assert lane.label == "Project one"
    assert [mark.is_late for mark in lane.marks] == [True, True]
    assert "Report due" not in heads(provided("institution", w.gist, cast.user("partner", w.kaist)))
    assert "Report due" not in heads(provided("institution", w.gist))


def test_many_parts_taken_are_split_by_the_part_and_folded_where_there_is_no_room(w):
    many(w, 70, part="lead")
    many(w, 5, part="overseer")
    found = provided("institution", w.gist)
    assert heads(found) == {
        "Participations · lead": "71", "Participations · overseer": "5", "Labs": "1", "Affiliations": "1",
    }  # fmt: skip
    assert len(rows_beneath(found, "Participations · lead")) == owned.AT_ONCE + 1  # and the way to the others


def test_the_address_says_what_is_open(w):
    work()
    folded = provided("institution", w.gist, query="open=")
    assert {lane.is_head for lane in folded.lanes} == {True}
    labs = next(lane for lane in folded.lanes if lane.label == "Labs")
    assert labs.toggle.href == "/here/?open=lab-institution"
    opened = provided("institution", w.gist, query="open=lab-institution")
    assert [lane.label for lane in opened.lanes if not lane.is_head] == ["Lab gist-lab"]
    assert next(lane for lane in opened.lanes if lane.label == "Labs").toggle.href == "/here/?open="


def test_rows_without_a_name_are_told_apart(w):
    cast.headcount(w.alpha, 35, side="domestic", institution=w.gist, counted_on="2024-10-28")
    cast.headcount(w.alpha, 15, side="overseas", institution=w.gist, counted_on="2024-10-28")
    work()
    rows = [lane for lane in told(provided("institution", w.gist)) if lane[1].startswith("Program alpha · ")]
    assert {note for _depth, _label, note in rows} == {"domestic, 35", "overseas, 15"}


def test_a_folded_group_is_drawn_from_its_first_day_to_its_last(w):
    cast.line(w.alpha, payer=w.gist, starts_on="2022", ends_on="2024", name_en="Grant")
    cast.line(w.alpha, payer=w.gist, starts_on="2023-05", ends_on="2026-02", name_en="Grant")
    (mark,) = next(lane for lane in provided("institution", w.gist, query="open=").lanes if lane.label == "Pays").marks
    assert (mark.starts.text, mark.ends.text, mark.count) == ("2022-01-01", "2026-02-28", 2)


def test_a_group_is_read_page_by_page_each_row_once_and_in_the_order_of_days(w, monkeypatch):
    monkeypatch.setattr(owned, "A_PAGE", 7)
    made = many(w, 23, part="lead")
    work()
    labels, query = [], "group=participation-institution-lead"
    while query:
        found = provided("institution", w.gist, query=query)
        labels += rows_beneath(found, "Participations · lead")
        query = found.next.partition("?")[2]
    assert labels == ["Program alpha", *(one.title_en for one in made)]
    assert provided("institution", w.gist, query="group=participation-institution-lead").all == "/here/"


def test_a_window_holds_what_can_touch_its_days(w):
    person = cast.researcher("Ada")
    for title, starts, ends in (("old", "2001", "2003"), ("now", "2025", None), ("perhaps", None, "2025")):
        cast.affiliation(person, w.kaist, title_en=title, starts_on=starts, ends_on=ends)
    work()
    found = provided("researcher", person, query="zoom=year")
    assert heads(found) == {"Affiliations": "2"}
    assert sum(not lane.is_head for lane in found.lanes) == 2


def test_what_a_reader_may_not_see_is_in_no_count_and_no_group(w):
    cast.participation(w.gist, w.beta, visibility=INTERNAL)
    cast.participation(w.gist, cast.project(w.alpha, visibility=SHARED, starts_on="2023"), visibility=SHARED)
    cast.affiliation(cast.researcher("Hidden"), w.gist, starts_on="2020", visibility=INTERNAL)
    cast.line(w.alpha, payer=w.gist, starts_on="2022", visibility=INTERNAL)
    cast.lab(w.kaist, opened_on="2020", visibility=INTERNAL)
    work()
    assert heads(provided("institution", w.gist)) == {"Participations": "1", "Labs": "1", "Affiliations": "1"}
    assert heads(provided("institution", w.kaist)) == {}
    partner, officer = cast.user("partner", w.gist), cast.user("officer")
    assert heads(provided("institution", w.gist, partner))["Participations"] == "2"
    seen = heads(provided("institution", w.gist, officer))
    assert seen == {"Participations": "2", "Labs": "1", "Affiliations": "2", "Pays": "1"}  # Beta has no dates


def test_hidden_rows_change_nothing_of_what_the_others_see(w):
    many(w, 30, part="lead")
    work()
    before = [provided("institution", w.gist, query=query) for query in QUERIES]
    many(w, 90, part="lead", visibility=INTERNAL)
    many(w, 3, part="overseer", visibility=SHARED)
    work()
    assert [provided("institution", w.gist, query=query) for query in QUERIES] == before


QUERIES = ("", "open=", "zoom=year", "group=participation-institution-lead", "zoom=month&at=2024-01")


def test_what_is_retired_is_gone_at_once(w):
    cast.participation(w.gist, w.one, part="joint")
    work()
    sql("UPDATE programs_project SET is_retired = true WHERE slug = 'three'")
    sql("UPDATE programs_participation SET is_retired = true WHERE part = 'joint'")
    assert heads(provided("institution", w.gist))["Participations"] == "1"


def test_the_registry_s_past_and_a_day_of_the_world(w):
    before = moment()
    cast.lab(w.gist, "later-lab", opened_on="2025-05")
    sql("UPDATE programs_program SET ends_on = '2030' WHERE slug = 'alpha'")
    work()
    assert heads(provided("institution", w.gist))["Labs"] == "2"
    assert heads(provided("institution", w.gist, as_of=date(2024, 1, 1)))["Labs"] == "1"
    with known_at(before):
        found = provided("institution", w.gist, known_at=before)
    assert heads(found)["Labs"] == "1"
    alpha = next(lane for lane in found.lanes if lane.label == "Program alpha")
    assert [mark.ends.text for mark in alpha.marks] == ["2028"]


def test_what_belongs_to_it_by_a_relation_stands_there_too(w):
    work()
    event = cast.UNDER["event"](w.alpha, "kick-off")
    cast.relation(event, w.gist, visibility=INTERNAL)
    work()
    assert "Events" not in heads(provided("institution", w.gist))
    assert heads(provided("institution", w.gist, cast.user("officer")))["Events"] == "1"


def test_record_and_timeline_lead_to_each_other(w, client):
    work()
    to_timeline, to_record = "/en/labs/gist-lab/timeline/?as_of=2025", "/en/labs/gist-lab/?as_of=2025"
    assert f'href="{to_timeline}"' in client.get(to_record).content.decode()
    assert f'href="{to_record}"' in client.get(to_timeline).content.decode()
    assert 'href="/en/programs/alpha/timeline/"' in client.get("/en/timelines/").content.decode()


def test_tabs_lead_from_an_institution_to_what_is_late_of_it(w, client):
    work()
    assert (
        'href="/en/timelines/late/?institution=gist"' in client.get("/en/institutions/gist/timeline/").content.decode()
    )
    assert 'href="/en/timelines/late/?program=alpha"' in client.get("/en/programs/alpha/timeline/").content.decode()
    assert 'href="/en/timelines/late/"' in client.get("/en/labs/gist-lab/timeline/").content.decode()


def test_days_that_nobody_states_do_not_widen_the_drawing(w):
    cast.affiliation(w.rus, w.gist, starts_on="../2019")
    cast.affiliation(w.rus, w.gist, starts_on="2021", ends_on="2022/..")
    work()
    assert provided("researcher", w.rus).span == (date(2021, 1, 1), date(2021, 1, 1))


def test_a_group_leads_to_the_list_of_its_rows(w, client):
    many(w, 30, part="lead")
    found = provided("institution", w.gist, query="group=participation-institution-lead")
    assert found.list == f"/en/participations/?institution={w.gist.id}&part=lead"
    assert "Project" in client.get(found.list).content.decode()


def test_a_merged_record_leads_to_the_one_that_it_went_into(w, client):
    other = cast.institution("other")
    merge(other, w.kaist)
    answer = client.get("/en/institutions/kaist/timeline/")
    assert (answer.status_code, answer.url) == (302, "/en/institutions/other/")


def test_a_record_with_nothing_dated_says_so(w, client):
    answer = client.get("/en/institutions/government/timeline/").content.decode()
    assert "Nothing dated is recorded yet." in answer
    answer = client.get("/en/institutions/gist/timeline/?zoom=month&at=1950-01").content.decode()
    assert "Nothing is dated in these days." in answer
    assert 'href="?zoom=whole"' in answer


def test_however_many_rows_the_questions_are_the_same(w):
    many(w, 30, part="lead")
    few = questions_asked(w)
    many(w, 60, part="lead")
    assert questions_asked(w) == few <= 20


def questions_asked(w) -> int:
    work()
    with CaptureQueriesContext(connection) as asked:
        provided("institution", w.gist)
    return len(asked)


# ---- made for these tests ------------------------------------------------------------------------------------


def many(w, number: int, **more) -> list:
    """Projects in which GIST takes part, each beginning a month after the one before."""
    visible = {"visibility": more["visibility"]} if "visibility" in more else {}
    made = []
    for n in range(number):
        day = f"{2023 + n // 12}-{n % 12 + 1:02}"
        made.append(cast.project(w.alpha, starts_on=day, ends_on="2040", **visible))
        cast.participation(w.gist, made[-1], **more)
    work()
    return made


def moment():
    """This instant, of the database's clock."""
    return sql("SELECT clock_timestamp()")[0][0]


def rows_beneath(found, title: str) -> list[str]:
    """The labels beneath a heading."""
    labels, is_there = [], False
    for lane in found.lanes:
        is_there = lane.label == title if lane.is_head else is_there
        if is_there and not lane.is_head:
            labels.append(lane.label)
    return labels
