"""What axe-core finds: names, contrast, landmarks, focus, in the light and in the dark, on a desk and on a phone."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_first_minute import delegate

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PLACES = (
    "/",
    "/delegate/",
    "/workflows/",
    "/approvals/",
    "/knowledge/?q=納期",
    "/personas/",
    "/projects/",
    "/settings/",
    "/notifications/",
)


def faults(page: Page) -> list[str]:
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate("rules => axe.run(document, { runOnly: rules })", RULES)
    return [f"{page.url} {each['id']}: {each['nodes'][0]['html'][:160]}" for each in found["violations"]]


@pytest.mark.parametrize(
    ("viewport", "scheme"), [(DESK, "light"), (PHONE, "dark")], ids=["desk and light", "phone and dark"]
)
def test_axe_finds_nothing(opened: Callable[..., Page], viewport: dict[str, int], scheme: str) -> None:
    page = opened(viewport, color_scheme=scheme)
    found = faults(page)
    for place in PLACES:
        page.goto(place)
        found += faults(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), place
    delegate(page)
    expect(page.get_by_text("プランがあなたの承認を待っています。")).to_be_visible()
    found += faults(page)
    page.get_by_role("link", name="プランを見る").click()
    found += faults(page)
    page.get_by_role("button", name="承認").click()
    page.get_by_role("link", name="読む", exact=True).wait_for()
    found += faults(page)
    page.get_by_role("link", name="読む", exact=True).click()
    found += faults(page)
    page.locator(".sources a").first.click()
    found += faults(page)
    assert not found


def test_nothing_jumps_while_a_page_is_built_and_refreshed(opened: Callable[..., Page]) -> None:
    page = opened()
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach(each => "
        "{ if (!each.hadRecentInput) window.shift += each.value; })).observe({ type: 'layout-shift', buffered: true });"
    )
    for place in PLACES:
        page.goto(place)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("window.shift") < 0.01, place
