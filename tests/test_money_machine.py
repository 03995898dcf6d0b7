"""Whatever happens to money, by command, import, undoing or bare SQL, and wherever a worker is killed: no figure is ever wrong.

Every step commits. Some hundred steps here, 10,000 in `make test-long` (HYPOTHESIS_PROFILE=long).
"""

import os
import threading
from collections import Counter
from contextlib import contextmanager
from datetime import date
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import IntegrityError, OperationalError, connection, connections
from django.http import Http404
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from funding.rollups import DIMENSIONS, ROLLUPS, lines_behind, totals
from funding.rollups.plainly import plainly
from labs.models import Institution
from programs.models import Program, Project
from records import figures, package
from records.figures import StaleMark
from records.history import known_at
from records.refusals import Refused, Stale
from records.rights import ANYONE, EVERYTHING, Reader
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, sql
from tests.money_changes import CHANGES, Nothing, one
from tests.money_told import lines_as_told, stored, stored_lines, told, total

STEPS_OF_ONE = 50
EXAMPLES = {"short": 10, "long": 200}[os.environ.get("HYPOTHESIS_PROFILE", "short")]
done: Counter = Counter()  # which steps acted, and which were refused


# ---- workers -----------------------------------------------------------------------------------------------


class Killed(Exception):
    pass


@contextmanager
def at_statement(number: int, act):
    """Inside, `act` happens when this connection is about to execute its statement of this number."""
    left = number

    def count(execute, text, parameters, many, context):
        nonlocal left
        left -= 1
        if left == -1:
            act()
        return execute(text, parameters, many, context)

    with connection.execute_wrapper(count):
        yield


def rolled_back() -> None:
    raise Killed


def terminated() -> None:
    sql("SELECT pg_terminate_backend(pg_backend_pid())")


def in_a_thread(act) -> None:
    """On a connection of its own, as another process would."""
    failed = []

    def run():
        try:
            act()
        except Exception as error:
            failed.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(120)
    assert not thread.is_alive(), "a change waits for a worker"
    if failed:
        raise failed[0]


# ---- the machine -------------------------------------------------------------------------------------------

number = st.integers(0, 7)
days = st.sampled_from([None, date(2024, 5, 17), date(2025, 6, 1), date(2026, 1, 31)])
groupings = st.lists(st.sampled_from(DIMENSIONS), max_size=3, unique=True)
CHOICES = {
    "fiscal_year": [[None], [2025], [2024, 2026, None]], "payer_kind": [["national", "unstated"]], "abroad": [[True], [False, None]],
    "form": [["cash"]], "currency": [["KRW"]], "state": [["planned", "committed"], ["cancelled"]], "category": [[None], ["students", None]],
}  # fmt: skip
only = st.dictionaries(st.sampled_from([*CHOICES, "program", "project", "payer", "recipient"]), number, max_size=2)


