"""One history of every change by any path: versions without gaps or overlaps, who and why, and the past as it was."""

import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from funding.models import FundingAmount, FundingLine
from labs.models import Institution
from people.models import Researcher
from programs.models import Program, Project, Role
from records.history import change, known_at
from records.kinds import kinds
from records.models import Change, Record
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED, sql


def now() -> datetime:
    return sql("SELECT clock_timestamp()")[0][0]


def versions(row) -> list[tuple]:
    """(version, since, until, change, ended by) of every version of a record, the oldest first; the present has no until."""
    table = row._meta.db_table
    return sql(
        f"SELECT version, updated_at, until, change_id, ended_by FROM history.{table} WHERE id = %s UNION ALL"
        f" SELECT version, updated_at, NULL, change_id, NULL FROM public.{table} WHERE id = %s ORDER BY 1, 2",
        row.id, row.id,
    )  # fmt: skip


def assert_whole(rows) -> None:
    """Versions follow one another by one, none overlaps, and only a deletion, a version of its own, leaves a gap in time."""
    for (older, since, until, *_), (newer, begins, *_) in pairwise(rows):
        assert newer == older + 1 + (until < begins)
        assert since < until <= begins
    assert all(until is None or since < until for _v, since, until, *_ in rows)


def door_of(row) -> str:
    return Record.objects.get(id=row.id).change.door


