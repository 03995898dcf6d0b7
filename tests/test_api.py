"""The contract of /api/v1/: shapes, pages, moments, totals, timelines, refusals (RFC 9457), and its own description."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver
from django.utils import timezone

from config import health
from programs.models import Program
from records.figures import Heartbeat
from records.kinds import kinds
from tests import cast
from tests.cast import sql

PLURALS = (
    "institutions labs facilities researchers affiliations programs projects phases milestones agreements committees "
    "events courses outputs exchanges participations roles headcounts funding-lines sources relations documents "
    "citations disagreements obligations"
).split()  # fmt: skip
ROUTES = [*PLURALS, "funding-amounts", "ledger-entries", "exchange-rates", "rollups", "timelines", "jobs"]
# asked in their own ways: tests/test_dues.py, tests/test_form_fields.py, tests/test_changes.py, tests/test_compare.py, tests/test_updates_api.py,
# tests/test_hook_doors.py, tests/test_exports_jobs_api.py, tests/test_everything.py
ELSEWHERE = {
    "dues",
    "duplicates",
    "imports",
    "search",
    "suggest",
    "changes",
    "slips",
    "compare",
    "views",
    "updates",
    "webhooks",
    "exports",
    "everything",
}


def problem(response, status=400) -> dict:
    """The body of a refusal, which is a problem in the sense of RFC 9457."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json")
    body = response.json()
    assert body["status"] == status and body["title"] and body["detail"] and body["type"]
    return body


def moment() -> str:
    return f"{sql('SELECT clock_timestamp()')[0][0]:%Y-%m-%dT%H:%M:%S.%fZ}"


# ---- shapes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plural", PLURALS)
def test_a_list_has_results_and_a_cursor_and_a_record_its_fields(api, world, plural):
    cast.one_of_each(world)
    body = api(f"{plural}/?limit=1").json()
    assert set(body) == {"results", "next_cursor", "data_at", "is_stale"} and len(body["results"]) == 1
    row = body["results"][0]
    assert api(f"{plural}/{row['id']}/").json() == row
    assert {"id", "updated_at", "version", "visibility"} <= set(row)
    assert datetime.fromisoformat(row["updated_at"]).tzinfo == UTC and row["updated_at"].endswith("Z")


def test_records_with_names_have_them_in_both_languages(api, world):
    for plural in ("institutions", "labs", "programs"):
        assert {"slug", "name_ko", "name_en", "aliases"} <= set(api(f"{plural}/?limit=1").json()["results"][0])
    assert {"name_ko", "name_en", "aliases"} <= set(api("researchers/?limit=1").json()["results"][0])
    assert {"slug", "title_ko", "title_en", "aliases"} <= set(api("projects/one/").json())


def test_a_record_is_found_by_slug_and_by_id(api, world):
    assert api("programs/alpha/").json() == api(f"programs/{world.alpha.id}/").json()
    for key in ("nobody", "00000000-0000-7000-8000-000000000000", "%00", "a%20b", "' OR 1=1"):
        problem(api(f"programs/{key}/"), 404)
    problem(api(f"institutions/{world.alpha.id}/"), 404)
    problem(api("researchers/hong/"), 404)


def test_a_list_goes_on_to_its_end(api, world):
    found, address = [], "institutions/?limit=2&sort=slug"
    cursor = ""
    while cursor is not None:
        body = api(f"{address}&cursor={cursor}").json()
        found, cursor = found + [row["slug"] for row in body["results"]], body["next_cursor"]
    assert found == ["gist", "gist-ai", "government", "kaist"]


def test_search_gives_exact_hits_first(api, world):
    cast.institution("aaa-gist", name_en="A GIST of it")
    assert next(row["slug"] for row in api("institutions/?search=GIST").json()["results"]) == "gist"


def test_lists_are_filtered_by_slug(api, world):
    assert [row["slug"] for row in api("projects/?program=alpha&parent=one").json()["results"]] == ["two"]
    assert [row["slug"] for row in api("institutions/?program=alpha").json()["results"]] == ["gist"]
    assert [row["slug"] for row in api("programs/?institution=kaist").json()["results"]] == ["beta"]


