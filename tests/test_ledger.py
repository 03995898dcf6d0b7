"""The ledger through both doors: it only grows, is brought in once, is taken back by counter-entries; and what totals say of it."""

import json
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from funding.models import FundingLine, LedgerEntry
from funding.rollups import lines_behind, totals
from records import undoing
from records.history import change
from records.models import Change
from records.refusals import Refused
from records.rights import ANYONE, EVERYTHING
from tests import cast
from tests.cast import INTERNAL, sql
from tests.desk import Desk
from tests.test_commands import author

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def line(world) -> FundingLine:
    """1,000 won planned and 900 committed for 2025."""
    made = cast.line(world.one, payer=world.government, recipient=world.gist, form="cash", state="committed")
    cast.amount(made, 2025, 1000, committed=900)
    return made


def send(client, by, method: str, address: str, body: dict, **headers):
    client.force_login(by)
    english = {"accept-language": "en"}
    return getattr(client, method)(
        f"/api/v1/{address}", json.dumps(body), "application/json", headers=english | headers
    )


def post(client, by, **values):
    return send(client, by, "post", "ledger-entries/", {"movement": "spent", "posted_on": "2025-03-15"} | values)


def measured(**asked) -> list[dict]:
    cast.work()
    rows = totals(EVERYTHING, **asked)
    return [{name: value for name, value in row.items() if value is not None} for row in rows]


# ---- what really moved --------------------------------------------------------------------------------------


def test_what_was_received_and_spent_is_told_beside_what_was_promised(line, world):
    for amount, movement in ((500, "received"), (100, "returned"), (300, "spent"), (50, "recovered")):
        cast.entry(line, amount, movement)
    assert measured(project=world.one.id) == [
        {"currency": "KRW", "planned": 1000, "committed": 900, "received": 400, "spent": 250, "remaining": 650,
         "lines": 1, "unstated": 0},
    ]  # fmt: skip


def test_spent_over_committed_is_shown_and_not_refused(line, world):
    cast.entry(line, 1200)
    assert measured(project=world.one.id)[0]["remaining"] == -300


def test_an_entry_counts_in_the_year_of_its_day_or_in_the_one_it_names(line, world):
    cast.entry(line, 10, posted_on="2026-01-05")
    cast.entry(line, 20, posted_on="2026-01-05", fiscal_year=2025)
    by_year = {row["fiscal_year"]: row["spent"] for row in measured(project=world.one.id, group_by=("fiscal_year",))}
    assert by_year == {2025: 20, 2026: 10}


def test_an_entry_counts_from_its_day(line, world):
    cast.entry(line, 10, posted_on="2025-03-15")
    spent = [totals(EVERYTHING, project=world.one.id, as_of=date(2025, 3, day))[0]["spent"] for day in (14, 15)]
    assert spent == [None, 10]


def test_money_that_moved_counts_also_where_its_line_was_cancelled(line, world):
    cast.entry(line, 10)
    FundingLine.objects.filter(id=line.id).update(state="cancelled")
    row = measured(project=world.one.id)[0]
    assert (row["spent"], "planned" in row, "committed" in row) == (10, False, False)


# ---- splits ---------------------------------------------------------------------------------------------------


def test_an_envelope_and_its_splits_are_counted_once_and_the_rest_is_undivided(line, world):
    for place, won in ((world.gist, 300), (world.kaist, 500)):
        cast.amount(cast.split(line, recipient=place, project=world.two), 2025, won, committed=won)
    assert measured(project=world.one.id)[0] | {"lines": 0} == {
        "currency": "KRW", "planned": 1000, "committed": 900, "undivided": 100, "remaining": 900, "lines": 0, "unstated": 0,
    }  # fmt: skip
    by = {row.get("recipient"): row["planned"] for row in measured(project=world.one.id, group_by=("recipient",))}
    assert by == {world.gist.id: 500, world.kaist.id: 500}
    behind = lines_behind(EVERYTHING, project=world.one.id)
    assert sorted(row["planned"] for row in behind) == [200, 300, 500]


def test_a_split_may_name_the_year_that_its_envelope_does_not(world):
    envelope = cast.line(world.beta)
    cast.amount(envelope, None, 100)
    cast.amount(cast.split(envelope), 2025, 60)
    years = {
        row.get("fiscal_year"): row["planned"] for row in measured(program=world.beta.id, group_by=("fiscal_year",))
    }
    assert years == {None: 40, 2025: 60}


def test_who_may_not_see_a_payer_is_not_told_it(line, world):
    hidden = cast.institution(visibility=INTERNAL)
    FundingLine.objects.filter(id=line.id).update(payer=hidden)
    cast.work()
    told = {row["payer"] for row in totals(ANYONE, group_by=("payer",))}
    assert hidden.id not in told and hidden.id in {row["payer"] for row in totals(EVERYTHING, group_by=("payer",))}


