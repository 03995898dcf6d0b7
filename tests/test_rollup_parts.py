"""Stored totals are parts that add up: not repeated by level, one row per group for the whole, replaced where they changed."""

from contextlib import suppress
from itertools import chain, product
from unittest import mock

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from funding.models import FundingAmount, FundingLine, LineFigure, Rollup
from funding.rollups import ROLLUPS, WHOLE, lines_not_shown, totals
from programs.models import Project
from records import figures
from records.rights import ANYONE, EVERYTHING, Reader
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, sql
from tests.test_rollups import STEPS, do

pytestmark = pytest.mark.usefixtures("english")
VIEWER = Reader(level=SHARED, is_signed_in=True)


def replaced_by(change) -> set[tuple]:
    """(scope, "line" or "below", fiscal year) of the rows that a change replaces."""
    before = {row[:-1]: row[-1] for row in written()}
    change()
    cast.work()
    return {row[:3] for row in written() if before.get(row[:-1]) != row[-1]}


def written() -> list[tuple]:
    group = "fiscal_year, level, form, payer_kind, currency, state"
    return sql(
        f"SELECT scope, 'line', {group}, line, ctid::text FROM funding_linefigure"
        f" UNION ALL SELECT scope, 'below', {group}, NULL, ctid::text FROM funding_rollup"
    )


def test_what_is_equal_at_each_level_is_stored_once(world):
    cast.amount(cast.line(world.three), 2025, 5)
    cast.work()
    assert {row.level for row in (*Rollup.objects.all(), *LineFigure.objects.all())} == {PUBLIC}
    assert [totals(reader) for reader in (ANYONE, VIEWER)] == [totals(EVERYTHING)] * 2


def test_a_hidden_revision_takes_the_place_of_the_public_amount(world):
    line = cast.line(world.beta)
    cast.amount(line, 2025, 7, decided_on="2024")
    cast.amount(line, 2025, 100, decided_on="2025", visibility=INTERNAL)
    cast.amount(line, 2026, 40, visibility=SHARED)
    cast.work()

    def years(reader):
        rows = totals(reader, program=world.beta.id, group_by=("fiscal_year",))
        return {row["fiscal_year"]: row["planned"] for row in rows}

    assert [years(r) for r in (ANYONE, VIEWER, EVERYTHING)] == [{2025: 7}, {2025: 7, 2026: 40}, {2025: 100, 2026: 40}]
    assert [totals(r, program=world.beta.id)[0]["lines"] for r in (ANYONE, VIEWER, EVERYTHING)] == [1, 1, 1]


def test_a_group_that_a_deeper_level_empties_is_not_shown_there(world):
    line = cast.line(world.beta)
    cast.amount(line, 2025, 7, decided_on="2024")
    cast.amount(line, 2025, None, decided_on="2025", visibility=SHARED)
    bare = cast.line(world.beta, form="in_kind")
    cast.amount(bare, 2026, 3, visibility=SHARED)
    cast.work()
    rows = totals(VIEWER, program=world.beta.id, group_by=("form", "fiscal_year"))
    assert [(r["form"], r["fiscal_year"], r["planned"], r["unstated"]) for r in rows] == [
        ("in_kind", 2026, 3, 0), ("unstated", 2025, None, 1),
    ]  # fmt: skip


def test_a_question_over_everything_reads_the_whole_alone(world):
    cast.amount(cast.line(world.three, visibility=INTERNAL), 2025, 5, visibility=INTERNAL)
    cast.amount(cast.line(world.beta, form="cash"), 2025, 70)
    cast.work()
    before = [totals(r, group_by=("fiscal_year", "form")) for r in (ANYONE, EVERYTHING)]
    Rollup.objects.exclude(scope=WHOLE).delete()
    LineFigure.objects.all().delete()
    assert [totals(r, group_by=("fiscal_year", "form")) for r in (ANYONE, EVERYTHING)] == before
    assert lines_not_shown(VIEWER) == 1


def test_a_changed_amount_replaces_only_its_group_once_per_scope_above_it(world):
    amount = cast.amount(cast.line(world.three), 2025, 5)
    cast.amount(cast.line(world.three), 2026, 5)
    cast.amount(cast.line(world.two), 2025, 5)
    cast.work()
    changed = replaced_by(lambda: FundingAmount.objects.filter(id=amount.id).update(planned=6))
    above = {(scope, "below", 2025) for scope in (world.two.id, world.one.id, world.alpha.id, WHOLE)}
    assert changed == {(world.three.id, "line", 2025), *above}


def test_what_changes_no_sum_replaces_nothing(world):
    cast.work()
    assert replaced_by(lambda: FundingLine.objects.update(note_en="seen")) == set()
    assert replaced_by(figures.recompute_all) == set()


def test_a_moved_project_is_taken_from_one_and_given_to_the_other(world):
    cast.amount(cast.line(world.three), 2025, 5)
    cast.work()
    changed = replaced_by(lambda: Project.objects.filter(id=world.three.id).update(parent=world.one))
    assert {scope for scope, *_group in changed} <= {world.three.id, world.one.id}  # not the program, nor the whole
    assert not Rollup.objects.filter(scope=world.two.id).exists()


def test_marks_taken_one_at_a_time_and_in_any_order_come_to_the_same(world):
    """Two projects change places: for a while, of what is stored, each seems to stand under the other."""
    for project in (world.two, world.three):
        cast.amount(cast.line(project), 2025, 5)
    cast.work()
    Project.objects.filter(id=world.three.id).update(parent=None)
    Project.objects.filter(id=world.two.id).update(parent=world.three)
    marked = set(chain.from_iterable(figures.StaleMark.objects.values_list("scopes", flat=True)))
    assert {world.two.id, world.three.id} <= marked
    for turn in (sorted(marked), sorted(marked, reverse=True)):
        with transaction.atomic():
            for scope in turn:
                ROLLUPS.recompute({scope})
            assert list(ROLLUPS.differences()) == []
            transaction.set_rollback(True)


GROUPINGS = [
    (), ("fiscal_year", "form"), ("program", "payer_kind"), ("project", "fiscal_year"), ("payer", "recipient", "state"),
    ("abroad", "category"),
]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), max_size=20), cast.limits)
def test_every_reader_is_told_what_the_facts_say(db, steps, limits):
    """Also where marks are taken one by one or in portions, and with the rights of a partner, which differ by program."""
    with transaction.atomic(), mock.patch.multiple(figures, **limits):
        w = cast.small_world()
        for step, n in steps:
            with suppress(IntegrityError, AttributeError), transaction.atomic():
                do(step, n, w)
        cast.work()
        assert list(ROLLUPS.differences()) == []
        readers = (ANYONE, VIEWER, EVERYTHING, *(cast.reader(cast.user("partner", at)) for at in (w.gist, w.kaist)))
        scopes = (
            {},
            {"program": w.alpha.id},
            {"project": w.one.id},
            {"only": {"program": [w.beta.id], "form": ["cash"]}},
        )
        for reader, scope, by in product(readers, scopes, GROUPINGS):
            asked = {"group_by": by, **scope}
            assert totals(reader, **asked) == totals(reader, **asked, is_past=True), asked
        transaction.set_rollback(True)
