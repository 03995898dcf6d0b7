"""A webhook is made, tried and looked at without JavaScript, on a phone and on a desk, in both languages."""

import subprocess
import sys

import pytest
from playwright.sync_api import expect

from .looking import ROOT, complaints, expect_no_sideways_scrolling, follow, picture

WORDS = {
    "ko": {"make": "웹훅 만들기", "try": "시험 메시지 보내기", "failed": "실패", "secret": "새 비밀 키 만들기"},
    "en": {"make": "Make the webhook", "try": "Send a test message", "failed": "failed", "secret": "Make a new secret"},
}
SEND = "from records.hooks import sending as s; letter = s.claim(); s.note(letter, s.attempt(letter))"


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_webhook_is_made_tried_and_looked_at(signed_in, site, language, width):
    words = WORDS[language]
    page = signed_in("accounts/me/webhooks/", language, by="reader", width=width, script=False)
    follow(page.get_by_role("button", name=words["make"]))
    expect(page.locator(".problems li")).to_have_count(2)
    page.fill("[name=name]", "dashboard")
    page.fill("[name=url]", "https://receiver.invalid/a/long/path/" + "hook" * 20)
    page.check("[name=kinds][value=project]")
    follow(page.get_by_role("button", name=words["make"]))
    expect(page.locator("#made code")).to_contain_text("whsec_")
    follow(page.locator("#webhooks a").first)
    expect(page.locator("#made")).to_have_count(0)
    follow(page.get_by_role("button", name=words["try"]))
    send = [sys.executable, "manage.py", "shell", "-c", SEND]
    subprocess.run(send, cwd=ROOT, env=site.env, check=True, capture_output=True)
    page.reload()
    expect(page.locator("#deliveries .chip")).to_have_text(words["failed"])
    expect(page.locator("#deliveries tbody")).to_contain_text("ms")
    follow(page.get_by_role("button", name=words["secret"]))
    expect(page.locator("#made code")).to_contain_text("whsec_")

    address = page.url.removeprefix(f"{site.url}/{language}/").removesuffix("act/")
    page = signed_in(address, language, by="reader", width=width)
    for name, where in (("webhook", address), ("webhooks", "accounts/me/webhooks/")):
        page.goto(f"{site.url}/{language}/{where}")
        assert complaints(page) == []
        expect_no_sideways_scrolling(page)
        picture(page, f"{name}-{language}-{width}")
