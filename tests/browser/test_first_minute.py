"""The first minute of somebody new: sign in, delegate, approve, watch, read, open a source."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE

REQUIREMENT = "新製品「オリノ」の価格と納期を調べて、報告書にまとめてください。"


def delegate(page: Page, text: str = REQUIREMENT) -> None:
    page.goto("/delegate/")
    page.get_by_label("何をしてほしいですか").fill(text)
    page.get_by_role("button", name="チームに依頼する").click()


def stays(page: Page) -> Callable[[], bool]:
    """Whether the page has been the same document since now."""
    page.evaluate("window.same = true")
    return lambda: page.evaluate("window.same === true")


def test_from_the_first_page_to_the_source_of_a_claim(opened: Callable[..., Page]) -> None:
    page = opened()
    expect(page.get_by_role("heading", name="サンプルを用意しました。")).to_be_visible()
    delegate(page)
    page.get_by_role("link", name="プランを見る").click()  # it comes without a reload
    expect(page.get_by_role("heading", name="行うこと")).to_be_visible()
    page.get_by_role("button", name="承認").click()

    expect(page.get_by_role("heading", name="作業の流れ")).to_be_visible()
    same = stays(page)
    page.get_by_role("link", name="読む", exact=True).wait_for()
    assert page.locator(".dag .node[data-status=done]").count() == page.locator(".dag .node").count() > 1
    assert same()

    page.get_by_role("link", name="読む", exact=True).click()
    mark = page.locator("sup.fn a").first
    mark.click()
    card = page.get_by_role("note")
    expect(card).to_contain_text("行目")
    card.get_by_role("link").first.click()
    expect(page).to_have_url(re.compile(r"/knowledge/notes/[0-9a-f-]{36}/#L\d+$"))
    line = page.locator(".line:target")
    expect(line).to_be_in_viewport()


def test_a_plan_is_approved_on_a_phone(opened: Callable[..., Page]) -> None:
    page = opened(PHONE, has_touch=True, is_mobile=True)
    delegate(page)
    page.get_by_role("navigation", name="メイン").get_by_role("link", name="承認待ち").click()
    page.get_by_role("link", name="見る").first.click()
    for word in ("承認", "差し戻し", "却下"):
        expect(page.get_by_role("button", name=word)).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_text("この項目にコメントする").first.click()
    page.locator(".item textarea").first.fill("海外の分も見てください")
    page.get_by_role("button", name="差し戻し").click()
    expect(page.get_by_text("差し戻しました。")).to_be_visible()

    page.get_by_role("link", name="プランを見る").click()  # when the next version waits
    expect(page.get_by_role("heading", name="第1版からの変更点")).to_be_visible()
    expect(page.get_by_text("海外の分も見てください", exact=True)).to_be_visible()
    page.get_by_role("button", name="承認").click()
    expect(page.locator(".toast")).to_contain_text("承認しました。")


def test_the_longer_words_of_english_fit_on_a_phone_too(opened: Callable[..., Page]) -> None:
    page = opened(PHONE, has_touch=True, is_mobile=True)
    page.goto("/settings/")
    page.get_by_role("button", name="English", exact=True).click()
    page.goto("/approvals/")
    page.get_by_role("link", name="Look").first.click()
    for word in ("Approve", "Request changes", "Reject"):
        expect(page.get_by_role("button", name=word)).to_be_in_viewport(ratio=1)
    page.goto("/settings/")
    page.get_by_role("button", name="日本語", exact=True).click()


def test_the_language_changes_and_the_page_stays(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/workflows/?status=ended")
    page.get_by_role("button", name="EN", exact=True).click()
    expect(page.get_by_role("heading", name="Workflows")).to_be_visible()
    assert page.url.endswith("/workflows/?status=ended")
    page.get_by_role("button", name="日本語", exact=True).click()
    expect(page.get_by_role("heading", name="ワークフロー")).to_be_visible()


def test_what_is_selected_shows_beside_the_list_and_back_goes_back(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/workflows/?status=completed")
    page.locator("table .what").last.click()
    page.get_by_role("link", name="作業", exact=True).click()
    same = stays(page)
    rows = page.locator(".task-row")
    rows.nth(0).click()
    expect(page.locator("#detail h2").first).to_have_text(rows.nth(0).locator(".what").inner_text())
    rows.nth(1).click()
    expect(page.locator("#detail h2").first).to_have_text(rows.nth(1).locator(".what").inner_text())
    page.go_back()
    expect(page.locator("#detail h2").first).to_have_text(rows.nth(0).locator(".what").inner_text())
    assert same()
