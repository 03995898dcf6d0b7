"""`make run`, for real: two copies with all their processes, which are killed in several ways.

A start takes several seconds, so the promises share two of them; those that end a copy come last.
"""

import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from config import children, run, servers

PROJECT = servers.PROJECT
on_linux = pytest.mark.skipif(not children.ON_LINUX, reason="looks into /proc")


@dataclass
class Copy:
    """One running registry: its own data folder, port and output."""

    folder: Path
    port: int = field(default_factory=servers.free_port)
    process: subprocess.Popen | None = None

    @property
    def env(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in servers.NAMES}
        return inherited | {"DATA_DIR": str(self.folder), "PORT": str(self.port)}

    def start(self) -> "Copy":
        self.folder.mkdir(parents=True)
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.run"], cwd=PROJECT, env=self.env, stdout=output, stderr=output
            )
        return self

    @property
    def output(self) -> Path:
        return self.folder / "output.txt"

    def said(self) -> str:
        return self.output.read_text()

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.said()
        return f"ready http://127.0.0.1:{self.port}\n" in self.said()

    def status(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/statusz")
        return connection.getresponse().status

    def part(self, words: str) -> int | None:
        """The process number of the part whose command line has these words."""
        for pid in left_behind(self.folder):
            stat, command = Path(f"/proc/{pid}/stat"), Path(f"/proc/{pid}/cmdline")
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                said = command.read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue
            if parent == self.process.pid and words in said:
                return pid
        return None

    def manage(self, *command: str) -> subprocess.CompletedProcess:
        args = [sys.executable, "manage.py", *command]
        return subprocess.run(args, cwd=PROJECT, env=self.env, capture_output=True, text=True, timeout=300)


def left_behind(folder: Path) -> list[int]:
    """Processes that were given this DATA_DIR or work inside it. A command line would miss some."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            works_there = os.readlink(process / "cwd").startswith(f"{folder}/")
            if works_there or f"DATA_DIR={folder}\0".encode() in (process / "environ").read_bytes():
                found.append(int(process.name))
        except OSError:
            continue
    return found


def wait_until(true: Callable[[], object], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.1)


@pytest.fixture(scope="module")
def copies(tmp_path_factory) -> Iterator[tuple[Copy, Copy]]:
    """Two at once; one data folder has a space, the other a path too long for a unix socket."""
    base = tmp_path_factory.mktemp("running")
    both = Copy(base / "one folder").start(), Copy(base / ("long" * 40) / "two").start()
    try:
        for copy in both:
            wait_until(copy.is_ready)
        yield both
    finally:
        for copy in both:
            copy.process.terminate()
            copy.process.wait(300)


@pytest.fixture
def one(copies) -> Copy:
    return copies[0]


@pytest.fixture
def other(copies) -> Copy:
    return copies[1]


def test_two_copies_become_ready_side_by_side(one, other):
    assert (one.status(), other.status()) == (200, 200)


def test_manage_py_finds_the_running_servers(one):
    said = one.manage("shell", "-v0", "-c", "import os; print(os.environ['DATABASE_URL'])")
    assert said.stdout.strip() == servers.read_state(one.folder)["urls"]["DATABASE_URL"], said.stderr


def test_a_data_folder_in_use_is_refused_with_a_sentence(one):
    second = Copy(one.folder)
    said = subprocess.run([sys.executable, "-m", "config.run"], cwd=PROJECT, env=second.env, capture_output=True)
    assert said.returncode == 1
    assert f"in use by `make run` (process {one.process.pid})" in said.stdout.decode()


def test_a_taken_port_is_refused_with_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        env = Copy(tmp_path, port=taken.getsockname()[1]).env
        said = subprocess.run([sys.executable, "-m", "config.run"], cwd=PROJECT, env=env, capture_output=True)
    assert said.returncode == 1
    assert b"Choose another port: make run PORT=" in said.stdout


@on_linux
@pytest.mark.parametrize(
    ("name", "words"), [("worker", "config worker"), ("postgres", "bin/postgres"), ("valkey", "-server")]
)
def test_a_killed_part_is_named_and_started_again(one, name, words):
    killed = one.part(words)
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: f"{name} was killed by SIGKILL; starting it again" in one.said())
    wait_until(lambda: one.part(words) not in (None, killed))


@on_linux
def test_all_is_well_again_after_the_kills(one):
    wait_until(lambda: one.status() == 200)


@on_linux
def test_sigterm_and_impatient_ctrl_c_leave_no_process(one):
    one.process.terminate()
    one.process.send_signal(signal.SIGINT)
    assert one.process.wait(300) == 0
    assert left_behind(one.folder) == []


@on_linux
def test_kill_9_of_the_supervisor_leaves_no_process(other):
    other.process.kill()
    wait_until(lambda: left_behind(other.folder) == [])


@on_linux
def test_manage_py_starts_servers_over_the_same_data_and_stops_them(other):
    said = other.manage("showmigrations", "--plan")
    assert "[X]" in said.stdout and "[ ]" not in said.stdout, said.stderr
    assert left_behind(other.folder) == []


def test_a_part_that_keeps_dying_waits_longer_each_time(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "say", lambda sentence: None)
    part = children.Part("always dying", [sys.executable, "-c", "raise SystemExit(3)"], tmp_path / "log")
    watched, waits, now = run.Watched(part), [], time.monotonic()
    for _ in range(8):
        watched.look(now)  # sees it dead
        waits.append(watched.start_at - now)
        now = watched.start_at
        watched.look(now)  # starts it
        part.process.wait()
    assert [round(wait, 1) for wait in waits] == [0.5, 1, 2, 4, 8, 16, 30, 30]


@pytest.mark.parametrize(
    ("command", "needs"), [("migrate", True), ("check", True), ("help", False), ("makemessages", False)]
)
def test_only_commands_that_ask_a_server_start_one(command, needs):
    assert servers.needs_servers(["manage.py", command]) is needs


def test_the_locks_name_no_host():
    for lock in (PROJECT / "requirements").glob("*.txt"):
        assert not re.search(r"://|--(extra-)?index-url|--find-links", lock.read_text()), lock.name


def test_an_old_python_is_told_what_to_install(tmp_path):
    script = PROJECT / "requirements" / "find_python.sh"
    said = subprocess.run(["/bin/sh", script], env={"PATH": str(tmp_path)}, capture_output=True, text=True)
    assert said.returncode == 1
    assert "needs Python 3.12 or newer" in said.stderr
