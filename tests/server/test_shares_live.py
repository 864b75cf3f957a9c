"""What is withdrawn is withdrawn from open sockets too."""

from collections.abc import Iterator

import httpx
import pytest

from tests.platform import Platform, hear, say

WITHIN_SECONDS = 5
ANOTHER = """
from datetime import timedelta
from foundation.accounts.models import Team, User
from foundation.accounts.services import access_token_create, people_team_create
from foundation.core.actors import SYSTEM
user, _ = User.objects.get_or_create(username="{name}")
chief = User.objects.get(is_local=True)
people_team_create(chief, name="team of {name}", members=[user])
print(access_token_create(user, user=user, lifetime=timedelta(hours=1)), Team.objects.latest("created_at").pk)
"""


@pytest.fixture(scope="module")
def owner(server: Platform) -> Iterator[httpx.Client]:
    with server.script() as client:
        yield client


@pytest.fixture
def workflow(owner: httpx.Client) -> str:
    """A draft in a project."""
    project = owner.post("/api/v1/projects/", json={"name": "P"}).json()["id"]
    body = {"requirement": "調べてください。", "auto_start": False, "project": project}
    return owner.post("/api/v1/workflows/", json=body).json()["id"]


@pytest.mark.security("S5")
@pytest.mark.parametrize("way", ["user", "team", "project"])
def test_a_subscription_ends_with_the_share(
    server: Platform, owner: httpx.Client, workflow: str, way: str
) -> None:
    pk = workflow
    token, team = server.python(ANOTHER.format(name=f"saki-{way}")).split()
    held = owner.get(f"/api/v1/workflows/{pk}/").json()["project"]
    where = f"/api/v1/projects/{held}/shares/" if way == "project" else f"/api/v1/workflows/{pk}/shares/"
    whom = {"team": team} if way == "team" else {"username": f"saki-{way}"}
    name = {"type": "subscribe", "stream": f"workflow:{pk}"}
    with (
        server.client(headers={"Authorization": f"Bearer {token}"}) as saki,
        server.socket(ticket=server.ticket(saki)) as socket,
    ):
        say(socket, **name)
        assert hear(socket, "error")["code"] == "not_found"
        assert owner.post(where, json=whom | {"level": "view"}).status_code == 200
        say(socket, **name)
        assert hear(socket, "subscribed")["stream"] == f"workflow:{pk}"
        gone = owner.delete(where, params=whom)
        assert gone.status_code == 204, gone.text
        ended = hear(socket, "error", timeout=WITHIN_SECONDS)
        assert (ended["code"], ended["stream"]) == ("not_found", f"workflow:{pk}")
        owner.patch(f"/api/v1/workflows/{pk}/", json={"title": "後から"})
        say(socket, **name)
        assert hear(socket, "error")["code"] == "not_found"
        assert saki.get(f"/api/v1/workflows/{pk}/").status_code == 404
