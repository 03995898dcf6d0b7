"""Reporting and deciding by machine: a university's whole trip, strict values, refusals in one order, many in one call."""

import json
from datetime import date
from io import BytesIO
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.models import LedgerEntry
from programs.models import Milestone, Output
from records.documents import keep
from reports import commands
from reports.api import schema as api_schema
from reports.models import Attachment, ProjectUpdate
from tests import cast
from tests.reporting import begun, by, decided, reporting_world, submitted, written
from tests.test_api import problem

pytestmark = pytest.mark.django_db
_key = count(1)


@pytest.fixture
def w():
    return reporting_world()


@pytest.fixture
def send(client):
    """`send("patch", "updates/…/", {…}, by=w.partner, version=1)`, each with a key of its own unless one is given."""

    def it(method, address="updates/", body=None, by=None, version=None, **headers):
        client.force_login(by) if by else client.logout()
        headers = {"accept-language": "en", "idempotency-key": f"k{next(_key)}"} | headers
        if version:
            headers["if-match"] = f'"{version}"'
        if method == "get":
            return client.get(f"/api/v1/{address}", body, headers=headers)
        return getattr(client, method)(
            f"/api/v1/{address}", json.dumps(body or {}, default=str), content_type="application/json", headers=headers
        )

    return it


def new(w, **more) -> dict:
    about = {"project": "one", "institution": "gist", "period_starts_on": "2025-01-01", "period_ends_on": "2025-06-30"}
    return about | more


def sections(w, **more) -> dict:
    """Something of nearly everything; sections by name take the place of these."""
    return {
        "narrative": {"narrative_ko": "시제품을 완성함."},
        "milestones": [{"key": str(w.milestone.id), "version": w.milestone.version, "done_on": "2025-05-20"}],
        "money": [{"key": str(w.money.id), "received": 12_000_000, "spent": 8_000_000}],
        "outputs": [
            {"kind": "paper", "title_en": "A paper", "doi": "10.1038/s41586-021-03819-2", "published_on": "2025-04"}
        ],
    } | more


def at(update, what="") -> str:
    return f"updates/{update.id if isinstance(update, ProjectUpdate) else update['id']}/{what}"


def pointers(response) -> set[str]:
    return {error["pointer"] for error in problem(response)["errors"]}


def ok(response, status=200) -> dict:
    assert response.status_code == status, response.content.decode()
    body = response.json()
    if "version" in body:
        assert response["ETag"] == f'"{body["version"]}"'
    return body


# ---- the whole trip ------------------------------------------------------------------------------------------


def test_a_university_begins_writes_submits_reads_what_was_returned_and_why_and_submits_again(send, w):
    one = ok(send("post", body=new(w), by=w.partner), 201)
    assert (one["state"], one["version"], one["problems"][:0]) == ("draft", 1, [])
    one = ok(send("patch", at(one), {"sections": sections(w)}, w.partner, one["version"]))
    assert one["problems"] == [] and one["sections"]["money"][0]["spent"] == 8_000_000
    one = ok(send("post", at(one, "submit/"), by=w.partner, version=one["version"]))
    assert (one["state"], one["round"], one["values_proposed"]) == ("submitted", 1, 8)
    assert not Output.objects.exists() and not LedgerEntry.objects.exists()

    seen = ok(send("get", at(one), by=w.officer))
    values = {value["field"]: value for proposal in seen["proposals"] for value in proposal["values"]}
    assert (values["spent"]["value"], values["spent"]["now"], values["spent"]["currency"]) == (8_000_000, 0, "KRW")
    said = [
        {
            "value": value["id"],
            "accept": name != "doi",
            "note": "" if name != "doi" else "Not this paper.",
            "seen": value["seen"],
        }
        for name, value in values.items()
    ]
    ok(send("post", at(one, "decide/"), {"decisions": said, "text": "Nearly."}, w.officer, seen["version"]))
    assert Milestone.objects.get(id=w.milestone.id).state == "done"

    (row,) = ok(send("get", "updates/", {"state": "partly_accepted", "changed_since": one["changed_at"]}, w.partner))[
        "results"
    ]
    assert row["said"] == "Nearly." and row["version"] == seen["version"] + 1
    (returned,) = row["returned"]
    assert (returned["section"], returned["field"], returned["note"]) == ("outputs", "doi", "Not this paper.")
    one = ok(send("get", at(row), by=w.partner))
    assert set(one["sections"]) == {"outputs"}
    again = {"outputs": [{"key": returned_key(one), "doi": "10.1000/182"}]}
    one = ok(send("patch", at(one), {"sections": again}, w.partner, one["version"]))
    one = ok(send("post", at(one, "submit/"), by=w.partner, version=one["version"]))
    one = ok(send("post", at(one, "decide/"), {"accept": "all"}, w.officer, one["version"]))
    assert one["state"] == "accepted" and Output.objects.get().doi == "10.1000/182"
    assert [event["what"] for event in one["thread"]] == [
        "begun",
        "submitted",
        "partly_accepted",
        "submitted",
        "accepted",
    ]


