"""Dates as exact as known: Python and the database read the same texts, and mean the same days."""

from datetime import date

import pytest
from django.db import DataError, IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from records.dates import BadDate, Edtf, order, parse, read, show
from tests.cast import program, sql

D = date


# ---- what a text means -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024", D(2024, 1, 1), D(2024, 12, 31)),
        ("2024-07", D(2024, 7, 1), D(2024, 7, 31)),
        ("2024-02", D(2024, 2, 1), D(2024, 2, 29)),
        ("1900-02", D(1900, 2, 1), D(1900, 2, 28)),
        ("2024-07-28", D(2024, 7, 28), D(2024, 7, 28)),
        ("2024-07~", D(2024, 7, 1), D(2024, 7, 31)),
        ("2024?", D(2024, 1, 1), D(2024, 12, 31)),
        ("2024-07/2024-10", D(2024, 7, 1), D(2024, 10, 31)),
        ("2024~/2025-03-01?", D(2024, 1, 1), D(2025, 3, 1)),
        ("2024/2024", D(2024, 1, 1), D(2024, 12, 31)),
        ("2024-07/..", D(2024, 7, 1), D.max),
        ("../2024-07", D.min, D(2024, 7, 31)),
        ("9999-12-31", D.max, D.max),
    ],
)
def test_a_date_means_the_days_that_it_allows(text, first, last):
    assert parse(text) == Edtf(text, first, last)


BAD = [
    "", " ", "2024 ", " 2024", "2024\n", "24", "02024", "2024-7", "2024-13", "2024-00", "2024-07-00", "2024-00-00",
    "2023-02-29", "2024-06-31", "0000", "2024-07-28-01", "2024/", "/2024", "../..", "..", "2025/2024", "2024/2023~",
    "2024//2025", "2024/2025/2026", "2024~~", "2024?~", "~2024", "2024-07-28T00:00", "-2024", "２０２４", "２０２4-07",
    "2024.07", "2024-07/2024-06-30", "../0000", "2024/../2025", "unknown",
]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_date_is_refused_with_the_text_in_the_sentence(text):
    with pytest.raises(BadDate) as refused:
        parse(text)
    assert text in str(refused.value)


def test_about_and_uncertain_are_known():
    assert (parse("2024~").is_about, parse("2024~").is_uncertain) == (True, False)
    assert (parse("2024/2025?").is_about, parse("2024/2025?").is_uncertain) == (False, True)


# ---- the database says the same ----------------------------------------------------------------------------

years = st.integers(0, 9999).map("{:04d}".format)
two = st.integers(0, 32).map("{:02d}".format)
ones = st.tuples(
    years, st.one_of(st.just(""), two.map("-{}".format), st.tuples(two, two).map(lambda t: "-{}-{}".format(*t))),
    st.sampled_from(["", "", "~", "?", "~?"]),
).map("".join)  # fmt: skip
ends = st.one_of(ones, st.just(".."))
texts = st.one_of(
    ones, st.tuples(ends, ends).map("/".join), st.sampled_from(BAD), st.text("0123456789-/.~? ４", max_size=14)
)


def python_says(text):
    try:
        found = parse(text)
    except BadDate:
        return None
    return found.first, found.last


def database_says(text):
    """The first and last day of a date that a table would take; None for one that it would refuse."""
    try:
        with transaction.atomic():
            # the table works out both days before it checks the text
            ((first, last),) = sql("SELECT edtf_first(%s), edtf_last(%s)", text, text)
            ((is_valid,),) = sql("SELECT edtf_is_valid(%s)", text)
    except DataError:
        return None
    return (first, last) if is_valid else None


@given(texts)
def test_python_and_the_database_read_every_text_alike(db, text):
    assert database_says(text) == python_says(text)


@pytest.mark.parametrize("text", BAD)
def test_the_database_reads_no_bad_date(db, text):
    assert database_says(text) is None


@pytest.mark.parametrize("text", ["2024-13", "2023-02-29", "someday", "2025/2024"])
def test_whoever_writes_a_bad_date_the_database_refuses_it(db, text):
    row = program()
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        sql("UPDATE programs_program SET starts_on = %s WHERE id = %s", text, row.id)


