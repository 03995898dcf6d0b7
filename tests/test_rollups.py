"""Figures: what is stored is what a plain calculation from the facts says, after anything that may happen (promises 1 and 2)."""

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from funding.models import FundingAmount, FundingLine, LedgerEntry, LineFigure, Rollup
from funding.rollups import DIMENSIONS, WHOLE, totals
from funding.rollups.asked import PLACE_OF
from funding.rollups.plainly import MEASURES, plainly
from labs.models import Institution
from programs.models import Program, Project
from records.figures import StaleMark, clear_one, figures, freshness, recompute_all
from records.history import known_at
from records.models import Change
from records.rights import ANYONE, EVERYTHING
from records.steps import new_id
from records.timelines.asking import Asked, entries
from records.timelines.entries import TimelineEntry
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, sql

pytestmark = pytest.mark.usefixtures("english")
GROUP = ("fiscal_year", "payer_kind", "payer_place", "form", "currency", "state")
GROUP_BY = tuple(name for name in GROUP if name != "payer_place")
VALUES = (*MEASURES, "lines", "unstated")
SUMS = (*VALUES, *(f"with_{measure}" for measure in MEASURES))


def stored(level) -> dict[tuple, tuple]:
    """What the stored parts add up to for a reader of this level, in the shape of `plainly`."""
    sums: dict[tuple, Counter] = {}
    for model, spans in ((LineFigure, ("own", "tree")), (Rollup, ("tree",))):
        for row in model.objects.filter(level__lte=level).values("scope", *GROUP, *SUMS):
            group = (row["scope"], row["fiscal_year"] or None, *(row[name] for name in GROUP[1:]))
            for span in spans:
                sums.setdefault((span, *group), Counter()).update({name: row[name] for name in SUMS})
    return {key: as_shown(of) for key, of in sums.items() if of["lines"]}


def as_shown(of: Counter) -> tuple:
    return (*(of[m] if of[f"with_{m}"] else None for m in MEASURES), of["lines"], of["unstated"])


def assert_right() -> None:
    """Nothing waits, and at each level what is stored is what a plain calculation says."""
    cast.work()
    assert not StaleMark.objects.exists()
    for level in (PUBLIC, SHARED, INTERNAL):
        assert stored(level) == plainly(level)
    for figure in figures().values():
        assert list(figure.differences()) == []


def planned(by=EVERYTHING, **asked) -> int | None:
    """The sum of all answers in won."""
    found = [row["planned"] for row in totals(by, **asked) if row["currency"] == "KRW" and row["planned"] is not None]
    return sum(found) if found else None


def as_it_is(rows: list[dict]) -> list[tuple]:
    return sorted(map(repr, (tuple(row.values()) for row in rows)))


# ---- what a total says -------------------------------------------------------------------------------------


def test_a_total_holds_everything_below(world):
    cast.amount(cast.line(world.three), 2025, 5)
    cast.amount(cast.line(world.one), 2025, 70)
    cast.work()
    assert planned(program=world.alpha.id) == 1075
    assert [planned(project=p.id) for p in (world.one, world.two, world.three)] == [75, 5, 5]
    assert planned(program=world.beta.id) is None


def test_two_currencies_are_never_added(world):
    cast.amount(cast.line(world.alpha, currency="USD"), 2024, 7)
    cast.work()
    for group_by in ((), ("currency",), ("program",), ("fiscal_year", "form")):
        rows = totals(EVERYTHING, group_by=group_by)
        assert {(row["currency"], row["planned"]) for row in rows} == {("KRW", 1000), ("USD", 7)}


def test_what_is_not_stated_is_a_group_and_not_a_zero(world):
    cast.amount(cast.line(world.beta), None, None)
    cast.line(world.beta, form="in_kind")
    cast.work()
    rows = totals(EVERYTHING, program=world.beta.id, group_by=("fiscal_year", "payer_kind", "form"))
    assert [(r["fiscal_year"], r["payer_kind"], r["form"], r["planned"], r["lines"], r["unstated"]) for r in rows] == [
        (None, "unstated", "in_kind", None, 1, 1), (None, "unstated", "unstated", None, 1, 1),
    ]  # fmt: skip


def test_cancelled_and_retired_lines_count_nothing(world):
    for more in ({"state": "cancelled"}, {"is_retired": True}):
        cast.amount(cast.line(world.beta, **more), 2025, 5)
    cast.amount(cast.line(world.beta), 2025, 5, is_retired=True)
    cast.work()
    assert planned(program=world.beta.id) is None


