"""The API's lists as JSON Lines beside CSV: the rows that the pages of the list have, all of them, and no half file."""

import csv
import io
import json
from contextlib import closing
from types import SimpleNamespace

import pytest

from records import copy_out, exports
from records.export_api import FILES
from records.kinds import kinds
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED

pytestmark = pytest.mark.django_db
ROLES = ["anonymous", "viewer", "partner", "stranger", "officer"]


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    for level in (PUBLIC, SHARED, INTERNAL):
        cast.one_of_each(w, level)
    cast.amount(w.line, 2026, 123456789012, committed=5)
    cast.project(w.alpha, "odd", title_en='a "quote"\n\u2028 = 1', number="1")
    w.cast = cast.cast(w)
    return w


def content(response) -> bytes:
    assert response.status_code == 200, response.content
    return b"".join(response)


def rows_of(response) -> list[dict]:
    data = content(response)
    assert not data or data.endswith(b"\n")
    return [json.loads(line) for line in data.split(b"\n")[:-1]]


def paged(api, address: str, by=None) -> list[dict]:
    """Every row of the list, page by page, in twos."""
    found, cursor = [], ""
    while cursor is not None:
        said = api(f"{address}{'&' if '?' in address else '?'}limit=2&cursor={cursor}", by).json()
        found, cursor = found + said["results"], said["next_cursor"]
    return found


# ---- what is in it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", list(kinds()))
def test_json_lines_are_the_rows_of_all_pages(w, api, name, role):
    plural, by = kinds()[name].plural, w.cast[role]
    assert rows_of(api(f"{plural}/?format=jsonl", by)) == paged(api, f"{plural}/", by)


@pytest.mark.parametrize(
    "question",
    ["projects/?status=running&sort=-slug", "projects/?search=one", "projects/?as_of=2021", "funding-amounts/?money=minor",
     "funding-amounts/?fiscal_year__gte=2026&sort=-planned", "projects/?fields=slug,title", "projects/?include=program&flat=1", "roles/?researcher__isnull=false&lang=ko",
     "projects/?status__in=running,planned"],
)  # fmt: skip
def test_json_lines_answer_the_question_that_the_list_answers(w, api, question):
    found = rows_of(api(f"{question}&format=jsonl", w.cast["officer"]))
    assert found and found == paged(api, question, w.cast["officer"])


def test_a_view_is_taken_as_json_lines(w, api):
    from records.commands import Author
    from records.saving import save_view

    view = save_view(kinds()["project"], "Odd", "search=odd", "public", by=Author(cast.reader(w.cast["officer"]), "o"))
    (row,) = rows_of(api(f"projects/?view={view.id}&format=jsonl"))
    assert row["slug"] == "odd" and row["title_en"] == 'a "quote"\n\u2028 = 1'


def test_a_list_without_rows_is_a_file_without_lines(w, api):
    assert content(api("projects/?slug=nowhere&format=jsonl")) == b""


# ---- how it is asked for -----------------------------------------------------------------------------------


@pytest.mark.parametrize("type", ["application/x-ndjson", "application/jsonl"])
def test_json_lines_go_to_who_accepts_them(w, api, type):
    answer = api("programs/", accept=type)
    assert answer["Content-Type"] == type and {row["slug"] for row in rows_of(answer)} >= {"alpha", "beta"}
    assert answer["Content-Disposition"].startswith('attachment; filename="programs_')
    answer = api("programs/?format=jsonl")
    assert answer["Content-Type"] == "application/x-ndjson" and content(answer)


def test_an_unknown_format_is_refused_with_the_nearest(w, api):
    for asked, near in (("jsonlines", "jsonl"), ("CSV", "csv"), ("cvs", "csv")):
        answer = api(f"programs/?format={asked}")
        (error,) = answer.json()["errors"]
        assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
        assert error["parameter"] == "format" and error["detail"].endswith(f"Did you mean “{near}”?")
    assert "json, csv, jsonl" in api("programs/?format=parquet").json()["errors"][0]["detail"]
    assert api("programs/alpha/?format=jsonl").status_code == 400


def test_what_would_make_it_a_part_is_refused(w, api):
    for question in ("limit=5", "cursor=x", "limit=5&cursor=x"):
        errors = api(f"projects/?format=jsonl&{question}").json()["errors"]
        assert [error["parameter"] for error in errors] == [pair.partition("=")[0] for pair in question.split("&")]
    assert [e["parameter"] for e in api("projects/?format=csv&money=minor").json()["errors"]] == ["money"]


def test_the_schema_names_every_form_of_a_list(w, client):
    schema = client.get("/api/schema/?format=json").json()
    for kind in kinds().values():
        said = schema["paths"][f"/api/v1/{kind.plural}/"]["get"]["responses"]["200"]["content"]
        assert set(said) == {"application/json", *(renderer.media_type for renderer in FILES)}


# ---- an end that is none -----------------------------------------------------------------------------------


def read_strictly(as_: str, data: bytes) -> list:
    if as_ == "csv":
        return list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
    return [json.loads(line) for line in data.splitlines()] if as_ == "jsonl" else json.loads(data)["rows"]


def torn(writer):
    """What writes the first piece and no other."""

    def write(*arguments):
        with closing(writer(*arguments)) as found:  # pytest keeps the error, and with it what stands open
            yield next(found)
            raise ConnectionResetError("the database is gone")

    return write


@pytest.mark.parametrize("address", ["/api/v1/projects/?format=csv", "/api/v1/projects/?format=jsonl", "/en/projects/export/?as=json", "/en/projects/export/"])  # fmt: skip
def test_a_file_that_broke_off_can_be_read_by_nobody(w, client, monkeypatch, address):
    monkeypatch.setattr(exports, "BATCH", 1)
    as_ = next((word for word in ("jsonl", "json") if address.endswith(word)), "csv")
    assert read_strictly(as_, content(client.get(address)))
    for writer, name in ((exports.Export, "batches"), (copy_out, "_pieces")):
        monkeypatch.setattr(writer, name, torn(getattr(writer, name)))
    data = content(client.get(address, headers={"accept-language": "en"}))
    assert b"alpha" in data or b"slug" in data  # what was written before is there
    assert b"The file breaks off here" in data
    with pytest.raises((csv.Error, ValueError)):
        read_strictly(as_, data)
    assert exports._places._value == exports.AT_ONCE


def test_a_file_that_another_answer_takes_the_place_of_gives_its_place_back(w, client):
    for _time in range(exports.AT_ONCE + 1):
        assert client.get("/api/v1/projects/?format=csv", headers={"if-none-match": "*"}).status_code == 304
    assert client.get("/api/v1/projects/?format=csv").status_code == 200
