"""A running registry with the sample in it for each module of browser tests, and one Chromium for all of them.

A registry is a process of its own with a database of its own: what other tests do to theirs does not show.
"""

import fcntl
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
from playwright.sync_api import Page, sync_playwright

from config import servers

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "test-results"
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
MAKE_PEOPLE = (
    "from people.models import User; make = User.objects.create_user\n"
    "roles = {'reader': 'viewer', 'chief': 'administrator', 'officer': 'officer', 'colleague': 'officer'}\n"
    "for name, role in roles.items(): make(name, password='a long password', role=role)"
)


@dataclass(frozen=True)
class Site:
    url: str
    env: dict[str, str]

    def deliver(self, mail_server: str) -> None:
        """What a worker does with the mails that wait."""
        command = [sys.executable, "manage.py", "shell", "-c", "from people.outbox import send_waiting; send_waiting()"]
        subprocess.run(command, cwd=ROOT, env=self.env | {"EMAIL_URL": mail_server}, check=True, capture_output=True)


@pytest.fixture(scope="package")
def prepared():
    """A database with the sample registry and one person of each role in it, to be copied: its address."""
    commands = (
        ["migrate", "-v0"],
        ["load_registry", "data/registry"],
        ["recompute_figures"],
        ["shell", "-c", MAKE_PEOPLE],
    )
    with _database(f"browser_{os.getpid()}") as address:
        env = os.environ | {"DATABASE_URL": address}
        with _alone():
            for command in commands:
                todo = [sys.executable, "manage.py", *command]
                done = subprocess.run(todo, cwd=ROOT, env=env, capture_output=True, text=True)
                assert done.returncode == 0, done.stderr[-3000:]
        yield address


@contextmanager
def _alone():
    """One process of tests at a time: of two whole migrations side by side one has failed."""
    (ROOT / ".data" / "test").mkdir(parents=True, exist_ok=True)
    with (ROOT / ".data" / "test" / "browser.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@pytest.fixture(scope="module")
def site(prepared, tmp_path_factory):
    """Granian on a copy of the sample registry. Each module has its own: what one writes, no other one reads."""
    template = urlsplit(prepared).path[1:]
    port = servers.free_port()
    server = f"granian --interface wsgi --host 127.0.0.1 --port {port} config.wsgi:application"
    with (
        _database(f"{template}_copy", template) as address,
        (tmp_path_factory.mktemp("site") / "web.log").open("ab") as log,
    ):
        env = os.environ | {"DATABASE_URL": address}
        process = subprocess.Popen([sys.executable, "-m", *server.split()], cwd=ROOT, env=env, stdout=log, stderr=log)
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz")
            yield Site(f"http://127.0.0.1:{port}", env)
        finally:
            process.terminate()
            process.wait(20)


@contextmanager
def _database(name: str, template: str = "template1"):
    """A database of this name while the block runs: its address."""
    given = os.environ["DATABASE_URL"]
    with psycopg.connect(given, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield urlunsplit(urlsplit(given)._replace(path=f"/{name}"))
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _wait_for(url: str, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except (urllib.error.URLError, OSError):
            assert time.monotonic() < end, f"{url} does not answer"
            time.sleep(0.2)


@pytest.fixture(scope="package")
def browser(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, site) -> Callable[..., Page]:
    """`open_page("/ko/", width=360)`: a page in a fresh browser context. Errors in its console fail the test."""
    contexts, wrong = [], []

    def note_failure(request):
        if "ERR_ABORTED" not in request.failure:  # left behind by going on to another page
            wrong.append(f"{request.url}: {request.failure}")

    def open_it(address="/ko/", *, width=1280, scheme="light", script=True, status=200, language="ko") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            locale=language,
            bypass_csp=True,
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", lambda request: note_failure(request))
        response = page.goto(site.url + address)
        assert response.status == status, address
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def complaints() -> Callable[..., list[str]]:
    """What axe finds wrong with a page, one sentence each; `rules` asks only some."""

    def ask(page: Page, *rules: str) -> list[str]:
        if not page.evaluate("typeof axe !== 'undefined'"):
            page.add_script_tag(path=AXE)
        # on a wide screen source numbers are footnote marks in running text, which WCAG 2.5.8 excepts and axe cannot know
        is_narrow = page.viewport_size["width"] <= 640
        if is_narrow:  # what scrolls under the bar that stays at the bottom is not hidden for good
            page.add_style_tag(content=".go { position: static !important }")
        only = {
            "runOnly": list(rules) or RULES,
            "rules": {"target-size": {"enabled": is_narrow}} if not rules else {},
        }
        found = page.evaluate("options => axe.run(options)", only)
        return [f"{v['id']}: {node['html'][:200]}" for v in found["violations"] for node in v["nodes"]]

    return ask
