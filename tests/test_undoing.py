"""A change can be undone: exactly what was before is put back, nothing that others built upon is, and history keeps all."""

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from labs.models import Institution
from people.models import Researcher
from programs.models import Program, Project, Role
from records import commands, package, undoing
from records.commands import Create, Edit, Restore, Retire
from records.history import change
from records.kinds import kinds
from records.models import Change, Citation, Record
from records.refusals import NotAllowed, Refused
from records.undoing import CannotUndo
from tests import cast
from tests.cast import INTERNAL, PUBLIC, kind, sql
from tests.test_commands import author, together

pytestmark = pytest.mark.usefixtures("english")


def snapshot() -> dict:
    """Every fact of every record that is not retired; of those that are: nothing."""
    found = {}
    for one in kinds().values():
        names = [
            f.attname for f in one.model._meta.concrete_fields if f.name not in ("version", "updated_at", "change_id")
        ]
        for row in one.model.objects.filter(is_retired=False).values(*names):
            found[one.name, row["id"]] = row
    return found


def undo(this, by=None, **more):
    return undoing.undo(getattr(this, "pk", this), by=by or author(reason="a mistake"), **more)


def why(this, **more) -> str:
    with pytest.raises(Refused) as refused:
        undo(this, **more)
    return str(refused.value)


def changed(row, **values) -> int:
    """The change that gave this row these values."""
    with change(actor_name="somebody", door="page") as this:
        type(row).objects.filter(pk=row.pk).update(**values)
    return this.pk


# ---- what was before ---------------------------------------------------------------------------------------


def test_values_are_put_back_as_a_change_of_its_own(world, officer):
    this = changed(world.alpha, name_en="Wrong", starts_on="2019")
    done = undo(this, author(officer, reason="that was Beta", door="page"))
    after = Program.objects.get(pk=world.alpha.pk)
    assert (after.name_en, after.starts_on, after.version) == (world.alpha.name_en, "2022-07", 3)
    told = Change.objects.get(pk=done.change)
    assert (told.undoes_id, told.actor_name, told.reason, told.door) == (this, "officer", "that was Beta", "page")


def test_what_was_entered_is_retired_and_what_was_retired_is_restored(world):
    by = author(reason="so")
    entered = commands.apply([Create(kind("researcher"), {"name_en": "New"})], by=by)
    retired = commands.apply([Retire(kind("role"), world.role.id, 1)], by=by)
    undo(entered.change), undo(retired.change)
    assert Researcher.objects.get(pk=entered.ids[0]).is_retired
    assert not Role.objects.get(pk=world.role.pk).is_retired


def test_what_was_deleted_is_brought_back_with_its_versions_going_on(world):
    before = Citation.objects.values().get()
    with change(actor_name="somebody") as this:
        Citation.objects.all().delete()
    undo(this)
    after = Citation.objects.values().get()
    assert after["id"] == before["id"] and after["value_stated"] == before["value_stated"]
    assert after["version"] > before["version"] and not Record.objects.get(pk=after["id"]).is_deleted


def test_a_hidden_program_and_all_under_it_come_out_again(world):
    before = snapshot()
    this = changed(world.alpha, visibility=INTERNAL)
    assert Project.objects.get(pk=world.three.pk).visibility == INTERNAL
    undo(this)
    assert snapshot() == before and Project.objects.get(pk=world.three.pk).visibility == PUBLIC


def test_an_undoing_can_be_undone(world):
    first = changed(world.alpha, name_en="Better")
    second = undo(first).change
    third = undo(second).change
    assert Program.objects.get(pk=world.alpha.pk).name_en == "Better"
    undo(third)
    assert Program.objects.get(pk=world.alpha.pk).name_en == world.alpha.name_en


def test_of_several_versions_in_one_change_the_one_before_it_comes_back(world):
    with change(actor_name="somebody") as this:
        for name in ("One", "Two", "Three"):
            Program.objects.filter(pk=world.alpha.pk).update(name_en=name)
    undo(this)
    assert Program.objects.get(pk=world.alpha.pk).name_en == world.alpha.name_en


def test_what_a_change_made_and_deleted_itself_stays_gone(world):
    with change(actor_name="somebody") as this:
        Program.objects.filter(pk=world.alpha.pk).update(name_en="Other")
        cast.institution("short-lived").delete()
    undo(this)
    assert not Institution.objects.filter(slug="short-lived").exists()


def test_a_change_by_sql_can_be_undone_too(db):
    row = cast.program("p")
    sql("SELECT set_config('registry.change', '', true)")
    sql("UPDATE programs_program SET name_en = 'by hand' WHERE id = %s", row.id)
    row.refresh_from_db()
    sql("SELECT set_config('registry.change', '', true)")
    assert Change.objects.get(pk=row.change_id).door == "sql" and row.change_id != 1
    undo(row.change_id)
    assert Program.objects.get(pk=row.pk).name_en == "Program p"


