"""The Content-Security-Policy in a browser that holds to it: pages, drawings, fonts and the explorer work under it."""

import pytest


@pytest.fixture
def refused(browser, site):
    """`refused("/ko/")`: the page, and what the browser's console said of it as a warning or error."""
    contexts = []

    def visit(address: str):
        context = browser.new_context(locale="ko")  # without bypass_csp, unlike `open_page`
        contexts.append(context)
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text) if message.type in ("warning", "error") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(site.url + address)
        page.wait_for_load_state("networkidle")
        return page, said

    yield visit
    for context in contexts:
        context.close()


@pytest.mark.parametrize(
    "address", ["/ko/", "/en/projects/", "/ko/programs/nairl/", "/ko/institutions/kaist/", "/ko/login/"]
)
def test_a_page_needs_nothing_that_the_policy_refuses(refused, address):
    page, said = refused(address)
    assert said == []
    assert page.evaluate("[...document.fonts].some(font => font.status === 'loaded')")


def test_the_explorer_asks_the_api_under_its_policy(refused):
    page, said = refused("/api/explorer/")
    page.locator(".opblock-summary").first.click()
    page.get_by_role("button", name="Try it out").click()
    page.get_by_role("button", name="Execute").click()
    page.locator(".live-responses-table .response-col_status", has_text="200").wait_for()
    assert said == []
