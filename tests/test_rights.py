"""A row that you may not see does not exist for you: in lists, records, searches, counts, totals and references."""

from types import SimpleNamespace

import pytest
from django.test import Client

from records.kinds import kinds
from records.models import Record
from tests import cast
from tests.cast import INTERNAL, PUBLIC, ROLES, SHARED, ids_in, kind

KINDS = [
    "source", "researcher", "institution", "lab", "affiliation", "program", "project", "participation", "role",
    "headcount", "funding_line", "funding_amount", "citation", "disagreement",
]  # fmt: skip
SEEN = {
    "anonymous": {PUBLIC}, "viewer": {PUBLIC, SHARED}, "partner": {PUBLIC, SHARED}, "partner_of_whole": {PUBLIC, SHARED},
    "partner_of_unit": {PUBLIC}, "stranger": {PUBLIC}, "officer": {PUBLIC, SHARED, INTERNAL},
    "administrator": {PUBLIC, SHARED, INTERNAL},
}  # fmt: skip
IN_NO_PROGRAM = {"affiliation"}  # shared with viewers, but with the participants of no program


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    """A row of every kind at every visibility, everybody who may ask, and figures that are worked out."""
    w = cast.small_world()
    w.made = {visibility: cast.one_of_each(w, visibility) for visibility in (PUBLIC, SHARED, INTERNAL)}
    for visibility, made in w.made.items():
        made["dated"] = cast.line(w.alpha, starts_on="2024", visibility=visibility)
    w.by = cast.cast(w)
    w.client = {role: signed_in(user) for role, user in w.by.items()}
    cast.work()
    return w


def seen(kind_name: str, role: str) -> set:
    if kind_name in IN_NO_PROGRAM and role.startswith("partner"):
        return {PUBLIC}
    return SEEN[role]


def rows(w, kind_name) -> dict:
    return {visibility: made[kind_name] for visibility, made in w.made.items() if kind_name in made}


def answer(w, role, address) -> dict:
    response = w.client[role].get(f"/api/v1/{address}")
    assert response.status_code == 200, (address, response.content)
    return response.json()


def signed_in(user) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


# ---- every kind, every role --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", KINDS)
def test_a_list_holds_what_one_may_see_and_no_more(db, w, name):
    for role in ROLES:
        listed = {row["id"] for row in answer(w, role, f"{kind(name).plural}/?limit=1000")["results"]}
        for visibility, row in rows(w, name).items():
            assert (str(row.id) in listed) == (visibility in seen(name, role)), (role, visibility.name)


@pytest.mark.parametrize("name", KINDS)
def test_a_record_that_one_may_not_see_is_not_there(db, w, name):
    for role in ROLES:
        for visibility, row in rows(w, name).items():
            for key in [row.id, row.slug] if kind(name).has_slug else [row.id]:
                status = w.client[role].get(f"/api/v1/{kind(name).plural}/{key}/").status_code
                assert status == (200 if visibility in seen(name, role) else 404), (role, visibility.name)


@pytest.mark.parametrize(
    "name", [name for name in KINDS if name not in ("headcount", "funding_amount", "participation")]
)
def test_a_search_finds_what_one_may_see_and_no_more(db, w, name):
    for role in ROLES:
        for visibility, row in rows(w, name).items():
            found = cast.ask(name, f"search={visibility.name.lower()}", w.by[role]).page().rows
            assert (row in found) == (visibility in seen(name, role)), (role, visibility.name)


@pytest.mark.parametrize("name", KINDS)
def test_a_filter_and_a_count_know_what_one_may_see_and_no_more(db, w, name):
    for role in ROLES:
        for visibility, row in rows(w, name).items():
            is_seen = visibility in seen(name, role)
            assert cast.ask(name, f"id={row.id}", w.by[role]).count() == is_seen
            assert (row in cast.ask(name, f"visibility={visibility.name.lower()}", w.by[role]).rows()) == is_seen


@pytest.mark.parametrize("role", ROLES)
def test_records_of_any_kind_are_counted_as_one_may_see_them(db, w, role):
    found = set(Record.objects.visible_to(cast.reader(w.by[role])).values_list("id", flat=True))
    for name in KINDS:
        for visibility, row in rows(w, name).items():
            assert (row.id in found) == (visibility in seen(name, role)), (name, visibility.name)


@pytest.mark.parametrize("role", ROLES)
def test_no_answer_names_an_id_that_one_may_not_see(db, w, role):
    visible = set(Record.objects.visible_to(cast.reader(w.by[role])).values_list("id", flat=True))
    hidden = set(Record.objects.values_list("id", flat=True)) - visible
    lists = [f"{k.plural}/?limit=1000" for k in kinds().values()]
    lists += ["timelines/?limit=1000", *(f"rollups/?group_by={d}" for d in ("program", "project"))]
    for address in lists:
        assert not ids_in(answer(w, role, address)) & hidden, address


@pytest.mark.parametrize("role", ROLES)
def test_an_entry_of_a_timeline_is_there_for_whom_its_record_is(db, w, role):
    found = {entry["record"] for entry in answer(w, role, "timelines/?limit=1000")["results"]}
    dated = {(visibility, str(made["dated"].id)) for visibility, made in w.made.items()}
    assert {visibility for visibility, id in dated if id in found} == SEEN[role]
