"""What ends while it is in use: the next request is refused, and open sockets close within five seconds."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.platform import Platform, closing_code, hear, say

PASSWORD = "a long enough Passw0rd"
pytestmark = pytest.mark.security("S7")


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A platform for a team, with somebody in it who may see one workflow through a role."""
    with Platform(
        Path(tmp_path_factory.mktemp("team")), SIGN_IN="password", RATE_LIMIT_SIGN_IN="1000"
    ) as platform:
        platform.python(PEOPLE)
        yield platform


PEOPLE = f"""
from foundation.accounts import services as s
from foundation.accounts.models import Role, User
from guardian.shortcuts import assign_perm
from workflows.services import workflow_create
s.roles_seed()
chief = User.objects.create_superuser('chief', password='{PASSWORD}')
seen = workflow_create(chief, requirement='社内研修を調べてください。', auto_start=False)
assign_perm('view_workflow', Role.objects.get(name='viewer').group, seen)
"""
COMMANDS = {
    "disabled": "s.user_update(chief, user, is_active=False)",
    "password changed": "s.user_update(chief, user, password='another long Passw0rd')",
    "password set by hand": "user.set_password('another long Passw0rd'); user.save()",
    "logged out": "s.token_families_revoke(chief, user=user, reason='logout')",
    "reset": "s.password_reset(s.password_reset_link_create(chief, user).partition('token=')[2], password='Another-Passw0rd')",
}


class Somebody:
    """A fresh person with the role viewer, signed in three ways."""

    def __init__(self, platform: Platform, name: str) -> None:
        self.platform, self.name = platform, name
        self.run(
            "user = User.objects.create_user(name, password='"
            + PASSWORD
            + "'); user.groups.add(Role.objects.get(name='viewer').group)"
        )
        body = {"username": name, "password": PASSWORD}
        self.pair = httpx.post(f"{platform.base}/api/v1/auth/token/", json=body).json()
        self.script = platform.client(headers={"Authorization": f"Bearer {self.pair['access']}"})
        made = self.script.post("/api/v1/auth/tokens/", json={"name": "x", "scopes": ["read"]}).json()
        self.token_script = platform.client(headers={"Authorization": f"Bearer {made['token']}"})
        self.browser = platform.client()
        page = self.browser.get("/sign-in/").text
        csrf = page.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
        assert self.browser.post("/sign-in/", data=body | {"csrfmiddlewaretoken": csrf}).status_code == 303

    def run(self, command: str) -> str:
        return self.platform.python(
            "from foundation.accounts import services as s; from foundation.accounts.models import *;"
            f"name = {self.name!r}; chief = User.objects.get(username='chief');"
            f"user = User.objects.filter(username=name).first(); {command}"
        )

    def ways(self) -> dict[str, Callable[[], int]]:
        return {
            "access token": lambda: self.script.get("/api/v1/auth/me/").status_code,
            "personal token": lambda: self.token_script.get("/api/v1/auth/me/").status_code,
            "session": lambda: self.browser.get("/api/v1/auth/me/").status_code,
            "refresh token": lambda: (
                self.script.post(
                    "/api/v1/auth/token/refresh/", json={"refresh": self.pair["refresh"]}
                ).status_code
            ),
        }

    def sockets(self) -> "dict[str, object]":
        cookie = {"Cookie": f"hisho_session={self.browser.cookies['hisho_session']}"}
        return {
            "access token": self.platform.socket(ticket=self.platform.ticket(self.script)),
            "personal token": self.platform.socket(ticket=self.platform.ticket(self.token_script)),
            "session": self.platform.socket(headers=cookie, origin=self.platform.base),
        }


@pytest.mark.parametrize("how", list(COMMANDS))
def test_what_ends_a_sign_in_ends_it_everywhere(team: Platform, how: str) -> None:
    somebody = Somebody(team, f"somebody{list(COMMANDS).index(how)}")
    sockets = somebody.sockets()
    with sockets["access token"] as first, sockets["personal token"] as second, sockets["session"] as third:
        opened = {"access token": first, "personal token": second, "session": third}
        for each in opened.values():
            say(each, type="subscribe", stream="inbox")
            hear(each, "subscribed")
        somebody.run(COMMANDS[how])
        left = {"personal token": 200, "session": 200} if how == "logged out" else {}
        found = {way: ask() for way, ask in somebody.ways().items()}
        assert found == dict.fromkeys(found, 401) | left
        codes = {way: closing_code(each, 5) for way, each in opened.items() if way not in left}
        assert codes == dict.fromkeys(codes, 4401)


def test_a_lost_role_is_lost_on_the_next_request_and_on_open_sockets(team: Platform) -> None:
    somebody = Somebody(team, "demoted")
    listed = somebody.script.get("/api/v1/workflows/").json()["results"]
    stream = f"workflow:{listed[0]['id']}"
    with team.socket(ticket=team.ticket(somebody.script)) as opened:
        say(opened, type="subscribe", stream=stream)
        hear(opened, "subscribed")
        somebody.run("s.role_revoke(chief, Role.objects.get(name='viewer'), user=user)")
        assert somebody.script.get(f"/api/v1/workflows/{listed[0]['id']}/").status_code == 404
        told = hear(opened, "error", timeout=5)
        assert (told["code"], told["stream"]) == ("not_found", stream)
        say(opened, type="subscribe", stream=stream)
        assert hear(opened, "error")["code"] == "not_found"


def test_a_revoked_personal_token_closes_its_socket_alone(team: Platform) -> None:
    somebody = Somebody(team, "revoker")
    sockets = somebody.sockets()
    with sockets["personal token"] as through_token, sockets["session"] as through_session:
        rows = somebody.script.get("/api/v1/auth/tokens/").json()["results"]
        assert somebody.script.delete(f"/api/v1/auth/tokens/{rows[0]['id']}/").status_code == 204
        assert somebody.token_script.get("/api/v1/auth/me/").status_code == 401
        assert closing_code(through_token, 5) == 4401
        say(through_session, type="subscribe", stream="inbox")
        assert hear(through_session, "subscribed")["stream"] == "inbox"


def test_signing_out_in_a_browser_closes_its_sockets(team: Platform) -> None:
    somebody = Somebody(team, "leaver")
    with somebody.sockets()["session"] as opened:
        page = somebody.browser.get("/").text
        csrf = page.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]
        cookie = somebody.browser.cookies["hisho_session"]
        assert somebody.browser.post("/sign-out/", data={"csrfmiddlewaretoken": csrf}).status_code == 303
        stolen = httpx.get(f"{team.base}/api/v1/auth/me/", headers={"Cookie": f"hisho_session={cookie}"})
        assert stolen.status_code == 401
        assert closing_code(opened, 5) == 4401
