"""On the real web server: nobody can take a file for whole that broke off, whoever broke it."""

import contextlib
import http.client
import json
import os
import signal
import sys
import time
from pathlib import Path

import pytest

from config import children, servers
from tests.torn import LINES


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    port = servers.free_port()
    served = f"granian --interface wsgi --no-ws --host 127.0.0.1 --port {port} tests.torn:application"
    log = tmp_path_factory.mktemp("torn") / "web.log"
    part = children.Part("torn", [sys.executable, "-m", *served.split()], log, env=dict(os.environ))
    part.start()
    try:
        end = time.monotonic() + 120
        while time.monotonic() < end:
            with contextlib.suppress(OSError):
                asked("/whole", port).read()
                break
            assert part.is_running(), part.last_lines()
            time.sleep(0.1)
        yield part, port
    finally:
        part.stop()


def asked(path: str, port: int) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path)
    return connection.getresponse()


def test_a_whole_file_is_whole(server):
    assert asked("/whole", server[1]).read() == b"".join(LINES)


def test_a_file_that_an_error_tore_has_a_last_line_that_no_reader_takes(server):
    data = asked("/torn", server[1]).read()
    assert data.startswith(b"".join(LINES[:3]))
    with pytest.raises(ValueError):
        [json.loads(line) for line in data.splitlines()]


@pytest.mark.skipif(not children.ON_LINUX, reason="looks into /proc")
def test_a_file_whose_server_was_killed_is_an_error_for_its_reader(server):
    part, port = server
    answer = asked("/slow", port)
    assert answer.readline() == LINES[0]
    for pid in [part.process.pid, *beneath(part.process.pid)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        answer.read()


def beneath(pid: int) -> list[int]:
    direct = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [one for child in direct for one in (child, *beneath(child))]
