"""The database and the broker: those of the environment, or our own under DATA_DIR.

    with servers.running(data_dir()): ...

sets DATABASE_URL and REDIS_URL in `os.environ`, in exactly these forms, unless they are set already:

    DATABASE_URL  postgresql://registry:<hex password>@127.0.0.1:<port>/registry
    REDIS_URL     redis://:<hex password>@127.0.0.1:<port>/0

Those that are set are used as they are, and nothing is started for them. The others are started by the
first process that needs them, the *owner* (the supervisor, a `manage.py` command, a test run), which stops
them when it ends; a second process with the same DATA_DIR finds them by a state file, `servers.json`, and
trusts it only if its owner lives and both servers answer with the passwords in it.

Two files are locked. `servers.lock` belongs to the owner; the servers inherit it open, so that it stays
locked until the last process that touches the data has gone, even if the owner was killed. `users.lock` is
shared by the processes that use an owner's servers, so that a short command does not take them away from a
longer one.
"""

import contextlib
import fcntl
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis

from .children import PROJECT, CannotStart, Part
from .postgres import Postgres
from .valkey import Valkey

NAMES = ("DATABASE_URL", "REDIS_URL")

# Commands that ask neither database nor broker. `check` is none of them: checks of models ask the database.
NEED_NO_SERVERS = {
    "help",
    "version",
    "--version",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "makemessages",
    "startapp",
}


class Busy(CannotStart):
    """Another process owns the servers of this data folder."""


def data_dir() -> Path:
    """DATA_DIR, or `.data` in the project."""
    return Path(os.environ.get("DATA_DIR") or PROJECT / ".data").expanduser().absolute()


class Servers:
    """What was found or started. `parts` holds only what this process started and has to keep alive."""

    def __init__(self, folder: Path, urls: dict[str, str]) -> None:
        self.folder, self.urls = folder, urls
        self.parts: list[Part] = []

    def stop(self) -> None:
        """The broker first, the database last. A state file that names what is gone is removed first."""
        if read_state(self.folder).get("pid") == os.getpid():
            state_file(self.folder).unlink(missing_ok=True)
        for part in reversed(self.parts):
            part.stop()
        self.parts = []


@contextlib.contextmanager
def running(folder: Path, *, durable: bool = True, alone: bool = False) -> Iterator[Servers]:
    """Have servers, in `os.environ` too; stop at the end what was started here.

    `durable=False` trades safety against power cuts for speed (tests). `alone` owns the data folder, servers
    or not, or else raises Busy with a sentence that names the owner.
    """
    wanted = [name for name in NAMES if not os.environ.get(name)]
    if not wanted and not alone:
        yield Servers(folder, {})
        return
    with contextlib.ExitStack() as locks:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            servers = _have(folder, wanted, durable, alone, locks)
        except OSError as error:
            raise CannotStart(f"The data folder {folder} cannot be used: {error}.") from error
        except subprocess.SubprocessError as error:  # a child could not turn into another user
            raise CannotStart(
                "PostgreSQL does not run as root, and here root may not become another user:"
                " run this as an ordinary user, or set DATABASE_URL."
            ) from error
        os.environ.update(servers.urls)
        try:
            yield servers
            if servers.parts and not alone:
                locks.callback(os.close, _let_others_finish(folder))
        finally:
            with undisturbed():
                servers.stop()
            for name in wanted:
                os.environ.pop(name, None)


@contextlib.contextmanager
def for_command(argv: list[str]) -> Iterator[None]:
    """What `manage.py` needs: servers, unless the command plainly asks none. SIGTERM ends it in order."""
    if not needs_servers(argv):
        yield
        return
    for number in (signal.SIGTERM, *hang_up()):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    try:
        with running(data_dir()):
            yield
    except CannotStart as error:
        sys.exit(str(error))


def needs_servers(argv: list[str]) -> bool:
    return len(argv) > 1 and argv[1] not in NEED_NO_SERVERS and not {"-h", "--help"} & set(argv)


def hang_up() -> list[signal.Signals]:
    """SIGHUP, which a closed terminal sends; nothing under `nohup`."""
    return [] if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else [signal.SIGHUP]


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let no second Ctrl-C break off the shutdown; every step of it has a deadline."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


# -- finding the servers of another process ----------------------------------------------------------------


def state_file(folder: Path) -> Path:
    return folder / "servers.json"


def read_state(folder: Path) -> dict:
    try:
        return json.loads(state_file(folder).read_text())
    except (OSError, ValueError):
        return {}


def find(folder: Path, wanted: list[str]) -> Servers | None:
    """The servers that the state file names, if their owner lives and they answer."""
    state = read_state(folder)
    urls = {name: state.get("urls", {}).get(name) for name in wanted}
    if not all(urls.values()) or not _is_alive(state["pid"]):
        return None
    return Servers(folder, urls) if all(answers(url) for url in urls.values()) else None


