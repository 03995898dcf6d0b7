"""What functions write in place of templates: the same HTML, and never what a person typed as HTML."""

from datetime import date
from uuid import uuid4

import pytest
from django import forms
from django.db import connection
from django.forms.renderers import TemplatesSetting
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse

from records import markup
from records.citing import BESIDE_ROW, BESIDE_VALUE, CitingForm
from records.dates import parse
from records.drawing import Fact, timeline
from records.input_markup import WRITTEN, Renderer
from records.moments import address, carrying
from records.money_bars import Bar, Group, money_bars
from records.rights import EVERYTHING
from records.showing import Cell, Line, Notes
from tests import cast

TYPED = "<b>a & \"b\" 'c'</b>"
WRITTEN_OUT = "&lt;b&gt;a &amp; &quot;b&quot; &#x27;c&#x27;&lt;/b&gt;"


# ---- values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        Cell(TYPED),
        Cell(TYPED, chip="chip running"),
        Cell(TYPED, href=f"/{TYPED}"),
        Cell(TYPED, lang="en"),
        Cell(TYPED, is_short=True),
        Cell("x", sub=TYPED, sub_lang="en"),
    ],
)
def test_what_a_person_typed_is_text_and_never_html(cell, english):
    written = markup.cell_html(cell)
    assert WRITTEN_OUT in written and "<b>" not in written


def test_the_name_of_a_row_and_the_head_of_a_column_are_text_as_well(english):
    row = Line(uuid4(), (Cell(TYPED, head="x"), Cell("y", head=TYPED)))
    written = markup.rows_html([row], selects=True)
    assert written.count(WRITTEN_OUT) == 3 and "<b>" not in written  # its box, its cell, the other cell's head


def test_lines_of_a_text_stay_lines(english):
    assert markup.cell_html(Cell("a\r\nb\nc")) == "a<br>b<br>c"


def test_a_value_says_its_sources_its_language_and_that_none_states_it(english):
    assert markup.cell_html(Cell("x", notes=Notes((2, 11)))) == (
        'x<sup class="src"><a href="#s2" aria-label="Source 2">2</a><a href="#s11" aria-label="Source 11">11</a></sup>'
    )
    assert 'lang="ko">값</span><small class="mark" title="Only a Korean text' in markup.cell_html(Cell("값", lang="ko"))
    assert markup.cell_html(Cell(is_unstated=True)) == '<span class="un">not in the sources</span>'
    assert markup.notes_html(Notes()) == ""


def test_names_in_drawings_are_text():
    drawn = timeline([Fact(TYPED * 9, TYPED, parse("2024"), parse("2025"))], today=date(2025, 1, 1))
    bars = money_bars([Group(TYPED, (Bar("planned", 10, TYPED), Bar("spent", 5, "5")))])
    for written in (markup.timeline_rows_html(drawn), markup.money_rows_html(bars, "KRW")):
        assert WRITTEN_OUT in written and "<b>" not in written


# ---- inputs -------------------------------------------------------------------------------------------------

WIDGETS = [
    forms.TextInput({"title": TYPED, "maxlength": 80, "disabled": True, "hidden": False}),
    forms.HiddenInput(),
    forms.Textarea({"rows": 1}),
    forms.Select(choices=[("", "–"), ("a", TYPED), (TYPED, "b")]),
    forms.Select(choices=[("one", [("a", "A"), ("b", "B")]), ("c", "C")]),
]


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: type(widget).__name__)
@pytest.mark.parametrize("value", [None, "", "a", TYPED, 0, 12, True])
def test_an_input_is_written_as_djangos_template_writes_it(widget, value):
    assert widget.template_name in WRITTEN
    written, drawn = (widget.render("it", value, {"id": "id_it"}, renderer=r()) for r in (Renderer, TemplatesSetting))
    assert written == drawn


def test_a_field_without_errors_says_nothing_and_one_with_errors_all(english):
    assert str(forms.utils.ErrorList(renderer=Renderer())) == ""
    assert WRITTEN_OUT in str(forms.utils.ErrorList([TYPED], renderer=Renderer()))


@pytest.mark.parametrize("names", [BESIDE_ROW, BESIDE_VALUE])
def test_citations_that_nobody_touched_are_drawn_once_each_under_its_own_names(db, names, english):
    typed, drawn = QueryDict(mutable=True), {}
    common = {"reader": EVERYTHING, "known": {}, "names": names}
    sharing = [CitingForm(typed, prefix=f"role-{n}", drawn=drawn, **common) for n in (1, 10, 2)]
    alone = [CitingForm(typed, prefix=f"role-{n}", drawn={}, **common) for n in (1, 10, 2)]
    assert [form.html for form in sharing] == [form.html for form in alone]
    typed["cite-role-2-place"] = "p. 4"
    assert 'value="p. 4"' in sharing[2].html or "p. 4</textarea>" in sharing[2].html
    assert "p. 4" not in sharing[0].html


# ---- addresses and queries ----------------------------------------------------------------------------------


def test_an_address_is_what_django_makes_of_it_whatever_the_key(english):
    for key in ("alpha", str(uuid4()), "@", "a b", "가", "a/b"):
        try:
            expected = reverse("record", args=["programs", key])
        except NoReverseMatch:
            with pytest.raises(NoReverseMatch):
                address("record", "programs", key)
        else:
            assert address("record", "programs", key) == expected
    with carrying({"as_of": "2025-08"}):
        assert address("record", "programs", "alpha") == "/en/programs/alpha/?as_of=2025-08"


def test_amounts_are_read_only_where_a_page_shows_them(db, client):
    payer = cast.institution()
    line = cast.line(cast.program(), payer=payer)
    cast.amount(line, planned=10**9)
    for address_of, is_asked in ((f"institutions/{payer.slug}", False), (f"funding-lines/{line.id}", True)):
        with CaptureQueriesContext(connection) as asked:
            page = client.get(f"/en/{address_of}/").content.decode()
        assert str(line.id) in page
        assert any('FROM "funding_fundingamount"' in query["sql"] for query in asked) == is_asked
