"""The same values set in many records at once: seen before, one change with one undo, nobody's work lost."""

import pytest
from django.db import OperationalError
from psycopg.errors import DeadlockDetected

from labs.models import Affiliation
from people.models import Researcher
from programs.models import Participation, Program, Project, Role
from records import bulk, bulk_jobs, commands, jobs, rewriting, undoing
from records.bulk import CannotEdit, MovedOn
from records.commands import Edit, Retire
from records.models import Change
from records.refusals import NotAllowed, Refused, Stale
from records.selecting import Selection, selection_of, wanted_of
from tests import cast
from tests.cast import INTERNAL, kind
from tests.test_commands import author, together

pytestmark = pytest.mark.usefixtures("english")


def these(*rows, name="project") -> Selection:
    return Selection(kind(name), tuple(row.pk for row in rows))


def all_of(question="", name="project") -> Selection:
    return Selection(kind(name), filter=question)


def wanted(selection, changed_on="", **sent):
    return wanted_of(selection.kind, sent, author().reader, changed_on)


def seen(selection, **sent) -> bulk.Preview:
    return bulk.preview(selection, wanted(selection, **sent), author().reader)


def edit(selection, by=None, as_seen="", only_possible=False, **sent) -> bulk.Edited:
    by = by or author(reason="tidied up")
    return bulk.edit(selection, wanted(selection, **sent), by=by, as_seen=as_seen, only_possible=only_possible)


def refused(selection, **sent) -> str:
    with pytest.raises(Refused) as found:
        edit(selection, **sent)
    return str(found.value)


def projects(**more) -> dict:
    return {p.slug: p for p in Project.objects.filter(**more)}


# ---- what is done ------------------------------------------------------------------------------------------


def test_many_get_the_same_values_as_one_change(world, officer):
    by = author(officer, reason="the program ended", door="page")
    done = edit(these(world.one, world.two), by, status="completed", ends_on="2025-12")
    assert {p.slug: (p.status, p.ends_on) for p in projects().values()} == {
        "one": ("completed", "2025-12"), "two": ("completed", "2025-12"), "three": ("running", None),
    }  # fmt: skip
    this = Change.objects.get(pk=done.change)
    assert (this.actor_name, this.reason, this.door) == ("officer", "the program ended", "page")
    assert {p.change_id for p in projects(status="completed").values()} == {this.pk}


def test_one_undo_takes_all_of_it_back(world):
    cast.project(world.alpha, "done", status="completed")
    done = edit(all_of(), status="completed")
    undoing.undo(done.change, by=author(reason="no"))
    assert {p.slug: p.status for p in projects().values()} == {"one": "running", "two": "running", "three": "running", "done": "completed"}  # fmt: skip
    assert projects()["done"].version == 1


def test_all_that_answer_a_question_are_edited(world):
    other = cast.project(world.beta, "other")
    edit(all_of("program=alpha&sort=title&limit=1&cursor=x"), status="completed")
    assert set(projects(status="completed")) == {"one", "two", "three"}
    other.refresh_from_db()
    assert other.version == 1


def test_lists_are_added_to_and_taken_from(world):
    Project.objects.filter(pk=world.one.pk).update(topics=["AI", "robots", "old"])
    edit(these(world.one, world.two), topics={"add": ["AI", "chips"], "remove": ["old"]})
    assert projects()["one"].topics == ["AI", "robots", "chips"] and projects()["two"].topics == ["AI", "chips"]


def test_a_reference_is_set_by_id_or_slug_and_emptied(world):
    edit(these(world.two, world.three), parent="one")
    assert {p.parent_id for p in projects(slug__in=["two", "three"]).values()} == {world.one.id}
    edit(these(world.two, world.three), parent=None)
    assert not Project.objects.exclude(parent=None).exists()


def test_many_are_retired_and_brought_back(world):
    edit(these(world.two, world.three), is_retired=True)
    assert set(projects(is_retired=False)) == {"one"}
    edit(these(world.two, world.three), is_retired=False)
    assert set(projects(is_retired=False)) == {"one", "two", "three"}


def test_what_is_hidden_takes_along_what_lies_under_it(world):
    edit(these(world.one), visibility="internal")
    assert projects()["three"].visibility == INTERNAL and Role.objects.get().visibility == INTERNAL