def returned_key(one) -> str:
    """The record that was made of what was accepted stands in the draft now."""
    (row,) = one["sections"]["outputs"]
    return row["key"]


def test_what_was_written_by_machine_is_read_back_as_it_can_be_sent_again(send, w):
    sent = sections(w, people=[{"researcher": str(w.hong.id), "part": "postdoc", "effort_share": 12.5}])
    one = ok(send("post", body=new(w, sections=sent), by=w.partner), 201)
    assert one["sections"]["people"][0]["researcher"] == str(w.hong.id)
    assert one["sections"]["people"][0]["effort_share"] == 12.5
    again = ok(send("patch", at(one), {"sections": one["sections"]}, w.partner, one["version"]))
    assert again["version"] == one["version"] and again["sections"] == one["sections"]


def test_a_section_takes_the_place_of_itself_null_empties_it_and_the_others_stay(send, w):
    one = ok(send("post", body=new(w, sections=sections(w)), by=w.partner), 201)
    change = {"narrative": {"narrative_en": "Done."}, "outputs": None}
    one = ok(send("patch", at(one), {"sections": change}, w.partner, one["version"]))
    assert set(one["sections"]) == {"narrative", "milestones", "money"}
    assert one["sections"]["narrative"] == {"narrative_en": "Done."}


def test_what_people_typed_on_a_page_is_shown_as_they_typed_it(send, w):
    update = written(w)
    one = ok(send("get", at(update), by=w.partner))
    assert one["sections"]["money"][0]["received"] == "1,200만"
    assert one["sections"]["milestones"][0]["done_on"] == "2025.5.20."


def test_begun_written_and_submitted_at_once(send, w):
    one = ok(send("post", body=new(w, sections=sections(w), submit=True), by=w.partner), 201)
    assert (one["state"], one["round"]) == ("submitted", 1)


def test_amounts_are_in_the_major_unit_or_in_minor_units_when_one_says_so(send, w):
    dollars = cast.line(w.one, recipient=w.gist, currency="USD", name_ko="달러")
    money = {"money": [{"key": str(dollars.id), "spent": 1234.5}]}
    one = ok(send("post", body=new(w, sections=money, submit=True), by=w.partner), 201)
    assert one["proposals"][0]["values"][0]["value"] == 1234.5
    minor = ok(send("get", at(one), {"money": "minor"}, by=w.partner))
    assert minor["proposals"][0]["values"][0]["value"] == 123450
    late = new(w, period_starts_on="2025-07-01", period_ends_on="2025-12-31")
    money["money"][0]["spent"] = 200000
    two = ok(send("post", "updates/?money=minor", late | {"sections": money}, w.partner), 201)
    assert two["sections"]["money"][0]["spent"] == 200000
    assert ok(send("get", at(two), by=w.partner))["sections"]["money"][0]["spent"] == 2000


