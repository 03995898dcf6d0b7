"""Whatever happens to dated facts, by command, undoing, merging or bare SQL, and wherever a worker is killed: timelines
say what a slow account of the records says, to officer, partner and anybody.

Every step commits. Some hundred steps here, 10,000 in `make test-long` (HYPOTHESIS_PROFILE=long).
"""

import dataclasses
import os
import signal
import time
from collections import Counter
from datetime import date
from unittest import mock

import pytest
from django.core.management import call_command
from django.db import Error, OperationalError, connection, connections
from django.http import Http404
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from labs.models import Institution
from people.models import Researcher
from programs.models import Program, Project
from records import figures
from records.figures import StaleMark
from records.history import known_at
from records.refusals import Refused, Stale
from records.rights import ANYONE, EVERYTHING, Reader
from records.timelines.asking import Asked, Entry, entries, how_many
from records.timelines.entries import TIMELINES
from records.timelines.plainly import Standing, plainly
from reports.models import ReportDue
from tests import cast
from tests.cast import sql
from tests.money_changes import Nothing, one
from tests.test_money_machine import Killed, at_statement, in_a_thread, rolled_back, terminated
from tests.timeline_changes import CHANGES

STEPS_OF_ONE = 40
EXAMPLES = {"short": 6, "long": 250}[os.environ.get("HYPOTHESIS_PROFILE", "short")]
TODAY = date(2026, 3, 1)
done: Counter = Counter()  # which steps acted, and which were refused


def reports_due(reader: Reader) -> list[Standing]:
    """What is due as entries, row by row."""
    found = []
    for due in ReportDue.objects.visible_to(reader).select_related("obligation", "project"):
        if not due.obligation.is_retired and not due.project.is_retired:
            day, open = due.due_on, not due.is_reported
            entry = Entry(
                record=due.obligation_id, part=due.id, kind="obligation", fact="report_due", starts_on=day.isoformat(),
                ends_on=day.isoformat(), first=day, starts_last=day, ends_first=day, last=day, is_planned=open,
                is_open=open, within=due.program_id, about=due.project_id, through=None,
            )  # fmt: skip
            owners = {due.obligation_id, due.program_id, due.project_id, due.institution_id}
            is_agreement = sql("SELECT kind FROM records_record WHERE id = %s", due.obligation.scope_id) == [("agreement",)]  # fmt: skip
            found.append(Standing(entry, frozenset(owners | ({due.obligation.scope_id} if is_agreement else set()))))
    return found


def killed_as_a_process(at: int, limits: dict) -> None:
    """A worker that the system ends between two statements: nothing is said to the database, nothing cleaned up."""
    connection.close()
    worker = os.fork()
    if worker == 0:
        failed = 1
        try:
            with at_statement(at, lambda: os.kill(os.getpid(), signal.SIGKILL)), mock.patch.multiple(figures, **limits):
                cast.work()
            failed = 0
        finally:
            os._exit(failed)
    _pid, status = os.waitpid(worker, 0)
    assert status in (0, signal.SIGKILL), status
    done["SIGKILL" if status else "ended before"] += 1


def work() -> None:
    """Until nothing is left; the turn of a worker that was just killed ends when the database notices."""
    until = time.monotonic() + 30
    while cast.work() or StaleMark.objects.exists():
        assert time.monotonic() < until, "marks are left"


number = st.integers(0, 9)
days = st.sampled_from([None, date(2022, 6, 30), date(2024, 7, 15), date(2025, 1, 1), date(2026, 12, 1)])
flags = st.sampled_from([None, None, True, False])
questions = st.fixed_dictionaries(
    {},
    optional={
        "begins": days, "ends": days, "ends_from": days, "ends_to": days, "as_of": days,
        "is_late": flags, "is_sure": flags, "is_over": flags, "is_open": flags, "is_planned": flags, "by_end": st.booleans(),
        "kinds": st.sampled_from([("project",), ("milestone", "event"), ("obligation",)]),
        "facts": st.sampled_from([("period",), ("due", "first_planned"), ("report_due", "held")]),
    },
)  # fmt: skip
owners = st.lists(st.tuples(st.sampled_from([Program, Project, Institution, Researcher]), number), max_size=2)