def test_a_filter_by_a_slug_that_leads_nowhere_is_refused(api, world):
    refused = problem(api("projects/?program=nobody"), 400)
    assert refused["errors"][0]["parameter"] == "program"


def test_a_value_has_its_type(api, world):
    room = cast.lab(world.gist, "room", floor_area=13000, floor_area_unit="ft2")
    body = api("labs/room/").json()
    assert (body["floor_area"], body["floor_area_m2"], body["aliases"], body["is_retired"]) == (
        13000.0,
        1207.7,
        [],
        False,
    )
    assert (body["institution"], body["opened_on"], body["visibility"]) == (str(world.gist.id), None, "public")
    assert room.slug == "room"


def test_money_is_a_number_in_the_major_unit_or_minor_units(api, world):
    line = cast.line(world.beta, currency="USD")
    row = cast.amount(line, 2025, 123450, committed=100)
    for place in (f"funding-amounts/{row.id}/", f"funding-lines/{line.id}/"):
        body, minor = api(place).json(), api(f"{place}?money=minor").json()
        assert (body["planned"], body["committed"], minor["planned"], minor["committed"]) == (1234.5, 1, 123450, 100)
    assert problem(api("funding-lines/?money=dollars"))["errors"][0]["parameter"] == "money"


def test_a_record_has_a_tag_of_its_version(api, world):
    before = api("programs/alpha/")["ETag"]
    Program.objects.filter(slug="alpha").update(name_en="Renamed")
    assert [tag.strip('"').partition(".")[0] for tag in (before, api("programs/alpha/")["ETag"])] == ["1", "2"]


# ---- moments -----------------------------------------------------------------------------------------------


def test_as_of_asks_the_world(api, world):
    for number, when in ((35, "2024-10-28"), (45, "2025-08")):
        cast.headcount(world.beta, number, counted_on=when)
    numbers = {
        day: [row["number"] for row in api(f"headcounts/?scope=beta&as_of={day}").json()["results"]]
        for day in ("2024-10-27", "2024-10-28", "2025-08-01", "2025")
    }
    assert numbers == {"2024-10-27": [], "2024-10-28": [35], "2025-08-01": [45], "2025": [45]}


def test_known_at_asks_the_registry(api, world):
    then = moment()
    Program.objects.filter(slug="alpha").update(name_en="Renamed", slug="omega")
    cast.program("new")
    assert api(f"programs/alpha/?known_at={then}").json()["name_en"] == "Program alpha"
    assert {row["slug"] for row in api(f"programs/?known_at={then}").json()["results"]} == {"alpha", "beta"}
    assert [row["slug"] for row in api(f"projects/?program=alpha&parent=one&known_at={then}").json()["results"]] == [
        "two"
    ]
    assert api("programs/omega/").json()["name_en"] == "Renamed"
    problem(api(f"programs/new/?known_at={then}"), 404)


def test_both_moments_at_once(api, world):
    cast.headcount(world.beta, 35, counted_on="2024")
    then = moment()
    cast.headcount(world.beta, 36, counted_on="2024-06")
    numbers = [
        [row["number"] for row in api(f"headcounts/?as_of=2024-12-31&{more}").json()["results"]]
        for more in ("", f"known_at={then}")
    ]
    assert numbers == [[36], [35]]


@pytest.mark.parametrize("route", sorted({*ROUTES} - {"jobs"}))  # which are no part of the registry's past
def test_every_list_takes_both_moments(api, world, route):
    cast.one_of_each(world)
    for question in (
        "as_of=2024-10-28",
        "as_of=2024. 10. 28.",
        f"known_at={moment()}",
        "known_at=2020-01-01",
        "known_at=0001-01-01T00:00:00",
    ):
        assert api(f"{route}/?{question}").status_code == 200, question
    for question in (
        "as_of=soon",
        "as_of=2024-02-30",
        "as_of=2024~",
        "as_of=../..",
        "known_at=2999-01-01",
        "known_at=x",
        "known_at=9999-12-31T23:59:59-23:59",
    ):
        name = question.partition("=")[0]
        assert [e["parameter"] for e in problem(api(f"{route}/?{question}"))["errors"]] == [name], question


