"""Money on pages: each amount is what totals say, leads to exactly the lines behind it, and nothing is added that differs."""

import re
from decimal import Decimal
from html import unescape
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from funding.models import FundingLine
from funding.money.asking import written
from funding.money.converting import convert
from funding.rollups import totals
from funding.rollups.plainly import lines_plainly
from records.models import Disagreement
from records.rights import ANYONE, EVERYTHING
from tests import cast
from tests.cast import INTERNAL, SHARED

CELL = re.compile(r'<td role="cell" class="n (\w+)[^"]*" data-head="([^"]*)"><div><a href="([^"]+)">([^<]+)</a>')
FIGURE = re.compile(r'<dd class="(\w+)[^"]*">([^<]+)</dd>')
BEHIND = re.compile(r'<td role="cell" class="n (\w+)" data-head="[^"]*"><div>([^<]+)</div>')
WARNED = re.compile(r'<li class="(?:payer|year|overdrawn|agreement_ended)"><a href="[^"]+">([^<]+)</a>')
HANGUL = re.compile(r"[가-힣]")


@pytest.fixture
def money(world) -> SimpleNamespace:
    """Alpha's money: of two years and one not stated, in two currencies, cash and in kind, divided, received and spent."""
    m, w = SimpleNamespace(), world
    m.nsf = cast.institution("nsf", "agency", country="US", name_ko="과학재단")
    m.firm = cast.institution("firm", "company", country="KR", name_ko="회사")
    m.ended = cast.UNDER["agreement"](w.alpha, "ended", ends_on="2024-12-31")
    m.envelope = cast.line(
        w.alpha, payer=w.government, recipient=w.gist, form="cash", state="committed", agreement=m.ended
    )
    for year, planned, committed in ((2025, 9000, 8000), (2026, 9500, 9500)):
        cast.amount(m.envelope, year, planned, committed=committed, decided_on="2024-12")
    m.share = cast.split(m.envelope, project_id=w.two.id, payer=w.government, state="committed")
    cast.amount(m.share, 2025, 3000, committed=3000, decided_on="2025-01")
    cast.entry(m.share, 3000, "received")
    cast.entry(m.share, 3300, "spent")
    m.dollars = cast.line(w.one, payer=m.nsf, recipient=w.gist, form="cash", currency="USD", category="personnel")
    cast.amount(m.dollars, 2025, 150_050, committed=120_000)
    m.in_kind = cast.line(w.alpha, payer=m.firm, recipient=w.gist, form="in_kind")
    cast.amount(m.in_kind, 2026, 700)
    m.unstated = cast.line(w.three, form="cash")
    cast.amount(m.unstated, None, 400)
    m.silent = cast.line(w.alpha, unnamed_payer_kind="local")
    m.shared = cast.line(w.alpha, payer=m.firm, form="cash", visibility=SHARED)
    cast.amount(m.shared, 2026, 11, visibility=SHARED)
    m.hidden = cast.line(w.beta, payer=m.firm, form="cash", visibility=INTERNAL)
    cast.amount(m.hidden, 2026, 77, visibility=INTERNAL)
    cast.work()
    return SimpleNamespace(**vars(w) | vars(m))


@pytest.fixture
def page(client):
    """`page("money/", by=officer)` gives the HTML of a page, in Korean where not told otherwise."""

    def get(address, by=None, language="ko", status=200) -> str:
        client.force_login(by) if by else client.logout()
        response = client.get(address if address.startswith("/") else f"/{language}/{address}")
        assert response.status_code == status, address
        return response.content.decode()

    return get


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", html, flags=re.DOTALL)))


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def behind(page, url: str, by=None) -> tuple[dict, dict]:
    """The figure that the page behind a link shows, and the sum of all its lines, by measure."""
    html, sums = page(url, by), {}
    figure = {measure: number(text) for measure, text in FIGURE.findall(html)}
    while True:
        for measure, text in BEHIND.findall(html):
            sums[measure] = sums.get(measure, 0) + number(text)
        following = re.search(r'rel="next" href="(\?[^"]+)"', html)
        if not following:
            return figure, sums
        html = page(url.partition("?")[0] + unescape(following[1]), by)


