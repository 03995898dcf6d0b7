"""Searching: what is found, in which order, however many there are; and what the index knows fits what is asked."""

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from people.models import Researcher
from programs.models import Role
from records import searching
from records.folding import MARK, folded
from records.history import known_at
from records.kinds import kinds
from records.searching import BEGINNING, EXACT, REST
from tests import cast
from tests.cast import INTERNAL, PUBLIC, every_row, sql

pytestmark = pytest.mark.usefixtures("english")

PARTS = [
    "김",
    "민",
    "준",
    "민준",
    "로봇",
    "휴머노이드",
    "Kim",
    "kim",
    "MIT",
    "mi",
    "it",
    "a",
    "1",
    "0001",
    "00",
    " ",
    "-",
    "·",
    "Ⅳ",
    "O'",
]
names = st.lists(st.sampled_from(PARTS), max_size=4).map("".join).map(str.strip)
people = st.tuples(names, names, st.lists(names.filter(bool), max_size=2), st.sampled_from([PUBLIC, INTERNAL]))
SIZES = {  # how many are few, of how many the latest are looked at, how many of those are common; where others are too many
    "few": {},
    "many": {"FEW": 0},
    "many, few of them among the latest": {"FEW": 1, "LATEST": 1},
    "common": {"FEW": 0, "COMMON": 1},
    "beginnings are few, the rest is common": {"FEW": 1, "COMMON": 4},
    "too many others": {"FEW": 1, "MOST": 1},
}
every_size = pytest.mark.parametrize("size", SIZES)


def set_size(patch: pytest.MonkeyPatch, size: str):
    sizes = dict(SIZES[size])
    if common := sizes.pop("COMMON", 0):
        patch.setattr(searching.Search, "_is_common", lambda _self, share: share >= common / searching.SAMPLE)
    for name, value in sizes.items():
        patch.setattr(searching, name, value)


# ---- texts -------------------------------------------------------------------------------------------------

alphabet = st.one_of(
    st.sampled_from(PARTS), st.sampled_from("「」（）…～ー・™①％\u00a0\u3000\u200bＭｉｔ가각한글ㄱ漢é"), st.characters(codec="ascii", exclude_characters="\0\x1f")
)  # fmt: skip
texts = st.lists(alphabet, max_size=12).map("".join)


@given(texts)
def test_a_text_is_folded_alike_in_the_database_and_in_python(db, text):
    assert sql("SELECT registry_folded(NULL, %s)", text) == [(f"{MARK}{folded(text)}{MARK}",)]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("휴머노이드 로봇", "휴머노이드로봇"), ("MIT–CSAIL", "mit csail"), ("ＡＩ·ＳＷ", "ai/sw"), ("한글", "한글"),
        ("「인공지능」 연구", "인공지능연구"), ("0000-0002-1825-0097", "0000000218250097"), ("₩946억", "946억"),
    ],
)  # fmt: skip
def test_spaces_punctuation_and_capitals_do_not_matter(one, other):
    assert folded(one) == folded(other)


@given(texts, st.lists(texts, max_size=2), texts, st.integers(0, 8), st.integers(1, 8))
def test_the_index_knows_of_every_piece_of_a_text(db, name, others, another, begin, length):
    """And of those that it holds as they are it knows who does not have them."""
    ((text,),) = sql("SELECT registry_folded(%s, %s)", others, name)
    for piece in {text[begin : begin + length], f"{MARK}{folded(another)}", folded(another)[:3]} - {""}:
        if MARK in piece[1:-1]:
            continue
        ((is_found,),) = sql("SELECT registry_grams(%s) @@ registry_query(%s)", text, piece)
        assert is_found or piece not in text
        assert not is_found or piece in text or len(piece) > (4 if piece.isascii() else 3)


def test_each_kind_has_the_index_of_what_it_is_searched_by():
    for kind in kinds().values():
        names, lists = searching.own_columns(kind)
        indexes = [index for index in kind.model._meta.indexes if index.name.endswith("_searched")]
        assert [index.expressions for index in indexes] == ([(searching.grams_of(names, lists),)] if names else []), (
            kind
        )


# ---- what is found -----------------------------------------------------------------------------------------


def band(texts: list[str], search: str) -> int | None:
    """The slow way to say whether and how well these texts answer."""
    own, words = [folded(text) for text in texts], [folded(word) for word in search.split()]
    if not any(words) or not all(any(word in text for text in own) for word in words):
        return None
    whole = "".join(words)
    return EXACT if whole in own else BEGINNING if any(text.startswith(whole) for text in own) else REST


def expected(rows: dict, search: str) -> dict:
    bands = {id: band(texts, search) for id, texts in rows.items()}
    return {id: band for id, band in bands.items() if band is not None}


