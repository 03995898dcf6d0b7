"""Whatever the API refuses or fails at, it says as RFC 9457, by a code that stays, in the language that is asked for."""

import ast
import json
import re
from pathlib import Path

import pytest
from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError

from config import problems
from records import problem_codes
from records.problem_codes import CODES, Coded, coded
from records.refusals import Fault
from tests import cast
from tests.test_schema_breaks import RELEASED

ROOT = Path(__file__).parents[1]
OTHERS = {"records/package.py"}  # its Problem is a place in a file
HOUSE = ("config", "records", "people", "labs", "programs", "funding", "reports")


def said(response, status: int, code: str) -> dict:
    """The body, which has the form that every refusal has."""
    body = json.loads(response.content)
    assert response.status_code == status, body
    assert response["Content-Type"] == "application/problem+json"
    assert set(body) >= {"type", "title", "status", "detail", "code", "errors", "request_id"}
    assert (body["status"], body["code"], body["type"]) == (status, code, f"/api/problems/{code}")
    assert body["title"] and body["detail"] and body["request_id"] == response["X-Request-ID"]
    for error in body["errors"]:
        assert error["code"] in CODES and error["detail"]
        assert {"pointer", "parameter", "header"} & set(error)
    return body


@pytest.fixture
def ask(client, world):
    def send(method, address, body=None, by=None, **headers):
        if by:
            client.force_login(by)
        sent = {"data": body, "content_type": "application/json"} if body is not None else {}
        return getattr(client, method)(address, headers={"accept-language": "en"} | headers, **sent)

    return send


# ---- every way to be refused ---------------------------------------------------------------------------


def test_a_wrong_question_names_each_parameter_with_its_code(ask):
    body = said(ask("get", "/api/v1/programs/?status=bright&colour=red&limit=0&lang=fr"), 400, "bad_question")
    found = {error["parameter"]: error["code"] for error in body["errors"]}
    assert found == {
        "status": "not_a_choice", "colour": "unknown_parameter", "limit": "out_of_range", "lang": "not_a_choice",
    }  # fmt: skip


def test_a_refused_body_names_each_place_with_its_code(ask, officer):
    sent = {"slug": "", "status": "bright", "starts_on": "soon", "colour": 1, "version": 2, "topics": 3}
    body = said(ask("post", "/api/v1/programs/", sent, by=officer), 400, "refused")
    assert {error["pointer"]: error["code"] for error in body["errors"]} == {
        "#/slug": "required", "#/status": "not_a_choice", "#/starts_on": "not_a_date", "#/colour": "unknown_field",
        "#/version": "read_only", "#/topics": "not_a_value",
    }  # fmt: skip


def test_what_the_constraints_of_the_database_refuse_has_the_code_of_its_kind(ask, officer, world):
    sent = {"slug": world.alpha.slug, "status": "running", "name_ko": "", "starts_on": "2025", "ends_on": "2024"}
    body = said(ask("post", "/api/v1/programs/", sent, by=officer), 400, "refused")
    assert {error["code"] for error in body["errors"]} == {"unique", "required", "wrong_order"}


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        ("get", "/api/v1/nothing/", 404, "no_such_address"),
        ("post", "/api/v1/nothing/", 404, "no_such_address"),
        ("get", "/api/nothing", 404, "no_such_address"),
        ("get", "/api/v1/programs/nothing/", 404, "not_found"),
        ("delete", "/api/v1/programs/", 405, "method_not_allowed"),
        ("post", "/api/v1/programs/", 401, "not_signed_in"),
        ("get", "/api/v1/programs/?known_at=2999-01-01", 400, "bad_question"),
        ("get", "/api/v1/programs/?search=%00", 400, "bad_question"),
        ("get", "/api/problems/nothing", 404, "not_found"),
    ],
)
def test_each_refusal_says_what_it_is(ask, method, address, status, code):
    assert said(ask(method, address), status, code)


def test_a_form_of_answer_that_there_is_not_is_406(ask):
    assert said(ask("get", "/api/v1/programs/", accept="text/turtle"), 406, "not_acceptable")


def test_a_token_that_opens_nothing_says_so(ask):
    assert said(ask("get", "/api/v1/programs/", authorization="Bearer reg_nothing"), 401, "bad_token")


