"""Two doors, one lock: pages and API give everybody the same answer, for every kind, at every level of rights."""

import json

import pytest

from records.kinds import kinds
from tests import cast
from tests.cast import INTERNAL, PUBLIC, ROLES, SHARED
from tests.desk import Desk

LEVELS = {PUBLIC: "public", SHARED: "shared", INTERNAL: "internal"}
SEES = {  # up to which level. GIST takes part, not its unit alone; partners of the program see what is shared in it
    "anonymous": PUBLIC, "stranger": PUBLIC, "viewer": SHARED, "partner": SHARED, "partner_of_whole": SHARED,
    "partner_of_unit": PUBLIC, "officer": INTERNAL, "administrator": INTERNAL,
}  # fmt: skip
EDITS = ("officer", "administrator")


@pytest.fixture
def rows(world) -> dict:
    """Per level, a row of each kind that can have it."""
    return {level: cast.one_of_each(world, level, LEVELS[level]) for level in LEVELS}


def by_page(client, by, address: str) -> str:
    """What the page at this address answers: shown, not there, not allowed, or asked to log in."""
    client.force_login(by) if by else client.logout()
    response = client.get(f"/en/{address}")
    if response.status_code == 302 and "/login/" in response.url:
        return "who are you?"
    return {200: "yes", 403: "not you", 404: "not there"}[response.status_code]


def by_api(client, by, method: str, address: str, **headers) -> str:
    """What the API answers; a refusal of an empty body is an answer to somebody who may write."""
    client.force_login(by) if by else client.logout()
    response = getattr(client, method)(
        f"/api/v1/{address}", *([] if method == "get" else [json.dumps({"nonsense": 1}), "application/json"]), headers=headers
    )  # fmt: skip
    return {200: "yes", 400: "yes", 401: "who are you?", 403: "not you", 404: "not there"}[response.status_code]


@pytest.mark.parametrize("role", ROLES)
def test_everybody_gets_the_same_answer_at_both_doors(world, rows, client, role):
    by, is_partner = cast.cast(world)[role], role.startswith("partner")  # an affiliation lies in no program
    for level, made in rows.items():
        for name, row in made.items():
            kind, is_seen = kinds()[name], level <= (PUBLIC if is_partner and name == "affiliation" else SEES[role])
            at = f"{kind.plural}/{row.pk}/"
            reading = "yes" if is_seen else "not there"
            page = by_page(client, by, f"{kind.plural}/{row.slug}/" if kind.has_slug else at)
            assert (page, by_api(client, by, "get", at)) == (reading, reading), (role, name, level)
            writing = (
                "who are you?" if by is None else "not there" if not is_seen else "yes" if role in EDITS else "not you"
            )
            pages = {by_page(client, by, f"{at}{way}/") for way in ("edit", "retire")}
            api = {
                by_api(client, by, "patch", at, **{"if-match": '"1"'}),
                by_api(client, by, "post", f"{at}retire/", **{"if-match": '"1"'}),
            }
            assert pages == api == {writing}, (role, name, level)


@pytest.mark.parametrize("role", ROLES)
def test_everybody_enters_a_record_of_a_kind_at_both_doors_or_at_none(world, client, role):
    by = cast.cast(world)[role]
    expected = "who are you?" if by is None else "yes" if role in EDITS else "not you"
    for kind in kinds().values():
        new = f"documents/new/?record={world.alpha.id}" if kind.fixed else f"{kind.plural}/new/"
        assert by_page(client, by, new) == by_api(client, by, "post", f"{kind.plural}/") == expected, (role, kind.name)


@pytest.mark.parametrize("name", [name for name, kind in kinds().items() if not kind.fixed and not kind.counter])
def test_what_an_officer_changes_at_one_door_stands_at_the_other(world, client, officer, name):
    """Retired by the API and restored on the page, each kind is afterwards as it was."""
    kind, row = kinds()[name], cast.one_of_each(world)[name]
    at = f"{kind.plural}/{row.pk}/"
    client.force_login(officer)
    before = client.get(f"/api/v1/{at}").json()
    answer = client.post(
        f"/api/v1/{at}retire/", json.dumps({"reason": "why", "with_parts": True}), "application/json",
        headers={"if-match": f'"{before["version"]}"'},
    )  # fmt: skip
    assert answer.status_code == 200, answer.content
    Desk(client, officer)(f"{at}restore/").send(reason="by mistake")
    after = client.get(f"/api/v1/{at}").json()
    changed = {field for field in kind.typed_fields if after[field] != before[field]}
    assert not changed and not after["is_retired"] and after["version"] == before["version"] + 2
