"""A policy set by hand on its page, of a project and of a workflow, and then obeyed: who was named decides, and nobody else."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESK, PHONE
from tests.browser.test_desk import REQUIREMENT, office, seat, staff  # noqa: F401 - fixtures
from tests.platform import Platform

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("kind", "viewport"), [("project", DESK), ("workflow", PHONE)], ids=["project, desk", "workflow, phone"]
)
def test_what_was_set_by_hand_is_obeyed(
    office: Platform,  # noqa: F811 - the fixture
    seat: Callable[..., Page],  # noqa: F811
    staff: tuple[list[str], str],  # noqa: F811
    kind: str,
    viewport: dict[str, int],
) -> None:
    with office.client(headers={"Authorization": f"Bearer {staff[1]}"}) as client:
        body = {"requirement": REQUIREMENT, "title": f"方針の試し {kind}"}
        if kind == "project":
            about = client.post("/api/v1/projects/", json={"name": "方針の試し"}).json()["id"]
        else:
            made = client.post("/api/v1/workflows/", json=body | {"auto_start": False})
            about = made.json()["id"]
        owner = seat("owner", viewport)
        _set(owner, f"/{kind}s/{about}/policy/")
        if kind == "project":
            assert client.post("/api/v1/workflows/", json=body | {"project": about}).status_code == 201
        else:
            assert client.post(f"/api/v1/workflows/{about}/start/").status_code == 200

    first = seat("ichiro", viewport)
    _open(first, owner)
    first.get_by_role("button", name="承認", exact=True).click()
    expect(first.locator(".toast")).to_contain_text("ほかの人の承認を待っています")
    expect(first.get_by_text("承認 1 / 2")).to_be_visible()
    owner.goto(first.url)
    expect(owner.get_by_text("承認 1 / 2")).to_be_visible()
    expect(owner.get_by_role("button", name="承認", exact=True)).to_have_count(0)  # not asked, so not offered
    third = seat("saburo", viewport)
    third.goto("/approvals/")
    expect(third.locator("[data-stop]")).to_have_count(0)

    second = seat("jiro", viewport)
    second.goto(first.url)
    second.get_by_role("button", name="承認", exact=True).click()
    expect(second.locator(".toast")).to_contain_text("承認しました")


def _set(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="段階を追加").click()
    step = page.locator("fieldset.step").first
    step.locator("[name$=others]").fill("ichiro\njiro")
    step.locator("[name$=needed]").fill("2")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_role("button", name="保存する").last.click()
    expect(page.locator("#policy")).to_contain_text("2人の承認が必要です")


def _open(page: Page, owner: Page) -> None:
    """The plan that waits for this person; it takes a moment to be written."""
    row = page.locator("[data-stop]").first
    page.goto("/approvals/")
    expect(row).to_be_visible()  # it comes by itself
    row.click()
    page.wait_for_url("**/plans/*/")
    assert owner.url != page.url
