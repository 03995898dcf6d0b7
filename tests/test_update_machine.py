"""Whatever partners and officers do to reports, in whatever order: the registry changes by what was accepted and by nothing else.

Some hundred steps here, thousands in `make test-long` (HYPOTHESIS_PROFILE=long).
"""

import os
from datetime import date

import pytest
from django.db import transaction
from django.db.models import Sum
from django.http import Http404
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from funding.models import LedgerEntry
from programs.models import Headcount, Milestone, Output, Role
from records.models import Change, Citation
from records.refusals import NotAllowed, Refused, Stale
from reports import commands
from reports.commands import Answer
from reports.deciding.now import now_of
from reports.models import ProjectUpdate, ProposedValue, UpdateEvent
from reports.models.updates import MOVES, State
from reports.writing.ledger import MOVEMENTS

from . import cast
from .reporting import FIRST_HALF, SECOND_HALF, by, reporting_world

STEPS = 40
EXAMPLES = {"short": 6, "long": 100}[os.environ.get("HYPOTHESIS_PROFILE", "short")]
REFUSALS = (Refused, Stale, NotAllowed, Http404)

which = st.integers(0, 3)
RIGHT = {
    "amount": st.sampled_from(["100", "1,000만", "2억", "3,500,000원", "0"]),
    "day": st.sampled_from(["2025-02", "2025.3.4.", "2025-01-31", "2025-06-30"]),
    "title": st.sampled_from(["A paper", "논문", "A second paper"]),
}
WRONG = {
    "amount": st.sampled_from(["99억", "△5", "twelve"]),
    "day": st.sampled_from(["2025-11-05", "2027", "someday"]),
    "title": st.just(""),
}
ANY = {name: RIGHT[name] | WRONG[name] for name in RIGHT}


chances = st.lists(st.sampled_from([True, True, False]), min_size=9, max_size=9)


@st.composite
def contents(draw, texts) -> dict:
    """Some rows; `milestone` and `line` are numbers of the world's."""
    rows = {
        "milestones": {"milestone": draw(which) % 2, draw(st.sampled_from(["done_on", "due_on"])): draw(texts["day"])},
        "money": {"line": draw(which) % 2, draw(st.sampled_from(["received", "spent"])): draw(texts["amount"])},
        "outputs": {
            "key": "new-1",
            "kind": "paper",
            "title_en": draw(texts["title"]),
            "published_on": draw(texts["day"]),
        },
        "headcounts": {"key": "new-1", "number": str(draw(which))},
        "narrative": {"key": "text", "narrative_ko": draw(texts["title"])},
    }
    names = draw(st.sets(st.sampled_from(list(rows)), min_size=1))
    return {name: [row] for name, row in rows.items() if name in names}