# ---- totals ------------------------------------------------------------------------------------------------


def test_totals_answer_as_the_contract_says(api, world):
    cast.amount(cast.line(world.beta, unnamed_payer_kind="national", form="cash"), 2024, 44_000_000_000)
    cast.amount(cast.line(world.beta, unnamed_payer_kind="local", form="cash"), 2024, 50_600_000_000)
    cast.work()
    body = api("rollups/?program=beta&group_by=payer_kind&measure=planned").json()
    assert body["results"] == [
        {"payer_kind": "local", "currency": "KRW", "planned": 50_600_000_000},
        {"payer_kind": "national", "currency": "KRW", "planned": 44_000_000_000},
    ]
    assert body["next_cursor"] is None and body["is_stale"] is False and body["computed_at"]


def test_totals_say_when_a_change_waits(api, world):
    cast.work()
    cast.amount(world.line, 2026, 1)
    assert api("rollups/").json()["is_stale"] is True


def test_totals_take_several_measures_and_dimensions(api, world):
    cast.amount(cast.line(world.alpha, currency="USD", form="in_kind"), None, 150)
    cast.work()
    rows = api("rollups/?program=alpha&group_by=fiscal_year,form&measure=planned,committed,lines").json()["results"]
    assert rows == [
        {"fiscal_year": 2024, "form": "cash", "currency": "KRW", "planned": 1000, "committed": None, "lines": 1},
        {"fiscal_year": None, "form": "in_kind", "currency": "USD", "planned": 1.5, "committed": None, "lines": 1},
    ]
    assert api("rollups/?program=alpha&currency=USD&money=minor&measure=planned").json()["results"] == [
        {"currency": "USD", "planned": 150}
    ]
    assert (
        len(api("rollups/?fiscal_year=null").json()["results"])
        == len(api("rollups/?fiscal_year=2024").json()["results"])
        == 1
    )


def test_totals_refuse_by_name_and_all_at_once(api, world):
    errors = problem(api("rollups/?group_by=colour&measure=sum&fiscal_year=x&payer_kind=y&form=z&nonsense=1"))["errors"]
    assert {e["parameter"] for e in errors} == {"group_by", "measure", "fiscal_year", "payer_kind", "form", "nonsense"}
    assert "payer_kind" in errors[1]["detail"]
    assert problem(api("rollups/?group_by=program,project,form,currency"))["errors"][0]["parameter"] == "group_by"
    assert problem(api("rollups/?currency=%00"))
    assert problem(api("rollups/?project=%00"))
    assert api("rollups/?program=nobody").json()["results"] == []


def test_totals_of_the_past_are_those_of_then(api, world):
    cast.work()
    then = moment()
    cast.amount(world.line, 2025, 500)
    cast.work()
    for question, expected in (("", 1500), (f"&known_at={then}", 1000)):
        assert api(f"rollups/?program=alpha&measure=planned{question}").json()["results"][0]["planned"] == expected


# ---- timelines ---------------------------------------------------------------------------------------------


def test_a_timeline_has_dated_facts_in_order(api, world):
    cast.work()
    rows = api("timelines/?program=alpha").json()["results"]
    assert [row["label_en"] for row in rows] == ["Program alpha", "Project one"] or [row["kind"] for row in rows] == [
        "program",
        "project",
    ]
    first = rows[0]
    assert (first["starts_on"], first["ends_on"], first["first"], first["last"], first["is_planned"]) == (
        "2022-07",
        "2028",
        "2022-07-01",
        "2028-12-31",
        False,
    )
    assert first["record"] == str(world.alpha.id)


def test_a_timeline_goes_on_to_its_end(api, world):
    for n in range(5):
        cast.headcount(
            world.alpha, n, counted_on="2024" if n % 2 else None, side=("all", "domestic", "overseas")[n % 3]
        )
    cast.work()
    whole = api("timelines/").json()["results"]
    found, cursor = [], ""
    while cursor is not None:
        body = api(f"timelines/?limit=2&cursor={cursor}").json()
        found, cursor = found + body["results"], body["next_cursor"]
    assert found == whole and len(found) >= 6


