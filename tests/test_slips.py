"""By how much dates slipped: what a plain reading of every version says, whoever asks, for what, against which moment."""

from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from labs.models import Facility, Lab
from programs.models import Agreement, Milestone, Phase, Program, Project
from records.history import change, known_at
from records.rights import ANYONE, EVERYTHING
from records.slips.asking import FIRST, PLAN, Asked, slips
from records.slips.shifts import MOVED, What, shift
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, sql
from tests.slips_plainly import as_told, plainly
from tests.test_history import now, undone

KINDS = ("program", "project", "phase", "milestone", "agreement", "lab", "facility")
EVERY = tuple(What)


# ---- two dates -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("2026-03-01", "2026-05-01", (What.LATER, 61, 61, 61)),
        ("2026-05-01", "2026-03-01", (What.EARLIER, -61, -61, -61)),
        ("2026-09", "2026-10", (What.LATER, 1, 60, 30)),  # by a day at least, by two months at most
        ("2026", "2027", (What.LATER, 1, 729, 365)),
        ("2026", "2026-09", (What.MORE_EXACT, -121, 272, 0)),  # told more exactly, not moved
        ("2026-09", "2026", (What.LESS_EXACT, -272, 121, 0)),
        ("2026-09~", "2026-09", (What.SAME, -29, 29, 0)),
        ("2026-08/2026-09", "2026-09/2026-10", (What.PERHAPS, -29, 91, 0)),
        ("2026-09", "2027/..", (What.LATER, 93, None, 93)),  # nobody says how late it can be
        ("../2026", "2025", (What.MORE_EXACT, -729, None, 0)),
        (None, "2026", (What.APPEARED, None, None, 0)),
        ("2026", None, (What.WITHDRAWN, None, None, 0)),
    ],
)
def test_dates_that_allow_several_days_lie_between_a_least_and_a_most_apart(before, after, told):
    found = shift(before, after)
    assert (found.what, found.low, found.high, found.days) == told


# ---- what every version says ---------------------------------------------------------------------------

DAYS = [None, "2026", "2026-09", "2026-09-01", "2026-09-01?", "2027-02-28", "2026-12/2027-03", "2027/..", "../2026"]
DATES = {
    Milestone: ("due_on", "planned_on", "done_on"),
    Project: ("starts_on", "ends_on"),
    Phase: ("ends_on",),
    Agreement: ("signed_on", "ends_on"),
    Lab: ("opening_planned_on", "opened_on"),
    Facility: ("planned_on", "opened_on"),
    Program: ("ends_on",),
}
WAYS = ("move", "move", "move", "correct", "sql", "title", "retire", "hide", "delete", "belong", "new")


class Registry:
    """A small registry that is edited at random, by ORM, SQL and commands of every nature."""

    def __init__(self):
        self.w = cast.small_world()
        self.w.milestone = cast.UNDER["milestone"](self.w.two, "due", due_on="2026-09", planned_on="2026-08")
        self.w.shared = cast.UNDER["agreement"](self.w.alpha, "shared", ends_on="2027", visibility=SHARED)
        self.w.phase = cast.UNDER["phase"](self.w.one, "phase", ends_on="2026-12")
        self.w.facility = Facility.objects.create(lab=self.w.lab, kind="gpu", name_en="GPU", planned_on="2026-05")

    def edit(self, way: str, which: int, field: int, day: str | None) -> None:
        models = list(DATES)
        model = models[which % len(models)]
        rows = list(model.objects.filter(is_retired=False).order_by("id"))
        if not rows:
            return
        row = rows[which // len(models) % len(rows)]
        name = DATES[model][field % len(DATES[model])]
        if way in ("move", "correct"):
            with change(reason=way, nature="correction" if way == "correct" else ""):
                self._date(model, row, name, day)
        elif way == "sql":
            if name != "done_on":
                sql(f"UPDATE {model._meta.db_table} SET {name} = %s WHERE id = %s AND {name} IS NOT NULL", day, row.id)
        elif way == "title":
            model.objects.filter(id=row.id).update(aliases=[str(day)])
        elif way == "retire":
            model.objects.filter(id=row.id).update(is_retired=True)
        elif way == "hide" and model is not Program:
            model.objects.filter(id=row.id).update(visibility=INTERNAL)
        elif way == "delete" and model in (Milestone, Phase, Facility):
            row.delete()
        elif way == "belong":
            cast.relation(
                row, self.w.kaist, visibility=(PUBLIC, INTERNAL)[field % 2] if not row.visibility else INTERNAL
            )
        elif way == "new" and model is Milestone:
            cast.UNDER["milestone"](self.w.one, "new", due_on=day)

    def _date(self, model, row, name, day) -> None:
        more = {"state": "done" if day else "open"} if name == "done_on" else {}
        model.objects.filter(id=row.id).update(**{name: day} | more)


QUESTIONS = st.tuples(
    st.sampled_from(["officer", "partner", "anyone"]),
    st.sampled_from(["all", "program", "gist", "kaist", "milestone"]),
    st.sampled_from([FIRST, PLAN, "then", "since", "known_at"]),
    st.integers(0, 14),
)


@given(
    st.lists(
        st.tuples(st.sampled_from(WAYS), st.integers(0, 30), st.integers(0, 3), st.sampled_from(DAYS)), max_size=14
    ),
    st.lists(QUESTIONS, min_size=8, max_size=16),
)
def test_slips_are_what_every_version_says_for_everybody_and_at_every_moment(db, edits, questions):
    with undone():
        registry, instants = Registry(), [now()]
        for edit in edits:
            with suppress(IntegrityError), transaction.atomic():  # an end before its beginning is refused
                registry.edit(*edit)
            instants.append(now())
        w = registry.w
        readers = {"officer": EVERYTHING, "partner": cast.reader(cast.user("partner", w.gist)), "anyone": ANYONE}
        scopes = {
            "all": {}, "program": {"within": w.alpha.id}, "gist": {"owners": (w.gist.id,)},
            "kaist": {"owners": (w.kaist.id,)}, "milestone": {"record": w.milestone.id},
        }  # fmt: skip
        for who, scope, against, which in questions:
            moment = instants[which % len(instants)]
            more = {
                FIRST: {"against": FIRST}, PLAN: {"against": PLAN}, "then": {"against": moment},
                "since": {"since": moment, "whats": MOVED}, "known_at": {"known_at": moment},
            }[against]  # fmt: skip
            assert_told(readers[who], Asked(**{"kinds": KINDS, "whats": EVERY} | scopes[scope] | more))


def assert_told(reader, asked: Asked) -> None:
    with known_at(asked.known_at):
        told = slips(reader, asked, limit=1000)
    plain = plainly(reader, asked)
    if not asked.is_narrowed:  # then only what moved is looked at
        plain = {one for one in plain if one[-2]}
    assert {as_told(slip) for slip in told} == plain
    assert [(-slip.days, str(slip.record), slip.fact, slip.side) for slip in told] == sorted(
        (-shift(slip.reference, slip.reached).days, str(slip.record), slip.fact, slip.side) for slip in told
    )