# ---- strict values -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "section, rows, place",
    [
        ("narrative", ["x"], ""),
        ("narrative", {"narrative_ko": 5}, "/narrative_ko"),
        ("narrative", {"narrative_fr": "x"}, "/narrative_fr"),
        ("outputs", {"kind": "paper"}, ""),
        ("outputs", ["paper"], ""),
        ("outputs", [{"kind": "poem"}], "/0/kind"),
        ("outputs", [{"kind": "paper"}, {"title_en": 7}], "/1/title_en"),
        ("outputs", [{"published_on": "May 2025"}], "/0/published_on"),
        ("outputs", [{"titel_en": "x"}], "/0/titel_en"),
        ("outputs", [{"visibility": "public"}], "/0/visibility"),
        ("outputs", [{"version": 1, "title_en": "x"}], "/0/version"),
        ("outputs", [{"key": "new-0"}], "/0/key"),
        ("outputs", [{"key": "new-1"}, {"key": "new-1"}], "/1/key"),
        ("milestones", [{"key": "MILESTONE", "done_on": True}], "/0/done_on"),
        ("milestones", [{"key": "MILESTONE", "done_on": "20 May"}], "/0/done_on"),
        ("milestones", [{"key": "MILESTONE", "version": 99}], "/0/version"),
        ("milestones", [{"key": "MILESTONE", "state": "done"}], "/0/state"),
        ("milestones", [{"key": "FOREIGN", "done_on": "2025"}], "/0/key"),
        ("milestones", [{"key": 5, "done_on": "2025"}], "/0/key"),
        ("phases", [{"status": "completed"}], "/0/key"),
        ("people", [{"researcher": "FOREIGN"}], "/0/researcher"),
        ("people", [{"effort_share": "half"}], "/0/effort_share"),
        ("headcounts", [{"number": 3.5}], "/0/number"),
        ("headcounts", [{"number": True}], "/0/number"),
        ("money", [{"spent": 5}], "/0/key"),
        ("money", [{"key": "FOREIGN", "spent": 5}], "/0/key"),
        ("money", [{"key": "LINE", "spent": "800만"}], "/0/spent"),
        ("money", [{"key": "LINE", "spent": 0.5}], "/0/spent"),
        ("money", [{"key": "LINE", "spent": False}], "/0/spent"),
        ("money", [{"key": "LINE", "to_date": "soon"}], "/0/to_date"),
        ("money", [{"key": "LINE", "planned": 5}], "/0/planned"),
        ("files", [], ""),
        ("prose", {}, ""),
    ],
)  # fmt: skip
def test_what_is_malformed_is_refused_at_its_place_and_nothing_is_kept(send, w, section, rows, place):
    one = begun(w)
    foreign = Milestone.objects.create(scope_id=w.beta.id, title_en="Foreign", due_on="2025")
    text = json.dumps(rows).replace("MILESTONE", str(w.milestone.id)).replace("FOREIGN", str(foreign.id))
    sent = {section: json.loads(text.replace("LINE", str(w.money.id))), "events": [{"kind": "party"}]}
    answer = send("patch", at(one), {"sections": sent}, w.partner, 1)
    assert pointers(answer) == {f"#/sections/{section}{place}", "#/sections/events/0/kind"}
    one.refresh_from_db()
    assert one.version == 1 and not one.content


def test_what_is_well_formed_but_cannot_be_is_kept_said_under_problems_and_refused_by_submit(send, w):
    sent = {
        "outputs": [{"title_en": "Of no kind", "doi": "nowhere"}],
        "milestones": [{"title_en": "Too early", "done_on": "2026-02"}],
        "money": [{"key": str(w.money.id), "received": -5}],
    }
    one = ok(send("post", body=new(w, sections=sent), by=w.partner), 201)
    places = {problem["pointer"] for problem in one["problems"]}
    assert places == {
        "#/sections/outputs/0/doi",
        "#/sections/outputs/0/kind",
        "#/sections/milestones/0/done_on",
        "#/sections/money/0/received",
    }
    assert pointers(send("post", at(one, "submit/"), by=w.partner, version=one["version"])) == places
    at_once = new(w, sections=sent, submit=True, period_starts_on="2025-07-01", period_ends_on="2025-12-31")
    assert pointers(send("post", body=at_once, by=w.partner)) == places
    assert ProjectUpdate.objects.count() == 1


