"""What an officer waits for: a record, its history, a list of a year ago, a save.

    make bench-desk SIZE=nation

Uses the databases `bench_<size>` of bench-browse. Requests go through Django's test client, signed in as an officer.
A list of the past stands beside the present one; a save beside the same save with the triggers of its table switched
off (no Record row, no history, no stale mark, no rights); each measured in turn and rolled back.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta

from benchmarks import registry
from benchmarks.browse import REQUESTS, WARM, cases, environment, loaded

AIMS = {"record": "≤ 100 ms", "history": "≤ 150 ms", "a year ago": "≤ 3 × now", "save": "≤ 1.5 × bare"}


def main() -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.test import Client
    from django.utils import translation

    from config import wsgi  # noqa: F401  the web's own way with the database
    from people.models import User

    settings.ALLOWED_HOSTS = ["*"]
    translation.activate("ko")
    officer, _made = User.objects.get_or_create(username="bench-officer", defaults={"role": "officer"})
    client = Client()
    client.force_login(officer)
    print(f"{REQUESTS} requests each, test client, an officer; milliseconds\n{'':40}     p50    p95  sql")
    addresses = cases()
    pages = [name for name in addresses if name.startswith(("record:", "history:"))]
    for name in pages:
        kind = name.split(":")[0]
        report(name, AIMS[kind], lambda name=name: get(client, addresses[name]))
    ago = (now() - timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for name in ("list page: projects", "list page: filter and sort", "list page: people"):
        address = addresses[name]
        past = f"{address}{'&' if '?' in address else '?'}known_at={ago}"
        beside(name, AIMS["a year ago"], lambda a=address: get(client, a), lambda a=past: get(client, a), "a year ago")
    project = addresses["record: usual project"].removeprefix("/ko/")
    beside(
        "save: title of a project by API", AIMS["save"],
        lambda: saved(client, project, bare=True), lambda: saved(client, project), "with history and marks",
    )  # fmt: skip


def now():
    from django.utils import timezone

    return timezone.now()


def get(client, address: str) -> float:
    begin = time.perf_counter()
    response = client.get(address)
    spent = time.perf_counter() - begin
    if response.status_code != 200:
        raise SystemExit(f"{address} answers {response.status_code}")
    return spent * 1000


def saved(client, project: str, *, bare: bool = False) -> float:
    """One PATCH of a project's title, rolled back. `bare`: without the triggers of its table."""
    from django.db import connection, transaction

    with transaction.atomic():
        if bare:
            with connection.cursor() as cursor:
                cursor.execute("ALTER TABLE programs_project DISABLE TRIGGER USER")
        version = client.get(f"/api/v1/{project}").json()["version"]
        begin = time.perf_counter()
        response = client.patch(
            f"/api/v1/{project}", json.dumps({"title_en": f"Measured at {begin}"}), content_type="application/json",
            headers={"if-match": f'"{version}"'},
        )  # fmt: skip
        spent = time.perf_counter() - begin
        transaction.set_rollback(True)
    if response.status_code != 200:
        raise SystemExit(f"the save answers {response.status_code}: {response.content.decode()}")
    return spent * 1000


def times(ask: Callable[[], float], *others: Callable[[], float]) -> list[list[float]]:
    """Each asked in turn, the first rounds left out."""
    found = [[one() for one in (ask, *others)] for _n in range(WARM + REQUESTS)][WARM:]
    return [sorted(column) for column in zip(*found, strict=True)]


def queries(ask: Callable[[], float]) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        ask()
    return len(captured)


def line(name: str, measured: list[float], ask: Callable, said: str) -> float:
    median = statistics.median(measured)
    print(f"{name:40}{median:8.1f} {measured[int(len(measured) * 0.95)]:6.1f} {queries(ask):4}  {said}", flush=True)
    return median


def report(name: str, aim: str, ask: Callable[[], float]) -> None:
    line(name, times(ask)[0], ask, f"aim {aim}")


def beside(name: str, aim: str, plain: Callable, measured: Callable, what: str) -> None:
    first, second = times(plain, measured)
    base = line(name, first, plain, "")
    median = line(f"  {what}", second, measured, "")
    print(f"{'':40}  × {median / base:.2f}, aim {aim}", flush=True)


if __name__ == "__main__":
    if os.environ.get("DESK") == "measured":
        main()
    else:
        with registry():
            size = os.environ.get("SIZE", "small").split()[-1]
            loaded([size])
            command = [sys.executable, "-m", "benchmarks.desk"]
            subprocess.run(command, env=environment(size) | {"DESK": "measured"}, check=True)