@given(ones.filter(python_says), ones.filter(python_says))
def test_an_end_wholly_before_its_beginning_is_refused(db, starts, ends):
    with transaction.atomic():
        try:
            with transaction.atomic():
                program(starts_on=starts, ends_on=ends)
            was_taken = True
        except IntegrityError:
            was_taken = False
        transaction.set_rollback(True)
    assert was_taken == (parse(ends).last >= parse(starts).first)


# ---- what people type --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "edtf"),
    [
        ("", ""), ("  ", ""), ("2024", "2024"), ("2024-07", "2024-07"), ("2024-07-28", "2024-07-28"),
        ("2022.7.", "2022-07"), ("2022. 7.", "2022-07"), ("2022.7", "2022-07"), ("2022.07.05", "2022-07-05"),
        ("2022. 7. 5.", "2022-07-05"), ("2021년", "2021"), ("2021년 5월", "2021-05"), ("2021년 5월 24일", "2021-05-24"),
        ("２０２４．７．", "2024-07"), ("2024/7/28", "2024-07-28"), ("2024-7-8", "2024-07-08"),
        ("2025~", "2025/.."), ("~2025", "../2025"), ("2025년부터", "2025/.."), ("2025년까지", "../2025"),
        ("2022.7. ~ 2028.", "2022-07/2028"), ("2022.7.～2028.12.", "2022-07/2028-12"), ("2022–2028", "2022/2028"),
        ("2022년 7월부터 2028년까지", "2022-07/2028"), ("약 2024", "2024~"), ("2024년 7월경", "2024-07~"),
        ("2024?", "2024?"), ("2024.7.?", "2024-07?"), ("2024-07/2024-10", "2024-07/2024-10"), ("2024/..", "2024/.."),
    ],
)  # fmt: skip
def test_korean_forms_are_read(typed, edtf):
    assert read(typed) == edtf


@pytest.mark.parametrize(
    "typed", ["내년", "2024.13.", "2024. 2. 30.", "7월", "~", "24.7.", "2025 ~ 2024", "2024.7.28.9"]
)
def test_what_cannot_be_read_is_refused_with_a_sentence(typed):
    with pytest.raises(BadDate, match="[“‘]"):
        read(typed)


@given(texts)
def test_reading_never_ends_in_anything_but_a_date_or_a_sentence(text):
    try:
        found = read(text)
    except BadDate:
        return
    assert found == "" or parse(found).text == found


# ---- how it is shown ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edtf", "korean", "english"),
    [
        (None, "", ""), ("", "", ""), ("2024", "2024", "2024"), ("2024-07", "2024. 7.", "2024-07"),
        ("2024-07-28", "2024. 7. 28.", "2024-07-28"), ("2024-07~", "2024. 7.경", "about 2024-07"),
        ("2024?", "2024(?)", "2024 (?)"), ("2024-07/..", "2024. 7.부터", "from 2024-07"),
        ("../2024", "2024까지", "by 2024"), ("2024-07/2025", "2024. 7. ~ 2025", "2024-07 ~ 2025"),
    ],
)  # fmt: skip
def test_dates_are_shown_as_offices_write_them(edtf, korean, english):
    assert (show(edtf, "ko"), show(edtf, "en")) == (korean, english)


@given(texts.filter(python_says))
def test_a_date_shown_in_korean_reads_back_as_itself(text):
    shown = show(text, "ko").replace("(?)", "?")
    assert python_says(read(shown)) == python_says(text)


# ---- order -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("2024", "2025", -1), ("2025-01", "2024-12", 1), ("2024-07-28", "2024-07-28", 0), ("2024", "2024", None),
        ("2024-07", "2024", None), ("2024/..", "2023", 1), ("../2024", "2024-12-31", None), ("2024-07-28~", "2024-07-28", 0),
    ],
)  # fmt: skip
def test_dates_have_an_order_only_where_the_days_leave_no_doubt(a, b, expected):
    assert order(parse(a), parse(b)) == expected
