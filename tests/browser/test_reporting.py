"""An institution reports: KAIST on the first sub-project of the National AI Research Lab, for a half-year."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, follow, follow_key, picture

MOST_TOUCHED = 12  # fields and clicks of “one milestone done, one paper, money spent”
PROJECT = "nairl-neural-scaling"
PARTNERS = (
    "from people.models import User; from labs.models import Institution, Membership\n"
    "kaist = Institution.objects.get(slug='kaist')\n"
    "for name, shown in (('kaist', '김가온'), ('kaist2', '이나래')):\n"
    "    user = User.objects.create_user(name, password='a long password', role='partner', name=shown)\n"
    "    Membership.objects.create(user=user, institution=kaist)"
)


@pytest.fixture(scope="module", autouse=True)
def partners(site):
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", PARTNERS]
    subprocess.run(command, cwd=ROOT, env=site.env, check=True, capture_output=True)


@pytest.fixture
def begun(signed_in):
    """`begun("2025", "2025-03")`: the form of a report for a period of its own, as KAIST."""

    def open_it(starts_on: str, ends_on: str, language="ko", by="kaist", **more) -> Page:
        page = signed_in(f"updates/begin/?project={PROJECT}", language=language, by=by, **more)
        page.locator("#id_period_starts_on").fill(starts_on)
        page.locator("#id_period_ends_on").fill(ends_on)
        follow(page.locator("form.edit .acts button", has_text=re.compile("이 기간으로|these days")))
        expect(form(page)).to_be_visible()
        return page

    return open_it


def form(page: Page):
    return page.locator("form[data-report]")


def field(page: Page, name: str):
    return page.locator(f"[name='{name}']")


def button(page: Page, do: str):
    return page.locator(f".go button[value='{do}']")


class Touching:
    """Counts the fields and buttons that somebody touches."""

    def __init__(self, page: Page):
        self.page, self.touched = page, 0

    def fill(self, target, text: str) -> None:
        self.touched += 1
        target.fill(text)

    def choose(self, target, value: str) -> None:
        self.touched += 1
        target.select_option(value)

    def press(self, target) -> None:
        self.touched += 1
        follow(target)


def national_money(page: Page):
    return page.locator("#s-money tbody", has_text=re.compile("국가AI연구거점 국비|NAIRL national"))


def test_a_milestone_a_paper_and_money_are_reported_with_few_touches(signed_in):
    page = signed_in(f"projects/{PROJECT}/", by="kaist")
    hand = Touching(page)
    hand.press(page.locator("#reports a", has_text="보고 시작"))
    expect(page.locator("#id_project option:checked")).to_have_text("뉴럴 스케일링 법칙 초월 연구")
    assert not complaints(page)
    hand.press(page.locator("button[name=period]").nth(1))
    expect(form(page)).to_be_visible()
    hand.fill(field(page, "milestones-new-1-title_ko"), "4비트 양자화 시제품")
    hand.fill(field(page, "milestones-new-1-done_on"), "2026. 5. 20.")
    hand.fill(national_money(page).locator("[name$=-spent]"), "18억")
    hand.choose(field(page, "outputs-new-1-kind"), "paper")
    hand.fill(field(page, "outputs-new-1-title_en"), "Beyond scaling laws")
    hand.fill(field(page, "outputs-new-1-doi"), "10.1000/scaling.1")
    hand.fill(field(page, "outputs-new-1-published_on"), "2026-04")
    expect(national_money(page)).to_contain_text("18억 원")
    hand.press(button(page, "submit"))
    expect(page.locator("h1")).to_contain_text("제출하시겠습니까")
    expect(page.locator("#v-money")).to_contain_text("1,800,000,000원")
    assert not complaints(page)
    picture(page, "report-submit")
    hand.press(page.locator("main button[value=submit]"))
    expect(page.locator("h1 .chip")).to_have_text("제출")
    expect(page.locator("#thread")).to_contain_text("김가온")
    assert hand.touched <= MOST_TOUCHED
    assert not complaints(page)
    picture(page, "report-submitted")


@pytest.mark.parametrize("language, period", [("ko", ("2024-01", "2024-03")), ("en", ("2024-04", "2024-06"))])
def test_the_form_is_sound_at_every_width_in_both_languages(begun, language, period):
    page = begun(*period, language=language)
    national_money(page).locator("[name$=-spent]").fill("much")
    follow(button(page, "check"))
    expect(page.locator(".problems")).to_be_focused()
    expect(page.locator(".problems li")).to_have_count(1)
    page.evaluate("document.querySelectorAll('details.part').forEach((section) => { section.open = true })")
    expect(page.locator("details.part:not([open])")).to_have_count(0)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect_no_sideways_scrolling(page)
        assert not complaints(page)
        picture(page, f"report-form-{language}-{width}")


def test_what_is_typed_is_saved_after_a_pause_and_what_is_wrong_stands_at_its_field(begun):
    page = begun("2023-01", "2023-06", under_policy=True)
    doi = field(page, "outputs-new-1-doi")
    field(page, "outputs-new-1-kind").select_option("paper")
    field(page, "outputs-new-1-title_ko").fill("논문")
    doi.fill("10.1")
    expect(page.locator("#saved")).to_contain_text("점검할 것 1건")
    expect(page.locator("#s-outputs .errorlist")).to_be_visible()
    expect(doi).to_be_focused()
    expect(doi).to_have_attribute("aria-invalid", "true")
    doi.fill("10.1000/paused.1")
    expect(page.locator("#saved")).to_contain_text("점검할 것 없음")
    expect(page.locator("#s-outputs .errorlist")).to_have_count(0)
    page.reload()
    expect(field(page, "outputs-new-1-doi")).to_have_value("10.1000/paused.1")


def test_rows_are_added_with_and_without_a_script(begun):
    page = begun("2023-07", "2023-12")
    page.locator("button[value='add:outputs']").click()
    expect(field(page, "outputs-new-2-kind")).to_be_focused()
    page.locator("button[value='add:outputs']").click()
    expect(field(page, "outputs-new-3-kind")).to_be_focused()


def test_without_a_script_a_report_is_written_checked_and_submitted(begun):
    page = begun("2022-01", "2022-06", script=False)
    field(page, "narrative-text-narrative_ko").fill("장비를 들였다.")
    follow(page.locator("button[value='add:outputs']"))
    field(page, "outputs-new-2-kind").select_option("paper")
    field(page, "outputs-new-2-title_ko").fill("둘째 논문")
    follow(button(page, "save"))
    expect(page.locator(".said").first).to_contain_text("임시저장했습니다")
    expect(field(page, "narrative-text-narrative_ko")).to_have_value("장비를 들였다.")
    follow(button(page, "check"))
    expect(page.locator("main")).to_contain_text("고칠 것이 없습니다")
    follow(button(page, "submit"))
    follow(page.locator("main button[value=submit]"))
    expect(page.locator("h1 .chip")).to_have_text("제출")


def test_a_report_is_written_by_keys_alone(begun):
    page = begun("2022-07", "2022-12", language="en")
    field(page, "narrative-text-narrative_ko").focus()
    page.keyboard.press("Tab")
    page.keyboard.type("We built it.")
    button(page, "submit").focus()
    follow_key(page, "Enter")
    expect(page.locator("h1")).to_contain_text("Submit 1 value?")
    page.locator("main button[value=submit]").focus()
    follow_key(page, "Enter")
    expect(page.locator("h1 .chip")).to_have_text("submitted")
    page.locator("#withdraw summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("Wrong half.")
    follow_key(page, "Enter")
    expect(page.locator("h1 .chip")).to_have_text("withdrawn")
    expect(page.locator("#thread")).to_contain_text("Wrong half.")


def test_two_of_one_institution_write_at_once_and_nothing_is_lost(begun):
    mine = begun("2021-01", "2021-06")
    theirs = begun("2021-01", "2021-06", by="kaist2", script=False)
    field(theirs, "outputs-new-1-title_ko").fill("동료의 논문")
    follow(button(theirs, "save"))
    expect(theirs.locator(".said").first).to_be_visible()
    field(mine, "outputs-new-1-title_ko").fill("나의 논문")
    expect(mine.locator("#saved")).to_contain_text("이나래")  # it is not saved behind one's back
    follow(button(mine, "save"))
    expect(mine.locator(".clash")).to_contain_text("동료의 논문")
    expect(mine.locator(".clash")).to_contain_text("이나래")
    assert not complaints(mine)
    follow(button(mine, "save"))
    expect(field(mine, "outputs-new-1-title_ko")).to_have_value("동료의 논문")
    expect(field(mine, "outputs-new-2-title_ko")).to_have_value("나의 논문")


def test_a_report_is_read_on_a_telephone(signed_in):
    page = signed_in("updates/", by="kaist", width=360)
    expect(page.locator("h1")).to_contain_text("진도보고")
    expect_no_sideways_scrolling(page)
    assert not complaints(page)
    follow(page.locator("main table a").first)
    expect(page.locator("#thread")).to_be_visible()
    expect_no_sideways_scrolling(page)
    assert not complaints(page)
    page.locator("#id_text").fill("언제 결정됩니까?")
    follow(page.locator("#thread button"))
    expect(page.locator("#thread li").last).to_contain_text("언제 결정됩니까?")


def test_a_long_word_is_broken_where_values_stand(begun):
    page = begun("2023-04", "2023-06", language="en")
    field(page, "outputs-new-1-kind").select_option("paper")
    field(page, "outputs-new-1-title_en").fill("X" * 180)
    follow(button(page, "submit"))
    expect(page.locator("#v-outputs")).to_contain_text("X" * 180)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        expect_no_sideways_scrolling(page)
