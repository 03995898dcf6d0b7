"""Real servers for the tests, and a browser.

Django's settings read the servers' addresses, so nothing here or in a plugin may import a model at the top.
"""

import contextlib
import os
import shutil
from urllib.parse import urlsplit, urlunsplit

import pytest

from config import servers

pytest_plugins = ["tests.fixtures"]

CHROMIUM_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
NO_CHROMIUM = "No Chromium: install it (Debian: apt-get install chromium) or name one in CHROMIUM=/path"

_servers = contextlib.ExitStack()


def pytest_configure(config: pytest.Config) -> None:
    """Servers first, then the settings. In a worker of pytest-xdist both are there from its controller."""
    if os.environ.get("CI", "").lower() in ("1", "true") and not chromium():
        pytest.exit(NO_CHROMIUM, returncode=1)
    _servers.enter_context(own_servers())
    if (number := os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")).isdigit():
        os.environ["REDIS_URL"] = urlunsplit(
            urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{1 + int(number) % 15}")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    for name in ("API_LIMIT_ANONYMOUS", "API_LIMIT_TOKEN", "API_STATEMENT_SECONDS"):  # tests ask as fast as they can
        os.environ.setdefault(name, "0")

    from django.conf import settings

    assert settings.DATABASES  # loads them; pytest-django, whose turn is later, does the rest


def pytest_collection_modifyitems(items: list) -> None:
    """What takes longest for its number of tests begins first, so that no process is left alone with it at the end."""
    items.sort(key=lambda item: 0 if "/browser/" in item.nodeid else 1)


def pytest_unconfigure(config: pytest.Config) -> None:
    _servers.close()


@contextlib.contextmanager
def own_servers():
    """Servers that no other test run uses: the first free of a few data folders under `.data/test`."""
    for number in range(1, 20):
        folder = servers.PROJECT / ".data" / "test" / str(number)
        with contextlib.suppress(servers.Busy), servers.running(folder, durable=False, alone=True) as found:
            yield found
            return
    pytest.exit("Twenty test runs at once, or servers that do not answer: see .data/test", returncode=1)


def chromium() -> str | None:
    """The browser's program: CHROMIUM, or the first known name on PATH."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """What browser tests start. Asking for it skips them, loudly, where there is none."""
    return chromium() or pytest.skip(NO_CHROMIUM)


def pytest_terminal_summary(terminalreporter) -> None:
    if not chromium():
        terminalreporter.section("BROWSER TESTS DID NOT RUN", sep="!", red=True, bold=True)
        terminalreporter.line(NO_CHROMIUM)
