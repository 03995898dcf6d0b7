"""A deadline day: partners hand in their reports at random moments of the last minutes, on the real server with a real worker.

    make bench-deadline               PARTNERS=500 within MINUTES=10

Each partner has an institution, a project and a token of its own, and begins, writes and submits one report over HTTP. Every
tenth request is sent twice with the same key; of every twentieth the answer is lost on the way and it is sent again.
Prints how long each step took, and proves at the end that no report and no value was lost or doubled. The database
`bench_deadline` is made anew on the server of DATABASE_URL and dropped at the end.
"""

import contextlib
import http.client
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from benchmarks import registry
from benchmarks.browse import environment, psql

PARTNERS, MINUTES = int(os.environ.get("PARTNERS", "500")), float(os.environ.get("MINUTES", "10"))
NAME = "deadline"
STEPS = ("begin", "write", "submit")
AIM = 500  # ms, the 95th percentile of each step
TWICE, LOST = 0.1, 0.05  # of the requests
PATIENCE = 120  # seconds for one request, with all its repetitions
NARRATIVE = "상반기에는 시제품의 제어기를 다시 설계하고 현장 시험을 두 차례 진행하였음. " * 8
PERIOD = {"period_starts_on": "2026-01-01", "period_ends_on": "2026-06-30"}
VALUES = 12  # that each report proposes


# ---- the world: benchmarks.deadline world, prove -----------------------------------------------------------


def make_world() -> None:
    """Who reports on what, as JSON lines: the token, and the ids that a report needs."""
    from funding.models import FundingLine
    from labs.models import Institution, Membership
    from people.keys import hashed, new_key
    from people.models import Token, User
    from people.tokens import BEGINS, PREFIX
    from programs.models import Milestone, Participation, Program, Project
    from records.history import change

    with change(actor_name="bench", reason="a deadline day"):
        program = Program.objects.create(slug="deadline", name_ko="마감", status="running")
        for n in range(PARTNERS):
            institution = Institution.objects.create(slug=f"deadline-{n}", kind="university", name_ko=f"대학 {n}")
            project = Project.objects.create(
                slug=f"deadline-{n}", program=program, title_ko=f"과제 {n}", status="running"
            )
            Participation.objects.create(institution=institution, scope_id=project.id, part="joint")
            milestone = Milestone.objects.create(
                scope_id=project.id, title_ko="시제품", planned_on="2026-05", due_on="2026-05"
            )
            line = FundingLine.objects.create(program=program, project=project, recipient=institution, name_ko="연구비")
            user = User.objects.create(username=f"deadline-{n}", role=User.Role.PARTNER)
            Membership.objects.create(user=user, institution=institution)
            key = BEGINS + new_key()
            Token.objects.create(owner=user, name="bench", scope="write", prefix=key[:PREFIX], key_hash=hashed(key))
            ids = {"project": project.id, "institution": institution.id, "milestone": milestone.id, "line": line.id}
            print(json.dumps({"token": key} | {name: str(id) for name, id in ids.items()}))


def prove() -> None:
    """What the database says at the end, as JSON: everything that should be a single number for all."""
    from django.db.models import Count

    from reports.models import ProjectUpdate, Proposal, ProposedValue, UpdateEvent

    updates = ProjectUpdate.objects.filter(project__slug__startswith="deadline-")
    values = ProposedValue.objects.filter(proposal__update__in=updates)
    same = values.values("proposal__update", "proposal__section", "proposal__key", "field")
    told = UpdateEvent.objects.filter(update__in=updates).values("update", "what").annotate(times=Count("id"))
    by_update = Counter(values.values_list("proposal__update", flat=True))
    print(json.dumps({
        "reports": [str(id) for id in updates.values_list("id", flat=True)],
        "projects that have one": updates.values("project").distinct().count(),
        "states": dict(Counter(f"{u.state}, round {u.round}" for u in updates)),
        "values of a report": sorted(set(by_update.values())),
        "values that are there twice": same.annotate(times=Count("id")).filter(times__gt=1).count(),
        "proposals": Proposal.objects.filter(update__in=updates).count(),
        "what was noted": dict(Counter(f"{row['what']} × {row['times']}" for row in told)),
    }))  # fmt: skip


