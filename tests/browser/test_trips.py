"""Short walks through the registry as a person takes them."""

import re

import pytest


def test_from_home_over_a_list_to_a_record_and_its_source(open_page):
    page = open_page("/ko/")
    page.get_by_role("link", name="과제", exact=True).first.click()
    page.get_by_role("link", name="로봇 파운데이션 모델 연구").click()
    assert page.get_by_role("heading", level=1).inner_text().startswith("로봇 파운데이션 모델 연구")
    page.locator("aside ol a").first.click()
    assert "/ko/sources/" in page.url
    assert page.get_by_role("heading", name="인용").is_visible()


def test_the_language_switch_keeps_the_page_and_is_remembered(open_page):
    page = open_page("/ko/programs/nairl/?unit=won")
    page.get_by_role("link", name="English").click()
    assert page.url.endswith("/en/programs/nairl/?unit=won")
    assert page.get_by_role("heading", level=1).inner_text().startswith("National AI Research Lab")
    page.goto(page.url.split("/en/")[0] + "/")
    assert page.url.endswith("/en/")


def test_slash_finds_and_question_mark_explains(open_page):
    page = open_page("/ko/projects/")
    page.keyboard.press("/")
    page.keyboard.type("로봇")
    page.keyboard.press("Enter")
    page.get_by_text("13건 중").wait_for()
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("?")
    assert page.get_by_role("dialog", name="단축키").is_visible()


@pytest.mark.parametrize("script", [True, False])
def test_filtering_sorting_and_removing_filters_work(open_page, script):
    page = open_page("/ko/projects/", script=script)
    page.locator("details.filters summary").click()
    page.get_by_label("사업", exact=True).select_option("nairl")
    page.get_by_role("button", name="보기").click()
    assert page.locator("tbody tr").count() == 3
    page.get_by_role("columnheader", name="번호").get_by_role("link").click()
    assert page.get_by_role("columnheader", name="번호").get_attribute("aria-sort") == "ascending"
    page.get_by_role("link", name=re.compile("국가AI연구거점.*빼기")).click()
    assert page.locator("tbody tr").count() == 13


@pytest.mark.parametrize("script", [True, False])
def test_a_reader_logs_in_and_out(open_page, script):
    page = open_page("/ko/projects/", script=script)
    page.get_by_role("link", name="로그인").click()
    page.get_by_label("사용자 이름").fill("reader")
    page.get_by_label("비밀번호").fill("a long password")
    page.get_by_role("button", name="로그인").click()
    assert page.url.endswith("/ko/projects/")
    page.get_by_role("button", name="로그아웃").click()
    assert page.get_by_role("link", name="로그인").is_visible()


def test_a_sum_opens_to_the_lines_behind_it(open_page):
    page = open_page("/ko/programs/nairl/")
    page.locator("#money").get_by_role("link", name="946").first.click()
    assert page.locator("tbody tr").count() == 2


def test_a_day_of_the_past_and_the_way_back(open_page):
    page = open_page("/ko/programs/nairl/?as_of=2024-10-28")
    assert page.get_by_text("50명").is_visible()
    page.get_by_role("link", name="지금으로").click()
    assert page.get_by_text("64명").is_visible()


def test_the_keyboard_reaches_the_content_first(open_page):
    page = open_page("/ko/programs/nairl/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "본문으로"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