def test_the_latest_revision_counts(world):
    line = cast.line(world.beta)
    for decided, won in [(None, 1), ("2024-05", 20), ("2024-04", 300), ("2025~", 4000)]:
        cast.amount(line, 2025, won, decided_on=decided)
    cast.work()
    assert planned(program=world.beta.id) == 4000
    days = [date(2024, 3, 31), date(2024, 4, 1), date(2024, 5, 1), date(2024, 12, 31), date(2025, 1, 1)]
    assert [planned(program=world.beta.id, as_of=day) for day in days] == [1, 300, 20, 20, 4000]


def test_a_line_counts_from_the_first_day_on_which_it_can_have_been_decided(world):
    cast.amount(cast.line(world.beta), 2025, 5, decided_on="2025-08")
    cast.work()
    assert [planned(program=world.beta.id, as_of=date(2025, *day)) for day in ((7, 31), (8, 1))] == [None, 5]


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_groups_add_up_to_the_whole(world, dimension):
    for form, kind, year, at in [
        ("cash", "local", 2024, world.one),
        ("in_kind", "", None, world.three),
        ("cash", "industry", 2025, world.beta),
    ]:
        cast.amount(cast.line(at, form=form, unnamed_payer_kind=kind), year, 10)
    cast.work()
    for asked in ({}, {"as_of": date(2025, 1, 1)}, {"program": world.alpha.id}):
        rows = totals(EVERYTHING, group_by=(dimension,), **asked)
        whole = totals(EVERYTHING, **asked)
        for measure in VALUES if dimension != "fiscal_year" else MEASURES:  # a line counts in each of its years
            assert sum(row[measure] or 0 for row in rows) == sum(row[measure] or 0 for row in whole)


def test_the_kind_of_payer_comes_from_the_payer(world):
    kinds = {"ministry": "national", "agency": "national", "local_government": "local", "company": "industry",
             "university": "university", "hospital": "other", "fund": "other", "research_institute": "other", "other": "other"}  # fmt: skip
    for kind in kinds:
        cast.amount(cast.line(world.beta, payer=cast.institution(kind=kind)), 2025, 1)
    cast.work()
    rows = totals(EVERYTHING, program=world.beta.id, group_by=("payer_kind",))
    assert {row["payer_kind"]: row["lines"] for row in rows} == {
        k: list(kinds.values()).count(k) for k in kinds.values()
    }


def test_a_project_of_another_program_has_no_total_in_this_one(world):
    cast.amount(cast.line(world.one), 2025, 5)
    cast.work()
    for day in (None, date(2030, 1, 1)):
        assert planned(program=world.beta.id, project=world.one.id, as_of=day) is None
        assert planned(program=world.alpha.id, project=world.one.id, as_of=day) == 5


def test_values_of_dimensions_can_be_chosen(world):
    cast.amount(cast.line(world.alpha, form="in_kind"), None, 30)
    cast.work()
    assert planned(only={"fiscal_year": [None]}) == 30
    assert planned(only={"fiscal_year": [2024]}) == 1000
    assert planned(only={"fiscal_year": [None, 2024], "form": ["cash"]}) == 1000


# ---- anything that may happen ------------------------------------------------------------------------------

STEPS = (
    "line", "cancel", "retire line", "delete line", "amount", "revise", "no amount", "retire amount", "delete amount", "move line",
    "pay", "change payer", "hide line", "hide amount", "hide program", "open", "project", "move project", "move to program",
    "delete project", "many", "split", "split further", "enter", "correct", "hide entry", "work",
)  # fmt: skip