class Money(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        self.make_world()
        self.remembered = []

    def make_world(self):
        payers = [("ministry", "ministry", "KR"), ("company", "company", "KR"), ("abroad", "fund", "US")]
        for slug, of_kind, country in payers:
            cast.institution(slug, of_kind, country=country)
        alpha, beta = cast.program("alpha"), cast.program("beta")
        below = one_project = cast.project(alpha, "one")
        for slug in ("two", "three"):
            below = cast.project(below, slug)
        cast.project(beta, "four")
        gist = cast.institution("gist", country="KR")
        cast.participation(gist, alpha)
        partner = cast.reader(cast.user("partner", gist))
        self.readers = (ANYONE, Reader(level=SHARED, is_signed_in=True), EVERYTHING, partner)
        for at in (alpha, one_project, below, beta):
            cast.amount(cast.line(at, form="cash"), 2025, 1000)

    def happen(self, change, n, m):
        done["steps"] += 1
        try:
            change(n, m)
        except (Refused, Stale, Http404, IntegrityError, package.Refused, Nothing):
            done[f"{change.__name__} refused"] += 1
        else:
            done[change.__name__] += 1

    @rule(limits=cast.limits)
    def a_worker_works(self, limits):
        done["steps"] += 1
        with mock.patch.multiple(figures, **limits):
            cast.work()

    @rule(at=st.integers(0, 40), kill=st.sampled_from([rolled_back, terminated]), limits=cast.limits)
    def a_worker_is_killed(self, at, kill, limits):
        done["steps"] += 1
        try:
            with at_statement(at, kill), mock.patch.multiple(figures, **limits):
                cast.work()
        except (Killed, OperationalError):
            done[kill.__name__] += 1
            connection.close()

    @rule(at=st.integers(0, 40), change=st.sampled_from(CHANGES), n=number, m=number, limits=cast.limits)
    def something_happens_while_a_worker_works(self, at, change, n, m, limits):
        something = at_statement(at, lambda: in_a_thread(lambda: self.happen(change, n, m)))
        with something, mock.patch.multiple(figures, **limits):
            cast.work()

    @rule(by=groupings, day=days, of=only, scope=number, reader=number)
    def a_total_is_asked(self, by, day, of, scope, reader):
        done["steps"] += 1
        self.assert_told(self.readers[reader % 4], by, day, of, scope)

    @rule()
    def the_work_is_done(self):
        done["steps"] += 1
        self.assert_right()

    def teardown(self):
        self.assert_right()
        for reader in range(4):
            self.assert_told(self.readers[reader], ("project", "fiscal_year"), None, {}, 0)

    # -- what is always so ---------------------------------------------------------------------------------

    def assert_right(self):
        cast.work()
        assert not StaleMark.objects.exists()
        for level in (PUBLIC, SHARED, INTERNAL):
            assert stored_lines(level) == lines_as_told(level)
            assert stored(level) == plainly(level)
        assert list(ROLLUPS.differences()) == []
        now = self.from_facts()
        for moment, then in self.remembered[-2:]:
            with known_at(moment):
                assert self.from_facts() == then
        self.remembered.append((sql("SELECT clock_timestamp()")[0][0], now))

    def from_facts(self) -> set[str]:
        return {
            repr(row) for row in totals(EVERYTHING, group_by=("project", "fiscal_year", "payer_kind"), is_past=True)
        }

    def assert_told(self, reader, by, day, of, scope):
        cast.work()
        here = self.scope(scope)
        chosen = {name: self.values(name, n) for name, n in of.items() if name not in here}
        asked = {"as_of": day, "only": chosen, **here}
        expected = told(reader, group_by=[d for d in by if d != "currency"], **asked)
        rows = totals(reader, group_by=by, **asked)
        assert {tuple(row.values()) for row in rows} == expected
        assert {tuple(row.values()) for row in totals(reader, group_by=by, **asked, is_past=True)} == expected
        behind, after = [], None
        while page := lines_behind(reader, after=after, limit=3, **asked):
            behind += page
            after = page[-1]["line"], page[-1]["fiscal_year"] or 0
        for measure in ("planned", "committed", "received", "spent", "undivided"):
            for currency in {row["currency"] for row in rows}:
                shown, opened = (
                    total([row[measure] for row in of if row["currency"] == currency]) for of in (rows, behind)
                )
                assert shown == opened, measure

    def values(self, dimension: str, n: int) -> list:
        if dimension in CHOICES:
            return CHOICES[dimension][n % len(CHOICES[dimension])]
        model = {"program": Program, "project": Project}.get(dimension, Institution)
        return [one(model, n).id, *([] if dimension == "program" or n % 2 else [None])]

    def scope(self, n: int) -> dict:
        if n % 3 == 0:
            return {}
        return {"program": one(Program, n // 3).id} if n % 3 == 1 else {"project": one(Project, n // 3).id}


def _as_rule(change):
    def step(self, n, m):
        self.happen(change, n, m)

    step.__name__ = change.__name__
    return rule(n=number, m=number)(step)


for _change in CHANGES:
    setattr(Money, _change.__name__, _as_rule(_change))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("english")
def test_everything_that_may_happen_does_happen_sometimes():
    """A step that is always refused would leave the machine with nothing to find."""
    machine = Money()
    done.clear()
    for n, m in [(1, 1), (2, 6), (3, 3), (5, 2), (0, 4), (4, 5)]:
        for change in CHANGES:
            machine.happen(change, n, m)
    assert {change.__name__ for change in CHANGES} <= {name for name in done if done[name]}, done
    machine.assert_right()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("english")
def test_no_figure_is_ever_wrong():
    done.clear()
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Money,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS_OF_ONE,
            deadline=None,
            suppress_health_check=checks,
        ),
    )
    print(dict(sorted(done.items())))
