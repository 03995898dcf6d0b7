"""What a form's own inputs take, refuse and show, without a browser."""

from uuid import uuid4

import pytest
from django import forms
from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation

from records.form_fields import EdtfDateField, LinesField, MoneyField, RecordField
from tests import cast
from tests.cast import INTERNAL, reader

pytestmark = pytest.mark.usefixtures("english")


def form_for(by=None, required=True, **more):
    class Form(forms.Form):
        lead = RecordField(kinds=[cast.kind("researcher")], reader=reader(by), required=required, label="lead", **more)

    return Form


def sent(by=None, required=True, field=None, **data):
    asked = QueryDict(mutable=True)
    asked.update({name: str(value) for name, value in data.items()})
    return form_for(by, required, **(field or {}))(asked)


def html(form) -> str:
    return str(form["lead"])


# ---- a record ----------------------------------------------------------------------------------------------


@pytest.fixture
def people(world):
    world.one_lee = cast.researcher("Lee Jong-ho", name_ko="이종호", orcid="0000-0002-1825-0097")
    cast.affiliation(world.one_lee, world.gist, title_en="professor")
    return world


@pytest.mark.parametrize(
    "typed", ["이종호", "Lee Jong-ho", "lee jongho", "Jong-ho Lee", "0000-0002-1825-0097", "https://orcid.org/0000-0002-1825-0097"]
)  # fmt: skip
def test_one_that_is_called_so_is_taken(people, typed):
    form = sent(lead=typed)
    assert form.is_valid(), form.errors
    assert form.cleaned_data["lead"] == people.one_lee.id


def test_an_id_and_the_address_of_a_page_are_taken(people):
    for typed in (people.one_lee.id, f"http://x/en/researchers/{people.one_lee.id}/"):
        form = sent(lead=typed)
        assert form.is_valid() and form.cleaned_data["lead"] == people.one_lee.id


def test_of_namesakes_one_is_chosen_by_where_they_work(people):
    other = cast.researcher("Lee Jongho", name_ko="이종호")
    cast.affiliation(other, people.kaist, title_en="student")
    form = sent(lead="이종호")
    assert "Several records" in form.errors["lead"][0]
    drawn = html(form)
    assert drawn.count('type="radio"') == 2 and "Gist professor" in drawn and "Kaist student" in drawn
    assert 'aria-invalid="true"' in drawn and "id_lead_error" in drawn
    chosen = sent(lead="이종호", lead_id=other.id, lead_said="이종호")
    assert chosen.is_valid() and chosen.cleaned_data["lead"] == other.id


def test_what_only_sounds_alike_is_asked_about_and_not_guessed(people):
    form = sent(lead="Rhee Chongho")
    assert "nearest" in form.errors["lead"][0] and str(people.one_lee.id) in html(form)


def test_a_mistake_at_the_end_still_finds_the_nearest(people):
    form = sent(lead="이종호우우")
    assert "nearest" in form.errors["lead"][0] and "이종호" in html(form)


def test_one_that_is_not_there_can_be_entered(people):
    form = sent(lead="Nobody Atall", field={"create_url": lambda kind, text: f"/en/{kind.plural}/new/?name={text}"})
    assert "There is no record" in form.errors["lead"][0]
    assert "/en/researchers/new/?name=Nobody Atall" in html(form)


def test_a_changed_text_is_read_anew_although_an_id_stands_beside_it(people):
    form = sent(lead="홍길동", lead_id=people.one_lee.id, lead_said="이종호")
    assert form.is_valid() and form.cleaned_data["lead"] == people.hong.id


def test_a_record_that_one_may_not_see_or_of_another_kind_is_not_taken(people):
    hidden = cast.researcher("Hidden Person", visibility=INTERNAL)
    for row in (hidden, people.gist):
        for form in (
            sent(lead="x", lead_id=row.id, lead_said="x"),
            sent(lead=row.id),
            sent(lead=str(row)),
        ):
            assert not form.is_valid() and str(row.id) not in html(form).replace(f'value="{row.id}"', "", 2)
            assert "Hidden Person ·" not in html(form)
    assert sent(cast.user("officer"), lead="Hidden Person").is_valid()


def test_the_initial_record_stands_there_by_its_name(people):
    form = form_for()(initial={"lead": people.one_lee.id})
    drawn = html(form)
    assert 'value="Lee Jong-ho"' in drawn and str(people.one_lee.id) in drawn and "Gist professor" in drawn
    with translation.override("ko"):
        assert 'value="이종호"' in html(form_for()(initial={"lead": people.one_lee.id}))


def test_it_says_whether_it_changed(people):
    Form = form_for(required=False)
    same = {"lead": "Lee Jong-ho", "lead_id": str(people.one_lee.id), "lead_said": "Lee Jong-ho"}
    assert not Form(same, initial={"lead": people.one_lee.id}).has_changed()
    assert Form({"lead": ""}, initial={"lead": people.one_lee.id}).has_changed()
    assert Form({"lead": "홍길동"}, initial={"lead": people.one_lee.id}).has_changed()
    assert not Form({"lead": ""}).has_changed()


def test_nothing_is_none_where_it_may_be_and_refused_where_not(world):
    nothing = sent(required=False, lead="")
    assert nothing.is_valid() and nothing.cleaned_data["lead"] is None
    assert sent(lead="").errors["lead"] == ["This field is required."]
    assert not sent(lead="a", lead_id=uuid4(), lead_said="a").is_valid()


# ---- dates, amounts, lines ---------------------------------------------------------------------------------


class Facts(forms.Form):
    starts_on = EdtfDateField(required=False)
    amount = MoneyField(required=False)
    aliases = LinesField(required=False, longest=10)


def facts(**data):
    return Facts(data)