def test_more_spent_than_received_is_a_warning(send, w):
    money = {"money": [{"key": str(w.money.id), "spent": 5}]}
    one = ok(send("post", body=new(w, sections=money, submit=True), by=w.partner), 201)
    assert one["warnings"] == []  # while it is with the officers
    one = ok(send("post", at(one, "decide/"), {"accept": "none", "text": "Really?"}, w.officer, one["version"]))
    assert one["state"] == "returned" and "more was spent" in one["warnings"][0]


@pytest.mark.parametrize(
    "change, place",
    [
        ({"project": "nowhere"}, "project"), ({"project": None}, "project"), ({"project": 5}, "project"),
        ({"institution": "nobody"}, "institution"), ({"period_starts_on": "2025"}, "period_starts_on"),
        ({"period_ends_on": "20250630"}, "period_ends_on"), ({"period_ends_on": "2025-02-30"}, "period_ends_on"),
        ({"period_ends_on": "2024-12-31"}, "period_ends_on"), ({"period_starts_on": "2999-01-01", "period_ends_on": "2999-06-30"}, "period_starts_on"),
        ({"submit": "yes"}, "submit"), ({"sections": []}, "sections"),
    ],
)  # fmt: skip
def test_what_a_report_is_about_is_said_exactly(send, w, change, place):
    assert pointers(send("post", body=new(w) | change, by=w.partner)) == {f"#/{place}"}
    assert not ProjectUpdate.objects.exists()


def test_there_is_one_report_of_a_project_institution_and_period(send, w):
    ok(send("post", body=new(w), by=w.partner), 201)
    assert "already is a report" in problem(send("post", body=new(w), by=w.partner))["errors"][0]["detail"]


# ---- what nobody writes --------------------------------------------------------------------------------------

KEPT = [
    "state", "version", "round", "decided_by", "decided_at", "submitted_at", "submitted_by", "saved_by", "saved_at", "made_at",
    "assigned_to", "content", "values_proposed", "source", "id", "proposals", "thread", "attachments", "problems", "decision",
]  # fmt: skip


@pytest.mark.parametrize("name", [*KEPT, "project", "institution", "period_starts_on", "period_ends_on", "submit"])
def test_what_is_not_for_the_sender_to_say_is_refused_by_name(send, w, name):
    one = begun(w)
    said = {name: "accepted", "sections": {"narrative": {"narrative_ko": "몰래"}}}
    assert pointers(send("patch", at(one), said, w.partner, 1)) == {f"#/{name}"}
    assert pointers(send("post", at(one, "submit/"), {name: 1}, w.partner, 1)) == {f"#/{name}"}
    assert pointers(send("post", at(one, "withdraw/"), {name: 1}, w.partner, 1)) == {f"#/{name}"}
    if name in KEPT:
        late = new(w, period_starts_on="2025-07-01", period_ends_on="2025-12-31")
        assert pointers(send("post", body=late | {name: 1}, by=w.partner)) == {f"#/{name}"}
        (result,) = ok(send("post", "updates/bulk/", {"updates": [late | {name: 1}]}, w.partner))["results"]
        assert [error["pointer"] for error in result["errors"]] == [f"#/{name}"]
    before = (one.state, one.version, one.institution_id, one.content)
    one = ProjectUpdate.objects.get()
    assert (one.state, one.version, one.institution_id, one.content) == before


def test_who_decided_is_never_what_a_body_says(send, w):
    one = submitted(w)
    said = {"accept": "all", "decided_by": "somebody", "state": "accepted"}
    assert pointers(send("post", at(one, "decide/"), said, w.officer, one.version)) == {"#/decided_by", "#/state"}
    inside = {"decisions": [{"value": 1, "accept": True, "decision": "accepted", "written": 5}]}
    wrong = {"#/decisions/0/decision", "#/decisions/0/written"}
    assert pointers(send("post", at(one, "decide/"), inside, w.officer, one.version)) == wrong