def test_a_timeline_is_asked_by_owner_kind_and_days(api, world):
    cast.work()
    counts = {
        q: len(api(f"timelines/?{q}").json()["results"])
        for q in (
            "lab=gist-lab",
            "kind=source",
            "kind=source&kind=lab",
            "program=alpha&project=one",
            "from=2029",
            "to=2021",
            f"record={world.paper.id}",
            "program=nobody",
            "kind=source,lab",
            "within=alpha&kind=project,program",
            "within=alpha&fact=opened",
            "institution=gist&kind=program",
            "open=true&kind=program",
            "planned=true&kind=program",
            "late=true&as_of=2030-01-01",
            "late=true&as_of=2028-06-01",
            "ends_from=2029",
            "ends_from=2028-06&ends_to=2028-07",
            "ends_from=2028-06&ends_to=2028-07&certainty=surely",
        )
    }
    assert counts == {
        "kind=source,lab": 2,
        "within=alpha&kind=project,program": 2,
        "within=alpha&fact=opened": 0,
        "institution=gist&kind=program": 1,
        "open=true&kind=program": 1,
        "planned=true&kind=program": 0,
        "late=true&as_of=2030-01-01": 1,
        "late=true&as_of=2028-06-01": 1,
        "ends_from=2029": 0,
        "ends_from=2028-06&ends_to=2028-07": 1,
        "ends_from=2028-06&ends_to=2028-07&certainty=surely": 0,
        "lab=gist-lab": 2,
        "kind=source": 1,
        "kind=source&kind=lab": 2,
        "program=alpha&project=one": 1,
        "from=2029": 2,
        "to=2021": 1,
        f"record={world.paper.id}": 1,
        "program=nobody": 0,
    }
    for bad in (
        "kind=x",
        "from=x",
        "to=2024-13",
        "limit=0",
        f"limit={'9' * 5000}",
        "cursor=x",
        "record=x",
        "nonsense=1",
        "cursor=NQ",
        "from=%00",
        "lab=%00&limit=0",
        "late=yes",
        "open=1",
        "fact=x",
        "sort=middle",
        "certainty=no",
        "ends_from=x",
        "kind=project,x",
    ):
        assert problem(api(f"timelines/?{bad}"))["errors"], bad
    assert len(problem(api("timelines/?late=yes&fact=x&sort=y&ends_to=z&lang=zz&record=w"))["errors"]) == 6


def test_a_dated_fact_says_how_exact_it_is_and_who_states_it(api, world):
    cast.work()
    (row,) = api("timelines/?institution=gist&kind=program").json()["results"]
    assert (row["start"], row["end"]) == (
        {"exactness": "month", "is_about": False, "is_uncertain": False},
        {"exactness": "year", "is_about": False, "is_uncertain": False},
    )
    assert (row["starts_last"], row["ends_first"], row["fact_ko"], row["fact_en"]) == (
        "2022-07-31", "2028-01-01", "기간", "period",
    )  # fmt: skip
    assert (row["part"], row["within"], row["through"]) == (
        str(world.alpha.id),
        str(world.alpha.id),
        str(world.part.id),
    )
    (stated,) = row["sources"]
    assert (stated["source"], stated["attribute"], stated["value"]) == (str(world.paper.id), "starts_on", "2022-07")
    assert stated["is_held"] and (row["certainty"], row["order"], row["days_late"]) == (None, None, None)


def test_a_timeline_says_what_is_only_perhaps_so(api, world):
    """“2028” may be over in the middle of 2028, and is by 2029; what has no stated end may go on."""
    cast.work()
    late = {day: api(f"timelines/?late=true&as_of={day}").json()["results"] for day in ("2028-06-01", "2029-01-02")}
    said = {day: [(row["certainty"], row["days_late"]) for row in rows] for day, rows in late.items()}
    assert said == {"2028-06-01": [("perhaps", [0, 152])], "2029-01-02": [("surely", [2, 367])]}
    between = api("timelines/?from=2030&to=2031&kind=project,program").json()["results"]
    assert [(row["kind"], row["certainty"]) for row in between] == [("project", "perhaps")]


