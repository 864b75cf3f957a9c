"""A secretary that uses a tool before it speaks: what waits, what runs and what came of it stand on the discussion's page."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, close
from tests.platform import Platform
from tests.stub import Stub
from tests.walking import begun, until, walks

pytestmark = pytest.mark.slow
SHOTS = os.environ.get("SHOTS", "")


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, Path]]:
    go = tmp_path_factory.mktemp("walk") / "go"
    with Stub() as model:
        model.script = walks(model, ("walker__walk", {}))
        given = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "canary-key", "LANG": "ja_JP.UTF-8"}
        with (
            Platform(Path(tmp_path_factory.mktemp("talking")), **given) as started,
            started.script() as client,
        ):
            client.post(f"/api/v1/workflows/{begun(started, client, go, policy='ask')}/cancel/")
            yield started, go


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_call_waits_runs_and_is_told(
    talking: tuple[Platform, Path], browser: Browser, viewport: dict[str, int]
) -> None:
    platform, go = talking
    go.unlink(missing_ok=True)
    context = browser.new_context(viewport=viewport, locale="ja-JP", base_url=platform.base)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(platform.new_link())
    with platform.script() as client:
        people = client.get("/api/v1/personas/?limit=50").json()["results"]
        seats = [
            next(each["id"] for each in people if each["name"].startswith(name))
            for name in ("道具係", "歩く組")
        ]
        body = {"topic": "新製品の価格と納期をどう説明するか", "participants": seats, "max_rounds": 1}
        discussion = client.post("/api/v1/discussions/", json=body).json()["id"]
        page.goto(f"/discussions/{discussion}/")
        expect(page.locator("#head")).to_contain_text("判断されれば続きます")
        _shoot(page, f"talk-waits-{viewport['width']}")
        page.goto("/approvals/")
        page.locator("[data-stop]", has_text="walker/walk").click()
        page.get_by_role("button", name="承認", exact=True).click()
        page.goto(f"/discussions/{discussion}/")
        expect(page.locator("[data-call] progress")).to_have_js_property("max", 4)
        _shoot(page, f"talk-runs-{viewport['width']}")
        go.touch()
        until(client, f"/api/v1/discussions/{discussion}/", lambda row: row["status"] == "ended")
        expect(page.locator("#minutes, [data-fragment=minutes]").first).to_be_visible()
        page.locator("#talk .fold summary").first.click()
        expect(page.locator("#talk .step-call[data-standing=answered]").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        _shoot(page, f"talk-done-{viewport['width']}")
    close(context)


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