# ---- every number opens to its lines -----------------------------------------------------------------------

PAGES = (
    "programs/alpha/?unit=won",
    "projects/one/?unit=won",
    "institutions/government/?unit=won",
    "institutions/gist/?unit=won",
    "money/?unit=won",
    "money/?unit=won&group_by=payer&group_by=recipient&group_by=state",
    "money/?unit=won&group_by=program,project,category",
    "money/?unit=won&group_by=abroad&payer_kind=national,industry",
    "money/?unit=won&program=alpha&fiscal_year__gte=2025&fiscal_year__lte=2025&group_by=project",
    "money/?unit=won&group_by=form&project=one",
)


@pytest.mark.parametrize("address", PAGES)
@pytest.mark.parametrize("role", ["anonymous", "officer"])
def test_each_amount_leads_to_lines_whose_sum_it_is(money, page, address, role):
    by = cast.user(role) if role != "anonymous" else None
    cells = CELL.findall(page(address, by))
    assert cells
    opened = {}
    for measure, _head, url, text in cells:
        url = unescape(url)
        opened[url] = opened.get(url) or behind(page, url, by)
        figure, sums = opened[url]
        assert number(text) == figure[measure] == sums[measure], (url, measure)


@pytest.mark.parametrize("reader", [ANYONE, EVERYTHING])
def test_what_is_behind_is_what_the_rollups_say(money, page, reader):
    by = cast.user("officer") if reader is EVERYTHING else None
    (row,) = totals(reader, program=money.alpha.id, only={"currency": ["KRW"], "form": ["cash"]})
    figure, sums = behind(page, "money/lines/?program=alpha&currency=KRW&form=cash&unit=won", by)
    assert figure == {m: row[m] for m in ("planned", "committed", "received", "spent", "remaining", "undivided")}
    assert figure == sums


def test_an_envelope_is_not_counted_with_its_splits(money, page):
    text = text_of(page("money/lines/?program=alpha&fiscal_year=2025&currency=KRW&unit=won"))
    assert "9,000" in text  # 6,000 of the envelope and 3,000 of its split
    assert "12,000" not in text


def test_lines_come_a_hundred_a_page_and_all_of_them(money, page):
    for n in range(120):
        cast.amount(cast.line(money.beta, form="cash", payer=money.kaist), 2025, n)
    cast.work()
    html = page("money/lines/?program=beta&unit=won")
    assert html.count('class="sub"><a href="/ko/programs/beta/') == 100
    figure, sums = behind(page, "money/lines/?program=beta&unit=won")
    assert figure["planned"] == sums["planned"] == sum(range(120))


def test_what_moved_leads_to_its_ledger_entries(money, page):
    html = page("money/lines/?program=alpha&fiscal_year=2025")
    (entries,) = set(re.findall(r'href="(/ko/ledger-entries/\?line=[^"]+)"', html))
    assert str(money.share.id) in entries
    assert "2건" in text_of(page(entries)).replace(" ", "")


def test_a_line_names_the_sources_that_speak_of_it_or_its_amounts(money, page):
    cast.citation(cast.source("The contract"), money.share.amounts.get(), "planned")
    html = page("money/lines/?program=alpha&fiscal_year=2025")
    assert "The contract" in html and 'href="#s1"' in html


# ---- what is not added -------------------------------------------------------------------------------------


def test_cash_and_in_kind_and_two_currencies_stay_apart(money, page):
    html = page("money/?unit=won&program=alpha&fiscal_year=2026&group_by=fiscal_year")
    shown = {(m, text) for m, _head, _url, text in CELL.findall(html)}
    assert {("planned", "9,500"), ("planned", "700")} <= shown
    assert ("planned", "10,200") not in shown
    assert "KRW · 현금" in text_of(html) and "KRW · 현물" in text_of(html)