def test_the_order_of_two_dates_is_told_across_pages(api, world):
    for title, starts in (("a", "2022-07-15"), ("b", "2022-08-02"), ("c", "2022-08-02")):
        cast.project(world.beta, title, starts_on=starts)
    cast.work()
    question = "timelines/?kind=project&from=2022"
    whole = [row["order"] for row in api(question).json()["results"]]
    assert whole == [None, "unknown", "before", "same"]
    found, cursor = [], ""
    while cursor is not None:
        body = api(f"{question}&limit=1&cursor={cursor}").json()
        found, cursor = found + [row["order"] for row in body["results"]], body["next_cursor"]
    assert found == whole
    first = api(f"{question}&limit=1").json()["next_cursor"]
    assert problem(api(f"{question}&sort=last&cursor={first}"))["errors"][0]["code"] == "bad_cursor"


def test_what_is_asked_for_by_its_end_stands_in_the_order_of_ends(api, world):
    cast.project(world.beta, "a", starts_on="2020", ends_on="2027-01-01", status="running")
    cast.work()
    ends = "timelines/?ends_from=2026&kind=project,program"
    assert [row["ends_on"] for row in api(ends).json()["results"]] == ["2027-01-01", "2028"]
    assert [row["starts_on"] for row in api(f"{ends}&sort=first").json()["results"]] == ["2020", "2022-07"]
    assert [row["ends_on"] for row in api("timelines/?sort=last&kind=project,program").json()["results"]] == [
        "2027-01-01",
        "2028",
    ]


def test_a_page_of_a_timeline_costs_as_many_queries_however_long_it_is(api, world):
    for n in range(9):
        made = cast.project(world.beta, f"p{n}", starts_on="2024")
        cast.citation(world.paper, made, "starts_on", value="2024")
    cast.work()
    asked = {}
    for limit in (1, 9):
        with CaptureQueriesContext(connection) as queries:
            assert len(api(f"timelines/?kind=project&limit={limit}").json()["results"]) == limit
        asked[limit] = len(queries)
    assert asked[1] == asked[9]


def test_the_timeline_of_what_was_merged_is_that_of_what_it_was_merged_into(api, world):
    lost = cast.institution("lost")
    sql("UPDATE labs_institution SET is_retired = true, merged_into_id = %s WHERE id = %s", world.gist.id, lost.id)
    cast.work()
    kept = api("timelines/?institution=gist").json()["results"]
    assert kept and kept == api("timelines/?institution=lost").json()["results"]
    assert kept == api(f"timelines/?record={lost.id}").json()["results"]


def test_what_is_late_is_asked_anew_each_day(api, world, monkeypatch):
    cast.work()
    tags = {question: api(question)["ETag"] for question in ("timelines/", "timelines/?late=true")}
    tomorrow = timezone.localdate() + timedelta(days=1)
    monkeypatch.setattr(timezone, "localdate", lambda *_args: tomorrow)
    assert api("timelines/")["ETag"] == tags["timelines/"]
    assert api("timelines/?late=true")["ETag"] != tags["timelines/?late=true"]


# ---- refusals ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("method", ["put", "delete"])
def test_nothing_is_put_or_deleted(client, officer, route, method):
    address = f"/api/v1/{route}/"
    for who in (None, officer):
        if who:
            client.force_login(who)
        refused = getattr(client, method)(address, data={"a": 1}, content_type="application/json")
        assert problem(refused, 405) and refused["Allow"]


def test_who_is_signed_in_cannot_write_from_another_site(officer):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    problem(client.post("/api/v1/programs/", data={}, content_type="application/json"), 403)


