"""Saved views: a list's question under a name, for oneself or shared, at both doors, by the rights of whoever opens it."""

import pytest
from django.http import Http404, QueryDict

from records import lists
from records.commands import Author
from records.kinds import kinds
from records.refusals import NotAllowed, Refused, Stale
from records.saved import SavedView, to_save
from records.saving import change_view, delete_view, save_view
from tests import cast
from tests.cast import ask

pytestmark = [pytest.mark.usefixtures("english"), pytest.mark.django_db]
PROJECT = "project"


@pytest.fixture
def people(world):
    world.cast = cast.cast(world)
    return world


def author(user) -> Author:
    return Author(cast.reader(user), str(user))


def saved(user, query="status=running&columns=number,title&sort=-starts_on", name="Running", sharing="private", kind=PROJECT):  # fmt: skip
    return save_view(kinds()[kind], name, query, sharing, by=author(user))


# ---- what a view asks --------------------------------------------------------------------------------------


def test_a_view_asks_what_was_saved(people):
    view = saved(people.cast["officer"], "status=running&search=one&columns=number,title&sort=-starts_on&cursor=x&as_of=2024&limit=5")  # fmt: skip
    query = ask(PROJECT, f"view={view.id}", people.cast["officer"])
    assert [(asked.name, asked.values) for asked in query.asked] == [("status", ("running",))]
    assert (query.search, query.sort, query.columns, query.limit) == ("one", "-starts_on", ("number", "title"), 100)


def test_a_parameter_beside_it_takes_the_place_of_the_views_own_and_others_narrow(people):
    officer = people.cast["officer"]
    view = saved(officer)
    cast.project(people.alpha, "done", status="completed")
    rows = {row.slug for row in ask(PROJECT, f"view={view.id}", officer).rows()}
    assert rows == {"one", "two", "three"}
    assert {row.slug for row in ask(PROJECT, f"view={view.id}&status=completed", officer).rows()} == {"done"}
    assert {row.slug for row in ask(PROJECT, f"view={view.id}&slug=two", officer).rows()} == {"two"}
    assert {row.slug for row in ask(PROJECT, f"view={view.id}&status=", officer).rows()} == {*rows, "done"}


def test_a_view_that_is_not_there_or_of_another_list_is_refused(people, api):
    officer = people.cast["officer"]
    view = saved(officer)
    for key in ("nonsense", "01902056-2c80-754c-bcfe-c1d827fd7256"):
        answer = api(f"projects/?view={key}", officer)
        assert answer.status_code == 400 and answer.json()["errors"][0]["parameter"] == "view"
    assert "another list" in api(f"programs/?view={view.id}", officer).json()["errors"][0]["detail"]


def test_both_doors_show_the_rows_of_a_view(people, api, client):
    officer = people.cast["officer"]
    view = saved(officer, "slug__in=one,two&columns=title,number")
    shown = api(f"projects/?view={view.id}", officer).json()["results"]
    assert {row["title_en"] for row in shown} == {"Project one", "Project two"}
    page = client.get(f"/en/projects/?view={view.id}").content.decode()
    assert "Project one" in page and "Project three" not in page and "View: Running" in page
    assert 0 < page.index("sort=-title") < page.index("sort=number") and "sort=status" not in page


def test_columns_are_chosen_in_their_order_and_unknown_ones_refused_by_name(people, api, client):
    row = api("projects/?slug=one&fields=number,title").json()["results"][0]
    assert list(row) == ["number", "title_ko", "title_en"]
    answer = api("projects/?fields=colour")
    assert answer.status_code == 400 and "number" in answer.json()["errors"][0]["detail"]
    moved = client.get("/en/projects/?columns=title,number,status&earlier=status")
    assert moved.status_code == 302 and "columns=title%2Cstatus%2Cnumber" in moved.url
    assert client.get("/en/roles/?columns=effort_share").status_code == 400


