"""A discussion through a real browser: text grows, the commander speaks, the page is never loaded again."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.browser.test_first_minute import stays
from tests.browser.wire import Wire
from tests.platform import Platform

# How long each growing text was, every time it changed.
SEEN = """() => {
  window.seen = {};
  new MutationObserver(() => document.querySelectorAll(".growing").forEach((each) => {
    (window.seen[each.id] ??= []).push(each.textContent.length);
  })).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""
TOPIC = "オリノの価格をいくらにするか"


def begin(page: Page, topic: str = TOPIC, seats: int = 3) -> str:
    """A new discussion of the first few; returns its id."""
    page.goto("/discussions/new/")
    page.locator("textarea[name=topic]").fill(topic)
    for place, box in enumerate(page.locator("input[name=participants]").all()):
        box.set_checked(place < seats)
    page.locator("form[data-draft=discussion] button[data-main]").click()
    page.wait_for_url("**/discussions/*-*-*/")
    return page.url.rstrip("/").rpartition("/")[2]


def messages(platform: Platform, discussion: str) -> list[dict[str, Any]]:
    with platform.script() as script:
        return script.get(f"/api/v1/discussions/{discussion}/messages/", params={"limit": 200}).json()[
            "results"
        ]


def test_text_grows_one_is_heard_and_the_minutes_come(
    opened: Callable[..., Page], platform: Platform
) -> None:
    page = opened()
    discussion = begin(page)
    same = stays(page)
    page.evaluate(SEEN)
    page.locator(".growing:not(:empty)").wait_for()
    expect(page.locator(".seat.speaking")).to_have_count(1)

    page.locator("#say-text").fill("納期も確かめてください。")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".turn.interjection.mine")).to_have_count(1)
    expect(page.locator("#say-text")).to_have_value("")
    page.locator("#say-text").fill("書きかけの文")
    page.locator("#minutes .prose").wait_for(timeout=120_000)
    expect(page.locator(".growing")).to_have_count(0)
    assert same()
    seen = page.evaluate("window.seen")
    assert seen
    assert all(lengths == sorted(lengths) for lengths in seen.values())
    assert max(len(set(lengths)) for lengths in seen.values()) > 3, "piece by piece"

    kept = messages(platform, discussion)
    assert sum(each["kind"] == "interjection" for each in kept) == 1
    assert page.locator(".turn").count() == len(kept)
    mark = page.locator(".turn sup.fn a").first
    mark.click()
    expect(page.get_by_role("note")).to_contain_text("行目")


def test_what_cannot_be_sent_stays_and_is_sent_once(
    opened: Callable[..., Page], platform: Platform, wire: Wire
) -> None:
    page = opened(base=wire.base)
    discussion = begin(page, "？？？")
    page.locator(".turn.clarification").wait_for()
    same = stays(page)
    wire.cut()
    page.locator("#say-text").fill("オリノの発売日です。")
    page.keyboard.press("Control+Enter")
    expect(page.locator("#say-error")).to_be_visible()
    expect(page.locator("#say-text")).to_have_value("オリノの発売日です。")
    wire.mend()
    expect(page.locator("[data-link-state]")).to_be_hidden()
    page.locator("#say-text").press("Control+Enter")
    expect(page.locator(".turn.interjection")).to_have_count(1)
    expect(page.locator(".turn.speech").first).to_be_visible()
    assert same()
    assert sum(each["kind"] == "interjection" for each in messages(platform, discussion)) == 1


def test_a_phone_shows_it_whole(opened: Callable[..., Page]) -> None:
    page = opened(PHONE, has_touch=True, is_mobile=True)
    begin(page, seats=1)
    page.locator(".turn.speech").first.wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("#say-text")).to_be_visible()
