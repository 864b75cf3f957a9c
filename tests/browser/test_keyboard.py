"""The keyboard: conversions are left alone, ⌘/Ctrl+Enter sends, keys lead everywhere."""

import re
from collections.abc import Callable

from playwright.sync_api import CDPSession, Page, expect

COMPOSED = "調査してください"


def compose(page: Page, session: CDPSession, text: str) -> None:
    """Type as an input method does: the text is there, and the conversion is still open."""
    session.send(
        "Input.imeSetComposition", {"text": text, "selectionStart": len(text), "selectionEnd": len(text)}
    )


def enter_of_a_conversion(page: Page, *, with_control: bool = False) -> bool:
    """The Enter that a browser reports while a conversion is open; whether something else happened than the word."""
    return page.evaluate(
        """(ctrl) => {
            const field = document.activeElement;
            const press = { key: "Enter", keyCode: 229, isComposing: true, ctrlKey: ctrl, bubbles: true, cancelable: true };
            let sent = false;
            field.form.addEventListener("submit", () => { sent = true; }, { once: true });
            field.dispatchEvent(new KeyboardEvent("keydown", press));
            return sent;
        }""",
        with_control,
    )


def test_enter_during_a_conversion_sends_nothing(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/delegate/")
    box = page.get_by_label("何をしてほしいですか")
    box.focus()
    session = page.context.new_cdp_session(page)
    compose(page, session, COMPOSED)
    assert not enter_of_a_conversion(page)
    assert not enter_of_a_conversion(page, with_control=True)
    assert page.url.endswith("/delegate/")
    session.send("Input.insertText", {"text": COMPOSED})  # the conversion ends
    assert box.input_value() == COMPOSED
    page.keyboard.press("Enter")
    assert page.url.endswith("/delegate/")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(re.compile(r"/workflows/[0-9a-f-]{36}/$"))


def test_a_search_field_waits_for_the_end_of_the_conversion(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/knowledge/")
    field = page.get_by_role("searchbox", name="ノートを検索")
    field.focus()
    session = page.context.new_cdp_session(page)
    compose(page, session, "納期")
    assert page.locator("#hits .hit").count() == 0
    session.send("Input.insertText", {"text": "納期"})
    expect(page.locator("#hits .hit").first).to_be_visible()
    assert page.locator("#hits mark").first.inner_text() == "納期"
    expect(page).to_have_url(re.compile(r"\?q=%E7%B4%8D%E6%9C%9F"))


def test_what_was_typed_survives_a_reload(opened: Callable[..., Page]) -> None:
    page = opened()
    page.goto("/delegate/")
    page.get_by_label("何をしてほしいですか").press_sequentially("下書き")
    page.reload()
    assert page.get_by_label("何をしてほしいですか").input_value() == "下書き"


def test_keys_lead_to_the_places(opened: Callable[..., Page]) -> None:
    page = opened()
    page.keyboard.press("g")
    page.keyboard.press("w")
    expect(page).to_have_url(re.compile("/workflows/$"))
    page.keyboard.press("/")
    expect(page.locator("[data-find]")).to_be_focused()
    page.keyboard.press("g")  # typed, not obeyed
    page.keyboard.press("h")
    assert page.locator("[data-find]").input_value() == "gh"
    page.locator("main").focus()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="キーボード操作")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="キーボード操作")).to_be_hidden()
    page.keyboard.press("n")
    expect(page).to_have_url(re.compile("/delegate/$"))


def test_pages_are_true_without_scripts(opened: Callable[..., Page]) -> None:
    page = opened(java_script_enabled=False)
    page.goto("/delegate/")
    page.get_by_label("何をしてほしいですか").fill("オリノの価格を調べてください。")
    page.get_by_role("button", name="チームに依頼する").click()
    expect(page.get_by_text("依頼しました。")).to_be_visible()
    for _ in range(100):
        page.reload()
        if page.get_by_text("プランがあなたの承認を待っています。").count():
            break
    page.get_by_role("link", name="プランを見る").click()
    page.get_by_role("button", name="承認").click()
    expect(page.locator(".toast")).to_contain_text("承認しました。")
