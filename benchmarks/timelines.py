"""What timelines cost, each answer beside the plainest SQL that an expert would write for it (timelines_plainly.py).

    make bench-timelines SIZE=small|agency|nation        PART=asked|pages|work for one part alone

Uses the databases `bench_<size>` of bench-browse. The plain SQL asks a table of its own, made in the same run with the
indexes that an expert would give it; every answer is compared with the plain one, and a difference ends the run.

asked   what pages ask for, one after the other: the rows of a page
pages   pages, API and a calendar through Django's test client, as an officer and as anybody: SQL, Python, templates
work    a bulk load of dated records and their entries, and one edit
"""

import logging
import os
import statistics
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import date, timedelta

from benchmarks import registry
from benchmarks.browse import environment, loaded

ROUNDS, WARM = int(os.environ.get("ROUNDS", "30")), 3
LINES = int(os.environ.get("LINES", "20000"))
PAGE = 50
ACTED_ON = ("program", "project", "phase", "milestone", "agreement", "event", "exchange", "course")


def main() -> None:
    import django

    django.setup()
    logging.disable(logging.INFO)
    from config import wsgi  # noqa: F401  the web's own way with the database

    for name, part in {"asked": asked, "pages": pages, "work": work}.items():
        if os.environ.get("PART") in (None, "", name):
            print(f"\n{name}: load average {os.getloadavg()[0]:.1f} before", flush=True)
            part()
            print(f"{'':8}load average {os.getloadavg()[0]:.1f} after", flush=True)


def timed(act, *arguments) -> float:
    begin = time.perf_counter()
    act(*arguments)
    return (time.perf_counter() - begin) * 1000


def run(sql: str, parameters=None) -> list[tuple]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def undone():
    from django.db import transaction

    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def p95(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.95)]


def most(column: str, table: str):
    """What most rows of a table lead to."""
    rows = f"SELECT {column} FROM {table} WHERE visibility = 0 AND NOT is_retired"
    return run(f"SELECT {column} FROM ({rows}) t WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")[
        0
    ][0]


# ---- asked --------------------------------------------------------------------------------------------------


def asked() -> None:
    """`entries()` and the plain SQL in turn, for one who sees everything and for anyone."""
    from benchmarks import timelines_plainly as plainly
    from records.rights import ANYONE, EVERYTHING
    from records.timelines.asking import Asked, entries

    today = date.today()
    soon = today + timedelta(days=90)
    about = {
        "today": today, "soon": soon, "kinds": list(ACTED_ON), "limit": PAGE,
        "program": most("program_id", "programs_project"), "institution": most("institution_id", "programs_participation"),
    }  # fmt: skip
    questions = {
        "program": Asked(within=about["program"]),
        "institution": Asked(owners=(about["institution"],), kinds=ACTED_ON),
        "ending": Asked(kinds=ACTED_ON, ends_from=today, ends_to=soon, by_end=True),
        "late": Asked(kinds=ACTED_ON, is_late=True, today=today, by_end=True),
        "between": Asked(kinds=ACTED_ON, begins=today, ends=soon),
    }
    with undone():
        for sql in plainly.TABLE:
            run(sql)
        print(f"    {run('SELECT count(*) FROM plain_entry')[0][0]:,} entries; medians of {ROUNDS}, milliseconds")
        for name, question in questions.items():
            for who, reader in (("an officer", EVERYTHING), ("anyone", ANYONE)):
                parameters = about | {"level": int(reader.level)}
                ours = lambda question=question, reader=reader: entries(reader, question, limit=PAGE)  # noqa: E731
                plain = lambda name=name, parameters=parameters: run(plainly.ASKED[name], parameters)  # noqa: E731
                found = [(entry.record, entry.fact, entry.first, entry.last) for entry in ours()]
                if found != plain():
                    raise SystemExit(f"{name} for {who} differs:\n{found[:3]}\n{plain()[:3]}")
                times = [(timed(ours), timed(plain)) for _n in range(WARM + ROUNDS)][WARM:]
                mine, theirs = (list(column) for column in zip(*times, strict=True))
                a, b = statistics.median(mine), statistics.median(theirs)
                print(f"    {name:12} {who:12} {a:8.1f} p95 {p95(mine):8.1f} beside {b:8.1f} p95 {p95(theirs):8.1f}  × {a / b:.2f}, aim ≤ 1.5", flush=True)  # fmt: skip


# ---- pages --------------------------------------------------------------------------------------------------


