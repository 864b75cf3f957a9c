"""Pages and lists ask as much of the database for many workflows as for few, and find the newest by index."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.crowd import fill
from tests.counting import queries
from tests.pages import html, signed_in
from workflows.models import Workflow

FEW, MANY = 10, 300
LISTS = ("workflows", "tasks", "plans", "approvals", "projects", "discussions", "notifications", "audit")
PAGES = ("home", "workflows", "approvals", "notifications", "projects", "discussions")


def addresses() -> list[str]:
    """Pages, lists in REST, and one workflow of each kind."""
    shown = [
        Workflow.objects.filter(status=status).earliest("created_at") for status in ("paused", "completed")
    ]
    return [
        *(reverse(name) for name in PAGES),
        *(f"{reverse('workflows')}?status={status}" for status in ("moving", "ended", "completed")),
        *(reverse("workflow", args=[workflow.pk]) for workflow in shown),
        *(f"/api/v1/{name}/" for name in LISTS),
        "/api/v1/workflows/?status=completed&status=failed",
    ]


def test_as_much_is_asked_for_300_workflows_as_for_10(commander):
    client = signed_in(commander)
    fill(commander, 60)
    asked = addresses()
    [queries(client, address) for address in asked]
    few = {address: queries(client, address) for address in asked}
    fill(commander, MANY - 60)
    assert {address: queries(client, address) for address in asked} == few


def test_an_empty_platform_asks_no_more_than_a_full_one(commander):
    client = signed_in(commander)
    pages = [reverse(name) for name in PAGES]
    [queries(client, address) for address in pages]
    empty = {address: queries(client, address) for address in pages}
    fill(commander, FEW)
    full = {address: queries(client, address) for address in pages}
    assert all(full[address] <= empty[address] + 3 for address in pages), (empty, full)


def test_the_inbox_is_read_in_pages_the_oldest_first(commander):
    fill(commander, 700)  # 35 wait
    client = signed_in(commander)
    first = html(client, reverse("approvals"))
    assert first.count('id="request-') == 30
    cursor = first.split("?cursor=")[1].split('"')[0]
    rest = html(client, reverse("approvals"), cursor=cursor.replace("%3D", "="))
    assert rest.count('id="request-') == 5
    assert not set(_requests(first)) & set(_requests(rest))


def _requests(page: str) -> list[str]:
    return [piece.split('"')[0] for piece in page.split('id="request-')[1:]]


@pytest.mark.skipif(connection.vendor != "sqlite", reason="the plan is SQLite's")
@pytest.mark.parametrize(
    ("address", "index"),
    [
        ("/workflows/?status=completed", "workflow_newest_of_status"),
        ("/", "workflow_back_last"),
        ("/notifications/", "notification_newest_of_user"),
        ("/notifications/", "notification_unread"),
    ],
)
def test_the_newest_are_found_by_index(commander, address, index):
    fill(commander, 40)
    client = signed_in(commander)
    client.get(address)
    with CaptureQueriesContext(connection) as captured:
        client.get(address)
    asked = [each["sql"] for each in captured if each["sql"].startswith("SELECT")]
    with connection.cursor() as cursor:
        plans = []
        for sql in asked:
            cursor.execute(f"EXPLAIN QUERY PLAN {sql}")
            plans += [row[3] for row in cursor.fetchall()]
    assert any(index in step for step in plans), plans
