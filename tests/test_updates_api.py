"""Reporting and deciding by machine: a university's whole trip, strict values, refusals in one order, many in one call."""

import json
from io import BytesIO
from itertools import count

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from funding.models import LedgerEntry
from programs.models import Milestone, Output
from reports.models import ProjectUpdate
from tests import cast
from tests.reporting import begun, by, decided, reporting_world, submitted, written
from tests.test_api import problem

pytestmark = pytest.mark.django_db
_key = count(1)


@pytest.fixture
def w():
    return reporting_world()


@pytest.fixture
def send(client):
    """`send("patch", "updates/…/", {…}, by=w.partner, version=1)`, each with a key of its own unless one is given."""

    def it(method, address="updates/", body=None, by=None, version=None, **headers):
        client.force_login(by) if by else client.logout()
        headers = {"accept-language": "en", "idempotency-key": f"k{next(_key)}"} | headers
        if version:
            headers["if-match"] = f'"{version}"'
        if method == "get":
            return client.get(f"/api/v1/{address}", body, headers=headers)
        return getattr(client, method)(
            f"/api/v1/{address}", json.dumps(body or {}, default=str), content_type="application/json", headers=headers
        )

    return it


def new(w, **more) -> dict:
    about = {"project": "one", "institution": "gist", "period_starts_on": "2025-01-01", "period_ends_on": "2025-06-30"}
    return about | more


def sections(w, **more) -> dict:
    """Something of nearly everything; sections by name take the place of these."""
    return {
        "narrative": {"narrative_ko": "시제품을 완성함."},
        "milestones": [{"key": str(w.milestone.id), "version": w.milestone.version, "done_on": "2025-05-20"}],
        "money": [{"key": str(w.money.id), "received": 12_000_000, "spent": 8_000_000}],
        "outputs": [{"kind": "paper", "title_en": "A paper", "doi": "10.1038/s41586-021-03819-2", "published_on": "2025-04"}],
    } | more


def at(update, what="") -> str:
    return f"updates/{update.id if isinstance(update, ProjectUpdate) else update['id']}/{what}"


def pointers(response) -> set[str]:
    return {error["pointer"] for error in problem(response)["errors"]}


def ok(response, status=200) -> dict:
    assert response.status_code == status, response.content.decode()
    body = response.json()
    if "version" in body:
        assert response["ETag"] == f'"{body["version"]}"'
    return body


# ---- the whole trip ------------------------------------------------------------------------------------------


def test_a_university_begins_writes_submits_reads_what_was_returned_and_why_and_submits_again(send, w):
    one = ok(send("post", body=new(w), by=w.partner), 201)
    assert (one["state"], one["version"], one["problems"][:0]) == ("draft", 1, [])
    one = ok(send("patch", at(one), {"sections": sections(w)}, w.partner, one["version"]))
    assert one["problems"] == [] and one["sections"]["money"][0]["spent"] == 8_000_000
    one = ok(send("post", at(one, "submit/"), by=w.partner, version=one["version"]))
    assert (one["state"], one["round"], one["values_proposed"]) == ("submitted", 1, 8)
    assert not Output.objects.exists() and not LedgerEntry.objects.exists()

    seen = ok(send("get", at(one), by=w.officer))
    values = {value["field"]: value for proposal in seen["proposals"] for value in proposal["values"]}
    assert (values["spent"]["value"], values["spent"]["now"], values["spent"]["currency"]) == (8_000_000, 0, "KRW")
    said = [
        {"value": value["id"], "accept": name != "doi", "note": "" if name != "doi" else "Not this paper.", "seen": value["seen"]}
        for name, value in values.items()
    ]
    ok(send("post", at(one, "decide/"), {"decisions": said, "text": "Nearly."}, w.officer, seen["version"]))
    assert Milestone.objects.get(id=w.milestone.id).state == "done"

    (row,) = ok(send("get", "updates/", {"state": "partly_accepted", "changed_since": one["changed_at"]}, w.partner))["results"]
    assert row["said"] == "Nearly." and row["version"] == seen["version"] + 1
    (returned,) = row["returned"]
    assert (returned["section"], returned["field"], returned["note"]) == ("outputs", "doi", "Not this paper.")
    one = ok(send("get", at(row), by=w.partner))
    assert set(one["sections"]) == {"outputs"}
    again = {"outputs": [{"key": returned_key(one), "doi": "10.1000/182"}]}
    one = ok(send("patch", at(one), {"sections": again}, w.partner, one["version"]))
    one = ok(send("post", at(one, "submit/"), by=w.partner, version=one["version"]))
    one = ok(send("post", at(one, "decide/"), {"accept": "all"}, w.officer, one["version"]))
    assert one["state"] == "accepted" and Output.objects.get().doi == "10.1000/182"
    assert [event["what"] for event in one["thread"]] == ["begun", "submitted", "partly_accepted", "submitted", "accepted"]


def returned_key(one) -> str:
    """The record that was made of what was accepted stands in the draft now."""
    (row,) = one["sections"]["outputs"]
    return row["key"]
