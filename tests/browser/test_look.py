"""The pages as a browser shows them: no sideways scrolling, nothing for axe to find, screenshots to look at."""

import csv

import pytest
from playwright.sync_api import expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, picture, wait_until_drawn

ADDRESSES = {
    "home": "",
    "projects": "projects/",
    "narrowed": "projects/?program=nairl&search=로봇&as_of=2025-08-31",
    "nothing": "projects/?search=zzzz",
    "nairl": "programs/nairl/",
    "kaist-kt": "programs/kaist-kt/",
    "project": "projects/gist-mit-robot-skin/",
    "researcher": "researchers/{rus}/",
    "institution": "institutions/kaist/",
    "funding": "funding-lines/",
    "history": "programs/nairl/history/",
    "login": "login/",
    "404": "nope/",
}
PICTURED = ("home", "projects", "nairl", "project", "researcher", "login")
LANGUAGES = ("ko", "en")


def address(name: str, language: str) -> str:
    with (ROOT / "data" / "registry" / "researchers.csv").open(encoding="utf-8", newline="") as rows:
        rus = next(row["id"] for row in csv.DictReader(rows) if row["name_en"] == "Daniela Rus")
    return f"/{language}/" + ADDRESSES[name].format(rus=rus)


def status(name: str) -> int:
    return 404 if name == "404" else 200


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_wide_narrow_light_and_dark(open_page, name, language):
    page = open_page(address(name, language), status=status(name), language=language)
    assert complaints(page) == []
    page.emulate_media(color_scheme="dark")
    assert complaints(page, "color-contrast") == []
    page.set_viewport_size({"width": 360, "height": 900})
    assert complaints(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_no_page_scrolls_sideways(open_page, width, language):
    page = open_page(f"/{language}/", width=width)
    for name in ADDRESSES:
        page.goto(page.url.split(f"/{language}/")[0] + address(name, language))
        expect_no_sideways_scrolling(page)
        if name in PICTURED:
            picture(page, f"{name}-{language}-{width}")


@pytest.mark.parametrize(("width", "shown", "hidden"), [(1280, "wide", "narrow"), (360, "narrow", "wide")])
def test_drawings_are_drawn_for_the_width(open_page, width, shown, hidden):
    page = open_page("/ko/programs/nairl/", width=width)
    expect(page.locator(f"#timeline svg.{shown}")).to_be_visible()
    expect(page.locator(f"#timeline svg.{hidden}")).to_be_hidden()
    wait_until_drawn(page)
    sizes = page.eval_on_selector_all(
        f"svg.{shown} text", "texts => texts.map(t => parseFloat(getComputedStyle(t).fontSize) * t.getCTM().a)"
    )
    assert sizes and min(sizes) >= 10.5


def test_drawn_labels_do_not_leave_the_drawing(open_page):
    for width in (360, 1280):
        page = open_page("/ko/programs/nairl/", width=width)
        wait_until_drawn(page)
        outside = page.evaluate(
            """() => [...document.querySelectorAll('svg.draw')].filter(s => s.clientWidth).flatMap(svg => {
                 const frame = svg.getBoundingClientRect();
                 return [...svg.querySelectorAll('text')].filter(t => {
                   const box = t.getBoundingClientRect();
                   return box.left < frame.left - 2 || box.right > frame.right + 2;
                 }).map(t => t.textContent);
               })"""
        )
        assert outside == []


def test_the_korean_font_comes_from_here(open_page):
    page = open_page("/ko/")
    page.wait_for_function("document.fonts.check('15px Pretendard', '사업')")
    fonts = page.evaluate("performance.getEntriesByType('resource').map(r => r.name).filter(n => n.endsWith('woff2'))")
    assert fonts and all(page.url.split("/ko/")[0] in name for name in fonts)


def test_print_has_facts_and_no_menus(open_page):
    page = open_page("/ko/programs/nairl/")
    page.emulate_media(media="print")
    expect(page.locator("dl.facts").first).to_be_visible()
    expect(page.locator("header.bar")).to_be_hidden()
