"""Deciding on reports in a browser: two people at once, without JavaScript, by keyboard, on a telephone, in both languages."""

import re
import subprocess
import sys

import pytest
from playwright.sync_api import Page, expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, follow, follow_key, picture

MAKE_REPORTS = """
from datetime import date
from labs.models import Institution, Membership
from people.models import User
from programs.models import Milestone, Project
from programs.rules import reader_for
from records.commands import Author
from reports import commands
from reports.rules import takes_part_in
from tests import cast
project = Project.objects.filter(program__slug="nairl").order_by("slug").first()
kaist = Institution.objects.get(slug="kaist")
if kaist.id not in takes_part_in(project.id):
    cast.participation(kaist, project)
make = User.objects.create_user
for name in ("partner", "colleague-of-partner"):
    Membership.objects.create(user=make(name, password="a long password", role="partner"), institution=kaist)
for officer in User.objects.filter(username="officer"):
    officer.name = "김담당"
    officer.save()
by = Author(reader_for(User.objects.get(username="partner")), "이연구")
line = cast.line(project, recipient=kaist, form="cash", name_ko="국비 현금", name_en="Government cash")
cast.amount(line, 2026, 4_400_000_000, committed=4_400_000_000)
cast.entry(line, 1_240_000_000, posted_on="2026-02-01")
cast.entry(line, 2_000_000_000, movement="received", posted_on="2026-01-10")
cast.researcher("Park Ji-won", name_ko="박지원")
long = "4비트 양자화 학습을 끝내고 기준 모형과 견주었음. 정확도 차이는 0.4 %p 이내임.\\n" * 3
for n in range(8):
    role = cast.role(cast.researcher("Kim Min-su", name_ko="김민수"), project, part="participant", effort_share=40)
    cast.affiliation(role.researcher, kaist)
    goal = Milestone.objects.create(
        scope_id=project.id, title_ko=f"4비트 양자화 {n}", title_en=f"4-bit quantisation {n}", planned_on="2026-05", due_on="2026-05-31"
    )
    later = Milestone.objects.create(
        scope_id=project.id, title_ko=f"공개 배포 {n}", title_en=f"Public release {n}", planned_on="2026-09", due_on="2026-09-30"
    )
    update = commands.begin(project, kaist, date(2026, 1, 1 + n), date(2026, 6, 30), by=by)
    content = {
        "narrative": [{"key": "text", "narrative_ko": long, "narrative_en": "Training in 4 bits is done."}],
        "milestones": [
            {"key": str(goal.id), "version": goal.version, "done_on": "2026-06-09"},
            {"key": str(later.id), "version": later.version, "due_on": "2026-10-20"},
        ],
        "people": [
            {"key": str(role.id), "version": role.version, "effort_share": "60"},
            {"key": "new-1", "name_ko": "박지원", "part": "student", "starts_on": "2026-03"},
        ],
        "money": [{"key": str(line.id), "received": "20억", "spent": f"{1890 + n}백만"}],
        "outputs": [{"key": "new-1", "kind": "paper", "title_en": "Four bits are enough", "doi": f"10.1000/four.{n}", "published_on": "2026-05"}],
    }
    update = commands.save(update.id, content, version=update.version, by=by)
    update = commands.submit(update.id, version=update.version, by=by)
    print("ID", update.id)
    if n == 7:
        cast.entry(line, 10_000_000, posted_on="2026-03-01")
cast.work()
"""
LANGUAGES = ("ko", "en")
WORDS = {
    "ko": {"button": "10건 승인, 4건 반려", "all": "모두 승인", "state": "일부 승인", "take": "검토 맡기", "decide": "14건 승인"},
    "en": {
        "button": "Accept 10, return 4", "all": "Accept everything", "state": "partly accepted", "take": "Take it to decide",
        "decide": "Accept 14",
    },
}  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def reports(site) -> list[str]:
    """Ids of reports that wait; each test that decides has one of its own."""
    command = [sys.executable, "manage.py", "shell", "-v0", "-c", MAKE_REPORTS]
    done = subprocess.run(command, cwd=ROOT, env=site.env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return re.findall(r"ID (\S+)", done.stdout)


def tab_to(page: Page, selector: str) -> None:
    """By keyboard alone, however far it is."""
    for _ in range(250):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} is not reached by Tab")


