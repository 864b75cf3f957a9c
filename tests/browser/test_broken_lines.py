"""A page goes on after its line was cut, its server killed, its history lost, without being loaded again."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_first_minute import delegate, stays
from tests.browser.wire import Wire
from tests.platform import Platform

DAG_DONE = ".dag .node[data-status=done]"
CUT = "接続が切れました。"


@pytest.fixture
def watching(opened: Callable[..., Page], wire: Wire) -> Page:
    """The page of a workflow whose plan waits for approval, behind a line that can be cut."""
    page = opened(base=wire.base)
    delegate(page)
    expect(page.get_by_text("プランがあなたの承認を待っています。")).to_be_visible()
    return page


def approve(platform: Platform, page: Page) -> None:
    """Somebody approves elsewhere, while this page cannot hear it."""
    workflow = page.url.rstrip("/").rpartition("/")[2]
    with platform.script() as script:
        plan = script.get(f"/api/v1/workflows/{workflow}/").json()["plan"]
        read = script.get(f"/api/v1/plans/{plan}/").json()
        answer = script.post(f"/api/v1/plans/{plan}/approve/", json={"content_hash": read["content_hash"]})
        assert answer.status_code == 200, answer.text


def test_what_happened_while_the_line_was_cut_is_caught_up(
    watching: Page, platform: Platform, wire: Wire
) -> None:
    same = stays(watching)
    wire.cut()
    expect(watching.get_by_text(CUT)).to_be_visible()
    approve(platform, watching)
    wire.mend()
    expect(watching.get_by_text("報告書ができました。")).to_be_visible()
    expect(watching.get_by_text(CUT)).to_be_hidden()
    expect(watching.locator(DAG_DONE).first).to_be_visible()
    assert same()


def test_a_lost_history_is_read_again(watching: Page, platform: Platform, wire: Wire) -> None:
    same = stays(watching)
    wire.cut()
    expect(watching.get_by_text(CUT)).to_be_visible()
    approve(platform, watching)
    platform.python(
        "from uuid import uuid4; from foundation.activity.models import Event, Stream; Event.objects.all().delete();"
        "[Stream.objects.filter(pk=each.pk).update(epoch=uuid4()) for each in Stream.objects.all()]"
    )
    wire.mend()
    expect(watching.get_by_text("報告書ができました。")).to_be_visible()
    assert same()


def test_the_page_goes_on_after_the_server_was_killed(
    opened: Callable[..., Page], platform: Platform
) -> None:
    page = opened()
    delegate(page)
    page.get_by_role("link", name="プランを見る").click()
    page.get_by_role("button", name="承認").click()
    expect(page.get_by_role("heading", name="作業の流れ")).to_be_visible()
    same = stays(page)
    port = platform.base.rpartition(":")[2]
    platform.process.kill()
    platform.process.wait()
    expect(page.get_by_text(CUT)).to_be_visible()
    platform.start("--port", port)
    expect(page.get_by_text("報告書ができました。")).to_be_visible(timeout=60_000)
    expect(page.get_by_text(CUT)).to_be_hidden()
    assert same()


def test_what_is_typed_and_open_survives_a_refresh(watching: Page, platform: Platform) -> None:
    watching.locator("#cancel summary").click()
    reason = watching.locator("#cancel input[name=reason]")
    reason.fill("まだ書いています")
    approve(platform, watching)
    expect(watching.locator(".dag .node[data-status=running]").first).to_be_visible()
    expect(reason).to_be_visible()
    expect(reason).to_be_focused()
    assert reason.input_value() == "まだ書いています"
