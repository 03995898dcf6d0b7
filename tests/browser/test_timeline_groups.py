"""The timelines of institutions, labs, people and of everything in a browser: what is there, folded, page by page, for whom."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, follow, picture

MAKE_MANY = """
from tests import cast
large = cast.institution("large", name_ko="과제가 많은 기관", name_en="Institution of many projects")
alpha = cast.program("alpha", starts_on="2020", ends_on="2030")
for n in range(130):
    one = cast.project(alpha, f"p{n}", number=f"{n + 1:03}", starts_on=f"{2020 + n // 12}-{n % 12 + 1:02}", ends_on="2032")
    hidden = cast.project(alpha, f"h{n}", title_ko="숨은 과제", title_en="Hidden", starts_on="2019", visibility=cast.INTERNAL)
    cast.participation(large, one, part=("lead", "joint")[n > 110])
    cast.participation(large, hidden, part="overseer", visibility=cast.INTERNAL)
cast.agreement = cast.UNDER["agreement"](alpha, "MoA", title_ko="협약", starts_on="2021", ends_on="2027-03-31")
cast.participation(large, cast.agreement, part="party")
cast.affiliation(cast.researcher("Ada"), large, starts_on="2021-03")
for n in range(3):
    cast.line(alpha, payer=large, starts_on=f"{2021 + n}", ends_on=f"{2023 + n}", name_ko=f"부담금 {n}", name_en=f"Share {n}")
cast.work()
"""
LANGUAGES = ("ko", "en")
LEAD = {"ko": "참여기관 · 주관", "en": "Participations · lead"}
ADDRESSES = {
    "institution-of-many": "institutions/large/timeline/",
    "institution-group": "institutions/large/timeline/?group=participation-institution-lead",
    "institution-years": "institutions/large/timeline/?zoom=year&open=",
    "kaist": "institutions/kaist/timeline/",
    "lab": "labs/nairl/timeline/",
    "project": "projects/gist-mit-robot-skin/timeline/",
    "everything": "timelines/",
    "nothing": "institutions/large/timeline/?zoom=month&at=1950-01&open=",
}


@pytest.fixture(scope="module")
def many(site):
    """An institution with 130 projects that all may see, and 130 that only officers do."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", MAKE_MANY], cwd=ROOT, env=site.env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


def shown(page, selector: str):
    return page.locator(f"svg.gantt:visible {selector}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ADDRESSES)
def test_it_fits_wide_and_narrow_and_axe_finds_nothing(open_page, many, name, language):
    page = open_page(f"/{language}/{ADDRESSES[name]}", language=language)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("h1")).to_be_visible()
        expect_no_sideways_scrolling(page)
        assert complaints(page) == []
        picture(page, f"timeline-{name}-{language}-{width}")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_large_group_is_read_page_by_page_without_script(open_page, many, language, width):
    page = open_page(f"/{language}/institutions/large/timeline/", language=language, width=width, script=False)
    group = shown(page, f"[role=listitem]:has-text('{LEAD[language]}')").first
    expect(group).to_contain_text("111")
    follow(shown(page, "a.to[href*='group=participation-institution-lead']").first)
    expect(page).to_have_url(re.compile("group=participation-institution-lead"))
    while page.locator("nav.pages a[rel=next]").count():
        follow(page.locator("nav.pages a[rel=next]"))
    expect(shown(page, "[role=listitem]").last).to_contain_text("p110")
    follow(page.locator(".beyond a").first)
    expect(shown(page, f"[role=listitem]:has-text('{LEAD[language]}')").first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_group_folds_by_its_link_and_by_the_keyboard(open_page, many, language):
    page = open_page(f"/{language}/institutions/large/timeline/?open=", language=language, script=False)
    rows = shown(page, "[role=listitem]")
    expect(rows.first).to_be_visible()
    folded = rows.count()
    toggle = shown(page, f"a.fold[aria-label*='{LEAD[language]}']")
    toggle.focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(shown(page, f"a.fold[aria-label*='{LEAD[language]}']")).to_have_attribute("aria-expanded", "true")
    assert shown(page, "[role=listitem]").count() > folded
    follow(shown(page, f"a.fold[aria-label*='{LEAD[language]}']"))
    expect(shown(page, "[role=listitem]")).to_have_count(folded)


def test_what_only_officers_see_is_on_nobody_else_s_timeline(open_page, signed_in, many):
    page = open_page("/ko/institutions/large/timeline/?open=")
    expect(shown(page, "[role=listitem]").first).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("관리·감독기관")
    expect(page.locator("main")).not_to_contain_text("숨은 과제")
    page = signed_in("institutions/large/timeline/?open=participation-institution-overseer")
    expect(shown(page, "[role=listitem]:has-text('숨은 과제')").first).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
def test_another_moment_is_kept_from_page_to_page(open_page, many, language):
    page = open_page(f"/{language}/institutions/kaist/timeline/?as_of=2023", language=language)
    expect(page.locator(".past")).to_contain_text("2023")
    follow(page.locator(".crumb a").nth(1))
    expect(page).to_have_url(re.compile("/institutions/kaist/.as_of=2023"))
    expect(page.locator(".past")).to_be_visible()
