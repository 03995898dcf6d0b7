"""Officers write in a real browser: by keyboard alone, two at once, without JavaScript, wide and narrow, in both languages."""

import re

import pytest

from .conftest import SHOTS

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


@pytest.fixture
def signed_in(open_page, site):
    """`signed_in("programs/nairl/edit/")`: that page, as an officer."""

    def open_it(address: str, language="ko", by="officer", **more):
        page = open_page(f"/{language}/login/?next=/{language}/{address}", language=language, **more)
        page.locator("#id_username").fill(by)
        page.locator("#id_password").fill("a long password")
        page.locator("form.sheet button").click()
        page.wait_for_url(f"**/{language}/{address}")
        return page

    return open_it


def first_ids(page, site, *plurals) -> dict[str, str]:
    found = {}
    for plural in plurals:
        answer = page.request.get(f"{site.url}/api/v1/{plural}/?limit=1")
        found[plural] = answer.json()["results"][0]["id"]
    return found


@pytest.mark.parametrize("language", ["ko", "en"])
def test_axe_finds_nothing_in_forms_and_nothing_scrolls_sideways(signed_in, complaints, site, language):
    page = signed_in("keys/", language)
    ids = first_ids(page, site, "events", "funding-lines", "roles")
    SHOTS.mkdir(exist_ok=True)
    for name, address in PAGES.items():
        page.set_viewport_size({"width": 1280, "height": 900})
        page.emulate_media(color_scheme="light")
        page.goto(f"{site.url}/{language}/{address.format(**ids)}")
        for row in page.locator("button[name=add]").all()[:2]:
            row.click()
        if page.locator("details.cite").count():
            page.locator("details.cite summary").first.click()
        assert complaints(page) == [], name
        page.screenshot(path=SHOTS / f"{name}-{language}-1280.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        assert complaints(page, "color-contrast") == [], name
        page.set_viewport_size({"width": 360, "height": 900})
        assert complaints(page) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        page.screenshot(path=SHOTS / f"{name}-{language}-360.png", full_page=True)
        page.on("dialog", lambda dialog: dialog.accept())


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


@pytest.mark.parametrize("language", ["ko", "en"])
def test_a_project_with_a_role_and_a_cited_date_by_keyboard_alone(signed_in, language):
    words = WORDS[language]
    page = signed_in("programs/nairl/", language)
    press(page, "e")
    page.wait_for_url("**/edit/")
    page.go_back()
    go_to(page, ".desk summary")
    press(page, "Enter")
    go_to(page, 'a[href*="/projects/new/"]')
    press(page, "Enter")
    page.wait_for_url("**/projects/new/**")
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
    page.keyboard.insert_text("국가AI")
    page.locator(".suggestions [role=option]:visible").first.wait_for()
    press(page, "ArrowDown", "Enter")
    go_to(page, "button[value=role]")
    press(page, "Enter")
    assert page.evaluate("document.activeElement.name") == "role-0-researcher"
    page.keyboard.type("rus")
    page.locator(".suggestions [role=option]:visible").first.wait_for()
    press(page, "ArrowDown", "Enter")
    go_to(page, "#id_role-0-part")
    press(page, "ArrowDown")
    press(page, "Control+s")
    page.locator(".said", has_text=words["entered"]).wait_for()
    page.goto(re.sub(r"/(ko|en)/.*", f"/{language}/projects/by-keyboard-{language}/", page.url))
    assert (
        page.locator("#role").inner_text().find("Rus" if language == "en" else "러스") >= 0
        or page.locator("#role tbody tr").count()
    )
    assert page.locator("dl.facts sup.src").count() == 1


@pytest.mark.parametrize("language", ["ko", "en"])
def test_of_two_officers_the_second_sees_both_versions_and_chooses(signed_in, complaints, language):
    words = WORDS[language]
    page = signed_in("programs/gist-mit/edit/", language)
    other = signed_in("programs/gist-mit/edit/", language, by="colleague")
    other.locator("#id_name_en").fill(f"Theirs in {language}")
    other.get_by_role("button", name=words["save"], exact=True).last.click()
    other.locator(".said", has_text=words["saved"]).wait_for()
    page.locator("#id_name_en").fill(f"Mine in {language}")
    page.locator("#id_aliases").fill(f"GIST-MIT\nanother name {language}")
    page.get_by_role("button", name=words["save"], exact=True).last.click()
    clash = page.locator(".clash")
    clash.wait_for()
    assert f"Theirs in {language}" in clash.inner_text() and f"Mine in {language}" in clash.inner_text()
    assert "colleague" in clash.inner_text() and complaints(page) == []
    clash.locator("input[name=choose-name_en][value=theirs]").check()
    page.get_by_role("button", name=words["save"], exact=True).last.click()
    page.locator(".said", has_text=words["saved"]).wait_for()
    text = page.locator("main").inner_text()
    assert f"Theirs in {language}" in text and "another name" in text and f"Mine in {language}" not in text
    page.set_viewport_size({"width": 360, "height": 900})
    page.goto(re.sub(r"/(ko|en)/.*", f"/{language}/", page.url))
    assert page.locator(".latest").first.get_by_text("officer").count() and complaints(page) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_without_javascript_everything_is_typed_chosen_cited_and_retired(signed_in, language):
    words = WORDS[language]
    page = signed_in("projects/new/?program=nairl", language, script=False)
    page.locator("button[value=role]").click()
    page.locator("#id_slug").fill(f"no-script-{language}")
    page.locator("#id_title_en").fill(f"No script {language}")
    page.locator("#id_starts_on").fill("gestern")
    page.locator("#id_role-0-researcher").fill("Rus")
    page.locator("#id_role-0-part").select_option("pi")
    page.get_by_role("button", name=words["save"], exact=True).last.click()
    problems = page.locator(".problems")
    problems.wait_for()
    assert problems.locator("a[href='#id_starts_on']").count() == 1
    assert page.locator("#id_starts_on").input_value() == "gestern"
    page.locator("#id_status").select_option("planned")
    page.locator("#id_starts_on").fill("2025. 3.")
    options = page.locator("#role-0 .options input")
    if options.count():
        options.first.check()
    page.locator("details.cite:has([name='cite-title_en-source']) > summary").click()
    page.locator("#id_cite-title_en-source").fill(first_source(page))
    page.get_by_role("button", name=words["save"], exact=True).last.click()
    page.locator(".said", has_text=words["entered"]).wait_for()
    assert page.locator("#role tbody tr").count() == 1
    page.locator(".desk a[href$='/retire/']").click()
    page.locator("input[name=with_parts]").check()
    page.locator(".go button").click()
    page.locator(".desk a[href$='/restore/']").click()
    page.locator(".go button").click()
    assert page.locator(".desk a[href$='/edit/']").is_visible()


def first_source(page) -> str:
    """An id, which names a record as its name does."""
    base = re.match(r"https?://[^/]+", page.url)[0]
    return page.request.get(f"{base}/api/v1/sources/?limit=1").json()["results"][0]["id"]


def test_leaving_what_is_not_saved_is_asked(signed_in):
    page = signed_in("programs/gist-mit/edit/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    page.locator("#id_name_en").fill("not saved")
    page.locator(".crumb a").first.click()
    page.wait_for_timeout(300)
    assert asked == ["beforeunload"] and page.url.endswith("/edit/")