def test_a_view_keeps_no_moment_and_no_page():
    kept = to_save(
        QueryDict("status=running&as_of=2024&known_at=2025&cursor=a&at=3&of=9&limit=5&view=x&unit=won&sort=")
    )
    assert kept == "status=running"


# ---- whose it is -------------------------------------------------------------------------------------------

OPENS = {"private": {"officer"}, "shared": {"officer", "viewer", "partner", "stranger", "administrator"}}


@pytest.mark.parametrize("sharing", ["private", "shared", "public"])
@pytest.mark.parametrize("role", ["anonymous", "viewer", "partner", "stranger", "officer", "administrator"])
def test_a_view_is_opened_by_whom_it_is_shared_with_by_their_own_rights(people, client, sharing, role):
    view = saved(people.cast["officer"], "status=running", sharing=sharing)
    hidden = cast.project(people.alpha, "hidden", visibility=cast.INTERNAL)
    by = people.cast[role]
    client.force_login(by) if by else client.logout()
    answer = client.get(f"/en/projects/?view={view.id}")
    assert (answer.status_code == 200) == (sharing == "public" or role in OPENS[sharing])
    if answer.status_code == 200:
        assert ("Project hidden" in answer.content.decode()) == (role in ("officer", "administrator")), hidden


def test_columns_and_filters_of_a_view_show_nobody_what_is_private(people, client):
    view = saved(people.cast["officer"], "columns=researcher,effort_share", sharing="public", kind="role")
    assert ask("role", f"view={view.id}").columns == ("researcher",)
    secret = saved(people.cast["officer"], "effort_share=30", "By share", "public", kind="role")
    with pytest.raises(lists.BadQuery, match="effort_share"):
        ask("role", f"view={secret.id}")


def test_only_its_owner_changes_or_deletes_a_view(people):
    view = saved(people.cast["officer"], sharing="shared")
    for role in ("viewer", "administrator"):
        with pytest.raises(NotAllowed):
            change_view(view.id, {"name": "Mine"}, version=1, by=author(people.cast[role]))
        with pytest.raises(NotAllowed):
            delete_view(view.id, version=1, by=author(people.cast[role]))
    with pytest.raises(NotAllowed):
        save_view(kinds()[PROJECT], "x", "", by=Author(cast.reader(None), ""))
    private = saved(people.cast["officer"], name="Hidden")
    with pytest.raises(Http404):
        change_view(private.id, {"name": "Mine"}, version=1, by=author(people.cast["viewer"]))


def test_a_view_that_moved_meanwhile_is_not_overwritten(people):
    officer = people.cast["officer"]
    view = saved(officer)
    assert change_view(view.id, {"name": "Renamed"}, version=1, by=author(officer)).version == 2
    with pytest.raises(Stale):
        change_view(view.id, {"sharing": "public"}, version=1, by=author(officer))
    with pytest.raises(Stale):
        delete_view(view.id, version=1, by=author(officer))
    delete_view(view.id, version=2, by=author(officer))
    assert not SavedView.objects.filter(id=view.id).exists()


def test_everything_that_is_wrong_with_a_view_is_said_at_once(people):
    with pytest.raises(Refused) as refused:
        saved(people.cast["officer"], "colour=red&columns=taste", name=" ", sharing="everyone")
    assert {fault.field for fault in refused.value.faults} == {"name", "sharing", "query"}


def test_a_name_stands_once_for_each_list_of_an_owner(people):
    officer = people.cast["officer"]
    saved(officer)
    with pytest.raises(Refused, match="already"):
        saved(officer, "status=planned")
    saved(officer, kind="program", query="")
    saved(people.cast["viewer"])


# ---- the pages ---------------------------------------------------------------------------------------------