def make(made: list) -> dict:
    """Researchers, by id: what they are called, and at which visibility."""
    rows = [Researcher(name_ko=ko, name_en=en or "x", aliases=also, visibility=v) for ko, en, also, v in made]
    Researcher.objects.bulk_create(rows)
    return {row.id: row for row in rows}


def called(row: Researcher) -> list[str]:
    return [row.name_ko, row.name_en, *row.aliases]


searches = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map("".join).filter(str.strip)  # blanks ask nothing


@every_size
@given(made=st.lists(people, max_size=12), search=searches, limit=st.integers(1, 5))
def test_a_search_finds_what_a_slow_one_finds(db, size, made, search, limit):
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        set_size(patch, size)
        rows = make(made)
        for by in (None, cast.user("officer")):
            seen = {id: called(row) for id, row in rows.items() if by or row.visibility == PUBLIC}
            bands = expected(seen, search)
            found = [row.id for row in every_row("researcher", f"search={search}", by, limit=limit)]
            assert sorted(found) == sorted(bands)
            assert [bands[id] for id in found] == sorted(bands.values())
            assert cast.ask("researcher", f"search={search}", by).count() == len(bands)
            by_id = [row.id for row in every_row("researcher", f"search={search}&sort=-id", by, limit=limit)]
            assert by_id == sorted(bands, reverse=True)
        transaction.set_rollback(True)


def test_few_stand_in_the_order_of_the_list(db):
    make([("", f"{name} robot", [], PUBLIC) for name in "cadb"])
    found = every_row("researcher", "search=robot", limit=2)
    assert [row.name_en[0] for row in found] == ["a", "b", "c", "d"]


def test_of_many_the_latest_record_comes_first(db, monkeypatch):
    monkeypatch.setattr(searching, "FEW", 2)
    rows = make([("", f"{name} robot", [], PUBLIC) for name in "cadb"])
    assert [row.id for row in every_row("researcher", "search=robot", limit=2)] == sorted(rows, reverse=True)


@every_size
@given(made=st.lists(people, min_size=1, max_size=6), titles=st.lists(names, max_size=10), search=searches)
def test_a_role_is_found_by_its_title_and_by_the_name_of_who_has_it(db, size, made, titles, search):
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        set_size(patch, size)
        who, program = list(make(made).values()), cast.program(visibility=INTERNAL)
        roles = [
            Role(researcher=who[n % len(who)], scope_id=program.id, part="pi", title_ko=title, visibility=INTERNAL)
            for n, title in enumerate(titles)
        ]
        Role.objects.bulk_create(roles)
        texts = {role.id: [role.title_ko, role.researcher.name_ko, role.researcher.name_en] for role in roles}
        bands = expected(texts, search)
        officer = cast.user("officer")
        assert cast.ask("role", f"search={search}", officer).count() == len(bands)
        found = [row.id for row in every_row("role", f"search={search}", officer, limit=3)]
        assert sorted(found) == sorted(bands)
        assert [bands[id] for id in found] == sorted(bands.values())
        transaction.set_rollback(True)


@every_size
def test_a_search_and_filters_hold_together(world, monkeypatch, size):
    set_size(monkeypatch, size)
    for n in range(5):
        cast.project(world.alpha, title_ko=f"로봇 {n}", status="running" if n % 2 else "planned")
    found = every_row("project", "search=로봇&status=running&program=alpha", limit=1)
    assert sorted(row.title_ko for row in found) == ["로봇 1", "로봇 3"]
    assert not every_row("project", "search=로봇&program=beta")


def test_a_search_in_the_past_finds_what_was_called_so_then(db):
    who = cast.researcher("Daniela Rus")
    Researcher.objects.filter(id=who.id).update(name_en="Somebody Else")
    then = sql("SELECT updated_at FROM history.people_researcher WHERE id = %s", who.id)[0][0]
    with known_at(then):
        assert [row.id for row in every_row("researcher", "search=danielarus")] == [who.id]
    assert not every_row("researcher", "search=daniela")


@pytest.mark.parametrize("search", ["!", "-- ·", "%", "'"])
def test_punctuation_alone_finds_nothing(world, search):
    assert not cast.page("institution", {"search": search}).rows
    assert cast.ask("institution", "search=·").count() == 0


@pytest.mark.parametrize("name", list(kinds()))
def test_a_search_that_can_find_nothing_leaves_an_empty_page_and_an_empty_comparison(world, client, name):
    """By punctuation alone; and of kinds in which nothing is searched, by any word."""
    plural = kinds()[name].plural
    for search in ("!", "zebu"):
        for address in (f"{plural}/?", f"{plural}/?known_at=2020&", f"compare/{plural}/?as_of=2020&as_of_to=2030&"):
            assert client.get(f"/en/{address}search={search}").status_code == 200, (address, search)
