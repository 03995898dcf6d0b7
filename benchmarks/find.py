"""What finding costs: the search over all kinds, asked a fixed list of 200 questions, as an officer and as anybody.

    make bench-find SIZE=small|agency|nation        PART=search

Uses the databases `bench_<size>` of bench-browse. Each question of find_queries.txt goes
through Django's test client, page and API in turn: SQL, Python and templates, no web server, no network. All of it happens
in one transaction that is rolled back, so that nothing is left behind. Prints p50, p95 and the longest in milliseconds, and
the five slowest questions. Another part of finding is another function in PARTS.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from benchmarks import find_import, find_lists, registry
from benchmarks.browse import environment, loaded

QUESTIONS = Path(__file__).parent / "find_queries.txt"
ROUNDS = int(
    os.environ.get("ROUNDS", "3")
)  # the quickest of so many counts: what else the machine does is not measured
AIM = 100


def questions() -> list[str]:
    """The texts that are asked; `@researcher.orcid 90` is what that field of that record says in this registry."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    return [filled(line) for line in lines if line and not line.startswith("#")]


def filled(line: str) -> str:
    from records.kinds import kinds

    if not line.startswith("@"):
        return line
    where, number = line[1:].split()
    kind, field = where.split(".")
    rows = kinds()[kind].model.objects.filter(visibility=0, is_retired=False)
    if field != "id":
        rows = rows.exclude(**{field: ""})
    return str(rows.order_by("id").values_list(field, flat=True)[int(number)])


def search() -> None:
    """The search over all kinds."""
    from django.db import transaction
    from django.test import Client

    from people.models import User

    with transaction.atomic():
        officer = User.objects.create_user("bench-find", role="officer")
        asked = questions()
        print(
            f"search: {len(asked)} questions, best of {ROUNDS}; milliseconds\n{'':28}     p50    p95    max   aim: p95 ≤ {AIM}"
        )
        for who in ("an officer", "anybody"):
            client = Client()
            if who == "an officer":
                client.force_login(officer)
            for door, address in (("page", "/ko/search/"), ("API", "/api/v1/search/")):
                client.get(f"{address}?q=a")
                report(f"{door}, {who}", asked, lambda q, a=address, c=client: c.get(f"{a}?{urlencode({'q': q})}"))
        transaction.set_rollback(True)


def report(name: str, asked: list[str], ask: Callable) -> None:
    times = sorted((min(took(ask, question) for _round in range(ROUNDS)), question) for question in asked)
    spent = [one for one, _question in times]
    print(f"{name:28}{statistics.median(spent):8.1f} {spent[int(len(spent) * 0.95)]:6.1f} {spent[-1]:6.1f}")
    print("    slowest: " + ", ".join(f"{question} ({one:.0f})" for one, question in times[:-6:-1]), flush=True)


def took(ask: Callable, question: str) -> float:
    begin = time.perf_counter()
    response = ask(question)
    spent = (time.perf_counter() - begin) * 1000
    if response.status_code != 200:
        raise SystemExit(f"{question}: answered with {response.status_code}")
    return spent


PARTS = {
    "search": search,
    "lists": lambda: find_lists.lists(find_lists.signed_in()),
    "export": lambda: find_lists.export(find_lists.signed_in()),
    "import": find_import.bring_in,
}


def measure() -> None:
    from django.conf import settings
    from django.utils import translation

    import config.wsgi  # noqa: F401  the web's own way with the database

    settings.ALLOWED_HOSTS = ["*"]
    translation.activate("ko")
    for name in os.environ.get("PART", "").split() or PARTS:
        PARTS[name]()


def main() -> None:
    sizes = os.environ.get("SIZE", "small").split()
    loaded(sizes)
    for size in sizes:
        print(f"---- {size}", flush=True)
        subprocess.run([sys.executable, "-m", "benchmarks.find", "measure"], env=environment(size), check=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["measure"]:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        measure()
    else:
        with registry():
            main()
