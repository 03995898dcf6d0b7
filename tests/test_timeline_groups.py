"""What stands on the timeline of an institution, a lab, a person, of everything: groups, order, folding, pages, and for whom."""

from datetime import date

import pytest
from django.http import QueryDict
from django.utils.translation import override

from records.gantt import owned
from records.gantt.question import Question
from records.gantt.standing import Look
from records.labels import label_of
from tests import cast
from tests.cast import work

TODAY = date(2026, 11, 22)


@pytest.fixture
def w(db):
    return cast.small_world()


def provided(kind_name, row, by=None, query="", **look):
    """The timeline of a record, as this user asks for it by this address."""
    asked = QueryDict(query)
    zoom = asked.get("zoom", "")
    is_open = frozenset(asked["open"].split(",")) if "open" in asked else None
    question = Question(
        "/here/", asked, Look(cast.reader(by), **look), TODAY, zoom, open=is_open, only=asked.get("group", "")
    )
    kind = cast.kind(kind_name)
    return owned.of_record(kind, row, label_of(kind, row), question)


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