def test_a_view_is_saved_renamed_shared_and_deleted_by_pages(people, client):
    officer = people.cast["officer"]
    client.force_login(officer)
    made = client.post("/en/projects/views/", {"name": "달리는 과제", "sharing": "private", "query": "status=running"})
    view = SavedView.objects.get()
    assert made.status_code == 302 and made.url == f"/en/projects/?view={view.id}"
    assert "달리는 과제" in client.get("/en/projects/").content.decode()
    sent = {"name": "Running", "sharing": "shared", "version": 1}
    assert client.post(f"/en/views/{view.id}/", sent).status_code == 302
    stale = client.post(f"/en/views/{view.id}/", sent | {"name": "Other"})
    assert stale.status_code == 409 and "Nothing was done" in stale.content.decode()
    assert client.post(f"/en/views/{view.id}/delete/", {"version": 1}).status_code == 409
    assert client.post(f"/en/views/{view.id}/delete/", {"version": 2}).status_code == 302
    assert not SavedView.objects.exists()
    empty = client.get("/en/views/").content.decode()
    assert "No view is saved yet." in empty


def test_what_is_wrong_is_said_at_the_field_and_what_was_typed_stays(people, client):
    client.force_login(people.cast["officer"])
    refused = client.post("/en/projects/views/", {"name": "", "sharing": "shared", "query": "status=running"})
    text = refused.content.decode()
    assert "Give the view a name." in text and 'value="status=running"' in text and not SavedView.objects.exists()


def test_what_the_list_shows_is_kept_in_the_view_that_is_open(people, client):
    officer = people.cast["officer"]
    client.force_login(officer)
    view = saved(officer, "status=running")
    assert "Keep what is shown" not in client.get(f"/en/projects/?view={view.id}").content.decode()
    text = client.get(f"/en/projects/?view={view.id}&status=completed").content.decode()
    assert "Keep what is shown" in text
    client.post(
        f"/en/views/{view.id}/", {"name": view.name, "sharing": "private", "version": 1, "query": "status=completed"}
    )
    view.refresh_from_db()
    assert view.query == "status=completed"


def test_a_filter_of_a_view_is_taken_away_by_its_chip(people, client):
    view = saved(people.cast["officer"], "status=running", sharing="public")
    text = client.get(f"/en/projects/?view={view.id}").content.decode()
    assert f"?view={view.id}&amp;status=" in text
    assert "Status:" not in client.get(f"/en/projects/?view={view.id}&status=").content.decode()


# ---- the API -----------------------------------------------------------------------------------------------


def test_a_view_is_saved_changed_and_deleted_by_the_api(people, api, client):
    officer = people.cast["officer"]
    client.force_login(officer)
    json = {"content_type": "application/json"}
    sent = {"list": "projects", "name": "Running", "query": "status=running", "sharing": "shared"}
    made = client.post("/api/v1/views/", sent, **json)
    assert made.status_code == 201 and made.json()["query"] == "status=running" and made["ETag"] == '"1"'
    at = f"/api/v1/views/{made.json()['id']}/"
    assert client.patch(at, {"name": "x"}, **json).status_code == 428
    assert client.patch(at, {"name": "Ours"}, **json, headers={"if-match": '"1"'}).json()["version"] == 2
    assert client.patch(at, {"name": "Stale"}, **json, headers={"if-match": '"1"'}).status_code == 412
    refused = client.post("/api/v1/views/", {"list": "nope", "name": 1, "colour": "red"}, **json)
    assert refused.status_code == 400
    seen = api("views/?list=projects", people.cast["viewer"]).json()["results"]
    assert [(view["name"], view["is_own"]) for view in seen] == [("Ours", False)]
    assert client.delete(at, headers={"if-match": '"2"'}).status_code == 403
    client.force_login(officer)
    assert client.delete(at, headers={"if-match": '"2"'}).status_code == 204
    assert client.get(at).status_code == 404


def test_nobody_saves_a_view_without_an_account(people, client):
    sent = {"list": "projects", "name": "x", "query": ""}
    assert client.post("/api/v1/views/", sent, content_type="application/json").status_code == 401
    assert client.get("/api/v1/views/").json() == {"results": []}
