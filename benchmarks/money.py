"""What money costs, each figure beside the plainest SQL that an expert would write for the same answer (money_plainly.py).

    make bench-money SIZE=small|agency|nation         PART=recompute|total|fresh|load for one part alone

Uses the databases `bench_<size>` of bench-browse. What is measured is rolled back or put back: afterwards the registry
is as it was, history aside. Every answer is compared with the plain one, and a difference ends the run.
"""

import os
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from benchmarks import registry
from benchmarks.browse import environment, loaded

ROUNDS = int(os.environ.get("ROUNDS", "100"))
CHANGES, A_SECOND = int(os.environ.get("CHANGES", "1500")), 50
LINES = int(os.environ.get("LINES", "100000"))


def main() -> None:
    import django

    django.setup()
    parts = {"recompute": recompute, "total": total, "fresh": fresh, "load": load}
    for name, part in parts.items():
        if os.environ.get("PART", name) == name:
            print(f"\n{name}: load average {os.getloadavg()[0]:.1f} before")
            part()
            print(f"{'':8}load average {os.getloadavg()[0]:.1f} after", flush=True)


def said(name: str, ours: float, plain: float, aim: str, unit: str = "s") -> None:
    print(
        f"    {name:60}{ours:9.2f} {unit:2} beside {plain:9.2f} {unit:2}  × {ours / plain:.2f}, aim {aim}", flush=True
    )


def timed(act, *arguments) -> float:
    begin = time.perf_counter()
    act(*arguments)
    return time.perf_counter() - begin


def run(sql: str, parameters=None) -> list[tuple]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall() if cursor.description else []


@contextmanager
def undone():
    """Inside, one transaction that is rolled back, with the settings of a recompute for both sides."""
    from django.db import transaction

    with transaction.atomic():
        run("SET LOCAL jit = off; SET LOCAL work_mem = '64MB'; SET LOCAL maintenance_work_mem = '256MB'")
        yield
        transaction.set_rollback(True)


# ---- full recompute ----------------------------------------------------------------------------------------


def recompute() -> None:
    """Everything worked out and stored with its indexes: from nothing, and once more when all is right."""
    from benchmarks import money_plainly as plainly
    from funding.rollups import ROLLUPS

    with undone():
        plain = timed(plain_tables, plainly)
        again = timed(ROLLUPS.recompute, None)
        for stored, table in (("funding_linefigure", "plain_linefigure"), ("funding_rollup", "plain_rollup")):
            same_rows(stored, table)
        run("TRUNCATE funding_linefigure, funding_rollup")
        anew = timed(ROLLUPS.recompute, None)
        lines, rollups = (run(f"SELECT count(*) FROM {t}")[0][0] for t in ("funding_linefigure", "funding_rollup"))
        print(
            f"    {lines:,} figures of lines, {rollups:,} of what stands below scopes; the same rows as the plain tables"
        )
        said("all figures from nothing, beside CREATE TABLE AS … and its indexes", anew, plain, "≤ 1.5")
        said("the same when all is right (found to be so, nothing written)", again, plain, "≤ 1.5")


