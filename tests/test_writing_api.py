"""Changing by API: the order of refusals, exact numbers, one version against another, every fault with its pointer."""

import json

import pytest

from funding.models import FundingAmount
from people.models import Researcher
from programs.models import Program, Project
from records import cells
from records.kinds import Type, kinds
from records.models import Change
from tests import cast
from tests.test_api import problem


@pytest.fixture
def send(client):
    """`send("patch", "programs/alpha/", {...}, by=officer, version=1)`."""

    def it(method, address, body=None, by=None, version=None, raw=None, **headers):
        client.force_login(by) if by else client.logout()
        if version:
            headers["if-match"] = f'"{version}"'
        data = raw if raw is not None else json.dumps(body or {}, default=str)
        return getattr(client, method)(
            f"/api/v1/{address}", data, content_type="application/json", headers={"accept-language": "en"} | headers
        )

    return it


def pointers(response) -> set[str]:
    return {error["pointer"] for error in problem(response)["errors"]}


def test_an_officer_creates_reads_edits_retires_and_restores(send, api, world, officer):
    body = {"slug": "fresh", "title_en": "New", "program": "alpha", "status": "planned", "topics": ["robots"]}
    made = send("post", "projects/", body | {"reason": "kick-off"}, officer)
    assert made.status_code == 201 and made["ETag"] == '"1"'
    assert made.json()["program"] == str(world.alpha.id) and made.json()["topics"] == ["robots"]
    edited = send("patch", "projects/fresh/", {"ends_on": "2027", "title_ko": "새 과제"}, officer, 1)
    assert (edited.status_code, edited["ETag"], edited.json()["ends_on"]) == (200, '"2"', "2027")
    assert Change.objects.latest("id").door == "api"
    retired = send("post", "projects/fresh/retire/", {}, officer, 2)
    assert retired.json()["is_retired"] and api("projects/fresh/").status_code == 410
    assert send("post", "projects/fresh/restore/", {}, officer, 3).json()["is_retired"] is False


def test_refusals_come_in_one_order(send, world, officer):
    hidden = cast.program("hidden", visibility=cast.INTERNAL)
    viewer = cast.user("viewer")
    assert send("patch", "programs/nothing/", {"x": 1}).status_code == 401
    assert send("patch", f"programs/{hidden.id}/", {"x": 1}, viewer).status_code == 404
    assert send("patch", "programs/alpha/", {"x": 1}, viewer).status_code == 403
    assert send("patch", "programs/alpha/", {"x": 1}, officer).status_code == 428
    assert send("patch", "programs/alpha/", {"name_en": "x"}, officer, 7).status_code == 412
    assert send("patch", "programs/alpha/", {"x": 1}, officer, 1).status_code == 400
    assert send("post", "programs/", {"x": 1}).status_code == 401
    assert send("post", "programs/", {"x": 1}, viewer).status_code == 403


def test_a_stale_change_is_told_the_version_that_stands(send, world, officer):
    send("patch", "programs/alpha/", {"name_en": "First"}, officer, 1)
    late = send("patch", "programs/alpha/", {"name_en": "Second"}, officer, 1)
    assert problem(late, 412)["version"] == 2 and late["ETag"] == '"2"'
    assert Program.objects.get(slug="alpha").name_en == "First"


def test_every_fault_is_named_with_a_pointer(send, world, officer):
    body = {
        "titel_en": "x",
        "status": "ruinous",
        "program": "nowhere",
        "starts_on": "yesterday",
        "topics": "robots",
        "version": 3,
    }
    answer = send("post", "projects/", body, officer)
    assert pointers(answer) == {"#/titel_en", "#/status", "#/program", "#/starts_on", "#/topics", "#/version"}
    assert "title_en" in next(e["detail"] for e in answer.json()["errors"] if e["pointer"] == "#/titel_en")
    assert pointers(send("post", "projects/", {}, officer)) >= {"#/slug", "#/program", "#/status"}


@pytest.mark.parametrize(
    "raw", [b"", b"[1]", b'"x"', b"{", b'{"number": NaN}', b'{"a": 1e999999999}', b"\xff", b"[" * 100_000]
)
def test_what_is_no_object_of_json_is_refused(send, world, officer, raw):
    assert send("post", "headcounts/", by=officer, raw=raw).status_code == 400