# ---- it only grows ------------------------------------------------------------------------------------------


def test_an_entry_is_posted_by_api_and_by_page(client, line, officer):
    assert post(client, officer, line=str(line.id), amount=100).status_code == 201
    desk = Desk(client, officer)(f"ledger-entries/new/?line={line.id}")
    desk.send(movement="spent", posted_on="2025. 4. 1.", amount="1.5만", reason="bank statement")
    assert sorted(LedgerEntry.objects.values_list("amount", "posted_on")) == [
        (100, "2025-03-15"),
        (15_000, "2025-04-01"),
    ]


def test_an_entry_that_is_brought_in_twice_is_there_once(client, line, officer):
    said = {"line": str(line.id), "amount": 100, "outside_key": "2025-0001"}
    first, again = post(client, officer, **said), post(client, officer, **said)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"] and LedgerEntry.objects.count() == 1
    other = post(client, officer, **said | {"amount": 101})
    assert other.status_code == 400 and "key" in other.content.decode()


@pytest.mark.parametrize(
    "text",
    ["UPDATE funding_ledgerentry SET amount = 1", "UPDATE funding_ledgerentry SET posted_on = '2024'",
     "UPDATE funding_ledgerentry SET is_retired = true", "DELETE FROM funding_ledgerentry"],
)  # fmt: skip
def test_an_entry_is_neither_changed_nor_deleted_whatever_writes_it(line, text):
    cast.entry(line, 10)
    with pytest.raises(IntegrityError), transaction.atomic():
        sql(text)
    assert LedgerEntry.objects.get().amount == 10


def test_a_change_of_an_entry_is_refused_with_what_to_do_instead(client, line, officer):
    entry = cast.entry(line, 10)
    at, version = f"ledger-entries/{entry.id}/", {"if-match": '"1"'}
    for method, address, body in (("patch", at, {"amount": 20}), ("post", f"{at}retire/", {"reason": "wrong"})):
        refused = send(client, officer, method, address, body, **version)
        assert refused.status_code == 400 and "counter-entry" in refused.content.decode()
    assert send(client, officer, "patch", at, {"visibility": "internal"}, **version).status_code == 200


def test_a_page_of_an_entry_offers_a_counter_entry_and_no_editing(client, line, officer):
    entry = cast.entry(line, 10)
    client.force_login(officer)
    page = client.get(f"/en/ledger-entries/{entry.id}/").content.decode()
    assert "/edit/" not in page and "/retire/" not in page
    assert f"/en/ledger-entries/new/?corrects={entry.id}" in page


def test_a_line_with_entries_can_be_retired_and_its_entries_stay(client, line, officer):
    cast.entry(line, 10)
    sent = {"reason": "entered twice", "with_parts": True}
    answer = send(client, officer, "post", f"funding-lines/{line.id}/retire/", sent, **{"if-match": '"1"'})
    assert answer.status_code == 200 and LedgerEntry.objects.filter(line=line, is_retired=False).exists()
    cast.work()


# ---- counter-entries ----------------------------------------------------------------------------------------


def test_a_counter_entry_takes_back_what_it_names(line, world):
    entry = cast.entry(line, 100)
    cast.counter_entry(entry, 30)
    assert measured(project=world.one.id)[0]["spent"] == 70
    cast.counter_entry(entry, 70)
    assert measured(project=world.one.id)[0]["spent"] == 0


@pytest.mark.parametrize(
    "wrong, sentence",
    [({"amount": -101}, "taken back once"), ({"amount": 5}, "opposite sign"), ({"amount": -5, "movement": "received"}, "opposite sign"),
     ({"amount": -5, "posted_on": "2024"}, "fiscal year")],
)  # fmt: skip
def test_a_counter_entry_is_like_the_one_it_corrects(client, line, officer, wrong, sentence):
    entry = cast.entry(line, 100)
    answer = post(client, officer, **{"line": str(line.id), "corrects": str(entry.id)} | wrong)
    assert answer.status_code == 400 and sentence in answer.content.decode()


@pytest.mark.parametrize("is_counter", [False, True])
def test_an_entry_of_nothing_is_refused_at_its_amount(client, line, officer, is_counter):
    corrects = {"corrects": str(cast.entry(line, 100).id)} if is_counter else {}
    refused = post(client, officer, line=str(line.id), amount=0, **corrects).json()["errors"]
    (zero,) = refused
    assert (zero["pointer"], zero["detail"]) == ("#/amount", "Give the amount that moved; zero is none.")
    with pytest.raises(IntegrityError, match="ledgerentry_something"), transaction.atomic():
        cast.entry(line, 0)
    form = Desk(client, officer)(f"ledger-entries/new/?line={line.id}")
    form.send(400, movement="spent", posted_on="2025", amount="0", reason="bank statement")
    assert "Give the amount that moved" in form.html


