"""Servers of tools behind an address: refusals, answers without an end, and addresses that may not be called."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from uuid import uuid4

import pytest

from ai_integration.gateway import loop
from ai_integration.mcp import manager
from ai_integration.mcp.faults import Fault
from ai_integration.mcp.targets import Target
from tests.tool_servers import close_all

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _nothing_stays_open() -> Iterator[None]:
    yield
    close_all()


class _Door(BaseHTTPRequestHandler):
    """Answers every request with what the test set."""

    status, headers_out, body = 200, {}, b""
    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.send_response(self.status)
        for name, value in self.headers_out.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    do_GET = do_DELETE = do_POST

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@pytest.fixture
def door() -> Iterator[Any]:
    made = type("Door", (_Door,), {})
    with ThreadingHTTPServer(("127.0.0.1", 0), made) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        made.url = f"http://127.0.0.1:{server.server_address[1]}/mcp"
        yield made
        server.shutdown()


def over_http(url: str) -> Target:
    return Target(
        uuid4(), "web", "http", url=url, headers={"Authorization": "Bearer canary-token"}, timeout=5
    )


@pytest.mark.parametrize(
    ("status", "code"), [(401, "key_refused"), (403, "key_refused"), (500, "http"), (404, "http")]
)
def test_an_address_that_refuses_is_named(door: Any, status: int, code: str) -> None:
    door.status = status
    with pytest.raises(Fault) as fault:
        loop.run(manager.tools(over_http(door.url)))
    assert fault.value.code == code
    assert "canary-token" not in str(fault.value)


def test_an_answer_that_unfolds_or_never_ends_is_refused(door: Any) -> None:
    door.headers_out = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    with pytest.raises(Fault) as fault:
        loop.run(manager.tools(over_http(door.url)))
    assert fault.value.code == "too_large"


@pytest.mark.security("S8")
@pytest.mark.parametrize("host", ["169.254.169.254", "[::ffff:169.254.169.254]", "0.0.0.0"])
def test_no_address_leads_where_nobody_may_call(host: str) -> None:
    with pytest.raises(Fault) as fault:
        loop.run(manager.tools(over_http(f"http://{host}/mcp")))
    assert fault.value.code == "blocked"


@pytest.mark.security("S8")
def test_in_a_team_the_inner_network_is_closed_and_redirects_lead_nowhere(door: Any, settings: Any) -> None:
    canary = door.url
    settings.SIGN_IN = "password"
    with pytest.raises(Fault) as fault:
        loop.run(manager.tools(over_http(canary)))
    assert (fault.value.code, door.asked) == ("blocked", 0)
    settings.AI_LOCAL_HOSTS = [canary.split("/")[2]]
    door.status, door.headers_out = 307, {"Location": "http://169.254.169.254/mcp"}
    with pytest.raises(Fault):
        loop.run(manager.tools(over_http(canary)))
    assert door.asked
