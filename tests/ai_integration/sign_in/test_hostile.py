"""Servers that lead a sign-in astray: into the inner network, to another issuer, into floods, out of the encryption."""

import json
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_integration import outbound
from ai_integration.gateway import loop
from ai_integration.models import McpServer, McpSignIn
from tests.tool_servers import close_all

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.security("S8")]
RESOURCE, METADATA = "/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-authorization-server"


class _Door(BaseHTTPRequestHandler):
    """Answers as the test set it, by path: `(status, headers, body)`."""

    answers: dict[str, tuple[int, dict[str, str], bytes]] = {}
    asked: list[str] = []

    def do_POST(self) -> None:
        self.asked.append(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        self.rfile.read(length)
        status, headers, body = self.answers.get(self.path, (404, {}, b""))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_DELETE = do_POST

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def doors() -> Iterator[Callable[[], Any]]:
    opened: list[ThreadingHTTPServer] = []

    def door() -> Any:
        made = type("Door", (_Door,), {"answers": {}, "asked": []})
        server = ThreadingHTTPServer(("127.0.0.1", 0), made)
        opened.append(server)
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        made.base = f"http://127.0.0.1:{server.server_address[1]}"
        return made

    yield door
    close_all()
    for each in opened:
        each.shutdown()
        each.server_close()


@pytest.fixture
def inner(doors: Any) -> Any:
    """Something of the inner network that nobody may reach."""
    return doors()


@pytest.fixture
def evil(doors: Any, settings: Any) -> Any:
    """A tool server that asks people to sign in, in a sound way as long as a test does not change that."""
    made = doors()
    settings.SIGN_IN, settings.AI_LOCAL_HOSTS = "password", [made.base.removeprefix("http://")]
    made.answers |= {"/mcp": (401, {}, b""), **told(RESOURCE, sound_resource(made))}
    made.answers |= told(METADATA, sound_metadata(made))
    return made


def told(path: str, body: dict[str, Any]) -> dict[str, Any]:
    return {path: (200, {"Content-Type": "application/json"}, json.dumps(body).encode())}


def sound_resource(door: Any) -> dict[str, Any]:
    return {"resource": f"{door.base}/mcp", "authorization_servers": [door.base]}


def sound_metadata(door: Any) -> dict[str, Any]:
    return {
        "issuer": door.base,
        "authorization_endpoint": f"{door.base}/authorize",
        "token_endpoint": f"{door.base}/token",
        "registration_endpoint": f"{door.base}/register",
        "code_challenge_methods_supported": ["S256"],
    }


@pytest.fixture
def connected(owner: Any, api: Callable[..., APIClient]) -> Callable[[Any], dict[str, Any]]:
    """`connected(door)`: what the API says of a server behind it, after a try; no sign-in was begun or is possible."""
    client = api(owner)

    def connect(door: Any) -> dict[str, Any]:
        body = {"name": "evil", "transport": "http", "url": f"{door.base}/mcp"}
        made = client.post("/api/v1/mcp-servers/", body, format="json").json()
        begun = client.post(f"/api/v1/mcp-servers/{made['id']}/sign-in/")
        server = client.post(f"/api/v1/mcp-servers/{made['id']}/connect/").json()
        return server | {"begun": begun.json()}

    return connect


def test_a_sound_one_would_be_followed(evil: Any, connected: Any) -> None:
    registered = {"client_id": "c", "client_secret": "s", "token_endpoint_auth_method": "client_secret_post"}
    evil.answers |= told("/register", registered)
    found = connected(evil)
    assert found["authorization"] == "needed"
    assert found["begun"]["address"].startswith(f"{evil.base}/authorize?")


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "registration_endpoint"])
@pytest.mark.parametrize(
    "where", ["{inner}/x", "https://169.254.169.254/latest", "https://[::1]/x", "https://10.0.0.5/x"]
)
def test_no_end_of_it_lies_in_the_inner_network(
    evil: Any, inner: Any, connected: Any, name: str, where: str
) -> None:
    evil.answers |= told(METADATA, sound_metadata(evil) | {name: where.format(inner=inner.base)})
    found = connected(evil)
    assert found["check_code"] == "sign_in_blocked"
    assert found["begun"]["error"]["code"] == "sign_in_failed"
    assert (inner.asked, "/register" in evil.asked, "/token" in evil.asked) == ([], False, False)


