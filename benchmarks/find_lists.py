"""Lists with filters and counted options, and a whole list as a file: the parts `lists` and `export` of bench-find.

    lists(client)      the list of projects as it is opened, narrowed, sorted, with other columns; p95 ≤ 150 ms
    export(client)     the list of all projects as CSV from a running server: first byte ≤ 1 s, its process ≤ 150 MB more

The database is one of bench-browse's (`bench_nation`); an officer asks, who sees every row.
"""

import os
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from benchmarks.browse import REQUESTS, WARM

P95, FIRST_BYTE, GROWTH = 150, 1.0, 150  # milliseconds, seconds, MB
OFFICER = "bench-officer"
LISTS = {
    "all projects": "projects/",
    "one state": "projects/?status=running",
    "a rare state": "projects/?status=suspended",
    "one state, by date": "projects/?status=running&sort=-starts_on",
    "of an institution": "projects/?institution=institution-1-1",
    "of an institution, one state": "projects/?institution=institution-1-1&status=completed",
    "other columns": "projects/?status=completed&columns=number,title,topics,program,parent,ends_on,updated_at",
    "in a year": "projects/?starts_on__gte=2024&starts_on__lt=2025",
}


def lists(client, requests: int = REQUESTS) -> float:
    """Prints the times of each list; the 95th percentile of all."""
    print(f"{requests} requests each, test client; milliseconds\n{'':40}     p50    p95")
    everything: list[float] = []
    for name, question in LISTS.items():
        times = [_timed(client, f"/ko/{question}") for _n in range(WARM + requests)][WARM:]
        everything += times
        print(f"{name:40}{statistics.median(times):8.1f}{_p95(times):7.1f}", flush=True)
    p95 = _p95(everything)
    print(f"{'all of them':40}{statistics.median(everything):8.1f}{p95:7.1f}   aim: p95 ≤ {P95}")
    return p95


def _timed(client, address: str) -> float:
    begin = time.perf_counter()
    response = client.get(address)
    spent = (time.perf_counter() - begin) * 1000
    assert response.status_code == 200 and b'class="count"' in response.content, address
    return spent


def _p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def export(client, question: str = "projects/export/", port: int = 8790) -> None:
    """Starts a server with one process, takes the list from it as this client, and looks at that process meanwhile."""
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())
    server = f"-m granian --interface wsgi --port {port} --workers 1 --blocking-threads 8 config.wsgi:application"
    process = subprocess.Popen([sys.executable, *server.split()], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(f"http://127.0.0.1:{port}/healthz")
        list(_get(f"http://127.0.0.1:{port}/ko/projects/"))  # what a process has loaded after its first page
        worker = _child(process.pid)
        before, began, first, rows, size = _memory(worker), time.perf_counter(), 0.0, 0, 0
        for piece in _get(f"http://127.0.0.1:{port}/ko/{question}", cookies):
            first = first or time.perf_counter() - began
            rows, size = rows + piece.count(b"\r\n"), size + len(piece)
        spent, grown = time.perf_counter() - began, _memory(worker) - before
        print(f"CSV: {rows - 1:,} rows, {size / 1e6:.1f} MB in {spent:.1f} s; first byte {first * 1000:.0f} ms (aim {FIRST_BYTE:.0f} s),"
              f" process +{grown:.0f} MB at most (aim {GROWTH} MB)")  # fmt: skip
    finally:
        process.terminate()
        process.wait()


def _get(address: str, cookies: str = "") -> Iterator[bytes]:
    with urllib.request.urlopen(urllib.request.Request(address, headers={"Cookie": cookies}), timeout=600) as answer:
        while piece := answer.read1(1 << 16):
            yield piece


def _wait(address: str) -> None:
    for _n in range(100):
        try:
            return urllib.request.urlopen(address, timeout=2).close()
        except OSError:
            time.sleep(0.2)
    raise SystemExit("The server does not answer.")


def _child(pid: int) -> int:
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[-1])


def _memory(pid: int) -> float:
    """MB that the process has held at most."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def signed_in():
    """The test client as an officer, or as nobody where the database has no officer and is not to be written."""
    from django.conf import settings
    from django.test import Client

    from config import wsgi  # noqa: F401  the web's own way with the database
    from people.models import User

    settings.ALLOWED_HOSTS = ["*"]
    client, officer = Client(), User.objects.filter(username=OFFICER).first()
    if officer and "ANYBODY" not in os.environ:
        client.force_login(officer)
    return client
