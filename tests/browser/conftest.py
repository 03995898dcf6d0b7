"""A running registry with the sample in it for each module of browser tests, and one Chromium for all of them.

A registry is a process of its own with a database of its own: what other tests do to theirs does not show.
"""

import contextlib
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
from playwright.sync_api import Page, expect, sync_playwright

from config import servers
from config.children import Part

from .looking import PATIENCE, ROOT, sign_in

QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync"]  # fmt: skip
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
    log = tmp_path_factory.mktemp("site") / "web.log"
    with _database(f"{template}_copy", template) as address, contextlib.ExitStack() as running:
        env = os.environ | {"DATABASE_URL": address}
        with _alone():  # Granian would share a port that another process of tests chose at the same moment
            url = f"http://127.0.0.1:{(port := servers.free_port())}"
            server = f"granian --interface wsgi --host 127.0.0.1 --port {port} config.wsgi:application"
            _wait_for(f"{url}/healthz", running.enter_context(started(server, env, log)))
        yield Site(url, env)


@contextmanager
def started(module: str, env: dict[str, str], log: Path):
    """A Python module with its arguments, as a process that ends with the block or with us, and all its children with it."""
    part = Part(module, [sys.executable, "-m", *module.split()], log, env=env)
    part.start()
    try:
        yield part
    finally:
        part.stop()


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


def _wait_for(url: str, part: Part) -> None:
    end = time.monotonic() + PATIENCE / 1000
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            is_late = time.monotonic() > end
            assert part.is_running() and not is_late, f"{url} does not answer:\n{part.last_lines()}"
            time.sleep(0.2)


@pytest.fixture(scope="package")
def browser(chromium_path):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=QUIET, timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser, site) -> Callable[..., Page]:
    """`open_page("/ko/", width=360)`: a page in a fresh browser context. Errors of its scripts and requests fail the test.

    `under_policy`: the browser holds to the Content-Security-Policy, and a warning in its console fails the test too.
    """
    contexts, wrong = [], []

    def note_failure(request):
        if "ERR_ABORTED" not in request.failure:  # left behind by going on to another page
            wrong.append(f"{request.url}: {request.failure}")

    def open_it(
        address="/ko/", *, width=1280, scheme="light", script=True, status=200, language="ko", under_policy=False
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            java_script_enabled=script,
            locale=language,
            bypass_csp=not under_policy,  # so that axe can be put into the page
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("requestfailed", note_failure)
        if under_policy:
            page.on("console", lambda said: wrong.append(said.text) if said.type in ("warning", "error") else None)
        response = page.goto(site.url + address)
        assert response.status == status, address
        return page

    yield open_it
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def signed_in(open_page, site) -> Callable[..., Page]:
    """`signed_in("programs/nairl/edit/", by="chief")`: that page, as one of MAKE_PEOPLE."""

    def open_it(address: str, language="ko", by="officer", **more) -> Page:
        page = open_page(f"/{language}/login/?next=/{language}/{address}", language=language, **more)
        sign_in(page, by)
        expect(page).to_have_url(f"{site.url}/{language}/{address}")
        return page

    return open_it
