"""The past in a browser: looking at another moment, the history with its filters, two moments compared."""

import re
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from .looking import complaints, expect_no_sideways_scrolling, follow, picture

PAGES = {
    "moment": "programs/nairl/?as_of=2024-10-28&known_at={now}",
    "record-history": "programs/nairl/history/?parts=yes",
    "changes": "changes/",
    "change": "changes/1/",
    "compare": "compare/",
    "compare-list": "compare/projects/?as_of=2024-06-30&as_of_to=2026-01-01",
    "compare-record": "compare/programs/nairl/?as_of=2024-10-28&as_of_to=2025-12-31",
    "compare-totals": "compare/totals/?as_of=2024&as_of_to=2026",
    "compare-refused": "compare/projects/?known_at=soon",
    "bad-moment": "projects/?as_of=soon",
}
STATUS = {"compare-refused": 400, "bad-moment": 400}


def address(name: str, language: str) -> str:
    return f"/{language}/" + PAGES[name].format(now=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}Z")


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, name, language):
    page = open_page(address(name, language), status=STATUS.get(name, 200), language=language)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect_no_sideways_scrolling(page)
        assert complaints(page) == []
        picture(page, f"past-{name}-{language}-{width}")
    page.emulate_media(color_scheme="dark")
    assert complaints(page, "color-contrast") == []


@pytest.mark.parametrize("script", [True, False])
def test_a_person_looks_at_a_day_and_comes_back(open_page, script):
    page = open_page("/ko/programs/nairl/?unit=won", script=script)
    page.locator("details.moment summary").click()
    page.locator("#t-as_of").fill("2024년 10월 28일")
    follow(page.get_by_role("button", name="조회"))
    expect(page.get_by_text("50명")).to_be_visible()
    expect(page).to_have_url(re.compile("unit=won"))
    follow(page.locator(".crumb a").first)
    expect(page).to_have_url(re.compile("as_of="))
    follow(page.locator(".past").get_by_role("link", name="지금으로"))
    expect(page).not_to_have_url(re.compile("as_of"))


def test_a_person_narrows_a_history_and_opens_the_whole_change(open_page):
    page = open_page("/ko/programs/nairl/history/")
    page.locator("details.filters summary").click()
    page.locator("#h-door").select_option("import")
    follow(page.locator("details.filters button"))
    expect(page.locator("article.version")).to_have_count(1)
    follow(page.locator("article.version header a").last)
    expect(page).to_have_url(re.compile("/ko/changes/"))
    expect(page.locator("nav.switch a").nth(5)).to_be_attached()
