"""The outermost layer, over the wire: what every answer carries, and what no request gets past."""

import gzip
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.platform import Platform

STANDARD = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-xss-protection": "0",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
UPGRADE = (
    "GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Version: {version}\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
LISTED = "https://tools.example.jp"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(Path(tmp_path_factory.mktemp("gateway")), CORS_ALLOWED_ORIGINS=LISTED) as running:
        yield running


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Behind a proxy that speaks TLS."""
    environment = {
        "SIGN_IN": "password",
        "PUBLIC_URL": "https://hisho.example.jp",
        "TRUSTED_PROXIES": "127.0.0.1",
        "RATE_LIMIT_SIGN_IN": "5",
    }
    with Platform(Path(tmp_path_factory.mktemp("team")), **environment) as running:
        running.base = "http://127.0.0.1:" + _port(running)
        yield running


def _port(running: Platform) -> str:
    found = psutil.Process(running.process.pid).net_connections(kind="inet")
    return str(next(each.laddr.port for each in found if each.status == psutil.CONN_LISTEN))


def raw(platform: Platform, request: str) -> tuple[int, dict[str, str]]:
    """Send bytes as they are; returns the status and the headers."""
    address = urlsplit(platform.base)
    with socket.create_connection((address.hostname, address.port), timeout=20) as wire:
        wire.sendall(request.encode("latin-1"))
        received = b""
        while b"\r\n\r\n" not in received and (more := wire.recv(4096)):
            received += more
    first, *lines = received.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    return int(first.split()[1]), {
        name.lower(): value for name, value in (line.split(": ", 1) for line in lines)
    }


def assert_dressed(headers: object, what: str) -> None:
    for name, value in STANDARD.items():
        assert headers.get(name) == value, (what, name)
    assert "camera=()" in headers["permissions-policy"], what
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy or "sandbox" in policy, what
    assert (
        "script-src" not in policy or "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
    ), what


def test_every_answer_carries_the_standard_headers(platform: Platform) -> None:
    asked = [
        ("GET", "/", {}, 302),
        ("GET", "/sign-in/", {}, 200),
        ("GET", "/static/css/base.css", {}, 200),
        ("GET", "/static/nothing.css", {}, 404),
        ("GET", "/nowhere", {"Accept": "text/html"}, 404),
        ("GET", "/nowhere", {}, 404),
        ("GET", "/api/v1/auth/me/", {}, 401),
        ("GET", "/api/v1/nothing/", {}, 404),
        ("POST", "/api/v1/auth/token/", {"Content-Type": "text/plain"}, 422),
        ("PUT", "/api/v1/auth/token/", {}, 405),
        ("POST", "/language/", {}, 403),
        ("POST", "/language/", {"Origin": "http://evil.example"}, 403),
        ("OPTIONS", "/api/v1/auth/me/", {"Origin": LISTED, "Access-Control-Request-Method": "GET"}, 200),
        ("GET", "/", {"Host": "evil.example"}, 400),
        ("GET", "/docs", {}, 200),
        ("GET", "/redoc", {}, 200),
        ("GET", "/admin/", {}, 302),
        ("GET", "/health", {}, 200),
        ("GET", "/metrics", {}, 200),
        ("POST", "/api/v1/auth/token/", {"Content-Length": "99999999999"}, 413),
        ("GET", "/media/anything.png", {}, 404),
    ]
    with platform.client() as client:
        for method, path, headers, status in asked:
            if "Content-Length" in headers:
                length = headers["Content-Length"]
                host = urlsplit(platform.base).netloc
                found, got = raw(
                    platform, f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n"
                )
            else:
                answer = client.request(method, path, headers=headers)
                found, got = answer.status_code, answer.headers
            assert found == status, (method, path, found)
            assert_dressed(got, f"{method} {path} {headers}")


@pytest.mark.parametrize(
    ("path", "host", "version"),
    [("/ws/", "", "13"), ("/ws/", "evil.example", "13"), ("/elsewhere/", "", "13"), ("/ws/", "", "99")],
)
def test_a_refused_socket_is_an_answer_too(platform: Platform, path: str, host: str, version: str) -> None:
    request = UPGRADE.format(path=path, host=host or urlsplit(platform.base).netloc, version=version)
    status, headers = raw(platform, request)
    assert 400 <= status < 500
    assert_dressed(headers, path)


def test_what_the_server_itself_refuses_is_dressed_too(platform: Platform) -> None:
    host = urlsplit(platform.base).netloc
    for request in (
        f"GET /%ff?\xff HTTP/1.1\r\nHost: {host}\r\n\r\n",
        f"GET /\xe3 HTTP/1.1\r\nHost: {host}\r\n\r\n",
    ):
        status, headers = raw(platform, request)
        assert status == 400
        assert_dressed(headers, repr(request))


def test_a_fault_of_ours_is_dressed_too(tmp_path: Path) -> None:
    with Platform(tmp_path) as broken:
        broken.python(
            "from django.db import connection; connection.cursor().execute('DROP TABLE django_session')"
        )
        with broken.client(cookies={"hisho_session": "x" * 32}) as client:
            answer = client.get("/settings/")
    assert answer.status_code >= 500
    assert_dressed(answer.headers, "500")
    assert "Traceback" not in answer.text


def test_pages_hold_no_inline_script_and_the_policy_allows_none(platform: Platform) -> None:
    with platform.browser() as browser:
        for path in ("/", "/settings/", "/settings/people/", "/settings/tokens/", "/admin/"):
            answer = browser.get(path)
            assert answer.status_code == 200, path
            assert "unsafe" not in answer.headers["content-security-policy"]
            assert "<script>" not in answer.text
            assert " onclick=" not in answer.text


def test_each_request_has_an_id(platform: Platform) -> None:
    with platform.client() as client:
        first, second = (client.get("/health/live").headers["x-request-id"] for _ in range(2))
        assert first != second
        assert (
            client.get("/", headers={"X-Request-ID": "proxy-12345678"}).headers["x-request-id"]
            == "proxy-12345678"
        )
        for bad in ("x", "a b c d e f g h", "x" * 65, "<script>alert(1)</script>"):
            assert client.get("/", headers={"X-Request-ID": bad}).headers["x-request-id"] != bad


def test_answers_are_compressed_from_a_thousand_bytes_on(platform: Platform) -> None:
    with platform.browser() as browser:
        large, small = browser.get("/settings/"), browser.get("/health/live")
        assert (large.headers.get("content-encoding"), small.headers.get("content-encoding")) == (
            "gzip",
            None,
        )
        sizes = {int(browser.get("/settings/").headers["content-length"]) for _ in range(8)}
        assert len(sizes) > 1  # padded at random: the length tells little
        tokens = {_csrf(browser.get("/settings/").text) for _ in range(3)}
        assert len(tokens) == 3  # masked anew each time
        made = browser.post("/settings/tokens/", data=_token_form(browser))
        assert "hisho_pat_" in made.text
        assert "content-encoding" not in made.headers  # what it mirrors must not betray what it shows
        assert "no-store" in made.headers["cache-control"]


def _csrf(page: str) -> str:
    return page.partition('csrfmiddlewaretoken" value="')[2].partition('"')[0]


def _token_form(browser: httpx.Client) -> dict[str, str]:
    page = browser.get("/settings/tokens/").text
    return {"csrfmiddlewaretoken": _csrf(page), "name": "x" * 100, "scopes": "read", "days": "7"}


def test_a_body_that_hides_its_size_is_cut_off(platform: Platform) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(200):
            yield b"x" * 65536

    with platform.client(headers={"Content-Type": "application/json"}) as client:
        try:
            status = client.post("/api/v1/auth/token/", content=endless()).status_code
        except httpx.TransportError:
            status = 413
    assert 400 <= status < 500
    with platform.client() as client:
        assert client.get("/health/live").status_code == 200


def test_a_small_body_that_unpacks_to_a_large_one_is_not_unpacked(platform: Platform) -> None:
    bomb = gzip.compress(b"[" + b"1," * 5_000_000 + b"1]")
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with platform.client() as client:
        assert client.post("/api/v1/auth/token/", content=bomb, headers=headers).status_code == 400


def test_other_origins_read_the_api_only_by_the_list(platform: Platform) -> None:
    with platform.script() as script:
        listed = script.get("/api/v1/auth/me/", headers={"Origin": LISTED})
        assert (listed.status_code, listed.headers["access-control-allow-origin"]) == (200, LISTED)
        assert "access-control-allow-credentials" not in listed.headers
        assert "X-RateLimit-Remaining" in listed.headers["access-control-expose-headers"]
        for other in (
            "https://evil.example",
            "null",
            LISTED + ".evil.example",
            LISTED.replace("https", "http"),
            LISTED + ":444",
        ):
            answer = script.get("/api/v1/auth/me/", headers={"Origin": other})
            assert "access-control-allow-origin" not in answer.headers, other
        for path in ("/", "/health", "/static/css/base.css", "/metrics"):
            assert (
                "access-control-allow-origin" not in script.get(path, headers={"Origin": LISTED}).headers
            ), path
        made = script.post(
            "/api/v1/personas/",
            json={"name": "森", "role": "執筆"},
            headers={"Origin": LISTED, "Idempotency-Key": "a"},
        )
        assert made.status_code == 201
        preflight = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, idempotency-key",
        }
        allowed = script.options("/api/v1/personas/", headers={"Origin": LISTED} | preflight).headers
        assert "idempotency-key" in allowed["access-control-allow-headers"]
        assert script.post("/language/", headers={"Origin": LISTED}).json()["error"]["code"] == "cross_site"


def test_behind_tls_everything_else_is_sent_there(team: Platform) -> None:
    with httpx.Client(base_url=team.base, headers={"Host": "hisho.example.jp"}) as client:
        plain = client.get("/sign-in/")
        assert (plain.status_code, plain.headers["location"]) == (301, "https://hisho.example.jp/sign-in/")
        assert_dressed(plain.headers, "redirect")
        client.headers["X-Forwarded-Proto"] = "https"
        for path in ("/sign-in/", "/static/css/base.css", "/api/v1/auth/me/", "/nowhere"):
            answer = client.get(path)
            assert (
                answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains; preload"
            )
            assert_dressed(answer.headers, path)
        cookies = client.get("/sign-in/").headers.get_list("set-cookie")
        assert cookies
        assert all("Secure" in each and "SameSite=Lax" in each for each in cookies)


@pytest.mark.security("S18")
def test_a_forwarded_address_counts_only_from_a_trusted_proxy(team: Platform, platform: Platform) -> None:
    body = {"username": secrets.token_hex(4), "password": "x"}

    def tries(where: Platform, forwarded: list[str], **headers: str) -> list[int]:
        address = f"{where.base}/api/v1/auth/token/"
        return [
            httpx.post(
                address,
                json=body | {"username": secrets.token_hex(4)},
                headers=headers | {"X-Forwarded-For": each},
            ).status_code
            for each in forwarded
        ]

    faked = [f"203.0.113.{number}" for number in range(12)]
    seen = tries(platform, faked)
    assert seen == sorted(seen)
    assert seen.count(429) > 0
    assert seen.count(401) <= 10
    behind = {"Host": "hisho.example.jp", "X-Forwarded-Proto": "https"}
    # The proxy appends whom it saw; what the client wrote before that is not believed.
    appended = [f"{each}, 198.51.100.7" for each in faked]
    assert tries(team, appended, **behind) == [401] * 5 + [429] * 7
    assert tries(team, ["198.51.100.8"] * 2, **behind) == [401] * 2
    network = [f"2001:db8:1:1::{number}" for number in range(7)]
    assert tries(team, network, **behind) == [401] * 5 + [429] * 2
