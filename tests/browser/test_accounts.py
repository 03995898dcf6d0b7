"""A person is invited by mail and comes in, in Korean and in English; the pages of accounts are for everybody to use."""

import re

import pytest
from playwright.sync_api import expect

from tests.mail_server import MailServer

from .looking import complaints, expect_no_sideways_scrolling, follow, follow_key, picture, sign_in

ADDRESSES = {
    "accounts": "accounts/",
    "accounts-none": "accounts/?search=zzzz",
    "account": "accounts/1/",
    "account-edit": "accounts/2/edit/",
    "invite": "accounts/invite/",
    "mails": "accounts/mails/",
    "institution-tokens": "institutions/kaist/tokens/",
    "institution-tokens-none": "institutions/gist/tokens/",
    "me": "accounts/me/",
    "my-password": "accounts/me/password/",
    "forgotten": "password/forgotten/",
}
WORDS = {
    "ko": {"invite": "사용자 초대", "send": "초대 메일 보내기", "begin": "시작하기", "welcome": "환영합니다", "mine": "내 계정"},
    "en": {"invite": "Invite a person", "send": "Send the invitation", "begin": "Begin", "welcome": "Welcome", "mine": "My account"},
}  # fmt: skip
PASSWORD = "thirteen green herons"


@pytest.fixture
def post():
    server = MailServer()
    yield server
    server.stop()


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_person_is_invited_by_mail_and_comes_in(open_page, signed_in, site, post, language, width):
    words, address = WORDS[language], f"kim-{language}-{width}@example.org"
    page = signed_in("accounts/", language, by="chief", width=width, script=False)
    follow(page.get_by_role("link", name=words["invite"]).first)
    page.fill("[name=email]", address)
    page.select_option("[name=role]", "partner")
    page.fill("[name=institutions]", "KAIST")
    page.select_option("[name=language]", language)
    follow(page.get_by_role("button", name=words["send"]))
    expect(page.locator("h1")).to_contain_text(address)
    site.deliver(post.url)
    assert post.box.mails[-1]["To"] == address

    guest = open_page(post.box.link().removeprefix(site.url), width=width, language=language)
    assert complaints(guest) == []
    guest.fill("[name=name]", "김민준")
    guest.fill("[name=password]", "short")
    guest.fill("[name=again]", "short")
    follow(guest.get_by_role("button", name=words["begin"]))
    expect(guest.locator(".errorlist")).to_have_count(1)
    assert complaints(guest) == []
    guest.fill("[name=password]", PASSWORD)
    guest.fill("[name=again]", PASSWORD)
    follow_key(guest, "Enter")
    expect(guest.locator(".said")).to_contain_text(words["welcome"])
    expect(guest.locator(".who")).to_contain_text("김민준")
    again = open_page(post.box.link().removeprefix(site.url), width=width, status=410, language=language)
    assert complaints(again) == []
    again.goto(f"{site.url}/{language}/login/")
    sign_in(again, address.upper(), PASSWORD)
    expect(again.locator(".who")).to_contain_text("김민준")


@pytest.mark.parametrize("language", WORDS)
def test_a_token_is_shown_once_and_revoked_by_keyboard(signed_in, site, language):
    page = signed_in("accounts/me/", language, by="chief", width=360)
    page.focus("[name=token-name]")
    page.keyboard.type(f"dashboard {language}")
    follow_key(page, "Enter")
    expect(page.locator("code.key")).to_have_text(re.compile("^reg_"))
    key = page.locator("code.key").inner_text()
    assert complaints(page) == []
    expect_no_sideways_scrolling(page)
    picture(page, f"token-{language}-360")
    page.goto(f"{site.url}/{language}/accounts/me/")
    expect(page.locator("#tokens td button")).to_have_count(1)
    assert key not in page.content()
    page.focus("#tokens td button")
    follow_key(page, "Enter")
    expect(page.locator("#tokens")).to_be_visible()
    expect(page.locator("#tokens td button")).to_have_count(0)


@pytest.mark.parametrize("language", WORDS)
def test_a_token_of_an_institution_is_made_and_revoked_without_scripts(signed_in, site, language):
    page = signed_in("institutions/kaist/", language, by="officer", width=360, script=False)
    follow(page.locator("#tokens a"))
    expect(page.locator("#make")).to_be_visible()
    name = f"system {language}"
    page.fill("[name=name]", name)
    page.select_option("[name=scope]", "report")
    page.fill("[name=expires_on]", "2099-12-31")
    follow(page.locator("#make button"))
    expect(page.locator("code.key")).to_have_text(re.compile("^reg_"))
    key = page.locator("code.key").inner_text()
    row = page.get_by_role("row").filter(has_text=name).first
    expect(row).to_contain_text({"ko": "조회와 보고 제출", "en": "read, and send reports"}[language])
    page.goto(f"{site.url}/{language}/institutions/kaist/tokens/")
    expect(row).to_be_visible()
    assert key not in page.content()
    follow(row.get_by_role("button"))
    expect(page.locator(".said")).to_be_visible()
    expect(row).to_contain_text({"ko": "폐기됨", "en": "revoked"}[language])
    expect(row.get_by_role("button")).to_have_count(0)
    page.goto(f"{site.url}/{language}/institutions/gist/tokens/")
    expect(page.locator(".empty")).to_be_visible()


@pytest.mark.parametrize("language", WORDS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(signed_in, site, language):
    page = signed_in("", language, by="chief")
    for name, address in ADDRESSES.items():
        page.goto(f"{site.url}/{language}/{address}")
        for width in (1280, 768, 360):
            page.set_viewport_size({"width": width, "height": 900})
            expect_no_sideways_scrolling(page)
            assert complaints(page) == [], (name, width)
            picture(page, f"{name}-{language}-{width}")
        page.emulate_media(color_scheme="dark")
        assert complaints(page, "color-contrast") == [], name
        page.emulate_media(color_scheme="light")
