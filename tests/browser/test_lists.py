"""An officer narrows a list, chooses its columns, saves it as a view and takes it as files; LibreOffice opens them."""

import csv
import json
import os
import shutil
import signal
import subprocess
import sys

import openpyxl
import pytest
from playwright.sync_api import Page, expect

from .looking import ROOT, SHOTS, complaints

WORDS = {
    "ko": {
        "filter": "검색 조건", "columns": "열", "show": "이 열로 보기", "number": "번호",
        "front": "번호: 앞으로", "views": "저장된 보기", "name": "지금 화면을 저장할 이름", "who": "열람 범위", "save": "보기 저장",
        "file": "파일로 받기", "heads": ["ID", "버전", "번호", "제목(국문)", "제목(영문)"], "go": "보기", "csv": "과제_", "done": "완료",
        "topics": "주제",
    },
    "en": {
        "filter": "Filter", "columns": "Columns", "show": "Show these columns", "number": "Number",
        "front": "number: further to the front", "views": "Views", "name": "Save what is shown as", "who": "Who may open it",
        "save": "Save this view", "file": "As a file", "go": "Show", "csv": "projects_", "done": "done", "topics": "Topics",
        "heads": ["ID", "Version", "Number", "Title (Korean)", "Title (English)"],
    },
}  # fmt: skip


@pytest.fixture(scope="module")
def worker(site):
    """A Celery worker on the database of the site."""
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "1", "-n", f"lists@{os.getpid()}"],
        cwd=ROOT, env=site.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    yield
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def signed_in(open_page, language: str, address: str, **more) -> Page:
    page = open_page(f"/{language}/login/?next=/{language}/{address}", language=language, **more)
    page.locator("[name=username]").fill("officer")
    page.locator("[name=password]").fill("a long password")
    page.locator("form.sheet button").click()
    expect(page.locator("h1")).to_be_visible()
    expect(page.locator("details.filters").first).to_be_visible()
    return page


def part_of(page: Page, words: str):
    """The part under this heading, as it is."""
    return page.locator("details.filters", has=page.locator("summary", has_text=words)).first


def opened(page: Page, words: str):
    """The part under this heading, unfolded."""
    part = part_of(page, words)
    if part.get_attribute("open") is None:
        part.locator("summary").click()
    expect(part).to_have_attribute("open", "")
    return part


def picture(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_list_is_narrowed_its_columns_chosen_and_saved_as_a_view(open_page, language, script):
    words = WORDS[language]
    page = signed_in(open_page, language, "projects/", script=script)
    part = opened(page, words["filter"])
    option = part.locator("#f-status option[value=running]")
    number = int(option.inner_text().rpartition("(")[2].rstrip(")"))
    part.locator("#f-status").select_option("running")
    part.locator(".go button").click()
    expect(page.locator("ul.chosen").first).to_be_visible()
    expect(page.locator("h1 .count")).to_contain_text(str(number))
    expect(page.locator("main table tbody tr")).to_have_count(number)

    part = opened(page, words["columns"])
    for name in ("program", "starts_on", "ends_on", "status"):
        part.locator(f"input[value={name}]").uncheck()
    part.get_by_role("button", name=words["show"]).click()
    expect(page.locator("main table thead th")).to_have_count(2)
    opened(page, words["columns"]).get_by_role("button", name=words["front"]).click()
    expect(page.locator("main table thead th").first).to_contain_text(words["number"])
    expect(part_of(page, words["columns"])).to_have_attribute("open", "")  # whoever moves one moves another
    opened(page, words["file"])
    picture(page, f"list-tools-{language}-{'script' if script else 'plain'}")
    if script:
        assert complaints(page) == []
        page.set_viewport_size({"width": 360, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert complaints(page) == []
        picture(page, f"list-tools-{language}-360")
        page.set_viewport_size({"width": 1280, "height": 900})

    name = f"끝난 과제 {language} {script}"
    part = opened(page, words["views"])
    part.get_by_label(words["name"]).fill(name)
    part.get_by_label(words["who"]).select_option("shared")
    part.get_by_role("button", name=words["save"]).click()
    expect(page.locator(".said.success")).to_contain_text(name)
    expect(page.locator("main table thead th").first).to_contain_text(words["number"])
    expect(page.locator("main table tbody tr")).to_have_count(number)
    picture(page, f"list-view-{language}-{'script' if script else 'plain'}")
    page.locator("#views a", has_text={"ko": "저장된 보기 전체", "en": "All views"}[language]).click()
    expect(page.locator("main table a", has_text=name).first).to_be_visible()
    if script:
        assert complaints(page) == []
        picture(page, f"views-{language}")


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_list_is_taken_as_csv_and_json_and_by_a_job_as_xlsx(open_page, worker, tmp_path, language):
    words = WORDS[language]
    page = signed_in(open_page, language, "projects/?columns=number,title")
    rows = page.locator("main table tbody tr").count()
    got = {}
    for label in ("CSV", "JSON"):
        with page.expect_download() as download:
            opened(page, words["file"]).get_by_role("button", name=label, exact=True).click()
        assert download.value.suggested_filename.startswith(words["csv"])
        got[label] = tmp_path / f"list.{label.lower()}"
        download.value.save_as(got[label])
    opened(page, words["file"]).get_by_role("button", name="XLSX", exact=True).click()
    expect(page.locator(".chip", has_text=words["done"])).to_be_visible(timeout=60_000)
    picture(page, f"export-job-{language}")
    with page.expect_download() as download:
        page.locator("main a[href$='/file/']").click()
    got["XLSX"] = tmp_path / "list.xlsx"
    download.value.save_as(got["XLSX"])

    assert got["CSV"].read_bytes().startswith(b"\xef\xbb\xbf") == (language == "ko")
    lines = read_csv(got["CSV"])
    sheet = [[str(cell or "") for cell in row] for row in openpyxl.load_workbook(got["XLSX"]).active.values]
    assert lines[0] == sheet[0] == words["heads"] and len(lines) == len(sheet) == rows + 1
    assert lines == sheet
    assert [row["id"] for row in json.loads(got["JSON"].read_text())["rows"]] == [line[0] for line in lines[1:]]


@pytest.mark.skipif(
    not shutil.which("soffice"), reason="No LibreOffice: install it (Debian: apt-get install libreoffice-calc)"
)
def test_libreoffice_opens_the_files_and_saves_what_was_in_them(open_page, site, tmp_path):
    page = signed_in(open_page, "ko", "projects/?columns=number,title,program,aliases")
    with page.expect_download() as download:
        opened(page, "파일로 받기").get_by_role("button", name="CSV", exact=True).click()
    given = tmp_path / "list.csv"
    download.value.save_as(given)
    as_xlsx = saved_by_libreoffice(
        given, "xlsx", tmp_path / "x", infilter="CSV:44,34,76,1,1/2/2/1/3/2/4/2/5/2/6/2/7/2/8/2"
    )
    again = saved_by_libreoffice(as_xlsx, "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true", tmp_path / "c")
    assert read_csv(again) == read_csv(given)


def saved_by_libreoffice(file, as_: str, folder, infilter: str = ""):
    folder.mkdir()
    command = [
        "soffice",
        f"-env:UserInstallation=file://{folder}/profile",
        "--headless",
        "--convert-to",
        as_,
        "--outdir",
        folder,
    ]
    subprocess.run(
        [*command, *([f"--infilter={infilter}"] if infilter else []), file],
        check=True,
        capture_output=True,
        timeout=180,
    )
    return next(folder.glob("list.*"))


def read_csv(path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))
