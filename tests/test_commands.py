"""Changing records: one way in, all faults at once, nobody overwrites anybody, a request sent twice acts once."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import get_language, override

from funding.models import FundingAmount, FundingLine
from people.models import Researcher
from programs.models import Program, Project, Role
from records import commands, tasks
from records.beneath import parts_below
from records.commands import Author, Create, Edit, Retire
from records.models import Change, Record
from records.refusals import NotAllowed, Refused, Stale
from records.row_faults import row_faults
from records.steps import new_id
from records.submissions import Submission
from tests import cast
from tests.cast import INTERNAL, kind, sql

pytestmark = pytest.mark.usefixtures("english")


def author(by=None, **more) -> Author:
    by = by or cast.user("officer")
    return Author(cast.reader(by), by.username, **more)


def faults(refused) -> set[tuple[str, int]]:
    return {(fault.field, fault.step) for fault in refused.value.faults}


def edit(row, by, version=None, changed_on="", **values):
    row.refresh_from_db()
    given = {name: getattr(v, "pk", v) for name, v in values.items()}
    name = Record.objects.get(pk=row.pk).kind
    return commands.edit(kind(name), row.pk, given, version=version or row.version, by=by, changed_on=changed_on)


# ---- one change --------------------------------------------------------------------------------------------


def test_a_record_and_what_belongs_to_it_are_one_change(world, officer):
    id = new_id()
    by = author(officer, reason="the agreement of May", door="page")
    steps = [
        Create(
            kind("project"), {"slug": "fresh", "title_en": "New", "program": world.alpha.id, "status": "planned"}, id
        ),
        Create(kind("role"), {"researcher": world.rus.id, "scope": id, "part": "pi"}),
        Edit(kind("program"), world.alpha.id, world.alpha.version, {"name_en": "Alpha!"}),
    ]
    done = commands.apply(steps, by=by)
    assert done.ids[0] == id and Role.objects.get(scope=id).researcher == world.rus
    this = Change.objects.get(pk=done.change)
    assert (this.actor_name, this.door, this.reason) == ("officer", "page", "the agreement of May")
    assert this.actor_id == officer.pk
    assert set(Record.objects.filter(change=this).values_list("kind", flat=True)) == {"project", "role", "program"}


def test_everything_that_is_wrong_is_said_at_once_and_nothing_is_done(world, officer):
    steps = [
        Create(kind("project"), {"slug": "x", "program": world.alpha.id, "status": "nonsense", "ends_on": "2020", "starts_on": "2021"}),
        Create(kind("institution"), {"slug": "gist", "name_en": "Again", "kind": "university"}),
        Edit(kind("program"), world.alpha.id, world.alpha.version, {"name_ko": "", "name_en": ""}),
    ]  # fmt: skip
    with pytest.raises(Refused) as refused:
        commands.apply(steps, by=author(officer))
    assert faults(refused) == {("status", 0), ("ends_on", 0), ("title_ko", 0), ("slug", 1), ("name_ko", 2)}
    assert not Project.objects.filter(slug="x").exists()


def test_constraints_speak_at_their_field(world, officer):
    with pytest.raises(Refused) as refused:
        edit(world.alpha, author(officer), ends_on="2020")
    assert faults(refused) == {("ends_on", 0)}
    assert "end lies before the beginning" in str(refused.value)


def test_the_checks_of_a_row_are_asked_in_one_statement(world):
    row = FundingLine(name_en="A line", program=world.alpha, form="cash", currency="KRW", state="planned")
    names = set(kind("funding_line").typed_fields)
    with CaptureQueriesContext(connection) as asked:
        assert not list(row_faults(kind("funding_line"), row, names, set()))
    assert sum("edtf_is_valid" in query["sql"] or "~" in query["sql"] for query in asked) == 1


def test_of_many_checks_each_that_is_broken_speaks(world):
    row = FundingLine(
        name_en="A line", program=world.alpha, form="cash", currency="won", state="planned", payer=world.gist,
        unnamed_payer_kind="national", starts_on="2026", ends_on="2025",
    )  # fmt: skip
    found = list(row_faults(kind("funding_line"), row, set(kind("funding_line").typed_fields), set()))
    assert {fault.field for fault in found} == {"currency", "ends_on", "unnamed_payer_kind"}
    assert len(found) == 3


def test_what_only_a_trigger_knows_speaks_too(world, officer):
    with pytest.raises(Refused, match="part of its own parts"):
        edit(world.one, author(officer), parent=world.three)
    world.alpha.visibility = INTERNAL
    world.alpha.save()
    with pytest.raises(Refused) as refused:
        edit(world.one, author(officer), visibility=0)
    assert faults(refused) == {("visibility", 0)}


def test_saving_what_was_there_changes_nothing(world, officer):
    before = Change.objects.count()
    assert (
        commands.apply(
            [Edit(kind("program"), world.alpha.id, 1, {"name_en": world.alpha.name_en})], by=author(officer)
        ).change
        is None
    )
    assert Program.objects.get(pk=world.alpha.pk).version == 1 and Change.objects.count() == before


@pytest.mark.parametrize("role", ["viewer", "partner", "stranger"])
def test_only_officers_change_records(world, role):
    by = cast.cast(world)[role]
    with pytest.raises(NotAllowed, match="Only officers"):
        edit(world.alpha, author(by), name_en="Mine")


# ---- two people --------------------------------------------------------------------------------------------


def test_a_change_of_an_older_version_is_refused_with_the_row_as_it_is(world, officer):
    edit(world.alpha, author(officer), name_en="First")
    with pytest.raises(Stale) as stale:
        edit(world.alpha, author(officer), version=1, purpose_en="Second")
    assert (stale.value.moved[0].row.name_en, stale.value.moved[0].row.version) == ("First", 2)


def test_a_request_sent_twice_acts_once(world, officer):
    by = author(officer, key="click-1")
    values = {"name_en": "New person"}
    assert commands.create(kind("researcher"), values, by=by) == commands.create(kind("researcher"), values, by=by)
    assert Researcher.objects.filter(name_en="New person").count() == 1


def test_a_key_is_for_one_request(world, officer):
    commands.create(kind("researcher"), {"name_en": "A"}, by=author(officer, key="k"))
    with pytest.raises(Refused, match="another request"):
        commands.create(kind("researcher"), {"name_en": "B"}, by=author(officer, key="k"))
    commands.create(kind("researcher"), {"name_en": "B"}, by=author(key="k"))


def test_a_key_is_forgotten_after_thirty_days(world, officer, settings):
    for key in ("old", "young"):
        commands.create(kind("researcher"), {"name_en": key}, by=author(officer, key=key))
    Submission.objects.filter(key="old").update(at=timezone.now() - timedelta(days=30, minutes=1))
    assert settings.CELERY_BEAT_SCHEDULE["submissions"]["task"] == tasks.forget_submissions.name
    tasks.forget_submissions()
    assert list(Submission.objects.values_list("key", flat=True)) == ["young"]


def together(*acts) -> list:
    """What each of these gives or raises, all begun at once, each on its own connection."""
    barrier, results, language = threading.Barrier(len(acts)), [None] * len(acts), get_language()

    def run(n):
        barrier.wait()
        try:
            with override(language):
                results[n] = acts[n]()
        except Exception as error:
            results[n] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_the_same_version_exactly_one_wins():
    row, by = cast.program("contested"), author()
    results = together(*(lambda n=n: edit_program(row, by, f"Name {n}") for n in range(6)))
    won = [r for r in results if not isinstance(r, Exception)]
    assert len(won) == 1 and all(isinstance(r, Stale) for r in results if r not in won)
    row.refresh_from_db()
    assert row.version == 2 and sql("SELECT count(*) FROM history.programs_program WHERE id = %s", row.id) == [(1,)]


def edit_program(row, by, name):
    return commands.edit(kind("program"), row.id, {"name_en": name}, version=1, by=by)


@pytest.mark.django_db(transaction=True)
def test_a_second_click_that_overtakes_the_first_acts_once():
    by = author(key="one click")
    results = together(*(lambda: commands.create(kind("researcher"), {"name_en": "Once"}, by=by) for _n in range(5)))
    assert len(set(results)) == 1 and Researcher.objects.filter(name_en="Once").count() == 1


@pytest.mark.django_db(transaction=True)
def test_changes_that_cross_each_other_both_happen():
    a, b, by = cast.program("a"), cast.program("b"), author()

    def both(first, second, text):
        steps = [Edit(kind("program"), row.id, row.version, {field: text}) for row, field in (first, second)]
        return commands.apply(steps, by=by)

    for n in range(5):
        a.refresh_from_db(), b.refresh_from_db()
        results = together(
            lambda n=n: both((a, "name_en"), (b, "name_en"), f"left {n}"),
            lambda n=n: both((b, "name_en"), (a, "name_en"), f"right {n}"),
        )
        assert sorted(type(r).__name__ for r in results) == ["Done", "Stale"]


# ---- why, and since when -----------------------------------------------------------------------------------


def test_money_asks_for_a_reason(world, officer):
    with pytest.raises(Refused) as refused:
        edit(world.line, author(officer), category="personnel")
    assert faults(refused) == {("reason", 0)}
    edit(world.line, author(officer, reason="as the agreement says"), category="personnel")
    assert FundingLine.objects.get(pk=world.line.pk).category == "personnel"


def test_a_correction_of_what_was_said_of_the_past_asks_for_a_reason(world, officer):
    with pytest.raises(Refused) as refused:
        edit(world.role, author(officer), part="co_pi")
    assert faults(refused) == {("reason", 0)}
    edit(world.role, author(officer, reason="never was PI"), part="co_pi")
    latest = Change.objects.latest("id")
    assert (latest.nature, latest.effective_on) == ("correction", "")


def test_filling_a_gap_is_no_correction(world, officer):
    edit(world.role, author(officer), starts_on="2022-09")
    assert Change.objects.latest("id").nature == ""


def test_what_changed_on_a_day_gets_a_row_from_that_day_and_the_old_one_stays(world, officer):
    edit(world.role, author(officer), starts_on="2022-09")
    id = edit(world.role, author(officer), changed_on="2025-08", part="co_pi")
    world.role.refresh_from_db()
    assert (world.role.part, world.role.starts_on, world.role.ends_on) == ("pi", "2022-09", "2025-07")
    new = Role.objects.get(pk=id)
    assert (new.part, new.starts_on, new.researcher_id, new.effort_share) == ("co_pi", "2025-08", world.hong.id, 30)
    this = Change.objects.latest("id")
    assert (this.nature, this.effective_on) == ("change", "2025-08")


def test_a_revised_amount_is_a_further_one(world, officer):
    old = FundingAmount.objects.get(line=world.line)
    id = edit(old, author(officer, reason="raised"), changed_on="2024-06-01", planned=1500)
    old.refresh_from_db()
    new = FundingAmount.objects.get(pk=id)
    assert (old.planned, new.planned, new.decided_on, new.fiscal_year) == (1000, 1500, "2024-06-01", 2024)


def test_a_change_before_the_beginning_is_refused(world, officer):
    edit(world.role, author(officer), starts_on="2022-09")
    with pytest.raises(Refused) as refused:
        edit(world.role, author(officer), changed_on="2022-09", part="co_pi")
    assert faults(refused) == {("changed_on", 0)}


def test_a_project_that_changed_stays_one_record_and_the_change_says_since_when(world, officer):
    assert edit(world.one, author(officer), changed_on="2025-01", status="completed") == world.one.id
    assert Change.objects.latest("id").effective_on == "2025-01"


# ---- retiring ----------------------------------------------------------------------------------------------


def retire(row, by, with_parts=False):
    row.refresh_from_db()
    name = Record.objects.get(pk=row.pk).kind
    return commands.apply([Retire(kind(name), row.pk, row.version, with_parts)], by=by)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("with_parts", [False, True])
def test_nothing_is_entered_under_a_record_while_it_is_retired(with_parts):
    for n in range(4):
        by, row = author(reason="so"), cast.program(f"p{n}")
        under = cast.project(row) if with_parts else row
        place = {"parent": under.id} if with_parts else {}
        values = {"slug": f"q{n}", "title_en": "Q", "program": row.id, "status": "planned", **place}
        entered, retired = together(
            lambda values=values, by=by: commands.create(kind("project"), values, by=by),
            lambda row=row, by=by: retire(row, by, with_parts),
        )
        assert with_parts is False or not isinstance(retired, Exception)
        row.refresh_from_db()
        assert not (row.is_retired and Project.objects.filter(program=row, is_retired=False).exists()), [
            entered,
            retired,
        ]
        if not row.is_retired:
            assert not isinstance(entered, Exception) and isinstance(retired, Refused)


def test_nothing_is_entered_under_or_moved_under_what_is_retired(world, officer):
    retire(world.beta, author(officer), with_parts=True)
    values = {"title_en": "Q", "program": world.beta.id, "status": "planned"}
    with pytest.raises(Refused, match="Restore that first") as refused:
        commands.create(kind("project"), values, by=author(officer))
    assert ("program", 0) in faults(refused)
    with pytest.raises(Refused, match="Restore that first"):
        edit(world.one, author(officer), program=world.beta.id)


def test_retiring_asks_once_for_each_level_of_what_lies_under(world, officer, django_assert_max_num_queries):
    with django_assert_max_num_queries(4):
        assert parts_below({world.alpha.id})["project"] == {world.one.id, world.two.id, world.three.id}


def test_a_record_with_others_under_it_is_not_retired_by_oversight(world, officer):
    with pytest.raises(Refused) as refused:
        retire(world.alpha, author(officer))
    assert faults(refused) == {("with_parts", 0)}
    assert "projects 3" in str(refused.value)


def test_retired_with_its_parts_nothing_of_it_is_listed_or_counted(world, officer):
    cast.work()
    retire(world.alpha, author(officer), with_parts=True)
    assert not Project.objects.filter(program=world.alpha, is_retired=False).exists()
    assert not FundingLine.objects.filter(program=world.alpha, is_retired=False).exists()
    assert Record.objects.filter(within=world.alpha.id, is_retired=False).count() == 0


def test_a_retired_record_is_restored_before_it_is_changed_and_after_what_it_lies_in(world, officer):
    retire(world.one, author(officer), with_parts=True)
    with pytest.raises(Refused, match="Restore it"):
        edit(world.two, author(officer), title_en="x")
    world.two.refresh_from_db()
    with pytest.raises(Refused, match="Restore that first"):
        commands.restore(kind("project"), world.two.id, version=world.two.version, by=author(officer))
    world.one.refresh_from_db()
    commands.restore(kind("project"), world.one.id, version=world.one.version, by=author(officer))
    assert not Project.objects.get(pk=world.one.pk).is_retired


def test_figures_go_stale_with_a_command(world, officer):
    cast.work()
    edit(world.line, author(officer, reason="cancelled by the ministry"), state="cancelled")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_stalemark WHERE figure = 'rollups'")
        assert cursor.fetchone()[0] > 0
