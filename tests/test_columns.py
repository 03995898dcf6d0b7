"""What a list is in a file: headers that name one column each, cells that come back as they went out, and run nowhere."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from records import cells, reading
from records.columns import (
    REFERENCES,
    Cells,
    Form,
    all_columns,
    choosable,
    file_columns,
    harmless,
    headers,
    is_run,
    joined,
    meant,
    parted,
    raw_of,
    recognise,
    unmistaken,
)
from records.kinds import Type, kinds
from records.rights import ANYONE, EVERYTHING
from records.shapes import column_of
from tests import cast

AWKWARD = st.text(alphabet=st.sampled_from("'\"=+-@＝＋－＠\t\r\n ;\\,|a가\ufeff\u200b\u3000"), max_size=8) | st.text()


# ---- texts -------------------------------------------------------------------------------------------------


@given(AWKWARD)
@example("'=1")
@example("''")
@example("\u3000=1+1")
def test_a_text_made_harmless_is_run_nowhere_and_means_itself(text):
    assert not is_run(harmless(text))
    assert meant(harmless(text)) == meant(unmistaken(text)) == text


@pytest.mark.parametrize("text", ["=1+1", "+82", "-5", "@SUM(A1)", "＝1", "＋1", "－1", "＠a", "\tx", "\rx", "\n=1", " =1", "\ufeff=1"])  # fmt: skip
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(text):
    assert harmless(text) == "'" + text


@pytest.mark.parametrize("text", ["'tis", "a=b", "", "1-2", "로봇", "'", "#REF!", "50 %"])
def test_other_texts_stay_as_they_are(text):
    assert harmless(text) == unmistaken(text) == text


@given(st.lists(AWKWARD.filter(bool)))
def test_a_list_of_texts_comes_back_from_one_text(items):
    assert parted(joined(items)) == items
    assert parted(meant(harmless(joined(items)))) == items


def test_a_list_is_read_as_somebody_types_it():
    assert parted("로봇;AI ;  vision; ;") == ["로봇", "AI", "vision"]


# ---- headers -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", Form)
def test_headers_name_one_column_each_and_are_recognised(form):
    for kind in kinds().values():
        columns = all_columns(kind)
        written = headers(kind, columns, form)
        assert len({header.casefold() for header in written}) == len(columns), kind.name
        assert recognise(kind, written) == (form, columns)


def test_headers_are_recognised_however_they_are_spaced_and_among_others():
    kind = kinds()["project"]
    form, found = recognise(kind, ["id", " TITLE  (english) ", "program id", "Remarks"])
    assert form is Form.EN
    assert [column and column.name for column in found] == ["id", "title_en", "program", None]


def test_a_file_has_ids_and_versions_both_languages_and_both_sides_of_a_reference():
    kind = kinds()["participation"]
    names = [column.name for column in file_columns(kind, ["institution", "does", "starts_on", "ends_on"])]
    assert names == [
        "id", "version", "institution_label", "institution", "does_ko", "does_en", "starts_on", "ends_on",
    ]  # fmt: skip
    assert headers(kind, file_columns(kind, ["institution"]), Form.KO) == ["ID", "버전", "기관", "기관 ID"]


def test_an_amount_brings_its_currency_along():
    names = [column.name for column in file_columns(kinds()["funding_amount"], ["planned"])]
    assert names == ["id", "version", "planned", "currency"]


def test_every_column_of_a_list_can_be_chosen_and_private_ones_by_whom_they_concern():
    for kind in kinds().values():
        assert set(kind.columns) <= set(choosable(kind, ANYONE)), kind.name
    assert "effort_share" not in choosable(kinds()["role"], ANYONE)
    assert "effort_share" in choosable(kinds()["role"], EVERYTHING)


def test_no_two_values_of_a_choice_have_one_word():
    for kind in kinds().values():
        for column in all_columns(kind):
            if column.field.type is Type.CHOICE:
                for form in (Form.KO, Form.EN):
                    read, words = raw_of(column, form), Cells(kind, [column], EVERYTHING, form)._writers
                    assert len(words) == 1
                    for value, _word in column.field.choices:
                        assert read(str(value)) == str(value)


# ---- cells -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything(kept):
    """Rows of every kind, and some whose values are easily spoilt on the way."""
    w = cast.small_world()
    for level in (cast.PUBLIC, cast.INTERNAL):
        cast.one_of_each(w, level)
    cast.project(w.alpha, "550e8400-e29b-41d4-a716-446655440000", title_ko="=1+1", topics=["a; b", " c\\", "[d]"])
    w.dollars = cast.line(w.alpha, currency="USD", name_ko="'=말", note_ko="-5\n'줄")
    cast.amount(w.dollars, 2024, 123456789012345, committed=50)
    cast.lab(w.gist, floor_area="1234567.89", floor_area_unit="m2", aliases=["'", "''", "；"])
    cast.role(w.rus, w.one, effort_share="12.5", title_en="@home")
    return w


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("name", list(kinds()))
def test_cells_of_every_kind_come_back_as_the_values_they_were(db, everything, name, form):
    kind = kinds()[name]
    columns, rows = all_columns(kind), kind.attached(list(kind.rows()[:300]), EVERYTHING)
    assert rows
    written = [column for column in columns if column.is_written]
    for row, texts in zip(rows, Cells(kind, columns, EVERYTHING, form).of(rows), strict=True):
        for column, text in zip(columns, texts, strict=True):
            if column in written:
                plain = raw_of(column, form)(harmless(text) if form is not Form.RAW and column.is_text else text)
                assert value_of(column.field, plain, row) == getattr(row, column_of(column.field)), (column.name, text)


def value_of(field, text: str, row):
    """As an import reads it."""
    if field.type in REFERENCES:
        return reading.reference(field, text, EVERYTHING).id if text else None
    return cells.read(field, text, getattr(row, "currency", ""))


def test_a_cell_for_people_is_in_their_words(db, everything):
    kind = kinds()["project"]
    columns = file_columns(kind, ["program", "status", "topics", "visibility"])
    rows = list(kind.rows().filter(slug="one"))
    korean, english, raw = (dict(zip(headers(kind, columns, form), next(Cells(kind, columns, EVERYTHING, form).of(rows)), strict=True)) for form in (Form.KO, Form.EN, Form.RAW))  # fmt: skip
    assert (korean["사업"], korean["사업 ID"], korean["상태"]) == ("사업 alpha", "alpha", "진행 중")
    assert (english["Program"], english["Status"], english["Visibility"]) == ("Program alpha", "running", "public")
    assert (raw["program"], raw["status"], json.loads(raw["topics"])) == (str(everything.alpha.id), "running", [])


def test_what_the_reader_may_not_see_is_an_empty_cell(db, everything):
    partner, kind = cast.user("partner", everything.gist), kinds()["role"]
    columns = [
        column for column in all_columns(kind) if column.name in ("effort_share", "researcher", "researcher_label")
    ]
    rows = list(kind.rows().visible_to(cast.reader(partner)).filter(effort_share__isnull=False))
    assert rows
    shares = {row.researcher_id: texts[-1] for row, texts in zip(rows, Cells(kind, columns, cast.reader(partner), Form.RAW).of(rows), strict=True)}  # fmt: skip
    assert shares == {everything.hong.id: "30", everything.rus.id: ""}
    everything.hong.visibility = cast.INTERNAL
    everything.hong.save()
    assert next(Cells(kind, columns, ANYONE, Form.KO).of([everything.role])) == ["", "", ""]
