"""An officer decides which statement is right and why; the record follows in the same change, and one undo takes both back."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from programs.models import Headcount, Program, Role
from records.commands import Author
from records.deciding import Decision, decide, reopen
from records.models import Change, Disagreement
from records.refusals import NotAllowed, Refused, Stale
from tests import cast
from tests.cast import INTERNAL, reader

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


@pytest.fixture
def case(world):
    """Two sources differ about when Alpha ends."""
    world.press = cast.citation(
        world.paper, world.alpha, "ends_on", value="2027", value_stated="in 2027", speaks_of="2024"
    )
    world.report = cast.citation(cast.source("Report"), world.alpha, "ends_on", value="2029", value_stated="2029년까지")
    world.case = cast.disagreement(world.alpha, attribute="ends_on", kind="date", severity="major", topic_ko="종료일")
    return world


def author(by) -> Author:
    return Author(reader(by), by.username)


def settle(case, by, outcome="adopted", **more):
    decision = Decision(outcome, **{"reason_ko": "보고서가 더 늦음."} | more)
    return decide(case.case, decision, version=case.case.version, by=author(by))


# ---- the command -----------------------------------------------------------------------------------------


def test_a_decision_keeps_what_who_when_and_why(case, officer):
    settle(case, officer, adopted="2029")
    case.case.refresh_from_db()
    assert (case.case.state, case.case.adopted, case.case.decided_by) == ("decided", "2029", "officer")
    assert (case.case.reason_ko, bool(case.case.decided_on)) == ("보고서가 더 늦음.", True)
    assert Program.objects.get(id=case.alpha.id).ends_on == "2028"


def test_what_is_adopted_is_written_into_the_record_in_the_same_change(case, officer):
    done = settle(case, officer, adopted="2029", writes=True, record_version=case.alpha.version)
    alpha = Program.objects.get(id=case.alpha.id)
    case.case.refresh_from_db()
    assert (alpha.ends_on, alpha.change_id, case.case.change_id) == ("2029", done.change, done.change)
    assert Change.objects.get(pk=done.change).nature == "correction"


def test_one_undo_takes_the_decision_and_the_value_back(case, officer, client):
    done = settle(case, officer, adopted="2029", writes=True, record_version=case.alpha.version)
    client.force_login(officer)
    undone = client.post(
        f"/api/v1/changes/{done.change}/undo/", json.dumps({"reason": "too early"}), "application/json"
    )
    case.case.refresh_from_db()
    assert (undone.status_code, case.case.state, Program.objects.get(id=case.alpha.id).ends_on) == (200, "open", "2028")


@pytest.mark.parametrize(
    ("outcome", "kind"),
    [("adopted", "date"), ("both_true", "over_time"), ("two_people", "homonym"), ("printing", "printing"), ("premise", "premise")],
)  # fmt: skip
def test_what_an_officer_found_says_of_what_kind_it_is(case, officer, outcome, kind):
    settle(case, officer, outcome, adopted="2029")
    case.case.refresh_from_db()
    assert (case.case.state, case.case.kind) == ("decided", kind)


def test_where_both_are_true_the_row_of_a_period_is_succeeded(case, officer):
    case.case = cast.disagreement(case.role, attribute="title_en")
    settle(
        case,
        officer,
        "both_true",
        adopted="Director",
        writes=True,
        record_version=case.role.version,
        changed_on="2025-03",
    )
    titles = (
        Role.objects.filter(researcher=case.role.researcher).order_by("starts_on").values_list("title_en", "ends_on")
    )
    assert sorted(titles) == [("", "2025-02"), ("Director", None)]


def test_where_both_are_true_a_count_gets_a_row_of_its_own(case, officer):
    count = cast.headcount(case.alpha, 50, counted_on="2024")
    case.case = cast.disagreement(count, attribute="number", kind="count")
    settle(case, officer, "both_true", adopted="64", writes=True, record_version=1, changed_on="2025-08")
    counts = Headcount.objects.filter(scope_id=case.alpha.id).values_list("number", "counted_on")
    assert sorted(counts) == [(50, "2024"), (64, "2025-08")]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"reason_ko": ""}, "reason_ko"),
        ({"adopted": ""}, "adopted"),
        ({"outcome": "shrug"}, "outcome"),
        ({"writes": True}, "record_version"),
        ({"writes": True, "record_version": 1, "adopted": "some day"}, "adopted"),
        ({"outcome": "both_true", "writes": True, "record_version": 1}, "changed_on"),
        ({"changed_on": "2025"}, "changed_on"),
    ],
)
def test_a_decision_that_lacks_something_is_refused_there(case, officer, more, field):
    given = {"outcome": "adopted", "adopted": "2029", "reason_ko": "그러함."} | more
    with pytest.raises(Refused) as refused:
        decide(case.case, Decision(**given), version=1, by=author(officer))
    assert field in [fault.field for fault in refused.value.faults]
    assert Disagreement.objects.get(id=case.case.id).state == "open"


def test_a_figure_that_is_no_field_cannot_be_written(case, officer):
    case.case = cast.disagreement(case.alpha, attribute="researchers")
    with pytest.raises(Refused, match="is no field of the record"):
        settle(case, officer, adopted="64", writes=True, record_version=1)


def test_only_officers_decide(case):
    with pytest.raises(NotAllowed, match="Only officers"):
        settle(case, cast.user("partner", case.gist), adopted="2029")


def test_a_decision_stands_until_it_is_reopened(case, officer):
    settle(case, officer, adopted="2029")
    case.case.refresh_from_db()
    with pytest.raises(Refused, match="officer decided on it already"):
        settle(case, officer, adopted="2027")
    with pytest.raises(Refused, match="Say why"):
        reopen(case.case, version=case.case.version, by=author(officer))
    reopen(case.case, version=case.case.version, by=Author(reader(officer), "officer", reason="a new report"))
    case.case.refresh_from_db()
    assert (case.case.state, case.case.adopted, case.case.decided_by, case.case.decided_on) == ("open", "", "", None)
    assert case.case.reason_ko == "보고서가 더 늦음."


def test_a_record_that_moved_meanwhile_is_not_overwritten(case, officer):
    Program.objects.filter(id=case.alpha.id).update(ends_on="2030")
    with pytest.raises(Stale):
        settle(case, officer, adopted="2029", writes=True, record_version=case.alpha.version)
    assert Disagreement.objects.get(id=case.case.id).state == "open"


@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_one_wins_and_the_other_is_told(case):
    officers = [cast.user("officer", name=name) for name in ("one", "two")]

    def act(officer, year):
        try:
            return settle(case, officer, adopted=year, writes=True, record_version=case.alpha.version).change
        except Stale as stale:
            return {moved.row.decided_by for moved in stale.moved if isinstance(moved.row, Disagreement)}
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(act, officers, ("2027", "2029")))
    (winner,) = [n for n in (0, 1) if isinstance(told[n], int)]
    assert told[1 - winner] == {officers[winner].username}
    assert Program.objects.get(id=case.alpha.id).ends_on == ("2027", "2029")[winner]


# ---- the API ---------------------------------------------------------------------------------------------


@pytest.fixture
def send(client, case, officer):
    def send(what, body, version=1, key="", by=officer):
        client.force_login(by)
        headers = {"If-Match": f'"{version}"', "accept-language": "en"} | ({"Idempotency-Key": key} if key else {})
        address = f"/api/v1/disagreements/{case.case.id}/{what}/"
        return client.post(address, json.dumps(body), "application/json", headers=headers)

    return send


def test_the_api_adopts_a_statement(case, send):
    body = {
        "outcome": "adopted",
        "citation": str(case.report.id),
        "reason_en": "later",
        "writes": True,
        "record_version": 1,
    }
    answer = send("decide", body)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["state"], answer.json()["adopted"], answer["ETag"]) == ("decided", "2029", '"2"')
    assert Program.objects.get(id=case.alpha.id).ends_on == "2029"


def test_a_second_click_decides_once(case, send):
    body = {
        "outcome": "adopted",
        "citation": str(case.report.id),
        "reason_en": "later",
        "writes": True,
        "record_version": 1,
    }
    answers = [send("decide", body, key="k") for _n in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert Disagreement.objects.get(id=case.case.id).version == 2


def test_the_api_says_what_stands_side_by_side(case, api, officer):
    found = api(f"disagreements/{case.case.id}/statements/", by=officer).json()
    assert [said["value"] for said in found["statements"]] == ["2029", "2027"]
    assert (found["held"], found["record_version"], found["is_writable"]) == ("2028", 1, True)


def test_a_statement_that_one_may_not_see_does_not_exist(case, api):
    hidden = cast.source("Hidden", visibility=INTERNAL)
    cast.citation(hidden, case.alpha, "ends_on", value="2031", visibility=INTERNAL)
    seen = api(f"disagreements/{case.case.id}/statements/").json()["statements"]
    assert [said["value"] for said in seen] == ["2029", "2027"]


def test_the_api_reopens_and_refuses_what_it_does_not_know(case, send):
    assert send("decide", {"outcome": "premise", "reason_en": "other things"}).status_code == 200
    assert send("reopen", {"reason": "look again"}, version=2).json()["state"] == "open"
    assert send("decide", {"verdict": "premise"}, version=3).json()["errors"][0]["pointer"] == "#/verdict"
    assert send("decide", {"outcome": "premise", "reason_en": "other"}, version=2).status_code == 412
    assert (
        send("decide", {"outcome": "premise", "reason_en": "x"}, version=3, by=cast.user("viewer")).status_code == 403
    )


# ---- the pages -------------------------------------------------------------------------------------------


def form(page) -> dict:
    """What the form of a page sends as it stands."""
    return {name: page.context["form"][name].value() or "" for name in page.context["form"].fields}


def test_the_desk_shows_open_disagreements_major_first_with_their_statements(case, client):
    cast.disagreement(case.alpha, topic_en="A small one", severity="info")
    cast.disagreement(case.alpha, topic_en="A decided one", state="decided", reason_en="so")
    page = client.get("/en/truth/").content.decode()
    assert page.index("Topic") < page.index("A small one")
    assert "A decided one" not in page and "in 2027" in page and "2029년까지" in page
    assert "Decide<" not in page
    assert "A decided one" in client.get("/en/truth/?state=decided").content.decode()


def test_every_number_of_the_desk_opens_to_its_disagreements(case, client):
    page = client.get("/en/truth/")
    major = page.context["weights"][0]
    assert major.total == 1
    ((_n, url),) = [one for one in major.counts if one[0]]
    assert [one.disagreement.id for one in client.get(url).context["cases"]] == [case.case.id]


def test_an_officer_decides_on_the_page(case, officer, client):
    client.force_login(officer)
    sent = form(client.get(f"/en/truth/{case.case.id}/")) | {
        "outcome": "adopted",
        "adopted": str(case.report.id),
        "reason_en": "later",
    }
    done = client.post(f"/en/truth/{case.case.id}/", sent, follow=True)
    assert "It is decided." in done.content.decode()
    assert Program.objects.get(id=case.alpha.id).ends_on == "2029"
    assert "later" in client.get("/en/programs/alpha/").content.decode()


def test_a_korean_date_is_understood_as_another_reading(case, officer, client):
    client.force_login(officer)
    sent = form(client.get(f"/ko/truth/{case.case.id}/"))
    sent |= {"outcome": "printing", "adopted": "other", "other": "2029. 3.", "reason_ko": "인쇄 오류"}
    assert client.post(f"/ko/truth/{case.case.id}/", sent).status_code == 302
    assert Program.objects.get(id=case.alpha.id).ends_on == "2029-03"


def test_another_reading_that_is_not_chosen_is_not_lost_in_silence(case, officer, client):
    client.force_login(officer)
    sent = form(client.get(f"/en/truth/{case.case.id}/"))
    sent |= {
        "outcome": "adopted",
        "adopted": str(case.report.id),
        "other": "2031",
        "reason_en": "later",
        "other_record": "nobody",
    }
    answer = client.post(f"/en/truth/{case.case.id}/", sent)
    assert answer.status_code == 400
    assert (
        "choose it as well, or clear it" in answer.content.decode()
        and "There is no record “nobody”" in answer.content.decode()
    )


def test_where_both_are_true_an_empty_date_means_that_of_the_statement(case, officer, client):
    statement = cast.citation(case.paper, case.role, "title_en", value="Director", speaks_of="2025-03")
    disagreement = cast.disagreement(case.role, attribute="title_en")
    client.force_login(officer)
    sent = form(client.get(f"/en/truth/{disagreement.id}/"))
    sent |= {"outcome": "both_true", "adopted": str(statement.id), "reason_en": "promoted"}
    assert client.post(f"/en/truth/{disagreement.id}/", sent).status_code == 302
    assert Role.objects.get(title_en="Director").starts_on == "2025-03"


def test_the_page_tells_the_second_officer_what_was_decided(case, officer, client):
    client.force_login(officer)
    sent = form(client.get(f"/en/truth/{case.case.id}/")) | {"outcome": "premise", "reason_en": "different things"}
    settle(case, cast.user("officer", name="quicker"), adopted="2027")
    told = client.post(f"/en/truth/{case.case.id}/", sent)
    assert told.status_code == 409
    assert "quicker decided on it meanwhile: 2027. Nothing of yours was kept." in told.content.decode()


def test_a_page_of_a_hidden_disagreement_does_not_exist(case, client):
    hidden = cast.disagreement(case.alpha, visibility=INTERNAL)
    client.force_login(cast.user("viewer"))
    assert client.get(f"/en/truth/{hidden.id}/").status_code == 404
    assert client.get(f"/en/truth/{case.case.id}/").status_code == 403


def test_a_decision_is_reopened_on_the_page(case, officer, client):
    settle(case, officer, adopted="2029")
    client.force_login(officer)
    sent = form(client.get(f"/en/truth/{case.case.id}/")) | {"reopen": "1", "reason": "a new report"}
    assert client.post(f"/en/truth/{case.case.id}/", sent).status_code == 302
    assert Disagreement.objects.get(id=case.case.id).state == "open"
