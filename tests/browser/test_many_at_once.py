"""An officer edits many records at once and takes it back, in both languages, with and without JavaScript."""

import subprocess
import sys

import pytest

from .conftest import ROOT, SHOTS

MAKE_OFFICER = (
    "from people.models import User\n"
    "if not User.objects.filter(username='desk'): User.objects.create_user('desk', password='a long password', role='officer')"
)
WORDS = {
    "ko": ("선택한 건 수정", "미리보기", "2건 수정", "2건을 수정했습니다.", "되돌리기", "이 변경 되돌리기", "2건을 되돌렸습니다.", "선택한 건이 없습니다."),
    "en": ("Edit the selected", "Show what that would do", "Change 2 records", "2 records were changed.", "Undo", "Undo this change", "2 records were put back.", "No record is selected."),
}  # fmt: skip


@pytest.fixture(scope="module")
def desk(site):
    subprocess.run([sys.executable, "manage.py", "shell", "-c", MAKE_OFFICER], cwd=ROOT, env=site.env, check=True)


def at_the_desk(open_page, address: str, language: str, **more):
    page = open_page(f"/{language}/login/?next=/{language}/{address}", language=language, **more)
    page.locator("[name=username]").fill("desk")
    page.locator("[name=password]").fill("a long password")
    page.locator("form.sheet button").click()
    return page


def picture(page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def is_wide_enough(page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language, script, width", [("ko", True, 360), ("en", False, 1280), ("en", True, 360)])
def test_many_are_edited_and_put_back(desk, open_page, complaints, language, script, width):
    select, show, do, done, undo, undo_it, undone, none = WORDS[language]
    name = f"{language}-{width}"
    page = at_the_desk(open_page, "projects/?sort=title", language, script=script, width=width)
    picture(page, f"many-list-{name}")
    page.get_by_role("button", name=select).click()
    assert page.get_by_text(none).is_visible()
    page.go_back()
    for n in (0, 1):
        page.locator("input[name=id]").nth(n).check()
    page.get_by_role("button", name=select).click()
    picture(page, f"many-form-{name}")
    assert is_wide_enough(page) and (not script or complaints(page) == [])
    page.locator("[name=set-add_topics]").fill(f"함께 {name} {script}")
    page.get_by_role("button", name=show).click()
    picture(page, f"many-preview-{name}")
    assert is_wide_enough(page) and (not script or complaints(page) == [])
    page.locator("[name=reason]").fill("함께 바꿈")
    page.get_by_role("button", name=do).click()
    assert page.get_by_text(done).is_visible() and "sort=title" in page.url
    page.get_by_role("status").get_by_role("link", name=undo).click()
    picture(page, f"many-undo-{name}")
    assert is_wide_enough(page) and (not script or complaints(page) == [])
    page.get_by_role("button", name=undo_it).click()
    assert page.get_by_text(undone).is_visible()
    assert "/changes/" in page.url