# ---- a partner ---------------------------------------------------------------------------------------------


@dataclass
class Measured:
    """What all partners saw."""

    times: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    told: Counter = field(default_factory=Counter)
    reports: dict[int, str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


class Partner(threading.Thread):
    def __init__(self, number: int, known: dict, port: int, began: float, seen: Measured):
        super().__init__(daemon=True)
        self.number, self.known, self.port, self.began, self.seen = number, known, port, began, seen
        self.random = random.Random(number)
        self.moments = sorted(self.random.uniform(0, MINUTES * 60) for _step in STEPS)

    def run(self):
        try:
            spent = 0.0
            self.wait(0)
            one, ms = self.do("begin", "POST", "", self.about())
            spent += ms
            self.wait(1)
            one, ms = self.do("write", "PATCH", f"{one['id']}/", {"sections": self.sections()}, one["version"])
            spent += ms
            if one["problems"]:
                raise ValueError(one["problems"])
            self.wait(2)
            one, ms = self.do("submit", "POST", f"{one['id']}/submit/", {}, one["version"])
            self.seen.times["the whole report"].append(spent + ms)
            self.seen.reports[self.number] = one["id"]
        except Exception as error:
            self.seen.failed.append(f"partner {self.number}: {error!r}"[:500])

    def wait(self, step: int) -> None:
        time.sleep(max(0.0, self.began + self.moments[step] - time.monotonic()))

    def do(self, step: str, method: str, address: str, body: dict, version: int | None = None) -> tuple[dict, float]:
        """One request until it is answered; what a partner waits for it, without repetitions that they ask for in vain."""
        headers = {"Authorization": f"Bearer {self.known['token']}", "Content-Type": "application/json", "Idempotency-Key": str(uuid4())}  # fmt: skip
        if version:
            headers["If-Match"] = f'"{version}"'
        request = method, f"/api/v1/updates/{address}", json.dumps(body), headers
        luck = self.random.random()
        if luck < LOST:
            self.seen.told["answers lost"] += 1
            self.send(*request, is_lost=True)
        status, answer, ms = self.answered(request)
        if LOST <= luck < LOST + TWICE:
            self.seen.told["sent twice"] += 1
            again = self.answered(request)
            if again[:2] != (status, answer):
                raise ValueError(f"{step}: another answer to the same request: {again[0]} {again[1][:200]}")
        if status not in (200, 201):
            raise ValueError(f"{step}: {status} {answer[:300]}")
        self.seen.times[step].append(ms)
        return json.loads(answer), ms

    def answered(self, request) -> tuple[int, bytes, float]:
        end = time.monotonic() + PATIENCE
        while True:
            status, answer, ms = self.send(*request)
            if status != 409 or time.monotonic() > end:
                return status, answer, ms
            self.seen.told["409, asked again"] += 1
            time.sleep(1)

    def send(self, method, address, text, headers, *, is_lost=False) -> tuple[int, bytes, float]:
        begin = time.perf_counter()
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(method, address, text.encode(), headers)
            if is_lost:
                return 0, b"", 0.0
            response = connection.getresponse()
            body = response.read()
        return response.status, body, (time.perf_counter() - begin) * 1000

    def about(self) -> dict:
        return {"project": self.known["project"], "institution": self.known["institution"]} | PERIOD

    def sections(self) -> dict:
        """What a half-year usually brings."""
        return {
            "narrative": {"narrative_ko": NARRATIVE},
            "milestones": [{"key": self.known["milestone"], "done_on": "2026-05-20"}],
            "money": [{"key": self.known["line"], "received": 12_000_000, "spent": 8_000_000 + self.number}],
            "outputs": [{"kind": "paper", "title_en": f"Paper {self.number}", "doi": f"10.1000/{self.number}", "published_on": "2026-04"}],
            "headcounts": [{"number": self.number % 30 + 1}],
            "events": [{"kind": "workshop", "title_ko": "워크숍", "starts_on": "2026-03-02"}],
        }  # fmt: skip


# ---- the day -----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def server(env: dict[str, str]):
    """The registry as `make run` starts it. Yields its port, and the environment that its commands need."""
    from config.servers import free_port

    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        env = env | {"PORT": str(port), "DATA_DIR": folder}
        log = (Path(folder) / "run.log").open("w")
        process = subprocess.Popen([sys.executable, "-m", "config.run"], env=env, stdout=log, stderr=log)
        try:
            wait_until_ready(port, process, Path(folder) / "run.log")
            yield port, env
        finally:
            process.terminate()
            process.wait(60)
            log.close()


def wait_until_ready(port: int, process: subprocess.Popen, log: Path) -> None:
    for _second in range(300):
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/statusz")
            if connection.getresponse().status == 200:
                return
        if process.poll() is not None:
            break
        time.sleep(1)
    raise SystemExit(f"The registry did not start:\n{log.read_text()}")


def the_day(env: dict[str, str]) -> None:
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], env=env, check=True)
    with server(env) as (port, env):
        world = [json.loads(line) for line in asked("world", env).splitlines()]
        warm_up(port)
        seen, began = Measured(), time.monotonic() + 1
        partners = [Partner(n, known, port, began, seen) for n, known in enumerate(world)]
        print(f"{PARTNERS} partners within {MINUTES:g} minutes, on {os.cpu_count()} cores; milliseconds")
        for partner in partners:
            partner.start()
        for partner in partners:
            partner.join()
        report(seen)
        judge(seen, json.loads(asked("prove", env)))