# ---- refusals ------------------------------------------------------------------------------------------------

WRITES = [  # method, what, who may
    ("patch", "", "partner"), ("post", "submit/", "partner"), ("post", "withdraw/", "partner"), ("post", "resume/", "partner"),
    ("post", "take/", "officer"), ("post", "put-back/", "officer"), ("post", "assign/", "officer"), ("post", "decide/", "officer"),
    ("post", "reopen/", "officer"),
]  # fmt: skip
UNVERSIONED = [("post", "say/", "both"), ("post", "files/", "partner"), ("delete", "files/{file}/", "partner")]


@pytest.mark.parametrize("method, what, who", WRITES + UNVERSIONED)
def test_refusals_come_in_one_order(send, w, method, what, who):
    update = written(w)
    file = attached(update, w)
    address = at(update, what.format(file=file.id))
    nowhere = address.replace(str(update.id), "00000000-0000-7000-8000-000000000000")
    for missing in (nowhere, address.replace(str(update.id), "x")):
        assert problem(send(method, missing, {"x": 1}), 401)
        assert problem(send(method, missing, {"x": 1}, w.partner), 404)
    assert problem(send(method, address, {"x": 1}, **{"idempotency-key": ""}), 401)
    assert "Idempotency-Key" in problem(send(method, address, {}, w.partner, **{"idempotency-key": ""}), 400)["detail"]
    for foreign in (w.stranger, w.viewer):
        assert problem(send(method, address, {"x": 1}, foreign, 1), 404)
    other = {"partner": w.officer, "officer": w.partner}.get(who)
    if other:
        assert problem(send(method, address, {"x": 1}, other, 1), 403)
    if (method, what, who) in WRITES:
        may = {"partner": w.partner, "officer": w.officer}[who]
        good = {"assign/": {"assigned_to": None}, "decide/": {"accept": "all"}, "reopen/": {"text": "why"}}.get(
            what, {}
        )
        assert problem(send(method, address, good, may), 428)
        assert problem(send(method, address, good, may, **{"if-match": '"of mine"'}), 400)
        assert problem(send(method, address, good, may, 99), 412)["version"] == update.version
        assert pointers(send(method, address, good | {"x": 1}, may, update.version)) == {"#/x"}
        asked = problem(send(method, f"{address}?dry_run=1", good, may, update.version))["errors"]
        assert [error["parameter"] for error in asked] == ["dry_run"]


def attached(update, w):
    return commands.attach(update.id, BytesIO(b"a,b\n1,2\n"), "rows.csv", by=by(w.partner))


def test_who_reports_for_nobody_begins_nothing(send, w):
    for address, body in (("updates/", new(w)), ("updates/bulk/", {"updates": [new(w)]})):
        assert problem(send("post", address, body), 401)
        for user in (w.viewer, w.officer):
            assert problem(send("post", address, body, user), 403)
    assert problem(send("post", body=new(w), by=w.stranger), 403)
    assert problem(send("post", body=new(w, institution="kaist"), by=w.stranger), 403)
    assert not ProjectUpdate.objects.exists()


def test_for_others_a_report_does_not_exist(send, w):
    update = submitted(w)
    file = file_of(update)
    for user in (None, w.viewer, w.stranger):
        assert ok(send("get", "updates/", by=user)) == {"results": [], "next_cursor": None}
        assert problem(send("get", at(update), by=user), 404)
        assert problem(send("get", at(update, f"files/{file.id}/"), by=user), 404)
        for asked in ({"institution": "gist"}, {"project": "one"}, {"program": "alpha"}, {"state": "submitted"}):
            assert ok(send("get", "updates/", asked, by=user))["results"] == []


def file_of(update):
    return Attachment.objects.create(update=update, sent_by="x", **keep(BytesIO(b"a,b\n"), "rows.csv"))


