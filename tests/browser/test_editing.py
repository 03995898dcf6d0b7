"""Officers write in a real browser: by keyboard alone, two at once, without JavaScript, wide and narrow, in both languages."""

import re

import pytest
from playwright.sync_api import expect

from .looking import complaints, expect_no_sideways_scrolling, follow, follow_key, picture

WORDS = {
    "ko": {"save": "저장", "saved": "저장했습니다", "entered": "등록했습니다", "edit": "수정", "mine": "입력한 값: 사업"},
    "en": {"save": "Save", "saved": "Saved", "entered": "was entered"},
}  # fmt: skip
PAGES = {
    "new-project": "projects/new/?program=nairl",
    "edit-program": "programs/nairl/edit/",
    "edit-event": "events/{events}/edit/",
    "edit-line": "funding-lines/{funding-lines}/edit/",
    "edit-role": "roles/{roles}/edit/",
    "retire": "programs/nairl/retire/",
    "record": "programs/nairl/",
}


def first_id(page, site, plural: str) -> str:
    """An id, which names a record as its name does."""
    return page.request.get(f"{site.url}/api/v1/{plural}/?limit=1").json()["results"][0]["id"]


def save(page, language: str) -> None:
    follow(page.get_by_role("button", name=WORDS[language]["save"], exact=True).last)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing_in_forms_and_nothing_scrolls_sideways(signed_in, site, language):
    page = signed_in("keys/", language)
    page.on("dialog", lambda dialog: dialog.accept())  # leaving what is not saved
    ids = {plural: first_id(page, site, plural) for plural in ("events", "funding-lines", "roles")}
    for name, address in PAGES.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(f"{site.url}/{language}/{address.format(**ids)}")
        for row in page.locator("button[name=add]").all()[:2]:
            row.click()
        if page.locator("details.cite").count():
            page.locator("details.cite summary").first.click()
        assert complaints(page) == [], name
        picture(page, f"{name}-{language}-1280")
        page.emulate_media(color_scheme="dark")
        assert complaints(page, "color-contrast") == [], name
        page.set_viewport_size({"width": 360, "height": 900})
        assert complaints(page) == [], name
        expect_no_sideways_scrolling(page)
        picture(page, f"{name}-{language}-360")