@pytest.mark.parametrize("route", PLURALS)
def test_unknown_parameters_are_refused_by_name(api, world, route):
    cast.one_of_each(world)
    for question in (
        "colour=red",
        "limit=0",
        "sort=colour",
        "cursor=x",
        "visibility=secret",
        "name__regex=x",
        "version=%00",
    ):
        assert [e["parameter"] for e in problem(api(f"{route}/?{question}"))["errors"]] == [
            question.partition("=")[0]
        ], question
    row = api(f"{route}/?limit=1").json()["results"][0]
    assert problem(api(f"{route}/{row['id']}/?colour=red"))["errors"][0]["parameter"] == "colour"


QUESTIONS = [
    "programs/?statu=running", "programs/?status=great", "programs/?starts_on=soon", "programs/?limit=0", "programs/?sort=colour",
    "programs/?cursor=x", "programs/nobody/", "programs/alpha/?colour=red", "programs/?known_at=2999-01-01", "programs/?as_of=soon",
    "programs/?money=x", "rollups/?nonsense=1", "rollups/?group_by=colour", "rollups/?group_by=program,project,form,currency",
    "rollups/?fiscal_year=x", "timelines/?nonsense=1", "timelines/?kind=x", "timelines/?limit=0", "timelines/?cursor=x",
    "timelines/?record=x", "programs/?lab=x&lang=zz", "projects/?version=many", "projects/?parent__isnull=perhaps", "citations/?source__in=x",
]  # fmt: skip


@pytest.mark.parametrize("question", QUESTIONS)
def test_every_refusal_is_said_in_the_language_of_the_reader(api, world, question):
    korean, english = (api(question, **{"accept-language": language}).json() for language in ("ko", "en"))
    said = [
        json.dumps([body["detail"], [e["detail"] for e in body.get("errors", [])]], ensure_ascii=False)
        for body in (korean, english)
    ]
    assert re.search("[가-힣]", said[0]), said[0]
    assert not re.search("[가-힣]", said[1]), said[1]
    details = [e["detail"] for e in korean.get("errors", [])]
    assert all(re.search("[가-힣]", detail) for detail in details), details


def test_the_language_can_be_asked_for_and_does_not_stay(api, world):
    body = api("programs/nobody/?lang=ko").json()
    assert re.search("[가-힣]", body["detail"])
    assert not re.search("[가-힣]", api("programs/nobody/").json()["detail"])
    assert problem(api("programs/?lang=fr"))["errors"][0]["parameter"] == "lang"


def test_a_list_sorted_by_name_is_sorted_in_the_language_of_the_reader(api, world):
    for ko, en in (("가", "Z"), ("나", "A"), ("", "M")):
        cast.researcher(en, name_ko=ko)
    for lang, expected in (("ko", ["Daniela Rus", "M", "가", "나"]), ("en", ["A", "Daniela Rus", "M", "Z"])):
        rows = api(f"researchers/?sort=name&lang={lang}").json()["results"]
        names = [row[f"name_{lang}"] or row["name_en"] for row in rows if row["name_en"] != "홍길동"]
        assert names == expected


def test_head_and_options_are_answered(client, world):
    assert client.head("/api/v1/programs/").status_code == client.options("/api/v1/programs/").status_code == 200


# ---- its description ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(tmp_path_factory) -> dict:
    path = tmp_path_factory.mktemp("schema") / "openapi.json"
    call_command("spectacular", "--fail-on-warn", "--validate", "--format", "openapi-json", "--file", str(path))
    return json.loads(path.read_text())


def test_the_description_is_openapi_3_1_without_a_warning(schema):
    assert schema["openapi"].startswith("3.1")
    assert {f"/api/v1/{route}/" for route in ROUTES} <= set(schema["paths"])


