"""How browser tests go from page to page and look, on however busy a machine.

A click comes back when the browser has begun to leave, not when the next page is there. So what leads to another page is
`follow`ed, which waits for the whole of that page, its scripts included; and what is said of a page is said by `expect`,
which looks again until it is so. That something is *not* there is only said of a page that was seen to be there.
"""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests" / "vendor" / "axe-core" / "axe.min.js"
SHOTS = ROOT / "test-results"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PATIENCE = 90_000  # ms for a whole page, or for a worker; only a test that fails waits so long

expect.set_options(timeout=15_000)


def follow(target: Locator) -> None:
    """Click what leads to another page, or to the same one anew, and wait until that page is there."""
    with target.page.expect_navigation():
        target.click()


def follow_key(page: Page, key: str) -> None:
    """Press a key that leads to another page, and wait until that page is there."""
    with page.expect_navigation():
        page.keyboard.press(key)


def sign_in(page: Page, name: str, password: str = "a long password") -> None:
    """Fill in the form that the page is."""
    page.locator("[name=username]").fill(name)
    page.locator("[name=password]").fill(password)
    follow(page.locator("form.sheet button"))
    expect(page.locator(".who")).to_be_attached()


def wait_until_drawn(page: Page) -> None:
    """Loaded, and in its own fonts, which make words wider or narrower."""
    page.wait_for_load_state("load")
    page.evaluate("document.fonts.ready.then(() => true)")


def expect_no_sideways_scrolling(page: Page) -> None:
    wait_until_drawn(page)
    expect(page.locator("html")).to_have_js_property("scrollWidth", page.viewport_size["width"])


def picture(page: Page, name: str) -> None:
    """For people to look at."""
    wait_until_drawn(page)
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png", full_page=True)


def complaints(page: Page, *rules: str) -> list[str]:
    """What axe finds wrong with a page, one sentence each; `rules` asks only some."""
    wait_until_drawn(page)
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.add_script_tag(path=AXE)
    # on a wide screen source numbers are footnote marks in running text, which WCAG 2.5.8 excepts and axe cannot know
    is_narrow = page.viewport_size["width"] <= 640
    if is_narrow:  # what scrolls under the bar that stays at the bottom is not hidden for good
        page.add_style_tag(content=".go { position: static !important }")
    only = {
        "runOnly": list(rules) or RULES,
        "rules": {"target-size": {"enabled": is_narrow}} if not rules else {},
    }
    found = page.evaluate("options => axe.run(options)", only)
    return [f"{v['id']}: {node['html'][:200]}" for v in found["violations"] for node in v["nodes"]]
