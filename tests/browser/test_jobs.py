"""A job as its owner sees it, with a real worker: with and without JavaScript, in both languages."""

import contextlib
import os
import signal
import subprocess
import sys

import psycopg
import pytest

from .conftest import ROOT, SHOTS

WORDS = {
    "ko": ("모든 집계 다시 계산", "진행 중", "취소했습니다", "완료", "원자료에서 다시 계산했습니다"),
    "en": ("Work out all figures anew", "at work", "Cancelled.", "done", "was worked out anew"),
}
MAKE_HEAD = (
    "from people.models import User\n"
    "if not User.objects.filter(username='head'): User.objects.create_user('head', password='a long password', role='administrator')"
)


@pytest.fixture(scope="module")
def worker(site):
    """A Celery worker on the database of the site."""
    subprocess.run([sys.executable, "manage.py", "shell", "-c", MAKE_HEAD], cwd=ROOT, env=site.env, check=True)
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "config", "worker", "--concurrency", "2", "-n", f"browser@{os.getpid()}"],
        cwd=ROOT, env=site.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    yield
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def held(site, worker):
    """Meanwhile no figure can be stored, so that a job that does it is at work for as long as we like."""

    @contextlib.contextmanager
    def hold():
        with psycopg.connect(site.env["DATABASE_URL"]) as blocker:
            blocker.execute("LOCK TABLE funding_rollup IN ACCESS EXCLUSIVE MODE")
            yield

    return hold


def signed_in(open_page, language: str, **more):
    page = open_page(f"/{language}/login/?next=/{language}/jobs/", language=language, **more)
    page.locator("[name=username]").fill("head")
    page.locator("[name=password]").fill("a long password")
    page.locator("form.sheet button").click()
    return page


def picture(page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("script", [True, False])
def test_a_job_shows_how_far_it_is_and_waits_with_its_result(open_page, held, language, script):
    button, at_work, _cancelled, done, said = WORDS[language]
    page = signed_in(open_page, language, script=script)
    with held():
        page.get_by_role("button", name=button).click()
        page.locator("dd", has_text="1 / 2").wait_for(timeout=30_000)
        assert page.locator(".chip").inner_text() == at_work
        assert page.locator("progress").get_attribute("value") == "1"
        assert page.locator("a.jobs-note").is_visible()
        assert page.locator("#log li").count() == 2
    page.locator(".chip", has_text=done).wait_for(timeout=30_000)
    assert not script or page.locator("#state-said").inner_text() == done  # said to who does not see it
    assert said in page.locator(".said").inner_text()
    assert page.locator("a.jobs-note").count() == 0  # the bar knows that it was looked at


@pytest.mark.parametrize("script", [True, False])
def test_a_job_is_cancelled_by_its_button(open_page, held, script):
    button, _at_work, cancelled, *_rest = WORDS["ko"]
    page = signed_in(open_page, "ko", script=script)
    with held():
        page.get_by_role("button", name=button).click()
        page.locator("dd", has_text="1 / 2").wait_for(timeout=30_000)
        page.locator("#cancel").click()
        page.locator(".said", has_text=cancelled).wait_for(timeout=30_000)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing_in_a_job_wide_narrow_light_and_dark(open_page, complaints, held, language):
    page = signed_in(open_page, language)
    with held():
        page.get_by_role("button", name=WORDS[language][0]).click()
        page.locator("dd", has_text="1 / 2").wait_for(timeout=30_000)
        look_at(page, complaints, f"job-at-work-{language}")
    page.locator(".chip", has_text=WORDS[language][3]).wait_for(timeout=30_000)
    look_at(page, complaints, f"job-done-{language}")
    page.locator(".foot a", has_text="작업" if language == "ko" else "Jobs").click()
    look_at(page, complaints, f"jobs-{language}")


def look_at(page, complaints, name: str) -> None:
    for width in (1280, 360):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            assert complaints(page) == [], (name, width, scheme)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        picture(page, f"{name}-{width}")


def test_the_script_that_refreshes_a_job_needs_nothing_that_the_policy_refuses(browser, site, held):
    context = browser.new_context(locale="ko")  # without bypass_csp
    page, said = context.new_page(), []
    page.on("console", lambda message: said.append(message.text) if message.type in ("warning", "error") else None)
    signed_in(lambda address, **_more: page.goto(site.url + address) and page, "ko")
    with held():
        page.get_by_role("button", name=WORDS["ko"][0]).click()
        page.locator("dd", has_text="1 / 2").wait_for(timeout=30_000)
    page.locator(".chip", has_text="완료").wait_for(timeout=30_000)
    context.close()
    assert said == []


PLANNED = {
    "ko": ("되돌릴 내용 확인(작업으로)", "결과 보기", "건을 되돌립니다", "이 변경 되돌리기(작업으로)", "다시 확인(작업으로)"),
    "en": ("Work out what that would do (as a job)", "To the result", "records would be put back", "Undo this change (as a job)", "Work it out anew (as a job)"),
}  # fmt: skip


@pytest.mark.parametrize("language, script, width", [("ko", True, 360), ("en", False, 1280)])
def test_what_undoing_an_import_would_do_waits_until_its_owner_decides(site, worker, open_page, complaints, language, script, width):  # fmt: skip
    ask, result, shown, undo, anew = PLANNED[language]
    with psycopg.connect(site.env["DATABASE_URL"]) as database:
        (load,) = database.execute("SELECT min(change_id) FROM programs_program").fetchone()
    page = signed_in(open_page, language, script=script, width=width)
    page.goto(f"{site.url}/{language}/changes/{load}/undo/")
    assert page.get_by_text(shown).count() == 0 and (not script or complaints(page) == [])
    page.get_by_role("button", name=ask).click()
    page.get_by_role("link", name=result).click(timeout=60_000)
    assert page.get_by_role("heading", name=shown).is_visible()
    assert page.get_by_role("button", name=undo).is_visible() and page.get_by_role("button", name=anew).is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width and (not script or complaints(page) == [])
    picture(page, f"job-plan-{language}-{width}")