def test_what_is_not_stated_is_a_bucket_and_not_a_zero(money, page):
    text = text_of(page("money/?unit=won&program=alpha"))
    assert "연도 미상" in text and "부담 기관 미상" in text and "형태 미상" in text
    silent = page("money/lines/?program=alpha&payer_kind=local")
    assert "자료에 없음" in text_of(silent) and not FIGURE.search(silent)


def test_a_payer_abroad_is_said_to_be(money, page):
    assert "국비 (해외)" in text_of(page("programs/alpha/"))
    assert "National government (abroad)" in text_of(page("programs/alpha/", language="en"))


def test_the_facts_of_a_program_do_not_add_cash_and_in_kind_and_lead_to_their_lines(money, page):
    for address in ("?unit=won", "programs/alpha/?unit=won"):
        facts = re.findall(
            r'<a href="(/ko/money/lines/[^"]+)">(USD )?([\d,.]+)[^<]*</a>', page(address).partition("</dl>")[0]
        )
        assert len(facts) == 3  # cash, in kind, dollars
        for url, _currency, text in facts:
            figure, sums = behind(page, unescape(url))
            assert number(text) == figure["planned"] == sums["planned"]


# ---- warnings ----------------------------------------------------------------------------------------------


def test_each_warning_has_its_number_and_leads_to_the_lines_it_is_about(money, page):
    found = dict(re.findall(r'<li class="(\w+)"><a href="([^"]+)">', page("programs/alpha/")))
    assert set(found) == {"overdrawn", "agreement_ended", "payer", "year"}
    for name, line in (
        ("overdrawn", money.share),
        ("agreement_ended", money.envelope),
        ("payer", money.unstated),
        ("year", money.unstated),
    ):
        html = page(unescape(found[name]))
        assert set(re.findall(r"/ko/funding-lines/([0-9a-f-]{36})/\"", html.partition("<table")[2])) >= {str(line.id)}
    assert "약정보다 지출이 많은 재원이 1건 있습니다." in text_of(page("money/?program=alpha"))


def test_a_counter_entry_takes_the_warning_away(money, page):
    before = page("programs/alpha/")
    cast.counter_entry(money.share.entries.get(movement="spent"), 300)
    cast.work()
    after = page("programs/alpha/")
    assert "overdrawn" in before and "overdrawn" not in after


def test_an_overdrawn_figure_is_shown_as_less_than_nothing(money, page):
    html = page("money/lines/?unit=won&program=alpha&warning=overdrawn")
    assert '<dd class="remaining less">-300</dd>' in html


# ---- in another currency -----------------------------------------------------------------------------------


def test_a_sum_is_shown_in_another_currency_by_the_latest_rate_on_or_before_the_day(money, page):
    cast.rate(of="1400", dated_on="2025-01-02")
    late = cast.rate(of="1500", dated_on="2025-06-01")
    html = page("money/?unit=won&in=KRW")
    assert "≈ 2,250,750" in html  # USD 1,500.50 at 1,500
    assert f"/ko/exchange-rates/{late.id}/" in html and "2025. 6. 1." in html
    assert "≈ 2,100,700" in page("money/?unit=won&in=KRW&as_of=2025-05-31")
    assert "≈" not in page("money/?unit=won")


def test_without_a_rate_it_says_so_and_officers_are_led_to_enter_one(money, page):
    new = "/ko/exchange-rates/new/?currency=USD&amp;in_currency=KRW"
    html = page("money/?in=KRW")
    assert "환율이 없어" in text_of(html) and new not in html
    assert new in page("money/?in=KRW", by=cast.user("officer"))