# ---- lists ---------------------------------------------------------------------------------------------------


def test_a_list_is_asked_by_project_institution_program_state_period_and_since_when(send, w):
    first, second = submitted(w), begun(w, (date(2025, 7, 1), date(2025, 12, 31)))

    def found(by=w.partner, **asked):
        return [row["id"] for row in ok(send("get", "updates/", asked, by=by))["results"]]

    one, two = str(first.id), str(second.id)
    assert found() == found(w.officer) == [two, one]
    assert (
        found(project="one")
        == found(project=str(w.one.id))
        == found(institution="gist")
        == found(program="alpha")
        == [two, one]
    )
    assert found(project="two") == found(institution="kaist") == found(program="beta") == found(project="nowhere") == []
    assert (found(state="draft"), found(state="submitted"), found(state=["draft", "submitted"])) == (
        [two],
        [one],
        [two, one],
    )
    assert (found(period="2025"), found(period="2025-01/2025-06"), found(period="2025-03")) == ([two, one], [one], [])
    since = send("get", at(first), by=w.partner).json()["changed_at"]
    assert found(changed_since=since) == [two, one]
    then = send("get", at(second), by=w.partner).json()["changed_at"]
    assert found(changed_since=then) == [two]
    ok(send("post", at(first, "say/"), {"text": "A question."}, w.officer))
    assert found(changed_since=then) == [two, one]
    page = ok(send("get", "updates/", {"limit": 1}, by=w.officer))
    assert page["next_cursor"] and found(w.officer, cursor=page["next_cursor"]) == [one]


@pytest.mark.parametrize(
    "asked, name",
    [("status=draft", "status"), ("as_of=2025", "as_of"), ("known_at=2025-01-01", "known_at"), ("state=open", "state"), ("period=soon", "period"),
     ("changed_since=2025-01-01", "changed_since"), ("cursor=x", "cursor"), ("limit=0", "limit"), ("project__in=one", "project__in")],
)  # fmt: skip
def test_what_a_list_does_not_take_is_refused_by_name(send, w, asked, name):
    for user in (w.partner, None):
        errors = problem(send("get", f"updates/?{asked}", by=user))["errors"]
        assert [error["parameter"] for error in errors] == [name]


def cost_of(client, address) -> int:
    """How many queries it takes whoever asked last."""
    client.get(f"/api/v1/{address}")
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"/api/v1/{address}").status_code == 200
    return len(captured)


def test_a_list_costs_the_same_for_one_report_and_for_many(client, w):
    client.force_login(w.partner)
    decided(submitted(w), w, doi="?")
    few = cost_of(client, "updates/")
    for year in range(2015, 2024):
        written(w, period=(date(year, 1, 1), date(year, 12, 31)))
    assert cost_of(client, "updates/") == few <= 8


def test_one_report_costs_the_same_for_a_value_and_for_many(client, send, w):
    few = submitted(w)
    more = [Milestone.objects.create(scope_id=w.one.id, title_en=f"M{n}", due_on="2025") for n in range(5)]
    lines = [cast.line(w.one, recipient=w.gist, name_ko=f"{n}") for n in range(5)]
    sent = sections(
        w,
        milestones=[{"key": str(one.id), "done_on": "2025-08"} for one in more],
        money=[{"key": str(one.id), "spent": 5} for one in lines],
        outputs=[{"kind": "paper", "title_en": f"P{n}"} for n in range(5)],
    )
    late = new(w, period_starts_on="2025-07-01", period_ends_on="2025-12-31", sections=sent, submit=True)
    many = ok(send("post", body=late, by=w.partner), 201)
    client.force_login(w.officer)
    assert cost_of(client, at(many)) == cost_of(client, at(few)) <= 22


# ---- deciding ------------------------------------------------------------------------------------------------


def values_in(one) -> list[dict]:
    return [value for proposal in one["proposals"] for value in proposal["values"]]