@contextmanager
def undone():
    """What happens inside is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


# ---- versions ----------------------------------------------------------------------------------------------


def test_a_new_record_has_one_version_and_its_record_row(db):
    row = cast.program()
    record = Record.objects.get(id=row.id)
    assert [v[:3:2] for v in versions(row)] == [(1, None)]
    assert (record.kind, record.version, record.within, record.is_deleted) == ("program", 1, row.id, False)


def test_each_way_to_write_makes_one_version(db):
    row = cast.program(name_en="a")
    row.name_en = "b"
    row.save()
    Program.objects.filter(id=row.id).update(name_en="c")
    row.name_en = "d"
    Program.objects.bulk_update([row], ["name_en"])
    sql("UPDATE programs_program SET name_en = 'e' WHERE id = %s", row.id)
    assert [v[0] for v in versions(row)] == [1, 2, 3, 4, 5]
    assert_whole(versions(row))


def test_an_upsert_makes_one_version(db):
    row = cast.institution("gist")
    Institution.objects.bulk_create(
        [Institution(id=row.id, slug="gist", kind="university", name_en="New")],
        update_conflicts=True, unique_fields=["id"], update_fields=["name_en"],
    )  # fmt: skip
    assert_whole(versions(row))
    assert (Institution.objects.get().name_en, len(versions(row))) == ("New", 2)


def test_a_save_that_changes_nothing_makes_no_version_and_no_change(db):
    row = cast.program()
    before, changes = versions(row), Change.objects.count()
    with change(actor_name="officer"):
        row.save()
        Program.objects.filter(id=row.id).update(name_en=row.name_en)
        sql("UPDATE programs_program SET version = 9, updated_at = now(), change_id = 1 WHERE id = %s", row.id)
    assert (versions(row), Change.objects.count()) == (before, changes)


def test_a_deletion_of_nothing_leaves_no_change(db):
    with undone():
        changes = Change.objects.count()
        sql("DELETE FROM programs_program WHERE false")
        assert Change.objects.count() == changes


def test_what_the_database_keeps_cannot_be_written_by_anybody(db):
    row = cast.institution()
    long_ago = datetime(1990, 1, 1, tzinfo=UTC)
    other = Institution.objects.create(
        slug="other", kind="fund", name_en="Other", updated_at=long_ago, version=7, change_id=1
    )
    sql(
        "UPDATE labs_institution SET name_en = 'x', version = 99, updated_at = %s, change_id = 1 WHERE id = %s",
        long_ago,
        row.id,
    )
    assert [v[0] for v in versions(row)] == [1, 2]
    assert [v[0] for v in versions(other)] == [1]
    assert all(since > long_ago for one in (row, other) for _v, since, *_ in versions(one))


def test_a_copy_into_the_table_has_its_history(db):
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "COPY people_researcher (name_ko, name_en, aliases, orcid, researcher_number, visibility, is_retired) FROM STDIN"
        ) as copy,
    ):
        for n in range(3):
            copy.write_row((f"사람 {n}", "", [], "", "", 0, False))
    rows = Researcher.objects.all()
    assert len(rows) == Record.objects.filter(kind="researcher", version=1).count() == 3
    assert len({row.change_id for row in rows}) == 1


def test_ids_never_change(db):
    row, other = cast.program(), cast.institution()
    for text in ("UPDATE programs_program SET id = gen_random_uuid()", "UPDATE programs_program SET id = NULL"):
        with pytest.raises(IntegrityError), transaction.atomic():
            sql(text)
    with pytest.raises(IntegrityError, match="another kind"), transaction.atomic():
        Program.objects.create(id=other.id, slug="x", name_en="x", status="running")
    assert Program.objects.get().id == row.id


def test_ids_made_one_after_the_other_are_in_order(db):
    ids = [id for (id,) in sql("SELECT new_id() FROM generate_series(1, 3), pg_sleep(0.002)")]
    assert {id.version for id in ids} == {7}
    times = [str(id)[:13] for id in ids]  # 48 bits of milliseconds; within one, ids are in no order
    assert times == sorted(times)


def test_a_deleted_record_leaves_its_versions_and_a_tombstone(db):
    row = cast.institution(name_en="Gone")
    gone = row.id
    row.delete()
    row.id = gone
    record = Record.objects.get(id=gone)
    assert (record.is_deleted, record.is_retired, record.version) == (True, True, 2)
    assert [(v, until is None) for v, _since, until, *_ in versions(row)] == [(1, False)]


def test_a_record_that_comes_back_goes_on_where_it_ended(db):
    row = cast.institution("back")
    kept = Institution.objects.get()
    row.name_en = "Second"
    row.save()
    row.delete()
    kept.save(force_insert=True)  # with the version and the instant that it was read with
    assert_whole(versions(kept))
    assert [v[0] for v in versions(kept)] == [1, 2, 4]
    assert Record.objects.get(id=kept.id).version == versions(kept)[-1][0]


# ---- who and why -------------------------------------------------------------------------------------------


def test_a_change_says_who_why_and_by_which_door(officer, world):
    with change(by=officer, reason="renamed", door=Change.Door.PAGE) as this:
        Program.objects.filter(id=world.alpha.id).update(name_en="Renamed")
        Project.objects.filter(id=world.one.id).update(title_en="Renamed")
    assert (this.actor_id, this.actor_name, this.reason, this.door) == (officer.pk, "officer", "renamed", "page")
    assert versions(world.alpha)[-1][3] == versions(world.one)[-1][3] == versions(world.alpha)[0][4] == this.pk


def test_what_is_outside_a_change_is_not_its_doing(officer, world):
    with change(by=officer, reason="only this"):
        Program.objects.filter(id=world.alpha.id).update(name_en="Renamed")
    Program.objects.filter(id=world.beta.id).update(name_en="Renamed too")
    assert (door_of(world.alpha), door_of(world.beta)) == ("command", "sql")


def test_raw_sql_is_somebody_at_the_database(db):
    row = cast.program()
    assert (door_of(row), Record.objects.get(id=row.id).change.actor_name) == (
        "sql",
        sql("SELECT session_user::text")[0][0],
    )


def test_a_deletion_says_who(officer, db):
    row = cast.institution()
    gone = row.id
    with change(by=officer, reason="twice entered") as this:
        row.delete()
    assert Record.objects.get(id=gone).change == this
    assert sql("SELECT ended_by FROM history.labs_institution WHERE id = %s", gone) == [(this.pk,)]


def test_a_change_that_fails_leaves_nothing(officer, world):
    changes = Change.objects.count()
    with pytest.raises(IntegrityError), change(by=officer):
        Program.objects.filter(id=world.alpha.id).update(name_en="Renamed")
        Program.objects.filter(id=world.alpha.id).update(name_en="", name_ko="")
    assert (Change.objects.count(), len(versions(world.alpha))) == (changes, 1)


def test_a_change_within_a_change_keeps_both(officer, world):
    with change(by=officer, reason="outer") as outer:
        Program.objects.filter(id=world.alpha.id).update(name_en="One")
        with change(by=officer, reason="inner") as inner:
            Program.objects.filter(id=world.alpha.id).update(name_en="Two")
    assert [v[3] for v in versions(world.alpha)][1:] == [outer.pk, inner.pk]
    assert set(Change.objects.filter(id__in=[outer.pk, inner.pk])) == {outer, inner}


# ---- the past ----------------------------------------------------------------------------------------------


def test_the_past_is_what_was_said_then(world):
    before = now()
    Program.objects.filter(id=world.alpha.id).update(name_en="Renamed")
    later = cast.program("later")
    with known_at(before):
        assert Program.objects.get(id=world.alpha.id).name_en == "Program alpha"
        assert not Program.objects.filter(id=later.id).exists()
    assert Program.objects.get(id=world.alpha.id).name_en == "Renamed"


def test_joins_in_the_past_read_the_past_on_both_sides(world):
    before = now()
    Program.objects.filter(id=world.alpha.id).update(slug="omega")
    Project.objects.filter(id=world.one.id).update(title_en="Renamed")
    with known_at(before):
        found = Project.objects.select_related("program").get(program__slug="alpha", parent=None)
        assert (found.title_en, found.program.slug) == ("Project one", "alpha")
    assert Project.objects.get(program__slug="omega", parent=None).title_en == "Renamed"


def test_a_record_hidden_today_does_not_show_its_public_past(world):
    before = now()
    Program.objects.filter(id=world.alpha.id).update(visibility=INTERNAL, name_en="Secret")
    with known_at(before):
        assert not Program.objects.visible_to(cast.reader(None)).filter(id=world.alpha.id).exists()
        assert not Project.objects.visible_to(cast.reader(None)).filter(id=world.one.id).exists()
        officer = cast.reader(cast.user("officer"))
        assert Program.objects.visible_to(officer).get(id=world.alpha.id).name_en == "Program alpha"


def test_a_record_opened_today_shows_its_hidden_past(db):
    row = cast.program(visibility=INTERNAL, name_en="Old")
    before = now()
    Program.objects.filter(id=row.id).update(visibility=PUBLIC, name_en="New")
    with known_at(before):
        assert Program.objects.visible_to(cast.reader(None)).get().name_en == "Old"


def test_a_deleted_record_is_in_the_past_and_nowhere_else(db):
    row = cast.institution("gone")
    before = now()
    row.delete()
    with known_at(before):
        assert [one.slug for one in Institution.objects.visible_to(cast.reader(None))] == ["gone"]
    assert not Institution.objects.exists()


def test_after_the_past_comes_the_present_even_after_an_error(world):
    before = now()
    Program.objects.filter(id=world.alpha.id).update(name_en="Renamed")
    with pytest.raises(ZeroDivisionError), known_at(before):
        1 / 0  # noqa: B018
    with pytest.raises(Exception, match="no_such"), known_at(before):
        sql("SELECT no_such")
    assert Program.objects.get(id=world.alpha.id).name_en == "Renamed"


# Random edits by every path, and a plain model of what should be known when.

WAYS = ("save", "update", "bulk", "sql", "nothing", "retire", "hide", "delete", "return", "create", "copy")


def states() -> dict:
    """What a reader of everything sees of researchers now, without what rights decide."""
    return {row.id: (row.name_en, row.aliases, row.is_retired) for row in Researcher.objects.all()}


def edit(way: str, row: Researcher | None, name: str) -> None:
    if way == "create" or row is None:
        Researcher.objects.bulk_create([Researcher(name_en=name), Researcher(name_en=name + "'")])
    elif way == "copy":
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY people_researcher (name_ko, name_en, aliases, orcid, researcher_number, visibility, is_retired) FROM STDIN"
            ) as copy,
        ):
            copy.write_row(("", name, ["by copy"], "", "", 0, False))
    elif way == "save":
        row.name_en = name
        row.save()
    elif way == "update":
        Researcher.objects.update(aliases=[name])
    elif way == "bulk":
        row.name_en = name
        Researcher.objects.bulk_update([row], ["name_en"])
    elif way == "sql":
        sql("UPDATE people_researcher SET name_en = %s WHERE id = %s", name, row.id)
    elif way == "nothing":
        row.save()
    elif way == "retire":
        Researcher.objects.filter(id=row.id).update(is_retired=not row.is_retired)
    elif way == "hide":
        Researcher.objects.filter(id=row.id).update(visibility=INTERNAL if row.visibility == PUBLIC else PUBLIC)
    elif way == "delete":
        Researcher.objects.filter(id=row.id).delete()
    elif way == "return":
        Researcher.objects.filter(id=row.id).delete()
        row.save(force_insert=True)


@given(
    st.lists(st.tuples(st.sampled_from(WAYS), st.integers(0, 5), st.text("ab", min_size=1, max_size=2)), max_size=12)
)
def test_the_past_equals_a_plain_model_of_it_after_any_edits(db, edits):
    with undone():
        known = [(now(), states())]
        ids = set()
        for way, which, name in edits:
            rows = list(Researcher.objects.order_by("id"))
            edit(way, rows[which % len(rows)] if rows else None, name)
            known.append((now(), states()))
            ids |= known[-1][1].keys()
        for moment, state in known:
            with known_at(moment):
                assert states() == state
        for id in ids:
            assert_whole(versions(Researcher(id=id)))


def test_every_kind_can_be_read_in_the_past(world):
    cast.one_of_each(world)
    moment, asker = now(), cast.reader(None)
    present = {name: set(kind.rows().visible_to(asker).values_list("id", flat=True)) for name, kind in kinds().items()}
    for kind in kinds().values():
        sql(f"UPDATE {kind.model._meta.db_table} SET is_retired = true WHERE {not kind.counter}")
    with known_at(moment):
        for name, kind in kinds().items():
            assert {row.id for row in kind.rows().visible_to(asker)} == present[name], name


# ---- hiding and moving -------------------------------------------------------------------------------------


def test_hiding_a_program_hides_what_is_under_it(world):
    made = cast.one_of_each(world)
    Program.objects.filter(id=world.alpha.id).update(visibility=INTERNAL)
    under = [
        made[k] for k in ("project", "participation", "role", "headcount", "funding_line", "funding_amount", "citation")
    ]
    for row in [world.three, world.line, made["disagreement"], *under]:
        row.refresh_from_db()
        assert row.visibility == INTERNAL, row
        assert Record.objects.get(id=row.id).visibility == INTERNAL
    assert not Institution.objects.filter(visibility=INTERNAL).exists()


def test_hiding_a_person_hides_roles_affiliations_and_what_is_said_of_them(world):
    said = cast.citation(world.paper, world.role)
    Researcher.objects.filter(id=world.hong.id).update(visibility=INTERNAL)
    for row in (world.role, said, world.hong.affiliations.get()):
        row.refresh_from_db()
        assert row.visibility == INTERNAL


def test_sharing_hides_no_more_than_it_must(world):
    hidden = cast.line(world.one, visibility=INTERNAL)
    Program.objects.filter(id=world.alpha.id).update(visibility=SHARED)
    hidden.refresh_from_db()
    world.line.refresh_from_db()
    assert (hidden.visibility, world.line.visibility) == (INTERNAL, SHARED)


@pytest.mark.parametrize("kind", ["project", "role", "headcount", "funding_line", "participation", "citation"])
def test_nothing_is_less_hidden_than_what_it_belongs_to(world, kind):
    row = cast.one_of_each(world)[kind]
    Program.objects.filter(id=world.alpha.id).update(visibility=INTERNAL)
    with pytest.raises(IntegrityError, match="less hidden"), transaction.atomic():
        type(row).objects.filter(id=row.id).update(visibility=PUBLIC)
    with pytest.raises(IntegrityError, match="less hidden"), transaction.atomic():
        cast.one_of_each(world, tag="again")


def test_what_is_under_a_program_lies_within_it(world):
    made = cast.one_of_each(world)
    under = [
        "project",
        "participation",
        "role",
        "headcount",
        "funding_line",
        "funding_amount",
        "citation",
        "disagreement",
    ]
    ids = [made[kind].id for kind in under] + [world.three.id, world.role.id]
    assert set(Record.objects.filter(id__in=ids).values_list("within", flat=True)) == {world.alpha.id}


def move(top: Project, to: Program) -> None:
    """A project with its parts and all that names their program."""
    ids = [top.id]
    while more := list(Project.objects.filter(parent__in=ids).exclude(id__in=ids).values_list("id", flat=True)):
        ids += more
    Project.objects.filter(id__in=ids).update(program=to)
    for model in (FundingLine,):
        model.objects.filter(project__in=ids).update(program=to)


def test_moving_a_project_to_another_program_moves_what_lies_in_it(world):
    line = cast.line(world.two)
    rows = [world.one, world.two, world.three, world.role, line, cast.amount(line), cast.headcount(world.two)]
    rows += [cast.citation(world.paper, rows[5]), cast.disagreement(world.three)]
    move(world.one, world.beta)
    assert set(Record.objects.filter(id__in=[row.id for row in rows]).values_list("within", flat=True)) == {
        world.beta.id
    }


def test_a_role_that_moves_to_another_program_lies_in_it(world):
    said = cast.citation(world.paper, world.role)
    Role.objects.filter(id=world.role.id).update(scope=world.beta.id)
    assert set(Record.objects.filter(id__in=[world.role.id, said.id]).values_list("within", flat=True)) == {
        world.beta.id
    }


def test_many_rows_are_kept_at_the_cost_of_many_even_after_single_ones(db):
    """As many steps as rows, not as rows squared: the plan for one row is not kept for many, nor that for many for one."""
    rows = [cast.institution() for _n in range(400)]
    for row in rows[:3]:
        Institution.objects.filter(id=row.id).update(name_en="single")
    sql("SET LOCAL statement_timeout = '20s'")
    Institution.objects.update(name_en="all at once", visibility=INTERNAL)
    assert sql("SELECT count(*) FROM history.labs_institution WHERE visibility_today = 2") == [(403,)]
    assert [versions(row)[-1][0] for row in (rows[0], rows[-1])] == [3, 2]


# ---- two at once -------------------------------------------------------------------------------------------


def at_once(*works) -> list[Exception]:
    """Run functions in threads of their own, each with a connection of its own."""
    failed = []

    def run(work):
        try:
            work()
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads), "they wait for one another"
    return failed


@pytest.mark.django_db(transaction=True)
def test_two_who_edit_one_row_at_once_leave_whole_versions():
    row = cast.program()

    def edits(name):
        for n in range(15):
            Program.objects.filter(id=row.id).update(name_en=f"{name} {n}")

    assert not at_once(lambda: edits("a"), lambda: edits("b"))
    assert len(versions(row)) == 31
    assert_whole(versions(row))
    assert all(until == begins for (_v, _s, until, *_), (_n, begins, *_) in pairwise(versions(row)))


@pytest.mark.django_db(transaction=True)
def test_what_is_added_while_its_program_is_being_hidden_is_hidden_or_refused():
    row, added, hidden = cast.program(), threading.Event(), threading.Event()

    def add():
        with transaction.atomic():
            cast.project(row, "late")
            added.set()
            hidden.wait(1)

    def hide():
        added.wait(60)
        Program.objects.filter(id=row.id).update(visibility=INTERNAL)
        hidden.set()

    at_once(add, hide)
    assert not Project.objects.filter(visibility=PUBLIC).exists()


@pytest.mark.django_db(transaction=True)
def test_an_edit_rolled_back_leaves_no_version():
    row = cast.program()
    with undone():
        Program.objects.filter(id=row.id).update(name_en="Never")
    assert [v[0] for v in versions(row)] == [1]


@pytest.mark.django_db(transaction=True)
def test_two_transactions_by_sql_are_two_changes():
    rows = [cast.program(), cast.program()]
    assert len({Record.objects.get(id=row.id).change_id for row in rows}) == 2


@pytest.mark.django_db(transaction=True)
def test_versions_of_an_amount_follow_one_another_in_one_transaction():
    amount = cast.amount(cast.line(cast.program()), planned=1)
    with transaction.atomic():
        for n in range(2, 6):
            FundingAmount.objects.filter(id=amount.id).update(planned=n)
    assert_whole(versions(amount))
    assert now() - versions(amount)[0][1] < timedelta(minutes=1)
