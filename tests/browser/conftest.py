"""A real platform looked at through a real Chromium. Nothing here waits for a time; it waits for what can be seen."""

import asyncio
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.wire import Wire
from tests.platform import Platform

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--no-first-run",
]  # fmt: skip
PATIENCE_MS = 25_000
CLOSING_SECONDS = 20
DESK = {"width": 1400, "height": 900}
PHONE = {"width": 390, "height": 844}

expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(
    scope="module"
)  # Playwright's loop would stand in the way of asynchronous tests of other modules
def browser() -> Iterator[Browser]:
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        missing = "NO CHROMIUM ON THIS MACHINE: nothing was looked at through a browser"
        assert not os.environ.get("CI"), missing
        pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform whose secretary takes its time, so that what moves can be seen moving."""
    folder = Path(tmp_path_factory.mktemp("platform"))
    with Platform(folder, BUILTIN_DELAY_MS="600", LEASE_SECONDS="4", LANG="ja_JP.UTF-8") as started:
        yield started


@pytest.fixture
def opened(browser: Browser, platform: Platform) -> Iterator[Callable[..., Page]]:
    """`opened(viewport, base)`: a page of a person who is signed in. What goes wrong in it fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def open_page(viewport: dict[str, int] = DESK, *, base: str = "", **options: Any) -> Page:
        context = browser.new_context(
            viewport=viewport, locale="ja-JP", base_url=base or platform.base, **options
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda message: wrong.append(message.text) if _refused(message) else None)
        page.goto(platform.new_link().replace(platform.base, base or platform.base))
        return page

    yield open_page
    for context in contexts:
        close(context)
    assert not wrong


def close(context: BrowserContext) -> None:
    """Close a window, or leave it to the end of its browser: Chromium was seen never to answer this."""
    with suppress(TimeoutError):  # Playwright has no time limit of its own here
        context._sync(asyncio.wait_for(context._impl_obj.close(reason=None), CLOSING_SECONDS))


def _refused(message: Any) -> bool:
    """What the page's own policy forbids is a fault of the page; a server that is away is not."""
    return message.type == "error" and "Content Security Policy" in message.text


@pytest.fixture
def wire(platform: Platform) -> Iterator[Wire]:
    """A line to the platform that can be cut."""
    with Wire(int(platform.base.rpartition(":")[2])) as line:
        yield line
