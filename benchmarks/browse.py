"""How pages and API grow with the registry: list, record, API list, totals, for each size side by side.

    make bench-browse SIZE=small|agency|nation        several sizes: SIZE="small agency"

Each size has its own database `bench_<size>` on the server of DATABASE_URL; what is not there is made (make_registry).
Every `bench_<size>` that is there is measured in the same run, one request to each size in turn, so that noise falls on
all alike. Requests go through Django's test client, anonymously: SQL, Python and templates, no web server, no network.
Prints the median and the 95th percentile in milliseconds, the number of queries, and by how much the median grows.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from itertools import pairwise
from urllib.parse import urlsplit

import psycopg

from benchmarks import registry

SIZES = ("small", "agency", "nation")
REQUESTS, WARM = int(os.environ.get("REQUESTS", "30")), 3


def cases() -> dict[str, str]:
    """What is asked, and where. The records are found by what makes them special, so that every size has them."""
    from django.db import connection

    from programs.models import Program, Project

    def one(sql: str):
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    most = "SELECT {0} FROM {1} WHERE visibility = 0 AND NOT is_retired GROUP BY {0} ORDER BY count(*) DESC LIMIT 1"
    program = Program.objects.get(id=one(most.format("program_id", "programs_project"))).slug
    project = Project.objects.get(
        id=one("SELECT id FROM programs_project WHERE visibility = 0 AND NOT is_retired ORDER BY id OFFSET 700 LIMIT 1")
    ).slug
    institution = "institution-1-1"  # takes part in 8 % of the projects
    payer = "institution-1-2"  # pays most
    year = one(
        "SELECT fiscal_year FROM funding_fundingamount a JOIN funding_fundingline l ON l.id = a.line_id"
        f" JOIN programs_program p ON p.id = l.program_id WHERE p.slug = '{program}' AND fiscal_year IS NOT NULL"
        " GROUP BY 1 ORDER BY count(*) DESC LIMIT 1"
    )
    person = one(most.format("researcher_id", "programs_role"))
    api = "/api/v1"
    return {
        "home": "/ko/",
        "list page: projects": "/ko/projects/",
        "list page: filter and sort": "/ko/projects/?status=running&sort=-starts_on",
        "list page: by institution": f"/ko/projects/?institution={institution}",
        "list page: people": "/ko/researchers/",
        "list page: funding lines": "/ko/funding-lines/?state=committed&currency=USD",
        "list page: a name searched": "/ko/researchers/?search=김민",
        "list page: a word searched": "/ko/projects/?search=로봇",
        "search: a whole name": f"{api}/researchers/?search=김민준&limit=20",
        "search: how a name begins": f"{api}/researchers/?search=김민",
        "search: a surname in English": f"{api}/researchers/?search=Hong",
        "search: several words": f"{api}/projects/?search=차세대 로봇 설계&limit=20",
        "search: an English word": f"{api}/projects/?search=quantum",
        "search: nothing is called so": f"{api}/projects/?search=로봇 수소 없는말",
        "search: with filter and sort": f"{api}/projects/?search=로봇&status=running&sort=-starts_on",
        "record: largest program": f"/ko/programs/{program}/",
        "record: usual project": f"/ko/projects/{project}/",
        "record: person, 2,000 links": f"/ko/researchers/{person}/",
        "record: big institution": f"/ko/institutions/{institution}/",
        "record: big payer": f"/ko/institutions/{payer}/",
        "history: usual project": f"/ko/projects/{project}/history/",
        "api: first page": f"{api}/projects/",
        "api: filter and sort": f"{api}/projects/?status=running&topics=로봇&sort=-starts_on&limit=50",
        "api: page 100": follow(f"{api}/projects/?limit=15", 99),
        "api: lines of a program": f"{api}/funding-lines/?program={program}&fiscal_year={year}",
        "rollups: program by year, payer": f"{api}/rollups/?program={program}&group_by=fiscal_year,payer_kind",
        "rollups: all by year, payer": f"{api}/rollups/?group_by=fiscal_year,payer_kind",
    }


def follow(address: str, pages: int) -> str:
    """The address of a page that many cursors on."""
    from django.test import Client

    client, here = Client(), address
    for _page in range(pages):
        cursor = client.get(here).json()["next_cursor"]
        if not cursor:
            return here
        here = f"{address}&cursor={cursor}"
    return here


def answer() -> None:
    """One size: reads the name of a case from each line, asks it once, answers with milliseconds and queries."""
    from django.conf import settings
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import translation

    from config import wsgi  # noqa: F401  the web's own way with the database

    settings.ALLOWED_HOSTS = ["*"]
    translation.activate("ko")
    asked, client = cases(), Client()
    print(json.dumps(list(asked)), flush=True)
    for line in sys.stdin:
        name, is_counted = json.loads(line)
        queries = None
        begin = time.perf_counter()
        if is_counted:
            with CaptureQueriesContext(
                connection,
            ) as captured:
                response = client.get(asked[name])
            queries = [(float(q["time"]) * 1000, q["sql"]) for q in captured.captured_queries]
        else:
            response = client.get(asked[name])
        spent = (time.perf_counter() - begin) * 1000
        if response.status_code != 200:
            raise SystemExit(f"{name}: {asked[name]} answers {response.status_code}")
        print(json.dumps([spent, queries]), flush=True)


class Asked:
    """A process that answers for one size."""

    def __init__(self, size: str):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.browse", "answer"], env=environment(size), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        self.cases = self.read()

    def ask(self, name: str, is_counted: bool = False):
        print(json.dumps([name, is_counted]), file=self.process.stdin, flush=True)
        return self.read()

    def read(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit("A measured process ended: see above.")
        return json.loads(line)


def environment(size: str) -> dict[str, str]:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/bench_{size}").geturl()
    return os.environ | {"DATABASE_URL": url}


def loaded(wanted: list[str]) -> list[str]:
    """The sizes that are there, figures and all; those wanted that are not there are made first."""
    for size in wanted:
        if not is_loaded(size):
            psql("postgres", f"CREATE DATABASE bench_{size}")
            for command in (["migrate", "-v0"], ["make_registry", "--size", size, "--figures"]):
                subprocess.run([sys.executable, "manage.py", *command], env=environment(size), check=True)
    return [size for size in SIZES if is_loaded(size)]


def is_loaded(size: str) -> bool:
    try:
        return bool(psql(f"bench_{size}", "SELECT count(*) FROM records_computedat"))
    except psycopg.Error:
        return False


def psql(database: str, sql: str) -> int:
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{database}").geturl()
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(sql)
        return cursor.fetchone()[0] if cursor.description else 0


def main() -> None:
    sizes = loaded(os.environ.get("SIZE", "small").split())
    only = os.environ.get("CASE", "")
    asked = {size: Asked(size) for size in sizes}
    heads = "".join(f"{size:>9} p50    p95 sql" for size in sizes)
    grown = "".join(f"  ×{b[:6]}" for b in sizes[1:])
    print(f"{REQUESTS} requests each, test client, anonymous; milliseconds\n{'':32}{heads}{grown}")
    for name in asked[sizes[0]].cases:
        if only not in name:
            continue
        counted = {size: asked[size].ask(name, True)[1] for size in sizes}
        times: dict[str, list[float]] = {size: [] for size in sizes}
        for n in range(WARM + REQUESTS):
            for size in sizes:
                spent = asked[size].ask(name)[0]
                times[size] += [spent] if n >= WARM else []
        medians = [statistics.median(times[size]) for size in sizes]
        cells = "".join(
            f"{median:13.1f} {sorted(times[size])[int(REQUESTS * 0.95)]:6.1f} {len(counted[size]):3}"
            for size, median in zip(sizes, medians, strict=True)
        )
        growth = "".join(f"{b / a:8.2f}" for a, b in pairwise(medians))
        print(f"{name:32}{cells}{growth}", flush=True)
        if "VERBOSE" in os.environ:
            for size in sizes:
                for spent, sql in sorted(counted[size], reverse=True)[:4]:
                    print(f"    {size} {spent:8.1f} ms  {sql[: int(os.environ['VERBOSE'] or 200)]}")


if __name__ == "__main__":
    if sys.argv[1:] == ["answer"]:
        answer()
    else:
        with registry():
            main()
