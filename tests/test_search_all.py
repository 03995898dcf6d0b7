"""Searching everywhere: what is found, in which order, where it answers; and nothing that one may not see."""

import re
from datetime import date
from html import unescape

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import translation
from hypothesis import example, given
from hypothesis import strategies as st

from people.models import Researcher
from programs.models import Role
from records import commonness, everywhere, over_kinds
from records.everywhere import How, search, searched_kinds
from records.folding import folded
from records.kinds import kinds
from records.matching import marked
from records.similar import similar
from tests import cast
from tests.cast import INTERNAL, PUBLIC, SHARED
from tests.test_searching import PARTS, make, names, people

pytestmark = pytest.mark.usefixtures("english")


def answer(text, *names, by=None, **more):
    chosen = [cast.kind(name) for name in names] or searched_kinds()
    return search(text, kinds=chosen, reader=cast.reader(by), **more)


def hits(text, *names, by=None, **more):
    return answer(text, *names, by=by, **more).hits


def ids(text, *names, by=None, **more):
    return [hit.id for hit in hits(text, *names, by=by, **more)]


def said(hit) -> list[tuple[str, str]]:
    """Where a hit answers: the field, and the text with its hits in brackets."""
    return [(m.field, "".join(f"[{p.text}]" if p.is_hit else p.text for p in m.parts)) for m in hit.matches]


# ---- what is found -----------------------------------------------------------------------------------------


def test_a_word_is_found_with_its_ending_and_inside_a_longer_word(world):
    titles = ("로봇을 위한 학습", "휴머노이드로봇 개발", "지능형 로봇")
    made = {cast.project(world.alpha, title_ko=title).id for title in titles}
    cast.project(world.alpha, title_ko="로보틱스")
    assert set(ids("로봇")) == made


@pytest.mark.parametrize(
    "typed", ["인공지능연구거점", "인공지능 연구 거점", "인공 지능연구거점", "  인공지능  연구거점 "]
)
def test_spacing_does_not_matter(db, typed):
    one, other = (
        cast.institution(name_ko=name, name_en=f"Hub {n}")
        for n, name in enumerate(["인공지능 연구거점", "인공지능연구 거점"])
    )
    assert set(ids(typed)) == {one.id, other.id}


def test_names_of_two_syllables_and_three_letters_are_found(world):
    short = cast.researcher("Heo Jun", name_ko="허준")
    cast.researcher("Trusty Person", name_ko="하준서")
    assert ids("허준") == [short.id]
    assert hits("Rus")[0].id == world.rus.id
    assert hits("rus")[0].how is How.WORD


@pytest.mark.parametrize("typed", ["르쿤", "lecun", "LeCun", "yann lecun", "얀르쿤", "Le Cun", "lecun yann"])
def test_a_foreign_name_is_found_in_either_writing(db, typed):
    person = cast.researcher("Yann LeCun", name_ko="얀 르쿤")
    assert ids(typed) == [person.id]


@pytest.mark.parametrize(
    "typed", ["kim minjun", "minjun kim", "Kim Min-jun", "KIM MINJUN", "gim min-joon", "Minjun, Kim", "ㄱㅁㅈ"]
)
def test_a_korean_name_is_found_romanised_in_either_order(db, typed):
    person = Researcher.objects.create(name_ko="김민준")
    cast.researcher("Hong Gildong", name_ko="홍길동")
    assert ids(typed) == [person.id]


def test_a_person_is_found_by_work_and_name_together(world):
    cast.affiliation(cast.researcher("Kim Minjun", name_ko="김민준"), world.gist, title_ko="교수")
    found = hits("김민준 교수")
    assert [hit.label.kind for hit in found] == ["affiliation"]
    assert sorted(said(found[0]), reverse=True) == [("title_ko", "[교수]"), ("researcher__name_ko", "[김민준]")]


@pytest.mark.parametrize("typed", ["0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097", "{id}"])
def test_a_number_finds_the_one_record_that_has_it(db, typed):
    person = cast.researcher(orcid="0000-0002-1825-0097")
    found = hits(typed.format(id=person.id))
    assert [(hit.id, hit.how) for hit in found] == [(person.id, How.NUMBER)]


