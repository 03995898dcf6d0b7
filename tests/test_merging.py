"""Two records that are one are merged: nothing is lost, old addresses lead on, and it can be taken back."""

import pytest
from django.db import transaction
from django.http import Http404
from hypothesis import given, settings
from hypothesis import strategies as st

from funding.models import FundingLine
from labs.models import Institution
from people.models import Researcher
from programs.models import Participation, Role
from records import commands, merging, undoing
from records.kinds import kinds
from records.merging import CannotMerge, Merge, can_be_merged
from records.models import Change, Citation, Record
from records.refusals import Fault, NotAllowed, Refused, Stale
from tests import cast
from tests.cast import INTERNAL, PUBLIC, kind, sql
from tests.test_commands import author, together
from tests.test_undoing import snapshot

pytestmark = pytest.mark.usefixtures("english")


def merge(keep, other, take=None, by=None, **more):
    """Merge as it stands now; gives the change."""
    return merging.carry_out(asked(keep, other, take), by=by or author(reason="one and the same", **more)).change


def asked(keep, other, take=None) -> Merge:
    keep.refresh_from_db(), other.refresh_from_db()
    name = Record.objects.get(pk=keep.pk).kind
    return Merge(kind(name), keep.pk, keep.version, other.pk, other.version, take and frozenset(take))


@pytest.fixture
def twin(world):
    """GIST entered a second time, with a part, a post, a payer's line and a statement of its own."""
    twin = cast.institution("gist-2", name_ko="광주과학기술원", name_en="GIST", country="")
    cast.participation(twin, world.beta, part="joint")
    cast.affiliation(world.rus, twin, title_en="visiting professor")
    cast.amount(cast.line(world.beta, payer=twin, form="cash"), 2025, 700)
    cast.citation(world.paper, twin, "name_en", value_stated="G.I.S.T.")
    return twin


# ---- what happens ------------------------------------------------------------------------------------------


def test_what_named_the_other_names_the_kept_one(world, twin):
    merge(world.gist, twin)
    assert not Participation.objects.filter(institution=twin).exists()
    assert Participation.objects.filter(institution=world.gist, scope=world.beta.pk).exists()
    assert FundingLine.objects.get(program=world.beta).payer_id == world.gist.pk
    assert Citation.objects.get(value_stated="G.I.S.T.").record_id == world.gist.pk


def test_the_other_is_retired_and_points_at_the_kept_one(world, twin):
    merge(world.gist, twin)
    twin.refresh_from_db()
    record = Record.objects.get(pk=twin.pk)
    assert twin.is_retired and twin.merged_into_id == record.merged_into_id == world.gist.pk


def test_its_names_are_other_names_of_the_kept_one(world, twin):
    merge(world.gist, twin)
    world.gist.refresh_from_db()
    assert world.gist.aliases == ["광주과학기술원", "GIST"]


def test_empty_fields_are_filled_and_chosen_ones_taken(world):
    keep, other = cast.researcher("Kim"), cast.researcher("Kim", orcid="0000-0002-1825-0097")
    merge(keep, other)
    keep.refresh_from_db(), other.refresh_from_db()
    assert (keep.orcid, other.orcid) == ("0000-0002-1825-0097", "")
    named = cast.institution("named", country="JP")
    merge(world.kaist, named, take=["name_ko", "country"])
    world.kaist.refresh_from_db()
    assert (world.kaist.name_ko, world.kaist.country, world.kaist.name_en) == ("기관 named", "JP", "Kaist")


def test_what_was_there_twice_is_there_once_with_what_is_said_of_both(world):
    twin = cast.researcher("홍길동", name_ko="홍길동")
    double = cast.role(twin, world.one, effort_share=30)
    cast.citation(world.paper, double, "effort_share", value_stated="a third")
    merge(world.hong, twin)
    double.refresh_from_db()
    assert double.is_retired and double.merged_into_id == world.role.pk
    assert Citation.objects.get(value_stated="a third").record_id == world.role.pk
    assert Role.objects.filter(researcher=world.hong, is_retired=False).count() == 1


