"""The door at which a server of tools that we start asks models: OpenAI's protocol, on this machine alone.

A session is let in with a key of its own. What it asks is asked by the `Asker` of the tool call that is in progress there, and
by nobody where none is. Everything here runs on the gateway's loop; an `Asker` works on threads.
"""

import asyncio
import hmac
import json
import secrets
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from ai_integration.mcp import pal
from foundation.core.forks import after_fork

HOST = "127.0.0.1"
LARGEST = 8 * 1024 * 1024  # bytes of one request
MOST_AT_ONCE, MOST_LINES = 8, 64
END_SECONDS = 5.0
OPTIONS: dict[str, Any] = {
    "interface": "asgi3", "http": "h11", "ws": "none", "lifespan": "off", "server_header": False, "proxy_headers": False,
    "log_config": None, "log_level": "critical", "access_log": False, "limit_concurrency": MOST_LINES,
    "timeout_graceful_shutdown": 1,
}  # fmt: skip
CHAT, MODELS = ("POST", "/v1/chat/completions"), ("GET", "/v1/models")

type Scope = dict[str, Any]
type Receive = Callable[[], Awaitable[dict[str, Any]]]
type Send = Callable[[dict[str, Any]], Awaitable[None]]


@dataclass(frozen=True)
class Answer:
    """An HTTP status and a JSON body."""

    status: int
    body: dict[str, Any]


class Asker(Protocol):
    """Asks models for one tool call. Called on a thread; raises nothing. Once `over` is set, the answer is wanted no more."""

    def ask(self, body: bytes, over: threading.Event) -> Answer: ...


class Gone(Exception):
    """Whoever asked has hung up."""


def refusal(status: int, message: str, code: str) -> Answer:
    """An error as OpenAI's protocol has it."""
    kind = "invalid_request_error" if status < 500 else "server_error"
    return Answer(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})


class Guest:
    """One session's way in: `environment` tells its program the address and the key."""

    def __init__(self, address: str) -> None:
        self._key = secrets.token_urlsafe(32)
        self.environment = pal.variables(address, self._key)
        self.asker: Asker | None = None
        self._asked: set[threading.Event] = set()

    def knows(self, given: bytes) -> bool:
        return hmac.compare_digest(given, f"Bearer {self._key}".encode())

    @contextmanager
    def during(self, asker: Asker | None) -> Iterator[None]:
        """While a tool call is in progress. What it has not heard the answer to when it is over is cancelled."""
        self.asker = asker
        try:
            yield
        finally:
            self.asker = None
            for each in self._asked:
                each.set()

    @contextmanager
    def asking(self) -> Iterator[threading.Event]:
        over = threading.Event()
        self._asked.add(over)
        try:
            yield over
        finally:
            over.set()
            self._asked.discard(over)


class Door:
    """Opened for the first guest, closed with `close`."""

    def __init__(self) -> None:
        import uvicorn

        self._guests: list[Guest] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind((HOST, 0))
        self._socket.listen()  # whoever comes before the server has begun waits
        self._place = f"{HOST}:{self._socket.getsockname()[1]}"
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="door")
        self._server = uvicorn.Server(uvicorn.Config(self._serve, **OPTIONS))
        served = self._server.serve(sockets=[self._socket])
        self._serving = asyncio.create_task(served, name="door")

    def admit(self) -> Guest:
        guest = Guest(f"http://{self._place}/v1")
        self._guests.append(guest)
        return guest

    def dismiss(self, guest: Guest) -> None:
        with suppress(ValueError):
            self._guests.remove(guest)

    async def close(self) -> None:
        self._guests.clear()
        self._server.should_exit = True
        await asyncio.wait([self._serving], timeout=END_SECONDS)
        self._threads.shutdown(wait=False)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        with suppress(Gone):
            await _say(send, await self._answer(scope, receive))

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        headers = scope["headers"]
        if _all(headers, b"host") != [self._place.encode()] or _all(headers, b"origin"):
            return refusal(403, "This address is not for you.", "forbidden")
        guest = self._guest(_all(headers, b"authorization"))
        if guest is None:
            return refusal(401, "The key is not known here.", "invalid_api_key")
        asked = (scope["method"], scope["path"])
        if asked == MODELS:
            return Answer(200, await asyncio.get_running_loop().run_in_executor(self._threads, _models))
        if asked != CHAT:
            return refusal(404, "There is nothing at this address.", "not_found")
        body = await _body(receive)
        return await self._asked(guest, body, receive)

    def _guest(self, keys: list[bytes]) -> Guest | None:
        found = None
        for each in self._guests:  # all of them: how long it takes says nothing
            if len(keys) == 1 and each.knows(keys[0]):
                found = each
        return found

    async def _asked(self, guest: Guest, body: bytes | None, receive: Receive) -> Answer:
        if body is None:
            return refusal(413, "The request is larger than is taken in.", "too_large")
        if guest.asker is None:
            return refusal(403, "No tool call is in progress that this could belong to.", "no_call")
        with guest.asking() as over:
            loop = asyncio.get_running_loop()
            work = loop.run_in_executor(self._threads, guest.asker.ask, body, over)
            leaving = asyncio.create_task(_left(receive))
            try:
                waits: list[asyncio.Future[Any]] = [work, leaving]
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            finally:
                leaving.cancel()
            if not work.done():
                raise Gone
            return await work


async def _body(receive: Receive) -> bytes | None:
    """None when it is too large. Raises Gone."""
    parts: list[bytes] = []
    left = LARGEST
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise Gone
        parts.append(message.get("body", b""))
        left -= len(parts[-1])
        if left < 0:
            return None
        if not message.get("more_body"):
            return b"".join(parts)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _say(send: Send, answer: Answer) -> None:
    body = json.dumps(answer.body, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if answer.status >= 400:
        # The tries are the gateway's, which counts them; OpenAI's SDK would make them all once more.
        headers += [(b"x-should-retry", b"false"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _all(headers: list[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    return [value for key, value in headers if key == name]


def _models() -> dict[str, Any]:
    names = pal.references(pal.home())
    created = int(time.time())
    entries = [{"id": name, "object": "model", "created": created, "owned_by": ""} for name in names]
    return {"object": "list", "data": entries}


_door: Door | None = None


def admit() -> Guest:
    """Let a session in. Raises OSError."""
    global _door  # noqa: PLW0603 - one per process
    if _door is None:
        _door = Door()
    return _door.admit()


def dismiss(guest: Guest) -> None:
    """Its key opens nothing any more."""
    if _door is not None:
        _door.dismiss(guest)


async def close() -> None:
    """Close the door; the next guest opens another one."""
    global _door
    door, _door = _door, None
    if door is not None:
        await door.close()


def _another_process() -> None:
    global _door  # noqa: PLW0603
    _door = None


after_fork(_another_process)
