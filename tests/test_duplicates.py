"""Records that may have been entered twice are shown with the reasons, until somebody decides."""

import json

import pytest

from records import duplicates
from records.duplicates import Likeness, find_duplicates, like, page
from records.models import Disagreement
from records.refusals import NotAllowed, Refused
from tests import cast
from tests.cast import kind
from tests.test_commands import author
from tests.test_merging import merge

pytestmark = pytest.mark.usefixtures("english")


def found(name="researcher") -> set[tuple[frozenset, tuple]]:
    """The open pairs of a kind: (the two ids, the reasons)."""
    find_duplicates(kind(name))
    pairs, _after = page(kind(name), cast.reader(cast.user("officer")))
    return {(frozenset({pair.one.id, pair.other.id}), tuple(pair.likeness.reasons)) for pair in pairs}


def two(one, other) -> frozenset:
    return frozenset({one.pk, other.pk})


def person(name="김민준", at=None, on=None, **more):
    made = cast.researcher(more.pop("name_en", ""), name_ko=name, **more)
    for scope in [on] if on else []:
        cast.role(made, scope)
    for institution in [at] if at else []:
        cast.affiliation(made, institution)
    return made


def test_two_people_of_one_name_at_one_institution_may_be_one(world):
    pair = two(person(at=world.gist), person(at=world.gist))
    assert (pair, ("name_and_more",)) in found()


def test_two_people_of_one_name_with_nothing_in_common_are_not_suspected(world):
    person(at=world.gist), person(at=world.kaist)
    assert found() == set()


def test_a_name_is_the_same_in_either_language_and_spelling(world):
    korean, english = person(on=world.one), person("", on=world.one, name_en="Kim Min-jun")
    turned, alias = person("", on=world.one, name_en="Minjun Kim"), person("", on=world.one, name_en="M. Kim")
    type(alias).objects.filter(pk=alias.pk).update(aliases=["김민준"])
    pairs = {pair for pair, _why in found()}
    everyone = (korean, english, turned, alias)
    assert pairs == {two(a, b) for a in everyone for b in everyone if a.pk < b.pk}


def test_one_letter_mistaken_is_forgiven_among_people_of_one_project(world):
    pair = two(person("", on=world.one, name_en="Daniel Sorensen"), person("", on=world.one, name_en="Daniel Sorenzen"))
    person("", on=world.two, name_en="Daniel Sorenfen")
    assert found() == {(pair, ("nearly",))}


def test_the_same_number_is_the_strongest_reason(world):
    pair = two(person("가", researcher_number="10001"), person("나", researcher_number="10001"))
    person(at=world.gist), person(at=world.gist)
    assert (pair, ("number",)) in found()
    [first, *_rest], _after = page(kind("researcher"), cast.reader(cast.user("officer")))
    assert {first.one.id, first.other.id} == set(pair)


def test_two_institutions_of_one_name_may_be_one_without_more(world):
    pair = two(cast.institution("a", name_en="Robot Center"), cast.institution("b", name_en="robot-center"))
    assert (pair, ("name",)) in found("institution")


def test_a_name_that_very_many_have_makes_no_pairs(world, monkeypatch):
    monkeypatch.setattr(duplicates, "MOST_ALIKE", 2)
    for _n in range(3):
        person(at=world.gist)
    assert found() == set()


def test_what_is_retired_merged_or_said_to_be_two_is_not_shown(world):
    one, other = person(at=world.gist), person(at=world.gist)
    assert len(found()) == 1
    by = author(reason="father and son")
    duplicates.keep_apart(kind("researcher"), one.pk, other.pk, by=by)
    said = Disagreement.objects.get(kind="homonym")
    assert (said.state, said.decided_by, said.reason_en) == ("decided", by.name, "father and son")
    assert found() == set() and Likeness.objects.filter(kind="researcher").count() == 1
    third = person("이서연", at=world.kaist)
    fourth = person("이서연", at=world.kaist)
    assert len(found()) == 1
    merge(third, fourth)
    assert page(kind("researcher"), cast.reader(cast.user("officer")))[0] == []