def test_money_is_never_taken_for_the_same(world, twin):
    for payer in (world.gist, twin):
        cast.amount(cast.line(world.beta, payer=payer, form="cash", name_en="The line"), 2025, 5)
    merge(world.gist, twin)
    assert FundingLine.objects.filter(payer=world.gist, name_en="The line", is_retired=False).count() == 2


def test_a_row_that_is_less_hidden_is_not_lost_in_one_that_is_more(world):
    twin = cast.researcher("홍길동")
    cast.role(world.hong, world.two, visibility=INTERNAL)
    seen = cast.role(twin, world.two, visibility=PUBLIC)
    merge(world.hong, twin)
    assert not Role.objects.get(pk=seen.pk).is_retired


def test_it_is_one_change_with_who_and_why(world, twin, officer):
    done = merge(world.gist, twin, by=author(officer, reason="entered twice", door="page"))
    told = Change.objects.get(pk=done)
    assert (told.actor_name, told.reason, told.door) == ("officer", "entered twice", "page")
    assert Record.objects.filter(change=told).count() >= 6


def test_three_that_are_one_lead_to_the_last(world, twin):
    third = cast.institution("gist-3")
    merge(twin, third)
    merge(world.gist, twin)
    third.refresh_from_db()
    assert third.merged_into_id == world.gist.pk


# ---- taking it back ----------------------------------------------------------------------------------------


def test_undoing_takes_the_two_apart_again(world, twin):
    before = snapshot()
    done = merge(world.gist, twin)
    undoing.undo(done, by=author(reason="two, after all"))
    assert snapshot() == before
    assert Record.objects.get(pk=twin.pk).merged_into_id is None


def test_a_number_goes_to_the_kept_one_and_back(world):
    keep, other = cast.researcher("Kim"), cast.researcher("Kim", orcid="0000-0002-1825-0097")
    before = snapshot()
    undoing.undo(merge(keep, other), by=author(reason="two"))
    assert snapshot() == before


def test_what_was_entered_since_stays_with_the_kept_one(world, twin):
    done = merge(world.gist, twin)
    later = cast.participation(world.gist, world.one)
    undoing.undo(done, by=author(reason="two, after all"))
    assert Participation.objects.get(pk=later.pk).institution_id == world.gist.pk


def test_the_merged_one_is_not_restored_by_itself(world, twin):
    merge(world.gist, twin)
    twin.refresh_from_db()
    with pytest.raises(Refused, match="merged into another record"):
        commands.restore(kind("institution"), twin.pk, version=twin.version, by=author())


@settings(max_examples=6)
@given(data=st.data())
def test_merging_and_undoing_leaves_all_as_it_was(world, data):
    """Whatever names the two: nothing that one took part in is lost by merging, and undoing gives every fact back."""
    with transaction.atomic():
        people = [cast.researcher(f"P{n}", name_ko="이종호") for n in range(3)]
        for n in range(data.draw(st.integers(0, 4))):
            at = {"visibility": data.draw(st.sampled_from([PUBLIC, INTERNAL]))}
            scope = data.draw(st.sampled_from([world.alpha, world.one, world.two]))
            row = cast.role(data.draw(st.sampled_from(people)), scope, **at)
            if data.draw(st.booleans()):
                cast.citation(world.paper, row, "part", value_stated=f"statement {n}", **at)
        before, named = snapshot(), set(Role.objects.filter(researcher__in=people).values_list("scope", "visibility"))
        first, second = merge(people[0], people[1]), merge(people[0], people[2])
        kept = Role.objects.filter(researcher=people[0], is_retired=False).values_list("scope", "visibility")
        assert all(any(scope == s and v <= visibility for s, v in kept) for scope, visibility in named)
        about = Citation.objects.filter(attribute="part", is_retired=False).values_list("record__is_retired", flat=True)
        assert not any(about)
        undoing.undo(second, by=author(reason="no"))
        undoing.undo(first, by=author(reason="no"))
        assert snapshot() == before
        transaction.set_rollback(True)


# ---- what is refused ---------------------------------------------------------------------------------------


def test_only_officers_merge(world, twin):
    with pytest.raises(NotAllowed):
        merge(world.gist, twin, by=author(cast.user("viewer")))


