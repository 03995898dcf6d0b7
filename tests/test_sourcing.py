"""What a source says, and what no source states: as lists, for everybody by rights, at any size."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests import cast
from tests.cast import INTERNAL, ask, every_row, sql

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def slugs(question, by=None) -> list[str]:
    return sorted(row.slug for row in ask("project", question, by).page().rows)


# ---- what no source states -------------------------------------------------------------------------------


def test_values_that_no_source_states_are_listed(world):
    cast.project(world.alpha, "four", starts_on="2024")
    assert slugs("unsourced=starts_on") == ["four", "one"]
    cast.citation(world.paper, world.one, "starts_on", value="2022-07")
    assert slugs("unsourced=starts_on") == ["four"]
    assert slugs("starts_on__isnull=true") == ["three", "two"]


def test_a_period_or_a_pair_that_is_stated_as_one_is_stated(world):
    cast.citation(world.paper, world.one, "period", value="2022-07/..")
    assert slugs("unsourced=starts_on") == []
    for row, attribute in ((world.one, "title"), (world.two, "title_ko"), (world.three, "title_en")):
        cast.citation(world.paper, row, attribute, value="x")
    assert slugs("unsourced=title_ko") == ["three"]


def test_several_fields_mean_any_of_them(world):
    cast.citation(world.paper, world.one, "starts_on", value="2022-07")
    assert slugs("unsourced=starts_on&unsourced=title_ko") == ["one", "three", "two"]


def test_a_source_that_one_may_not_see_states_nothing(world, officer):
    hidden = cast.source(visibility=INTERNAL)
    cast.citation(hidden, world.one, "starts_on", value="2022-07", visibility=INTERNAL)
    assert (slugs("unsourced=starts_on"), slugs("unsourced=starts_on", officer)) == (["one"], [])


def test_what_was_retired_states_nothing(world):
    cast.citation(world.paper, world.one, "starts_on", value="2022-07", is_retired=True)
    assert slugs("unsourced=starts_on") == ["one"]


def test_the_api_and_the_pages_take_the_same_question(world, api, client):
    found = api("projects/?unsourced=starts_on").json()["results"]
    assert [row["slug"] for row in found] == ["one"]
    page = client.get("/en/projects/?unsourced=starts_on").content.decode()
    assert "Without a source: starts" in page and "Project two" not in page


def test_a_private_field_is_nobodys_question(world, api, officer):
    for by in (None, officer):
        assert api("researchers/?unsourced=researcher_number", by=by).status_code == 400


def test_the_page_of_what_no_source_states_leads_to_both_lists(world, client):
    page = client.get("/en/truth/unsourced/?kind=project")
    by_label = {str(label): (unsourced, missing) for label, unsourced, missing in page.context["rows"]}
    for address in by_label["starts"]:
        assert client.get(address).status_code == 200
    assert client.get("/en/truth/unsourced/?kind=citation").status_code == 400


# ---- what a source says ----------------------------------------------------------------------------------


def test_a_source_lists_its_statements_by_place_line_9_before_line_10(world):
    places = ["L10", "L9", "p. 2, L3", "L9-12", "", "p. 10", "12쪽", "3쪽"]
    source = cast.source()
    for place in places:
        cast.citation(source, world.one, place=place)
    found = [row.place for row in every_row("citation", f"source={source.id}&sort=place")]
    assert found == ["", "3쪽", "12쪽", "L9", "L9-12", "L10", "p. 2, L3", "p. 10"]
    assert [row.place for row in every_row("citation", f"source={source.id}&sort=-place")] == found[::-1]


def test_the_page_of_a_source_begins_with_them_and_leads_to_all(world, client):
    source = cast.source()
    for n in range(60):
        cast.citation(source, world.one, place=f"L{n}")
    page = client.get(f"/en/sources/{source.id}/")
    (table,) = [one for one in page.context["tables"] if one.name == "citation"]
    assert (table.lines[2].cells[0].text, table.more, table.title) == ("L2", True, "What this source says")
    whole = client.get(table.all_url).content.decode()
    assert whole.index(">L9<") < whole.index(">L10<")


def test_statements_are_filtered_by_the_kind_of_record(world, api):
    cast.citation(world.paper, world.one)
    found = api(f"citations/?source={world.paper.id}&about=project").json()["results"]
    assert [row["record"] for row in found] == [str(world.one.id)]


def test_a_page_of_a_hundred_thousand_statements_is_read_along_its_index(world):
    source = cast.source()
    sql(
        "INSERT INTO records_citation (id, visibility, is_retired, source_id, record_id, attribute, value_stated, value, unit, qualifier,"
        " place, certainty, note_ko, note_en) SELECT new_id(), 0, false, %s, %s, 'name', 'x', '', '', 'exact', 'L' || n, 'stated', '', ''"
        " FROM generate_series(1, 20000) n",
        source.id,
        world.one.id,
    )
    sql("ANALYZE records_citation")
    query = ask("citation", f"source={source.id}&sort=place&limit=50")
    assert "citation_in_place" in query.in_order()[:51].explain()
    second = ask("citation", f"source={source.id}&sort=place&limit=50&cursor={query.page().next_cursor}")
    with CaptureQueriesContext(connection) as asked:
        assert [row.place for row in second.page().rows][:2] == ["L51", "L52"]
    assert "OFFSET" not in asked[-1]["sql"]


# ---- what ends soon --------------------------------------------------------------------------------------


def test_what_may_end_until_a_day_is_listed_the_soonest_first(world, monkeypatch):
    monkeypatch.setattr("records.questions.timezone.localdate", lambda: date(2026, 11, 22))
    ends = ("2027-02-20", "2026-12", "2027", "2026-11-22", "2026-11-21", "2027-02-21", "2026-10/2026-12-01")
    for end in ends:
        cast.line(world.alpha, ends_on=end)
    found = [row.ends_on for row in ask("funding_line", "ending=90").page().rows]
    assert found == ["2026-11-22", "2026-10/2026-12-01", "2026-12", "2027-02-20"]
    assert ask("funding_line", "ending=90").count() == 4


@pytest.mark.parametrize("days", ["-1", "x", "99999999999"])
def test_days_are_a_number_that_can_be_meant(world, api, days):
    assert api(f"agreements/?ending={days}").status_code == 400
