"""An officer brings in a file, in both languages: columns, refusals, a conflict, the change, and its undo."""

import json
import urllib.request

import pytest
from playwright.sync_api import Page, expect

from .looking import SHOTS, complaints

WORDS = {
    "ko": ("파일 불러오기", "파일 읽기", "무엇이 바뀌는지 보기", "거부 1", "추가 2", "2행 반영", "되돌리기", "이 변경 되돌리기", "되돌렸습니다", "반영하지 않는 열"),
    "en": ("Bring in a file", "Read the file", "Show what that would change", "Refused 1", "Added 2", "Take over 2 rows", "Undo", "Undo this change", "put back", "Not taken over"),
}  # fmt: skip
PEOPLE = "성명,영문명,ORCID,메모\r\n김가온,Gaon Kim {tag},,가\r\n이나래,Narae Lee {tag},,나\r\n박오류,Oryu Park {tag},1234,다\r\n"


def at_the_desk(open_page, address: str, language: str, **more) -> Page:
    page = open_page(f"/{language}/login/?next=/{language}/{address}", language=language, **more)
    page.locator("[name=username]").fill("officer")
    page.locator("[name=password]").fill("a long password")
    page.locator("form.sheet button").click()
    expect(page.locator("h1")).to_be_visible()
    return page


def picture(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def is_in_order(page: Page, script: bool) -> bool:
    fits = page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    return fits and (not script or complaints(page) == [])


@pytest.mark.parametrize("language, script, width", [("ko", True, 360), ("en", False, 1280), ("ko", False, 1280), ("en", True, 360)])  # fmt: skip
def test_a_file_of_others_comes_in_and_goes_out_again(open_page, tmp_path, language, script, width):
    bring, read, show, refused, added, take, undo, undo_it, undone, left = WORDS[language]
    name = f"sheet-{language}-{width}"
    file = tmp_path / "명단.csv"
    file.write_bytes(PEOPLE.format(tag=f"{language}{width}").encode("cp949"))
    page = at_the_desk(open_page, "researchers/", language, script=script, width=width)
    page.get_by_role("link", name=bring).click()
    expect(page.locator("#file")).to_be_visible()
    picture(page, f"{name}-send")
    assert is_in_order(page, script)
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name=read).click()
    if page.locator("#column-0").count() or page.locator("#counts").count() == 0:
        expect(page.locator("#column-0")).to_have_value("name_ko")
        picture(page, f"{name}-columns")
        assert is_in_order(page, script)
        page.get_by_role("button", name=show).click()
    expect(page.locator("#counts")).to_contain_text(added)
    expect(page.locator("#counts")).to_contain_text(refused)
    expect(page.locator("main")).to_contain_text("CP949")
    expect(page.locator("main")).to_contain_text(left)
    expect(page.locator("#rows")).to_contain_text("C4")
    picture(page, f"{name}-refused")
    assert is_in_order(page, script)
    page.get_by_role("link", name=added).click()
    expect(page.locator("#rows")).to_contain_text("Gaon Kim")
    picture(page, f"{name}-added")
    page.locator("[name=only_possible]").check()
    page.get_by_role("button", name=take).click()
    expect(page.get_by_role("status").first).to_be_visible()
    page.get_by_role("link", name=undo, exact=True).first.click()
    expect(page.get_by_role("button", name=undo_it)).to_be_visible()
    page.locator("[name=reason]").fill("시험")
    page.get_by_role("button", name=undo_it).click()
    expect(page.locator("main")).to_contain_text(undone)


def project(site) -> dict:
    with urllib.request.urlopen(f"{site.url}/api/v1/projects/?limit=1") as answer:
        return json.load(answer)["results"][0]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_conflict_is_decided_by_keyboard(site, open_page, tmp_path, language):
    """The officer takes a project's row, a form changes the title meanwhile, the file comes back."""
    row, name = project(site), f"sheet-{language}-conflict"
    page = at_the_desk(open_page, f"projects/{row['slug'] or row['id']}/edit/", language, width=360)
    page.locator("[name=title_en]").fill(f"Theirs {language}")
    page.locator("form.edit button.main").first.click()
    expect(page.locator("h1")).to_be_visible()
    file = tmp_path / "project.csv"
    file.write_text(f"id,version,title_en\n{row['id']},{row['version']},Mine {language}\n", encoding="utf-8")
    page.goto(f"{site.url}/{language}/projects/import/")
    page.locator("#file").set_input_files(file)
    page.get_by_role("button", name=WORDS[language][1]).press("Enter")
    expect(page.locator("#rows")).to_contain_text(f"Mine {language}")
    expect(page.locator("#rows")).to_contain_text(f"Theirs {language}")
    picture(page, name)
    assert is_in_order(page, script=True)
    page.locator("input[type=radio][value=file]").first.press("Space")
    page.locator("#conflicts button").first.press("Enter")
    expect(page.locator("#take")).to_be_visible()
    page.locator("#take").press("Enter")
    expect(page.get_by_role("status").first).to_be_visible()
    picture(page, f"{name}-done")