def do(step: str, n: int, w) -> None:
    """One thing that may happen; what the database refuses does not happen."""

    def one(model):
        rows = list(model.objects.order_by("id"))
        return rows[n % len(rows)] if rows else None

    line, amount, project = one(FundingLine), one(FundingAmount), one(Project)
    places = [w.alpha, w.beta, *Project.objects.order_by("id")]
    place = places[n % len(places)]
    at = {
        "program_id": getattr(place, "program_id", place.id),
        "project": place if isinstance(place, Project) else None,
    }
    match step:
        case "line":
            cast.line(
                place,
                currency=("KRW", "USD")[n % 2],
                form=("cash", "in_kind", "unstated")[n % 3],
                visibility=place.visibility,
            )
        case "cancel":
            FundingLine.objects.filter(id=line.id).update(state=("cancelled", "committed")[n % 2])
        case "retire line":
            FundingLine.objects.filter(id=line.id).update(is_retired=not line.is_retired)
        case "delete line":
            FundingAmount.objects.filter(line=line).delete()
            line.delete()
        case "amount" | "revise" | "no amount":
            decided = {"revise": ("2024-05", "2025", "2024-05-17~")[n % 3]}.get(step)
            won = None if step == "no amount" else n * 7
            cast.amount(
                line, (2024, 2025, None)[n % 3], won, committed=won, decided_on=decided, visibility=line.visibility
            )
        case "retire amount":
            FundingAmount.objects.filter(id=amount.id).update(is_retired=not amount.is_retired)
        case "delete amount":
            sql("DELETE FROM funding_fundingamount WHERE id = %s", amount.id)
        case "move line":
            FundingLine.objects.filter(id=line.id).update(**at)
        case "pay":
            FundingLine.objects.filter(id=line.id).update(payer=(w.gist, w.government, None)[n % 3])
        case "change payer":
            sql(
                "UPDATE labs_institution SET kind = %s, country = %s WHERE slug IN ('gist', 'government')",
                ("company", "fund", "ministry")[n % 3],
                ("KR", "US", "")[n // 3 % 3],
            )
        case "hide line":
            FundingLine.objects.filter(id=line.id).update(visibility=(SHARED, INTERNAL)[n % 2])
        case "hide amount":
            FundingAmount.objects.filter(id=amount.id).update(visibility=(SHARED, INTERNAL)[n % 2])
        case "hide program":
            Program.objects.filter(id=w.beta.id).update(visibility=(SHARED, INTERNAL)[n % 2])
        case "open":
            Program.objects.update(visibility=PUBLIC)
            Project.objects.update(visibility=PUBLIC)
            FundingLine.objects.update(visibility=PUBLIC)
        case "project":
            cast.project(place, visibility=place.visibility)
        case "move project":
            Project.objects.filter(id=project.id, program_id=at["program_id"]).update(parent=at["project"])
        case "move to program":
            ids = [project.id]
            while more := list(Project.objects.filter(parent__in=ids).exclude(id__in=ids).values_list("id", flat=True)):
                ids += more
            Project.objects.filter(id=project.id).update(parent=None)
            for model, key in ((Project, "id"), (FundingLine, "project")):
                model.objects.filter(**{f"{key}__in": ids}).update(program=(w.alpha, w.beta)[n % 2])
        case "delete project":
            FundingLine.objects.filter(project=project).update(project=None)
            Project.objects.filter(parent=project).update(parent=None)
            project.delete()
        case "split":
            part = cast.split(line, recipient=(w.gist, w.kaist, None)[n % 3], payer=(None, w.government)[n % 2])
            cast.amount(part, (2024, 2025, None)[n % 3], n, committed=(n, None)[n % 2], visibility=part.visibility)
        case "split further":
            FundingLine.objects.filter(id=line.id).update(envelope=FundingLine.objects.order_by("id").first())
        case "enter":
            movement = LedgerEntry.Movement.values[n % 4]
            cast.entry(line, n + 1, movement, posted_on=("2024-03", "2025")[n % 2], visibility=line.visibility)
        case "correct":
            cast.counter_entry(LedgerEntry.objects.filter(corrects=None).order_by("id")[n % 3 :].first())
        case "hide entry":
            LedgerEntry.objects.filter(line=line).update(visibility=(SHARED, INTERNAL)[n % 2])
        case "many":
            FundingAmount.objects.bulk_create(
                [
                    FundingAmount(line=row, fiscal_year=2026 + n, planned=1, visibility=row.visibility)
                    for row in FundingLine.objects.all()
                ]
            )
        case "work":
            cast.work()
    sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")


@given(st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 11)), max_size=25))
def test_what_is_stored_is_right_after_anything_that_may_happen(db, steps):
    with transaction.atomic():
        w = cast.small_world()
        moments = []
        for step, n in steps:
            with suppress(IntegrityError, AttributeError), transaction.atomic():
                do(step, n, w)
            moments.append((sql("SELECT clock_timestamp()")[0][0], as_it_is(now_from_facts())))
        assert_right()
        for day in (date(2024, 5, 17), date(2025, 6, 1)):
            assert by_key(day) == {k[1:]: v for k, v in plainly(INTERNAL, day).items() if k[0] == "own"}
        assert as_it_is(totals(EVERYTHING, group_by=("project", "fiscal_year", "form"))) == as_it_is(now_from_facts())
        for moment, then in moments[::5]:
            with known_at(moment):
                assert as_it_is(now_from_facts()) == then
        transaction.set_rollback(True)


