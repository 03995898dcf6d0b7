"""`make run`: the whole registry in one terminal.

Servers, migration, sample registry, then web, worker and beat; whatever dies is named and started again, and
when this process ends, however it ends, all of it ends. PORT, HOST and DATA_DIR choose where.
"""

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from . import children, safe, servers
from .children import CannotStart, Part

SHORTEST_WAIT, LONGEST_WAIT, HEALTHY_AFTER = 0.5, 30.0, 60.0  # seconds


def say(sentence: str) -> None:
    """To the terminal, if it is still there. Without `print`, which a signal handler may not interrupt."""
    with contextlib.suppress(OSError):
        os.write(1, f"{sentence}\n".encode())


@dataclass
class Address:
    """Where the web server listens."""

    host: str
    port: int

    @classmethod
    def from_environment(cls) -> "Address":
        port = os.environ.get("PORT") or "8000"
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise CannotStart(f"PORT must be a number from 1 to 65535, not {port!r}.")
        return cls(os.environ.get("HOST") or "127.0.0.1", int(port))

    @property
    def visit(self) -> str:
        """The host to ask when it listens on all of them."""
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)

    def __str__(self) -> str:
        return f"http://[{self.visit}]:{self.port}" if ":" in self.visit else f"http://{self.visit}:{self.port}"

    def must_be_free(self) -> None:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.host, self.port))
            except OSError as error:
                raise CannotStart(
                    f"Cannot listen on {self.host} port {self.port}: {error.strerror}."
                    " Choose another port: make run PORT=8001"
                ) from None

    def status(self) -> tuple[int, str]:
        """What /statusz says: the HTTP status (0 when nobody answers) and the text."""
        connection = http.client.HTTPConnection(self.visit, self.port, timeout=5)
        try:
            connection.request("GET", "/statusz")
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            return 0, str(error)
        finally:
            connection.close()


@dataclass
class Watched:
    """A part that must not stay dead. It is started again after a wait that doubles, up to 30 s,
    and is short again once the part has held out for a minute."""

    part: Part
    wait: float = SHORTEST_WAIT
    started_at: float = field(default_factory=time.monotonic)
    start_at: float | None = None  # when it is due to start again

    def look(self, now: float) -> None:
        if self.start_at is not None:
            if now >= self.start_at:
                self.part.start()
                self.started_at, self.start_at = now, None
        elif not self.part.is_running():
            self._mourn(now)
        elif now - self.started_at > HEALTHY_AFTER:
            self.wait = SHORTEST_WAIT

    def _mourn(self, now: float) -> None:
        say(f"{self.part.name} {describe(self.part.exit_code())}; starting it again in {self.wait:g} s")
        say(f"  the end of {self.part.log}:\n{self.part.last_lines()}")
        self.part.stop()  # its children, if it left any
        self.start_at = now + self.wait
        self.wait = min(self.wait * 2, LONGEST_WAIT)


def describe(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was killed by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


class Supervisor:
    def __init__(self, folder: Path, address: Address) -> None:
        self.folder, self.address = folder, address
        self.watched: list[Watched] = []
        self.stopping = False

    def run(self) -> int:
        """0 if we were asked to stop, 1 if the registry could not start."""
        self._stop_on_signals()
        try:
            self.address.must_be_free()
            say(f"starting database and broker (data in {self.folder})")
            with servers.running(self.folder, alone=True) as found:
                self.watched = [Watched(part) for part in found.parts]
                self._prepare()
                self._serve()
        except CannotStart as error:
            say(str(error))
            return 1
        except SystemExit:
            pass
        say("stopped")
        return 0

    def _stop_on_signals(self) -> None:
        """The first signal unwinds the stack; later ones must not disturb that."""

        def stop(number: int, _frame) -> None:
            if not self.stopping:
                self.stopping = True
                say(f"stopping ({signal.Signals(number).name})")
                sys.exit()

        for number in (signal.SIGINT, signal.SIGTERM, *servers.hang_up()):
            signal.signal(number, stop)
        if parent_is_make():  # make does not pass on a kill -9
            children.die_with(os.getppid(), signal.SIGTERM)

    def _prepare(self) -> None:
        say("migrating the database")
        self._run("migrate", "--noinput", log=servers.rotate(self.folder / "logs" / "migrate.log"))
        self._run("prepare_demo")

    def _run(self, *command: str, log: Path | None = None) -> None:
        """A manage.py command. Its output goes to the log, or without one to our reader."""
        args = [sys.executable, "manage.py", *command]
        with log.open("ab") if log else contextlib.nullcontext() as stdout:
            process = children.spawn(args, stdout=stdout)
            try:
                code = process.wait()
            finally:
                children.end(process, signal.SIGTERM, patience=5)
        if code:
            where = f". The end of {log}:\n{Part('', [], log).last_lines()}" if log else ""
            raise CannotStart(f"`manage.py {' '.join(command)}` {describe(code)}{where}")

    def _serve(self) -> None:
        parts = self._parts()
        say("starting " + ", ".join(part.name for part in parts))
        try:
            self.address.must_be_free()  # granian itself would share the port with another granian
            for part in parts:
                part.start()
                self.watched.append(Watched(part))
            self._watch()
        finally:
            with servers.undisturbed():
                for part in parts:
                    part.stop()

    def _parts(self) -> list[Part]:
        """In the order in which they are stopped."""
        logs = self.folder / "logs"
        python = [sys.executable, "-m"]
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]
        web = [
            "granian",
            "--interface",
            "wsgi",
            "--host",
            self.address.host,
            "--port",
            str(self.address.port),
        ]
        web += [
            "--workers",
            "2",
            "--blocking-threads",
            "8",
            "--respawn-failed-workers",
            "--workers-kill-timeout",
            "5",
        ]
        beat = [
            "celery",
            "-A",
            "config",
            "beat",
            "--scheduler",
            "celery.beat:Scheduler",
            "--loglevel",
            "INFO",
        ]
        worker = ["celery", "-A", "config", "worker", "--concurrency", "2", "-n", f"worker-{name}@%h"]
        return [
            Part("web", [*python, *web, "config.wsgi:application"], servers.rotate(logs / "web.log")),
            Part("beat", [*python, *beat], servers.rotate(logs / "beat.log"), patience=5),
            Part(
                "worker",
                [*python, *worker, "--without-mingle", "--without-gossip", "--loglevel", "INFO"],
                servers.rotate(logs / "worker.log"),
                orphaned_with=signal.SIGQUIT,  # Celery's "cold" shutdown: waits for no task
            ),
        ]

    def _watch(self) -> None:
        """Until a signal comes. Says once when every part answers, and once when that takes long."""
        started, is_ready, has_warned = time.monotonic(), False, False
        while True:
            now = time.monotonic()
            for watched in self.watched:
                watched.look(now)
            if not is_ready:
                status, text = self.address.status()
                is_ready = status == 200
                if is_ready:
                    say(f"ready {self.address}")
                elif now - started > 60 and not has_warned:
                    has_warned = True
                    say(f"not ready after a minute; {self.address}/statusz says {status}: {text[:500]}")
            time.sleep(0.2)


def parent_is_make() -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{os.getppid()}/comm").read_text().strip() in ("make", "gmake")
    return False


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ["PYTHONUNBUFFERED"] = "1"
    safe.refuse_if_unsafe()
    try:
        address = Address.from_environment()
    except CannotStart as error:
        say(str(error))
        return 1
    folder = servers.data_dir()
    os.environ.update(DATA_DIR=str(folder), HOST=address.host, PORT=str(address.port))
    return Supervisor(folder, address).run()


if __name__ == "__main__":
    sys.exit(main())
