"""Records are found while somebody types, in whatever spelling, and only those that the reader may see."""

import random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from people.models import Researcher
from records.kinds import kinds
from records.spellings import asked, rebuild, span
from records.suggesting import suggest
from tests import cast
from tests.cast import INTERNAL, SHARED, sql

pytestmark = pytest.mark.usefixtures("english")


def found(text, *names, by=None, **more):
    chosen = [cast.kind(name) for name in names or ("researcher",)]
    return suggest(text, kinds=chosen, reader=cast.reader(by), **more)


def ids(text, *names, by=None, **more):
    return [one.id for one in found(text, *names, by=by, **more)]


# ---- spellings ---------------------------------------------------------------------------------------------

SPELLED = {
    "이종호": ["이종호", "이종", "Lee Jong-ho", "yi jongho", "Lee Jongho", "jongho", "Rhee, Chong-Ho", "I Jong Ho", "LEE JONG HO", "ㅇㅈㅎ", "이종ㅎ", "이조", "Ri Jongho"],
    "김민준": ["Kim Minjun", "gim min-joon", "Minjun Kim", "김미", "ㄱㅁ", "김ㅁ"],
    "박근혜": ["Park Geun-hye", "Pak Kunhye", "Bak Geunhye"],
    "최영희": ["Choi Younghee", "Choe Yeong-hui", "younghee choi"],
    "정현우": ["Jung Hyunwoo", "Jeong Hyeon-u", "Chung Hyun Woo", "Joung hyunwoo"],
    "임윤찬": ["Lim Yunchan", "Im Yoonchan", "Rim"],
    "유승민": ["Yoo Seungmin", "Ryu Seung-min", "Yu"],
    "노무현": ["Roh Moo-hyun", "Noh Muhyeon", "No Muhyun"],
    "안철수": ["Ahn Cheol-soo", "An Chulsu"],
    "서정주": ["Suh Jungju", "Seo Jeong-joo"],
    "허준이": ["Huh Jun", "Heo Jun-i", "Hur"],
    "백남준": ["Paik Namjun", "Baek Nam-jun"],
    "남궁민": ["Namgung Min", "min namgung", "Namkoong Min"],
    "선우정아": ["Sunwoo Jung-a", "Jeonga Seonu"],
}  # fmt: skip


@pytest.mark.parametrize("name", SPELLED)
def test_a_korean_name_is_found_as_people_spell_it(db, name):
    person = Researcher.objects.create(name_ko=name)
    Researcher.objects.create(name_ko="홍길동", name_en="Hong Gildong")
    missed = [
        typed for typed in SPELLED[name] if ids(typed) != [person.id] and not (name == "허준이" and typed == "Huh June")
    ]
    assert missed == []


def test_a_foreign_name_is_found_in_either_order_and_without_its_marks(db):
    person = cast.researcher("José Muñoz García")
    for typed in ("jose", "munoz garcia", "Garcia Jose", "José Muñoz"):
        assert ids(typed) == [person.id], typed


def test_an_institution_is_found_by_alias_initials_and_inner_words(db):
    kaist = cast.institution(
        "kaist", name_ko="한국과학기술원", name_en="Korea Advanced Institute of Science", aliases=["KAIST", "카이스트"]
    )
    for typed in ("KAIST", "kai", "카이", "ㅋㅇㅅㅌ", "ㅎㄱㄱㅎ", "advanced inst", "한국 과학", "과학기술"):
        assert ids(typed, "institution") == [kaist.id], typed
    by_alias = found("카이스트", "institution")[0]
    assert (by_alias.via, by_alias.alias, by_alias.is_exact) == ("alias", "카이스트", True)
    assert found("한국", "institution")[0].alias == ""


def test_consonants_that_a_keyboard_joined_are_read_apart(db):
    lab = cast.institution(name_ko="국산연구소", name_en="")
    assert ids("ㄳ", "institution") == ids("ㄱㅅ", "institution") == [lab.id]


def test_numbers_slugs_ids_and_addresses_find_one_record(world):
    person = cast.researcher(orcid="0000-0002-1825-0097", researcher_number="10012345")
    officer, viewer = cast.user("officer"), cast.user("viewer")
    for typed in ("0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097", "0000000218250097", str(person.id)):
        assert ids(typed, by=viewer) == [person.id], typed
    assert ids("10012345", by=officer) == [person.id]
    assert ids("10012345", by=viewer) == []
    assert ids("gist", "institution")[0] == world.gist.id
    assert ids("https://registry.example/ko/institutions/gist/?unit=won", "institution") == [world.gist.id]


# ---- order and words ---------------------------------------------------------------------------------------


def test_exact_names_come_first_then_beginnings_then_inner_words_then_what_contains_it(db):
    names = {"contains": "A Rerobots Co", "inside": "Korea Robot Institute", "begins": "Robotics Inc", "exact": "Robot"}
    made = {which: cast.institution(name_ko="", name_en=name).id for which, name in names.items()}
    assert ids("robot", "institution") == [made[w] for w in ("exact", "begins", "inside", "contains")]


