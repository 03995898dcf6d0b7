"""The Content-Security-Policy in a browser that holds to it: pages, drawings, fonts and the explorer work under it."""

import pytest
from playwright.sync_api import expect

from .looking import wait_until_drawn


@pytest.mark.parametrize(
    "address", ["/ko/", "/en/projects/", "/ko/programs/nairl/", "/ko/institutions/kaist/", "/ko/login/"]
)
def test_a_page_needs_nothing_that_the_policy_refuses(open_page, address):
    page = open_page(address, under_policy=True)
    page.wait_for_load_state("networkidle")
    wait_until_drawn(page)
    assert page.evaluate("[...document.fonts].some(font => font.status === 'loaded')")


def test_the_explorer_asks_the_api_under_its_policy(open_page):
    page = open_page("/api/explorer/", under_policy=True)
    page.locator(".opblock-summary").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    expect(page.locator(".live-responses-table .response-col_status", has_text="200")).to_be_visible()
