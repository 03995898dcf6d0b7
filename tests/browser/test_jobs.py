"""A job as its owner sees it, with a real worker: with and without JavaScript, in both languages."""

import contextlib
import os

import psycopg
import pytest
from playwright.sync_api import expect

from .conftest import started
from .looking import PATIENCE, complaints, expect_no_sideways_scrolling, follow, picture

WORDS = {
    "ko": ("모든 집계 다시 계산", "진행 중", "취소했습니다", "완료", "원자료에서 다시 계산했습니다"),
    "en": ("Work out all figures anew", "at work", "Cancelled.", "done", "was worked out anew"),
}


@pytest.fixture(scope="module")
def worker(site, tmp_path_factory):
    """A Celery worker on the database of the site."""
    command = f"celery -A config worker --concurrency 2 -n browser@{os.getpid()}"
    with started(command, site.env, tmp_path_factory.mktemp("worker") / "worker.log"):
        yield


@pytest.fixture
def held(site, worker):
    """Meanwhile no figure can be stored, so that a job that does it is at work for as long as we like."""

    @contextlib.contextmanager
    def hold():
        with psycopg.connect(site.env["DATABASE_URL"]) as blocker:
            blocker.execute("LOCK TABLE funding_rollup IN ACCESS EXCLUSIVE MODE")
            yield

    return hold


@pytest.fixture
def jobs_page(signed_in):
    """The page of jobs, as an administrator, who may ask for one."""

    def open_it(language: str, **more):
        return signed_in("jobs/", language, by="chief", **more)

    return open_it


def ask_for_a_job(page, language: str) -> None:
    """And wait until it is in its middle, where it is held."""
    follow(page.get_by_role("button", name=WORDS[language][0]))
    expect(page.locator("dd", has_text="1 / 4")).to_be_visible(timeout=PATIENCE)


def expect_the_end(page, language: str) -> None:
    expect(page.locator(".chip", has_text=WORDS[language][3])).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("script", [True, False])
def test_a_job_shows_how_far_it_is_and_waits_with_its_result(jobs_page, held, language, script):
    _button, at_work, _cancelled, done, said = WORDS[language]
    page = jobs_page(language, script=script)
    with held():
        ask_for_a_job(page, language)
        expect(page.locator(".chip")).to_have_text(at_work)
        expect(page.locator("progress")).to_have_attribute("value", "1")
        expect(page.locator("a.jobs-note")).to_be_visible()
        expect(page.locator("#log li")).to_have_count(2)
    expect_the_end(page, language)
    if script:
        expect(page.locator("#state-said")).to_have_text(done)  # said to who does not see it
    expect(page.locator(".said")).to_contain_text(said)
    expect(page.locator("a.jobs-note")).to_have_count(0)  # the bar knows that it was looked at


@pytest.mark.parametrize("script", [True, False])
def test_a_job_is_cancelled_by_its_button(jobs_page, held, script):
    page = jobs_page("ko", script=script)
    with held():
        ask_for_a_job(page, "ko")
        page.locator("#cancel").click()
        expect(page.locator(".said", has_text=WORDS["ko"][2])).to_be_visible(timeout=PATIENCE)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing_in_a_job_wide_narrow_light_and_dark(jobs_page, held, language):
    page = jobs_page(language)
    with held():
        ask_for_a_job(page, language)
        with standing_still(page):
            look_at(page, f"job-at-work-{language}")
    expect_the_end(page, language)
    look_at(page, f"job-done-{language}")
    follow(page.locator(".foot a", has_text="작업" if language == "ko" else "Jobs"))
    look_at(page, f"jobs-{language}")


@contextlib.contextmanager
def standing_still(page):
    """The script that draws the job anew each second waits for its answer meanwhile, so that nothing is replaced."""
    asked = []
    with page.expect_request(page.url):
        page.route(page.url, lambda route: asked.append(route))
    yield
    for route in asked:
        route.continue_()
    page.unroute(page.url)


def look_at(page, name: str) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert complaints(page) == [], (name, width, scheme)
        expect_no_sideways_scrolling(page)
        picture(page, f"{name}-{width}")


def test_the_script_that_refreshes_a_job_needs_nothing_that_the_policy_refuses(jobs_page, held):
    page = jobs_page("ko", under_policy=True)
    with held():
        ask_for_a_job(page, "ko")
    expect_the_end(page, "ko")


PLANNED = {
    "ko": ("되돌릴 내용 확인(작업으로)", "결과 보기", "건을 되돌립니다", "이 변경 되돌리기(작업으로)", "다시 확인(작업으로)"),
    "en": ("Work out what that would do (as a job)", "To the result", "records would be put back", "Undo this change (as a job)", "Work it out anew (as a job)"),
}  # fmt: skip


@pytest.mark.parametrize("language, script, width", [("ko", True, 360), ("en", False, 1280)])
def test_what_undoing_an_import_would_do_waits_until_its_owner_decides(
    site, worker, jobs_page, language, script, width
):
    ask, result, shown, undo, anew = PLANNED[language]
    with psycopg.connect(site.env["DATABASE_URL"]) as database:
        (load,) = database.execute("SELECT min(change_id) FROM programs_program").fetchone()
    page = jobs_page(language, script=script, width=width)
    page.goto(f"{site.url}/{language}/changes/{load}/undo/")
    expect(page.get_by_role("button", name=ask)).to_be_visible()
    expect(page.get_by_text(shown)).to_have_count(0)
    assert not script or complaints(page) == []
    follow(page.get_by_role("button", name=ask))
    expect(page.get_by_role("link", name=result)).to_be_visible(timeout=PATIENCE)
    follow(page.get_by_role("link", name=result))
    expect(page.get_by_role("heading", name=shown)).to_be_visible()
    expect(page.get_by_role("button", name=undo)).to_be_visible()
    expect(page.get_by_role("button", name=anew)).to_be_visible()
    expect_no_sideways_scrolling(page)
    assert not script or complaints(page) == []
    picture(page, f"job-plan-{language}-{width}")