# ---- how it looks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (360, "light"), (1280, "dark")])
@pytest.mark.parametrize("name", ["queue", "queue-none", "deciding"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(signed_in, reports, name, language, width, scheme):
    address = {
        "queue": "updates/queue/",
        "queue-none": "updates/queue/?watched=yes",
        "deciding": f"updates/{reports[7]}/",
    }
    page = signed_in(address[name], language=language, width=width, scheme=scheme)
    picture(page, f"{name}-{language}-{width}-{scheme}")
    expect_no_sideways_scrolling(page)
    assert complaints(page) == []


# ---- two at once ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_the_officer_decides_the_partner_sees_at_once(signed_in, reports, language):
    words, id = WORDS[language], reports[LANGUAGES.index(language)]
    partner = signed_in(f"updates/{id}/", language=language, by="partner")
    state = partner.locator("h1 .chip")
    expect(state).not_to_have_text(words["state"])
    officer = signed_in(f"updates/{id}/", language=language)
    follow(officer.get_by_role("button", name=words["take"]))
    expect(officer.get_by_role("button", name=words["take"])).to_have_count(0)
    officer.get_by_role("button", name=words["all"]).first.click()
    button = officer.locator("#decide")
    expect(button).to_contain_text("14")
    for n in range(4):
        officer.locator("[data-section=outputs] input[value=return]").nth(n).check()
    expect(button).to_have_text(words["button"])
    officer.locator("#text").fill("게재 증빙을 붙여 주십시오.")
    follow(button)
    expect(officer.locator("h1 .chip")).to_have_text(words["state"])
    picture(officer, f"decided-{language}")
    expect_no_sideways_scrolling(officer)
    assert complaints(officer) == []
    partner.reload()
    expect(state).to_have_text(words["state"])
    expect(partner.locator("#thread")).to_contain_text("게재 증빙을 붙여 주십시오.")
    expect(partner.locator("#deciding")).to_have_count(0)


def test_of_two_officers_the_second_is_told_and_nothing_is_done_twice(signed_in, reports):
    first = signed_in(f"updates/{reports[2]}/")
    second = signed_in(f"updates/{reports[2]}/", by="colleague")
    for page in (first, second):
        page.get_by_role("button", name="모두 승인").first.click()
        expect(page.locator("#decide")).to_have_text("14건 승인")
    follow(first.locator("#decide"))
    follow(second.locator("#decide"))
    expect(second.get_by_role("alert")).to_contain_text("김담당")
    expect(second.locator("h1 .chip")).to_have_text("승인")


# ---- other ways ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_by_keyboard_alone(signed_in, reports, language):
    page = signed_in(f"updates/{reports[3 + LANGUAGES.index(language)]}/", language=language)
    tab_to(page, "button[value='accept:all']")
    page.keyboard.press("Enter")
    expect(page.locator("#decide")).to_have_text(WORDS[language]["decide"])
    tab_to(page, "[data-section=narrative] input[type=radio]")
    page.keyboard.press("ArrowRight")
    expect(page.locator("[data-section=narrative] input[value=return]").first).to_be_checked()
    tab_to(page, "[data-section=narrative] textarea")
    page.keyboard.type("short")
    tab_to(page, "#decide")
    follow_key(page, "Enter")
    expect(page.locator("h1 .chip")).to_have_text(WORDS[language]["state"])


def test_enter_on_a_choice_only_shows_the_effect(signed_in, reports):
    page = signed_in(f"updates/{reports[5]}/")
    page.locator("[data-section=outputs] input[value=accept]").first.focus()
    page.keyboard.press("Space")
    follow_key(page, "Enter")
    expect(page.locator("#effect h2")).to_have_text("1건을 승인하면")
    expect(page.locator("[data-section=outputs] input[value=accept]").first).to_be_checked()


def test_without_javascript_a_section_is_accepted_and_the_rest_refused(signed_in, reports):
    page = signed_in(f"updates/{reports[5]}/", script=False, width=360)
    follow(page.locator("button[value='accept:milestones']"))
    expect(page.locator("[data-section=milestones] input[value=accept]:checked")).to_have_count(2)
    follow(page.locator("#decide"))
    expect(page.get_by_role("alert")).to_contain_text("반려하십시오")
    expect(page.locator("[data-section=milestones] input[value=accept]:checked")).to_have_count(2)
    picture(page, "deciding-refused-360")
    expect_no_sideways_scrolling(page)


def test_from_the_queue_one_takes_and_assigns(signed_in, reports):
    page = signed_in("updates/queue/?sort=size")
    row = page.locator(f"tr:has(a[href$='{reports[6]}/'])").first
    follow(row.get_by_role("button"))
    expect(page.locator(".said")).to_contain_text("맡")
    expect(row).to_contain_text("김담당")
    row.locator("input[type=checkbox]").check()
    page.locator("#to").select_option(label="colleague")
    follow(page.locator(".acts button"))
    expect(row).to_contain_text("colleague")