def now_from_facts() -> list[dict]:
    return totals(EVERYTHING, group_by=("project", "fiscal_year", "form"), is_past=True)


def by_key(day) -> dict[tuple, tuple]:
    rows = totals(EVERYTHING, group_by=("program", "project", "abroad", *GROUP_BY), as_of=day)
    return {
        (row["project"] or row["program"], *(row[n] for n in GROUP_BY[:2]), PLACE_OF[row["abroad"]],
         *(row[n] for n in GROUP_BY[2:])): tuple(row[name] for name in VALUES)
        for row in rows
    }  # fmt: skip


def test_recomputing_twice_late_or_at_once_changes_nothing(world):
    cast.amount(cast.line(world.three), 2025, 5)
    cast.work()
    once = stored(PUBLIC)
    figures()["rollups"].recompute({world.three.id, world.alpha.id})
    figures()["rollups"].recompute(None)
    recompute_all()
    assert stored(PUBLIC) == once


def test_a_statement_marks_what_it_touches_however_many_these_are(world):
    cast.work()
    FundingAmount.objects.bulk_create([FundingAmount(line=world.line, fiscal_year=2030 + n) for n in range(100)])
    lines = [FundingLine(program=world.alpha, project=world.one, name_en=f"{n}") for n in range(10_001)]
    FundingLine.objects.bulk_create(lines)
    loaded = {line.id for line in lines}
    for figure, touched, sizes in (
        ("timelines", loaded, [1, 10_000]),
        ("rollups", loaded | {world.line.id}, [1, 1, 10_000]),
    ):
        marks = StaleMark.objects.filter(figure=figure).values_list("scopes", flat=True)
        assert sorted(map(len, marks)) == sizes and set(chain.from_iterable(marks)) == touched
    cast.work()
    assert [told for figure in figures().values() for told in figure.differences()] == []


@pytest.mark.parametrize("name", ["rollups", "timelines", "disagreements"])
def test_a_worker_decides_whether_all_is_worked_out_anew(db, name, monkeypatch):
    """By what the marks name together, each record once; a mark that names nothing is about everything."""
    asked = []
    figure = replace(figures()[name], recompute=asked.append, table="records_change")
    Change.objects.bulk_create([Change(actor_name="somebody") for _n in range(9)])
    monkeypatch.setattr("records.figures.FEW", 2)
    a, b, c, d = (new_id() for _n in range(4))
    for marks in ([[a, b]], [[a, b], [b, c], [c, a]], [[a, b], [c, d]], [[a], None]):
        sql("DELETE FROM records_stalemark")
        StaleMark.objects.bulk_create([StaleMark(figure=name, scopes=scopes) for scopes in marks])
        clear_one(figure)
        assert not StaleMark.objects.exists()
    assert asked == [{a, b}, {a, b, c}, None, None]


def test_marks_that_name_very_many_are_worked_in_one_after_the_other(db, monkeypatch):
    asked = []
    figure = replace(figures()["rollups"], recompute=asked.append)
    monkeypatch.setattr("records.figures.AT_ONCE", 3)
    ids = [new_id() for _n in range(9)]
    StaleMark.objects.bulk_create(
        [StaleMark(figure="rollups", scopes=scopes) for scopes in (ids[:2], ids[1:3], ids[3:4], ids[4:])]
    )
    clear_one(figure)
    assert asked == [set(ids[:3]), set(ids[3:])]


def test_a_change_marks_what_it_makes_stale_and_says_so(world):
    cast.work()
    assert not freshness("rollups").is_stale
    FundingAmount.objects.update(planned=2)
    assert freshness("rollups").is_stale
    assert not StaleMark.objects.filter(figure="timelines").exists()
    cast.work()
    assert not freshness("rollups").is_stale


def test_what_changes_no_figure_marks_none(world):
    cast.work()
    Program.objects.update(purpose_ko="목적")
    Project.objects.update(summary_ko="요약")
    Institution.objects.update(name_en="x")
    assert not StaleMark.objects.filter(figure="rollups").exists()


# ---- proof -------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_difference_of_one_won_is_found_and_recomputing_mends_it(capsys):
    cast.amount(cast.line(cast.program()), 2025, 5)
    cast.work()
    call_command("verify_figures")
    sql("UPDATE funding_rollup SET planned = planned + 1 WHERE scope = %s", WHOLE)
    with pytest.raises(CommandError, match="2 differences"):
        call_command("verify_figures")
    assert "planned 6" in capsys.readouterr().err
    call_command("recompute_figures")
    call_command("verify_figures")


