"""Short walks through the registry as a person takes them."""

import re

import pytest
from playwright.sync_api import expect

from .looking import follow, follow_key


def test_from_home_over_a_list_to_a_record_and_its_source(open_page):
    page = open_page("/ko/")
    follow(page.get_by_role("link", name="과제", exact=True).first)
    follow(page.get_by_role("link", name="로봇 파운데이션 모델 연구"))
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^로봇 파운데이션 모델 연구"))
    follow(page.locator("aside ol a").first)
    expect(page).to_have_url(re.compile("/ko/sources/"))
    expect(page.get_by_role("heading", name="이 출처의 진술")).to_be_visible()


def test_the_language_switch_keeps_the_page_and_is_remembered(open_page, site):
    page = open_page("/ko/programs/nairl/?unit=won")
    follow(page.get_by_role("link", name="English"))
    expect(page).to_have_url(f"{site.url}/en/programs/nairl/?unit=won")
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("^National AI Research Lab"))
    page.goto(f"{site.url}/")
    expect(page).to_have_url(f"{site.url}/en/")


def test_slash_finds_and_question_mark_explains(open_page):
    page = open_page("/ko/projects/")
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("로봇")
    follow_key(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("검색")
    page.locator("h1").click()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="단축키")).to_be_visible()


@pytest.mark.parametrize("script", [True, False])
def test_filtering_sorting_and_removing_filters_work(open_page, script):
    page = open_page("/ko/projects/", script=script)
    page.locator("details.filters summary", has_text="검색 조건").click()
    page.locator("#f-program").select_option("nairl")
    follow(page.get_by_role("button", name="보기"))
    expect(page.locator("tbody tr")).to_have_count(3)
    follow(page.get_by_role("columnheader", name="번호").get_by_role("link"))
    expect(page.get_by_role("columnheader", name="번호")).to_have_attribute("aria-sort", "ascending")
    follow(page.get_by_role("link", name=re.compile("국가AI연구거점.*빼기")))
    expect(page.locator("tbody tr")).to_have_count(13)


@pytest.mark.parametrize("script", [True, False])
def test_a_reader_logs_in_and_out(open_page, site, script):
    page = open_page("/ko/projects/", script=script)
    follow(page.get_by_role("link", name="로그인"))
    page.get_by_label("사용자 이름").fill("reader")
    page.get_by_label("비밀번호").fill("a long password")
    follow(page.get_by_role("button", name="로그인"))
    expect(page).to_have_url(f"{site.url}/ko/projects/")
    follow(page.get_by_role("button", name="로그아웃"))
    expect(page.get_by_role("link", name="로그인")).to_be_visible()


def test_a_sum_opens_to_the_lines_behind_it(open_page):
    page = open_page("/ko/programs/nairl/")
    follow(page.locator("#money").get_by_role("link", name="946").first)
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_day_of_the_past_and_the_way_back(open_page):
    page = open_page("/ko/programs/nairl/?as_of=2024-10-28")
    expect(page.get_by_text("50명")).to_be_visible()
    follow(page.get_by_role("link", name="지금으로"))
    expect(page.get_by_text("64명")).to_be_visible()


def test_the_keyboard_reaches_the_content_first(open_page):
    page = open_page("/ko/programs/nairl/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="본문으로")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_css("outline-style", "solid")