class Timelines(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        call_command("flush", interactive=False, verbosity=0, inhibit_post_migrate=True)
        self.make_world()
        self.remembered = []

    def make_world(self):
        w = cast.small_world()
        cast.participation(w.gist, w.one, part="lead", starts_on="2023")
        for n, name in enumerate(("phase", "milestone", "agreement", "event", "course", "output")):
            cast.UNDER[name]((w.alpha, w.one, w.three)[n % 3], "first")
        cast.UNDER["milestone"](w.two, "second")
        cast.project(w.beta, "four", starts_on="2024")
        cast.relation(w.three, w.beta)
        cast.obligation(w.alpha)
        partner = cast.reader(cast.user("partner", w.gist))
        self.readers = (ANYONE, Reader(level=1, is_signed_in=True), EVERYTHING, partner)

    def happen(self, change, n, m):
        done["steps"] += 1
        try:
            change(n, m)
        except (Refused, Stale, Http404, Nothing):
            done[f"{change.__name__} refused"] += 1
        except Error as error:  # by the database: what was asked for cannot be
            assert (error.__cause__.sqlstate or "")[:2] in ("23", "P0"), error
            done[f"{change.__name__} refused"] += 1
        else:
            done[change.__name__] += 1

    @rule(limits=cast.limits)
    def a_worker_works(self, limits):
        with mock.patch.multiple(figures, **limits):
            cast.work()

    @rule(at=st.integers(0, 30), kill=st.sampled_from([rolled_back, terminated]), limits=cast.limits)
    def a_worker_fails(self, at, kill, limits):
        try:
            with at_statement(at, kill), mock.patch.multiple(figures, **limits):
                cast.work()
        except (Killed, OperationalError):
            done[kill.__name__] += 1
            connection.close()

    @rule(at=st.integers(0, 30), limits=cast.limits)
    def a_worker_is_killed(self, at, limits):
        killed_as_a_process(at, limits)

    @rule(at=st.integers(0, 30), change=st.sampled_from(CHANGES), n=number, m=number, limits=cast.limits)
    def something_happens_while_a_worker_works(self, at, change, n, m, limits):
        something = at_statement(at, lambda: in_a_thread(lambda: self.happen(change, n, m)))
        with something, mock.patch.multiple(figures, **limits):
            cast.work()

    @rule(reader=number, of=owners, within=st.sampled_from([None, None, 0, 1]), question=questions)
    def a_timeline_is_asked(self, reader, of, within, question):
        work()
        question = {"owners": tuple(one(model, n).id for model, n in of), "today": TODAY} | question
        if within is not None:
            question["within"] = one(Program, within).id
        self.assert_told(self.readers[reader % 4], Asked(**question))

    @rule()
    def the_work_is_done(self):
        self.assert_right()

    def teardown(self):
        self.assert_right()

    # -- what is always so ---------------------------------------------------------------------------------

    def assert_right(self):
        work()
        assert list(TIMELINES.differences()) == []
        for reader in self.readers:
            self.assert_told(reader, Asked())
        now = {reader: plainly(reader, Asked(is_past=True)) for reader in (EVERYTHING,)}
        for moment, then in self.remembered[-2:]:
            with known_at(moment):
                told = entries(EVERYTHING, Asked(is_past=True), limit=10_000)
                assert told == plainly(EVERYTHING, Asked(is_past=True))
                without = [entry._replace(within=None) for entry in told]  # the program of today, as in lists
                assert without == [entry._replace(within=None) for entry in then[EVERYTHING]]
        self.remembered.append((sql("SELECT clock_timestamp()")[0][0], now))

    def assert_told(self, reader, asked: Asked):
        expected = plainly(reader, asked, reports_due(reader))
        assert self.page_by_page(reader, asked) == expected
        assert how_many(reader, asked) == len(expected)
        past = dataclasses.replace(asked, is_past=True)
        assert self.page_by_page(reader, past) == plainly(reader, past)

    def page_by_page(self, reader, asked: Asked) -> list[Entry]:
        found, after = [], []
        while page := entries(reader, asked, after=after, limit=7):
            found += page
            after = page[-1].place(asked.by_end)
        return found


def _as_rule(change):
    def step(self, n, m):
        self.happen(change, n, m)

    step.__name__ = change.__name__
    return rule(n=number, m=number)(step)


for _change in CHANGES:
    setattr(Timelines, _change.__name__, _as_rule(_change))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("english")
def test_everything_that_may_happen_does_happen_sometimes():
    """A step that is always refused would leave the machine with nothing to find."""
    machine = Timelines()
    done.clear()
    for n, m in [(1, 1), (2, 6), (3, 3), (5, 2), (0, 4), (4, 5), (6, 0), (7, 9), (8, 7), (9, 8)]:
        for change in CHANGES:
            machine.happen(change, n, m)
            work()
    assert {change.__name__ for change in CHANGES} <= {name for name in done if done[name]}, done
    machine.assert_right()


@pytest.mark.django_db(transaction=True)
def test_a_worker_may_be_killed_at_any_of_its_statements():
    machine = Timelines()
    work()
    done.clear()
    for at in range(100):
        sql("UPDATE programs_project SET starts_on = %s WHERE slug <> 'four'", str(2000 + at))
        killed_as_a_process(at, {"BATCH": 1})
        work()
        assert list(TIMELINES.differences()) == []
        if done["ended before"]:
            break
    assert done["SIGKILL"] == at >= 5
    machine.assert_right()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("english")
def test_timelines_say_what_a_slow_account_says_whatever_happens():
    done.clear()
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(
        Timelines,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS_OF_ONE, deadline=None, suppress_health_check=checks
        ),
    )
    print(dict(sorted(done.items())))
    connections.close_all()


def test_the_slow_account_knows_everything_that_may_be_asked():
    """A question that it overlooked would be answered alike by both only by chance."""
    asked = {field.name for field in dataclasses.fields(Asked)}
    assert asked == {
        "owners", "within", "records", "kinds", "facts", "begins", "ends", "ends_from", "ends_to", "is_late", "is_open",
        "is_over", "is_planned", "is_sure", "today", "as_of", "is_past", "by_end",
    }  # fmt: skip
