"""The three-approver story in a browser: asked, sent back, answered by a new version, two approvals, one link too late."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESK, PATIENCE_MS, PHONE, close
from tests.platform import Platform

NAMES = ("ichiro", "jiro", "saburo")
PEOPLE = f"""
from foundation.accounts import services
from foundation.accounts.models import Role, User
from django.contrib.auth.models import Group
services.roles_seed()
for name in {NAMES!r}:
    person = User.objects.create_user(name, password="correct horse battery", display_name=name.title(), language="ja")
    person.groups.add(Role.objects.get(name="approver").group)
print(" ".join(str(pk) for pk in User.objects.filter(username__in={NAMES!r}).order_by("username").values_list("pk", flat=True)))
"""
OWNER = """
from datetime import timedelta
from foundation.accounts import services
from foundation.accounts.models import Role, User
from personas.services import persona_create, team_create
from foundation.core.actors import SYSTEM
services.roles_seed()
owner = User.objects.create_user("owner", password="correct horse battery", display_name="Owner", language="ja")
owner.groups.add(Role.objects.get(name="owner").group)
team = [persona_create(SYSTEM, owner=owner, name=role, role=role) for role in ("調査", "執筆", "企画", "レビュー")]
made = team_create(SYSTEM, owner=owner, name="秘書室", members=team)
made.is_default = True
made.save()
print(services.access_token_create(owner, user=owner, lifetime=timedelta(hours=1)))
"""
LINK = """
from plans.models import ApprovalRequest, Channel, Message
from plans.services.outbox import link_create
from foundation.accounts.models import User
from django.utils import timezone
person = User.objects.get(username="saburo")
request = ApprovalRequest.objects.filter(status="pending", kind="plan").latest("created_at")
channel, _ = Channel.objects.get_or_create(owner=person, name="x", defaults={"address": "json://203.0.113.1", "place": "x"})
message = Message(channel=channel, request=request, event="approval.requested", event_id="x", due_at=timezone.now())
print(link_create(message))
"""
REQUIREMENT = "新製品の価格と納期を調べて、報告書にまとめてください。"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform for several people, who sign in with passwords."""
    folder = Path(tmp_path_factory.mktemp("office"))
    with Platform(folder, SIGN_IN="password", LEASE_SECONDS="4", LANG="ja_JP.UTF-8") as started:
        yield started


@pytest.fixture(scope="module")
def staff(office: Platform) -> tuple[list[str], str]:
    """The ids of those who may approve, and a token of the owner's."""
    return office.python(PEOPLE).split(), office.python(OWNER).strip()


@pytest.fixture
def seat(browser: Browser, office: Platform) -> Iterator[Callable[..., Page]]:
    """`seat(name, viewport)`: the page of that person, signed in; without a name nobody's."""
    opened: list[Any] = []

    def sit(name: str = "", viewport: dict[str, int] = DESK) -> Page:
        context = browser.new_context(viewport=viewport, locale="ja-JP", base_url=office.base)
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if name:
            page.goto("/sign-in/")
            page.locator("input[name=username]").fill(name)
            page.locator("input[name=password]").fill("correct horse battery")
            page.locator("input[name=password]").press("Enter")
            expect(page.locator(".side")).to_be_attached()
        return page

    yield sit
    for each in opened:
        close(each)


def _delegate(office: Platform, people: list[str], token: str) -> None:
    """Work that two of three people must approve."""
    body = {
        "requirement": REQUIREMENT,
        "policy": {"steps": [{"users": people, "needed": 2}], "deadline_hours": 8},
    }
    with office.client(headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.post("/api/v1/workflows/", json=body).status_code == 201


def _sends_back(page: Page) -> None:
    """By the keyboard alone, but for the last button."""
    page.goto("/approvals/")
    row = page.locator("[data-stop]").first
    row.wait_for()
    page.keyboard.press("j")
    expect(row).to_be_focused()
    page.keyboard.press("c")  # opens it, with the words to be written
    expect(page.locator("#id_comment")).to_be_focused()
    page.keyboard.type("保証も調べてください")
    page.get_by_role("button", name="差し戻し").click()
    expect(page.locator(".toast")).to_contain_text("差し戻しました")


@pytest.mark.slow
def test_three_approvers(office: Platform, seat: Callable[..., Page], staff: tuple[list[str], str]) -> None:
    _delegate(office, *staff)
    first = seat("ichiro")
    _sends_back(first)

    second = seat("jiro", PHONE)
    second.goto("/approvals/")
    second.locator("[data-stop]").first.click()
    expect(second.get_by_text("第2版", exact=True).first).to_be_visible()
    expect(second.locator("#changes")).to_contain_text("保証")
    expect(second.locator(".reply").first).to_contain_text("保証")
    assert second.evaluate("document.documentElement.scrollWidth <= innerWidth")
    token = office.python(LINK).strip()
    second.get_by_role("button", name="承認", exact=True).click()
    expect(second.locator(".toast")).to_contain_text("ほかの人の承認を待っています")
    expect(second.get_by_text("承認 1 / 2")).to_be_visible()

    late = seat("", PHONE)
    late.goto(f"/approvals/by-link/{token}/")
    late.get_by_role("button", name="承認", exact=True).click()
    expect(late.get_by_text("このプランを承認しますか？")).to_be_visible()

    first.goto("/approvals/")
    first.locator("[data-stop]").first.click()
    first.wait_for_url("**/plans/*/")  # its scripts are there, and its keys
    first.keyboard.press("a")
    expect(first.get_by_role("button", name="承認", exact=True)).to_be_focused()
    first.keyboard.press("Enter")
    expect(first.locator(".toast")).to_contain_text("承認しました")

    late.get_by_role("button", name="はい、確定します").click()  # it was open, and is too late now
    expect(late.get_by_role("heading", name="何も決まっていません")).to_be_visible()
    late.goto(f"/approvals/by-link/{token}/")
    expect(late.get_by_role("heading", name="何も決まっていません")).to_be_visible()
    first.locator("#history summary").click()
    expect(first.locator("#history tbody tr")).to_have_count(3)


@pytest.mark.slow
@pytest.mark.usefixtures("staff")
def test_a_link_on_a_phone_asks_twice(office: Platform, seat: Callable[..., Page]) -> None:
    plan = office.python(
        "from plans.models import Plan; from tests import factories; from foundation.accounts.models import User;"
        "from workflows.services import workflow_create; owner = User.objects.get(username='owner');"
        "people = [str(each.pk) for each in User.objects.filter(username__in=('saburo', 'jiro'))];"
        "work = workflow_create(owner, requirement='x', auto_start=False,"
        " policy={'steps': [{'users': people, 'needed': 2}]});"
        "print(factories.plan(owner, subject_id=work.pk).pk)"
    ).strip()
    page = seat("", PHONE)
    page.goto(f"/approvals/by-link/{office.python(LINK).strip()}/")
    page.get_by_role("button", name="承認", exact=True).click()
    expect(page.get_by_text("このプランを承認しますか？")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="はい、確定します").click()
    expect(page.get_by_text("判断を受け付けました。")).to_be_visible()
    count = office.python(
        f"from plans.models import Vote; print(Vote.objects.filter(request__plan='{plan}').count())"
    )
    assert count.strip() == "1"
    page.reload()
    assert re.search("何も決まっていません|判断を受け付けました", page.locator("main").inner_text())
