"""What a page weighs on its first visit, and that nothing on it jumps while a run goes on before one's eyes."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_accessibility import PLACES
from tests.browser.test_first_minute import delegate

MOST_BYTES = 100_000
SHIFTS = """
window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  const moved = entry.sources.map(({ node, previousRect: from, currentRect: to }) => [
    (node?.nodeType === 1 ? node : node?.parentElement)?.outerHTML.slice(0, 120), `${from.x},${from.y} → ${to.x},${to.y}`]);
  if (!entry.hadRecentInput) window.shifts.push([entry.value, location.pathname, ...moved]);
})).observe({ type: "layout-shift", buffered: true });
"""


def weight(page: Page, address: str) -> int:
    """Bytes on the wire, headers and static files included, for somebody who was never here."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    page.goto(address)
    page.wait_for_load_state("networkidle")
    session.detach()
    assert len(sizes) > 5, "the page's own files were not seen"
    return sum(sizes)


def carried_out(page: Page) -> str:
    """Delegate, approve, and watch until the report is there; returns the workflow's address."""
    delegate(page)
    page.get_by_role("link", name="プランを見る").click()
    page.get_by_role("button", name="承認").click()
    expect(page.get_by_role("heading", name="作業の流れ")).to_be_visible()
    page.get_by_role("link", name="読む", exact=True).wait_for()
    return page.url.partition("?")[0]


def test_no_page_weighs_more_than_100_kb(opened: Callable[..., Page]) -> None:
    page = opened()
    workflow = carried_out(page)
    plan = page.evaluate(
        "fetch(`/api/v1/plans/?workflow=${location.pathname.split('/')[2]}`).then((a) => a.json())"
    )
    pages = [
        *PLACES,
        workflow,
        f"{workflow}?view=work",
        f"/plans/{plan['results'][0]['id']}/",
        "/discussions/",
        "/search/?q=納期",
    ]
    weights = {address: weight(page, address) for address in pages}
    assert max(weights.values()) <= MOST_BYTES, weights


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_jumps_during_a_live_run(opened: Callable[..., Page], viewport: dict[str, int]) -> None:
    page = opened(viewport)
    page.add_init_script(SHIFTS)
    delegate(page)
    look = page.get_by_role("link", name="プランを見る")
    look.wait_for()  # it comes while one looks
    found = shifts(page)
    look.click()
    page.get_by_role("button", name="承認").click()
    expect(page.get_by_role("heading", name="作業の流れ")).to_be_visible()
    page.get_by_role("link", name="読む", exact=True).wait_for()
    assert found + shifts(page) == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_nothing_jumps_while_a_page_comes_slowly(
    opened: Callable[..., Page], viewport: dict[str, int]
) -> None:
    page = opened(viewport)
    workflow = carried_out(page)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    slow = {"offline": False, "latency": 20, "downloadThroughput": 3_000, "uploadThroughput": 50_000}
    session.send("Network.emulateNetworkConditions", slow)
    page.add_init_script(SHIFTS)
    for address in ("/", workflow, f"{workflow}?view=work", "/workflows/"):
        page.goto(address)
        expect(page.locator("main h1").first).to_be_visible()
        assert shifts(page) == []


def shifts(page: Page) -> list[Any]:
    """What jumped on this page without anybody having touched it: `[how much, page, [what, from where to where]…]`."""
    return page.evaluate("window.shifts")


def test_a_short_page_does_not_scroll_on_a_phone(opened: Callable[..., Page]) -> None:
    page = opened(PHONE)
    page.goto("/discussions/")
    expect(page.locator("main h1")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollHeight - innerHeight") == 0
