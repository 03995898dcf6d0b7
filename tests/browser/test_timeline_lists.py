"""What is late, ends soon and lies between two days, in a browser: nothing for axe, no sideways scrolling, by keyboard."""

import re
import subprocess
import sys
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, follow, follow_key, picture

MAKE_DATES = """
from datetime import timedelta
from django.utils import timezone
from programs.models import Program
from tests import cast
def day(n): return (timezone.localdate() + timedelta(days=n)).isoformat()
nairl = Program.objects.get(slug="nairl")
for n in range(60):
    cast.UNDER["milestone"](nairl, f"Review {n}", title_ko=f"중간 점검 {n}", due_on=day(-n - 1))
cast.UNDER["milestone"](nairl, "Perhaps", title_ko="아마도 지난 점검", due_on=f"{day(-10)}/{day(10)}")
cast.UNDER["agreement"](nairl, "MoA", title_ko="공동연구 협약", starts_on="2024", ends_on=day(80))
cast.UNDER["event"](nairl, "Visit", title_ko="방문", status="planned", starts_on=f"{day(60)}/{day(120)}")
cast.line(nairl, name_ko="1단계 국비", starts_on="2024", ends_on=day(10), state="committed")
cast.work()
"""
ADDRESSES = {
    "late": "timelines/late/",
    "late-of-a-program": "timelines/late/?program=nairl&kind=milestone&certainty=perhaps",
    "late-then": "timelines/late/?as_of=2025-12-01",
    "ending": "timelines/ending/?kind=agreement&kind=event&kind=funding_line",
    "ending-none": "timelines/ending/?institution=kaist&kind=course",
    "between-first": "timelines/between/",
    "between": "timelines/between/?from=2022. 7.&to=2026",
    "between-wrong": "timelines/between/?from=soon&to=2024&program=nobody",
}
LANGUAGES = ("ko", "en")


@pytest.fixture(scope="module", autouse=True)
def dates(site):
    """Dates in the registry of this module."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", MAKE_DATES]
    subprocess.run(command, cwd=ROOT, env=site.env, check=True, capture_output=True)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, name, language):
    page = open_page(
        f"/{language}/{ADDRESSES[name]}", language=language, status=400 if name == "between-wrong" else 200
    )
    assert complaints(page) == []
    page.emulate_media(color_scheme="dark")
    assert complaints(page, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect_no_sideways_scrolling(page)
        picture(page, f"timelines-{name}-{language}-{width}")
    assert complaints(page) == []


def test_a_program_is_found_while_one_types_and_the_list_narrows_to_it(open_page):
    page = open_page("/ko/timelines/late/")
    page.get_by_text("검색 조건").click()
    page.get_by_role("combobox", name="사업").press_sequentially("NAIRL")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    follow(page.get_by_role("button", name="보기"))
    assert parse_qs(urlsplit(page.url).query) == {"program": ["nairl"]}
    expect(page.locator(".chosen")).to_contain_text("국가AI연구거점")
    follow(page.get_by_role("link", name="종료 예정"))
    assert "program=nairl" in page.url
    follow(page.locator(".chosen a"))
    assert "program" not in page.url


def test_a_list_is_gone_through_page_by_page_and_kind_by_kind(open_page):
    page = open_page("/en/timelines/late/", language="en")
    follow(page.locator(".of-kinds a", has_text="Milestones"))
    rows = page.locator("table.dated tbody tr")
    expect(rows).to_have_count(50)
    follow(page.get_by_role("link", name="Next page"))
    expect(rows).to_have_count(11)
    follow(page.get_by_role("link", name="From the beginning"))
    expect(rows).to_have_count(50)
    follow(page.locator(".of-kinds a", has_text="All"))
    assert "kind" not in page.url


def test_two_days_are_typed_by_keyboard_and_what_is_wrong_is_said_at_its_input(open_page):
    page = open_page("/ko/timelines/between/")
    begins = page.locator("#f-from")
    begins.fill("2022년 7월 언젠가")
    begins.press("Tab")
    page.keyboard.type("2026")
    follow_key(page, "Enter")
    expect(begins).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".field.wrong")).to_contain_text("날짜가 아닙니다")
    begins.fill("2022년 7월")
    follow_key(page, "Enter")
    expect(page.locator("table.dated tbody tr").first).to_be_visible()


def test_without_javascript_a_name_is_chosen_from_those_that_may_be_meant(open_page):
    page = open_page("/ko/timelines/late/", script=False)
    page.get_by_text("검색 조건").click()
    page.get_by_label("사업", exact=True).fill("AI")
    follow(page.get_by_role("button", name="보기"))
    page.locator("fieldset.options label").first.click()
    follow(page.get_by_role("button", name="보기"))
    assert re.fullmatch(r"program=[\w-]+", urlsplit(page.url).query)


def test_the_first_page_leads_an_officer_to_what_is_late(signed_in):
    page = signed_in("")
    follow(page.locator("#late-dates h2 a"))
    expect(page.locator("h1")).to_contain_text("지연")
    expect(page.locator("table.dated tbody tr").first).to_be_visible()
