"""What a list can be asked is said by OPTIONS and by the schema, and all of it is taken; what is not is said to be wrong."""

import re
from types import SimpleNamespace

import pytest
from django.http import QueryDict

from records import lists
from records.asking import MOST_VALUES, BadQuery, parameters
from records.described import OF_LOOKUP
from records.kinds import Type, kinds, kinds_by_plural
from records.list_api import CONTROLS
from records.rights import ANYONE, EVERYTHING
from records.shape_asked import read_shape
from tests import cast
from tests.cast import INTERNAL

PLURALS = sorted(kinds_by_plural())
HANGUL = re.compile("[가-힣]")


@pytest.fixture(scope="module")
def w(kept) -> SimpleNamespace:
    w = cast.small_world()
    w.secret = cast.program("alphabet", visibility=INTERNAL)
    w.officer = cast.user("officer")
    return w


def described(client, plural: str, by=None) -> dict:
    client.force_login(by) if by else client.logout()
    answer = client.options(f"/api/v1/{plural}/")
    assert answer.status_code == 200
    return answer.json()


def details(answer) -> dict[str, dict]:
    assert answer.status_code == 400, answer.content
    return {error["parameter"]: error for error in answer.json()["errors"]}


# ---- OPTIONS -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("plural", PLURALS)
def test_options_name_every_parameter_that_the_list_takes(db, w, client, plural):
    for by, reader in ((None, ANYONE), (w.officer, EVERYTHING)):
        said = described(client, plural, by)
        named = [name for one in (*said["fields"], *said["filters"]) for name in one["filters"]]
        assert set(named) == set(parameters(kinds_by_plural()[plural], reader, ())) and not set(named) & set(CONTROLS)
        assert {f["name"] for f in said["fields"] if f["is_private"]} == set(kinds_by_plural()[plural].private)


@pytest.mark.parametrize("plural", PLURALS)
def test_all_that_options_name_is_taken(db, w, client, plural):
    kind, said = kinds_by_plural()[plural], described(client, plural)
    problems = []
    for path in [one["name"] for one in said["includes"]]:
        read_shape(kind, QueryDict(f"include={path}"), problems)
    for name in said["names"]:
        read_shape(kind, QueryDict(f"fields={name}"), problems)
    assert not problems
    for sort in said["sorts"]:
        assert lists.read(kind, QueryDict(f"sort=-{sort['name']}"), ANYONE).page()
    for one in (*said["fields"], *said["filters"]):
        for choice in one.get("choices", []):
            asked = QueryDict(mutable=True)
            asked[one["name"]] = choice["value"]
            assert not one["filters"] or lists.read(kind, asked, ANYONE).asked
    assert said["order"].removeprefix("-") in [sort["name"] for sort in said["sorts"]]


@pytest.mark.parametrize("plural", PLURALS)
def test_everything_has_a_name_in_korean_and_in_english(db, w, client, plural):
    def labels(value):
        if isinstance(value, dict):
            if set(value) == {"ko", "en"}:
                yield value
            for one in value.values():
                yield from labels(one)
        elif isinstance(value, list):
            for one in value:
                yield from labels(one)

    found = list(labels(described(client, plural)))
    assert len(found) > 10
    for label in found:
        assert label["ko"] and label["en"] and not HANGUL.search(label["en"]), label
        assert HANGUL.search(label["ko"]) or label["ko"].isascii() or label["ko"] == label["en"], label


def test_a_record_s_own_doors_are_described_as_before(db, w, client):
    assert client.options("/api/v1/projects/one/").json()["name"]


# ---- the schema --------------------------------------------------------------------------------------------


def test_the_schema_names_choices_includes_and_sorts(client, db):
    schema = client.get("/api/schema/?format=json").json()
    asked = {one["name"]: one for one in schema["paths"]["/api/v1/funding-lines/"]["get"]["parameters"]}
    assert asked["state"]["schema"]["items"]["enum"] == ["planned", "committed", "closed", "cancelled"]
    assert asked["state"]["schema"]["maxItems"] == MOST_VALUES and asked["state"]["explode"] is True
    assert (
        re.search("[가-힣]+ / state", asked["state"]["description"]) and "현금 / cash" in asked["form"]["description"]
    )
    assert "project.program" in asked["include"]["schema"]["items"]["enum"] and asked["include"]["explode"] is False
    assert {"-name", "starts_on"} <= set(asked["sort"]["schema"]["enum"])
    assert set(OF_LOOKUP) >= {name.partition("__")[2] for name in asked}


