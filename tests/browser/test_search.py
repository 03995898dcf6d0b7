"""Finding anything, as a person does it: by keyboard, without JavaScript, on a telephone; with pictures to look at."""

import re

import pytest
from playwright.sync_api import expect

from .looking import SHOTS, complaints

PAGES = {
    "search-found": "search/?q=로봇",
    "search-person": "search/?q=rus",
    "search-similar": "search/?q=Danila Ruz",
    "search-one-kind": "search/?q=AI&kind=project",
    "search-nothing": "search/?q=zzzzqq",
    "search-empty": "search/",
    "search-past": "search/?q=로봇&known_at=2026-01-01",
}
FOUND = {"ko": "목록에서 모두 보기", "en": "All of it, in the lists"}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_search_has_nothing_for_axe_and_does_not_scroll_sideways(open_page, language):
    SHOTS.mkdir(exist_ok=True)
    for name, address in PAGES.items():
        page = open_page(f"/{language}/{address}", language=language)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            expect(page.get_by_role("heading", level=1)).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (name, width)
            assert complaints(page) == [], (name, width)
            page.screenshot(path=SHOTS / f"{name}-{language}-{width}.png", full_page=True)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_person_is_found_and_opened_by_keyboard_alone(open_page, language):
    page = open_page(f"/{language}/projects/", language=language)
    page.keyboard.press("/")
    page.keyboard.type("danila ruz")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/{language}/search/\?q=danila\+ruz$"))
    link = page.locator(".hits a").first
    expect(link).to_be_visible()
    for _press in range(60):
        page.keyboard.press("Tab")
        if link.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Rus" if language == "en" else "러스")


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_from_the_find_box_over_a_kind_to_its_list(open_page, language, script):
    page = open_page(f"/{language}/", language=language, script=script)
    page.locator("#find").fill("로봇")
    page.locator("#find").press("Enter")
    expect(page.locator(".hits mark").first).to_have_text("로봇")
    page.locator("nav.kinds a", has_text="과제" if language == "ko" else "Projects").click()
    expect(page.locator("nav.kinds [aria-current=true]")).to_have_text("과제" if language == "ko" else "Projects")
    expect(page.get_by_role("heading", name=FOUND[language])).to_be_visible()
    page.locator("section .latest a").click()
    expect(page).to_have_url(re.compile(rf"/{language}/projects/\?search="))
    expect(page.locator("tbody tr")).to_have_count(2)
