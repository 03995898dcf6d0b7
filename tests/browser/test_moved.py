"""What moved, in a browser: wide and narrow, in both languages, by keyboard, without script."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, follow, picture

MAKE_MOVES = """
from records.history import change
from programs.models import Milestone, Project
from tests import cast
sliding = cast.program("sliding", name_ko="늦어지는 사업", name_en="Sliding program", starts_on="2024", ends_on="2030")
project = cast.project(sliding, "slow", title_ko="느린 과제", title_en="Slow project", starts_on="2025-01", ends_on="2027-12")
goal = cast.UNDER["milestone"](project, "Prototype", title_ko="시제품", due_on="2026-03-01")
for due, why in (("2026-05-01", "부품 공급 지연"), ("2026-06-15", "현장 시험 일정 조정")):
    with change(actor_name="김담당", reason=why):
        Milestone.objects.filter(id=goal.id).update(due_on=due)
with change(actor_name="김담당", reason="2차 연도 협약 변경"):
    Project.objects.filter(id=project.id).update(ends_on="2028-06")
for n in range(60):
    row = cast.UNDER["milestone"](project, f"Step {n}", title_ko=f"단계 {n}", due_on="2026-03-01")
    Milestone.objects.filter(id=row.id).update(due_on="2026-03-02")
cast.work()
"""
LANGUAGES = ("ko", "en")
LATER = {"ko": "106일 늦춰짐", "en": "106 days later"}
MOVES = {"ko": "변경 2건", "en": "2 moves"}


@pytest.fixture(scope="module")
def moves(site):
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", MAKE_MOVES], cwd=ROOT, env=site.env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_fits_wide_and_narrow_and_axe_finds_nothing(open_page, moves, language):
    for name, address in {"list": "timelines/moved/?program=sliding", "part": "projects/slow/timeline/"}.items():
        page = open_page(f"/{language}/{address}", language=language)
        for width in (1280, 360):
            page.set_viewport_size({"width": width, "height": 900})
            expect(page.locator("table.moved")).to_contain_text(LATER[language])
            expect_no_sideways_scrolling(page)
            assert complaints(page) == []
            picture(page, f"moved-{name}-{language}-{width}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_moves_of_a_date_are_opened_by_keyboard(open_page, moves, language):
    page = open_page(f"/{language}/timelines/moved/?program=sliding", language=language)
    summary = page.locator("table.moved summary", has_text=MOVES[language]).first
    summary.focus()
    page.keyboard.press("Enter")
    expect(page.locator("table.moved details[open] li")).to_have_count(2)
    expect(page.locator("table.moved details[open]")).to_contain_text("부품 공급 지연")


def test_the_list_is_read_to_its_end_and_narrowed_without_script(open_page, moves):
    page = open_page("/en/timelines/moved/?program=sliding", script=False)
    expect(page.locator("table.moved tbody tr")).to_have_count(50)
    follow(page.locator("nav.pages a[rel=next]"))
    expect(page.locator("table.moved tbody tr")).to_have_count(12)
    follow(page.locator("nav.of-kinds a", has_text="Projects"))
    expect(page.locator("table.moved tbody tr")).to_have_count(1)
    expect(page.locator("table.moved")).to_contain_text("6 months later")
    follow(page.locator("table.moved td a").first)
    expect(page.locator("h1")).to_contain_text("Slow project")
