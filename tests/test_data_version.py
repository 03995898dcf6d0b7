"""The data version differs after whatever was committed, in whatever order, and only then."""

import threading
from contextlib import contextmanager

import pytest
from django.db import connections, transaction
from django.utils import timezone

from programs.models import Program
from records.data_version import data_version, settle_restored
from records.figures import clear_stale_marks
from records.history import as_it_last_was, known_at
from records.models import Change
from records.snapshot import snapshot
from tests import cast
from tests.cast import sql

really = pytest.mark.django_db(transaction=True)


@contextmanager
def elsewhere(act):
    """`act` is done in a transaction of another connection, which is committed where the block ends."""
    done, go = threading.Event(), threading.Event()

    def run():
        try:
            with transaction.atomic():
                act()
                done.set()
                assert go.wait(30)
        finally:
            done.set()
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    assert done.wait(30)
    try:
        yield
    finally:
        go.set()
        thread.join()


def meanwhile(act):
    with elsewhere(act):
        pass


def number() -> int:
    """As the data version says; it is exact at every moment."""
    found = data_version()
    assert sql("SELECT count(*) FROM records_change") == [(found.changes,)]
    return found.changes


# ---- what it counts ----------------------------------------------------------------------------------------


@really
def test_who_began_first_and_commits_last_is_counted_when_he_commits():
    cast.program("alpha")
    before = number()
    with elsewhere(lambda: cast.program("late")):
        for n in range(5):
            cast.program(f"p{n}")
            assert number() == before + 1 + n
    assert number() == before + 6 and str(data_version()) == str(data_version())


@really
def test_two_slow_ones_are_counted_each_when_it_commits():
    with elsewhere(lambda: cast.program("first")):
        with elsewhere(lambda: cast.program("second")):
            before = number()
            meanwhile(lambda: cast.program("quick"))
            assert number() == before + 1
        assert number() == before + 2
    assert number() == before + 3


@really
def test_what_was_rolled_back_leaves_no_trace_in_it():
    before = data_version()
    with transaction.atomic():
        cast.program("never")
        assert number() == before.changes + 1
        transaction.set_rollback(True)
    assert str(data_version()) == str(before)


@really
def test_a_snapshot_keeps_its_version_while_others_write_and_count():
    cast.program("alpha")
    with snapshot():
        before = str(data_version())
        for n in range(3):
            meanwhile(lambda n=n: cast.program(f"p{n}"))
            meanwhile(data_version)
            assert number() and str(data_version()) == before
    assert str(data_version()) != before


@really
def test_it_is_exact_at_every_moment_while_many_write():
    """Ten writers, some of whom roll back and some of whom take their time; three who look."""
    wrong, over, rest = [], threading.Event(), threading.Event()

    def write(n):
        for k in range(12):
            with transaction.atomic():
                cast.program(f"w{n}x{k}")
                rest.wait(0.02 * (n % 3))
                transaction.set_rollback(k % 4 == 3)

    def look():
        last = 0
        while not over.is_set():
            with snapshot():
                found = data_version().changes
                counted = Change.objects.count()
            if found != counted or found < last:
                wrong.append((found, counted, last))
            last = found

    def run(act, *args):
        try:
            act(*args)
        except Exception as error:
            wrong.append(error)
        finally:
            connections.close_all()

    before = data_version().changes
    lookers = [threading.Thread(target=run, args=(look,)) for _n in range(3)]
    writers = [threading.Thread(target=run, args=(write, n)) for n in range(10)]
    for thread in (*lookers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    over.set()
    for thread in lookers:
        thread.join()
    assert wrong == [] and number() == before + 10 * 9


# ---- by any path -------------------------------------------------------------------------------------------


def test_sql_by_hand_is_a_change(world):
    before = number()
    sql("UPDATE programs_program SET name_en = 'By hand' WHERE id = %s", world.alpha.id)
    assert data_version() != before and str(data_version()) == str(data_version())


def test_many_rows_of_one_transaction_are_one_change(db):
    before = number()
    with transaction.atomic():
        Program.objects.bulk_create(
            [Program(slug=f"b{n}", name_en=f"B {n}", status="running") for n in range(300)]
        )  # in one transaction with the test
    assert number() == before + 1


def test_it_is_the_same_wherever_one_looks(world):
    before = str(data_version())
    with known_at(timezone.now()):
        assert str(data_version()) == before
    with as_it_last_was():
        assert str(data_version()) == before


def test_it_says_when_the_latest_change_was_made(db):
    assert data_version().at is None
    cast.program("alpha")
    assert data_version().at == Change.objects.latest("id").at


# ---- figures -----------------------------------------------------------------------------------------------


def test_figures_that_were_worked_out_anew_are_another_version(world):
    clear_stale_marks()
    before = data_version()
    assert not before.is_stale
    Program.objects.filter(id=world.alpha.id).update(starts_on="2021")
    waiting = data_version()
    assert waiting.is_stale and str(waiting) != str(before)
    clear_stale_marks()
    after = data_version()
    assert not after.is_stale and (after.changes, after.at) == (waiting.changes, waiting.at)
    assert after.figures != before.figures
    clear_stale_marks()  # with nothing to do
    assert str(data_version()) == str(after)


# ---- a registry from elsewhere -----------------------------------------------------------------------------


def test_changes_from_a_cluster_that_had_got_further_are_settled(db):
    cast.program("alpha")
    Change.objects.create(actor_name="restored", door="sql", xid=2**60)
    before = number()
    assert settle_restored() == 1 and not Change.objects.filter(xid=2**60).exists()
    assert settle_restored() == 0 and number() == before, "what this transaction writes is none of them"


def test_a_restored_registry_has_other_versions_though_it_counts_as_many(db):
    cast.program("alpha")
    before = data_version()
    sql("ALTER TABLE records_change RENAME TO gone")
    sql("CREATE TABLE records_change (LIKE gone INCLUDING ALL)")
    sql("INSERT INTO records_change SELECT * FROM gone")
    after = data_version()
    assert after.changes == before.changes and str(after) != str(before)


# ---- what it costs -----------------------------------------------------------------------------------------


def test_it_is_one_statement_and_counts_only_what_came_since(world, django_assert_num_queries):
    data_version()
    with django_assert_num_queries(1):
        data_version()


# ---- inside a transaction ----------------------------------------------------------------------------------


@really
def test_what_is_not_committed_is_a_version_that_nobody_else_ever_has():
    cast.program("alpha")
    seen = {str(data_version())}
    with transaction.atomic():
        for n in range(3):
            Program.objects.update(name_en=f"Name {n}")
            assert str(data_version()) == str(data_version()) and str(data_version()) not in seen
            seen.add(str(data_version()))
    assert str(data_version()) not in seen


@pytest.mark.django_db
def test_a_registry_that_goes_back_to_before_changes_knew_a_transaction_can_migrate():
    sql("ALTER TABLE records_change DROP COLUMN xid CASCADE")
    assert settle_restored() == 0
