"""Partners report, officers decide: what an update proposes, and what becomes of it."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction
from django.http import Http404

from funding.models import LedgerEntry
from people.models import Researcher
from programs.models import Headcount, Milestone, Output, Role
from records.models import Change, Citation
from records.refusals import NotAllowed, Refused, Stale
from reports import commands
from reports.commands import Answer
from reports.models import Notice, ProjectUpdate, UpdateEvent
from reports.models.updates import MOVES, State

from . import cast
from .reporting import (
    FIRST_HALF,
    SECOND_HALF,
    answers,
    begun,
    by,
    decided,
    reporting_world,
    submitted,
    typed,
    values_of,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def w():
    return reporting_world()


def sentences(refused) -> str:
    return " | ".join(f"{fault.field}: {fault.message}" for fault in refused.value.faults)


# ---- beginning and writing -----------------------------------------------------------------------------


def test_there_is_one_report_of_a_project_institution_and_period(w):
    begun(w)
    with pytest.raises(Refused):
        begun(w, user=w.colleague)
    assert begun(w, SECOND_HALF).state == State.DRAFT


def test_who_does_not_take_part_does_not_report(w):
    with pytest.raises(NotAllowed):
        commands.begin(w.one, w.kaist, *FIRST_HALF, by=by(w.stranger))
    with pytest.raises(NotAllowed):
        commands.begin(w.one, w.gist, *FIRST_HALF, by=by(w.stranger))
    with pytest.raises(NotAllowed):
        commands.begin(w.one, w.gist, *FIRST_HALF, by=by(w.viewer))


def test_a_draft_is_kept_as_it_was_typed_even_if_it_is_wrong(w):
    update = written(w, {"money": [{"key": str(w.money.id), "spent": "about 12"}]})
    update.refresh_from_db()
    assert update.content["money"][0]["spent"] == "about 12"
    with pytest.raises(Refused) as refused:
        commands.submit(update.id, version=update.version, by=by(w.partner))
    assert refused.value.faults[0].field == f"money/{w.money.id}/spent"
    assert ProjectUpdate.objects.get().state == State.DRAFT


def test_a_draft_belongs_to_everybody_of_the_institution_and_a_stale_one_is_refused(w):
    update = written(w)
    with pytest.raises(Stale):
        commands.save(update.id, {}, version=update.version - 1, by=by(w.colleague))
    commands.save(update.id, {}, version=update.version, by=by(w.colleague))
    assert ProjectUpdate.objects.get().saved_by == w.colleague.username


def test_for_others_a_report_does_not_exist(w):
    update = submitted(w)
    for user in (w.stranger, w.viewer):
        assert not ProjectUpdate.objects.visible_to(cast.reader(user)).exists()
        with pytest.raises(Http404):
            commands.save(update.id, {}, version=update.version, by=by(user))
        with pytest.raises((Http404, NotAllowed)):
            commands.decide(update.id, {}, version=update.version, by=by(user))


# ---- submitting ----------------------------------------------------------------------------------------


def test_a_submitted_update_does_not_count_yet(w):
    submitted(w)
    w.milestone.refresh_from_db()
    assert w.milestone.state == "open" and not LedgerEntry.objects.exists() and not Output.objects.exists()


def test_what_is_submitted_is_what_was_changed_and_nothing_else(w):
    values = values_of(submitted(w))
    assert values["milestones.done_on"].value == "2025-05-20" and values["milestones.done_on"].was is None
    assert values["money.spent"].value == {"amount": 8_000_000, "to_date": "2025-06-30"}
    assert set(values) == {
        "narrative.narrative_ko", "milestones.done_on", "money.received", "money.spent",
        "outputs.kind", "outputs.title_en", "outputs.doi", "outputs.published_on",
    }  # fmt: skip


@pytest.mark.parametrize(
    "section, row, field",
    [
        ("outputs", {"key": "new-1", "kind": "paper", "title_en": "X", "doi": "doi:10.1"}, "doi"),
        ("outputs", {"key": "new-1", "title_en": "X"}, "kind"),
        ("outputs", {"key": "new-1", "kind": "paper"}, "title_ko"),
        ("milestones", {"key": "new-1", "title_en": "X", "done_on": "2025-09"}, "done_on"),
        ("headcounts", {"key": "new-1", "number": "-3"}, "number"),
        ("headcounts", {"key": "new-1", "number": "3", "counted_on": "2026"}, "counted_on"),
        ("people", {"key": "new-1", "part": "postdoc"}, "researcher"),
        ("people", {"key": "new-1", "part": "postdoc", "name_ko": "김", "effort_share": "120"}, "effort_share"),
        ("events", {"key": "new-1", "kind": "workshop", "title_en": "W", "starts_on": "2025-05-02", "ends_on": "2025-05-01"}, "ends_on"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field_before_it_is_handed_in(w, section, row, field):
    update = written(w, {section: [row]})
    with pytest.raises(Refused) as refused:
        commands.submit(update.id, version=update.version, by=by(w.partner))
    assert f"{section}/new-1/{field}" in {fault.field for fault in refused.value.faults}, sentences(refused)


def test_all_that_is_wrong_is_said_at_once(w):
    update = written(w, {
        "outputs": [{"key": "new-1", "kind": "paper", "title_en": "X", "doi": "x"}],
        "money": [{"key": str(w.money.id), "received": "많이"}],
        "milestones": [{"key": str(w.milestone.id), "done_on": "2025-13"}],
    })  # fmt: skip
    with pytest.raises(Refused) as refused:
        commands.submit(update.id, version=update.version, by=by(w.partner))
    assert {fault.field.split("/")[0] for fault in refused.value.faults} == {"outputs", "money", "milestones"}


def test_a_report_that_says_nothing_is_not_handed_in(w):
    update = written(w, {})
    with pytest.raises(Refused):
        commands.submit(update.id, version=update.version, by=by(w.partner))


def test_a_report_changes_only_records_of_its_project(w):
    other = Milestone.objects.create(scope_id=w.beta.id, title_en="Foreign", due_on="2025")
    update = written(w, {"milestones": [{"key": str(other.id), "version": 1, "done_on": "2025-02"}]})
    with pytest.raises(Refused):
        commands.submit(update.id, version=update.version, by=by(w.partner))


def test_nobody_works_more_than_all_of_their_time(w):
    cast.role(w.hong, w.two, effort_share=60)
    share = {"people": [{"key": str(w.role.id), "version": 1, "effort_share": "50"}]}
    update = written(w, share)
    with pytest.raises(Refused) as refused:
        commands.submit(update.id, version=update.version, by=by(w.partner))
    assert refused.value.faults[0].field.endswith("effort_share")


# ---- deciding ------------------------------------------------------------------------------------------


def test_accepting_writes_every_value_as_one_change_with_the_report_as_its_source(w):
    update = decided(submitted(w), w)
    assert update.state == State.ACCEPTED
    w.milestone.refresh_from_db()
    assert (w.milestone.state, w.milestone.done_on) == ("done", "2025-05-20")
    paper = Output.objects.get()
    assert (paper.scope_id, paper.doi, paper.state) == (w.one.id, "10.1038/s41586-021-03819-2", "out")
    posted = {(e.movement, e.amount, e.posted_on) for e in LedgerEntry.objects.all()}
    assert posted == {("received", 12_000_000, "2025-06-30"), ("spent", 8_000_000, "2025-06-30")}
    change = Change.objects.get(pk=w.milestone.change_id)
    assert change.actor_id == w.officer.pk and {paper.change_id, update.source.change_id} == {change.pk}
    cited = Citation.objects.filter(source=update.source)
    assert cited.get(record=w.milestone.id).value_stated == "2025-05-20"
    assert cited.get(record=w.one.id).attribute == "progress"


def test_each_value_says_which_report_it_comes_from_and_who_accepted_it(w):
    update = decided(submitted(w), w)
    for value in values_of(update).values():
        assert value.decision == "accepted" and value.decided_by == w.officer.username and value.written_id
    assert values_of(update)["milestones.done_on"].written_id == w.milestone.id
    spent = LedgerEntry.objects.get(movement="spent")
    assert values_of(update)["money.spent"].written_id == spent.id and str(update.id) in spent.outside_key


def test_some_values_are_returned_and_come_again_and_the_others_stand(w):
    update = decided(submitted(w), w, doi="Please check the DOI.", done_on="When exactly?")
    assert update.state == State.PARTLY_ACCEPTED
    w.milestone.refresh_from_db()
    assert w.milestone.state == "open"
    paper = Output.objects.get()
    assert paper.doi == "" and paper.title_en == "A paper"
    assert set(update.content) == {"milestones", "outputs"}
    content = update.content
    content["outputs"][0]["doi"] = "10.1000/182"
    update = commands.save(update.id, content, version=update.version, by=by(w.partner))
    update = commands.submit(update.id, version=update.version, by=by(w.partner))
    assert set(values_of(update)) == {"milestones.done_on", "outputs.doi"}
    update = decided(update, w)
    assert update.state == State.ACCEPTED
    assert Output.objects.get().doi == "10.1000/182"


def test_a_value_is_returned_with_a_word_of_why(w):
    update = submitted(w)
    silent = {id: Answer(False, "", one.seen) for id, one in answers(update, w).items()}
    with pytest.raises(Refused):
        commands.decide(update.id, silent, version=update.version, by=by(w.officer))
    update = commands.decide(update.id, silent, version=update.version, by=by(w.officer), text="Wrong project.")
    assert update.state == State.RETURNED


def test_every_value_is_answered(w):
    update = submitted(w)
    some = dict(list(answers(update, w).items())[:2])
    with pytest.raises(Refused) as refused:
        commands.decide(update.id, some, version=update.version, by=by(w.officer))
    assert len(refused.value.faults) == len(answers(update, w)) - 2


def test_what_moved_since_the_officer_looked_is_shown_again_before_it_is_decided(w):
    update = submitted(w)
    seen = answers(update, w)
    Milestone.objects.filter(id=w.milestone.id).update(due_on="2025-08")
    with pytest.raises(Stale):
        commands.decide(update.id, seen, version=update.version, by=by(w.officer))
    assert ProjectUpdate.objects.get().state == State.SUBMITTED
    assert decided(update, w).state == State.ACCEPTED


def test_money_to_date_posts_the_difference_and_asks_again_if_the_line_moved(w):
    update = submitted(w)
    seen = answers(update, w)
    cast.entry(w.money, 3_000_000, "spent", posted_on="2025-02-01")
    with pytest.raises(Stale):
        commands.decide(update.id, seen, version=update.version, by=by(w.officer))
    decided(update, w)
    assert sum(LedgerEntry.objects.filter(line=w.money, movement="spent").values_list("amount", flat=True)) == 8_000_000


def test_the_next_report_posts_what_came_besides(w):
    decided(submitted(w), w)
    content = {"money": [{"key": str(w.money.id), "spent": "9,500,000"}]}
    update = submitted(w, content, period=SECOND_HALF)
    assert (
        values_of(update)["money.spent"].was == {"amount": 8_000_000}
        or values_of(update)["money.spent"].was == 8_000_000
    )
    decided(update, w)
    assert LedgerEntry.objects.filter(movement="spent").order_by("id").last().amount == 1_500_000


def test_less_than_the_registry_says_is_taken_back(w):
    decided(submitted(w), w)
    update = submitted(w, {"money": [{"key": str(w.money.id), "spent": "500만"}]}, period=SECOND_HALF)
    decided(update, w)
    assert LedgerEntry.objects.get(movement="recovered").amount == 3_000_000


def test_of_a_line_that_several_share_each_reports_its_own(w):
    update = submitted(w, {"money": [{"key": str(w.line.id), "spent": "100"}]})
    cast.entry(w.line, 900, "spent", posted_on="2025-02-01")
    decided(update, w)
    assert LedgerEntry.objects.get(outside_key__startswith=str(update.id)).amount == 100


def test_the_second_of_two_decisions_is_told_the_new_state(w):
    update = submitted(w)
    seen = answers(update, w)
    decided(update, w)
    with pytest.raises(Stale):
        commands.decide(update.id, seen, version=update.version, by=by(w.other_officer))
    with pytest.raises(Refused):
        commands.decide(update.id, seen, version=None, by=by(w.other_officer))


def test_what_the_registry_refuses_leaves_everything_as_it_was(w):
    update = submitted(w)
    Milestone.objects.filter(id=w.milestone.id).update(is_retired=True)
    with pytest.raises(Refused) as refused:
        decided(update, w)
    assert [fault.field for fault in refused.value.faults] == [f"milestones/{w.milestone.id}/done_on"]
    assert not Output.objects.exists() and ProjectUpdate.objects.get().state == State.SUBMITTED


def test_who_joins_may_be_new_to_the_registry(w):
    row = {"key": "new-1", "name_ko": "김새로", "part": "postdoc", "starts_on": "2025-03-01", "effort_share": "50"}
    decided(submitted(w, {"people": [row]}), w)
    person = Researcher.objects.get(name_ko="김새로")
    assert person.affiliations.get().institution == w.gist
    assert Role.objects.get(researcher=person).scope_id == w.one.id


def test_an_effort_share_that_changed_leaves_the_role_until_then(w):
    Role.objects.filter(id=w.role.id).update(starts_on="2024-01")
    decided(submitted(w, {"people": [{"key": str(w.role.id), "version": 2, "effort_share": "45"}]}), w)
    roles = Role.objects.filter(researcher=w.hong).order_by("starts_on_first")
    assert [(r.starts_on, r.ends_on, r.effort_share) for r in roles] == [
        ("2024-01", "2024-12-31", 30),
        ("2025-01-01", None, 45),
    ]


def test_a_head_count_is_a_new_count(w):
    before = cast.headcount(w.one, 10, counted_on="2024")
    decided(submitted(w, {"headcounts": [{"key": "new-1", "number": "12"}]}), w)
    after = Headcount.objects.exclude(id=before.id).get()
    assert (after.number, after.counted_on, after.institution) == (12, "2025-06-30", w.gist)
    before.refresh_from_db()
    assert before.number == 10


def test_a_decided_period_is_locked_until_it_is_opened_again_for_a_reason(w):
    update = decided(submitted(w), w)
    with pytest.raises(Refused):
        commands.save(update.id, typed(w), version=update.version, by=by(w.partner))
    with pytest.raises(Refused):
        begun(w)
    with pytest.raises(Refused):
        commands.reopen(update.id, " ", version=update.version, by=by(w.officer))
    update = commands.reopen(update.id, "A paper is missing.", version=update.version, by=by(w.officer))
    content = {"outputs": [{"key": "new-1", "kind": "paper", "title_en": "Another one"}]}
    update = commands.save(update.id, content, version=update.version, by=by(w.partner))
    update = decided(commands.submit(update.id, version=update.version, by=by(w.partner)), w)
    assert update.state == State.ACCEPTED and Output.objects.count() == 2


def test_a_report_that_was_withdrawn_can_be_taken_up_again(w):
    update = submitted(w)
    update = commands.withdraw(update.id, version=update.version, by=by(w.partner))
    with pytest.raises(Refused):
        decided(update, w)
    update = commands.resume(update.id, version=update.version, by=by(w.colleague))
    assert update.state == State.DRAFT and update.content


def test_nothing_that_was_partly_accepted_is_withdrawn(w):
    update = decided(submitted(w), w, doi="?")
    with pytest.raises(Refused):
        commands.withdraw(update.id, version=update.version, by=by(w.partner))


# ---- states ----------------------------------------------------------------------------------------------


def test_the_database_knows_the_same_moves(w):
    """From every state to every other one, by raw SQL."""
    update = begun(w)
    ways = dict.fromkeys(State, ()) | {
        State.SUBMITTED: ("submitted",), State.IN_REVIEW: ("submitted", "in_review"), State.ACCEPTED: ("submitted", "accepted"),
        State.PARTLY_ACCEPTED: ("submitted", "partly_accepted"), State.RETURNED: ("submitted", "returned"), State.WITHDRAWN: ("withdrawn",),
    }  # fmt: skip
    for before in State:
        for after in State:
            if after == before:
                continue
            try:
                with transaction.atomic():
                    for state in (*ways[before], after):
                        ProjectUpdate.objects.filter(id=update.id).update(state=state, submitted_at="2025-07-01T00:00Z")
                    is_allowed = True
                    transaction.set_rollback(True)
            except IntegrityError:
                is_allowed = False
            assert is_allowed == (after in MOVES[before]), (before, after)


def test_what_was_handed_in_is_not_changed_and_the_thread_only_grows(w):
    update = submitted(w)
    for write in (
        lambda: ProjectUpdate.objects.filter(id=update.id).update(content={}),
        lambda: ProjectUpdate.objects.filter(id=update.id).update(period_ends_on=date(2026, 1, 1)),
        lambda: UpdateEvent.objects.update(text="no"),
        lambda: UpdateEvent.objects.all()._raw_delete(connection.alias),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            write()


def test_the_thread_tells_both_sides_everything(w):
    update = submitted(w)
    update = commands.take(update.id, version=update.version, by=by(w.officer))
    commands.say(update.id, "One question.", by=by(w.officer))
    commands.say(update.id, "One answer.", by=by(w.partner))
    update = decided(update, w, doi="Wrong.")
    told = [(event.what, event.is_officer) for event in update.events.order_by("id")]
    assert told == [
        ("begun", False),
        ("submitted", False),
        ("taken", True),
        ("said", True),
        ("said", False),
        ("partly_accepted", True),
    ]
    assert ProjectUpdate.objects.get().assigned_to == w.officer


def test_of_a_project_that_one_may_not_see_nobody_reports(w):
    hidden = cast.project(w.alpha, "hidden", visibility=cast.INTERNAL)
    cast.participation(w.gist, hidden, visibility=cast.INTERNAL)
    with pytest.raises(NotAllowed):
        commands.begin(hidden, w.gist, *FIRST_HALF, by=by(w.partner))


def test_submitting_asks_a_constant_number_of_queries(w, django_assert_max_num_queries):
    for n in range(30):
        Milestone.objects.create(scope_id=w.one.id, title_en=f"Milestone {n}", due_on="2025-06")
        cast.line(w.one, recipient=w.gist, form="cash")
    update = written(w)
    with django_assert_max_num_queries(60):
        commands.submit(update.id, version=update.version, by=by(w.partner))


def test_the_reports_of_an_institution_that_was_merged_are_those_of_the_other(w):
    update = submitted(w)
    cast.sql("UPDATE labs_institution SET is_retired = true, merged_into_id = %s WHERE id = %s", w.kaist.id, w.gist.id)
    assert ProjectUpdate.objects.visible_to(cast.reader(w.stranger)).get() == update
    update = commands.withdraw(update.id, version=update.version, by=by(w.stranger))
    assert update.state == State.WITHDRAWN


# ---- who is told -----------------------------------------------------------------------------------------


def told(user) -> list[tuple[str, str]]:
    return list(Notice.objects.filter(person=user).order_by("id").values_list("kind", "details__state"))


def test_both_sides_are_told_what_the_other_did_and_nobody_what_they_did_themselves(w):
    update = submitted(w)
    update = commands.assign(update.id, w.officer.pk, version=update.version, by=by(w.other_officer))
    commands.say(update.id, "One question.", by=by(w.officer))
    update = decided(update, w, doi="Wrong.")
    assert told(w.officer) == [("submitted", "submitted")]
    assert told(w.partner) == told(w.colleague) == [("said", "submitted"), ("decided", "partly_accepted")]
    assert not told(w.stranger) and not told(w.viewer)


def test_who_watches_is_told(w):
    update = submitted(w)
    commands.watch(update.id, True, by=by(w.other_officer))
    decided(update, w)
    assert told(w.other_officer) == [("decided", "accepted")]