def test_less_than_nothing_is_refused_where_no_entry_is_corrected(client, line, officer):
    (refused,) = post(client, officer, line=str(line.id), amount=-5).json()["errors"]
    assert refused["pointer"] == "#/corrects" and refused["detail"].startswith("An entry is more than nothing")


def test_an_undone_entry_is_taken_back_by_a_counter_entry(client, line, world, officer):
    post(client, officer, line=str(line.id), amount=100, outside_key="7")
    entry = LedgerEntry.objects.get()
    cast.counter_entry(entry, 30)
    this = Change.objects.get(id=entry.change_id)
    reader = cast.reader(officer)
    plan = undoing.plan(this, reader)
    assert [part.counts[0][0] for part in plan.parts] == ["countered"] and not plan.hindrances
    undoing.undo(this.pk, by=author(officer, reason="wrong line"))
    assert sorted(LedgerEntry.objects.values_list("amount", "corrects")) == [
        (-70, entry.id), (-30, entry.id), (100, None),
    ]  # fmt: skip
    assert measured(project=world.one.id)[0]["spent"] == 0
    with pytest.raises(Refused, match="nothing left"):
        undoing.undo(this.pk, by=author(officer, reason="again"))


def test_an_import_with_a_line_and_its_entries_is_undone_as_a_whole(world, officer):
    with change(actor_name="import", door="import") as this:
        made = cast.line(world.beta, currency="USD")
        cast.amount(made, 2025, 10)
        cast.entry(made, 5)
    undoing.undo(this.pk, by=author(officer, reason="wrong file"))
    made.refresh_from_db()
    assert made.is_retired and sorted(made.entries.values_list("amount", flat=True)) == [-5, 5]
    assert measured(program=world.beta.id) == []


def test_a_line_is_not_taken_back_from_under_entries_of_others(world, officer):
    with change(actor_name="import", door="import") as this:
        made = cast.line(world.beta)
    cast.entry(made, 5)
    plan = undoing.plan(this, cast.reader(officer))
    assert plan.hindered == 1 and "ledger entries 1" in plan.hindrances[0].message


def test_a_form_of_a_split_and_of_a_counter_entry_begin_with_what_they_share(client, line, officer):
    entry = cast.entry(line, 10, posted_on="2025-03")
    split = Desk(client, officer)(f"funding-lines/new/?envelope={line.id}").inputs
    assert (split["form"], split["currency"], split["state"]) == ("cash", "KRW", "committed")
    counter = Desk(client, officer)(f"ledger-entries/new/?corrects={entry.id}").inputs
    assert (counter["movement"], counter["posted_on"], counter["amount"]) == ("spent", "2025-03", "")
    desk = Desk(client, officer)(f"ledger-entries/new/?corrects={entry.id}")
    desk.send(amount="△10")
    assert entry.counter_entries.get().amount == -10


def test_a_line_counts_once_in_several_years_whichever_they_are(world):
    made = cast.line(world.beta)
    for year in (2024, 2025, 2026):
        cast.amount(made, year, 10)
    cast.amount(cast.line(world.beta), 2026, None)
    rows = measured(program=world.beta.id, only={"fiscal_year": [2025, 2026]})
    assert [(row["planned"], row["lines"], row["unstated"]) for row in rows] == [(20, 2, 1)]


def test_lines_whose_payer_one_may_not_see_are_among_those_whose_payer_is_not_told(line, world):
    FundingLine.objects.filter(id=line.id).update(payer=cast.institution(visibility=INTERNAL))
    cast.work()
    told = {row["payer"]: row["planned"] for row in totals(ANYONE, program=world.alpha.id, group_by=("payer",))}
    kept = totals(ANYONE, program=world.alpha.id, only={"payer": [None]})
    assert kept[0]["planned"] == told[None] == 1000


def test_no_year_is_the_year_nought(api, db):
    assert api("rollups/?fiscal_year=0000").status_code == 400


def test_an_amount_on_a_page_of_a_record_says_its_unit(client, line):
    entry = cast.entry(line, 150_000_000)
    page = client.get(f"/ko/ledger-entries/{entry.id}/").content.decode()
    assert "1.5억 원" in page and "KRW 150 million" in client.get(f"/en/ledger-entries/{entry.id}/").content.decode()
    assert "1,000원" in client.get(f"/ko/funding-lines/{line.id}/?unit=won").content.decode()