def test_a_token_that_may_only_read_says_so(ask, officer):
    from people.commands import make_token

    _token, key = make_token(by=officer, name="a token")
    answer = ask("post", "/api/v1/programs/", {}, authorization=f"Bearer {key}")
    assert said(answer, 403, "token_scope")


def test_what_is_not_ones_own_to_do_is_403(ask):
    assert said(ask("post", "/api/v1/programs/", {}, by=cast.user("viewer")), 403, "not_allowed")


def test_a_body_that_is_not_json_is_malformed_and_another_kind_of_body_is_not_read(ask, officer, client):
    assert said(ask("post", "/api/v1/programs/", "{", by=officer), 400, "malformed")
    answer = client.post("/api/v1/programs/", "<a/>", content_type="text/xml", headers={"accept-language": "en"})
    assert said(answer, 415, "unsupported_media_type")


def test_a_write_from_another_site_is_refused_as_such(officer, world):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(officer)
    answer = client.post("/api/v1/programs/", "{}", content_type="application/json")
    assert said(answer, 403, "csrf")


def test_a_version_that_is_missing_wrong_or_old_names_its_header(ask, officer, world):
    address = f"/api/v1/programs/{world.alpha.id}/"
    for header, status, code in (({}, 428, "version_missing"), ({"if-match": "three"}, 400, "not_a_version"), ({"if-match": '"77"'}, 412, "stale")):  # fmt: skip
        (error,) = said(ask("patch", address, {"topics": []}, by=officer, **header), status, code)["errors"]
        assert (error["header"], error["code"]) == ("If-Match", code)


def test_a_key_that_is_too_long_or_used_for_something_else_names_its_header(ask, officer):
    (error,) = said(ask("post", "/api/v1/programs/", {}, by=officer, **{"idempotency-key": "k" * 300}), 400, "bad_key")[
        "errors"
    ]
    assert error["header"] == "Idempotency-Key"
    sent = {"status": "running", "name_en": "One"}
    assert ask("post", "/api/v1/programs/", sent | {"slug": "one"}, **{"idempotency-key": "k"}).status_code == 201
    again = ask("post", "/api/v1/programs/", sent | {"slug": "two"}, **{"idempotency-key": "k"})
    assert said(again, 422, "key_used")["errors"][0]["header"] == "Idempotency-Key"


def test_a_record_that_is_no_longer_there_is_gone(ask, officer, world):
    address, version = f"/api/v1/labs/{cast.lab(world.gist).id}/", {"if-match": '"1"'}
    assert ask("post", f"{address}retire/", {"reason": "closed"}, by=officer, **version).status_code == 200
    ask("get", "/api/v1/")
    from django.test import Client

    assert said(Client().get(address, headers={"accept-language": "en"}), 410, "gone")