def test_a_date_is_taken_in_korean_forms_and_its_reading_shown(db):
    form = facts(starts_on="2022.7.~")
    assert form.is_valid() and form.cleaned_data["starts_on"] == "2022-07/.."
    assert "= from 2022-07" in str(form["starts_on"])
    with translation.override("ko"):
        assert "= 2022. 7.부터" in str(facts(starts_on="2022-07/..")["starts_on"])


def test_a_date_that_cannot_be_read_is_refused_with_its_sentence():
    form = facts(starts_on="soon")
    assert "is not a date" in form.errors["starts_on"][0] and "= " not in str(form["starts_on"])


def test_nothing_is_no_date_and_no_amount():
    form = facts(starts_on=" ", amount="", aliases="")
    assert form.is_valid() and form.cleaned_data == {"starts_on": None, "amount": None, "aliases": []}


def test_an_amount_is_taken_as_written_and_shown_in_full():
    form = facts(amount="440억")
    assert form.is_valid() and form.cleaned_data["amount"] == 44_000_000_000
    assert "= KRW 44,000,000,000 (KRW 44,000 million)" in str(form["amount"])
    assert "fraction" in facts(amount="1.234").errors["amount"][0]


def test_an_amount_goes_in_as_it_came_out():
    form = Facts(initial={"amount": 44_000_000_000, "starts_on": "2022-07"})
    assert 'value="44,000,000,000"' in str(form["amount"]) and "= 2022-07" in str(form["starts_on"])
    same = Facts(
        {"amount": "440억", "starts_on": "2022. 7."},
        initial={"amount": 44_000_000_000, "starts_on": "2022-07", "aliases": []},
    )
    assert not same.has_changed()
    assert Facts({"amount": "x"}, initial={"amount": 1}).has_changed()


def test_the_currency_of_an_amount_may_be_set_later():
    form = facts(amount="1,234.5")
    form.fields["amount"].currency = "USD"
    assert form.is_valid() and form.cleaned_data["amount"] == 123_450 and "USD 1,234.5" in str(form["amount"])
    assert Facts().fields["amount"].currency == "KRW"


def test_lines_are_a_list_without_what_is_empty_or_stands_twice():
    form = facts(aliases=" KAIST \r\n\r\n카이스트\nKAIST")
    assert form.is_valid() and form.cleaned_data["aliases"] == ["KAIST", "카이스트"]
    assert "Line 2" in facts(aliases="a\n" + "b" * 11).errors["aliases"][0]
    assert not facts(aliases="a\x00b").is_valid()
    assert "a\nb</textarea>" in str(Facts(initial={"aliases": ["a", "b"]})["aliases"])


# ---- the parts of a form -----------------------------------------------------------------------------------


def test_what_is_wrong_stands_on_top_with_links_to_the_fields():
    form = facts(starts_on="soon", amount="1,23")
    drawn = render_to_string("forms/problems.html", {"form": form})
    assert (
        'href="#id_starts_on"' in drawn
        and 'href="#id_amount"' in drawn
        and "2 things" in drawn
        and "autofocus" in drawn
    )
    assert render_to_string("forms/problems.html", {"form": facts()}).strip() == ""


def test_a_field_is_tied_to_its_label_help_and_errors():
    class Helped(Facts):
        amount = MoneyField(help_text="in full")

    drawn = render_to_string("forms/field.html", {"field": Helped({"amount": "x"})["amount"]})
    assert 'for="id_amount"' in drawn and 'aria-describedby="id_amount_helptext id_amount_error"' in drawn
    assert 'id="id_amount_error"' in drawn and 'id="id_amount_helptext"' in drawn and 'aria-invalid="true"' in drawn


def test_a_pair_has_both_languages_under_one_name(db):
    form = Facts()
    drawn = render_to_string("forms/pair.html", {"legend": "name", "ko": form["starts_on"], "en": form["amount"]})
    assert "<legend>Name</legend>" in drawn and "In Korean" in drawn and "In English" in drawn


# ---- the doors ---------------------------------------------------------------------------------------------


def test_the_page_answers_a_script_with_json_and_a_person_with_a_page(client, people):
    address = "/en/suggest/?kind=researcher&q=jongho"
    answer = client.get(address, headers={"accept": "application/json"}).json()
    assert [one["id"] for one in answer["results"]] == [str(people.one_lee.id)] and answer[
        "said"
    ] == "1 record was found."
    page = client.get(address, headers={"accept": "text/html"}).content.decode()
    assert "Lee Jong-ho" in page and "Gist professor" in page


def test_the_api_suggests_and_refuses_what_it_does_not_know(api, people):
    answer = api("suggest/?kind=researcher,institution&q=이종호&lang=ko")
    one = answer.json()["results"][0]
    assert (one["label"], one["label_en"], one["word"], one["is_exact"]) == ("이종호", "Lee Jong-ho", "연구자", True)
    refused = api("suggest/?kind=nope&limit=0&within=x&nope=1")
    assert refused.status_code == 400
    assert {e["parameter"] for e in refused.json()["errors"]} == {"kind", "limit", "within", "nope"}


def test_the_server_says_how_it_reads(client, db):
    assert client.get("/ko/read/date/?text=2022.7.~").json() == {"read": "2022. 7.부터", "problem": ""}
    assert "440억" in client.get("/ko/read/amount/?text=440억").json()["read"]
    assert client.get("/en/read/amount/?text=1.5&currency=USD").json()["read"] == "USD 1.5"
    assert client.get("/en/read/amount/?text=1.5").json()["problem"]
    assert client.get("/en/read/nope/?text=1").status_code == 404


def test_the_keys_are_explained_on_a_page(client, db):
    assert "Ctrl" in client.get("/en/keys/").content.decode()
