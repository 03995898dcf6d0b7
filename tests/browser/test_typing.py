"""Typing a record's name, a date, an amount; going through records by keys: in a real browser, with Korean text."""

import re

import pytest
from django import forms
from django.template import engines
from django.utils import translation

from records.form_fields import EdtfDateField, LinesField, MoneyField, RecordField
from records.kinds import kinds
from records.rights import ANYONE

from .conftest import SHOTS

PAGE = """{% extends "base.html" %}{% block title %}form{% endblock %}{% block head %}{{ form.media }}{% endblock %}
{% block main %}<h1>form</h1>{% include "forms/problems.html" %}<form class="edit" method="get" action="/ko/keys/">{% include "forms/field.html" with field=form.lead %}
{% include "forms/pair.html" with legend="name" ko=form.name_ko en=form.name_en %}{% include "forms/field.html" with field=form.starts_on %}
{% include "forms/field.html" with field=form.amount %}{% include "forms/field.html" with field=form.aliases %}<button class="btn main">저장</button></form>{% endblock %}"""


class Form(forms.Form):
    name_ko = forms.CharField(label="name_ko")
    name_en = forms.CharField(label="name_en", required=False)
    starts_on = EdtfDateField(label="시작", required=False)
    amount = MoneyField(label="금액", required=False)
    aliases = LinesField(label="다른 이름", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, use_required_attribute=False, **kwargs)
        chosen = [kinds()["researcher"], kinds()["institution"]]
        self.fields["lead"] = RecordField(kinds=chosen, reader=ANYONE, label="책임자", required=False)


@pytest.fixture
def form_page(open_page, site):
    """A form of our inputs on a page of the running registry; edit forms of records are made of the same."""

    def open_it(data=None, **more):
        with translation.override("ko"):
            html = engines["django"].from_string(PAGE).render({"form": Form(data), "LANGUAGE_CODE": "ko"})
        page = open_page("/ko/keys/", **more)
        page.route("**/ko/form/", lambda route: route.fulfill(body=html, content_type="text/html; charset=utf-8"))
        page.goto(site.url + "/ko/form/")
        return page

    return open_it


def test_a_record_is_found_and_chosen_by_keyboard_alone(form_page, complaints):
    page = form_page()
    lead = page.get_by_role("combobox", name="책임자")
    lead.focus()
    page.keyboard.insert_text("다니엘라")
    page.keyboard.press("Backspace")
    options = page.get_by_role("option")
    options.first.wait_for()
    assert lead.get_attribute("aria-expanded") == "true" and re.search(
        r"\d+건", page.locator(".record-input [role=status]").inner_text()
    )
    page.keyboard.press("ArrowDown")
    assert lead.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    assert complaints(page) == []
    page.keyboard.press("Enter")
    assert "러스" in lead.input_value() or "Rus" in lead.input_value()
    assert page.locator("input[name=lead_id]").input_value() and not options.first.is_visible()
    assert page.locator("input[name=lead_said]").input_value() == lead.input_value()
    assert page.url.endswith("/ko/form/")


@pytest.mark.parametrize("typed", ["rus dan", "kaist", "카이", "ㅋㅇㅅㅌ"])
def test_names_are_found_romanised_by_alias_and_by_initials(form_page, typed):
    page = form_page()
    page.get_by_role("combobox", name="책임자").press_sequentially(typed)
    page.get_by_role("option").first.wait_for()


def test_escape_closes_the_list_and_keeps_what_was_typed(form_page):
    page = form_page()
    lead = page.get_by_role("combobox", name="책임자")
    lead.press_sequentially("kaist")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Escape")
    assert lead.input_value() == "kaist" and lead.get_attribute("aria-expanded") == "false"


def test_a_key_that_composes_a_syllable_chooses_nothing(form_page):
    page = form_page()
    lead = page.get_by_role("combobox", name="책임자")
    lead.press_sequentially("kaist")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("ArrowDown")
    lead.evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    assert lead.input_value() == "kaist" and page.locator("input[name=lead_id]").input_value() == ""