def warm_up(port: int) -> None:
    """A server that has run for a while has its code loaded and its connections open."""

    def look():
        for address in ("/api/v1/updates/", "/ko/", "/api/schema/?format=json"):
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)) as connection:
                connection.request("GET", address)
                connection.getresponse().read()

    lookers = [threading.Thread(target=look) for _n in range(16)]
    for looker in lookers:
        looker.start()
    for looker in lookers:
        looker.join()


def asked(what: str, env: dict[str, str]) -> str:
    command = [sys.executable, "-m", "benchmarks.deadline", what]
    return subprocess.run(command, env=env, check=True, text=True, stdout=subprocess.PIPE).stdout


def report(seen: Measured) -> None:
    print(f"{'':20}{'number':>8}{'p50':>8}{'p95':>8}{'p99':>8}{'max':>8}")
    for step in (*STEPS, "the whole report"):
        times = seen.times[step]
        if len(times) > 1:
            of_hundred = statistics.quantiles(times, n=100, method="inclusive")
            figures = [of_hundred[49], of_hundred[94], of_hundred[98], max(times)]
            said = f"aim {AIM}: {'kept' if of_hundred[94] <= AIM else 'MISSED'}" if step in STEPS else ""
            print(f"{step:20}{len(times):8}{''.join(f'{f:8.0f}' for f in figures)}  {said}")
    print(", ".join(f"{what}: {times}" for what, times in seen.told.items()))


def judge(seen: Measured, stored: dict) -> None:
    """None lost, none doubled; or an exit code that says so."""
    ids = stored.pop("reports")
    expected = {
        "projects that have one": PARTNERS,
        "states": {"submitted, round 1": PARTNERS},
        "values of a report": [VALUES],
        "values that are there twice": 0,
        "proposals": 6 * PARTNERS,
        "what was noted": {"begun × 1": PARTNERS, "submitted × 1": PARTNERS},
    }
    wrong = [f"{what}: {stored[what]}, not {right}" for what, right in expected.items() if stored[what] != right]
    if sorted(ids) != sorted(seen.reports.values()):
        wrong.append(f"{len(ids)} reports are there, {len(seen.reports)} were answered")
    wrong += seen.failed[:20]
    print("\n".join(wrong) or f"{len(ids)} reports submitted, {len(ids) * VALUES} values: none lost, none doubled")
    if wrong:
        raise SystemExit(1)


def main() -> None:
    with registry():
        psql("postgres", f"DROP DATABASE IF EXISTS bench_{NAME} WITH (FORCE)")
        psql("postgres", f"CREATE DATABASE bench_{NAME}")
        try:
            the_day(environment(NAME))
        finally:
            psql("postgres", f"DROP DATABASE bench_{NAME} WITH (FORCE)")


if __name__ == "__main__":
    if sys.argv[1:]:
        import django

        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
        django.setup()
        {"world": make_world, "prove": prove}[sys.argv[1]]()
    else:
        main()