def test_amounts_are_exact_in_the_unit_of_their_currency(send, world, officer):
    line = send("post", "funding-lines/", {"program": "alpha", "currency": "USD", "reason": "r"}, officer).json()
    raw = b'{"line": "%s", "fiscal_year": 2025, "planned": 1234567890123.45, "reason": "r"}' % line["id"].encode()
    made = send("post", "funding-amounts/", by=officer, raw=raw)
    assert made.json()["planned"] == 1234567890123.45
    amount = FundingAmount.objects.get(pk=made.json()["id"])
    assert amount.planned == 123456789012345
    minor = send("patch", f"funding-amounts/{amount.id}/?money=minor", {"committed": 5, "reason": "r"}, officer, 1)
    assert minor.json()["committed"] == 5
    for wrong in ("0.001", '"1,5"', "true", "1e30", "[1]"):
        raw = b'{"planned": %s, "reason": "r"}' % wrong.encode()
        assert pointers(send("patch", f"funding-amounts/{amount.id}/", by=officer, version=2, raw=raw)) == {"#/planned"}


def test_the_same_request_sent_twice_acts_once(send, world, officer):
    answers = [
        send("post", "researchers/", {"name_en": "Once"}, officer, **{"idempotency-key": "a"}) for _n in range(2)
    ]
    assert answers[0].json() == answers[1].json() and answers[1].status_code == 201
    assert Researcher.objects.filter(name_en="Once").count() == 1


def test_what_changed_on_a_day_answers_with_the_record_that_now_holds(send, world, officer):
    answer = send("patch", f"roles/{world.role.id}/", {"part": "co_pi", "changed_on": "2025-08"}, officer, 1).json()
    assert answer["id"] != str(world.role.id) and answer["starts_on"] == "2025-08"


def test_a_program_is_retired_with_its_parts_only_when_one_says_so(send, world, officer):
    assert pointers(send("post", "programs/alpha/retire/", {}, officer, 1)) == {"#/with_parts"}
    assert send("post", "programs/alpha/retire/", {"with_parts": True}, officer, 1).status_code == 200
    assert not Project.objects.filter(program=world.alpha, is_retired=False).exists()


def test_nobody_without_the_right_writes_any_kind_whoever_he_is(send, world):
    made = cast.one_of_each(world)
    for role, by in cast.cast(world).items():
        if role in ("officer", "administrator"):
            continue
        expected = 401 if by is None else 403
        for name, kind in kinds().items():
            at = f"{kind.plural}/{made[name].id}/"
            assert send("post", f"{kind.plural}/", {}, by).status_code == expected, (role, name)
            assert send("patch", at, {}, by, 1).status_code == expected, (role, name)
            assert send("post", f"{at}retire/", {}, by, 1).status_code == expected, (role, name)


def test_every_kind_is_copied_through_the_api(send, api, world, officer):
    """What a record says, sent as a new record, makes one that says the same: each kind takes what it gives."""
    made = cast.one_of_each(world)
    for name, kind in kinds().items():
        if kind.fixed:
            continue
        row = api(f"{kind.plural}/{made[name].id}/", officer).json()
        body = {f: row[f] for f in kind.typed_fields if row[f] is not None}
        body |= {"slug": "copied"} if kind.has_slug else {}
        body |= {"funding_amount": {"fiscal_year": 2031}, "relation": {"record": str(world.gist.id)},
                 "ledger_entry": {"outside_key": "another"}, "exchange_rate": {"dated_on": "1999"}}.get(name, {})  # fmt: skip
        answer = send("post", f"{kind.plural}/", body | {"reason": "a copy"}, officer)
        assert answer.status_code == 201, (name, answer.content.decode())
        copy = answer.json()
        assert {f: copy[f] for f in body} == body