def cases() -> dict[str, str]:
    program = run("SELECT slug FROM programs_program WHERE id = %s", [most("program_id", "programs_project")])[0][0]
    institution = run("SELECT slug FROM labs_institution WHERE id = %s", [most("institution_id", "programs_participation")])[0][0]  # fmt: skip
    person = most("researcher_id", "programs_role")
    today = date.today()
    days = f"from={today}&to={today + timedelta(days=90)}"
    api = "/api/v1/timelines/?limit=100&"
    return {
        "page: program": f"/ko/programs/{program}/timeline/",
        "page: institution": f"/ko/institutions/{institution}/timeline/",
        "page: person": f"/ko/researchers/{person}/timeline/",
        "page: everything": "/ko/timelines/",
        "page: late": "/ko/timelines/late/",
        "page: late of a program": f"/ko/timelines/late/?program={program}",
        "page: ending in 90 days": "/ko/timelines/ending/",
        "page: between two days": f"/ko/timelines/between/?{days}",
        "page: moved": "/ko/timelines/moved/",
        "page: moved in a program": f"/ko/timelines/moved/?program={program}",
        "api: program": f"{api}within={program}",
        "api: institution": f"{api}institution={institution}",
        "api: ending in 90 days": f"{api}ends_from={today}&ends_to={today + timedelta(days=90)}&sort=last",
        "api: late": f"{api}late=true&sort=last",
        "api: slips of a program": f"/api/v1/slips/?program={program}",
    }


def pages() -> None:
    from django.conf import settings
    from django.test import Client
    from django.utils import translation

    from people.models import User

    settings.ALLOWED_HOSTS = ["*"]
    translation.activate("ko")
    officer, _made = User.objects.get_or_create(username="bench-officer", defaults={"role": "officer"})
    signed_in, anyone = Client(), Client()
    signed_in.force_login(officer)
    print(f"    medians of {ROUNDS}, milliseconds; aim: p95 ≤ 300\n{'':44}     p50    p95  sql")
    asked = cases()
    with a_calendar(
        officer, run("SELECT slug FROM programs_program WHERE id = %s", [most("program_id", "programs_project")])[0][0]
    ) as path:
        for name, address in (asked | {"calendar: program": path}).items():
            for who, client in (("an officer", signed_in), ("anyone", anyone)):
                times = [timed(get, client, address) for _n in range(WARM + ROUNDS)][WARM:]
                print(f"    {name:28}{who:12}{statistics.median(times):8.0f}{p95(times):7.0f}{queries(client, address):5}{'' if p95(times) <= 300 else '   over'}", flush=True)  # fmt: skip


@contextmanager
def a_calendar(officer, program):
    """The secret address of a calendar of this program, for as long as it is measured."""
    from django.conf import settings
    from django.urls import reverse
    from django.utils.module_loading import import_string

    from records.calendars.commands import ACTED_ON, end, make

    by = import_string(settings.READER_OF)(officer.pk)
    feed, key = make(f"programs/{program}", wanted=ACTED_ON, language="ko", by=by)
    try:
        yield reverse("calendar_file", args=[key])
    finally:
        end(feed.id, by=by)


def get(client, address: str) -> None:
    response = client.get(address)
    if response.status_code != 200:
        raise SystemExit(f"{address} answers {response.status_code}")


def queries(client, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        get(client, address)
    return len(captured)


# ---- work ---------------------------------------------------------------------------------------------------

LOADED = """
INSERT INTO programs_milestone (id, visibility, is_retired, title_ko, title_en, aliases, planned_on, due_on, state, note_ko, note_en, scope_id)
SELECT new_id(), p.visibility, false, 'measured', '', '{}', '2026-10', '2026-12-' || (10 + n %% 20), 'open', '', '', p.id
FROM (SELECT id, visibility FROM programs_project WHERE NOT is_retired ORDER BY id LIMIT 1000) p, generate_series(1, %s) n
"""


def work() -> None:
    """Milestones by one INSERT, and what workers then do about their entries; and one milestone that moves."""
    from records.figures import StaleMark, clear_one, figures

    timelines = figures()["timelines"]
    with undone():
        StaleMark.objects.all().delete()
        loaded = timed(run, LOADED, [LINES // 1000])
        worked = timed(clear_one, timelines)
        print(f"    {LINES:,} milestones: into the registry {loaded / 1000:.1f} s, their entries {worked / 1000:.1f} s, {worked / LINES * 1000:.0f} µs each")  # fmt: skip
        times = []
        for (id,) in run("SELECT id FROM programs_milestone WHERE title_ko = 'measured' LIMIT %s", [ROUNDS]):
            run("UPDATE programs_milestone SET due_on = '2027-01-15' WHERE id = %s", [id])
            times.append(timed(clear_one, timelines))
        print(
            f"    one of them moves: its entries are worked out in {statistics.median(times):.1f} ms, p95 {p95(times):.1f} ms"
        )


if __name__ == "__main__":
    if os.environ.get("TIMELINES") == "measured":
        main()
    else:
        with registry():
            size = os.environ.get("SIZE", "small").split()[-1]
            loaded([size])
            print(f"timelines at the size {size}, {os.cpu_count()} processors")
            command = [sys.executable, "-m", "benchmarks.timelines"]
            subprocess.run(command, env=environment(size) | {"TIMELINES": "measured"}, check=True)