@pytest.mark.parametrize(
    ("minor", "currency", "rate", "into", "expected"),
    [(150_050, "USD", "1400", "KRW", 2_100_700), (1, "USD", "1391.5", "KRW", 14), (1000, "KRW", "0.00072", "USD", 72)],
)
def test_converting_minds_the_smallest_units(minor, currency, rate, into, expected):
    assert convert(minor, currency, Decimal(rate), into) == expected


# ---- stated totals -----------------------------------------------------------------------------------------


def test_a_stated_total_stands_beside_the_sum_with_the_difference(money, page):
    cast.citation(money.paper, money.alpha, "total_planned", value="1600.50", unit="USD")
    cast.citation(money.paper, money.alpha, "total_spent", value="3300", unit="KRW")
    for address in ("programs/alpha/?unit=won", "money/?unit=won&program=alpha"):
        text = text_of(page(address, language="en"))
        assert "USD 1,600.5" in text and "−USD 100" in text
        assert "equal to the sum of the lines" in text


NEW = r'href="(/ko/disagreements/new/[^"]+attribute=total_planned[^"]+)"'


def test_a_difference_leads_to_its_disagreement_or_to_entering_one(money, page, officer):
    cast.citation(money.paper, money.alpha, "total_planned", value="1", unit="KRW")
    html = page("programs/alpha/", by=officer)
    (new,) = re.findall(NEW, html)
    form = page(unescape(new), by=officer)
    assert 'value="total_planned"' in form and "출처의 총액과 재원 합계 (계획)" in form
    assert not re.search(NEW, page("programs/alpha/"))
    entered = cast.disagreement(money.alpha, attribute="total_planned", kind=Disagreement.Kind.MONEY)
    for address in ("programs/alpha/", "money/?program=alpha"):
        html = page(address, by=officer)
        assert f"/ko/disagreements/{entered.id}/" in html and not re.search(NEW, html)


def test_at_least_so_much_is_no_difference(money, page):
    cast.citation(money.paper, money.alpha, "total_planned", value="1", unit="USD", qualifier="at_least")
    text = text_of(page("programs/alpha/?unit=won", language="en"))
    assert "equal to the sum of the lines" in text and "−USD" not in text and "+USD" not in text


# ---- who sees what -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "sees"), [("anonymous", "9,500"), ("stranger", "9,500"), ("partner", "9,511"), ("viewer", "9,511")]
)
def test_amounts_hold_what_one_may_see_and_no_more(money, page, role, sees):
    by = cast.cast(money)[role]
    for address in ("money/?unit=won&program=alpha&group_by=fiscal_year", "programs/alpha/?unit=won"):
        shown = {text for m, _head, url, text in CELL.findall(page(address, by)) if "fiscal_year=2026" in url}
        assert sees in shown and "77" not in shown
    found = page("money/lines/?program=alpha&fiscal_year=2026", by)
    assert (str(money.shared.id) in found) == (sees == "9,511")


def test_who_is_signed_in_is_told_how_many_lines_are_not_shown(money, page):
    for address in ("money/", "money/lines/", "institutions/firm/"):
        assert "볼 수 없는 재원이 1건 있습니다" in page(address, cast.user("viewer"))
        assert "볼 수 없는" not in page(address)


def test_what_one_may_not_see_is_no_condition(money, page):
    secret = cast.institution("secret", visibility=INTERNAL)
    for address in ("money/?payer=secret", f"money/lines/?payer={secret.id}", "money/?program=nope"):
        page(address, status=404)
    page("money/?payer=secret", by=cast.user("officer"))


# ---- moments -----------------------------------------------------------------------------------------------