def test_neither_issuer_nor_metadata_lead_there(evil: Any, inner: Any, connected: Any) -> None:
    evil.answers |= told(RESOURCE, sound_resource(evil) | {"authorization_servers": [inner.base]})
    assert connected(evil)["check_code"] == "sign_in_blocked"
    evil.answers["/mcp"] = (401, {"WWW-Authenticate": f'Bearer resource_metadata="{inner.base}/x"'}, b"")
    assert connected_again(connected, evil)["check_code"] == "sign_in_blocked"
    evil.answers["/mcp"] = (401, {}, b"")
    evil.answers[RESOURCE] = (302, {"Location": f"{inner.base}/x"}, b"")
    evil.answers[METADATA] = (307, {"Location": f"{inner.base}/x"}, b"")
    assert connected_again(connected, evil)["check_code"] == "key_refused"
    assert inner.asked == []


def connected_again(connected: Any, door: Any) -> dict[str, Any]:
    McpServer.objects.all().delete()
    return connected(door)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://somebody.example"},
        {"code_challenge_methods_supported": ["plain"]},
        {"code_challenge_methods_supported": None},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "file:///etc/passwd"},
        {"padding": "x" * 300_000},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_is_not_sound_is_not_followed(evil: Any, connected: Any, change: dict[str, Any]) -> None:
    evil.answers |= told(METADATA, sound_metadata(evil) | change)
    found = connected(evil)
    assert (found["check_code"], found["authorization"]) == ("sign_in_unsound", "none")
    assert "/register" not in evil.asked


def test_nothing_is_said_without_encryption_nor_for_another_host(evil: Any, connected: Any) -> None:
    plain = sound_metadata(evil) | {"token_endpoint": "http://auth.example/token"}
    evil.answers |= told(METADATA, plain)
    assert connected(evil)["check_code"] == "sign_in_blocked"
    evil.answers |= told(METADATA, sound_metadata(evil))
    evil.answers |= told(RESOURCE, sound_resource(evil) | {"resource": "https://bank.example/mcp"})
    assert connected_again(connected, evil)["check_code"] == "sign_in_unsound"


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "application/json", "Content-Encoding": "gzip"}, b"x"),
        (200, {"Content-Type": "application/json"}, b"x" * 300_000),
        (
            200,
            {"Content-Type": "application/json"},
            b'{"access_token": "a\\nX-Evil: 1", "token_type": "Bearer"}',
        ),
        (200, {"Content-Type": "application/json"}, b"[]"),
        (307, {"Location": "http://169.254.169.254/"}, b""),
        (500, {}, b""),
    ],
    ids=["unfolds", "endless", "header", "shape", "elsewhere", "broken"],
)
def test_tokens_that_are_none_are_not_kept(
    evil: Any, connected: Any, owner: Any, client: Any, answer: Any
) -> None:
    evil.answers |= told("/register", {"client_id": "c", "client_secret": "s"})
    found = connected(evil)
    evil.answers["/token"] = answer
    state = found["begun"]["address"].partition("state=")[2].partition("&")[0]
    client.force_login(owner)
    done = f"/settings/tools/{found['id']}/signed-in/"
    assert client.get(done, {"code": "c", "state": state}).status_code == 303
    assert "/token" in evil.asked
    assert not McpSignIn.objects.exists()


def test_one_person_alone_is_not_led_into_their_own_network_either(inner: Any, settings: Any) -> None:
    """An address that they typed in may be an inner one; one that a stranger's server names may not."""
    settings.SIGN_IN = "link"
    for home, named in (
        ("https://mcp.example/mcp", f"{inner.base}/token"),
        ("https://mcp.example/mcp", "https://192.168.1.1/token"),
        ("https://mcp.example/mcp", "http://localhost:1/token"),
        ("http://127.0.0.1:1/mcp", "http://169.254.169.254/token"),
        ("http://127.0.0.1:1/mcp", "http://user:pass@127.0.0.1:1/token"),
    ):
        with pytest.raises(outbound.Blocked):
            outbound.check_named(named, home)
    outbound.check_named(f"{inner.base}/token", "http://127.0.0.1:1/mcp")

    async def call() -> None:
        async with outbound.client(guarded=True, home="https://mcp.example/mcp") as http:
            await http.get(f"{inner.base}/token")

    with pytest.raises(outbound.Blocked):
        loop.run(call())
    assert inner.asked == []
