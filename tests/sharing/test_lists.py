"""Lists ask as much of the database for ten thousand things as for ten, for somebody in fifty groups."""

import pytest
from rest_framework.test import APIClient

from benchmarks.shared import GROUPS, fill, people
from foundation.accounts.services import token_pair_create
from tests.counting import queries

LISTS = (
    "workflows", "tasks", "personas", "plans", "projects", "discussions", "persona-teams", "vaults", "notes", "sources",
    "credentials", "approvals",
)  # fmt: skip


@pytest.mark.slow
def test_as_many_queries_for_ten_thousand_as_for_ten(db) -> None:
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
    assert many == few
    assert len(clients["many"].get(asked[0]).json()["results"]) == 50
