"""Reports by many at once, on connections of their own: one is made, one decision counts, and no figure is lost."""

import json
from datetime import date
from uuid import uuid4

import psycopg
import pytest
from django.test import Client

from funding.models import LedgerEntry, Rollup
from funding.rollups import WHOLE
from programs.models import Output
from records.figures import StaleMark, clear_stale_marks
from reports.models import ProjectUpdate, Proposal, ProposedValue
from reports.writing.ledger import to_date
from tests.reporting import SECOND_HALF, decided, reporting_world, submitted, values_of, written
from tests.test_commands import together
from tests.test_updates_api import new, sections
from tests.test_workers import broker, figures_are_right, recompute_is_waiting, test_database, until, worker

__all__ = ["broker"]  # a fixture
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def w():
    return reporting_world()


def asking(address, body, by, version=None):
    """A request that is sent when it is called: by a browser, or a machine, of its own and with a key of its own."""
    client = Client()
    client.force_login(by)
    headers = {"accept-language": "en", "idempotency-key": str(uuid4())}
    if version:
        headers["if-match"] = f'"{version}"'
    text = json.dumps(body, default=str)
    return lambda: client.post(f"/api/v1/updates/{address}", text, content_type="application/json", headers=headers)


def statuses(*requests) -> list[int]:
    answers = together(*requests)
    for answer in answers:
        if isinstance(answer, Exception):
            raise answer
    return sorted(answer.status_code for answer in answers)


def test_ten_identical_submissions_at_once_make_one(w):
    body = new(w, sections=sections(w), submit=True)
    assert statuses(*(asking("", body, w.partner) for _n in range(10))) == [201, *[400] * 9]
    one = ProjectUpdate.objects.get()
    assert (one.state, one.round) == ("submitted", 1)
    assert [event.what for event in one.events.order_by("id")] == ["begun", "submitted"]
    assert Proposal.objects.count() == 4 and ProposedValue.objects.count() == 8


def test_a_draft_that_ten_people_submit_at_once_is_submitted_once(w):
    one = written(w)
    address = f"{one.id}/submit/"
    assert statuses(*(asking(address, {}, w.partner, one.version) for _n in range(10))) == [200, *[412] * 9]
    one.refresh_from_db()
    assert one.round == 1 and one.events.filter(what="submitted").count() == 1


def test_ten_calls_with_the_same_reports_at_once_make_each_once(w):
    years = [
        new(w, period_starts_on=f"{year}-01-01", period_ends_on=f"{year}-12-31", submit=True,
            sections={"narrative": {"narrative_ko": "완료"}})
        for year in range(2019, 2025)
    ]  # fmt: skip
    calls = [asking("bulk/", {"updates": years[n % 6 :] + years[: n % 6]}, w.partner) for n in range(10)]
    answers = together(*calls)
    results = [result for answer in answers if answer.status_code == 200 for result in answer.json()["results"]]
    assert sum(result["status"] == 201 for result in results) == 6 == ProjectUpdate.objects.count()
    assert not ProjectUpdate.objects.exclude(state="submitted").exists()


def test_of_two_officers_who_decide_at_once_one_does(w):
    one = submitted(w)
    address = f"{one.id}/decide/"
    acts = [
        asking(address, {"accept": "all", "text": officer.username}, officer, one.version)
        for officer in (w.officer, w.other_officer)
    ]
    assert statuses(*acts) == [200, 412]
    one.refresh_from_db()
    assert one.state == "accepted" and one.events.filter(what="accepted").count() == 1
    assert len({value.decided_by for value in values_of(one).values()}) == 1
    assert Output.objects.count() == 1 and LedgerEntry.objects.count() == 2


def test_of_one_who_accepts_and_one_who_returns_at_once_one_does(w):
    one = submitted(w)
    said = ({"accept": "all"}, w.officer), ({"accept": "none", "text": "No."}, w.other_officer)
    assert statuses(*(asking(f"{one.id}/decide/", body, by, one.version) for body, by in said)) == [200, 412]
    one.refresh_from_db()
    assert (one.state, Output.objects.count()) in [("accepted", 1), ("returned", 0)]


def test_what_is_withdrawn_while_it_is_decided_is_one_of_both(w):
    one = submitted(w)
    deciding = asking(f"{one.id}/decide/", {"accept": "all"}, w.officer, one.version)
    assert statuses(asking(f"{one.id}/withdraw/", {}, w.partner, one.version), deciding) == [200, 412]
    one.refresh_from_db()
    assert (one.state, Output.objects.count(), LedgerEntry.objects.count()) in [("accepted", 1, 2), ("withdrawn", 0, 0)]


def test_two_reports_on_one_line_that_are_decided_at_once_come_to_what_the_later_day_says(w):
    """Whichever is first, the ledger says of each day what was stated until it."""
    early = submitted(w, {"money": [{"key": str(w.money.id), "spent": "500만"}]})
    late = submitted(w, {"money": [{"key": str(w.money.id), "spent": "800만"}]}, period=SECOND_HALF)
    acts = [asking(f"{one.id}/decide/", {"accept": "all"}, w.officer, one.version) for one in (early, late)]
    assert statuses(*acts) == [200, 200]
    assert to_date([w.money], late, date(2025, 6, 30))[w.money.id, "spent"] == 5_000_000


def test_a_worker_killed_between_accepting_and_recomputing_loses_nothing(w, broker, tmp_path):
    clear_stale_marks()
    one = submitted(w)
    with psycopg.connect(test_database()) as blocker:
        blocker.execute("LOCK TABLE funding_rollup IN ACCESS EXCLUSIVE MODE")
        decided(one, w)
        with worker(broker, tmp_path):
            until(recompute_is_waiting, what="a recompute of what was accepted, in its middle")
        # the worker and all its children were killed with SIGKILL here
    until(lambda: not recompute_is_waiting(), what="the dead worker's transaction is gone")
    assert StaleMark.objects.filter(figure="rollups").exists() and spent() == 0
    with worker(broker, tmp_path):
        until(lambda: spent() == 8_000_000, what="what was accepted, after a new worker came up")
        until(figures_are_right, what="figures equal the facts")
    one.refresh_from_db()
    assert one.state == "accepted"


def spent() -> int:
    return sum(row.spent for row in Rollup.objects.filter(scope=WHOLE))