@pytest.mark.parametrize(
    "typed", ["", " ", "!", "-- ·", "%", "'", "\\", "(", "a" * 3000, "[[:alnum:]", "* +", "ㅏ", "김", "x"]
)
def test_odd_texts_do_no_harm(world, typed):
    answer(typed)


# ---- in which order ----------------------------------------------------------------------------------------


def test_exact_comes_first_then_beginnings_then_words_then_what_contains_it(world):
    called = {"contains": "A Rerobots Co", "word": "Korea Robot Institute", "begins": "Robotics Inc", "exact": "Robot"}
    made = {how: cast.institution(name_ko="", name_en=name).id for how, name in called.items()}
    exact = cast.project(world.alpha, title_ko="로봇", title_en="robot").id
    assert ids("robot") == [exact, *(made[how] for how in ("exact", "begins", "word", "contains"))]


def test_of_equal_hits_programs_and_projects_come_before_people_and_money(world):
    made = [cast.program(name_en="Alike", name_ko=""), cast.project(world.alpha, title_en="Alike", title_ko="")]
    made += [
        cast.institution(name_en="Alike", name_ko=""),
        cast.researcher("Alike"),
        cast.line(world.alpha, name_en="Alike"),
    ]
    assert ids("alike") == [row.id for row in made]


def test_what_has_no_name_of_its_own_comes_after_what_is_called_so(world):
    said = cast.citation(world.paper, world.alpha, value_stated="robot")
    named = cast.institution(name_en="A Rerobots Co", name_ko="")
    assert ids("robot") == [named.id, said.id]


def test_no_kind_takes_all_the_room_unless_it_alone_is_asked_for(world):
    for n in range(everywhere.OF_A_KIND + 5):
        cast.project(world.alpha, title_en=f"Robot {n}")
    found = hits("robot")
    assert len([hit for hit in found if hit.label.kind == "project"]) == everywhere.OF_A_KIND
    assert len(hits("robot", "project")) == everywhere.OF_A_KIND + 5
    assert len(hits("robot", "project", limit=3)) == 3


def test_of_many_the_exact_ones_are_found_before_others_are_read(world, monkeypatch):
    monkeypatch.setattr(everywhere, "COUNTED_TO", 3)
    exact = cast.project(world.alpha, title_en="Robot")
    for n in range(8):
        cast.project(world.alpha, title_en=f"The robot {n}")
    found = answer("robot")
    assert found.hits[0].id == exact.id
    assert [(one.kind.name, one.count, one.are_more) for one in found.kinds] == [("project", 3, True)]


# ---- where it answers --------------------------------------------------------------------------------------


def test_each_hit_says_in_which_field_it_answers_and_marks_it(world):
    school = cast.institution("kist", name_ko="한국과학기술연구원", name_en="Institute", aliases=["키스트", "KIST"])
    assert said(hits("과학기술")[0]) == [("name_ko", "한국[과학기술]연구원")]
    assert said(hits("키스트")[0]) == [("aliases", "[키스트]")]
    assert [match.label for match in hits("키스트")[0].matches] == ["other names"]
    assert hits("키스트")[0].label.id == school.id and hits("키스트")[0].word == "institution"
    lab = cast.lab(world.gist, name_en="Robots", address_ko="광주 북구 첨단과기로 123")
    assert (hits("첨단 과기로")[0].id, said(hits("첨단 과기로")[0])) == (
        lab.id,
        [("address_ko", "광주 북구 [첨단과기로] 123")],
    )


def test_a_romanised_hit_says_so(db):
    Researcher.objects.create(name_ko="김민준")
    with translation.override("ko"):
        found = hits("minjun kim")[0]
        assert (found.how, found.reached, said(found)) == (How.SOUNDS, "로마자 표기", [("name_ko", "김민준")])


@given(text=st.text("가나 -·Ａa①é", max_size=8), word=st.text("가나 -Ａa1é", min_size=1, max_size=3))
def test_marking_loses_nothing_and_marks_what_was_asked(text, word):
    parts = marked(text, [folded(word)] if folded(word) else [])
    assert "".join(part.text for part in parts) == text
    assert all(folded(word) in folded(part.text) for part in parts if part.is_hit)
    assert any(part.is_hit for part in parts) == bool(folded(word) and folded(word) in folded(text))


