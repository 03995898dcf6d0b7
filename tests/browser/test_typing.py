"""Typing a record's name, a date, an amount; going through records by keys: in a real browser, with Korean text."""

import re

import pytest
from django import forms
from django.template import engines
from django.utils import translation
from playwright.sync_api import expect

from records.form_fields import EdtfDateField, LinesField, MoneyField, RecordField
from records.kinds import kinds
from records.rights import ANYONE

from .looking import complaints, expect_no_sideways_scrolling, follow, follow_key, picture

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


def test_a_record_is_found_and_chosen_by_keyboard_alone(form_page, site):
    page = form_page()
    lead = page.get_by_role("combobox", name="책임자")
    lead.focus()
    page.keyboard.insert_text("다니엘라")
    options = page.get_by_role("option")
    expect(options.first).to_be_visible()
    before = options.first.element_handle()
    page.keyboard.press("Backspace")
    before.wait_for_element_state("hidden")  # replaced by what is found for the shorter text
    expect(options.first).to_be_visible()
    expect(lead).to_have_attribute("aria-expanded", "true")
    expect(page.locator(".record-input [role=status]")).to_have_text(re.compile(r"\d+건"))
    page.keyboard.press("ArrowDown")
    expect(lead).to_have_attribute("aria-activedescendant", options.first.get_attribute("id"))
    assert complaints(page) == []
    page.keyboard.press("Enter")
    expect(lead).to_have_value(re.compile("러스|Rus"))
    expect(page.locator("input[name=lead_id]")).to_have_value(re.compile("."))
    expect(page.locator("input[name=lead_said]")).to_have_value(lead.input_value())
    expect(page.locator(".suggestions")).to_be_hidden()
    expect(page).to_have_url(f"{site.url}/ko/form/")


@pytest.mark.parametrize("typed", ["rus dan", "kaist", "카이", "ㅋㅇㅅㅌ"])
def test_names_are_found_romanised_by_alias_and_by_initials(form_page, typed):
    page = form_page()
    page.get_by_role("combobox", name="책임자").fill(typed)
    expect(page.get_by_role("option").first).to_be_visible()


def test_escape_closes_the_list_and_keeps_what_was_typed(form_page):
    page = form_page()
    lead = page.get_by_role("combobox", name="책임자")
    lead.press_sequentially("kaist")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(lead).to_have_attribute("aria-expanded", "false")
    expect(lead).to_have_value("kaist")


def test_a_key_that_composes_a_syllable_chooses_nothing(form_page):
    page = form_page()
    lead = page.get_by_role("combobox", name="책임자")
    lead.fill("kaist")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option").first).to_have_attribute("aria-selected", "true")
    lead.evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true}))"
    )
    expect(lead).to_have_value("kaist")
    expect(page.locator("input[name=lead_id]")).to_have_value("")


def test_dates_and_amounts_say_how_they_are_read(form_page):
    page = form_page()
    page.get_by_label("시작").press_sequentially("2022.7.~")
    expect(page.get_by_text("= 2022. 7.부터")).to_be_visible()
    page.get_by_label("금액").press_sequentially("1억 5,000만")
    expect(page.get_by_text("= 150,000,000원")).to_be_visible()
    page.get_by_label("금액").fill("1,23")
    expect(page.locator(".reading.wrong")).to_be_visible()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_form_with_mistakes_and_it_fits(form_page, width, scheme):
    page = form_page({"lead": "", "starts_on": "곧", "amount": "1,23"}, width=width, scheme=scheme)
    expect(page.locator(".problems")).to_be_focused()
    assert complaints(page) == []
    expect_no_sideways_scrolling(page)
    page.get_by_role("combobox", name="책임자").fill("kai")
    expect(page.get_by_role("option").first).to_be_visible()
    assert complaints(page) == []
    picture(page, f"form-{scheme}-{width}")


@pytest.mark.parametrize("press", ["Control+s", "Control+Enter"])
def test_a_form_is_saved_by_keys_from_within_a_field(form_page, press):
    page = form_page()
    page.locator("#id_name_ko").fill("이름")
    follow_key(page, press)
    expect(page).to_have_url(re.compile(r"/ko/keys/\?.*name_ko="))


def test_a_list_is_walked_by_keys_and_by_links(open_page):
    page = open_page("/ko/projects/?sort=title")
    first, second = (page.locator("tbody td:first-child a").nth(n).inner_text() for n in (0, 1))
    place = page.get_by_role("link", name="13건 중")
    follow(page.get_by_role("link", name=first, exact=True).first)
    expect(place).to_have_accessible_name(re.compile("13건 중 1번째"))
    follow_key(page, "n")
    expect(place).to_have_accessible_name(re.compile("13건 중 2번째"))
    expect(page.locator("h1")).to_contain_text(second)
    follow_key(page, "k")
    expect(place).to_have_accessible_name(re.compile("13건 중 1번째"))
    follow(page.get_by_role("link", name="다음"))
    expect(place).to_have_accessible_name(re.compile("13건 중 2번째"))
    with page.expect_navigation():
        page.locator("body").dispatch_event("keydown", {"key": "ㅔ", "code": "KeyP"})
    expect(place).to_have_accessible_name(re.compile("13건 중 1번째"))


def test_keys_do_nothing_while_somebody_types_or_composes(open_page):
    page = open_page("/ko/projects/?sort=title")
    follow(page.locator("tbody td:first-child a").first)
    expect(page.get_by_role("link", name="13건 중 1번째")).to_be_visible()
    left = []
    page.on("request", lambda request: left.append(request.url) if request.is_navigation_request() else None)
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("njpke?")
    expect(page.locator("#find")).to_have_value("njpke?")
    page.keyboard.press("Escape")
    expect(page.locator("#find")).not_to_be_focused()
    page.locator("body").evaluate(
        "e => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'n', isComposing: true, bubbles: true}))"
    )
    page.keyboard.press("Alt+n")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()  # the keys before have had their time
    assert left == []


def test_the_keys_are_explained_in_a_dialog_and_without_script_on_a_page(open_page):
    page = open_page("/ko/projects/")
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="단축키")
    expect(dialog).to_be_visible()
    assert complaints(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    plain = open_page("/ko/projects/", script=False)
    follow(plain.locator(".foot").get_by_role("link", name="단축키"))
    expect(plain.get_by_role("heading", name="단축키", level=1)).to_be_visible()


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