def test_a_record_is_not_merged_with_itself_nor_with_what_is_not_there(world):
    with pytest.raises(Refused, match="itself"):
        merge(world.gist, world.gist)
    gone = asked(world.gist, world.kaist)
    Institution.objects.filter(pk=world.kaist.pk).update(is_retired=True)
    with pytest.raises(Refused, match="retired"):
        merging.carry_out(gone, by=author(reason="so"))
    with pytest.raises(Http404):
        merging.plan(Merge(kind("institution"), world.gist.pk, 1, world.hong.pk, 1), cast.reader(cast.user("officer")))


def test_one_that_lies_under_the_other_is_refused_with_a_sentence(world):
    with pytest.raises(CannotMerge, match="cannot belong to itself"):
        merge(world.gist, world.government)


def test_projects_of_two_programs_are_not_one(world):
    twin = cast.project(world.beta, "one-2")
    cast.line(world.beta, project=twin)
    with pytest.raises(CannotMerge, match="another program"):
        merge(world.one, twin)


def test_kinds_whose_rows_are_only_added_to_are_not_merged(world):
    assert not can_be_merged(kind("funding_line")) and not can_be_merged(kind("document"))
    assert not can_be_merged(kind("role"))  # it has no name of its own
    assert {name for name, one in kinds().items() if can_be_merged(one)} >= {
        "institution", "lab", "researcher", "program", "project", "source", "event", "output", "agreement",
    }  # fmt: skip
    line, twin = cast.line(world.alpha), cast.line(world.alpha)
    with pytest.raises(Refused, match="not merged"):
        merge(line, twin)


def test_money_that_moves_asks_for_a_reason(world, twin):
    with pytest.raises(Refused) as refused:
        merge(world.gist, twin, by=author())
    assert list(refused.value.faults) == [
        Fault("reason", "Say why: this change is kept with its reason.", code="reason_required")
    ]


def test_who_looked_at_an_older_version_is_told(world, twin):
    seen = asked(world.gist, twin)
    Institution.objects.filter(pk=twin.pk).update(country="US")
    with pytest.raises(Stale):
        merging.carry_out(seen, by=author(reason="so"))


def test_a_request_sent_twice_acts_once(world, twin):
    seen, by = asked(world.gist, twin), author(reason="so", key="k")
    first, again = merging.carry_out(seen, by=by), merging.carry_out(seen, by=by)
    assert again.is_repeated and again.change == first.change


# ---- before ------------------------------------------------------------------------------------------------


def test_the_plan_says_what_moves_what_is_joined_and_what_money_it_is(world, twin):
    cast.participation(twin, world.alpha, part="lead")  # GIST has that already
    cast.work()
    found = merging.plan(asked(world.gist, twin), cast.reader(cast.user("officer")))
    effects = {one.kind.name: (one.moved, one.joined) for one in found.effects}
    assert effects == {"participation": (1, 1), "affiliation": (1, 0), "funding_line": (1, 0), "citation": (1, 0)}
    [money] = [one.sums for one in found.effects if one.sums]
    assert money == ("cash: planned KRW 0.0007 million",)
    assert found.asks_reason and not found.hindrances
    assert {one.name for one in found.fields} == {"name_ko", "name_en"}


def test_the_plan_changes_nothing(world, twin):
    before, versions = snapshot(), dict(Record.objects.values_list("id", "version"))
    merging.plan(asked(world.gist, twin), cast.reader(cast.user("officer")))
    assert snapshot() == before and dict(Record.objects.values_list("id", "version")) == versions


# ---- many at once ------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_of_two_who_merge_the_two_either_way_one_wins():
    one, two = cast.researcher("Kim"), cast.researcher("Kim")
    by = author(reason="so")
    this, that = asked(one, two), asked(two, one)
    results = together(lambda: merging.carry_out(this, by=by), lambda: merging.carry_out(that, by=by))
    assert sum(isinstance(result, Refused | Stale) for result in results) == 1, results
    assert Researcher.objects.filter(is_retired=False).count() == 1
    assert sql("SELECT count(*) FROM people_researcher WHERE merged_into_id IS NOT NULL") == [(1,)]