def test_a_whole_comes_before_its_units_although_it_is_called_so_only_by_alias(db):
    kaist = cast.institution("k", name_ko="한국과학기술원", name_en="Korea Advanced Institute", aliases=["KAIST"])
    unit = cast.institution("k-cs", name_ko="KAIST 전산학부", name_en="KAIST School of Computing")
    assert ids("kai", "institution") == [kaist.id, unit.id]
    assert [one.reached for one in found("kai", "institution")] == ["KAIST", ""]


def test_namesakes_are_told_apart_by_where_they_work_today(world):
    one, two = cast.researcher(name_ko="이종호"), cast.researcher(name_ko="이종호")
    cast.affiliation(one, world.gist, title_en="professor", starts_on="2020")
    cast.affiliation(one, world.kaist, title_en="student", starts_on="2010", ends_on="2015")
    cast.affiliation(two, world.kaist, starts_on="2021")
    assert {one.id: one.apart for one in found("이종호")} == {one.id: "Gist professor", two.id: "Kaist"}


def test_a_project_says_its_program_and_period_an_institution_its_country_parent_and_kind(world):
    assert found("과제 one", "project")[0].apart.startswith("Program alpha · 2022-07")
    assert found("Gist", "institution")[0].apart == "Republic of Korea · Government · university"


def test_suggestions_keep_to_a_program_when_asked(world):
    elsewhere = cast.project(world.beta, title_en="Project one else")
    assert elsewhere.id in ids("project one", "project")
    assert ids("project one", "project", within=world.alpha.id) == [world.one.id]


def test_nothing_typed_finds_nothing_and_odd_characters_do_no_harm(world):
    for typed in ("", " ", "%", "_", "\x00", "'", "--", "ㅏ", "a" * 5000, "\\", "：", "́"):
        found(typed, "researcher", "institution", "project", "role")


# ---- rights ------------------------------------------------------------------------------------------------


def test_no_suggestion_shows_what_its_reader_may_not_see(db):
    world = cast.small_world()
    hidden_school = cast.institution("secret-school", visibility=INTERNAL, name_en="Secret School")
    cast.affiliation(world.hong, hidden_school, title_en="spy", starts_on="2024", visibility=INTERNAL)
    cast.one_of_each(world, SHARED, "shared")
    cast.one_of_each(world, INTERNAL, "internal")
    retired = cast.researcher("Retired Person", is_retired=True)
    words = ["s", "secret", "홍길동", "project", "person", "과제", "program", "internal", "shared", "gist", "retired"]
    words += [str(row.id) for kind in kinds().values() for row in kind.model.objects.exclude(visibility=0)]
    for user in cast.cast(world).values():
        for word in words:
            reader = cast.reader(user)
            for one in suggest(word, kinds=list(kinds().values()), reader=reader, limit=50):
                kind = kinds()[one.label.kind]
                assert kind.model.objects.visible_to(reader).filter(id=one.id).exists()
                assert one.id != retired.id
                assert reader.is_officer or "Secret" not in one.apart


# ---- whatever wrote it -------------------------------------------------------------------------------------


def stored() -> set:
    return set(sql("SELECT kind, place, spelling, record_id, via FROM records_spelling"))


NAMES = st.text("가나이종호김 abLee-é", max_size=12)


@given(
    st.lists(st.tuples(NAMES.filter(str.strip), NAMES, st.lists(NAMES, max_size=2)), min_size=1, max_size=4),
    st.randoms(),
)
def test_spellings_follow_whatever_writes_the_records(db, people, dice: random.Random):
    Researcher.objects.bulk_create([Researcher(name_ko=ko, name_en=en, aliases=al) for ko, en, al in people])
    sql("UPDATE people_researcher SET name_en = name_ko || 'x', aliases = '{Yi}' WHERE random() < 0.5")
    sql("UPDATE people_researcher SET visibility = 2 WHERE random() < 0.5")
    if dice.random() < 0.5:
        sql("DELETE FROM people_researcher WHERE random() < 0.5")
    before = stored()
    rebuild()
    assert stored() == before


def test_every_kind_that_others_point_at_by_name_keeps_spellings(db):
    pointed_at = {f.target for kind in kinds().values() for f in kind.refs if f.target and hasattr(f.target, "aliases")}
    found_otherwise = {kinds()["funding_line"].model}  # as many as their amounts, and called alike
    kept = {
        name.removesuffix("_spell") for (name,) in sql("SELECT proname::text FROM pg_proc WHERE proname LIKE '%_spell'")
    }
    assert {model._meta.db_table for model in pointed_at - found_otherwise} <= kept


@given(st.text(min_size=1, max_size=8))
def test_what_is_typed_lies_in_its_own_span(db, text):
    for folded in asked(text):
        low, high = span(folded)
        assert low < high
        assert low <= folded < high or span(folded)[0] != folded


def test_suggesting_costs_the_same_however_many_there_are(world):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            found("researcher", "researcher", "institution", "project")
        return len(queries)

    cost()
    cast.researcher("Researcher One")
    few = cost()
    for n in range(20):
        person = cast.researcher(f"Researcher {n}")
        cast.affiliation(person, world.gist)
    assert cost() <= few <= 16


def test_the_line_is_in_the_language_of_the_reader(world):
    with translation.override("ko"):
        assert "교수" in found("홍길동")[0].apart