@pytest.mark.parametrize("plural", [*PLURALS, "funding-amounts"])
def test_an_answer_has_the_fields_that_its_description_names(schema, api, world, plural):
    cast.one_of_each(world)
    response = schema["paths"][f"/api/v1/{plural}/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    either = schema["components"]["schemas"][response["$ref"].rpartition("/")[2]]
    page = schema["components"]["schemas"][either["anyOf"][0]["$ref"].rpartition("/")[2]]
    one = schema["components"]["schemas"][page["properties"]["results"]["items"]["$ref"].rpartition("/")[2]]
    row = api(f"{plural}/?limit=1").json()["results"][0]
    assert list(row) == list(one["properties"])
    for name, value in row.items():
        if value is None:
            kind = one["properties"][name].get("type", one["properties"][name].get("oneOf"))
            assert "null" in kind, name


@pytest.mark.parametrize("route", ["rollups", "timelines"])
def test_figures_have_the_fields_that_their_description_names(schema, api, world, route):
    cast.work()
    response = schema["paths"][f"/api/v1/{route}/"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    page = schema["components"]["schemas"][response["$ref"].rpartition("/")[2]]
    one = schema["components"]["schemas"][page["properties"]["results"]["items"]["$ref"].rpartition("/")[2]]
    body = api(f"{route}/").json()
    assert set(body) <= set(page["properties"]) and set(body["results"][0]) <= set(one["properties"])
    assert {p["name"] for p in schema["paths"][f"/api/v1/{route}/"]["get"]["parameters"]} >= {
        "program",
        "project",
        "as_of",
        "known_at",
    }


@pytest.mark.parametrize("plural", [*PLURALS, "funding-amounts"])
def test_every_parameter_that_is_taken_is_described(schema, plural):
    from records.asking import parameters
    from records.kinds import kinds_by_plural
    from records.list_api import CONTROLS
    from records.rights import ANYONE

    taken = schema["paths"][f"/api/v1/{plural}/"]["get"]["parameters"]
    described = {p["name"] for p in taken if p["in"] == "query"}
    assert described == set(parameters(kinds_by_plural()[plural], ANYONE, CONTROLS))


def test_the_explorer_asks_no_other_host(client, db):
    page = client.get("/api/explorer/").content.decode()
    assert "swagger" in page
    assert re.findall(r"(?:src|href)=[\"'](?:https?:)?//[^\"']+", page) == []
    assert not re.search(r"https?://(?!testserver|www\.w3\.org)", page)


def test_every_route_of_the_api_is_tested():
    api = next(p for p in get_resolver().url_patterns if str(p.pattern) == "api/v1/")
    routes = {str(p.pattern).lstrip("^").partition("/")[0] for p in api.url_patterns} - {"", "$"}
    assert routes == set(ROUTES) | ELSEWHERE
    assert {kind.plural for kind in kinds().values()} == set(ROUTES) - {"rollups", "timelines", "jobs"}


def test_an_address_that_the_api_does_not_know_is_a_problem_too(client):
    response = client.get("/api/v1/nonsense/")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"
    assert "/api/v1/nonsense/" in response.json()["detail"]


# ---- health ------------------------------------------------------------------------------------------------


def test_the_process_and_the_database_say_that_they_are_well(client, db):
    for address in ("/healthz", "/readyz"):
        response = client.get(address)
        assert (response.status_code, response.json()["status"]) == (200, "ok")


def test_all_is_well_only_with_a_heartbeat_and_no_old_mark(client, db):
    assert client.get("/statusz").status_code == 503
    beat, _new = Heartbeat.objects.update_or_create(name="queue", defaults={"at": datetime.now(UTC)})
    assert client.get("/statusz").json()["status"] == "ok"
    sql("INSERT INTO records_stalemark (figure, at) VALUES ('rollups', now() - interval '2 minutes')")
    body = client.get("/statusz").json()
    assert (body["status"], body["worker"], body["figures"] == "ok") == ("degraded", "ok", False)
    sql("DELETE FROM records_stalemark")
    beat.at -= timedelta(seconds=61)
    beat.save()
    assert client.get("/statusz").status_code == 503


def test_a_broker_that_is_gone_is_named(client, db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    body = client.get("/statusz")
    assert (body.status_code, body.json()["broker"]) == (503, "ConnectionError")
    assert client.get("/readyz").status_code == 200


def test_a_database_that_is_gone_is_named(client, db, monkeypatch):
    monkeypatch.setattr(health, "_database", lambda: "OperationalError")
    assert [client.get(address).status_code for address in ("/healthz", "/readyz", "/statusz")] == [200, 503, 503]