def plain_tables(plainly) -> None:
    for sql in (*plainly.LINE_FIGURES, *plainly.ROLLUPS):
        run(sql)
        run(f"ANALYZE {sql.split()[2]}")  # what an expert does between one table and the next
    for stored in ("linefigure", "rollup"):
        for (index,) in run("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [f"funding_{stored}"]):
            run(
                f"CREATE {'UNIQUE ' * ('UNIQUE' in index)}INDEX ON plain_{stored} USING {index.partition(' USING ')[2]}"
            )


def same_rows(stored: str, plain: str) -> None:
    names = ", ".join(
        name
        for (name,) in run("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0", [stored])
    )
    for here, there in ((stored, plain), (plain, stored)):
        found = run(f"SELECT {names} FROM {here} EXCEPT ALL SELECT {names} FROM {there} LIMIT 3")
        if found:
            raise SystemExit(f"{here} has rows that {there} has not: {found}")


# ---- a total -----------------------------------------------------------------------------------------------


def total() -> None:
    """The largest program by year and source, asked as pages ask it, and in bare SQL; one after the other, many times."""
    from benchmarks import money_plainly as plainly
    from funding.rollups import totals
    from records.rights import EVERYTHING

    program = run("SELECT program_id FROM funding_fundingline GROUP BY 1 ORDER BY count(*) DESC LIMIT 1")[0][0]
    group_by = ("fiscal_year", "payer_kind")
    acts = {
        "ours": lambda: totals(EVERYTHING, program=program, group_by=group_by),
        "stored": lambda: run(plainly.ON_STORED, {"program": program}),
        "lines": lambda: run(plainly.ON_LINES, {"program": program}),
    }
    ours = [tuple(row.values()) for row in acts["ours"]()]
    for name in ("stored", "lines"):
        found = acts[name]()
        if found != ours:
            raise SystemExit(f"The total and the one on {name} differ: {set(ours) ^ set(found)}")
    spent = {name: [] for name in acts}
    for n in range(ROUNDS):
        for name, act in acts.items():
            if name != "lines" or n < 10:
                spent[name].append(timed(act) * 1000)
    medians = {name: statistics.median(times) for name, times in spent.items()}
    many = run("SELECT count(*) FROM funding_fundingline WHERE program_id = %s", [program])[0][0]
    said(f"{many:,} lines, {len(ours)} groups, beside SQL on stored figures", medians["ours"], medians["stored"], "≤ 1.2", "ms")  # fmt: skip
    said("the same beside SQL on the bare lines", medians["ours"], medians["lines"], "–", "ms")


# ---- fresh -------------------------------------------------------------------------------------------------


CHANGED = """
SELECT DISTINCT ON (line_id) id, line_id FROM funding_fundingamount a TABLESAMPLE SYSTEM (30)
WHERE planned > 1000 AND NOT is_retired AND NOT EXISTS (
  SELECT FROM funding_fundingline l
  WHERE a.line_id IN (l.id, l.envelope_id) AND (l.envelope_id IS NOT NULL OR l.is_retired))
LIMIT %s
"""


def fresh() -> None:
    """From commit to fresh figure, while changes of a line each arrive at a steady pace and one worker works as it always does."""
    changed = run(CHANGED, [CHANGES])
    with a_worker():
        committed, cleared, is_over = {}, {}, threading.Event()
        looker = threading.Thread(target=look, args=(committed, cleared, is_over, len(changed)))
        looker.start()
        begin = time.perf_counter()
        for n, (amount, line) in enumerate(changed):
            time.sleep(max(0, begin + n / A_SECOND - time.perf_counter()))
            run("UPDATE funding_fundingamount SET planned = planned - 1 WHERE id = %s", [amount])
            committed[line] = time.perf_counter()
        pace = len(changed) / (time.perf_counter() - begin)
        looker.join(60)
        is_over.set()
        back = [amount for amount, _line in changed]
        run("UPDATE funding_fundingamount SET planned = planned + 1 WHERE id = ANY(%s)", [back])
        wait_until_nothing_waits(60)
    waits = sorted(cleared[line] - at for line, at in committed.items())
    p50, p99 = (waits[int(len(waits) * share)] for share in (0.5, 0.99))
    print(f"    {len(waits)} changes, {pace:.0f} a second: from commit to fresh figure p50 {p50:.2f} s, p99 {p99:.2f} s, longest {waits[-1]:.2f} s; aim p99 ≤ 1 s")  # fmt: skip


@contextmanager
def a_worker():
    """Another process that works in what is marked, and has nothing to do when this begins."""
    command = [sys.executable, "-m", "benchmarks.money", "work"]
    worker = subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        worker.stdout.readline()
        wait_until_nothing_waits(60)
        yield
    finally:
        worker.terminate()
        worker.wait()


def look(committed: dict, cleared: dict, is_over, many: int) -> None:
    """Note when the mark of each changed line is gone: its figure went in with that."""
    import psycopg

    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        while len(cleared) < many and not is_over.wait(0.01):
            before = set(committed)
            waiting = {
                s
                for (s,) in connection.execute("SELECT unnest(scopes) FROM records_stalemark WHERE figure = 'rollups'")
            }
            now = time.perf_counter()
            for line in before - waiting - cleared.keys():
                cleared[line] = now


def wait_until_nothing_waits(seconds: float) -> None:
    until = time.monotonic() + seconds
    while run("SELECT 1 FROM records_stalemark LIMIT 1"):
        if time.monotonic() > until:
            raise SystemExit("The worker does not come to an end.")
        time.sleep(0.05)


def work() -> None:
    """A worker's thread, as it runs in every worker."""
    import django

    django.setup()
    from records import figures, tasks

    figures.clear_stale_marks()
    tasks.watch.is_silent = lambda now: False  # no queue is measured here
    print("ready", flush=True)
    tasks.sweep()


# ---- bulk load ---------------------------------------------------------------------------------------------

OF_LINE = "id, name_ko, name_en, program_id, project_id, payer_id, unnamed_payer_kind, form, currency, state, category, visibility"
OF_AMOUNT = "id, line_id, fiscal_year, planned, committed, visibility"
REST = {
    "funding_fundingline": "aliases, recipient_id, envelope_id, agreement_id, starts_on, ends_on, note_ko, note_en, is_retired",
    "funding_fundingamount": "decided_on, revision, note_ko, note_en, is_retired",
}
EMPTY = {"aliases": "{}", "is_retired": "f", "revision": "", "note_ko": "", "note_en": ""}
GROUPED = """
CREATE TABLE bare_figures AS
SELECT coalesce(l.project_id, l.program_id) AS scope, a.fiscal_year, l.unnamed_payer_kind, l.payer_id, l.form, l.currency, l.state,
  sum(a.planned) AS planned, sum(a.committed) AS committed, count(*) AS lines
FROM bare_line l JOIN bare_amount a ON a.line_id = l.id GROUP BY 1, 2, 3, 4, 5, 6, 7
"""


def load() -> None:
    """Lines with an amount each, by COPY: into bare tables and grouped; and into the registry, with all that it keeps of them."""
    from records.figures import figures

    lines, amounts = made_up()
    with undone():
        bare = {}
        for name, like in (("nothing", "INCLUDING DEFAULTS"), ("indexes", "INCLUDING ALL")):
            run("DROP TABLE IF EXISTS bare_line, bare_amount, bare_figures")
            run(f"CREATE TABLE bare_line (LIKE funding_fundingline {like})")
            run(f"CREATE TABLE bare_amount (LIKE funding_fundingamount {like})")
            bare[name] = timed(copy, "bare_line", "funding_fundingline", lines)
            bare[name] += timed(copy, "bare_amount", "funding_fundingamount", amounts)
            bare[name] += timed(run, GROUPED)
        kept = timed(copy, "funding_fundingline", "funding_fundingline", lines)
        kept += timed(copy, "funding_fundingamount", "funding_fundingamount", amounts)
        worked = timed(clear, figures()["rollups"])
        ours = kept + worked
        print(f"    {LINES:,} lines with an amount each: into the registry {kept:.1f} s, its figures {worked:.1f} s")
        for name, what in (("indexes", "with the same columns, checks and indexes"), ("nothing", "without any index")):
            print(f"    bare COPY and GROUP BY in tables {what}: {bare[name]:.1f} s; ours has {bare[name] / ours:.0%} of its speed, aim ≥ 30 %")  # fmt: skip


def clear(figure) -> None:
    from records.figures import clear_one

    clear_one(figure)


def made_up() -> tuple[list[str], list[str]]:
    """As COPY reads them: in projects everywhere, paid by whoever pays."""
    null = r"\N"
    projects = run(
        "SELECT id, program_id, visibility FROM programs_project WHERE NOT is_retired ORDER BY random() LIMIT 5000"
    )
    payers = [id for (id,) in run("SELECT id FROM labs_institution WHERE visibility = 0 LIMIT 500")]
    ids = [id for (id,) in run(f"SELECT new_id() FROM generate_series(1, {2 * LINES})")]
    lines, amounts = [], []
    for n in range(LINES):
        project, program, hidden = projects[n % len(projects)]
        payer, state = (payers[n % len(payers)], "") if n % 5 else (null, "national"), ("planned", "committed")[n % 2]
        lines.append(
            f"{ids[2 * n]}\t재원 {n}\tLine {n}\t{program}\t{project}\t{payer[0]}\t{payer[1]}\tcash\tKRW\t{state}\t\t{hidden}"
        )
        amounts.append(f"{ids[2 * n + 1]}\t{ids[2 * n]}\t{2020 + n % 6}\t{n * 1000}\t{n * 900}\t{hidden}")
    return lines, amounts


def copy(table: str, of: str, rows: list[str]) -> None:
    from django.db import connection

    rest = REST[of].split(", ")
    more = "".join(f"\t{EMPTY.get(name, chr(92) + 'N')}" for name in rest) + "\n"
    columns = OF_LINE if of == "funding_fundingline" else OF_AMOUNT
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({columns}, {', '.join(rest)}) FROM STDIN") as into,
    ):
        for n in range(0, len(rows), 5000):
            into.write("".join(f"{row}{more}" for row in rows[n : n + 5000]))


if __name__ == "__main__":
    if sys.argv[1:] == ["work"]:
        work()
    elif os.environ.get("MONEY") == "measured":
        main()
    else:
        with registry():
            size = os.environ.get("SIZE", "small").split()[-1]
            loaded([size])
            print(f"money at the size {size}, {os.cpu_count()} processors")
            command = [sys.executable, "-m", "benchmarks.money"]
            subprocess.run(command, env=environment(size) | {"MONEY": "measured"}, check=True)