@pytest.mark.django_db(transaction=True)
def test_a_total_that_is_missing_or_too_many_is_found():
    cast.amount(cast.line(cast.program(starts_on="2024")), 2025, 5)
    cast.work()
    for text in ("DELETE FROM funding_linefigure", "UPDATE funding_rollup SET fiscal_year = 1999 WHERE level = 0",
                 "DELETE FROM records_timelineentry", "UPDATE records_timelineentry SET is_planned = true"):  # fmt: skip
        sql(text)
        with pytest.raises(CommandError, match="difference"):
            call_command("verify_figures")
        recompute_all()
        call_command("verify_figures")


# ---- timelines ---------------------------------------------------------------------------------------------


def slowly(reader, owners=(), begins=None, ends=None, as_of=None) -> set[tuple]:
    """What should stand on a timeline, record by record."""
    from records.kinds import kinds

    found = set()
    for kind in kinds().values():
        for row in kind.model.objects.visible_to(reader):
            on = {row.id, *(getattr(row, kind.model._meta.get_field(name).attname) for name in kind.owners)}
            for dated in kind.dated:
                first, last = getattr(row, f"{dated.starts}_first"), getattr(row, f"{dated.ends or dated.starts}_last")
                if (first or last) and on >= set(owners) and all([
                    not begins or not last or last >= begins, not ends or not first or first <= ends, not as_of or not first or first <= as_of,
                ]):  # fmt: skip
                    found.add((row.id, dated.fact))
    return found


def quickly(reader, **asked) -> set[tuple]:
    found, after = [], []
    while page := entries(reader, Asked(**asked), after=after, limit=6):
        found += page
        after = page[-1].place()
    assert len({(e.record, e.fact) for e in found}) == len(found)
    days = [e.first or e.last for e in found]
    assert days == sorted(days)
    return {(e.record, e.fact) for e in found}


edtf = st.sampled_from([None, "2022", "2024-07", "2024-07-28", "../2023", "2024/..", "2025~"])


@given(st.lists(st.tuples(edtf, edtf, st.sampled_from([PUBLIC, SHARED, INTERNAL]), st.booleans()), max_size=6))
def test_timelines_equal_a_slow_account_of_the_facts(db, rows):
    with transaction.atomic():
        w = cast.small_world()
        for starts, ends, visibility, is_retired in rows:
            with suppress(IntegrityError), transaction.atomic():
                cast.project(w.one, starts_on=starts, ends_on=ends, visibility=visibility, is_retired=is_retired)
            cast.headcount(w.alpha, counted_on=starts, visibility=visibility)
        assert_right()
        moment = sql("SELECT clock_timestamp()")[0][0]
        asked = [{}, {"owners": (w.alpha.id,)}, {"owners": (w.alpha.id, w.one.id)}, {"begins": date(2024, 7, 15)}, {"ends": date(2023, 6, 1)},
                 {"as_of": date(2024, 7, 1)}, {"begins": date(2024, 1, 1), "ends": date(2024, 12, 31)}]  # fmt: skip
        for n, reader in enumerate((ANYONE, EVERYTHING, cast.reader(cast.user("partner", w.gist)))):
            for question in asked[n::3]:
                expected = slowly(reader, **question)
                assert quickly(reader, **question) == expected, question
            with known_at(moment):
                assert quickly(reader, is_past=True, **question) == expected
        transaction.set_rollback(True)


def test_the_past_of_a_timeline_holds_what_was_there_then(world):
    line = cast.line(world.alpha, starts_on="2024")
    moment = sql("SELECT clock_timestamp()")[0][0]
    FundingLine.objects.filter(id=line.id).update(is_retired=True)
    cast.work()
    assert line.id not in {e.record for e in entries(ANYONE, Asked())}
    with known_at(moment):
        assert line.id in {e.record for e in entries(ANYONE, Asked(is_past=True))}
    with known_at(moment - timedelta(days=1)):
        assert entries(ANYONE, Asked(is_past=True)) == []


def test_a_record_that_goes_takes_its_entries_with_it(world):
    made = cast.headcount(world.alpha, counted_on="2024")
    cast.work()
    assert TimelineEntry.objects.filter(record=made.id).exists()
    gone = made.id
    made.delete()
    cast.work()
    assert not TimelineEntry.objects.filter(record=gone).exists()
    assert connection.in_atomic_block