def test_each_value_is_decided_by_its_id_with_what_was_seen(send, w):
    update = submitted(w)
    seen = values_in(ok(send("get", at(update), by=w.officer)))
    said = [{"value": value["id"], "accept": True, "seen": value["seen"]} for value in seen]
    Milestone.objects.filter(id=w.milestone.id).update(due_on="2025-08")
    assert problem(send("post", at(update, "decide/"), {"decisions": said}, w.officer, update.version), 412)
    fresh = values_in(ok(send("get", at(update), by=w.officer)))
    said = [{"value": value["id"], "accept": True, "seen": value["seen"]} for value in fresh]
    one = ok(send("post", at(update, "decide/"), {"decisions": said}, w.officer, update.version))
    assert one["state"] == "accepted"
    assert {value["decision"] for value in values_in(one)} == {"accepted"} and all(v["written"] for v in values_in(one))


def test_what_a_partner_sees_of_a_decision_has_no_tokens(send, w):
    update = decided(submitted(w), w, doi="Why?")
    values = values_in(ok(send("get", at(update), by=w.partner)))
    assert {value["seen"] for value in values} == {None} == {value["change"] for value in values}
    assert {value["note"] for value in values} == {"", "Why?"}


def test_what_is_wrong_with_a_decision_is_said_at_its_place(send, w):
    update = submitted(w)
    ids = [value["id"] for value in values_in(ok(send("get", at(update), by=w.officer)))]
    address = at(update, "decide/")

    def wrong(body):
        return pointers(send("post", address, body, w.officer, update.version))

    assert wrong({}) == wrong({"accept": "all", "decisions": []}) == {"#"}
    assert wrong({"accept": "some"}) == {"#/accept"}
    assert wrong({"decisions": "all"}) == {"#/decisions"}
    assert wrong({"decisions": [{"value": ids[0], "accept": 1}, {"value": "x", "accept": True}]}) == {
        "#/decisions/0/accept", "#/decisions/1/value",
    }  # fmt: skip
    assert wrong({"decisions": [{"value": ids[0], "accept": True}]}) == {"#/decisions"}  # the others are left out
    all_but_one = [{"value": id, "accept": id != ids[2]} for id in ids]
    assert wrong({"decisions": all_but_one}) == {"#/decisions/2"}
    assert wrong({"accept": "none"}) == {"#/decisions"}  # without a word of why
    assert wrong({"decisions": [{"value": id, "accept": True} for id in (*ids, 0)]}) == {f"#/decisions/{len(ids)}"}
    assert ProjectUpdate.objects.get().state == "submitted"


def test_the_second_of_two_decisions_is_told_the_new_version(send, w):
    update = submitted(w)
    ok(send("post", at(update, "decide/"), {"accept": "all"}, w.officer, update.version))
    late = send("post", at(update, "decide/"), {"accept": "all"}, w.other_officer, update.version)
    assert problem(late, 412)["version"] == update.version + 1
    again = send("post", at(update, "decide/"), {"accept": "all"}, w.other_officer, update.version + 1)
    assert "accepted" in problem(again)["errors"][0]["detail"]


def test_it_is_taken_put_back_assigned_opened_again_withdrawn_and_resumed(send, w):
    one = ok(send("post", body=new(w, sections=sections(w), submit=True), by=w.partner), 201)

    def go(what, body=None, user=None, before=None):
        return ok(send("post", at(one, what), body, user or w.officer, (before or last)["version"]))

    last = one
    last = go("take/")
    assert (last["state"], last["assigned_to"]) == ("in_review", w.officer.pk)
    last = go("put-back/")
    last = go("assign/", {"assigned_to": w.other_officer.pk})
    assert last["assigned_to"] == w.other_officer.pk
    assert pointers(send("post", at(one, "assign/"), {"assigned_to": w.viewer.pk}, w.officer, last["version"])) == {
        "#/assigned_to"
    }
    last = go("withdraw/", {"text": "A mistake."}, w.partner)
    last = go("resume/", None, w.partner)
    assert last["state"] == "draft" and last["assigned_to"] is None
    last = go("submit/", None, w.partner)
    last = go("decide/", {"accept": "all"})
    assert pointers(send("post", at(one, "reopen/"), {"text": " "}, w.officer, last["version"])) == {"#/text"}
    last = go("reopen/", {"text": "A paper is missing."})
    assert last["state"] == "returned" and last["thread"][-1]["text"] == "A paper is missing."


