"""Lists ask no more of the database for ten thousand things than for ten, for somebody in fifty groups, and show the same."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from benchmarks.shared import GROUPS, fill, people
from foundation.accounts.services import access_grant, token_pair_create
from foundation.core.actors import SYSTEM
from foundation.core.permissions import may
from personas.models import Persona
from tests.counting import queries
from workflows.models import Task, Workflow

LISTS = (
    "workflows", "tasks", "personas", "plans", "projects", "discussions", "persona-teams", "vaults", "notes", "sources",
    "credentials", "approvals",
)  # fmt: skip


@pytest.mark.slow
def test_no_more_queries_for_ten_thousand_than_for_ten(db) -> None:
    fill(10)
    who = people()
    assert who["many"].groups.count() == GROUPS + 1
    clients = {name: APIClient() for name in ("many", "few")}
    for name, client in clients.items():
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_pair_create(who[name]).access}")
    asked = [f"/api/v1/{name}/" for name in LISTS]
    few = {
        (name, each): queries(client, each) for name, client in clients.items() for each in (*asked, *asked)
    }
    fill(9_990)
    many = {(name, each): queries(client, each) for name, client in clients.items() for each in asked}
    assert all(many[each] <= few[each] for each in few), (few, many)
    assert len(clients["many"].get(asked[0]).json()["results"]) == 50


@pytest.mark.parametrize("model", [Workflow, Task, Persona])
def test_page_after_page_shows_what_one_may_see_and_in_its_order(db, model: Any) -> None:
    fill(400)
    who = people()
    for name in ("many", "few"):
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_pair_create(who[name]).access}")
        rows = [row for row in model.objects.order_by("-created_at", "-id") if may(who[name], "view", row)]
        assert 80 < len(rows) < 300
        assert walked(client, f"/api/v1/{model._meta.model_name}s/?limit=30") == [str(row.pk) for row in rows]


def walked(client: APIClient, address: str) -> list[str]:
    """What a list shows from its first page to its last, each page read back from the one behind it too."""
    page, shown = client.get(address).json(), []
    while True:
        shown += [row["id"] for row in page["results"]]
        if not page["next"]:
            return shown
        behind = client.get(page["next"]).json()
        assert client.get(behind["previous"]).json()["results"] == page["results"]
        page = behind


def test_who_saw_little_sees_at_once_what_they_are_given(db) -> None:
    """And is asked one question less the second time, as nothing of theirs stands at the beginning of the list."""
    fill(1_000)
    few, client = people()["few"], APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token_pair_create(few).access}")
    address = "/api/v1/personas/"
    first = queries(client, address)
    assert queries(client, address, again=True) == first - 1
    newest = Persona.objects.order_by("-created_at", "-id")[:60]
    assert not set(map(str, newest.values_list("pk", flat=True))) & set(shown(client, address))
    access_grant(SYSTEM, newest[1], to=few, level="view")
    assert shown(client, address)[0] == str(newest[1].pk)
    Persona.objects.update(owner=few)
    assert shown(client, address) == [str(each.pk) for each in newest[:50]]


def shown(client: APIClient, address: str) -> list[str]:
    return [each["id"] for each in client.get(address).json()["results"]]
