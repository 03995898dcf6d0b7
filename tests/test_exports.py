"""A list as a file: what is on the screen, all rows, once each, for whoever may see them; and no cell runs anywhere."""

import csv
import io
import json
import threading
from datetime import date
from types import SimpleNamespace
from urllib.parse import unquote

import openpyxl
import pytest
from django.utils import timezone, translation

from records import exports
from records.columns import Form, file_columns, from_xml, in_xml, meant, recognise
from records.commands import Author
from records.export_jobs import EXPORT, start_export, write_workbook
from records.exports import Export
from records.jobs import Job, Run
from records.kinds import kinds
from records.rights import EVERYTHING
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, ask

pytestmark = pytest.mark.django_db
FORMULA = '=HYPERLINK("http://evil.example","click")'
ROWS = ["=1+1", "+82 10", "-5 %", "@SUM(A1)", "＝1+1", "\t=1", "'=1", "'tis", "''", 'a "quote"; b', "줄\n바꿈", FORMULA]


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    for level in (PUBLIC, SHARED, INTERNAL):
        cast.one_of_each(w, level)
    for n, title in enumerate(ROWS):
        cast.project(w.alpha, f"odd-{n}", title_ko=title, title_en="", number=title[:20].strip() or "1")
    cast.amount(w.line, 2026, 123456789012, committed=5)
    w.cast = cast.cast(w)
    return w


@pytest.fixture(autouse=True)
def in_english():
    """As `got` asks: lists stand in the order of the language."""
    translation.activate("en")


def got(client, address: str, by=None, language="en"):
    client.force_login(by) if by else client.logout()
    return client.get(address if address.startswith("/") else f"/{language}/{address}", headers={"accept-language": language})  # fmt: skip


def content(response) -> bytes:
    assert response.status_code == 200
    return b"".join(response)


