"""What one may not see does not show through what one may: references, filters, cursors, totals, private fields."""

import base64
from types import SimpleNamespace

import pytest

from programs.models import Participation, Program
from records.kinds import kinds
from records.labels import labels_of
from tests import cast
from tests.cast import INTERNAL, PUBLIC, ROLES, SHARED, kind


def answer(api, w, role, address) -> dict:
    response = api(address, w.by[role])
    assert response.status_code == 200, (address, response.content)
    return response.json()


# ---- references --------------------------------------------------------------------------------------------


@pytest.fixture
def hidden(world) -> SimpleNamespace:
    """Public rows that lead to rows which are internal: a payer, a lab, a whole, where a count was taken."""
    w = world
    w.fund = cast.institution("secret-fund", "company", visibility=INTERNAL)
    w.paid = cast.line(w.alpha, payer=w.fund, recipient=w.fund, name_en="Paid")
    w.unit_of = cast.institution("public-unit", parent=w.fund)
    w.room = cast.lab(w.gist, "secret-room", visibility=INTERNAL)
    w.housed = cast.program("housed", lab=w.room)
    w.counted = cast.headcount(w.alpha, institution=w.fund)
    w.about = cast.disagreement(w.kaist)
    cast.work()
    return w


LEADS_TO_HIDDEN = [
    ("funding_line", "payer", "paid", "fund"), ("funding_line", "recipient", "paid", "fund"),
    ("institution", "parent", "unit_of", "fund"), ("program", "lab", "housed", "room"),
    ("headcount", "institution", "counted", "fund"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "field", "row", "target"), LEADS_TO_HIDDEN)
def test_a_reference_to_what_one_may_not_see_is_empty(api, hidden, officer, name, field, row, target):
    address = f"{kind(name).plural}/{getattr(hidden, row).id}/"
    assert api(address).json()[field] is None
    assert api(address, officer).json()[field] == str(getattr(hidden, target).id)


@pytest.mark.parametrize(("name", "field", "row", "target"), LEADS_TO_HIDDEN)
def test_no_filter_leads_to_rows_by_what_one_may_not_see(hidden, officer, name, field, row, target):
    row, target = getattr(hidden, row), getattr(hidden, target)
    for question in (
        f"{field}={target.id}",
        f"{field}={target.slug}",
        f"{field}__in={target.id}",
        f"{field}__isnull=false",
    ):
        assert row not in cast.ask(name, question).rows(), question
        assert row in cast.ask(name, question, officer).rows(), question
    assert row in cast.ask(name, f"{field}__isnull=true").rows()


@pytest.mark.parametrize(("name", "field", "row", "target"), LEADS_TO_HIDDEN)
def test_a_cursor_holds_no_id_that_one_may_not_see(hidden, name, field, row, target):
    target, cursor, cursors = getattr(hidden, target), "", []
    while cursor is not None:
        page = cast.ask(name, f"sort={field}&limit=1&cursor={cursor}").page()
        cursor = page.next_cursor
        cursors.append(base64.urlsafe_b64decode((cursor or "") + "===").decode())
    assert str(target.id) not in "".join(cursors)
    assert len(cursors) == cast.ask(name).count()


def test_a_payer_that_one_may_not_see_still_has_its_kind(api, hidden):
    assert api(f"funding-lines/{hidden.paid.id}/").json()["payer_kind"] == "industry"


def test_the_timeline_of_a_record_that_one_may_not_see_is_empty(api, hidden, officer):
    cast.line(hidden.alpha, payer=hidden.fund, starts_on="2024")
    cast.work()
    for owner in (f"record={hidden.fund.id}", f"institution={hidden.fund.id}", "institution=secret-fund"):
        assert api(f"timelines/?{owner}").json()["results"] == [], owner
        assert len(api(f"timelines/?{owner}", officer).json()["results"]) == 1, owner


# ---- questions about other rows ----------------------------------------------------------------------------


@pytest.mark.parametrize("visibility", [SHARED, INTERNAL])
def test_a_part_that_one_may_not_see_does_not_say_who_takes_part(world, officer, visibility):
    cast.participation(world.kaist, world.one, visibility=visibility)
    for name, question, row in [
        ("institution", "program=alpha", world.kaist), ("program", "institution=kaist", world.alpha),
        ("project", "institution=kaist", world.one),
    ]:  # fmt: skip
        assert row not in cast.ask(name, question).rows(), question
        assert row in cast.ask(name, question, officer).rows(), question


def test_a_role_that_one_may_not_see_does_not_say_who_works_where(world, officer):
    cast.role(world.rus, world.two, visibility=INTERNAL)
    question = f"researcher={world.rus.id}"
    assert not cast.ask("project", question).count()
    assert cast.ask("project", question, officer).count() == 1


def test_an_amount_that_one_may_not_see_does_not_say_its_year(world, officer):
    cast.amount(world.line, 2031, 5, visibility=INTERNAL)
    assert not cast.ask("funding_line", "fiscal_year=2031").count()
    assert cast.ask("funding_line", "fiscal_year=2031", officer).count() == 1


def test_an_amount_that_one_may_not_see_is_in_no_sum_of_its_line(api, world, officer):
    cast.amount(world.line, 2031, 5, visibility=INTERNAL)
    address = f"funding-lines/{world.line.id}/"
    assert (api(address).json()["planned"], api(address, officer).json()["planned"]) == (1000, 1005)