# ---- files ---------------------------------------------------------------------------------------------------


def test_a_file_is_sent_fetched_and_left_out_again(client, send, w):
    update = written(w)
    client.force_login(w.partner)

    def attach(name="rows.csv", content=b"a,b\n1,2\n"):
        headers = {"idempotency-key": f"k{next(_key)}", "accept-language": "en"}
        return client.post(
            f"/api/v1/{at(update, 'files/')}", {"file": SimpleUploadedFile(name, content)}, headers=headers
        )

    file = ok(attach(), 201)
    assert pointers(attach("bad.exe")) == {"#/files"}
    got = client.get(file["url"])
    assert b"".join(got.streaming_content) == b"a,b\n1,2\n" and "attachment" in got["Content-Disposition"]
    assert ok(send("get", at(update), by=w.officer))["attachments"] == [file]
    address = file["url"].removeprefix("/api/v1/")
    assert send("delete", address, by=w.partner).status_code == 204
    assert problem(send("delete", address, by=w.partner), 404)
    assert problem(send("get", address, by=w.partner), 404)


# ---- many in one call ----------------------------------------------------------------------------------------


def test_many_are_sent_in_one_call_and_each_is_answered_in_order(send, w):
    def half(year, **more):
        return new(w, period_starts_on=f"{year}-01-01", period_ends_on=f"{year}-06-30", **more)

    said = {"narrative": {"narrative_ko": "완료"}}
    sent = [
        half(2020, sections=said, submit=True),
        half(2021, sections={"outputs": [{"kind": "poem"}]}),
        half(2022, sections=said),
        half(2023, institution="kaist", sections=said),
        half(2024, submit=True),
        half(2020, sections=said),
    ]
    results = ok(send("post", "updates/bulk/", {"updates": sent}, w.partner))["results"]
    assert [result["status"] for result in results] == [201, 400, 201, 403, 400, 400]
    assert [result.get("state") for result in results] == ["submitted", None, "draft", None, None, None]
    assert results[1]["errors"][0]["pointer"] == "#/sections/outputs/0/kind" and results[1]["code"] == "refused"
    assert results[4]["errors"][0]["pointer"] == "#" and "already is a report" in results[5]["errors"][0]["detail"]
    made = {str(id) for id in ProjectUpdate.objects.values_list("id", flat=True)}
    assert made == {results[0]["id"], results[2]["id"]}
    assert send("get", results[0]["url"].removeprefix("/api/v1/"), by=w.partner).json()["state"] == "submitted"


@pytest.mark.parametrize(
    "body", [{}, {"updates": []}, {"updates": [1]}, {"updates": {}}, {"updates": [{}] * 501}, {"reports": []}]
)
def test_more_than_five_hundred_or_none_are_no_call(send, w, body):
    assert problem(send("post", "updates/bulk/", body, w.partner))
    assert not ProjectUpdate.objects.exists()


# ---- its description -----------------------------------------------------------------------------------------


def test_an_answer_has_the_fields_that_its_description_names(send, w):
    update = decided(submitted(w), w, doi="?")
    attached(update, w)
    one = ok(send("get", at(update), by=w.officer))
    described = api_schema.ONE.fields
    assert set(one) == set(described)
    for name in ("proposals", "thread", "attachments"):
        assert list(one[name][0]) == list(described[name].child.fields), name
    assert list(values_in(one)[0]) == list(described["proposals"].child.fields["values"].child.fields)
    (row,) = ok(send("get", by=w.officer))["results"]
    assert list(row) == list(api_schema.PAGE.fields["results"].child.fields)
    assert list(row["returned"][0]) == list(api_schema.RETURNED.child.fields)
