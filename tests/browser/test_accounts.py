"""A person is invited by mail and comes in, in Korean and in English; the pages of accounts are for everybody to use."""

import pytest

from tests.mail_server import MailServer

from .conftest import SHOTS

ADDRESSES = {
    "accounts": "accounts/",
    "accounts-none": "accounts/?search=zzzz",
    "account": "accounts/1/",
    "account-edit": "accounts/2/edit/",
    "invite": "accounts/invite/",
    "mails": "accounts/mails/",
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


def sign_in(page, language: str, name="chief", password="a long password") -> None:
    page.goto(page.url.split(f"/{language}/")[0] + f"/{language}/login/")
    page.fill("[name=username]", name)
    page.fill("[name=password]", password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{language}/")


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_person_is_invited_by_mail_and_comes_in(open_page, complaints, site, post, language, width):
    words, address = WORDS[language], f"kim-{language}-{width}@example.org"
    page = open_page(f"/{language}/", width=width, script=False, language=language)
    sign_in(page, language)
    page.goto(f"{site.url}/{language}/accounts/")
    page.get_by_role("link", name=words["invite"]).first.click()
    page.fill("[name=email]", address)
    page.select_option("[name=role]", "partner")
    page.fill("[name=institutions]", "KAIST")
    page.select_option("[name=language]", language)
    page.get_by_role("button", name=words["send"]).click()
    assert address in page.locator("h1").inner_text()
    site.deliver(post.url)
    assert post.box.mails[-1]["To"] == address

    guest = open_page(post.box.link().removeprefix(site.url), width=width, language=language)
    assert complaints(guest) == []
    guest.fill("[name=name]", "김민준")
    guest.fill("[name=password]", "short")
    guest.fill("[name=again]", "short")
    guest.get_by_role("button", name=words["begin"]).click()
    assert guest.locator(".errorlist").count() == 1 and complaints(guest) == []
    guest.fill("[name=password]", PASSWORD)
    guest.fill("[name=again]", PASSWORD)
    guest.keyboard.press("Enter")
    assert words["welcome"] in guest.locator(".said").inner_text()
    assert "김민준" in guest.locator(".who").inner_text()
    again = open_page(post.box.link().removeprefix(site.url), width=width, status=410, language=language)
    assert complaints(again) == []
    sign_in(again, language, address.upper(), PASSWORD)


@pytest.mark.parametrize("language", WORDS)
def test_a_token_is_shown_once_and_revoked_by_keyboard(open_page, complaints, site, language):
    page = open_page(f"/{language}/", width=360, language=language)
    sign_in(page, language)
    page.goto(f"{site.url}/{language}/accounts/me/")
    page.focus("[name=token-name]")
    page.keyboard.type(f"dashboard {language}")
    page.keyboard.press("Enter")
    key = page.locator("code.key").inner_text()
    assert key.startswith("reg_") and complaints(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.screenshot(path=SHOTS / f"token-{language}-360.png", full_page=True)
    page.goto(f"{site.url}/{language}/accounts/me/")
    assert key not in page.content()
    page.focus("#tokens td button")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    assert page.locator("#tokens td button").count() == 0


@pytest.mark.parametrize("language", WORDS)
def test_axe_finds_nothing_and_nothing_scrolls_sideways(open_page, complaints, site, language):
    SHOTS.mkdir(exist_ok=True)
    page = open_page(f"/{language}/", language=language)
    sign_in(page, language)
    for name, address in ADDRESSES.items():
        page.goto(f"{site.url}/{language}/{address}")
        for width in (1280, 768, 360):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
            assert complaints(page) == [], (name, width)
            page.screenshot(path=SHOTS / f"{name}-{language}-{width}.png", full_page=True)
        page.emulate_media(color_scheme="dark")
        assert complaints(page, "color-contrast") == [], name
        page.emulate_media(color_scheme="light")
