"""The pages on the sample registry: what they say, to whom, in which language, and at what cost."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from people.models import Researcher
from programs.models import Headcount, Program, Project
from programs.rules import reader_for
from records import package
from records.base import Visibility
from records.figures import clear_stale_marks
from records.history import change
from records.kinds import kinds
from records.models import Citation, Source
from tests import cast

SAMPLE = Path(__file__).parents[1] / "data" / "registry"
MOST_QUERIES = 20


@pytest.fixture(scope="module")
def sample(kept):
    package.load(SAMPLE, actor_name="test", reason="the sample registry")
    clear_stale_marks()


@pytest.fixture
def page(sample, db):
    """`page("programs/nairl/")` gives the text of a page in Korean, without its tags; `.html` is the page."""
    return Pages()


class Pages:
    def __init__(self):
        self.client = Client()

    def __call__(self, address="", language="ko", by=None, status=200) -> str:
        if by:
            self.client.force_login(by)
        response = self.client.get(f"/{language}/{address}")
        assert response.status_code == status, address
        self.html = response.content.decode()
        visible = re.sub(r"<(script|style|title)\b.*?</\1>|<[^>]+>", " ", self.html, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(visible))


# ---- every page of every kind --------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_list_and_a_record_of_every_kind_open(page, language):
    for kind in kinds().values():
        page(f"{kind.plural}/", language)
        row = kind.model.objects.first()
        if row is None:  # the sample has none of this kind
            assert kind.name in ("milestone", "document", "ledger_entry", "exchange_rate", "obligation")
            continue
        page(f"{kind.plural}/{row.id}/history/", language)
        key = row.slug if kind.has_slug else row.id
        page(f"{kind.plural}/{key}/", language)
        assert f'<html lang="{language}">' in page.html


def test_no_page_asks_more_than_20_questions(page, django_assert_max_num_queries):
    kaist = "institutions/kaist/"
    source = f"sources/{Source.objects.first().id}/"
    rus = f"researchers/{Researcher.objects.get(name_en='Daniela Rus').id}/"
    for address in [
        "",
        "programs/nairl/",
        "projects/gist-mit-robot-skin/",
        kaist,
        source,
        rus,
        "projects/",
        "funding-lines/",
    ]:
        with django_assert_max_num_queries(MOST_QUERIES):
            page(address)


@pytest.mark.parametrize("address", ["programs/nairl/", "projects/", "", "programs/nairl/history/"])
def test_more_rows_cost_no_more_queries(page, address, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    add_to_nairl(1)
    page(address)  # whatever is asked once per process
    with CaptureQueriesContext(connection) as before:
        page(address)
    add_to_nairl(20)
    with django_assert_num_queries(len(before)):
        page(address)


def add_to_nairl(rows: int):
    nairl = Program.objects.get(slug="nairl")
    for _ in range(rows):
        made = cast.project(nairl)
        cast.role(cast.researcher(), nairl)
        cast.headcount(nairl, 7, counted_on="2020")
        cast.participation(cast.institution(), nairl)
        cast.line(nairl, payer=cast.institution())
        cast.citation(cast.source(), made, "title_ko")


# ---- what they say ---------------------------------------------------------------------------------------


def test_home_tells_money_and_people_of_each_program(page):
    text = page()
    assert "946억 원" in text and "국비 440 · 지방비 506" in text
    assert "64명" in text and "국내 45 · 해외 19" in text
    assert text.count("자료에 없음") >= 2  # kaist-kt and frontier-lab have no stated budget


def test_english_home_reads_in_english(page):
    text = page(language="en")
    assert "KRW 94,600 million" in text and "45 domestic · 19 overseas" in text
    assert "자료에 없음" not in text


def test_the_money_of_nairl_is_equal_to_the_stated_total(page):
    text = page("programs/nairl/")
    assert "946억 원" in text and "재원의 합과 같습니다" in text


@pytest.mark.parametrize(("unit", "shown"), [("won", "94,600,000,000"), ("million", "94,600"), ("eok", "946")])
def test_the_unit_of_money_can_be_chosen(page, unit, shown):
    page(f"programs/nairl/?unit={unit}")
    assert re.search(rf">{shown}</a>", page.html)


def test_every_sum_leads_to_the_lines_behind_it(page):
    page("programs/nairl/")
    (link,) = set(re.findall(r'<a href="/ko/(money/lines/\?[^"]*payer_kind=national[^"]*)">440</a>', page.html))
    text = page(unescape(link))
    assert "재원 1건" in text and "국가AI연구거점 국비" in text


def test_people_as_of_a_day_are_those_of_the_latest_count_then(page):
    assert "50명" in page("programs/nairl/?as_of=2024-10-28")
    assert "64명" in page("programs/nairl/?as_of=2025. 8. 31.")


def test_looking_at_the_past_says_so_and_leads_back(page):
    text = page("projects/?as_of=2024-10-28")
    assert "2024. 10. 28. 기준으로 보는 중" in text and "지금으로" in text


def test_a_disagreement_shows_what_is_adopted_and_why(page):
    rus = Researcher.objects.get(name_en="Daniela Rus")
    text = page(f"researchers/{rus.id}/")
    assert "Diniela Rus" in text and "채택: Daniela Rus" in text


def test_a_record_that_no_source_speaks_of_says_so(page):
    lonely = cast.researcher("No Body")
    assert "이 자료를 다룬 출처가 대장에 없습니다." in page(f"researchers/{lonely.id}/")


def test_a_missing_language_falls_back_visibly(page):
    only_english = cast.researcher("Only English")
    page(f"researchers/{only_english.id}/")
    assert '<h1 lang="en">Only English' in page.html and "영문만 있습니다" in page.html


def test_history_tells_before_after_who_and_why(page):
    nairl = Program.objects.get(slug="nairl")
    with change(actor_name="김담당", reason="협약 변경", door="page"):
        Program.objects.filter(id=nairl.id).update(ends_on="2029")
    text = page("programs/nairl/history/")
    assert "김담당" in text and "협약 변경" in text
    assert re.search(r'<td class="was">.{0,40}2028.{0,90}<td class="now">.{0,40}2029', page.html, re.DOTALL)


def test_private_fields_stay_out_of_page_and_history(page):
    person, where = cast.researcher("Somebody"), Project.objects.first()
    role = cast.role(person, where, effort_share="37.25")
    for address in (f"roles/{role.id}/", f"roles/{role.id}/history/", f"projects/{where.slug}/"):
        assert "37.25" not in page(address)
    officer = cast.user("officer")
    assert "37.25" in page(f"roles/{role.id}/", by=officer)
    assert "37.25" in page(f"roles/{role.id}/history/")


# ---- lists -------------------------------------------------------------------------------------------------


def test_a_list_counts_filters_and_removes_filters(page):
    text = page("projects/?program=nairl&search=로봇")
    assert "13건 중 1건" in text and "로봇 파운데이션 모델 연구" in text
    assert '<a class="btn on" href="?program=nairl">' in page.html


def test_an_empty_list_says_what_to_do_next(page):
    text = page("projects/?search=없는말")
    assert "조건에 맞는 자료가 없습니다" in text and "다른 목록에서 같은 말 찾기" in text


def test_a_list_pages_without_gaps(page):
    first = page("projects/?limit=7")
    link = re.search(r'rel="next" href="(\?[^"]*)"', page.html)[1]
    rest = page("projects/" + unescape(link))
    titles = [str(p) for p in Project.objects.all()]
    assert all((t in first) != (t in rest) for t in titles)


def test_what_is_wrong_with_an_address_is_said_by_name(page):
    text = page("projects/?nonsense=1&status=sleeping", status=400)
    assert "nonsense" in text and "sleeping" in text
    assert "달력에 없는 날" in page("projects/?as_of=2026-02-30", status=400)


# ---- rights ------------------------------------------------------------------------------------------------


def test_what_one_may_not_see_does_not_exist(page):
    hidden = cast.project(
        Program.objects.get(slug="nairl"), "secret", title_ko="숨은 과제", visibility=Visibility.INTERNAL
    )
    count = cast.headcount(hidden, 4321, visibility=Visibility.INTERNAL)
    said = cast.citation(Source.objects.first(), hidden, value_stated="숨은 값", visibility=Visibility.INTERNAL)
    for address in (
        "projects/secret/",
        f"projects/{hidden.id}/history/",
        f"headcounts/{count.id}/",
        f"citations/{said.id}/",
    ):
        page(address, status=404)
    for address in ("projects/", "programs/nairl/", "citations/?search=숨은", "headcounts/", ""):
        text = page(address)
        assert "숨은 과제" not in text and "4,321" not in text and "숨은 값" not in text
    assert "숨은 과제" in page("programs/nairl/", by=cast.user("officer"))


def test_hidden_counts_do_not_show_in_latest_changes(page):
    assert not reader_for(AnonymousUser()).is_signed_in
    before = page()
    cast.headcount(Program.objects.get(slug="nairl"), 9, visibility=Visibility.INTERNAL)
    assert Headcount.objects.filter(number=9).exists() and Citation.objects.exists()
    assert page() == before


def test_who_is_signed_in_is_told_how_many_lines_are_not_shown(page):
    cast.line(Program.objects.get(slug="nairl"), visibility=Visibility.INTERNAL)
    clear_stale_marks()
    assert "볼 수 없는 재원" not in page("programs/nairl/")
    assert "볼 수 없는 재원이 1건 있습니다" in page("programs/nairl/", by=cast.user("viewer"))


# ---- the frame ---------------------------------------------------------------------------------------------


def test_the_front_door_leads_to_the_remembered_language(sample, db):
    client = Client()
    assert client.get("/").url == "/ko/"
    assert client.get("/", headers={"accept-language": "en"}).url == "/en/"
    response = client.get("/language/?to=en&next=/ko/projects/%3Fsearch=AI")
    assert response.url == "/en/projects/?search=AI"
    assert client.get("/").url == "/en/"


def test_the_language_switch_leads_nowhere_else(sample, db):
    assert Client().get("/language/?to=en&next=https://example.org/").url == "/en/"
    assert Client().get("/language/?to=fr").status_code == 400


def with_password(user):
    user.set_password("a long password")
    user.save()
    return user


def test_logging_in_leads_back_and_logging_out_takes_a_post(page):
    with_password(cast.user("viewer", name="reader"))
    page("login/?next=/ko/projects/")
    said = {"username": "reader", "password": "a long password", "next": "/ko/projects/"}
    assert page.client.post("/ko/login/", said).url == "/ko/projects/"
    assert "reader · 열람자" in page("")
    assert page.client.get("/ko/logout/").status_code == 405
    page.client.post("/ko/logout/")
    assert "로그인" in page("")


def test_a_wrong_password_is_told_in_words(page):
    response = page.client.post("/ko/login/", {"username": "reader", "password": "wrong"})
    assert "비밀번호가 맞지 않습니다" in response.content.decode()


def test_a_password_can_be_changed(page):
    page("accounts/me/password/", by=with_password(cast.user("viewer", name="changer")))
    new = {"old_password": "a long password", "password": "quite another 1", "again": "quite another 1"}
    assert page.client.post("/ko/accounts/me/password/", new).url == "/ko/accounts/me/"
    assert "새 비밀번호" in page("accounts/me/")


def test_a_page_that_is_not_there_is_a_404_in_words(page):
    assert "찾는 화면이 없습니다" in page("nope/", status=404)
    assert "There is no such page" in page("programs/nope/", "en", status=404)


def test_the_500_page_needs_nothing():
    from django.template.loader import get_template

    assert "처리하지 못했습니다" in get_template("500.html").render()


@pytest.mark.parametrize(
    "address",
    ["/ko/projects/new/?program=%00", "/ko/accounts/?search=%00", "/en/projects/?%00=1", "/api/v1/suggestions/?q=%00"],
)  # fmt: skip
def test_an_address_that_cannot_be_read_is_refused_everywhere(client, db, address):
    client.force_login(cast.user("administrator"))
    assert client.get(address).status_code == 400


def test_a_form_with_a_character_that_cannot_be_stored_is_refused(client, officer):
    client.force_login(officer)
    assert (
        client.post("/ko/programs/new/", "slug=a%00", content_type="application/x-www-form-urlencoded").status_code
        == 400
    )


def test_an_offset_that_the_database_would_not_take_asks_for_the_same_instant(client, db):
    for when in ("2020-01-01T00:00%2B16:00", "0001-01-01T00:00%2B14:00"):
        assert client.get(f"/ko/projects/?known_at={when}").status_code == 200
    assert client.get("/ko/projects/?known_at=9999-12-31T23:59-14:00").status_code == 400