# ---- what is wrong -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "parameter", "code", "near"),
    [
        ("projects/?program=alhpa", "program", "no_such_record", "alpha"), ("projects/?program__in=alpha,bta", "program__in", "no_such_record", "beta"),
        ("projects/?institution=gits", "institution", "no_such_record", "gist"), ("projects/?parent=zzz", "parent", "no_such_record", ""),
        ("projects/?staus=running", "staus", "unknown_parameter", "status"), ("projects/?status__contain=x", "status__contain", "unknown_parameter", "status__in"),
        ("projects/?status=complete", "status", "not_a_choice", "completed"), ("projects/?unsourced=titel_ko", "unsourced", "not_a_choice", "title_ko"),
        ("projects/?visibility=publik", "visibility", "not_a_choice", "public"), ("projects/?sort=titl", "sort", "not_a_choice", "title"),
        ("projects/?version=1_000", "version", "not_a_value", ""), ("projects/?status__isnull=true", "status__isnull", "unknown_parameter", ""),
        ("funding-lines/?planned__gte=5", "planned__gte", "not_allowed_here", ""), ("projects/?fields=titel", "fields", "unknown_field", "title"),
    ],
)  # fmt: skip
def test_what_is_mistyped_names_itself_and_the_nearest_right_word(db, w, api, question, parameter, code, near):
    error = details(api(question))[parameter]
    assert error["code"] == code
    assert not near or f"Did you mean “{near}”?" in error["detail"], error["detail"]


def test_what_one_may_not_see_is_nobodys_nearest_word(db, w, api):
    hidden, nothing = (
        api(f"projects/?program={name}").json()["errors"][0]["detail"] for name in ("alphabet", "alphabeth")
    )
    assert hidden.replace("“alphabet”", "“alphabeth”") == nothing
    assert "alphabet" in api("projects/?program=alphabeth", w.officer).json()["errors"][0]["detail"]
    assert api("projects/?program=alphabet", w.officer).json()["results"] == []


def test_an_id_of_nothing_is_a_list_without_rows(db, w, api):
    assert api("projects/?program=01900000-0000-7000-8000-000000000000").json()["results"] == []


def test_a_hundred_values_are_taken_and_no_more(db, w, api):
    names = [f"n{n}" for n in range(MOST_VALUES + 1)]
    assert api(f"projects/?slug__in={','.join(names[1:])}").status_code == 200
    assert details(api(f"projects/?slug__in={','.join(names)}"))["slug__in"]["code"] == "too_many"
    assert details(api("projects/?" + "&".join(f"slug={name}" for name in names)))["slug"]["code"] == "too_many"


@pytest.mark.parametrize("name", sorted(kinds()))
def test_only_what_is_worked_out_for_each_row_cannot_be_asked_for(name):
    """Every other field that a list shows has a filter."""
    for field in kinds()[name].all_fields.values():
        is_filter = any(p.partition("__")[0] == field.name for p in parameters(kinds()[name], EVERYTHING, ()))
        assert is_filter is (field.name not in kinds()[name].attached_fields), field.name


def test_a_page_shows_no_rows_where_the_api_refuses(db, w):
    assert lists.read(kinds()["project"], QueryDict("program=alhpa"), ANYONE).page().rows == []
    with pytest.raises(BadQuery):
        lists.read(kinds()["funding_line"], QueryDict("planned=5"), ANYONE)


def test_texts_lists_choices_dates_and_booleans_are_asked_in_their_ways(db, w, api):
    cast.lab(w.kaist, "far", aliases=["방 하나", "x"])
    cast.line(w.alpha, name_en="abroad", payer=cast.institution("mit", country="US"), starts_on="2024")
    for question, expected in (
        ("labs/?aliases__in=x,y", ["Lab far"]), ("labs/?aliases__contains=하나", ["Lab far"]), ("labs/?aliases=방 하나", ["Lab far"]),
        ("funding-lines/?abroad=true", ["abroad"]), ("funding-lines/?starts_on__in=2023,2024", ["abroad"]),
        ("funding-lines/?payer__in=mit&payer_kind__in=university", ["abroad"]), ("funding-lines/?payer=mit&category__isnull=false", []),
    ):  # fmt: skip
        assert [row["name_en"] for row in api(question).json()["results"]] == expected, question
    assert Type.BOOLEAN in {f.type for f in kinds()["funding_line"].all_fields.values()}
