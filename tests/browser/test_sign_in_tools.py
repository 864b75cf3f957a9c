"""Signing in at a tool server as a person does: from its page to the place where one says yes, and back to a call."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE
from tests.oauth_server import ALLOW, Protected
from tests.platform import Platform

pytestmark = pytest.mark.slow
SHOTS = os.environ.get("SHOTS", "")
WAYS = [("ja-JP", DESK), ("en-GB", PHONE)]
WORDS = {
    "ja-JP": ("このサーバーはサインインを求めています。", "サインインして許可", "サインアウト", "続ける"),
    "en-GB": ("This server asks you to sign in.", "Sign in and allow", "Sign out", "Continue"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(Path(tmp_path_factory.mktemp("signing"))) as started:
        yield started


@pytest.mark.parametrize(("locale", "viewport"), WAYS, ids=["ja-desk", "en-phone"])
def test_the_whole_way(running: Platform, browser: Browser, locale: str, viewport: dict[str, int]) -> None:
    asks, sign_in, sign_out, _go_on = WORDS[locale]
    wrong: list[str] = []
    with Protected() as protected, running.script() as script:
        row = {"name": f"notes-{viewport['width']}", "transport": "http", "url": protected.url}
        made = script.post("/api/v1/mcp-servers/", json=row).json()
        script.post(f"/api/v1/mcp-servers/{made['id']}/connect/")
        context = browser.new_context(viewport=viewport, locale=locale, base_url=running.base)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
        page.goto(running.new_link())
        page.goto(f"/settings/tools/{made['id']}/")
        expect(page.get_by_text(asks)).to_be_visible()
        _shoot(page, f"asks-{locale}")
        page.get_by_role("button", name=sign_in).click()
        page.get_by_role(
            "button", name=ALLOW
        ).click()  # on the other side, without anything else to press here
        expect(page.locator("#offered strong")).to_have_text(["note", "other"])
        out = page.locator(f'form[action$="/{made["id"]}/sign-out/"] button')
        expect(out).to_have_text(sign_out)
        expect(page.get_by_text(asks)).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        _shoot(page, f"signed-in-{locale}")
        _called(page, script, made["id"], protected)
        out.click()
        page.get_by_role("dialog").get_by_role("button", name=sign_out).click()
        expect(page.get_by_role("button", name=sign_in)).to_be_visible()
        _shoot(page, f"signed-out-{locale}")
        context.close()
    assert not [each for each in wrong if "Content Security Policy" in each]


def test_the_page_on_the_way_says_where_it_leads(running: Platform, browser: Browser) -> None:
    """Seen where a browser does not go on by itself."""
    with Protected() as protected, running.script() as script:
        row = {"name": "waits", "transport": "http", "url": protected.url}
        made = script.post("/api/v1/mcp-servers/", json=row).json()
        script.post(f"/api/v1/mcp-servers/{made['id']}/connect/")
        for locale, viewport in WAYS:
            context = browser.new_context(viewport=viewport, locale=locale, base_url=running.base)
            page = context.new_page()
            page.set_default_timeout(PATIENCE_MS)
            page.goto(running.new_link())
            page.route("**/sign-in/", _without_refresh)
            page.goto(f"/settings/tools/{made['id']}/")
            page.get_by_role("button", name=WORDS[locale][1]).click()
            expect(page.locator("main")).to_contain_text(protected.base.removeprefix("http://"))
            _shoot(page, f"on-the-way-{locale}")
            page.get_by_role("link", name=WORDS[locale][3]).click()
            expect(page.get_by_role("button", name=ALLOW)).to_be_visible()
            context.close()


def _without_refresh(route) -> None:
    answer = route.fetch()
    route.fulfill(
        response=answer,
        headers={name: value for name, value in answer.headers.items() if name != "refresh"},
    )


def _called(page: Page, script, server: str, protected: Protected) -> None:
    """Approved on the page, called by hand."""
    page.locator("#offered summary").first.click()
    page.locator('form[action$="/approve/"] button').first.click()
    expect(page.locator('form[action$="/withdraw/"]')).to_have_count(1)
    call = {"tool": "note", "arguments": {"text": "hello"}}
    answer = script.post(f"/api/v1/mcp-servers/{server}/call/", json=call)
    assert (answer.json()["text"], protected.notes) == ("kept: hello", ["hello"]), answer.text


def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