def test_of_a_long_text_what_stands_around_the_hit_is_shown():
    parts = marked("앞" * 300 + "로봇" + "뒤" * 300, ["로봇"])
    shown = "".join(part.text for part in parts)
    assert len(shown) < 150 and shown.startswith("…") and shown.endswith("…") and "로봇" in shown


# ---- typing mistakes ---------------------------------------------------------------------------------------

MISTYPED = {
    "Daniela Rus": ["danila rus", "Daniela Ruz", "dnaiela rus", "Dariela Rus", "Rus Danieela", "Daneila"],
    "김민준": ["김민쥰", "김만준", "기민준", "김밍준", "민김준", "kim minjn", "kin minjun"],
    "얀 르쿤": ["얀 르퀸", "르쿵", "얀느쿤"],
    "한국과학기술원": ["한국과힉기술원", "한국과학기슬원", "한국과기술원", "한국과학학기술원"],
    "Massachusetts Institute of Technology": ["Massachusetts Institute of Tehnology", "Masacusetts Institute of Technology"],
}  # fmt: skip


@pytest.mark.parametrize("name", MISTYPED)
def test_a_mistyped_name_is_found_and_said_to_be_similar(db, name):
    called = {"name_ko": name, "name_en": ""} if "가" <= name[0] else {"name_ko": "", "name_en": name}
    is_school = name.startswith(("한국", "Mass"))
    row = cast.institution(**called) if is_school else Researcher.objects.create(**called)
    cast.researcher("Someone Else", name_ko="홍길동")
    cast.institution("other", name_ko="서울시청", name_en="City Hall")
    missed = []
    for typed in MISTYPED[name]:
        found = answer(typed)
        if [hit.id for hit in found.similar] != [row.id] or found.hits:
            missed.append((typed, found.hits, found.similar))
    assert missed == []
    assert answer(name).similar == []


def test_similar_names_come_after_hits_and_not_beside_an_exact_one(db):
    exact = cast.researcher("Anna Smith")
    similar_one, longer = cast.researcher("Anne Smith"), cast.researcher("Anna Smithson")
    found = answer("Anna Smith")
    assert [hit.id for hit in found.hits] == [exact.id, longer.id] and found.similar == []
    exact.delete()
    found = answer("Anna Smith")
    assert [hit.id for hit in found.hits] == [longer.id]
    assert [hit.id for hit in found.similar] == [similar_one.id]


def test_what_is_quite_different_is_not_similar(db):
    cast.researcher("Daniela Rus", name_ko="김민준")
    for typed in ("Donald Knuth", "김", "박민수", "Rx", "dan"):
        assert similar(typed, [cast.kind("researcher")], cast.reader(None)) == [], typed


# ---- how many ----------------------------------------------------------------------------------------------

searches = st.lists(st.sampled_from(PARTS), min_size=1, max_size=3).map(" ".join)
WAYS = {"by the index": {}, "along the table": {"READ": 0}, "along the table, too few": {"READ": 0, "SURE": 0.01}, "many others": {"OTHERS": 1}}  # fmt: skip


FEW = [("김김김mi", "", [], PUBLIC), ("", "", [], PUBLIC), ("", "MIT김O'김", [], PUBLIC)]


@pytest.mark.parametrize("way", WAYS)
@example(made=FEW, titles=[""] * 4, text="김 김 O'")
@given(made=st.lists(people, min_size=1, max_size=8), titles=st.lists(names, max_size=8), text=searches)
def test_each_kind_says_how_many_its_list_finds(db, way, made, titles, text):
    with transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        for name, value in WAYS[way].items():
            patch.setattr(over_kinds, name, value)
        patch.setattr(over_kinds, "commonness", lambda kind: commonness.Commonness(1, dict.fromkeys(PARTS, 1.0)))
        who, program = list(make(made).values()), cast.program(visibility=INTERNAL)
        roles = [(who[n % len(who)], title) for n, title in enumerate(titles)]
        Role.objects.bulk_create(
            [Role(researcher=p, scope_id=program.id, part="pi", title_ko=t, visibility=INTERNAL) for p, t in roles]
        )
        for by in (None, cast.user("officer")):
            found = {one.kind.name: one for one in answer(text, by=by).kinds}
            listed = {kind.name: cast.ask(kind.name, f"search={text}", by).count() for kind in searched_kinds()}
            if any(len(folded(word)) > 1 or not folded(word).isascii() for word in text.split()):
                exact = {name: one.count for name, one in found.items() if not one.are_more}
                assert exact == {
                    name: count for name, count in listed.items() if (count and name not in found) or name in exact
                }
                assert all(listed[name] >= one.count for name, one in found.items())
            else:
                assert found == {}
        transaction.set_rollback(True)


