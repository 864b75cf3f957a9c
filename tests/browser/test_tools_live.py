"""A secretary's steps with tools, seen while they are taken: the bar moves and the answer comes without a reload."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, close
from tests.platform import Platform
from tests.stub import Stub
from tests.walking import begun, walks

pytestmark = pytest.mark.slow
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture(scope="module")
def walking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Stub() as model:
        model.script = walks(model, ("walker__walk", {}))
        folder = Path(tmp_path_factory.mktemp("walking"))
        given = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "canary-key", "LANG": "ja_JP.UTF-8"}
        with Platform(folder, **given) as started:
            yield started


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_call_is_seen_while_it_runs(
    walking: Platform, browser: Browser, tmp_path: Path, viewport: dict[str, int]
) -> None:
    go = tmp_path / "go"
    with walking.script() as client:
        workflow = begun(walking, client, go)
    context = browser.new_context(viewport=viewport, locale="ja-JP", base_url=walking.base)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(walking.new_link())
    page.goto(f"/workflows/{workflow}/?task=a")
    call = page.locator("[data-call]")
    expect(call).to_contain_text("<b>step</b> 2")  # the server's words, and no markup of ours
    expect(call.locator("progress")).to_have_attribute("max", "4")
    assert call.locator("progress").evaluate("bar => bar.position") == 0.5
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    _shoot(page, f"running-{viewport['width']}")
    page.reload()
    expect(call).to_contain_text("step")  # whoever comes later is told, too
    page.evaluate("window.same = true")
    go.touch()
    expect(page.locator(".step-call")).to_contain_text("回答済み")
    expect(page.locator("[data-call]")).to_have_count(0)
    assert page.evaluate("window.same === true")
    expect(page.locator("#steps")).to_contain_text("これ以上は要りません")
    _shoot(page, f"done-{viewport['width']}")
    close(context)


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.locator("#steps").scroll_into_view_if_needed()
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
