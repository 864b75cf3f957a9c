"""A platform that is made to call: the canary on this machine's loopback must hear nothing."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.stub import Stub

pytestmark = pytest.mark.security("S8")

CREDENTIALS, TEST = "/api/v1/credentials/", "/api/v1/providers/compatible/test/"
SPELLINGS = (
    "127.0.0.1", "127.1", "0x7f000001", "2130706433", "017700000001", "0x7f.1", "127.0.0.1.", "localhost", "LOCALHOST",
    "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
    "[::]", "0.0.0.0", "0", "①②⑦.0.0.1", "127。0。0。1", "169.254.169.254", "0xa9fea9fe", "2852039166",
    "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "10.0.0.1", "192.168.0.1", "100.64.0.1", "224.0.0.1",
)  # fmt: skip


class Canary:
    """Counts who connects, whatever they say."""

    def __init__(self) -> None:
        self.hits = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while True:
            try:
                line, _address = self.socket.accept()
            except OSError:
                return
            self.hits += 1
            line.close()


@pytest.fixture
def canary() -> Iterator[Canary]:
    made = Canary()
    socket.create_connection(("127.0.0.1", made.port)).close()
    while not made.hits:
        pass
    made.hits = 0
    yield made
    made.socket.close()


@pytest.fixture
def team(settings: Any) -> Any:
    settings.SIGN_IN = "password"
    settings.AI_LOCAL_HOSTS = []
    return settings


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_no_spelling_of_an_inner_address_is_called(
    owner: Any, api: Any, team: Any, canary: Canary, spelling: str
) -> None:
    given = {"provider": "compatible", "base_url": f"http://{spelling}:{canary.port}/v1", "api_key": "k"}
    answer = api(owner).post(CREDENTIALS, given)
    assert answer.status_code in (201, 422), answer.content
    if answer.status_code == 201:  # no name server here knows that spelling; then the call has to refuse it
        assert api(owner).post(TEST, {}).json()["ok"] is False
    assert canary.hits == 0


def test_a_name_that_is_rebound_between_check_and_call_reaches_nobody(
    owner: Any, api: Any, team: Any, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answers are harmless, every later one is this machine."""
    real, asked = socket.getaddrinfo, []

    def rebinding(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "rebind.example":
            return real(host, port, *args, **kwargs)
        asked.append(host)
        return real("93.184.216.34" if len(asked) == 1 else "127.0.0.1", port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    given = {"provider": "compatible", "base_url": f"http://rebind.example:{canary.port}/v1", "api_key": "k"}
    assert api(owner).post(CREDENTIALS, given).status_code == 201
    told = api(owner).post(TEST, {}).json()
    assert (told["ok"], told["code"]) == (False, "blocked")
    assert len(asked) > 1
    assert canary.hits == 0


def test_of_several_addresses_one_bad_one_is_enough(
    owner: Any, api: Any, team: Any, canary: Canary, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def mixed(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "mixed.example":
            return real(host, port, *args, **kwargs)
        return [each for name in ("93.184.216.34", "127.0.0.1") for each in real(name, port, *args, **kwargs)]

    monkeypatch.setattr(socket, "getaddrinfo", mixed)
    given = {"provider": "compatible", "base_url": f"http://mixed.example:{canary.port}/v1", "api_key": "k"}
    assert api(owner).post(CREDENTIALS, given).status_code == 422
    assert canary.hits == 0


def test_a_redirect_to_an_inner_address_is_not_followed(
    owner: Any, api: Any, team: Any, canary: Canary, serving: Stub
) -> None:
    team.AI_LOCAL_HOSTS = [serving.url.removeprefix("http://").removesuffix("/v1")]
    serving.listing = type(serving.listing)(
        302, "", {"Location": f"http://127.0.0.1:{canary.port}/v1/models", "Content-Length": "0"}
    )
    assert (
        api(owner).post(CREDENTIALS, {"provider": "compatible", "base_url": serving.url}).status_code == 201
    )
    told = api(owner).post(TEST, {}).json()
    assert (told["ok"], told["code"]) == (False, "redirected")
    assert serving.listed
    assert canary.hits == 0
