"""Links in messages for whatever is not a plan, in a browser: looking decides nothing, one confirmation does, and late says so."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE
from tests.platform import Platform

pytestmark = pytest.mark.slow
LINK = """
from uuid import uuid4
from django.utils import timezone
from foundation.accounts.services import local_user
from foundation.core.actors import SYSTEM
from plans.models import Channel, Message
from plans.services import request_open
from plans.services.outbox import link_create
me = local_user()
call = {{"server": "files", "tool": "write_file", "arguments": {{"path": "/tmp/x"}}, "call": str(uuid4())}}
payload = {{
    "tool_call": call,
    "unknown_effect": call,
    "budget": {{"name": "全体", "period": "2026-11", "money": "90", "money_limit": "100", "money_added": "100"}},
    "question": {{"question": "続けますか", "choices": ["another_round", "stop"]}},
}}[{kind!r}]
request = request_open(SYSTEM, owner=me, kind={kind!r}, subject_id=uuid4(), title="題名", content_hash="a" * 64, payload=payload)
channel, _ = Channel.objects.get_or_create(owner=me, name="x", defaults={{"address": "json://203.0.113.1", "place": "x"}})
channel.is_active = False
channel.save()
message = Message(channel=channel, request=request, event="approval.requested", event_id="x", due_at=timezone.now())
print(request.pk, link_create(message), link_create(message))
"""
STANDING = "from plans.models import ApprovalRequest as R; r = R.objects.get(pk={pk!r}); print(r.status, r.answer, r.votes.count())"
GONE = "何も決まっていません"
KINDS = [
    ("tool_call", "承認", "approved  1", DESK),
    ("budget", "承認", "approved  1", PHONE),
    ("unknown_effect", "実行されていた", "answered happened 1", PHONE),
    ("question", "もう一度書き直す", "answered another_round 1", PHONE),
]


@pytest.fixture
def anybody(browser: Browser, platform: Platform) -> Callable[..., Page]:
    """A page of nobody who is signed in."""

    def visit(viewport: dict[str, int]) -> Page:
        page = browser.new_context(viewport=viewport, locale="ja-JP", base_url=platform.base).new_page()
        page.set_default_timeout(PATIENCE_MS)
        return page

    return visit


@pytest.mark.parametrize(("kind", "button", "becomes", "viewport"), KINDS, ids=[each[0] for each in KINDS])
def test_one_confirmation_decides(
    platform: Platform,
    anybody: Callable[..., Page],
    kind: str,
    button: str,
    becomes: str,
    viewport: dict[str, int],
) -> None:
    request, token, other = platform.python(LINK.format(kind=kind)).split()

    def standing() -> str:
        return platform.python(STANDING.format(pk=request)).strip()

    page = anybody(viewport)
    link = f"/approvals/by-link/{token}/"
    for _ in range(2):
        page.goto(link)
        assert standing() == "pending  0"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name=button).first.click()
    sure = page.get_by_role("button", name="はい、確定します")
    expect(sure).to_be_visible()
    assert standing() == "pending  0"
    sure.click()
    expect(page.get_by_text("判断を受け付けました。")).to_be_visible()
    assert standing() == becomes
    again = anybody(viewport)
    for place in (link, f"/approvals/by-link/{other}/"):  # used, and late
        again.goto(place)
        expect(again.get_by_role("heading", name=GONE)).to_be_visible()
        expect(again.locator("main button")).to_have_count(0)
    assert standing() == becomes
    for each in (page, again):
        each.context.close()
