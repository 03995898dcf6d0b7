"""Merging by page and by API, and where the address of a merged record leads."""

import json
from datetime import UTC, datetime

import pytest

from labs.models import Institution
from programs.models import Participation
from records import merging
from records.models import Change
from tests import cast
from tests.test_merging import asked, merge, twin  # noqa: F401

pytestmark = pytest.mark.usefixtures("english")


@pytest.fixture
def post(client, officer):
    def send(address, by=officer, etag='"1"', **body):
        client.force_login(by)
        headers = {"accept-language": "en", **({"if-match": etag} if etag else {})}
        return client.post(f"/api/v1/{address}", json.dumps(body), content_type="application/json", headers=headers)

    return send


# ---- the API -----------------------------------------------------------------------------------------------


def test_a_dry_run_says_what_would_happen_and_the_request_does_it(world, twin, post):  # noqa: F811
    said = post("institutions/gist/merge/", other="gist-2", dry_run=True).json()
    assert said["change"] is None and said["asks_reason"] and said["problems"] == []
    assert {one["kind"]: one["moved"] for one in said["effects"]}["participation"] == 1
    assert Institution.objects.get(pk=twin.pk).is_retired is False
    done = post("institutions/gist/merge/", other="gist-2", take=["name_ko"], reason="entered twice").json()
    assert Institution.objects.get(pk=world.gist.pk).name_ko == "광주과학기술원"
    assert Change.objects.get(pk=done["change"]).reason == "entered twice"


def test_each_refusal_has_its_status_and_its_field(world, twin, post, client):  # noqa: F811
    assert post("institutions/gist/merge/", etag="", other="gist-2").status_code == 428
    assert post("institutions/gist/merge/", etag='"9"', other="gist-2", reason="so").status_code == 412
    assert post("institutions/gist/merge/", by=cast.user("viewer"), other="gist-2").status_code == 403
    assert post("institutions/nowhere/merge/", other="gist-2").status_code == 404
    for body, field in (
        ({"other": "nowhere"}, "other"),
        ({"other": "gist"}, "other"),
        ({"other": "gist-2", "take": ["slug"]}, "take"),
        ({"other": "gist-2", "take": "name_ko"}, "take"),
        ({"other": "gist-2", "other_version": "1"}, "other_version"),
        ({"other": "gist-2"}, "reason"),
        ({"other": "gist-2", "colour": "red"}, "colour"),
    ):
        answer = post("institutions/gist/merge/", **body)
        assert answer.status_code == 400 and field in json.dumps(answer.json()), body
    assert post("roles/x/merge/").status_code in (404, 405)


def test_old_ids_and_addresses_lead_to_the_kept_record(world, twin, api, client):  # noqa: F811
    merge(world.gist, twin)
    for key in ("gist-2", twin.pk):
        answer = api(f"institutions/{key}/?money=minor")
        assert (answer.status_code, answer["Location"]) == (302, "/api/v1/institutions/gist/?money=minor")
        for by in (None, cast.user("officer")):
            client.force_login(by) if by else client.logout()
            assert client.get(f"/en/institutions/{key}/").headers["Location"] == "/en/institutions/gist/"
    assert api(f"institutions/{twin.pk}/history/").status_code == 200


def test_what_the_reader_may_not_see_nothing_leads_to(world, twin, api):  # noqa: F811
    hidden = cast.institution("hidden", visibility=cast.INTERNAL)
    alone = cast.institution("alone")
    merge(hidden, alone)
    assert api("institutions/alone/").status_code == 410
    assert api("institutions/alone/", by=cast.user("officer")).status_code == 302


def test_filters_and_references_by_the_old_name_mean_the_kept_record(world, twin, api, post):  # noqa: F811
    merge(world.gist, twin)
    by_new = [row["id"] for row in api("participations/?institution=gist").json()["results"]]
    for key in ("gist-2", twin.pk):
        assert [row["id"] for row in api(f"participations/?institution={key}").json()["results"]] == by_new
    made = post("participations/", institution="gist-2", scope=str(world.two.pk), part="joint")
    assert made.status_code == 201 and made.json()["institution"] == str(world.gist.pk)
    assert len(by_new) == 2 and Participation.objects.filter(institution=world.gist).count() == 3


def test_a_partner_of_the_merged_institution_is_one_of_the_kept(world, twin):  # noqa: F811
    partner = cast.user("partner", twin)
    merge(world.gist, twin)
    assert world.gist.pk in cast.reader(partner).institutions
    assert world.alpha.pk in cast.reader(partner).takes_part_in


def test_the_past_knows_both(world, twin, api):  # noqa: F811
    before = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    merge(world.gist, twin)
    assert api(f"institutions/gist-2/?known_at={before}").json()["name_ko"] == "광주과학기술원"


# ---- pages -------------------------------------------------------------------------------------------------


def test_the_page_asks_which_shows_what_and_does_it(world, twin, client, officer):  # noqa: F811
    client.force_login(officer)
    assert "The record that is there twice" in client.get("/en/institutions/gist/merge/").text
    shown = client.get(f"/en/institutions/gist/merge/?other={twin.pk}").text
    assert "Merge “GIST” into “Gist”" in shown and "Keep the other one instead" in shown
    sent = {
        "other": str(twin.pk), "versions": "1 1", "key": "k", "reason": "entered twice",
        "field": ["name_ko", "name_en"], "take-name_ko": "other", "take-name_en": "keep",
    }  # fmt: skip
    done = client.post("/en/institutions/gist/merge/", sent, follow=True)
    assert "The two are one now" in done.text and "/undo/" in done.text
    kept = Institution.objects.get(pk=world.gist.pk)
    assert (kept.name_ko, kept.name_en) == ("광주과학기술원", "Gist")
    again = client.post("/en/institutions/gist/merge/", sent, follow=True)
    assert again.status_code in (200, 400) and Change.objects.filter(reason="entered twice").count() == 1


def test_the_page_says_what_is_wrong(world, twin, client, officer):  # noqa: F811
    client.force_login(officer)
    assert client.get("/en/institutions/gist/merge/?other=zzz").status_code == 400
    assert client.get(f"/en/institutions/gist/merge/?other={world.gist.pk}").status_code == 400
    no_reason = {"other": str(twin.pk), "versions": "1 1", "key": "k", "field": [""]}
    answer = client.post("/en/institutions/gist/merge/", no_reason)
    assert answer.status_code == 400 and "Say why" in answer.text
    stale = client.post("/en/institutions/gist/merge/", no_reason | {"versions": "1 9", "reason": "so"})
    assert stale.status_code == 400 and "changed one of the two meanwhile" in stale.text
    assert client.get("/en/funding-lines/", follow=True).status_code == 200
    line = f"/en/funding-lines/{world.line.pk}/merge/"
    assert client.get(line).status_code == 400
    client.force_login(cast.user("viewer"))
    assert client.get("/en/institutions/gist/merge/").status_code == 403
    client.logout()
    assert client.get("/en/institutions/gist/merge/").status_code == 302


def test_the_plan_of_what_is_named_by_nothing_is_empty(world, officer):
    plan = merging.plan(asked(world.kaist, cast.institution("bare")), cast.reader(officer))
    assert plan.effects == [] and not plan.hindrances and not plan.asks_reason