def test_what_is_so_already_is_left_alone(world):
    found = seen(all_of(), status="running")
    assert (found.selected, found.changed, found.same, found.refused) == (3, 0, 3, 0)
    assert edit(all_of(), status="running").change is None


# ---- what is seen before -----------------------------------------------------------------------------------


def test_the_preview_counts_and_shows_before_and_after(world):
    Project.objects.filter(pk=world.one.pk).update(status="completed")
    found = seen(all_of(), status="completed")
    assert (found.selected, found.changed, found.same, found.refused) == (3, 2, 1, 0)
    label, was, now = found.examples[0].differences[0]
    assert (label, was.text, now.text) == ("status", "running", "completed")
    assert projects()["two"].status == "running"


def test_rows_that_are_refused_are_named_with_the_reason(world):
    Project.objects.filter(pk=world.two.pk).update(starts_on="2026")
    found = seen(all_of(), ends_on="2025")
    assert (found.changed, found.refused) == (2, 1)
    label, fault = found.faults[0]
    assert label.en == "Project two" and "end lies before the beginning" in fault.sentence
    with pytest.raises(CannotEdit):
        edit(all_of(), ends_on="2025")
    assert not Project.objects.exclude(ends_on=None).exists()
    edit(all_of(), ends_on="2025", only_possible=True)
    assert set(projects(ends_on="2025")) == {"one", "three"}


def test_what_would_be_less_hidden_than_what_it_belongs_to_is_refused(world):
    Project.objects.filter(pk=world.one.pk).update(visibility=INTERNAL)
    assert "at least as hidden as its “parent”" in refused(these(world.two), visibility="public")


def test_what_still_has_parts_is_not_retired_without_them(world):
    assert "Others stand on it: " in refused(these(world.two), is_retired=True)
    edit(these(world.one, world.two, world.three), is_retired=True, only_possible=True)
    assert set(projects(is_retired=False)) == {"one"}  # its role is not retired


def test_nothing_is_brought_back_under_what_is_retired(world):
    edit(these(world.two, world.three), is_retired=True)
    assert "Restore that first" in refused(these(world.three), is_retired=False)


def test_retired_records_are_not_edited(world):
    commands.apply([Retire(kind("project"), world.three.id, 1)], by=author(reason="so"))
    assert "is retired" in refused(these(world.three), status="completed")
    assert seen(all_of(), status="completed").selected == 2


def test_a_circle_is_said_before(world):
    assert "own parts" in seen(these(world.one), parent="three").trouble
    assert "own parts" in refused(these(world.one), parent="three")


def test_a_project_does_not_leave_its_program_through_its_whole(world):
    other = cast.project(world.beta, "other")
    found = seen(these(world.two, other), parent="one")
    assert [label.en for label, _fault in found.faults] == ["Project other"]


# ---- what cannot be asked ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name, sent, text",
    [
        ("project", {"slug": "same"}, "not set in many records at once"),
        ("project", {"nonsense": 1}, "not set in many records at once; allowed: program"),
        ("funding_line", {"name_en": "x"}, "allowed:"),
        ("project", {"status": "nonsense"}, "“nonsense”"),
        ("project", {"program": None}, "must not be empty"),
        ("project", {"parent": "nobody"}, "no record “nobody”"),
        ("project", {"starts_on": "yesterday"}, "yesterday"),
        ("project", {"status": {"add": ["x"]}}, "Only lists"),
        ("project", {"topics": {"sub": ["x"]}}, "Only lists"),
        ("project", {"is_retired": "yes"}, "not true or false"),
        ("project", {}, "Say what to set"),
    ],
)
def test_what_cannot_be_set_is_refused_with_a_sentence(world, name, sent, text):
    with pytest.raises(Refused) as found:
        wanted_of(kind(name), sent, author().reader)
    assert text in str(found.value)


@pytest.mark.parametrize(
    "said, text",
    [
        ({}, "either “ids” or “filter”"),
        ({"ids": ["x"], "filter": ""}, "either “ids” or “filter”"),
        ({"ids": []}, "No record is selected"),
        ({"ids": ["x"]}, "An id is not one"),
        ({"filter": 3}, "as a text"),
        ({"filter": "nonsense=1"}, "no parameter “nonsense”"),
        ({"filter": "known_at=2024"}, "past cannot be changed"),
        ({"filter": "as_of=never"}, "never"),
        ({"ids": ["00000000-0000-0000-0000-000000000001"]}, "does not exist"),
    ],
)
def test_a_selection_that_is_none_is_refused_with_a_sentence(world, said, text):
    with pytest.raises(Refused) as found:
        edit(selection_of(kind("project"), said), status="completed")
    assert text in str(found.value)