def answers(url: str) -> bool:
    """Whether the server at a DATABASE_URL or REDIS_URL takes our credentials and replies."""
    try:
        if url.startswith("postgres"):
            psycopg.connect(url, connect_timeout=3).close()
            return True
        return bool(redis.Redis.from_url(url, socket_timeout=3, retry=None).ping())
    except (psycopg.Error, redis.RedisError):
        return False


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


# -- owning them -------------------------------------------------------------------------------------------


def _have(folder: Path, wanted: list[str], durable: bool, alone: bool, locks: contextlib.ExitStack) -> Servers:
    """Found or started, whichever comes first. Waits for one that starts or stops, but not for long."""
    deadline = time.monotonic() + 60
    while True:
        if (lock := _lock(folder / "servers.lock", fcntl.LOCK_EX)) is not None:
            locks.callback(os.close, lock)
            return _start(folder, wanted, durable, lock)
        state = read_state(folder)
        if alone and state and _is_alive(state["pid"]):
            raise Busy(f"{folder} is in use by `{state['command']}` (process {state['pid']}).")
        if not alone and (found := _join(folder, wanted, locks)):
            return found
        if time.monotonic() > deadline:
            raise Busy(f"{folder} is locked by a process whose servers do not answer. See {folder / 'logs'}.")
        time.sleep(0.1)


def _join(folder: Path, wanted: list[str], locks: contextlib.ExitStack) -> Servers | None:
    """The owner's servers, with our name among their users; None while the owner starts or stops."""
    lock = _lock(folder / "users.lock", fcntl.LOCK_SH)
    if lock is None:
        return None
    if found := find(folder, wanted):
        locks.callback(os.close, lock)
        return found
    os.close(lock)
    return None


def _start(folder: Path, wanted: list[str], durable: bool, lock: int) -> Servers:
    try:
        return _start_once(folder, wanted, durable, lock)
    except CannotStart:
        if durable:
            raise
        shutil.rmtree(folder / "postgres", ignore_errors=True)  # written without fsync: a power cut spoils it
        return _start_once(folder, wanted, durable, lock)


def _start_once(folder: Path, wanted: list[str], durable: bool, lock: int) -> Servers:
    servers, logs = Servers(folder, {}), folder / "logs"
    state_file(folder).unlink(missing_ok=True)
    logs.mkdir(mode=0o700, exist_ok=True)
    try:
        started = []
        if "DATABASE_URL" in wanted:
            log = rotate(logs / "postgres.log")
            started.append(Postgres(folder / "postgres", log, free_port(), durable=durable, keep_open=(lock,)))
        if "REDIS_URL" in wanted:
            log = rotate(logs / "valkey.log")
            started.append(Valkey(folder / "valkey", log, free_port(), keep_open=(lock,)))
        for server in started:
            server.prepare()
            servers.parts.append(server.part)
            server.part.start()
        for server in started:
            server.wait()
            servers.urls["DATABASE_URL" if isinstance(server, Postgres) else "REDIS_URL"] = server.url()
    except BaseException:
        servers.stop()
        raise
    _write_state(folder, servers.urls)
    return servers


def _write_state(folder: Path, urls: dict[str, str]) -> None:
    program = Path(sys.argv[0]).name
    command = "make run" if program == "run.py" else " ".join([program, *sys.argv[1:]])
    new = folder / "servers.json.new"
    new.touch(mode=0o600)
    new.write_text(json.dumps({"pid": os.getpid(), "command": command, "urls": urls}))
    new.replace(state_file(folder))


def _let_others_finish(folder: Path) -> int:
    """Wait for the commands that came to use our servers, and keep out new ones. Ctrl-C ends the waiting."""
    told = False
    while (lock := _lock(folder / "users.lock", fcntl.LOCK_EX)) is None:
        if not told:
            print("Waiting for other commands that use these servers.", file=sys.stderr)
            told = True
        time.sleep(0.1)
    return lock


def _lock(path: Path, kind: int) -> int | None:
    """An open, locked file descriptor; None if another process has the lock."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def rotate(log: Path) -> Path:
    """Keep the log of the start before as `name.1.log`."""
    if log.exists():
        log.replace(log.with_suffix(".1.log"))
    return log


def free_port() -> int:
    """A port on loopback that nobody has, below the range from which outgoing connections take theirs.

    From that range, a client that retries while the server is down may connect to itself and keep the port.
    """
    for port in random.sample(range(15000, 32000), 200):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise CannotStart("No free port was found between 15000 and 32000.")