def test_dates_and_amounts_say_how_they_are_read(form_page):
    page = form_page()
    page.get_by_label("시작").press_sequentially("2022.7.~")
    page.get_by_text("= 2022. 7.부터").wait_for()
    page.get_by_label("금액").press_sequentially("1억 5,000만")
    page.get_by_text("= 150,000,000원").wait_for()
    page.get_by_label("금액").fill("1,23")
    page.locator(".reading.wrong").wait_for()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_form_with_mistakes_and_it_fits(form_page, complaints, width, scheme):
    page = form_page({"lead": "", "starts_on": "곧", "amount": "1,23"}, width=width, scheme=scheme)
    assert page.evaluate("document.activeElement.className").endswith("problems")
    assert complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    SHOTS.mkdir(exist_ok=True)
    page.get_by_role("combobox", name="책임자").press_sequentially("kai")
    page.get_by_role("option").first.wait_for()
    assert complaints(page) == []
    page.screenshot(path=SHOTS / f"form-{scheme}-{width}.png", full_page=True)


@pytest.mark.parametrize("press", ["Control+s", "Control+Enter"])
def test_a_form_is_saved_by_keys_from_within_a_field(form_page, press):
    page = form_page()
    page.locator("#id_name_ko").fill("이름")
    page.keyboard.press(press)
    page.wait_for_url("**/ko/keys/?*name_ko=*")


def test_a_list_is_walked_by_keys_and_by_links(open_page):
    page = open_page("/ko/projects/?sort=title")
    first, second = (page.locator("tbody td:first-child a").nth(n).inner_text() for n in (0, 1))
    page.get_by_role("link", name=first, exact=True).first.click()
    assert page.get_by_role("link", name="13건 중 1번째").is_visible()
    page.keyboard.press("n")
    page.get_by_role("link", name="13건 중 2번째").wait_for()
    assert page.locator("h1").inner_text().startswith(second)
    page.keyboard.press("k")
    page.get_by_role("link", name="13건 중 1번째").wait_for()
    page.get_by_role("link", name="다음").click()
    page.get_by_role("link", name="13건 중 2번째").wait_for()
    page.locator("body").evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'ㅔ', code: 'KeyP', bubbles: true}))"
    )
    page.get_by_role("link", name="13건 중 1번째").wait_for()


def test_keys_do_nothing_while_somebody_types_or_composes(open_page):
    page = open_page("/ko/projects/?sort=title")
    page.locator("tbody td:first-child a").first.click()
    page.get_by_role("link", name="13건 중 1번째").wait_for()
    here = page.url
    page.keyboard.press("/")
    page.keyboard.type("njpke?")
    assert page.locator("#find").input_value() == "njpke?" and page.url == here
    page.keyboard.press("Escape")
    page.locator("body").evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', isComposing: true, bubbles: true}))"
    )
    page.keyboard.press("Alt+n")
    assert page.url == here and page.get_by_role("dialog").count() == 0


def test_the_keys_are_explained_in_a_dialog_and_without_script_on_a_page(open_page, complaints):
    page = open_page("/ko/projects/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="단축키")
    assert dialog.is_visible() and complaints(page) == []
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    plain = open_page("/ko/projects/", script=False)
    plain.locator(".foot").get_by_role("link", name="단축키").click()
    assert plain.get_by_role("heading", name="단축키", level=1).is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_whatever_takes_the_focus_shows_it(form_page, scheme):
    page = form_page({"starts_on": "곧"}, scheme=scheme)
    page.keyboard.press("Tab")
    unseen = page.evaluate(
        """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
             .filter(e => e.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true}) && !e.closest('dialog, details:not([open]) > :not(summary)'))
             .filter(e => { e.focus({focusVisible: true}); const s = getComputedStyle(e), f = getComputedStyle(e.closest('.find') || e);
                            return s.outlineStyle === 'none' && f.outlineStyle === 'none'; })
             .map(e => e.outerHTML.slice(0, 120))"""
    )
    assert unseen == []
