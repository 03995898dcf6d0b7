"""Amounts are read exactly as they were meant, or refused with a sentence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.amounts import LARGE, BadAmount, read_amount, said
from records.money import LARGEST, major_text

pytestmark = pytest.mark.usefixtures("english")

WON = {
    "440억": 44_000_000_000, "440억원": 44_000_000_000, "440 억 원": 44_000_000_000, "1.5억": 150_000_000,
    "1,234천원": 1_234_000, "1,234": 1_234, "0": 0, "1억 5,000만": 150_000_000, "1억5천만원": 150_000_000,
    "3천4백만": 34_000_000, "2백만": 2_000_000, "백만원": 1_000_000, "만원": 10_000, "천만 원": 10_000_000,
    "12억 3,456만 7,890원": 1_234_567_890, "1조 2,000억": 1_200_000_000_000, "1,234백만원": 1_234_000_000, "1,234,567": 1_234_567,
    "△1,000": -1_000, "▲1,000": -1_000, "(1,000)": -1_000, "-1,000": -1_000, "−1000": -1_000, "(1.5억)": -150_000_000,
    "１，２３４": 1_234, "４４０억": 44_000_000_000, "₩1,000": 1_000, "￦1,000": 1_000, "KRW 1,000": 1_000, "1000 krw": 1_000,
    "1.5 billion": 1_500_000_000, "44bn": 44_000_000_000, "3 million": 3_000_000, "5천": 5_000, "1천2백3십4": 1_234, "1.50억": 150_000_000,
    "0.5만": 5_000, "1234.0": 1_234, "+7": 7,
}  # fmt: skip
DOLLARS = {"1,234.50": 123_450, "$1.5": 150, "100만 달러": 100_000_000, "US": None, "1.234": None, "1,000원": None, "€5": None, "usd 3": 300}  # fmt: skip
REFUSED = [
    "", " ", "abc", "NaN", "Infinity", "1e9", "1.234", "1,23", "12,34,567", "1.5", "1,2345", "억억", "1만 2억", "1억 20000만", "1.5억 3000만",
    "1..5", "--5", "5-", "1 000 000 000 000 000", "9,999조", "1,000,000,000,000,000", "٣", "1_000", "$5", "5달러", "()", "-", "△", "100백천",
    "1천 5천", "x" * 500, "\x00", "1,234.5천.1", "0x10",
]  # fmt: skip


@pytest.mark.parametrize("typed", WON)
def test_won_are_read_as_people_write_them(typed):
    assert read_amount(typed, "KRW") == WON[typed]


@pytest.mark.parametrize("typed", REFUSED)
def test_what_could_mean_two_things_or_nothing_is_refused(typed):
    with pytest.raises(BadAmount) as refused:
        read_amount(typed, "KRW")
    assert str(refused.value)


@pytest.mark.parametrize("typed", DOLLARS)
def test_dollars_have_cents_and_are_no_won(typed):
    if DOLLARS[typed] is None:
        with pytest.raises(BadAmount):
            read_amount(typed, "USD")
    else:
        assert read_amount(typed, "USD") == DOLLARS[typed]


AMOUNTS = st.integers(-LARGEST + 1, LARGEST - 1)


@given(AMOUNTS, st.sampled_from(["KRW", "USD", "KWD"]))
def test_what_is_written_out_is_read_back(minor, currency):
    assert read_amount(major_text(minor, currency), currency) == minor
    assert read_amount(f"{Decimal(major_text(minor, currency)):,f}", currency) == minor


@given(st.integers(0, LARGEST - 1))
def test_korean_units_are_read_back(minor):
    parts, rest = [], minor
    for unit, value in LARGE.items():
        if rest >= value:
            parts.append(f"{rest // value:,}{unit}")
            rest %= value
    parts += [f"{rest:,}"] if rest or not parts else []
    assert read_amount(" ".join(parts) + "원", "KRW") == minor


@given(AMOUNTS)
def test_what_is_said_of_an_amount_can_be_typed_again(minor):
    assert read_amount(said(minor, "KRW").split(" (")[0], "KRW") == minor


@given(st.text("0123456789.,억만천백십조원-△() $e달러", max_size=14))
def test_whatever_is_typed_is_an_amount_or_a_sentence(typed):
    try:
        assert abs(read_amount(typed, "KRW")) < LARGEST
    except BadAmount as refused:
        assert str(refused)