def test_an_import_is_undone_as_one(db):
    before = snapshot()
    package.load(settings.BASE_DIR / "data" / "registry", actor_name="test", reason="the sample")
    assert len(snapshot()) > len(before)
    this = Change.objects.get(reason="the sample")
    told = undoing.plan(this, cast.reader(cast.user("officer")))
    assert told.possible == len(snapshot()) - len(before) and not told.hindered
    undo(this)
    assert snapshot() == before


WORK = st.lists(st.tuples(st.sampled_from(["name", "topics", "move", "hide", "retire", "restore", "new", "delete", "dates"]), st.integers(0, 5)), max_size=6)  # fmt: skip


@given(work=WORK)
def test_whatever_a_change_did_undoing_it_gives_the_former_facts(world, work):
    from django.db import IntegrityError, transaction

    with transaction.atomic():
        before = snapshot()
        with change(actor_name="somebody") as this:
            for what, number in work:
                try:
                    with transaction.atomic():
                        _do(world, what, number)
                        sql("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
                except IntegrityError:
                    pass
        if this.left_a_trace and snapshot() != before:
            undo(this)
        assert snapshot() == before
        transaction.set_rollback(True)


def _do(world, what: str, number: int) -> None:
    rows = [world.one, world.two, world.three]
    row, other = rows[number % 3], rows[(number + 1) % 3]
    of_row = Project.objects.filter(pk=row.pk)
    match what:
        case "name":
            of_row.update(title_en=f"title {number}")
        case "topics":
            of_row.update(topics=[str(number)])
        case "dates":
            of_row.update(starts_on="2022", ends_on=f"203{number}")
        case "move":
            of_row.update(parent=other if number % 2 else None)
        case "hide":
            of_row.update(visibility=INTERNAL)
        case "retire" | "restore":
            of_row.update(is_retired=what == "retire")
        case "new":
            cast.role(world.rus, row)
        case "delete":
            Citation.objects.all().delete()


# ---- what others have built upon ---------------------------------------------------------------------------


def test_a_record_that_changed_again_is_not_put_back_and_it_is_said_who_changed_it(world):
    this = changed(world.alpha, name_en="First")
    later = changed(world.alpha, purpose_en="Second")
    told = undoing.plan(Change.objects.get(pk=this), author().reader)
    assert [(h.id, h.later.pk) for h in told.hindrances] == [(world.alpha.id, later)]
    assert "changed again since" in why(this)
    assert Program.objects.get(pk=world.alpha.pk).name_en == "First"


def test_what_others_stand_on_is_not_retired(world):
    with change(actor_name="somebody") as this:
        person, place = cast.researcher("New"), cast.project(world.alpha, "new")
    cast.role(person, world.one), cast.headcount(place, 3)
    text = why(this)
    assert "Others stand on it: roles 1" in text and "Others stand on it: head counts 1" in text
    assert not Researcher.objects.get(pk=person.pk).is_retired


def test_what_the_same_change_built_is_undone_with_it(world):
    with change(actor_name="somebody") as this:
        cast.role(cast.researcher("New"), cast.project(world.alpha, "new"))
    assert undoing.plan(Change.objects.get(pk=this.pk), author().reader).possible == 3
    undo(this)
    assert Project.objects.get(slug="new").is_retired


def test_a_slug_that_was_taken_meanwhile_is_named(world):
    this = changed(world.one, slug="first")
    cast.project(world.alpha, "one")
    assert "“one” stands twice" in why(this)


def test_nothing_comes_back_under_what_was_retired_since(world):
    by = author(reason="so")
    this = commands.apply([Retire(kind("project"), world.three.id, 1)], by=by).change
    commands.apply([Retire(kind("project"), world.two.id, 1)], by=by)
    assert "Restore that first" in why(this)


def test_what_refers_to_what_was_deleted_since_stays_away(world):
    gone = cast.institution("gone")
    with change(actor_name="somebody") as this:
        Program.objects.filter(pk=world.alpha.pk).update(name_en="x")
        part = cast.participation(gone, world.alpha)
        part.delete()
    other = cast.participation(gone, world.beta)
    with change(actor_name="somebody") as this:
        other.delete()
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    gone.delete()
    assert "no record with the id" in why(this)


def test_a_circle_that_undoing_would_close_is_said_before(world):
    this = changed(world.two, parent=None)
    changed(world.one, parent=world.two)
    told = undoing.plan(Change.objects.get(pk=this), author().reader)
    assert [h.sentence for h in told.hindrances] == ["A project cannot be a part of its own parts."]
    assert "own parts" in why(this)


def test_on_request_only_the_rest_is_undone(world):
    with change(actor_name="somebody") as this:
        Program.objects.filter(pk__in=[world.alpha.pk, world.beta.pk]).update(name_en="Same")
    changed(world.alpha, name_en="Mine")
    done = undo(this, only_possible=True)
    assert (done.left.hindered, done.left.possible) == (1, 1)
    assert [Program.objects.get(pk=p.pk).name_en for p in (world.alpha, world.beta)] == ["Mine", "Program beta"]


def test_what_stands_on_a_record_that_stays_stays_as_well(world):
    with change(actor_name="somebody") as this:
        whole = cast.project(world.alpha, "whole")
        part = cast.project(whole, "part")
        cast.project(world.alpha, "alone")
    changed(part, title_en="Mine")
    undo(this, only_possible=True)
    assert {p.slug: p.is_retired for p in Project.objects.filter(slug__in=["whole", "part", "alone"])} == {
        "whole": False, "part": False, "alone": True,
    }  # fmt: skip


def test_what_stands_on_a_record_that_stays_is_counted_and_named(world):
    with change(actor_name="somebody") as this:
        whole = cast.project(world.alpha, "whole")
        part = cast.project(whole, "part")
        least = cast.project(part, "least")
        cast.project(world.alpha, "alone")
    changed(least, title_en="Mine")
    told = undoing.plan(Change.objects.get(pk=this.pk), author().reader)
    for found in (told, undo(this.pk, only_possible=True).left):
        assert (found.possible, found.hindered) == (1, 3)
        assert {hindrance.id for hindrance in found.hindrances} == {whole.id, part.id, least.id}
    assert sum(number for part in told.parts for _name, _words, number in part.counts) == told.possible


def test_what_is_undone_is_not_undone_twice(world):
    this = changed(world.alpha, name_en="First")
    done = undo(this)
    assert f"undone by change {done.change} already" in why(this)


def test_a_plan_changes_nothing(world):
    this = changed(world.alpha, name_en="First")
    before, changes = snapshot(), Change.objects.count()
    told = undoing.plan(Change.objects.get(pk=this), author().reader)
    (part,) = told.parts
    assert part.kind.name == "program" and part.counts == (("put_back", "values put back", 1),)
    ((label, was, now),) = part.examples[0].differences
    assert (label, was.text, now.text) == ("name (English)", "First", "Program alpha")
    assert snapshot() == before and Change.objects.count() == changes


# ---- who, why, once ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "partner", "stranger"])
def test_only_officers_undo(world, role):
    this = changed(world.alpha, name_en="First")
    by = author(cast.cast(world)[role])
    with pytest.raises(NotAllowed, match="Only officers"):
        undo(this, by)
    with pytest.raises(NotAllowed, match="Only officers"):
        undoing.plan(Change.objects.get(pk=this), by.reader)


def test_money_asks_why(world, officer):
    this = changed(world.line, category="Personnel")
    with pytest.raises(Refused, match="Say why"):
        undo(this, author(officer))
    undo(this, author(officer, reason="a typing error"))


def test_a_second_click_undoes_once(world, officer):
    this = changed(world.alpha, name_en="First")
    by = author(officer, key="click", reason="so")
    assert undo(this, by).change == undo(this, by).change


# ---- two at once -------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_undo_the_same_change_one_wins_and_the_other_is_told():
    rows, by = [cast.program() for _n in range(30)], author(reason="so")
    with change(actor_name="somebody") as this:
        Program.objects.update(status="completed")
    results = together(*(lambda: undo(this.pk, by) for _n in range(4)))
    won = [r for r in results if not isinstance(r, Exception)]
    assert len(won) == 1 and all(isinstance(r, CannotUndo) for r in results if r not in won)
    assert f"undone by change {won[0].change} already" in str(next(r for r in results if r not in won))
    assert {p.version for p in Program.objects.filter(pk__in=[row.pk for row in rows])} == {3}


@pytest.mark.django_db(transaction=True)
def test_an_undo_and_a_newer_edit_lose_nothing():
    for n in range(4):
        row, by = cast.program(f"p{n}"), author(reason="so")
        this = changed(row, name_en="Wrong")
        results = together(
            lambda this=this, by=by: undo(this, by),
            lambda row=row, by=by: commands.apply([Edit(kind("program"), row.id, 2, {"purpose_en": "New"})], by=by),
        )
        row.refresh_from_db()
        is_undone, is_edited = (not isinstance(r, Exception) for r in results)
        assert is_undone != is_edited, results
        assert (row.name_en, row.purpose_en) == ((f"Program p{n}", "") if is_undone else ("Wrong", "New"))


@pytest.mark.django_db(transaction=True)
def test_nothing_is_put_under_what_an_undo_retires():
    for n in range(4):
        by = author(reason="so")
        with change(actor_name="somebody") as this:
            row = cast.program(f"p{n}")
        values = {"slug": f"q{n}", "title_en": "Q", "program": row.id, "status": "planned"}
        results = together(
            lambda this=this, by=by: undo(this.pk, by),
            lambda values=values, by=by: commands.create(kind("project"), values, by=by),
        )
        row.refresh_from_db()
        assert row.is_retired != Project.objects.filter(program=row, is_retired=False).exists(), results


def test_restoring_is_undone_by_retiring_again(world):
    by = author(reason="so")
    commands.apply([Retire(kind("role"), world.role.id, 1)], by=by)
    this = commands.apply([Restore(kind("role"), world.role.id, 2)], by=by).change
    undo(this)
    assert Role.objects.get(pk=world.role.pk).is_retired