def press(page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def go_to(page, selector: str) -> None:
    """Tab until the focus is there."""
    for _n in range(150):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab")


def choose_first(page, text: str) -> None:
    """Of what is offered for a text, which comes at once: the offers for its first letters would still change."""
    page.keyboard.insert_text(text)
    expect(page.locator(".suggestions [role=option]:visible").first).to_be_visible()
    press(page, "ArrowDown", "Enter")
    expect(page.locator(".suggestions:visible")).to_have_count(0)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_project_with_a_role_and_a_cited_date_by_keyboard_alone(signed_in, site, language):
    page = signed_in("programs/nairl/", language)
    follow_key(page, "e")
    expect(page).to_have_url(re.compile("/edit/$"))
    page.go_back()
    go_to(page, ".desk summary")
    press(page, "Enter")
    go_to(page, 'a[href*="/projects/new/"]')
    follow_key(page, "Enter")
    expect(page).to_have_url(re.compile("/projects/new/"))
    go_to(page, "#id_slug")
    page.keyboard.type(f"by-keyboard-{language}")
    go_to(page, "#id_title_ko")
    page.keyboard.insert_text("글쇠로 만든 과제")
    go_to(page, "#id_status")
    press(page, "ArrowDown", "ArrowDown")
    go_to(page, "#id_starts_on")
    page.keyboard.type("2025. 3.")
    go_to(page, "details.cite:has([name='cite-starts_on-source']) > summary")
    press(page, "Enter")
    go_to(page, "#id_cite-starts_on-source")
    choose_first(page, "국가AI")
    go_to(page, "button[value=role]")
    press(page, "Enter")
    expect(page.locator("[name=role-0-researcher]")).to_be_focused()
    choose_first(page, "rus")
    go_to(page, "#id_role-0-part")
    press(page, "ArrowDown")
    follow_key(page, "Control+s")
    expect(page.locator(".said", has_text=WORDS[language]["entered"])).to_be_visible()
    page.goto(f"{site.url}/{language}/projects/by-keyboard-{language}/")
    expect(page.locator("#role tbody tr")).to_have_count(1)
    expect(page.locator("#role")).to_contain_text("Rus" if language == "en" else "러스")
    expect(page.locator("dl.facts sup.src")).to_have_count(1)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_of_two_officers_the_second_sees_both_versions_and_chooses(signed_in, site, language):
    words = WORDS[language]
    page = signed_in("programs/gist-mit/edit/", language)
    other = signed_in("programs/gist-mit/edit/", language, by="colleague")
    other.locator("#id_name_en").fill(f"Theirs in {language}")
    save(other, language)
    expect(other.locator(".said", has_text=words["saved"])).to_be_visible()
    page.locator("#id_name_en").fill(f"Mine in {language}")
    page.locator("#id_aliases").fill(f"GIST-MIT\nanother name {language}")
    save(page, language)
    clash = page.locator(".clash")
    for shown in (f"Theirs in {language}", f"Mine in {language}", "colleague"):
        expect(clash).to_contain_text(shown)
    assert complaints(page) == []
    clash.locator("input[name=choose-name_en][value=theirs]").check()
    save(page, language)
    expect(page.locator(".said", has_text=words["saved"])).to_be_visible()
    for shown in (f"Theirs in {language}", "another name"):
        expect(page.locator("main")).to_contain_text(shown)
    expect(page.locator("main")).not_to_contain_text(f"Mine in {language}")
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(f"{site.url}/{language}/")
    expect(page.locator(".latest").first.get_by_text("officer").first).to_be_attached()
    assert complaints(page) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_without_javascript_everything_is_typed_chosen_cited_and_retired(signed_in, site, language):
    words = WORDS[language]
    page = signed_in("projects/new/?program=nairl", language, script=False)
    follow(page.locator("button[value=role]"))
    page.locator("#id_slug").fill(f"no-script-{language}")
    page.locator("#id_title_en").fill(f"No script {language}")
    page.locator("#id_starts_on").fill("gestern")
    page.locator("#id_role-0-researcher").fill("Rus")
    page.locator("#id_role-0-part").select_option("pi")
    save(page, language)
    expect(page.locator(".problems a[href='#id_starts_on']")).to_have_count(1)
    expect(page.locator("#id_starts_on")).to_have_value("gestern")
    page.locator("#id_status").select_option("planned")
    page.locator("#id_starts_on").fill("2025. 3.")
    options = page.locator("#role-0 .options input")
    if options.count():
        options.first.check()
    page.locator("details.cite:has([name='cite-title_en-source']) > summary").click()
    page.locator("#id_cite-title_en-source").fill(first_id(page, site, "sources"))
    save(page, language)
    expect(page.locator(".said", has_text=words["entered"])).to_be_visible()
    expect(page.locator("#role tbody tr")).to_have_count(1)
    follow(page.locator(".desk a[href$='/retire/']"))
    page.locator("input[name=with_parts]").check()
    follow(page.locator(".go button"))
    follow(page.locator(".desk a[href$='/restore/']"))
    follow(page.locator(".go button"))
    expect(page.locator(".desk a[href$='/edit/']")).to_be_visible()


def test_leaving_what_is_not_saved_is_asked(signed_in, site):
    page = signed_in("programs/gist-mit/edit/")
    page.on("dialog", lambda dialog: dialog.dismiss())
    page.locator("#id_name_en").fill("not saved")
    with page.expect_event("dialog") as asked:
        page.locator(".crumb a").first.click()
    assert asked.value.type == "beforeunload"
    expect(page).to_have_url(f"{site.url}/ko/programs/gist-mit/edit/")
    expect(page.locator("#id_name_en")).to_have_value("not saved")
