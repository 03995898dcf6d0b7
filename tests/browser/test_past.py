"""The past in a browser: looking at another moment, the history with its filters, two moments compared."""

from datetime import UTC, datetime

import pytest

from .conftest import SHOTS

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
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, complaints, name, language):
    page = open_page(address(name, language), status=STATUS.get(name, 200), language=language)
    SHOTS.mkdir(exist_ok=True)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert complaints(page) == []
        page.screenshot(path=SHOTS / f"past-{name}-{language}-{width}.png", full_page=True)
    page.emulate_media(color_scheme="dark")
    assert complaints(page, "color-contrast") == []


@pytest.mark.parametrize("script", [True, False])
def test_a_person_looks_at_a_day_and_comes_back(open_page, script):
    page = open_page("/ko/programs/nairl/?unit=won", script=script)
    page.locator("details.moment summary").click()
    page.locator("#t-as_of").fill("2024년 10월 28일")
    page.get_by_role("button", name="조회").click()
    assert page.get_by_text("50명").is_visible() and "unit=won" in page.url
    page.locator(".crumb a").first.click()
    assert "as_of=" in page.url
    page.locator(".past").get_by_role("link", name="지금으로").click()
    assert "as_of" not in page.url


def test_a_person_narrows_a_history_and_opens_the_whole_change(open_page):
    page = open_page("/ko/programs/nairl/history/")
    page.locator("details.filters summary").click()
    page.locator("#h-door").select_option("import")
    page.locator("details.filters button").click()
    assert page.locator("article.version").count() == 1
    page.locator("article.version header a").last.click()
    assert "/ko/changes/" in page.url and page.locator("nav.switch a").count() > 5
