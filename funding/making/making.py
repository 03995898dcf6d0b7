"""Sizes, steps, and the way into the database."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection, transaction

from records.dates_moved import note_moved
from records.history import bringing_its_past
from records.kinds import kinds
from records.models import Change, Record

from . import words as w
from .chance import NULL, Chance
from .facts import Facts
from .money import Money
from .people import People
from .projects import Undertakings
from .sheets import Sheet


@dataclass(frozen=True)
class Size:
    """How many projects; all else follows: 4.4 researchers and 12 funding lines for each, about 80 earlier versions."""

    projects: int

    @property
    def researchers(self) -> int:
        return self.projects * 44 // 10

    @property
    def institutions(self) -> int:
        return (250 if self.projects >= 1000 else 60) + self.projects // 25

    @property
    def changes(self) -> int:
        """One Change for about 30 versions."""
        return max(400, 4 * self.projects)


SIZES = {"small": Size(2_000), "agency": Size(25_000), "nation": Size(250_000)}
SETTINGS = "SET LOCAL synchronous_commit = off; SET LOCAL work_mem = '256MB'; SET LOCAL jit = off"
Batch = list[tuple[Sheet, list[str], list[str]]]


class Occupied(ValueError):
    """The registry has records already."""


def make(
    size: Size, seed: int, *, add: bool = False, tell: Callable[[str], None] = print
) -> dict[str, tuple[int, int]]:
    """Make a registry of this size. Returns how many present rows and earlier versions each table got.

    Each batch is one transaction; the stale marks that triggers leave tell the workers. Raises Occupied.
    """
    is_empty = not Record.objects.exists()
    if not add and not is_empty:
        raise Occupied
    begin, counts = time.perf_counter(), {}
    chance = Chance(seed, size.changes, first_change=_next_change())
    people = People(chance, size.researchers, size.institutions)
    done = Undertakings(chance, people, size.projects)
    facts, money = Facts(chance, done), Money(chance, done)
    steps = (
        ("changes", lambda: iter([_changes(chance)])),
        ("institutions, labs, facilities", people.make_institutions),
        ("researchers, affiliations", people.make_researchers),
        ("programs", done.make_programs),
        ("projects, participations, roles", done.make_projects),
        ("goals, agreements, events, outputs, counts", facts.make_facts),
        ("sources, citations, disagreements", facts.make_evidence),
        ("funding lines, amounts", money.make),
    )
    with _indexes_afterwards(tell, is_wanted=is_empty and not connection.in_atomic_block):
        for name, step in steps:
            started, rows, versions = time.perf_counter(), 0, 0
            for table, present, closed in _taken(step()):
                before = counts.get(table, (0, 0))
                counts[table] = before[0] + present, before[1] + closed
                rows, versions = rows + present, versions + closed
            tell(f"{name}: {rows:,} rows, {versions:,} earlier versions, {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    note_moved(
        {
            model._meta.db_table: [f.column for f in model._meta.concrete_fields]
            for model in (kind.model for kind in kinds().values())
        }
    )
    tell(f"moved dates: {time.perf_counter() - started:.1f} s")
    started = time.perf_counter()
    _analyze()
    tell(f"analyze: {time.perf_counter() - started:.1f} s")
    rows, versions = (sum(count[n] for count in counts.values()) for n in (0, 1))
    tell(f"{rows:,} rows, {versions:,} earlier versions, {time.perf_counter() - begin:.1f} s in all")
    return counts


def _taken(batches: Iterator[Batch]) -> Iterator[tuple[str, int, int]]:
    """Load the batches, each one made while the database takes the one before. Yields (table, rows, earlier versions)."""
    with ThreadPoolExecutor(1) as maker, ThreadPoolExecutor(1) as loader:
        beside = None if connection.in_atomic_block else loader
        coming = maker.submit(next, batches, None)
        while (batch := coming.result()) is not None:
            coming = maker.submit(next, batches, None)
            yield from _load(batch, beside)
        if beside:
            beside.submit(_hang_up).result()


# ---- into the database ---------------------------------------------------------------------------------


def _next_change() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) + 1 FROM records_change")
        return cursor.fetchone()[0]


class _Changes:
    """The Changes of the made-up years; they lie under all versions."""

    table = Change._meta.db_table
    columns = ("id", "at", "actor_id", "actor_name", "door", "reason", "undoes_id")


def _changes(chance: Chance) -> Batch:
    doors, lines = ("page", "page", "page", "import", "api"), []
    actors = [f"{s[0]}{g[0]}{h[0]}" for s, g, h in zip(w.SURNAMES, w.GIVEN, w.GIVEN[3:], strict=False)]
    for n, instant in enumerate(chance.instants):
        reason = w.REASONS[chance.bits(3)]
        lines.append(
            f"{chance.first_change + n}\t{instant}\t{NULL}\t{actors[n * 7 % len(actors)]}\t{doors[n % 5]}\t{reason}\t{NULL}\n"
        )
    return [(_Changes, lines, [])]


def _load(batch: Batch, pool: ThreadPoolExecutor | None) -> list[tuple[str, int, int]]:
    """The closed versions go in beside the present rows, on a connection of their own: nothing refers to them."""
    past = pool and pool.submit(_load_closed, batch)
    with transaction.atomic(), bringing_its_past(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        for sheet, present, _closed in batch:
            if present:
                _copy(cursor, sheet.table, sheet.columns, present)
        if any(sheet is _Changes for sheet, _p, _c in batch):
            cursor.execute(
                "SELECT setval(pg_get_serial_sequence('records_change', 'id'), (SELECT max(id) FROM records_change))"
            )
    if past:
        past.result()
    else:
        _load_closed(batch)
    return [(sheet.table, len(present), len(closed)) for sheet, present, closed in batch]


def _load_closed(batch: Batch) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        for sheet, _present, closed in batch:
            if closed:
                _copy(cursor, f"history.{sheet.table}", sheet.past_columns, closed)


def _hang_up() -> None:
    connection.close()  # each thread has its own


def _copy(cursor, table: str, columns, lines: list[str]) -> None:
    with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for n in range(0, len(lines), 2000):
            copy.write("".join(lines[n : n + 2000]))


@contextmanager
def _indexes_afterwards(tell: Callable[[str], None], is_wanted: bool):
    """Inside, the tables of records and their history have only the indexes that constraints need; then all again.

    For an empty registry alone. Who kills the process meanwhile begins anew with an empty database.
    """
    found = _plain_indexes() if is_wanted else []
    with connection.cursor() as cursor:
        for name, _definition in found:
            cursor.execute(f"DROP INDEX {name}")
    try:
        yield
    finally:
        started = time.perf_counter()
        with ThreadPoolExecutor(2) as builders:  # an index of words is built by one process at a time
            list(builders.map(_build, [definition for _name, definition in found]))
        if found:
            tell(f"{len(found)} indexes: {time.perf_counter() - started:.1f} s")


def _build(index: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{SETTINGS}; SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(index)
    _hang_up()


def _plain_indexes() -> list[tuple[str, str]]:
    """(name, definition) of the indexes that no constraint stands on."""
    tables = [Record._meta.db_table, *(kind.model._meta.db_table for kind in kinds().values())]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
            " JOIN pg_class t ON t.oid = i.indrelid WHERE t.relname = ANY(%s) AND NOT i.indisunique"
            " AND t.relnamespace IN ('public'::regnamespace, 'history'::regnamespace) ORDER BY 1",
            [tables],
        )
        return cursor.fetchall()


def _analyze() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT schemaname || '.' || relname FROM pg_stat_user_tables WHERE schemaname IN ('public', 'history')"
        )
        cursor.execute(f"ANALYZE {', '.join(name for (name,) in cursor.fetchall())}")
