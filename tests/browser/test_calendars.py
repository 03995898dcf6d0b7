"""A calendar is made, copied, renewed and ended without JavaScript, on a phone and on a desk, in both languages."""

import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from records.calendars.commands import ACTED_ON
from tests.ical import read

from .looking import complaints, expect_no_sideways_scrolling, follow, picture

WORDS = {
    "ko": {"tab": "캘린더", "make": "캘린더 만들기", "renew": "새 주소", "end": "종료", "none": "아직 캘린더가 없습니다."},
    "en": {"tab": "Calendars", "make": "Make the calendar", "renew": "New address", "end": "End", "none": "You have no calendar yet."},
}  # fmt: skip


def fetched(address: str) -> list:
    with urllib.request.urlopen(address) as answer:
        return read(answer.read()).events


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_a_calendar_is_made_from_a_timeline_asked_for_renewed_and_ended(signed_in, language, width):
    words = WORDS[language]
    page = signed_in("institutions/gist/timeline/", language, by="reader", width=width, script=False)
    follow(page.locator("nav.tabs").get_by_role("link", name=words["tab"], exact=True))
    expect(page.locator("#calendars .empty")).to_contain_text(words["none"])
    for kind in ACTED_ON:
        page.locator(f"[name=kinds][value={kind}]").uncheck()
    follow(page.get_by_role("button", name=words["make"], exact=True))
    expect(page.locator(".problems li")).to_have_count(1)
    page.locator("[name=kinds][value=participation]").check()
    page.locator("[name=kinds][value=event]").check()
    follow(page.get_by_role("button", name=words["make"], exact=True))
    expect(page.locator("#made code")).to_contain_text(".ics")
    first = page.locator("#made code").inner_text()
    assert isinstance(fetched(first), list)
    picture(page, f"calendar-made-{language}-{width}")
    follow(page.get_by_role("button", name=words["renew"]))
    expect(page.locator("#made code")).to_contain_text(".ics")
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetched(first)
    second = page.locator("#made code").inner_text()
    fetched(second)
    follow(page.locator("#calendars").get_by_role("button", name=words["end"]))
    expect(page.locator("#calendars .empty")).to_contain_text(words["none"])
    with pytest.raises(urllib.error.HTTPError, match="404"):
        fetched(second)


@pytest.mark.parametrize("language", WORDS)
@pytest.mark.parametrize("width", [360, 1280])
def test_the_page_of_calendars_is_fit_for_everybody(signed_in, language, width):
    page = signed_in("accounts/me/calendars/?of=programs/gist-mit", language, by="officer", width=width)
    follow(page.get_by_role("button", name=WORDS[language]["make"], exact=True))
    expect(page.locator("#made code")).to_contain_text(".ics")
    assert fetched(page.locator("#made code").inner_text())
    assert complaints(page) == []
    expect_no_sideways_scrolling(page)
    picture(page, f"calendars-{language}-{width}")