def test_that_they_are_two_needs_a_reason_and_an_officer(world):
    one, other = person(at=world.gist), person(at=world.gist)
    with pytest.raises(Refused, match="reason"):
        duplicates.keep_apart(kind("researcher"), one.pk, other.pk, by=author())
    viewer = cast.user("viewer")
    with pytest.raises(NotAllowed):
        duplicates.keep_apart(kind("researcher"), one.pk, other.pk, by=author(viewer, reason="so"))
    with pytest.raises(NotAllowed):
        page(kind("researcher"), cast.reader(viewer))


def test_each_pair_stands_on_one_page_however_long_pages_are(world):
    for n in range(5):
        person(f"이름{n}", at=world.gist), person(f"이름{n}", at=world.gist)
    find_duplicates(kind("researcher"))
    seen, after = [], ""
    while True:
        pairs, after = page(kind("researcher"), cast.reader(cast.user("officer")), after, limit=2)
        seen += [frozenset({pair.one.id, pair.other.id}) for pair in pairs]
        if not after:
            break
    assert len(seen) == len(set(seen)) == 5


def test_a_record_knows_what_it_may_be(world):
    one, other = person(at=world.gist), person(at=world.gist)
    find_duplicates(kind("researcher"))
    for mine, theirs in ((one, other), (other, one)):
        [pair] = like(kind("researcher"), mine.pk, cast.reader(cast.user("officer")))
        assert (pair.one.id, pair.other.id) == (mine.pk, theirs.pk)


# ---- the doors ---------------------------------------------------------------------------------------------


def test_the_page_shows_pairs_and_keeps_that_they_are_two(world, client, officer):
    one, other = person(at=world.gist), person(at=world.gist)
    client.force_login(officer)
    assert "Nothing looks as if" in client.get("/en/duplicates/").text
    find_duplicates(kind("researcher"))
    shown = client.get("/en/duplicates/researchers/").text
    assert "The same name, and something in common" in shown and f"merge/?other={other.pk}" in shown
    assert str(other.pk) in client.get(f"/en/researchers/{one.pk}/merge/").text
    sent = {"one": one.pk, "other": other.pk, "key": "k"}
    assert "reason" in client.post("/en/duplicates/researchers/two/", sent, follow=True).text
    for _twice in range(2):
        client.post("/en/duplicates/researchers/two/", sent | {"reason": "two cousins"})
    assert Disagreement.objects.filter(kind="homonym").count() == 1
    assert client.get("/en/duplicates/roles/").status_code == 404
    assert client.get("/en/duplicates/researchers/?after=x").status_code == 404
    client.force_login(cast.user("viewer"))
    assert client.get("/en/duplicates/").status_code == 403


def test_the_api_says_the_same(world, api, client, officer):
    one, other = person(at=world.gist), person(at=world.gist)
    find_duplicates(kind("researcher"))
    [pair] = api("duplicates/?kind=researcher", by=officer).json()["results"]
    assert pair["reasons"] == ["name_and_more"] and {pair["one"]["id"], pair["other"]["id"]} == {
        str(one.pk),
        str(other.pk),
    }
    for bad in ("", "?kind=role", "?kind=researcher&cursor=x", "?kind=researcher&colour=red"):
        assert api(f"duplicates/{bad}", by=officer).status_code == 400
    assert api("duplicates/?kind=researcher", by=cast.user("viewer")).status_code == 403
    body = {"kind": "researcher", "one": str(one.pk), "other": str(other.pk), "reason": "two cousins"}
    client.force_login(officer)
    answer = client.post("/api/v1/duplicates/two/", json.dumps(body), content_type="application/json")
    assert answer.status_code == 201
    assert api("duplicates/?kind=researcher", by=officer).json()["results"] == []
    wrong = client.post("/api/v1/duplicates/two/", json.dumps(body | {"one": "x"}), content_type="application/json")
    assert wrong.status_code == 400
