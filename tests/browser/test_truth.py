"""Deciding where sources differ, in a browser: side by side, without JavaScript, by keyboard, on a telephone; and the first page."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import expect

from .looking import ROOT, SHOTS, complaints

MAKE_CASES = """
from datetime import timedelta
from django.utils import timezone
from people.models import User
from programs.models import Program, Project
from records.models import Disagreement, Record, Source
from tests import cast
nairl = Program.objects.get(slug="nairl")
first, second = Source.objects.order_by("id")[:2]
for source, value, said in ((first, "2028", "2028년까지"), (second, "2030", "2030년 종료")):
    cast.citation(source, nairl, "ends_on", value=value, value_stated=said, place="L7", speaks_of="2026")
for n, project in enumerate(Project.objects.filter(program=nairl)[:2]):
    cast.citation(first, project, "title_ko", value=f"이름 {n}", value_stated="", place=f"L{n + 9}")
    cast.citation(second, project, "title_ko", value=f"다른 이름 {n}", value_stated="", certainty="inferred")
soon = (timezone.localdate() + timedelta(days=20)).isoformat()
cast.line(nairl, name_ko="곧 끝나는 국비", name_en="Money that ends", ends_on=soon)
cast.UNDER["agreement"](nairl, "MoA", title_ko="곧 끝나는 협약", ends_on=soon)
User.objects.update(seen_at=timezone.now() - timedelta(days=1))
cast.work()
"""
LANGUAGES = ("ko", "en")
ADDRESSES = {
    "home-of-officer": "",
    "truth": "truth/",
    "truth-decided": "truth/?state=decided",
    "truth-none": "truth/?kind=money",
    "case": "truth/{case}/",
    "case-decided": "truth/{decided}/",
    "disagreement": "disagreements/{decided}/",
    "unsourced": "truth/unsourced/?kind=project",
    "source": "sources/{source}/",
    "statements": "citations/?source={source}&sort=place&about=project",
    "nairl-disputed": "programs/nairl/",
}


@pytest.fixture(scope="module", autouse=True)
def made(site) -> dict[str, str]:
    """Contradictions in the registry of this module: ids of an open and a decided one, and of a source."""
    ask = MAKE_CASES + (
        "\nprint('IDS', Disagreement.objects.get(attribute='ends_on', origin='found').id,"
        " Disagreement.objects.filter(severity='major', state='decided', attribute='name_ko').first().id, first.id)"
    )
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", ask]
    done = subprocess.run(command, cwd=ROOT, env=site.env, check=True, capture_output=True, text=True)
    ids = done.stdout.partition("IDS ")[2].split()
    return dict(zip(("case", "decided", "source"), ids, strict=True))


@pytest.fixture
def as_officer(open_page):
    """A page at this address, asked for by an officer."""

    def open_it(address: str, **more):
        language = more.get("language", "ko")
        page = open_page(f"/{language}/login/?next=/{language}/{address}", **more)
        page.fill("[name=username]", "officer")
        page.fill("[name=password]", "a long password")
        page.press("[name=password]", "Enter")
        expect(page.locator(".me .who")).to_be_visible()
        return page

    return open_it


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", ADDRESSES)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(as_officer, made, name, language):
    page = as_officer(ADDRESSES[name].format(**made), language=language)
    expect(page.locator("h1")).to_be_visible()
    assert complaints(page) == []
    page.emulate_media(color_scheme="dark")
    assert complaints(page, "color-contrast") == []
    page.emulate_media(color_scheme="light")
    SHOTS.mkdir(exist_ok=True)
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.screenshot(path=SHOTS / f"{name}-{language}-{width}.png", full_page=name != "nairl-disputed")
    assert complaints(page) == []


@pytest.mark.parametrize(
    ("language", "decide", "adopted", "undone"),
    [("ko", "결정", "채택:", "되돌"), ("en", "Decide", "Adopted:", "put back")],
)
def test_an_officer_adopts_a_statement_without_javascript_and_takes_it_back(
    as_officer, made, language, decide, adopted, undone
):
    page = as_officer(f"truth/{made['case']}/", script=False, language=language)
    page.locator("tr", has_text="2030년 종료").locator("input[type=radio]").check()
    page.locator("input[name=outcome][value=adopted]").check()
    page.locator("form.decide button.main").click()
    expect(page.locator(".problems")).to_be_visible()  # no reason yet
    expect(page.locator("tr", has_text="2030년 종료").locator("input[type=radio]")).to_be_checked()
    page.fill("[name=reason_ko]", "나중 보도가 정확함.")
    page.fill("[name=reason_en]", "The later report is right.")
    page.locator("form.decide button.main").click()
    expect(page.locator(".held", has_text=adopted)).to_contain_text("2030")
    page.goto(page.url.partition("/disagreements")[0] + "/programs/nairl/")
    expect(page.locator("dl.facts")).to_contain_text("2030")
    expect(page.locator("a.settled").first).to_be_visible()
    page.goto(page.url.partition("/programs")[0] + f"/disagreements/{made['case']}/")
    page.locator("aside .latest a").first.click()
    page.locator("a[href$='/undo/']").first.click()
    page.locator("form.edit button.main").click()
    expect(page.locator(".said.success")).to_contain_text(undone)
    page.goto(page.url.partition("/changes")[0] + "/programs/nairl/")
    expect(page.locator("a.disputed").first).to_be_visible()


def test_the_second_of_two_officers_is_told_what_the_first_decided(as_officer, site, made, open_page):
    page = as_officer(f"truth/{made['case']}/")
    other = open_page(f"/ko/login/?next=/ko/truth/{made['case']}/")
    other.fill("[name=username]", "colleague")
    other.fill("[name=password]", "a long password")
    other.press("[name=password]", "Enter")
    expect(other.locator("form.decide")).to_be_visible()
    for one, reason in ((other, "서로 다른 기간을 말함."), (page, "같은 값으로 봄.")):
        one.locator("input[name=outcome][value=premise]").check()
        one.locator("input[name=adopted][value=nothing]").check()
        one.fill("[name=reason_ko]", reason)
    other.locator("form.decide button.main").click()
    expect(other.locator(".said").first).to_contain_text("결정했습니다")
    page.locator("form.decide button.main").click()
    expect(page.locator(".problems")).to_contain_text("colleague 님이 결정했습니다")
    other.goto(f"{site.url}/ko/truth/{made['case']}/")
    other.fill("[name=reason]", "다시 확인")
    other.locator("button[name=reopen]").click()
    expect(other.locator("form.decide [name=reason_ko]")).to_be_visible()


def test_the_first_page_leads_on_by_keyboard_and_prints(as_officer):
    page = as_officer("")
    count = page.locator("#lines a.count")
    expect(count).to_have_text("1")
    count.focus()
    page.keyboard.press("Enter")
    expect(page.locator("tbody tr")).to_have_count(1)
    page.go_back()
    expect(page.locator("#disagreements a.count")).to_have_text(re.compile(r"\d+"))
    page.emulate_media(media="print")
    expect(page.locator("#disagreements li").first).to_be_visible()
    expect(page.locator("header.bar")).to_be_hidden()
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / "home-printed.png", full_page=True)