def test_a_hidden_program_is_no_answer_even_to_who_knows_its_id(api, world):
    cast.participation(world.gist, world.beta)
    Program.objects.filter(id=world.beta.id).update(visibility=INTERNAL)
    for address in (
        f"projects/?program={world.beta.id}", f"institutions/?program={world.beta.id}", f"rollups/?program={world.beta.id}",
        f"roles/?scope={world.beta.id}", f"citations/?record={world.beta.id}", f"timelines/?program={world.beta.id}",
    ):  # fmt: skip
        assert api(address).json()["results"] == [], address


# ---- totals ------------------------------------------------------------------------------------------------


@pytest.fixture
def money(world) -> SimpleNamespace:
    """1 won public, 10 shared, 100 internal; in Beta, where GIST takes no part, 1000 shared."""
    for n, visibility in enumerate((PUBLIC, SHARED, INTERNAL)):
        cast.amount(
            cast.line(world.one, visibility=visibility, unnamed_payer_kind="local"), 2025, 10**n, visibility=visibility
        )
    cast.amount(cast.line(world.beta, visibility=SHARED, unnamed_payer_kind="local"), 2025, 1000, visibility=SHARED)
    cast.work()
    world.by = cast.cast(world)
    return world


TOTALS = {
    "anonymous": 1, "viewer": 1011, "partner": 11, "partner_of_whole": 11, "partner_of_unit": 1, "stranger": 1001,
    "officer": 1111, "administrator": 1111,
}  # fmt: skip


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("question", ["", "as_of=2025-12-31", "known_at=now", "group_by=project"])
def test_a_total_holds_what_one_may_see_and_no_more(api, money, role, question):
    if question == "known_at=now":
        question = f"known_at={cast.sql('SELECT clock_timestamp()')[0][0]:%Y-%m-%dT%H:%M:%S.%fZ}"
    rows = answer(api, money, role, f"rollups/?payer_kind=local&measure=planned&{question}")["results"]
    assert sum(row["planned"] for row in rows) == TOTALS[role]


# ---- private fields ----------------------------------------------------------------------------------------


def test_private_fields_are_for_the_own_institution_and_officers(api, world):
    by = cast.cast(world)
    seen = {role: api(f"roles/{world.role.id}/", by[role]).json()["effort_share"] for role in ROLES}
    assert {role for role, value in seen.items() if value == 30} == {
        "partner",
        "partner_of_whole",
        "officer",
        "administrator",
    }


def test_a_researcher_number_is_for_the_own_institution_and_officers(api, world):
    world.hong.researcher_number = "12345678"
    world.hong.save()
    by = cast.cast(world)
    seen = {role: api(f"researchers/{world.hong.id}/", by[role]).json()["researcher_number"] for role in ROLES}
    assert {role for role, value in seen.items() if value} == {
        "partner",
        "partner_of_whole",
        "officer",
        "administrator",
    }


def test_private_fields_cannot_be_asked_about(api, world):
    for question in ("effort_share=30", "effort_share__gte=1", "effort_share__isnull=true", "sort=effort_share"):
        assert api(f"roles/?{question}", cast.user("viewer")).status_code == 400, question
        assert api(f"roles/?{question}", cast.user("officer")).status_code == 200, question


def test_private_fields_are_not_searched(world):
    private = {(name, f) for name, k in kinds().items() for f in k.private if f in k.search}
    assert not private


# ---- who is who --------------------------------------------------------------------------------------------


def test_a_partner_reports_for_its_institution_and_all_its_units(world):
    assert cast.reader(cast.user("partner", world.government)).institutions == {
        one.id for one in (world.government, world.gist, world.unit)
    }


def test_a_part_that_ended_in_the_registry_gives_no_rights(world):
    assert world.alpha.id in cast.reader(cast.user("partner", world.gist)).takes_part_in
    Participation.objects.update(is_retired=True)
    assert not cast.reader(cast.user("partner", world.gist)).takes_part_in


def test_a_viewer_with_a_membership_is_still_a_viewer(world):
    reader = cast.reader(cast.user("viewer", world.gist))
    assert (reader.level, reader.takes_part_in, reader.institutions) == (SHARED, frozenset(), frozenset())


def test_an_account_that_was_closed_reads_as_anybody(api, world):
    row = cast.line(world.alpha, visibility=INTERNAL)
    gone = cast.user("officer")
    gone.is_active = False
    gone.save()
    assert api(f"funding-lines/{row.id}/", gone).status_code == 404


def test_rights_are_those_of_today_in_the_past_too(api, world):
    moment = f"{cast.sql('SELECT clock_timestamp()')[0][0]:%Y-%m-%dT%H:%M:%S.%fZ}"
    partner = cast.user("partner", world.kaist)
    shared = cast.line(world.alpha, visibility=SHARED)
    moment = f"{cast.sql('SELECT clock_timestamp()')[0][0]:%Y-%m-%dT%H:%M:%S.%fZ}"
    assert api(f"funding-lines/{shared.id}/?known_at={moment}", partner).status_code == 404
    cast.participation(world.kaist, world.alpha)
    assert api(f"funding-lines/{shared.id}/?known_at={moment}", partner).status_code == 200


def test_labels_are_asked_of_kinds_and_of_any_records_at_once(world):
    labels = labels_of({"institution": {world.gist.id}}, {world.one.id, world.alpha.id}, cast.reader(None))
    assert {label.kind for label in labels.values()} == {"institution", "project", "program"}