def test_figures_of_a_day_and_of_the_past_lead_to_lines_of_that_moment(money, page):
    before = timezone.now()
    FundingLine.objects.filter(id=money.in_kind.id).update(form="cash")
    cast.work()
    for moment in ("as_of=2025-02-01", f"known_at={before.isoformat().replace('+', '%2B')}"):
        html = page(f"money/?unit=won&program=alpha&{moment}")
        cells = CELL.findall(html)
        assert cells and all(moment.partition("=")[0] in url for _m, _head, url, _text in cells)
        for measure, _head, url, text in cells:
            figure, sums = behind(page, unescape(url))
            assert number(text) == figure[measure] == sums[measure], url
        assert moment.partition("=")[0] in re.search(r'href="([^"]+)">근거 재원', html)[1]
    measures = {measure for measure, *_ in CELL.findall(page("money/?as_of=2025-02-01"))}
    assert "planned" in measures and {"received", "spent"}.isdisjoint(measures)


# ---- the page itself ---------------------------------------------------------------------------------------


def test_the_page_is_in_the_menu_and_marked_there(money, page):
    assert '<a href="/ko/money/">예산</a>' in page("")
    assert '<a href="/ko/money/" aria-current="page">예산</a>' in page("money/")


def test_it_opens_in_both_languages(money, page):
    for address in ("money/", "money/lines/?program=alpha", "programs/alpha/", "institutions/gist/"):
        english, korean = (money_of(page(address, language=language)) for language in ("en", "ko"))
        assert english and not HANGUL.search(english), address
        assert HANGUL.search(korean) and not re.search(
            r"Planned|Committed|Received|Remaining|fiscal year|not stated", korean
        ), address


def money_of(html: str) -> str:
    """What a page says of money: its section, or all of a page of money."""
    before, section, rest = html.partition('<section id="money">')
    main = rest.partition("</section>")[0] if section else before.partition("<main")[2].partition("</main>")[0]
    return text_of(main)


def test_an_empty_registry_says_what_to_do_next(db, page):
    assert "아직 입력된 금액이 없습니다" in page("money/")
    assert "/ko/funding-lines/new/" in page("money/", by=cast.user("officer"))


def test_a_choice_without_money_says_what_to_do_next(money, page):
    for address in ("money/?fiscal_year=1999", "money/lines/?fiscal_year=1999"):
        assert "조건을 하나 빼 보십시오" in page(address)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("money/?colour=red", "colour"),
        ("money/?form=gold", "gold"),
        ("money/?group_by=colour", "colour"),
        ("money/?group_by=program,form,state,payer", "group_by"),
        ("money/?fiscal_year=20x5", "20x5"),
        ("money/?fiscal_year__gte=1800", "1800"),
        ("money/?fiscal_year__gte=2026&fiscal_year__lte=2025", "2026년부터 2025년까지"),
        ("money/?in=won", "won"),
        ("money/?as_of=2026-02-30", "달력에 없는 날"),
        ("money/lines/?after=7", "after"),
        ("money/lines/?warning=fire", "fire"),
        ("money/lines/?group_by=form", "group_by"),
    ],
)
def test_what_is_wrong_with_an_address_is_said_by_name(money, page, address, said):
    assert said in text_of(page(address, status=400))


def test_an_empty_choice_of_the_form_asks_for_all(money, page):
    address = "money/?program=&fiscal_year__gte=&payer_kind=&form=&currency=&state=&group_by=&group_by=&in=&unit=won"
    everything = CELL.findall(page("money/?unit=won"))
    assert everything and CELL.findall(page(address)) == everything


def test_money_of_no_year_is_said_to_be_left_out_of_a_range(money, page):
    text = text_of(page("money/?program=alpha&fiscal_year__gte=2025"))
    assert "연도 범위에 들지 않아" in text and "연도 미상" not in text


@pytest.mark.parametrize(
    "address", ["money/?group_by=project,payer", "money/lines/", "programs/alpha/", "institutions/firm/"]
)
def test_more_lines_cost_no_more_queries(money, address):
    client, counts = Client(), []
    add_lines(money, 1)
    for _ in range(2):
        client.get(f"/ko/{address}")
        with CaptureQueriesContext(connection) as asked:
            assert client.get(f"/ko/{address}").status_code == 200
        counts.append(len(asked))
        add_lines(money, 12)
    assert counts[1] == counts[0] <= 20


