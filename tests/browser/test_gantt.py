"""The timeline of a program in a browser: it fits, its words stand apart, it folds by link, by key and by script, and it prints."""

import re

import pytest
from playwright.sync_api import expect

from .looking import complaints, expect_no_sideways_scrolling, follow, picture, wait_until_drawn

ADDRESS = "programs/nairl/timeline/"
WORDS = {"ko": ("행사", "모두 접기", "분기"), "en": ("Events", "Fold all", "Quarters")}
TEXTS = """() => [...document.querySelectorAll("svg.gantt")].filter(svg => svg.checkVisibility()).flatMap(svg =>
    [...svg.querySelectorAll("text")].map(text => {
        const at = text.getBoundingClientRect();
        return [text.textContent, at.left, at.top + 3, at.right, at.bottom - 3];
    }))"""


def drawn_texts(page) -> list:
    """(text, left, top, right, bottom) of all words of the drawing that is shown, in the page's own fonts."""
    wait_until_drawn(page)
    return page.evaluate(TEXTS)


def shown(page, selector: str):
    return page.locator(f"svg.gantt:visible {selector}")


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [360, 800, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_timeline_of_a_program_fits_and_its_words_stand_apart(open_page, language, width, scheme):
    page = open_page(
        f"/{language}/{ADDRESS}?open=nairl.agreement,nairl.output", width=width, language=language, scheme=scheme
    )
    expect(shown(page, "[role=listitem]").first).to_be_visible()
    expect_no_sideways_scrolling(page)
    texts = drawn_texts(page)
    assert len(texts) > 20
    for n, (one, left, top, right, bottom) in enumerate(texts):
        assert left >= 0 and right <= width, one
        for other, a, b, c, d in texts[n + 1 :]:
            assert c <= left + 1 or a >= right - 1 or d <= top or b >= bottom, f"“{one}” lies upon “{other}”"
    assert complaints(page) == []
    picture(page, f"gantt-{language}-{width}-{scheme}")


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_group_opens_and_folds_by_its_link_without_script(open_page, language, width):
    group, fold_all, _zoom = WORDS[language]
    page = open_page(f"/{language}/{ADDRESS}", width=width, language=language, script=False)
    rows = shown(page, "[role=listitem]")
    expect(rows.first).to_be_visible()
    before = rows.count()
    follow(shown(page, f"a.fold[aria-label*='{group}']").first)
    expect(page).to_have_url(re.compile(r"open=nairl\.event#(wide|middle|narrow)-nairl-event$"))
    assert shown(page, "[role=listitem]").count() > before
    expect(shown(page, f"a.fold[aria-label*='{group}']").first).to_have_attribute("aria-expanded", "true")
    follow(page.get_by_role("link", name=fold_all))
    expect(shown(page, "[role=listitem]")).to_have_count(before)


def test_with_script_the_keyboard_opens_a_group_and_stays_where_it_was(open_page):
    page = open_page(f"/ko/{ADDRESS}")
    page.evaluate("window.isStill = true")
    toggle = shown(page, "a.fold[aria-label*='행사']").first
    toggle.focus()
    page.keyboard.press("Enter")
    expect(shown(page, "a.fold[aria-label*='행사']").first).to_have_attribute("aria-expanded", "true")
    expect(shown(page, "a.fold[aria-label*='행사']").first).to_be_focused()
    expect(page).to_have_url(re.compile(r"open=nairl\.event$"))
    assert page.evaluate("window.isStill"), "the page was loaded anew"
    page.go_back()
    expect(shown(page, "a.fold[aria-label*='행사']").first).to_have_attribute("aria-expanded", "false")


def test_the_links_of_the_drawing_are_reached_in_the_order_of_its_rows(open_page):
    page = open_page(f"/ko/{ADDRESS}")
    wait_until_drawn(page)
    tops = page.evaluate("""() => [...document.querySelectorAll("svg.gantt.wide [role=listitem]")].flatMap((row, n) =>
        [...row.querySelectorAll("a")].map(() => n))""")
    assert tops == sorted(tops) and len(tops) > 5
    shown(page, "a.to").first.focus()
    outline = shown(page, "a.to").first.evaluate("link => getComputedStyle(link).outlineStyle")
    assert outline == "solid"


@pytest.mark.parametrize("language", WORDS)
def test_a_zoom_moves_earlier_and_later_and_keeps_what_is_open(open_page, language):
    _group, _fold, quarters = WORDS[language]
    page = open_page(f"/{language}/{ADDRESS}?open=nairl.event", language=language, script=False)
    follow(page.get_by_role("link", name=quarters, exact=True))
    expect(page).to_have_url(re.compile("open=nairl.event&zoom=quarter"))
    first = page.locator(".days b").inner_text()
    follow(page.locator(".days a[rel=prev]"))
    expect(page.locator(".days b")).not_to_have_text(first)
    expect(page).to_have_url(re.compile("open=nairl.event.*at=20"))
    follow(page.locator(".days a[rel=next]"))
    expect(page.locator(".days b")).to_have_text(first)


def test_it_prints_on_landscape_pages_with_the_wide_drawing_alone(open_page):
    page = open_page(f"/ko/{ADDRESS}?open=nairl.output", width=360)
    wait_until_drawn(page)
    printed = page.pdf(prefer_css_page_size=True)
    sizes = {tuple(round(float(n)) for n in box.split()[2:]) for box in re.findall(rb"/MediaBox \[([^\]]*)\]", printed)}
    assert sizes == {(842, 595)}
    page.emulate_media(media="print")
    expect(page.locator("svg.gantt.wide").first).to_be_visible()
    expect(page.locator("svg.gantt.narrow").first).to_be_hidden()
    expect(page.locator(".twin")).to_be_hidden()


@pytest.mark.parametrize("language", WORDS)
def test_the_table_says_what_the_drawing_shows(open_page, language):
    page = open_page(f"/{language}/{ADDRESS}", language=language)
    page.locator(".twin summary").click()
    named = page.locator(".twin tbody th")
    drawn = shown(page, "[role=listitem]")
    expect(named.first).to_be_visible()
    assert named.count() >= drawn.count()