def table(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


# ---- what is in it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["anonymous", "viewer", "partner", "stranger", "officer"])
@pytest.mark.parametrize("name", list(kinds()))
def test_a_file_has_the_rows_of_the_list_in_its_order(w, client, name, role):
    kind, by = kinds()[name], w.cast[role]
    rows = ask(name, "limit=1000", by).page().rows
    page, raw = (content(got(client, a, by)) for a in (f"{kind.plural}/export/", f"/api/v1/{kind.plural}/?format=csv"))
    said = json.loads(content(got(client, f"{kind.plural}/export/?as=json", by)))
    wanted = [(str(row.id), str(row.version)) for row in rows]
    assert [tuple(line[:2]) for line in table(page)[1:]] == wanted
    assert [tuple(line[:2]) for line in table(raw)[1:]] == wanted
    assert [(row["id"], str(row["version"])) for row in said["rows"]] == wanted
    shown = cast.ids_in(got(client, f"/api/v1/{kind.plural}/?limit=1000", by).json())
    assert cast.ids_in(said) | cast.ids_in([cell for line in table(raw) for cell in line]) <= shown


@pytest.mark.parametrize("question", ["status=running&sort=-slug&columns=number,title,program", "search=odd", "institution=gist&columns=status"])  # fmt: skip
def test_a_file_has_the_columns_filters_and_order_of_the_screen(w, client, question):
    query = ask("project", f"{question}&limit=1000")
    lines = table(content(got(client, f"projects/export/?{question}")))
    assert recognise(query.kind, lines[0]) == (Form.EN, file_columns(query.kind, query.shown))
    assert [line[0] for line in lines[1:]] == [str(row.id) for row in query.page().rows]


def test_a_view_is_taken_as_a_file(w, client):
    from records.saving import save_view

    view = save_view(kinds()["project"], "Odd", "search=odd-1&columns=slug", "public", by=Author(cast.reader(w.cast["officer"]), "o"))  # fmt: skip
    lines = table(content(got(client, f"projects/export/?view={view.id}")))
    assert lines[0] == ["ID", "Version", "Short name in addresses"] and lines[1][2] == "odd-1"
    assert table(content(got(client, f"/api/v1/projects/?view={view.id}&format=csv")))[0] == ["id", "version", "slug"]


def test_a_file_of_a_day_has_what_the_list_of_that_day_has(w, client):
    lines = table(content(got(client, "projects/export/?as_of=2021&columns=slug")))
    wanted = ask("project", "limit=1000", as_of=date(2021, 12, 31)).page().rows
    assert [line[2] for line in lines[1:]] == [row.slug for row in wanted]
    assert "one" not in {line[2] for line in lines}  # begins in 2022


def test_private_cells_are_for_whom_they_concern(w, client):
    asked = "roles/export/?columns=researcher,effort_share&as="
    for role, share in (("partner", "30"), ("officer", "30")):
        lines = table(content(got(client, asked + "csv", w.cast[role])))
        assert [line[-1] for line in lines[1:] if line[0] == str(w.role.id)] == [share]
        rows = json.loads(content(got(client, asked + "json", w.cast[role])))["rows"]
        assert [row["effort_share"] for row in rows if row["id"] == str(w.role.id)] == [30]
    assert got(client, asked + "csv", w.cast["viewer"]).status_code == 400
    assert "effort_share" not in table(content(got(client, "/api/v1/roles/?format=csv")))[0]


def test_amounts_are_exact_and_come_with_their_currency(w, client):
    lines = table(content(got(client, "funding-amounts/export/?columns=planned&fiscal_year=2026")))
    assert lines[0][2:] == ["Planned amount", "Currency"] and lines[1][2:] == ["123456789012", "KRW"]


# ---- as what it comes --------------------------------------------------------------------------------------


def test_korean_pages_give_a_byte_order_mark_unless_told_otherwise(w, client):
    for language, asked, has in (("ko", "", True), ("ko", "?bom=0", False), ("en", "", False), ("en", "?bom=0&bom=1", True)):  # fmt: skip
        data = content(got(client, f"/{language}/programs/export/{asked}"))
        assert data.startswith(b"\xef\xbb\xbf") == has
        assert table(data)[0][:2] == (["ID", "버전"] if language == "ko" else ["ID", "Version"])
    assert not content(got(client, "/api/v1/programs/?format=csv&lang=ko")).startswith(b"\xef\xbb\xbf")


def test_files_are_named_in_the_readers_language_with_the_day(w, client):
    today = timezone.localdate().isoformat()
    for address, name, kind in (
        ("/ko/projects/export/", f"과제_{today}.csv", "text/csv; charset=utf-8"),
        ("/en/funding-lines/export/?as=json", f"funding-lines_{today}.json", "application/json"),
        ("/en/projects/export/?as_of=2024", f"projects_{today}_as-of_2024-12-31.csv", "text/csv; charset=utf-8"),
    ):
        response = got(client, address)
        said = response["Content-Disposition"]
        assert unquote(said.partition("''")[2]) == name if "filename*" in said else f'filename="{name}"' in said
        assert said.startswith("attachment") and response["Content-Type"] == kind
        assert response.streaming and content(response)


def test_what_a_list_refuses_its_file_refuses(w, client):
    for address in ("projects/export/?colour=red", "projects/export/?columns=colour", "projects/export/?as=pdf", "projects/export/?as=xlsx", "projects/export/?as_of=x"):  # fmt: skip
        assert got(client, address).status_code == 400, address
    assert got(client, "unknown/export/").status_code == 404
    for question in ("limit=5", "cursor=x", "money=minor", "colour=red"):
        answer = got(client, f"/api/v1/projects/?format=csv&{question}")
        assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"


def test_the_api_gives_csv_to_who_accepts_it(w, client):
    client.logout()
    answer = client.get("/api/v1/programs/", headers={"accept": "text/csv"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8" and b"alpha" in content(answer)
    assert client.get("/api/v1/programs/alpha/?format=csv").status_code == 400


# ---- what no spreadsheet runs ------------------------------------------------------------------------------


def test_no_cell_of_a_page_file_is_a_formula_and_all_come_back(w, client):
    asked = "projects/export/?search=odd&columns=title&sort=slug"
    lines = table(content(got(client, asked)))[1:]
    titles = {str(row.id): row.title_ko for row in kinds()["project"].rows().filter(slug__startswith="odd-")}
    assert {line[0]: meant(line[2]) for line in lines} == titles
    assert not [cell for line in lines for cell in line if cell.lstrip()[:1] in tuple("=+-@＝＋－＠")]


def test_the_apis_file_is_raw(w, client):
    lines = table(content(got(client, "/api/v1/projects/?format=csv&search=odd&fields=title")))[1:]
    assert {line[2] for line in lines} == set(ROWS)


def test_xlsx_types_texts_as_texts_and_numbers_as_numbers(w, tmp_path):
    made = {}
    for name, question in (("project", "search=odd&columns=title,number&limit=1000"), ("funding_amount", "fiscal_year=2026&columns=fiscal_year,planned")):  # fmt: skip
        query = ask(name, question, w.cast["officer"])
        path = tmp_path / f"{name}.xlsx"
        assert write_workbook(Export(query, Form.KO), path, Run(Author(EVERYTHING, "x"))) == len(query.rows())
        made[name] = openpyxl.load_workbook(path).active
    cells = [cell for row in made["project"].iter_rows(min_row=2) for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells if cell.column > 2} == {"s"}
    assert {meant(from_xml(row[2])) for row in made["project"].iter_rows(min_row=2, values_only=True)} == set(ROWS)
    assert [c.value for c in made["project"][1]][:4] == ["ID", "버전", "제목(국문)", "제목(영문)"]
    row = next(made["funding_amount"].iter_rows(min_row=2, values_only=True))
    assert row[1:] == (1, 2026, 123456789012, "KRW")


@pytest.mark.parametrize("text", ["\x01\x0b", "a\r\nb", "_x000D_", "_x005F_", "__x0001_", "#N/A", "TRUE"])
def test_characters_that_xml_has_no_place_for_come_back(text):
    assert from_xml(in_xml(text)) == text


def test_a_cell_that_no_sheet_holds_is_refused_by_row_and_column(w, tmp_path):
    cast.project(w.alpha, "long", summary_en="x" * 40_000)
    query = ask("project", "slug=long&columns=summary", w.cast["officer"])
    with pytest.raises(Exception, match="32767"):
        write_workbook(Export(query, Form.EN), tmp_path / "x.xlsx", Run(Author(EVERYTHING, "x")))


def test_a_workbook_is_a_job_whose_file_waits_for_its_owner(w, client):
    officer = w.cast["officer"]
    client.force_login(officer)
    asked = client.post("/ko/projects/export/xlsx/?status=running&columns=title&known_at=&as_of=2025", {"key": "k1"})
    job = Job.objects.get()
    assert asked.status_code == 302 and str(job.id) in asked.url and job.work == EXPORT.name
    again = client.post("/ko/projects/export/xlsx/?status=running&columns=title&known_at=&as_of=2025", {"key": "k1"})
    assert again.url == asked.url and Job.objects.count() == 1
    assert job.parameters["query"] == "status=running&columns=title" and job.parameters["as_of"] == "2025-12-31"
    client.logout()
    assert client.post("/ko/projects/export/xlsx/").status_code == 302 and Job.objects.count() == 1


def test_a_job_writes_the_list_with_the_rights_of_today(w, tmp_path, settings):
    settings.JOBS_DIR = tmp_path
    partner = w.cast["partner"]
    by = Author(cast.reader(partner), "partner")
    job = start_export(ask("project", "columns=title", partner), by=by)

    class RunHere(Run):
        def file(self, name):
            self.name = name
            return tmp_path / "out.xlsx"

    run = RunHere(by, job)
    outcome = EXPORT.function(run, **job.parameters)
    ids = [
        row[0] for row in openpyxl.load_workbook(tmp_path / "out.xlsx").active.iter_rows(min_row=2, values_only=True)
    ]
    assert ids == [str(row.id) for row in ask("project", "limit=1000", partner).page().rows]
    assert outcome.data == {"rows": len(ids)} and run.name.endswith(".xlsx")


# ---- while it is written -----------------------------------------------------------------------------------


def test_a_reader_that_goes_away_leaves_nothing_open(w, client, monkeypatch):
    monkeypatch.setattr(exports, "BATCH", 2)
    response = got(client, "projects/export/")
    pieces = iter(response)
    next(pieces), next(pieces)
    response._iterator.close()  # as the server does
    assert exports._places._value == exports.AT_ONCE
    assert got(client, "projects/").status_code == 200


def test_only_so_many_files_are_written_at_once_and_the_next_is_told(w, client, monkeypatch):
    monkeypatch.setattr(exports, "_places", threading.BoundedSemaphore(1))
    first = got(client, "projects/export/")
    busy = got(client, "projects/export/")
    assert busy.status_code == 503 and busy["Retry-After"] == "60"
    assert got(client, "/api/v1/projects/?format=csv").status_code == 503
    assert content(first)
    assert content(got(client, "projects/export/"))
