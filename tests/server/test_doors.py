"""Foreign hosts, foreign pages and used tickets, against the real server."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.platform import Platform, hear, say

JSON = {"Content-Type": "application/json"}
PATHS = [
    "/",
    "/static/css/base.css",
    "/health",
    "/health/live",
    "/metrics",
    "/api/v1/auth/me/",
    "/docs",
    "/admin/",
    "/nowhere",
]


def raw(platform: Platform, request: str) -> str:
    """Send bytes as they are; returns the status line."""
    address = urlsplit(platform.base)
    with socket.create_connection((address.hostname, address.port), timeout=20) as wire:
        wire.sendall(request.encode())
        return wire.recv(200).decode().splitlines()[0]


@pytest.mark.security("S1")
@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_host_gets_400_everywhere(server: Platform, path: str) -> None:
    with server.client() as client:
        answer = client.get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 400
        assert answer.json()["error"]["code"] == "bad_host"


@pytest.mark.security("S1")
@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "evil.example:8000", "127.0.0.1@evil.example", ""]
)
def test_a_foreign_host_gets_no_socket(server: Platform, host: str) -> None:
    upgrade = (
        f"GET /ws/ HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    assert raw(server, upgrade).split()[1] in {"400", "403"}


@pytest.mark.security("S1")
def test_two_host_headers_are_one_too_many(server: Platform) -> None:
    port = urlsplit(server.base).port
    assert " 400 " in raw(
        server, f"GET /health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nHost: evil.example\r\n\r\n"
    )


def refused(platform: Platform, **options: object) -> int:
    with pytest.raises(InvalidStatus) as failure, platform.socket(**options):
        pass
    return failure.value.response.status_code


def session(browser: httpx.Client) -> dict[str, str]:
    return {"Cookie": f"hisho_session={browser.cookies['hisho_session']}"}


def works(platform: Platform, **options: object) -> bool:
    with platform.socket(**options) as opened:
        say(opened, type="subscribe", stream="inbox")
        return hear(opened, "subscribed")["stream"] == "inbox"


@pytest.mark.security("S2")
def test_a_session_opens_a_socket_from_our_own_origin_only(server: Platform) -> None:
    port = urlsplit(server.base).port
    with server.browser() as browser:
        cookie = session(browser)
        assert works(server, headers=cookie, origin=server.base)
        foreign = [
            "http://evil.example",
            f"http://localhost:{port}",
            "http://localhost:3000",
            f"https://127.0.0.1:{port}",
            f"http://127.0.0.1:{port + 1}",
            "http://127.0.0.1",
            "null",
            None,
        ]
        assert {
            origin: refused(server, headers=cookie, origin=origin) for origin in foreign
        } == dict.fromkeys(foreign, 403)


def test_without_a_sign_in_there_is_no_socket(server: Platform) -> None:
    assert refused(server, origin=server.base) == 403
    assert refused(server, origin=server.base, headers={"Cookie": "hisho_session=invented"}) == 403


def test_a_ticket_opens_one_socket_without_an_origin(server: Platform) -> None:
    ticket = server.ticket()
    assert works(server, ticket=ticket)
    assert refused(server, ticket=ticket) == 403
    assert works(server, ticket=server.ticket(), origin="null")


@pytest.mark.security("S2")
def test_a_ticket_does_not_help_a_foreign_page(server: Platform) -> None:
    assert refused(server, ticket=server.ticket(), origin="http://evil.example") == 403
    assert refused(server, ticket="invented") == 403


def test_an_expired_ticket_opens_nothing(server: Platform) -> None:
    ticket = server.ticket()
    server.python(
        "from foundation.accounts.models import OneTimeSecret; from django.utils import timezone;"
        "OneTimeSecret.objects.filter(purpose='socket').update(expires_at=timezone.now())"
    )
    assert refused(server, ticket=ticket) == 403


def test_a_socket_elsewhere_is_refused(server: Platform) -> None:
    address = server.base.replace("http", "ws") + f"/elsewhere/?ticket={server.ticket()}"
    with pytest.raises(InvalidStatus), connect(address):
        pass


@pytest.mark.security("S4")
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
def test_another_site_cannot_change_anything(server: Platform, kind: str) -> None:
    with server.browser() as browser:
        for origin in ("http://evil.example", "http://localhost:3000", "null"):
            headers = {"Origin": origin, "Content-Type": kind}
            answer = browser.post("/api/v1/auth/ws-ticket/", content="{}", headers=headers)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "cross_site")
        answer = browser.post("/api/v1/auth/logout/", content="{}", headers={"Content-Type": kind})
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf_failed")
        assert browser.get("/api/v1/auth/me/").status_code == 200


def test_signing_out_closes_open_sockets(server: Platform) -> None:
    script = server.script()
    with script, server.socket(ticket=server.ticket(script)) as opened:
        assert script.post("/api/v1/auth/logout/").status_code == 204
        assert script.get("/api/v1/auth/me/").status_code == 401
        with pytest.raises(ConnectionClosed):
            opened.recv(timeout=6)
        assert opened.close_code == 4401


def test_an_endless_body_is_refused(server: Platform) -> None:
    huge = b"x" * (11 * 1024 * 1024)
    with server.client(headers={"Content-Type": "application/json"}) as client:
        answer = client.post("/api/v1/auth/token/", content=huge)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.security("S14")
def test_a_secretary_of_100_mb_is_refused_unread(server: Platform) -> None:
    """By its length; without one, as soon as it is too long."""

    def endless() -> Iterator[bytes]:
        for _ in range(100):
            yield b" " * 1_000_000

    with server.script() as script:
        told = script.post("/api/v1/personas/import/", content=b" " * 100_000_000, headers=JSON)
        assert told.status_code == 413
        try:
            cut = script.post("/api/v1/personas/import/", content=endless(), headers=JSON).status_code
        except httpx.TransportError:
            cut = 413  # the line was cut while more was coming
        assert cut in (400, 413)
        assert script.get("/health/live").status_code == 200