def add_lines(money, number: int) -> None:
    for n in range(number):
        line = cast.line(cast.project(money.alpha), payer=cast.institution(country="KR"), recipient=money.firm)
        cast.amount(line, 2020 + n, 5)
        cast.entry(line, 5)
    cast.work()


def test_an_institution_of_very_many_lines_is_not_added_up_on_its_page(money, page, monkeypatch):
    monkeypatch.setattr("funding.money.section.MOST_OF_INSTITUTION", 60)
    for _ in range(62):
        cast.line(money.beta, payer=money.firm)
    html = page("institutions/firm/")
    assert "이 화면에서는 합하지 않습니다" in html and "/ko/money/?payer=firm" in html


def test_where_there_are_many_programs_one_writes_which(money, page, monkeypatch):
    assert '<select id="f-program"' in page("money/")
    monkeypatch.setattr("funding.money.pages.MOST_OPTIONS", 1)
    assert '<input type="text" id="f-program" name="program" value="alpha"' in page("money/?program=alpha")


def test_a_moment_of_a_very_large_registry_is_asked_of_a_part_of_it(money, page, monkeypatch):
    monkeypatch.setattr("funding.money.asking.MOST_LINES_OF_A_MOMENT", 3)
    for address in ("money/?as_of=2025-02-01", "money/lines/?as_of=2025-02-01"):
        assert "다른 시점의 금액은" in page(address, status=400)
        page(f"{address}&program=alpha")
    page("money/")


def test_of_very_many_lines_only_totals_are_looked_at_for_warnings(money, page, monkeypatch):
    exact = page("money/?program=alpha")
    monkeypatch.setattr("funding.money.warnings.MOST_LINES", 3)
    html = page("money/?program=alpha")
    assert set(re.findall(r'<li class="(\w+)">', html)) == {"payer", "year"}
    assert set(WARNED.findall(html)) < set(WARNED.findall(exact)) and "확인합니다" in html


def test_a_long_table_of_a_record_adds_up_all_years(money, page, monkeypatch):
    monkeypatch.setattr("funding.money.section.MOST_GROUPS", 2)
    html = page("programs/alpha/?unit=won")
    cells = CELL.findall(html)
    assert cells and not any(
        "=KRW" in url and "fiscal_year" in url and "payer_kind" in url for _m, _h, url, _t in cells
    )
    assert "모든 연도를 합한" in html
    for measure, _head, url, text in cells:
        assert number(text) == behind(page, unescape(url))[0][measure]


@pytest.mark.parametrize("years", [None, [2025], [2025, 2026], [2026, None]])
@pytest.mark.parametrize("programs", [(), ("alpha",), ("alpha", "beta")])
def test_each_line_is_counted_once_however_many_years_and_programs_are_asked_for(money, page, years, programs):
    cast.amount(money.unstated, 2026, 5, visibility=INTERNAL)  # it stands in another year besides, for officers
    cast.amount(money.in_kind, 2025, 5)
    cast.work()
    chosen = [getattr(money, name).id for name in programs]
    only = {name: values for name, values in (("fiscal_year", years), ("program", chosen)) if values}
    address = f"money/lines/?program={''.join(programs[:1])}&fiscal_year={written(years or ())}"
    for by, reader in ((None, ANYONE), (cast.user("officer"), EVERYTHING)):
        lines = {c.line.id for c in lines_plainly(reader.level) if keeps(c, years, chosen)}
        assert lines
        assert sum(row["lines"] for row in totals(reader, only=only)) == len(lines)
        if len(programs) < 2:  # an address names one
            assert f"재원 {len(lines)}건." in text_of(page(address, by))


def keeps(counted, years, programs) -> bool:
    return counted.year in (years or (counted.year,)) and counted.line.program_id in (
        programs or (counted.line.program_id,)
    )
