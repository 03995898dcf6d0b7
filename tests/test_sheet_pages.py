"""Bringing in a file by page and by API: the same commands, the same sentences, step by step, and as jobs."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from people.models import Researcher
from programs.models import Project
from records import jobs
from records.columns import Form
from records.job_runs import run_one
from records.jobs import Job
from records.models import Change
from records.spreadsheets import work
from records.spreadsheets.models import SheetImport
from tests import cast
from tests.sheets import as_csv, cell, exported
from tests.test_many_at_once import details

PEOPLE = as_csv([["성명", "영문명", "메모"], ["김민수", "Minsu Kim", "x"], ["이영희", "", ""]])


@pytest.fixture
def desk(client, officer):
    client.force_login(officer)
    return client


def upload(client, plural: str, data: bytes, name="file.csv", language="en", **more):
    file = SimpleUploadedFile(name, data)
    return client.post(f"/{language}/{plural}/import/", {"file": file, "key": "k", **more})


def here(sheet: SheetImport, query="", language="en") -> str:
    return f"/{language}/imports/{sheet.id}/{query}"


def only() -> SheetImport:
    return SheetImport.objects.get()


def text(response) -> str:
    return response.content.decode()


# ---- pages -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language, button", [("ko", "파일 불러오기"), ("en", "Bring in a file")])
def test_every_list_leads_officers_to_it_and_nobody_else(world, desk, client, language, button):
    assert button in text(desk.get(f"/{language}/projects/"))
    client.force_login(cast.user("viewer"))
    assert button not in text(client.get(f"/{language}/projects/"))
    assert client.get(f"/{language}/projects/import/").status_code == 403


def test_a_file_of_others_goes_by_its_columns_to_the_change(db, desk):
    assert upload(desk, "researchers", PEOPLE).url == here(only())
    page = text(desk.get(here(only())))
    assert "What are its columns?" in page and '<option value="name_ko" selected>' in page and "김민수" in page
    sent = {"act": "columns", "column-0": "name_ko", "column-1": "name_en", "column-2": ""}
    assert desk.post(here(only()), sent).url == here(only())
    page = text(desk.get(here(only())))
    assert "Added 2" in page and "Not taken over: 메모." in page and "Minsu Kim" in page
    done = desk.post(here(only()), {"act": "take", "key": "k", "reason": "list of the ministry"})
    assert done.url == f"/en/changes/{only().change_id}/"
    assert Change.objects.get(pk=only().change_id).reason == "list of the ministry"
    page = text(desk.get(here(only())))
    assert "This file was taken over." in page and f"/en/changes/{only().change_id}/undo/" in page


def test_a_second_click_acts_once(db, desk):
    upload(desk, "researchers", PEOPLE)
    desk.post(here(only()), {"act": "columns", "column-0": "name_ko"})
    first, second = (desk.post(here(only()), {"act": "take", "key": "k"}) for _n in range(2))
    assert first.url == second.url and Researcher.objects.count() == 2


@pytest.mark.parametrize("language, sentence", [("ko", "파일이 비어 있습니다"), ("en", "The file is empty")])
def test_a_file_that_is_refused_says_why_on_the_page(db, desk, language, sentence):
    answer = upload(desk, "researchers", b"", language=language)
    assert answer.status_code == 400 and sentence in text(answer)
    assert "Choose a file." in text(desk.post("/en/researchers/import/", {"key": "k"}))


def test_what_is_wrong_stands_by_cell_and_the_rest_can_be_taken(world, officer, desk):
    table = exported("project", officer, Form.RAW)
    upload(desk, "projects", as_csv(cell(cell(table, "starts_on", 1, "2026. 2. 30."), "title_en", 2, "Good")))
    page = text(desk.get(here(only())))
    assert "starts_on" in page and "“2026-02-30” is not a day of the calendar." in page
    refused = desk.post(here(only()), {"act": "take", "key": "k"})
    assert refused.status_code == 400 and "1 row is refused or in conflict" in text(refused)
    desk.post(here(only()), {"act": "take", "key": "k", "only_possible": "on"})
    assert Project.objects.filter(title_en="Good").exists()


def test_a_conflict_is_decided_on_the_page(world, officer, desk):
    table = exported("project", officer, Form.RAW)
    Project.objects.filter(pk=world.one.pk).update(title_en="Theirs")
    upload(desk, "projects", as_csv(cell(table, "title_en", 1, "Mine")))
    page = text(desk.get(here(only())))
    assert all(word in page for word in ("Project one", "Theirs", "Mine", "Decide the conflicts first."))
    assert desk.post(here(only()), {"act": "choose", "choose-2-title_en": "file"}).url == here(only())
    desk.post(here(only()), {"act": "take", "key": "k"})
    assert Project.objects.get(pk=world.one.pk).title_en == "Mine"


def test_all_conflicts_are_decided_by_one_button(world, officer, desk):
    table = exported("project", officer, Form.RAW)
    Project.objects.update(title_en="Theirs")
    for row in (1, 2, 3):
        table = cell(table, "title_en", row, f"Mine {row}")
    upload(desk, "projects", as_csv(table))
    desk.post(here(only()), {"act": "choose", "choose-2-title_en": "file", "rest": "registry"})
    desk.post(here(only()), {"act": "take", "key": "k"})
    assert set(Project.objects.values_list("title_en", flat=True)) == {"Mine 1", "Theirs"}


def test_records_that_moved_stop_it_and_it_is_worked_out_anew(world, officer, desk):
    upload(desk, "projects", as_csv(cell(exported("project", officer, Form.RAW), "title_en", 1, "Mine")))
    Project.objects.filter(pk=world.one.pk).update(title_ko="남의 제목")
    answer = desk.post(here(only()), {"act": "take", "key": "k"})
    assert answer.status_code == 409 and "1 of these records has changed since the preview" in text(answer)
    desk.post(here(only()), {"act": "plan"})
    desk.post(here(only()), {"act": "take", "key": "k"})
    assert Project.objects.get(pk=world.one.pk).title_en == "Mine"


def test_nobody_else_sees_the_file(db, desk, client):
    upload(desk, "researchers", PEOPLE)
    client.force_login(cast.user("officer"))
    assert client.get(here(only())).status_code == 404
    client.force_login(cast.user("viewer"))
    assert client.get(here(only())).status_code == 403


def test_money_is_not_taken_over_without_a_reason(world, officer, desk):
    table = exported("funding_amount", officer, Form.RAW)
    upload(desk, "funding-amounts", as_csv(cell(table, "planned", 1, "2000")))
    assert "as if those had never been true: say why" in text(desk.get(here(only())))
    assert "Say why" in text(desk.post(here(only()), {"act": "take", "key": "k"}))


@pytest.mark.parametrize("only_state", ["added", "changed", "same", "refused", "conflict"])
def test_every_state_has_its_page(world, officer, desk, only_state):
    table = exported("funding_amount", officer, Form.KO)
    upload(desk, "funding-amounts", as_csv([*table, ["", "", "Line", *[""] * (len(table[0]) - 3)]]))
    assert desk.get(here(only(), f"?only={only_state}")).status_code == 200


def test_the_headers_may_be_looked_for_in_another_row(db, desk):
    upload(desk, "researchers", as_csv([["x", "y"], ["성명", "영문명"], ["김민수", "Minsu Kim"]]))
    assert desk.post(here(only()), {"act": "header_row", "header_row": "2"}).status_code == 302
    assert only().headers == ["성명", "영문명"]
    assert "There is no row 9" in text(desk.post(here(only()), {"act": "header_row", "header_row": "9"}))


# ---- jobs --------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_large_files_go_by_jobs(officer, desk, monkeypatch):
    monkeypatch.setattr(jobs, "NOW_SECONDS", 0)
    job = Job.objects.get(pk=upload(desk, "researchers", PEOPLE).url.split("/")[-2])
    assert run_one("lane")
    job.refresh_from_db()
    assert (job.state, job.link) == ("done", reverse("sheet_import", args=[only().id])), job.sentence
    desk.post(here(only()), {"act": "columns", "column-0": "name_ko"})
    assert run_one("lane") and only().counts == {"added": 2}
    first, second = (desk.post(here(only()), {"act": "take", "key": "t"}).url for _n in range(2))
    assert first == second and run_one("lane") and not run_one("lane")
    last = Job.objects.order_by("-created_at").first()
    assert last.sentence == "2 records were changed." and last.link.endswith(f"/changes/{only().change_id}/")
    assert Researcher.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_refused_file_is_a_job_that_says_why(officer, desk, monkeypatch):
    monkeypatch.setattr(jobs, "NOW_SECONDS", 0)
    upload(desk, "researchers", b"%PDF-1.7")
    assert run_one("lane")
    job = Job.objects.get()
    assert job.state == "failed" and job.sentence.startswith("This is a PDF.")
    assert "was not read yet" in text(desk.get(here(only())))


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_leaves_nothing_half_done(officer, desk, monkeypatch):
    """Its transaction goes with it; the next worker begins the job again."""
    monkeypatch.setattr(jobs, "NOW_SECONDS", 0)
    upload(desk, "researchers", PEOPLE)
    run_one("lane")
    desk.post(here(only()), {"act": "columns", "column-0": "name_ko"})
    run_one("lane")
    desk.post(here(only()), {"act": "take", "key": "t"})
    written = work.imports._written

    def dies(*args):
        written(*args)
        cast.sql("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(work.imports, "_written", dies)
    run_one("lane")
    assert Researcher.objects.count() == 0 and only().state == "planned"
    monkeypatch.setattr(work.imports, "_written", written)
    Job.objects.update(heartbeat_at="2020-01-01T00:00Z")
    assert run_one("another lane") and Researcher.objects.count() == 2


# ---- the API -----------------------------------------------------------------------------------------------


@pytest.fixture
def send(client):
    def post(address, body=None, by=None, file=None, **headers):
        if by:
            client.force_login(by)
        headers = {"accept-language": "en"} | headers
        if file is not None:
            return client.post(f"/api/v1/{address}", {"file": SimpleUploadedFile("a.csv", file)}, headers=headers)
        return client.post(
            f"/api/v1/{address}", json.dumps(body or {}), content_type="application/json", headers=headers
        )

    return post


def test_the_api_goes_the_same_way(db, officer, send, api):
    sent = send("researchers/import/", by=officer, file=PEOPLE).json()
    assert (sent["state"], sent["columns"], sent["encoding"]) == ("read", {"성명": "name_ko", "영문명": "name_en", "메모": ""}, "UTF-8 (BOM)")  # fmt: skip
    address = f"imports/{sent['import']}"
    planned = send(f"{address}/columns/", {"columns": {"성명": "name_ko"}}).json()
    assert (planned["state"], planned["added"], planned["problems"]) == ("planned", 2, [])
    rows = api(f"{address}/rows/?state=added", by=officer).json()
    assert [row["row"] for row in rows["results"]] == [2, 3] and rows["next_after"] is None
    done = send(f"{address}/take-over/", {"reason": "yes"}, officer).json()
    assert Change.objects.values_list("door", "reason").get(pk=done["change"]) == ("import", "yes")
    assert send(f"{address}/take-over/", {}).json()["change"] == done["change"]


def test_the_api_names_the_cell_and_decides_conflicts(world, officer, send, api):
    table = exported("project", officer, Form.RAW)
    Project.objects.filter(pk=world.one.pk).update(title_en="Theirs")
    wrong = cell(cell(table, "title_en", 1, "Mine"), "starts_on", 2, "soon")
    sent = send("projects/import/", by=officer, file=as_csv(wrong)).json()
    assert sent["conflict"] == 1
    (problem,) = sent["problems"]
    assert (problem["row"], problem["column"]) == (3, "starts_on") and "is not a date" in problem["detail"]
    address = f"imports/{sent['import']}"
    (row,) = api(f"{address}/rows/?state=conflict", by=officer).json()["results"]
    assert row["conflicts"]["title_en"] == {"before": "Project one", "now": "Theirs", "file": "Mine", "chosen": ""}
    assert send(f"{address}/choices/", {"rows": {"2": {"title_en": "both"}}}, officer).status_code == 400
    assert send(f"{address}/choices/", {"rows": {"2": {"title_en": "file"}}}).json()["changed"] == 1
    refused = send(f"{address}/take-over/", {})
    assert refused.status_code == 400 and "1 row is refused" in details(refused)
    assert send(f"{address}/take-over/", {"only_possible": True}).json()["change"]


def test_the_api_says_what_is_wrong_with_a_request(db, officer, send, api, client):
    client.force_login(officer)
    assert "Send the file as “file” of a form." in details(client.post("/api/v1/researchers/import/", {}, headers={"accept-language": "en"}))  # fmt: skip
    assert "This is a PDF." in details(send("researchers/import/", file=b"%PDF-1.7"))
    sent = send("researchers/import/", file=PEOPLE).json()
    address = f"imports/{sent['import']}"
    assert "Look first at what this file would change." in details(send(f"{address}/take-over/", {}))
    assert send(f"{address}/columns/", {"columns": {"x": "name_ko"}}).status_code == 400
    assert api(f"{address}/rows/?state=x", by=officer).status_code == 400
    assert api(f"{address}/", by=cast.user("officer")).status_code == 404


@pytest.mark.parametrize(
    "role, status", [("anonymous", 401), ("viewer", 403), ("partner", 403), ("administrator", 200)]
)
def test_who_may(world, send, role, status):
    assert send("researchers/import/", by=cast.cast(world)[role], file=PEOPLE).status_code == status