def test_what_changed_on_a_day_is_not_for_many_where_each_period_has_its_record(world):
    with pytest.raises(Refused, match="a record of their own"):
        wanted_of(kind("role"), {"part": "co_pi"}, author().reader, "2025")
    done = bulk.edit(these(world.one), wanted(these(world.one), "2025-03", status="completed"), by=author())
    assert Change.objects.values_list("nature", "effective_on").get(pk=done.change) == ("change", "2025-03")


# ---- why, who, once ----------------------------------------------------------------------------------------


def test_money_and_corrections_of_the_past_ask_why(world, officer):
    row = these(world.line, name="funding_line")
    assert seen(row, form="in_kind").asks_reason
    with pytest.raises(Refused, match="Say why"):
        edit(row, author(officer), form="in_kind")
    roles = these(world.role, name="role")
    with pytest.raises(Refused, match="Say why"):
        edit(roles, author(officer), part="co_pi")
    done = edit(roles, part="co_pi")
    assert Change.objects.get(pk=done.change).nature == "correction"


def test_a_gap_is_filled_without_a_reason(world, officer):
    people = these(Affiliation.objects.get(), name="affiliation")
    assert not seen(people, ends_on="2025").asks_reason
    assert edit(people, author(officer), ends_on="2025").change


@pytest.mark.parametrize("role", ["viewer", "partner", "stranger"])
def test_only_officers_edit_in_bulk(world, role):
    by = author(cast.cast(world)[role])
    with pytest.raises(NotAllowed, match="Only officers"):
        edit(these(world.one), by, status="completed")
    with pytest.raises(NotAllowed, match="Only officers"):
        bulk.preview(these(world.one), wanted(these(world.one), status="completed"), by.reader)


def test_a_second_click_edits_once(world, officer):
    by = author(officer, key="click")
    first, second = (bulk_jobs.edit_now_or_later(all_of(), {"topics": {"add": ["x"]}}, by=by) for _n in range(2))
    assert first.change == second.change and projects()["one"].version == 2


def test_a_second_click_gives_the_job_though_few_answer_the_question_by_now(world, officer, monkeypatch):
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    by, running = author(officer, key="click"), all_of("status=running")
    first = bulk_jobs.edit_now_or_later(running, {"status": "completed"}, by=by)
    edit(these(world.one, world.two), status="completed")
    assert bulk_jobs.edit_now_or_later(running, {"status": "completed"}, by=by) == first


def test_what_stands_on_a_record_that_stays_is_counted_and_named(world, officer):
    whole = cast.project(world.alpha, "whole")
    part = cast.project(whole, "part")
    least = cast.project(part, "least")
    cast.role(world.hong, least)
    chain = these(whole, part, least, world.three)
    told = seen(chain, is_retired=True)
    done = edit(chain, is_retired=True, only_possible=True).preview
    for found in (told, done):
        assert (found.selected, found.changed, found.refused) == (4, 1, 3)
        assert {fault.id for _label, fault in found.faults} == {whole.id, part.id, least.id}
    assert set(projects(is_retired=True)) == {"three"}


@pytest.mark.django_db(transaction=True)
def test_a_preview_that_the_database_broke_off_begins_again(monkeypatch):
    cast.project(cast.program("alpha"))
    tries, begin = [], rewriting.begin

    def broken_off_once():
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError from DeadlockDetected()
        begin()

    monkeypatch.setattr(rewriting, "begin", broken_off_once)
    assert seen(all_of(), status="completed").changed == 1 and len(tries) == 2


# ---- meanwhile ---------------------------------------------------------------------------------------------


def test_who_moved_since_the_preview_is_counted_and_nothing_is_done(world):
    found = seen(all_of(), status="completed")
    commands.apply([Edit(kind("project"), world.two.id, 1, {"number": "7"})], by=author())
    with pytest.raises(MovedOn) as moved:
        edit(all_of(), as_seen=found.as_seen, status="completed")
    assert moved.value.number == 1 and not projects(status="completed")
    edit(all_of(), as_seen=seen(all_of(), status="completed").as_seen, status="completed")
    assert len(projects(status="completed")) == 3 and projects()["two"].number == "7"