class Reports(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.outer = transaction.atomic()
        self.outer.__enter__()
        self.w = w = reporting_world()
        self.milestones = [
            w.milestone,
            Milestone.objects.create(scope_id=w.one.id, title_en="Second", due_on="2025-09"),
        ]
        self.lines = [w.money, w.line]  # its own, and one of the program that others share
        self.users = [w.partner, w.colleague, w.stranger, w.officer]
        for period in (FIRST_HALF, SECOND_HALF):
            commands.begin(w.one, w.gist, *period, by=by(w.partner))

    def teardown(self):
        transaction.set_rollback(True)
        self.outer.__exit__(None, None, None)

    # -- what is done ------------------------------------------------------------------------------------

    def one(self, n: int) -> ProjectUpdate:
        updates = list(ProjectUpdate.objects.order_by("id"))
        return updates[n % len(updates)]

    def content(self, drawn: dict) -> dict:
        made = {}
        for name, rows in drawn.items():
            made[name] = []
            for row in rows:
                row = dict(row)
                if name == "milestones":
                    record = Milestone.objects.get(id=self.milestones[row.pop("milestone")].id)
                    row |= {"key": str(record.id), "version": record.version}
                elif name == "money":
                    row["key"] = str(self.lines[row.pop("line")].id)
                elif name == "narrative":
                    row["key"] = "text"
                made[name].append(row)
        return made

    def attempt(self, act, *, may_write: bool = False):
        """Do it. What is refused leaves everything as it was; what only moves a report leaves the registry as it was."""
        registry, reports = self.registry(), self.reports()
        try:
            with transaction.atomic():
                done = act()
        except REFUSALS:
            assert (self.registry(), self.reports()) == (registry, reports)
            return None
        if not may_write:
            assert self.registry() == registry
        return done

    @rule(half=st.booleans(), user=which)
    def begin(self, half, user):
        by_whom = self.users[user]
        made = self.attempt(
            lambda: commands.begin(self.w.one, self.w.gist, *(FIRST_HALF if half else SECOND_HALF), by=by(by_whom))
        )
        assert made is None or by_whom in (self.w.partner, self.w.colleague)

    @rule(n=which, user=which, content=contents(ANY), is_stale=st.booleans())
    def save(self, n, user, content, is_stale):
        update = self.one(n)
        version = update.version - (is_stale and n == 0)
        self.attempt(lambda: commands.save(update.id, self.content(content), version=version, by=by(self.users[user])))

    @rule(n=which, content=contents(RIGHT))
    def hand_in(self, n, content):
        update = self.one(n)
        kept = self.attempt(
            lambda: commands.save(update.id, self.content(content), version=update.version, by=by(self.w.partner))
        )
        if kept:
            self.attempt(lambda: commands.submit(kept.id, version=kept.version, by=by(self.w.colleague)))

    @rule(n=which, user=which, what=st.sampled_from(["submit", "submit", "withdraw", "resume", "take", "put_back"]))
    def move(self, n, user, what):
        update = self.one(n)
        if update:
            before = update.state
            moved = self.attempt(
                lambda: getattr(commands, what)(update.id, version=update.version, by=by(self.users[user]))
            )
            if moved:
                assert moved.state in MOVES[before]

    @rule(n=which, content=contents(RIGHT), by_other=st.booleans(), chances=chances)
    def hand_in_and_decide(self, n, content, by_other, chances):
        self.hand_in(n, content)
        self.decide(n, by_other, chances)

    @rule(n=which, by_other=st.booleans(), chances=chances)
    def decide(self, n, by_other, chances):
        update = self.one(n)
        if not update.is_with_officers:
            return
        officer = self.w.other_officer if by_other else self.w.officer
        proposals = list(update.proposals.filter(round=update.round).prefetch_related("values"))
        now = now_of(update, proposals, cast.reader(officer))
        values = [value for one in proposals for value in one.values.all()]
        answers = {
            v.id: Answer(is_accepted, "why not", now[v.id].token)
            for v, is_accepted in zip(values, chances * 3, strict=False)
        }
        is_any = any(answer.is_accepted for answer in answers.values())
        done = self.attempt(
            lambda: commands.decide(update.id, answers, version=update.version, by=by(officer)), may_write=is_any
        )
        if done:
            for value in ProposedValue.objects.filter(id__in=answers).select_related("proposal"):
                assert value.decision == ("accepted" if answers[value.id].is_accepted else "returned")
                if answers[value.id].is_accepted:
                    self.holds(value, done)
            assert (done.state == State.ACCEPTED) == all(answer.is_accepted for answer in answers.values())

    def holds(self, value: ProposedValue, update: ProjectUpdate) -> None:
        """The registry says now what was accepted."""
        section, about = value.proposal.section, value.proposal.record_id
        if section == "milestones":
            assert getattr(Milestone.objects.get(id=about), value.field) == value.value
        elif section == "outputs":
            assert getattr(Output.objects.get(id=value.written_id), value.field) == value.value
        elif section == "headcounts":
            assert Headcount.objects.get(id=value.written_id).number == value.value
        elif section == "narrative":
            assert Citation.objects.get(id=value.written_id).value_stated == value.value
        elif section == "money" and about == self.w.money.id:
            raises, lowers = MOVEMENTS[value.field]
            entries = LedgerEntry.objects.filter(
                line=about, posted_on_first__lte=date.fromisoformat(value.value["to_date"])
            )
            sums = dict(entries.values_list("movement").annotate(sum=Sum("amount")))
            assert sums.get(raises, 0) - sums.get(lowers, 0) == value.value["amount"]

    @rule(n=which)
    def reopen(self, n):
        update = self.one(n)
        self.attempt(lambda: commands.reopen(update.id, "more", version=update.version, by=by(self.w.officer)))

    @rule(line=which, amount=st.integers(1, 10**9))
    def post_directly(self, line, amount):
        cast.entry(self.lines[line % 2], amount, "spent", posted_on="2025-04-01")

    @rule(milestone=which)
    def edit_directly(self, milestone):
        Milestone.objects.filter(id=self.milestones[milestone % 2].id).update(note_en=str(Change.objects.count()))

    # -- what always holds -------------------------------------------------------------------------------

    def registry(self) -> list:
        """All that a report could change."""
        models = (Milestone, LedgerEntry, Output, Headcount, Role, Citation)
        return [list(model.objects.order_by("id").values_list("id", "version", "is_retired")) for model in models]

    def reports(self) -> list:
        return [
            list(ProjectUpdate.objects.order_by("id").values_list("id", "state", "version", "content", "round")),
            list(ProposedValue.objects.order_by("id").values_list("id", "decision", "written")),
            UpdateEvent.objects.count(),
        ]

    @invariant()
    def there_is_one_open_report_of_each_period(self):
        open_ones = ProjectUpdate.objects.exclude(state=State.WITHDRAWN).values_list("period_starts_on", flat=True)
        assert len(open_ones) == len(set(open_ones))

    @invariant()
    def a_stranger_finds_nothing(self):
        assert not ProjectUpdate.objects.visible_to(cast.reader(self.w.stranger)).exists()

    @invariant()
    def each_entry_of_a_report_is_there_once_and_was_accepted(self):
        posted = LedgerEntry.objects.exclude(outside_key="").values_list("id", flat=True)
        accepted = ProposedValue.objects.filter(decision="accepted", proposal__section="money", written__isnull=False)
        assert sorted(posted) == sorted(accepted.values_list("written", flat=True))


@pytest.mark.django_db
def test_the_registry_changes_by_what_was_accepted_and_by_nothing_else():
    run_state_machine_as_test(
        Reports,
        settings=settings(
            max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
