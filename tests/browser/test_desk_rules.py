"""A tool call approved by rule on its page: the next same call asks nobody and says so, until the rule is taken back."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, close
from tests.platform import Platform
from tests.stub import Stub
from tests.walking import begun, until, walks

pytestmark = pytest.mark.slow
SHOTS = os.environ.get("SHOTS", "")
WALK = ("walker__walk", {})


@pytest.fixture(scope="module")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Stub() as model:
        model.script = walks(model, WALK, WALK)
        folder = Path(tmp_path_factory.mktemp("asking"))
        given = {"OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": "canary-key", "LANG": "ja_JP.UTF-8"}
        with Platform(folder, **given) as started:
            yield started


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_by_rule_and_back(
    asking: Platform, browser: Browser, tmp_path: Path, viewport: dict[str, int]
) -> None:
    go = tmp_path / "go"
    go.touch()
    context = browser.new_context(viewport=viewport, locale="ja-JP", base_url=asking.base)
    page = context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(asking.new_link())
    with asking.script() as client:
        workflow = begun(asking, client, go, policy="ask")
        _open(page, client)
        page.locator("input[name=remember][value=rule]").check()
        _shoot(page, f"asked-{viewport['width']}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        page.get_by_role("button", name="承認", exact=True).click()
        expect(page.locator(".toast")).to_be_visible()
        address = f"/api/v1/workflows/{workflow}/"
        row = until(client, address, lambda row: row["status"].startswith("completed"))
        _only_the_second_was_automatic(page, workflow)

        who = _take_back(page)
        again = _once_more(client, row["team"])
        _open(page, client)
        expect(page.locator("main")).to_contain_text(who)
        page.locator("#id_comment").fill("もう要りません")
        page.get_by_role("button", name="却下", exact=True).click()
        expect(page.locator(".toast")).to_be_visible()
        assert (
            client.post(f"/api/v1/workflows/{again}/cancel/").status_code == 200
        )  # it asks for one more call
    close(context)


def _open(page: Page, client: Any) -> None:
    """The one call that waits, from the inbox."""
    until(client, "/api/v1/approvals/?kind=tool_call", lambda found: len(found["results"]) == 1)
    page.goto("/approvals/")
    page.locator("[data-stop]", has_text="walker/walk").click()


def _only_the_second_was_automatic(page: Page, workflow: str) -> None:
    page.goto(f"/workflows/{workflow}/?task=a")
    if page.locator("#steps[open]").count() == 0:
        page.locator("#steps > summary").click()
    calls = page.locator(".step-call[data-standing=answered]")
    expect(calls).to_have_count(2)
    expect(calls.nth(0)).not_to_contain_text("自動（規則による）")
    expect(calls.nth(1)).to_contain_text("自動（規則による）")
    _shoot(page, f"by-rule-{page.viewport_size['width']}")
    page.goto("/approvals/")
    expect(page.locator("[data-stop]", has_text="walker/walk")).to_have_count(0)


def _take_back(page: Page) -> str:
    """Take the rule back where rules are listed; returns for whom it was."""
    page.goto("/settings/tools/")
    page.locator("main a", has_text="walker").first.click()
    tool = page.locator("#offered .connection", has_text="walk").filter(has=page.locator(".tags .tag"))
    rule = tool.locator(".tags .tag")
    expect(rule).to_have_count(1)
    who = rule.inner_text().partition(":")[0].strip()
    _shoot(page, f"rules-{page.viewport_size['width']}")
    tool.locator("summary").click()
    form = tool.locator("form[action$='/rule/']")
    form.locator("select[name=persona]").select_option(label=who)
    form.locator("select[name=policy]").select_option("")
    form.get_by_role("button").click()
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("#offered .tags .tag")).to_have_count(0)
    return who


def _once_more(client: Any, team: str) -> str:
    body = {
        "requirement": "もう一度歩いてください。",
        "team": team,
        "auto_generate_tasks": False,
        "auto_approve": True,
    }
    again = client.post("/api/v1/workflows/", json=body).json()["id"]
    task = {"key": "a", "title": "四歩歩く", "role": "歩く人", "queries": ["歩く"]}
    assert client.post(f"/api/v1/workflows/{again}/tasks/", json=task).status_code == 201
    assert client.post(f"/api/v1/workflows/{again}/start/").status_code == 200
    return again


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