def test_counts_are_capped_and_lead_to_the_list_with_the_same_words(world, client):
    for n in range(everywhere.COUNTED_TO + 1):
        cast.project(world.alpha, title_en=f"Robot {n}")
    cast.institution(name_en="Robot school")
    text = page(client, "/en/search/?q=robot")
    assert "Projects 100 or more" in text and "Institutions 1" in text
    assert 'href="/en/projects/?search=robot"' in client.get("/en/search/?q=robot").content.decode()


def test_searching_costs_the_same_however_many_there_are(world, client):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            page(client, "/en/search/?q=robot")
        return len(queries)

    cast.project(world.alpha, title_en="Robot")
    cast.affiliation(cast.researcher("Robot"), world.gist)
    cost()
    few = cost()
    for n in range(30):
        cast.project(world.alpha, title_en=f"Robot {n}")
        cast.affiliation(cast.researcher(f"Robot {n}"), world.gist)
    assert cost() <= few <= 25


# ---- rights ------------------------------------------------------------------------------------------------


def test_no_search_shows_or_counts_what_its_reader_may_not_see(db):
    world = cast.small_world()
    hidden = cast.institution("secret-school", visibility=INTERNAL, name_en="Secret School")
    cast.affiliation(world.hong, hidden, title_en="spy", starts_on="2024", visibility=INTERNAL)
    cast.one_of_each(world, SHARED, "shared")
    cast.one_of_each(world, INTERNAL, "internal")
    retired = cast.researcher("Retired Person", is_retired=True)
    words = [
        "secret",
        "secert school",
        "홍길동",
        "홍길둥",
        "project",
        "person",
        "internal",
        "shared",
        "retired",
        "title",
        "spy",
    ]
    words += [str(row.id) for kind in kinds().values() for row in kind.model.objects.exclude(visibility=0)]
    for user in cast.cast(world).values():
        reader = cast.reader(user)
        for word in words:
            found = answer(word, by=user, limit=50)
            for hit in (*found.hits, *found.similar):
                assert kinds()[hit.label.kind].model.objects.visible_to(reader).filter(id=hit.id).exists()
                assert hit.id != retired.id
                assert reader.is_officer or not any(
                    "Secret" in text for text in (hit.apart, *(m.text for m in hit.matches))
                )
            for one in found.kinds:
                assert one.count <= one.kind.model.objects.visible_to(reader).count()


def test_private_numbers_find_people_for_officers_alone(db):
    person = cast.researcher(researcher_number="10012345")
    assert ids("10012345", by=cast.user("officer")) == [person.id]
    assert ids("10012345", by=cast.user("viewer")) == []


# ---- pages -------------------------------------------------------------------------------------------------


def page(client, address, status=200) -> str:
    response = client.get(address)
    assert response.status_code == status, address
    visible = re.sub(r"<(script|style|title)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", visible)))


def test_the_find_box_of_every_page_leads_to_the_search(world, client):
    html = client.get("/ko/projects/?search=one&as_of=2024").content.decode()
    form = re.search(r'<form class="find".*?</form>', html, re.DOTALL)[0]
    assert 'action="/ko/search/"' in form and 'name="q"' in form and 'name="as_of" value="2024"' in form
    assert '<input type="search" id="f-search" name="search" value="one">' in html  # the list keeps its own


def test_the_page_says_what_kind_a_hit_is_and_where_it_answers(world, client):
    html = client.get("/ko/search/?q=Daniela").content.decode()
    assert "<mark>Daniela</mark> Rus" in html and "연구자" in page(client, "/ko/search/?q=Daniela")


