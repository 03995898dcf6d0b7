"""An officer edits many records at once and takes it back, in both languages, with and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from .looking import complaints, expect_no_sideways_scrolling, follow, picture

WORDS = {
    "ko": ("선택한 건 수정", "미리보기", "2건 수정", "2건을 수정했습니다.", "되돌리기", "이 변경 되돌리기", "2건을 되돌렸습니다.", "선택한 건이 없습니다."),
    "en": ("Edit the selected", "Show what that would do", "Change 2 records", "2 records were changed.", "Undo", "Undo this change", "2 records were put back.", "No record is selected."),
}  # fmt: skip


@pytest.mark.parametrize("language, script, width", [("ko", True, 360), ("en", False, 1280), ("en", True, 360)])
def test_many_are_edited_and_put_back(signed_in, language, script, width):
    select, show, do, done, undo, undo_it, undone, none = WORDS[language]
    name = f"{language}-{width}"
    page = signed_in("projects/?sort=title", language, script=script, width=width)
    picture(page, f"many-list-{name}")
    follow(page.get_by_role("button", name=select))
    expect(page.get_by_text(none)).to_be_visible()
    page.go_back()
    for n in (0, 1):
        page.locator("input[name=id]").nth(n).check()
    follow(page.get_by_role("button", name=select))
    look_at(page, f"many-form-{name}", script)
    page.locator("[name=set-add_topics]").fill(f"함께 {name} {script}")
    follow(page.get_by_role("button", name=show))
    look_at(page, f"many-preview-{name}", script)
    page.locator("[name=reason]").fill("함께 바꿈")
    follow(page.get_by_role("button", name=do))
    expect(page.get_by_text(done)).to_be_visible()
    expect(page).to_have_url(re.compile("sort=title"))
    follow(page.get_by_role("status").get_by_role("link", name=undo))
    look_at(page, f"many-undo-{name}", script)
    follow(page.get_by_role("button", name=undo_it))
    expect(page.get_by_text(undone)).to_be_visible()
    expect(page).to_have_url(re.compile("/changes/"))


def look_at(page, name: str, script: bool) -> None:
    picture(page, name)
    expect_no_sideways_scrolling(page)
    assert not script or complaints(page) == []