def test_who_came_or_went_since_the_preview_is_noticed(world):
    found = seen(all_of("status=running"), status="completed")
    Project.objects.filter(slug__in=["three", "two"]).update(status="planned")
    with pytest.raises(MovedOn) as moved:
        edit(all_of("status=running"), as_seen=found.as_seen, status="completed")
    assert moved.value.number == 2


@pytest.mark.django_db(transaction=True)
def test_bulk_edits_that_overlap_neither_wait_forever_nor_lose_anything():
    alpha = cast.program("alpha")
    rows = [cast.project(alpha, f"p{n}") for n in range(60)]
    by = author(reason="so")
    for n in range(4):
        results = together(
            lambda n=n: edit(these(*rows[:40]), by, topics={"add": [f"left {n}"]}),
            lambda n=n: edit(these(*rows[20:][::-1]), by, topics={"add": [f"right {n}"]}),
            lambda n=n: edit(all_of(), by, ends_on=f"203{n}"),
        )
        assert [r for r in results if isinstance(r, Exception)] == []
    now = {p.slug: p for p in Project.objects.all()}
    left, right = ([f"{side} {n}" for n in range(4)] for side in ("left", "right"))
    assert all(sorted(now[f"p{n}"].topics) == sorted((left if n < 40 else []) + (right if n >= 20 else [])) for n in range(60))  # fmt: skip
    assert {p.ends_on for p in now.values()} == {"2033"}
    assert all(now[f"p{n}"].version == 1 + 4 + 4 * (n < 40) + 4 * (n >= 20) for n in range(60))


@pytest.mark.django_db(transaction=True)
def test_of_two_who_saw_the_same_one_is_told_that_it_moved():
    alpha = cast.program("alpha")
    rows = [cast.project(alpha, f"p{n}") for n in range(20)]
    found, by = seen(all_of(), status="completed"), author(reason="so")
    results = together(
        *(lambda s=s: edit(all_of(), by, as_seen=found.as_seen, status=s) for s in ("completed", "planned"))
    )
    assert sorted(type(r).__name__ for r in results) == ["Edited", "MovedOn"]
    assert next(r for r in results if isinstance(r, MovedOn)).number == len(rows)


@pytest.mark.django_db(transaction=True)
def test_a_question_is_asked_again_of_what_one_waited_for():
    alpha, by = cast.program("alpha"), author(reason="so")
    for _n in range(20):
        cast.project(alpha)
    results = together(
        lambda: edit(all_of("status=running"), by, status="completed", topics={"add": ["left"]}),
        lambda: edit(all_of("status=running"), by, status="planned", topics={"add": ["right"]}),
    )
    assert [r for r in results if isinstance(r, Exception)] == []
    assert {(p.status, tuple(p.topics)) for p in Project.objects.all()} in (
        {("completed", ("left",))}, {("planned", ("right",))},
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_a_bulk_edit_and_a_single_one_both_happen():
    alpha, by = cast.program("alpha"), author(reason="so")
    rows = [cast.project(alpha) for _n in range(20)]

    def edit_one(row, version=1):
        return commands.apply([Edit(kind("project"), row.id, version, {"number": "7"})], by=by)

    results = together(lambda: edit(all_of(), by, status="completed"), *(lambda r=row: edit_one(r) for row in rows[:5]))
    assert all(isinstance(r, Stale) for r in results if isinstance(r, Exception)), results
    assert not isinstance(results[0], Exception)
    late = [row for row, result in zip(rows, results[1:], strict=False) if isinstance(result, Stale)]
    assert all(edit_one(row, version=2).change for row in late)
    assert Project.objects.filter(status="completed").count() == 20
    assert Project.objects.filter(number="7").count() == 5


def test_kinds_that_belong_to_others_are_edited_as_well(world):
    edit(all_of(name="participation"), part="joint", visibility="internal")
    assert {(p.part, p.visibility) for p in Participation.objects.all()} == {("joint", INTERNAL)}
    edit(all_of(name="researcher"), visibility="internal")
    assert {p.visibility for p in Researcher.objects.all()} == {INTERNAL}
    edit(these(world.alpha, name="program"), status="completed")
    assert Program.objects.get(pk=world.alpha.pk).status == "completed"