def test_the_page_says_that_names_are_only_similar(world, client):
    assert "Nothing is called exactly “Danila Rus”. Similar names:" in page(client, "/en/search/?q=Danila+Rus")
    assert "“Danila Rus”에 정확히 일치하는 이름이 없습니다. 비슷한 이름:" in page(client, "/ko/search/?q=Danila+Rus")


def test_an_empty_page_says_what_to_do_next(world, client):
    assert "Write what you are looking for." in page(client, "/en/search/")
    nothing = page(client, "/en/search/?q=zzzzzz")
    assert "Nothing was found for “zzzzzz”." in nothing and "Write fewer words" in nothing
    assert "Look everywhere" in page(client, "/en/search/?q=zzzzzz&kind=program")
    assert "Write one more." in page(client, "/en/search/?q=z")


def test_the_page_can_be_narrowed_to_a_kind(world, client):
    cast.institution(name_en="Alpha school")
    assert "Alpha school" in page(client, "/en/search/?q=alpha")
    assert "Alpha school" not in page(client, "/en/search/?q=alpha&kind=program")


def test_the_past_is_searched_in_each_list(world, client):
    text = page(client, "/en/search/?q=alpha&known_at=2026-01-01")
    assert "The past is searched list by list." in text
    html = client.get("/en/search/?q=alpha&known_at=2026-01-01").content.decode()
    assert "/en/programs/?known_at=2026-01-01&amp;search=alpha" in html


def test_only_what_counts_on_a_day_is_found_as_of_that_day(world):
    late = cast.UNDER["agreement"](world.alpha, "Robot pact")
    assert ids("robot pact", as_of=date(2022, 1, 1)) == [late.id]
    found = answer("robot pact", as_of=date(2020, 1, 1))
    assert (found.hits, found.kinds) == ([], [])


# ---- API ---------------------------------------------------------------------------------------------------


def test_the_api_answers_with_hits_where_they_answer_and_counts(world, api):
    body = api("search/?q=daniela").json()
    hit = body["results"][0]
    assert (hit["id"], hit["kind"], hit["label"], hit["how"]) == (
        str(world.rus.id),
        "researcher",
        "Daniela Rus",
        "begins",
    )
    assert hit["matches"] == [
        {"field": "name_en", "label": "name (English)", "parts": [{"text": "Daniela", "is_hit": True}, {"text": " Rus", "is_hit": False}]}
    ]  # fmt: skip
    assert body["kinds"] == [
        {"kind": "researcher", "label": "researchers", "count": 1, "is_capped": False, "url": "/api/v1/researchers/?search=daniela"}
    ]  # fmt: skip
    assert api(body["kinds"][0]["url"].removeprefix("/api/v1/")).json()["results"][0]["id"] == hit["id"]
    assert api("search/?q=danila rus").json()["similar"][0]["label"] == "Daniela Rus"
    nothing = api("search/").json()
    assert (nothing["results"], nothing["similar"], nothing["kinds"]) == ([], [], [])


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("q=a&cursor=x", "cursor"), ("q=a&known_at=2026-01-01", "known_at"), ("kind=nothing", "kind"), ("limit=0", "limit"), ("limit=101", "limit"), ("lang=de", "lang"), ("as_of=never", "as_of")],
)  # fmt: skip
def test_the_api_refuses_by_name_what_it_does_not_know(world, api, query, parameter):
    response = api(f"search/?{query}")
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")
    assert [error["parameter"] for error in response.json()["errors"]] == [parameter]


def test_the_api_speaks_the_language_that_is_asked_for(world, api):
    Researcher.objects.create(name_ko="김민준")
    assert api("search/?q=김민준&lang=ko").json()["results"][0]["matches"][0]["label"] == "이름(국문)"
    assert api("search/?q=김민준&lang=en").json()["results"][0]["matches"][0]["label"] == "name (Korean)"


def test_page_and_api_refuse_a_kind_with_the_same_sentence(world, api, client):
    sentence = api("search/?kind=nothing").json()["errors"][0]["detail"]
    assert sentence in page(client, "/en/search/?kind=nothing", status=400)
