"""One budget stated four ways by five documents at four dates, in two currencies, in cash and in kind: entered, shown and
totalled without a wrong sum."""

import json
import re
from datetime import date

import pytest

from funding.rollups import totals
from records.rights import EVERYTHING
from tests import cast
from tests.test_money_pages import CELL

STATED = (  # by which document, at which date, which total, in which unit
    ("press release", "2024-05", "100억 원", "10000000000", "KRW"),
    ("newsletter", "2024-10-28", "100억 원", "10000000000", "KRW"),
    ("plan", "2025-01", "120억 원", "12000000000", "KRW"),
    ("spreadsheet", "2025-01", "118억 원", "11800000000", "KRW"),
    ("partner's report", "2025-06", "USD 1.5 million", "1500000", "USD"),
)


@pytest.fixture
def send(client, officer):
    client.force_login(officer)

    def post(kind: str, /, **values) -> dict:
        answer = client.post(
            f"/api/v1/{kind}/", json.dumps(values | {"reason": "from the documents"}), "application/json"
        )
        assert answer.status_code == 201, answer.content.decode()
        return answer.json()

    return post


@pytest.fixture
def budget(send, world) -> dict:
    """Cash in won, raised from 100 to 120 in January 2025; machines in kind; dollars from abroad."""
    program, ids = str(world.beta.id), {}
    lines = {
        "cash": {"form": "cash", "payer": str(world.government.id), "name_ko": "정부출연금"},
        "in kind": {"form": "in_kind", "unnamed_payer_kind": "industry", "name_ko": "현물"},
        "dollars": {"form": "cash", "currency": "USD", "name_en": "From abroad"},
    }
    for name, values in lines.items():
        ids[name] = send("funding-lines", program=program, **values)["id"]
    send("funding-amounts", line=ids["cash"], fiscal_year=2025, decided_on="2024-05", planned=8_000_000_000)
    send("funding-amounts", line=ids["cash"], fiscal_year=2025, decided_on="2025-01", planned=10_000_000_000,
         revision="raised", note_ko="2차 협약")  # fmt: skip
    send("funding-amounts", line=ids["in kind"], fiscal_year=2025, decided_on="2024-05", planned=2_000_000_000)
    send("funding-amounts", line=ids["dollars"], decided_on="2025-06", planned=1_500_000)
    for title, day, words, value, unit in STATED:
        source = send("sources", title_en=title, kind="article", published_on=day)["id"]
        send("citations", source=source, record=program, attribute="total_planned", value_stated=words, value=value,
             unit=unit, speaks_of=day)  # fmt: skip
    cast.work()
    return ids


def test_its_sums_stay_apart_by_currency_and_form_and_follow_the_day(budget, world):
    def sums(as_of=None):
        rows = totals(EVERYTHING, program=world.beta.id, group_by=("form",), as_of=as_of)
        return {(row["form"], row["currency"]): row["planned"] for row in rows}

    assert sums() == {("cash", "KRW"): 10_000_000_000, ("in_kind", "KRW"): 2_000_000_000, ("cash", "USD"): 150_000_000}
    assert sums(date(2024, 5, 31)) == {("cash", "KRW"): 8_000_000_000, ("in_kind", "KRW"): 2_000_000_000}
    assert sums(date(2024, 4, 30)) == {}


@pytest.mark.parametrize("language", ["ko", "en"])
def test_its_page_shows_every_statement_beside_the_sum_of_its_own_currency(budget, client, world, language):
    page = client.get(f"/{language}/programs/beta/?unit=won").content.decode()
    sums = {text for measure, _head, _url, text in CELL.findall(page) if measure == "planned"}
    assert sums == {"10,000,000,000", "2,000,000,000", "1,500,000"}  # of cash, of what is in kind, of dollars
    rows = page.partition('<table class="fold stated"')[2].partition("</table>")[0].split("<tr")[2:]
    shown = [re.search(r"<div>\D*([\d,]+)", row)[1] for row in rows]  # what is stated stands first
    assert sorted(shown) == sorted(f"{int(value):,}" for _document, _day, _words, value, _unit in STATED)


def test_who_decides_which_is_right_is_told_with_the_reason(send, budget, world, client):
    send("disagreements", record=str(world.beta.id), attribute="total_planned", kind="value", topic_ko="예산 총액", state="decided",
         adopted="12000000000", reason_ko="2025년 1월 계획이 최신", decided_by="담당")  # fmt: skip
    assert "2025년 1월 계획이 최신" in client.get("/ko/programs/beta/").content.decode()
