"""Beside each value of a page stands who states it and how certainly, and whether sources differ about it."""

import pytest

from tests import cast
from tests.cast import INTERNAL

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]


def notes(page, label: str):
    """What stands beside a value among all values of a record."""
    return next(fact.notes for fact in page.context["fields"] if str(fact.label) == label)


def cell(page, table: str, head: str, line=0):
    found = next(one for one in page.context["tables"] if one.name == table)
    return found.lines[line].cells[[one.label for one in found.heads].index(head)]


def see(client, address, by=None):
    client.force_login(by) if by else client.logout()
    return client.get(f"/en/{address}/")


@pytest.mark.parametrize(("certainty", "word"), [("stated", ""), ("inferred", "inferred"), ("planned", "planned")])
def test_a_value_says_how_certain_it_is(world, client, certainty, word):
    cast.citation(world.paper, world.lab, "opened_on", value="2022-03", certainty=certainty)
    found = notes(see(client, "labs/gist-lab"), "opened")
    assert (found.numbers, found.certainty) == ((1,), word)


def test_who_states_the_value_as_it_stands_says_how_certain_it_is(world, client):
    cast.citation(world.paper, world.lab, "opened_on", value="2022", certainty="stated")
    cast.citation(cast.source(), world.lab, "opened_on", value="2022-03", certainty="planned")
    found = notes(see(client, "labs/gist-lab"), "opened")
    assert (len(found.numbers), found.certainty) == (2, "planned")


def test_a_value_of_a_row_beneath_has_its_own_sources_and_certainty(world, client):
    cast.citation(world.paper, world.one, "starts_on", value="2022-07", certainty="inferred")
    page = see(client, "programs/alpha")
    assert cell(page, "project", "period").notes.certainty == "inferred"
    assert not cell(page, "project", "project").notes


def test_an_amount_that_is_planned_says_so_beside_the_money(world, client):
    amount = world.line.amounts.get()
    cast.citation(world.paper, amount, "planned", value="1000", certainty="planned")
    cast.work()
    page = see(client, "programs/alpha")
    (row,) = [row for row in page.context["money"]["blocks"][0]["tables"][0].parts[0].rows if row.notes]
    assert (row.notes.numbers, row.notes.certainty) == ((1,), "planned")


def test_a_disputed_value_leads_to_the_disagreement(world, client):
    found = cast.disagreement(world.lab, attribute="opened_on", kind="date")
    beside = notes(see(client, "labs/gist-lab"), "opened")
    assert (beside.dispute, beside.is_settled) == (f"/en/disagreements/{found.id}/", False)
    assert "sources differ</a>" in see(client, "labs/gist-lab").content.decode()


def test_one_that_is_decided_says_so_and_an_open_one_comes_first(world, client):
    cast.disagreement(world.lab, attribute="opened_on", state="decided", reason_en="so")
    assert notes(see(client, "labs/gist-lab"), "opened").is_settled
    still_open = cast.disagreement(world.lab, attribute="opened_on")
    assert notes(see(client, "labs/gist-lab"), "opened").dispute.endswith(f"{still_open.id}/")


def test_a_disputed_value_of_a_row_beneath_says_so_in_its_table(world, client):
    cast.citation(world.paper, world.one, "starts_on", value="2022-07")
    cast.disagreement(world.one, attribute="starts_on")
    assert cell(see(client, "programs/alpha"), "project", "period").notes.dispute


def test_what_is_hidden_leaves_no_mark_beside_a_value(world, client, officer):
    hidden = cast.source(visibility=INTERNAL)
    cast.citation(hidden, world.lab, "opened_on", value="2022-03", visibility=INTERNAL)
    cast.disagreement(world.lab, attribute="opened_on", visibility=INTERNAL)
    assert not notes(see(client, "labs/gist-lab"), "opened")
    beside = notes(see(client, "labs/gist-lab", officer), "opened")
    assert beside.numbers and beside.dispute


def test_the_name_of_a_record_has_its_sources_too(world, client):
    cast.citation(world.paper, world.lab, "name_en", value="Lab gist-lab")
    assert see(client, "labs/gist-lab").context["title"].notes.numbers == (1,)
