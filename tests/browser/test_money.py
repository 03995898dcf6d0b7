"""The pages of money in a browser: nothing for axe to find, no sideways scrolling, by keyboard and without JavaScript, on paper."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from .looking import (
    ROOT,
    complaints,
    expect_no_sideways_scrolling,
    follow,
    follow_key,
    picture,
    wait_until_drawn,
)

MAKE_MONEY = """
from labs.models import Institution
from programs.models import Program, Project
from tests import cast
nairl, kaist = Program.objects.get(slug="nairl"), Institution.objects.get(slug="kaist")
msit = Institution.objects.get(slug="msit")
nsf = cast.institution("nsf", "agency", country="US", name_ko="미국 국립과학재단", name_en="National Science Foundation")
ended = cast.UNDER["agreement"](nairl, "MoA", title_ko="공동연구 협약", ends_on="2025-12-31")
line = cast.line(nairl, payer=msit, recipient=kaist, form="cash", state="committed", agreement=ended, name_ko="1단계 국비")
for year, planned, committed in ((2025, 12_000_000_000, 11_000_000_000), (2026, 14_000_000_000, 14_000_000_000)):
    cast.amount(line, year, planned, committed=committed, decided_on="2024-12-20")
share = cast.split(line, project_id=Project.objects.filter(program=nairl).first().id, payer=msit, state="committed", name_ko="1과제 몫")
cast.amount(share, 2025, 4_000_000_000, committed=4_000_000_000)
cast.entry(share, 4_000_000_000, "received")
cast.entry(share, 4_200_000_000, "spent")
dollars = cast.line(nairl, payer=nsf, recipient=kaist, form="cash", currency="USD", name_ko="미국 측 연구비")
cast.amount(dollars, 2025, 150_000_000, committed=120_000_000)
cast.amount(cast.line(nairl, recipient=kaist, form="in_kind", name_ko="GPU 서버 현물"), 2025, 2_500_000_000)
cast.rate("USD", "1391.5", dated_on="2026-01-02")
cast.citation(cast.source("자료", title_ko="자료"), nairl, "total_committed", value="30000000000", unit="KRW")
cast.work()
"""
ADDRESSES = {
    "money": "money/?in=KRW",
    "money-by-project": "money/?group_by=project&group_by=recipient&group_by=state&unit=won",
    "money-behind": "money/lines/?program=nairl&currency=KRW&form=cash&unit=won",
    "money-warned": "money/lines/?program=nairl&warning=overdrawn",
    "money-none": "money/?fiscal_year=1999",
    "money-of-program": "programs/nairl/?unit=won",
    "money-of-institution": "institutions/kaist/",
}
LANGUAGES = ("ko", "en")


@pytest.fixture(scope="module", autouse=True)
def money(site):
    """Money in the registry of this module."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", MAKE_MONEY]
    subprocess.run(command, cwd=ROOT, env=site.env, check=True, capture_output=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, name, language):
    page = open_page(f"/{language}/{ADDRESSES[name]}", language=language)
    assert complaints(page) == []
    page.emulate_media(color_scheme="dark")
    assert complaints(page, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect_no_sideways_scrolling(page)
        picture(page, f"{name}-{language}-{width}")
    assert complaints(page) == []


@pytest.mark.parametrize("width", [1280, 360])
def test_words_beside_bars_stay_in_the_drawing_and_can_be_read(open_page, width):
    page = open_page("/ko/money/", width=width)
    wait_until_drawn(page)
    shown = "wide" if width > 640 else "narrow"
    outside = page.eval_on_selector_all(
        f"svg.money.{shown}",
        """svgs => svgs.flatMap(svg => [...svg.querySelectorAll('text')].filter(t => {
             const frame = svg.getBoundingClientRect(), box = t.getBoundingClientRect();
             return box.left < frame.left - 2 || box.right > frame.right + 2;
           }).map(t => t.textContent))""",
    )
    sizes = page.eval_on_selector_all(
        f"svg.money.{shown} text", "texts => texts.map(t => parseFloat(getComputedStyle(t).fontSize) * t.getCTM().a)"
    )
    assert outside == [] and min(sizes) >= 10.5


def test_planned_is_hatched_and_what_is_real_is_not(open_page):
    page = open_page("/ko/money/")
    fills = page.eval_on_selector_all(
        "svg.money.wide rect:not(.base)", "bars => bars.map(b => [b.classList[0], getComputedStyle(b).fill])"
    )
    assert {measure for measure, _fill in fills} == {"planned", "committed", "received", "spent"}
    assert all(("url(" in fill) == (measure == "planned") for measure, fill in fills)


@pytest.mark.parametrize("script", [True, False])
def test_choosing_grouping_and_opening_a_figure(open_page, script):
    page = open_page("/ko/money/", script=script)
    page.locator("details.filters summary").click()
    page.get_by_label("사업", exact=True).select_option("nairl")
    page.get_by_label("시작 연도").fill("2025")
    page.get_by_label("묶음 1").select_option("payer")
    page.get_by_label("묶음 2").select_option("")
    follow(page.get_by_role("button", name="보기"))
    row = page.locator("tr", has=page.get_by_role("link", name="과학기술정보통신부"))
    expect(row.locator("td.planned")).to_have_text("260")
    follow(row.locator("td.planned a"))
    expect(page.get_by_role("heading", level=1)).to_have_text("금액의 근거")
    expect(page.locator("dd.planned")).to_have_text("260")
    follow(page.get_by_role("link", name="1과제 몫").first)
    expect(page).to_have_url(re.compile("/ko/funding-lines/"))


def test_every_amount_and_wide_table_is_reached_by_keyboard(open_page):
    page = open_page("/ko/money/")
    page.get_by_role("region", name="KRW 금액 표").focus()
    page.keyboard.press("Tab")
    follow_key(page, "Enter")
    expect(page).to_have_url(re.compile("/money/lines/"))
    expect(page.get_by_role("heading", level=1)).to_have_text("금액의 근거")


def test_on_paper_there_are_figures_and_no_menus(open_page):
    page = open_page("/ko/money/")
    page.emulate_media(media="print")
    for shown in ("table.money", "svg.money.wide"):
        expect(page.locator(shown).first).to_be_visible()
    for hidden in ("header.bar", "details.filters"):
        expect(page.locator(hidden)).to_be_hidden()