# ---- what no column holds ------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_value_that_must_be_there_is_never_emptied_into_its_default(send, world, officer, nothing):
    hidden = cast.program("hidden", visibility=cast.INTERNAL)
    said = {"visibility": nothing}
    assert pointers(send("patch", f"programs/{hidden.id}/", said, officer, 1)) == {"#/visibility"}
    assert pointers(send("post", "programs/", {"slug": "new-one", "name_en": "New"} | said, officer)) == {
        "#/visibility"
    }
    assert pointers(send("post", "programs/bulk/", {"ids": [str(hidden.id)], "set": said}, officer)) == {"#/visibility"}
    hidden.refresh_from_db()
    assert (hidden.visibility, hidden.version) == (cast.INTERNAL, 1)


@pytest.mark.parametrize(
    "when", ["0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "1899-12-31T00:00Z", "2201-01-02T00:00Z"]
)
def test_an_instant_that_nobody_could_have_meant_is_refused(send, world, officer, when):
    event = cast.one_of_each(world)["event"]
    name = next(f.name for f in kinds()["event"].typed_fields.values() if f.type is Type.INSTANT)
    answer = send("patch", f"events/{event.id}/", {name: when}, officer, event.version)
    assert "is not an instant" in problem(answer)["errors"][0]["detail"]


def test_an_offset_that_the_database_would_not_take_is_turned_into_ours():
    field = next(f for f in kinds()["event"].typed_fields.values() if f.type is Type.INSTANT)
    assert cells.read(field, "2020-01-01T10:00+16:00").isoformat() == "2019-12-31T18:00:00+00:00"


@pytest.mark.parametrize("number", ["1e9999999999", "1e-9999999", "0e99999999", "1e99999999999999999999999"])
def test_a_number_too_long_to_write_out_is_refused(send, world, officer, number):
    line = cast.one_of_each(world)["funding_amount"]
    raw = f'{{"planned": {number}, "reason": "why"}}'
    assert problem(send("patch", f"funding-amounts/{line.id}/", raw=raw, by=officer, version=line.version))


@pytest.mark.parametrize(
    "raw", [r'{"name_en": "a\u0000"}', r'{"name_en": "\ud800"}', r'{"a\u0000": 1}', r'{"aliases": [{"x": "\u0000"}]}']
)
def test_a_body_with_a_character_that_cannot_be_stored_is_refused(send, world, officer, raw):
    assert "cannot be stored" in problem(send("patch", "programs/alpha/", raw=raw, by=officer, version=1))["detail"]


@pytest.mark.parametrize(
    ("method", "address"),
    [("post", "programs/"), ("patch", "programs/alpha/"), ("post", "programs/alpha/retire/"), ("post", "programs/alpha/restore/"),
     ("post", "programs/bulk/"), ("post", "documents/"), ("post", "changes/{change}/undo/")],
)  # fmt: skip
def test_a_write_refuses_parameters_that_it_does_not_take(send, world, officer, method, address):
    address = address.format(change=Change.objects.latest("id").id)
    answer = send(method, f"{address}?dry_run=true&lang=en", {}, officer, 1)
    assert [e["parameter"] for e in problem(answer)["errors"]] == ["dry_run"]


def test_what_is_wrong_with_the_fields_and_with_the_words_about_the_change_is_said_at_once(send, world, officer):
    wrong = {"status": "ruinous", "changed_on": "soon", "reason": 5}
    assert pointers(send("patch", "projects/one/", wrong, officer, 1)) == {"#/status", "#/changed_on", "#/reason"}
    assert pointers(send("post", "projects/", {"status": "ruinous", "reason": 5}, officer)) == {"#/status", "#/reason"}


def test_nothing_changes_on_the_first_day_of_the_calendar(send, world, officer):
    role = cast.one_of_each(world)["role"]
    body = {"title_en": "x", "changed_on": "0001-01-01", "reason": "why"}
    assert "#/changed_on" in pointers(send("patch", f"roles/{role.id}/", body, officer, role.version))


@pytest.mark.parametrize("raw", ["[1]", '{"aliases": ["a"]}', '{"aliases": 5, "reason": []}', '"x"'])
def test_a_document_sent_as_json_is_refused_with_a_sentence(send, world, officer, raw):
    assert problem(send("post", "documents/", raw=raw, by=officer))