def test_a_body_beyond_all_measure_is_413(ask, officer, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert said(ask("post", "/api/v1/programs/", {"slug": "longer-than-ten"}, by=officer), 413, "too_large")


# ---- when we fail --------------------------------------------------------------------------------------


def failing(monkeypatch, error):
    from records import lists

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(lists, "read", fail)


def test_what_we_fail_at_is_500_with_the_id_by_which_the_log_knows_it(ask, client, monkeypatch):
    client.raise_request_exception = False
    failing(monkeypatch, RuntimeError("secret"))
    answer = ask("get", "/api/v1/programs/")
    assert "secret" not in str(said(answer, 500, "internal"))


def test_a_database_that_is_away_is_503_and_says_when_to_come_back(ask, client, monkeypatch):
    client.raise_request_exception = False
    failing(monkeypatch, OperationalError("connection refused"))
    answer = ask("get", "/api/v1/programs/")
    assert said(answer, 503, "unavailable") and answer["Retry-After"] == "5"


def test_a_database_that_is_away_before_a_view_is_reached_is_503_too(ask, client, monkeypatch):
    def fail(key):
        raise OperationalError("connection refused")

    client.raise_request_exception = False
    monkeypatch.setattr("config.middleware.token_of", fail)
    answer = ask("get", "/api/v1/programs/", authorization="Bearer reg_x")
    assert said(answer, 503, "unavailable") and answer["Retry-After"] == "5"


def test_a_question_that_the_database_gave_up_is_no_absence_of_it():
    class TookTooLong(Exception):
        sqlstate = "57014"

    class Shutdown(Exception):
        sqlstate = "57P01"

    error = OperationalError("canceling statement due to statement timeout")
    error.__cause__ = TookTooLong()
    assert not problems.is_away(error)
    error.__cause__ = Shutdown()
    assert problems.is_away(error)


def test_what_django_itself_refuses_under_the_api_is_said_in_the_same_form(rf, english):
    request = rf.get("/api/v1/programs/")
    for response, status, code in (
        (problems.bad_request(request, RequestDataTooBig()), 413, "too_large"),
        (problems.bad_request(request, ValueError()), 400, "malformed"),
        (problems.permission_denied(request, PermissionError()), 403, "not_allowed"),
        (problems.page_not_found(request, LookupError()), 404, "no_such_address"),
    ):
        body = json.loads(response.content)
        assert (response.status_code, body["code"], body["status"]) == (status, code, status)
        assert response["Content-Type"] == "application/problem+json"


# ---- the language --------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/api/v1/nothing/", "/api/v1/programs/?colour=red", "/api/v1/programs/none/"])
def test_a_refusal_speaks_the_language_that_is_asked_for_by_address_or_header(client, db, address):
    joined = "&" if "?" in address else "?"
    korean = client.get(f"{address}{joined}lang=ko", headers={"accept-language": "en"}).json()
    english = client.get(address, headers={"accept-language": "en"}).json()
    assert re.search("[가-힣]", korean["title"]) and re.search("[가-힣]", korean["detail"])
    assert not re.search("[가-힣]", english["title"] + english["detail"]) and korean["code"] == english["code"]


def test_the_type_of_a_refusal_leads_to_what_it_means_and_what_to_do_in_both_languages(client, db):
    found = {one["code"]: one for one in client.get("/api/problems/").json()["results"]}
    assert set(found) == set(CODES)
    for code, one in found.items():
        assert client.get(one["type"]).json() == one, code
        assert re.search("[가-힣]", one["title"]["ko"]) and re.search("[가-힣]", one["advice"]["ko"]), code
        assert not re.search("[가-힣]", one["title"]["en"] + one["advice"]["en"]), code


# ---- the codes -----------------------------------------------------------------------------------------


def test_a_code_goes_wherever_its_sentence_goes():
    sentence = coded("not_a_date", "“soon” is not a date.")
    relayed = str(ValueError(str(ValueError(sentence))))
    assert isinstance(relayed, Coded) and Fault("starts_on", relayed).code == "not_a_date"
    assert Fault("starts_on", "without one").code == "invalid"
    assert Fault("starts_on", sentence, code="conflict").code == "conflict"


def used_codes() -> dict[str, str]:
    """Every code that the house names, with where."""
    found = {}
    for file in (path for app in HOUSE for path in (ROOT / app).rglob("*.py")):
        if str(file.relative_to(ROOT)) in OTHERS:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            for code in _codes(node):
                found[code] = f"{file.relative_to(ROOT)}:{node.lineno}"
    return found


def _codes(node):
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        places = {"coded": 0, "body": 1, "refused": 1, "Problem": 2, "Fault": 3}
        if name in places and len(node.args) > places[name]:
            yield from _text(node.args[places[name]])
        if name in ("Problem", "Fault"):
            yield from (text for keyword in node.keywords if keyword.arg == "code" for text in _text(keyword.value))
    if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "default_code":
        yield from _text(node.value)


def _text(node):
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_each_code_that_is_used_has_its_title_and_advice():
    unknown = {code: place for code, place in used_codes().items() if code not in CODES}
    assert not unknown, f"Add them to {problem_codes.__name__}: {unknown}"


def test_a_code_is_a_word_in_lower_case_and_stands_once():
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in CODES)
    assert not set(problem_codes.OF_ANSWERS) & set(problem_codes.OF_ERRORS)


def test_no_code_that_was_ever_released_vanishes():
    released = json.loads(RELEASED.read_text(encoding="utf-8"))["components"]["schemas"]["Problem"]["properties"]
    codes = {*released["code"]["enum"], *released["errors"]["items"]["properties"]["code"]["enum"]}
    assert codes <= set(CODES)


def test_the_guide_lists_each_code():
    text = (ROOT / "docs" / "api-problems.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"| `{code}` |" not in text] == []
