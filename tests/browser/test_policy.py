"""Who approves, set by hand in a browser that runs no scripts: steps come and go by buttons, faults stand at their fields."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE
from tests.platform import Platform

PROJECT = """
from foundation.accounts.services import local_user
from workflows.services import project_create
print(project_create(local_user(), name="方針の試し").pk)
"""


@pytest.mark.slow
def test_a_policy_is_set_on_a_phone_without_scripts(platform: Platform, opened: Callable[..., Page]) -> None:
    project = platform.python(PROJECT).strip()
    signed_in = opened(PHONE)
    expect(signed_in.locator(".side")).to_be_attached()
    page = opened(PHONE, java_script_enabled=False, storage_state=signed_in.context.storage_state())
    page.goto(f"/projects/{project}/")
    expect(page.locator("#policy")).to_contain_text("1人で判断します")
    page.get_by_role("link", name="承認する人を決める").click()
    for _ in range(2):
        page.get_by_role("button", name="段階を追加").click()
    expect(page.locator("fieldset.step")).to_have_count(2)
    me = page.locator("fieldset.step").first.locator("input[name$=people]").first
    me.check()
    page.locator("[name=deadline_hours]").fill("48")
    page.locator("[name=deadline_hours]").press("Enter")  # saves, and takes no step away
    expect(page.locator("fieldset.step").nth(1).locator(".errors")).to_be_visible()
    expect(page.locator("fieldset.step").first.locator(".errors")).to_have_count(0)
    page.get_by_role("button", name="段階を外す 第2段階").click()
    expect(page.locator("fieldset.step")).to_have_count(1)
    expect(me).to_be_checked()
    expect(page.locator(".escalating")).to_be_hidden()
    page.get_by_label("ほかの人にも尋ねる").check()
    expect(page.locator(".escalating")).to_be_visible()
    page.get_by_label("却下として扱う").check()
    assert page.locator("main").evaluate("each => each.scrollWidth <= each.clientWidth")
    page.get_by_role("button", name="保存する").last.click()
    expect(page.locator("#policy")).to_contain_text("1人の承認が必要です")
    expect(page.locator("#policy")).to_contain_text("48時間後")
    expect(page.locator("#policy")).to_contain_text("却下として扱います")
