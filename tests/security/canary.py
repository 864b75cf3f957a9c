"""Planting secrets in a running platform, and looking for them afterwards wherever something could have been written."""

import html
import json
import re
import secrets
import threading
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
import psycopg
import redis
from cryptography.fernet import Fernet
from psycopg import sql

from tests.platform import Platform
from tests.stub import Raw

MOST_PAGES = 400
LINK = re.compile(r'(?:href|src|action|data-fragment|data-feed)="([^"#]+)')
LEAVES = re.compile(r"/(?:sign-out|admin/logout|static|docs|redoc)\b")


def new(kind: str) -> str:
    return f"canary-{kind}-{secrets.token_hex(12)}"


def fernet_key() -> str:
    return Fernet.generate_key().decode()


class Mole:
    """A model server that repeats the key it was called with wherever an answer has room for it."""

    MODES = 6

    def __init__(self, stub: Any) -> None:
        self.stub = stub
        self.number = 0
        stub.refuses = self.answer
        stub.listing = Raw(status=500, body="nothing to list")

    def answer(self, _body: dict[str, Any]) -> Raw:
        said = self.stub.keys[-1]
        self.number += 1
        error = json.dumps(
            {"error": {"message": f"bad key {said}", "code": said, "type": said, "param": said}}
        )
        loud = {"WWW-Authenticate": said, "X-Request-Id": said, "Retry-After": "0"}
        return [
            Raw(401, error, loud),
            Raw(500, error, loud),
            Raw(429, error, loud),
            Raw(302, "", {"Location": f"http://127.0.0.1:9/?key={said}", **loud}),
            Raw(200, f"not json {said}", loud),
            Raw(200, json.dumps({"choices": said, "error": said}), loud),
        ][self.number % self.MODES]


class Frames:
    """Everything that the server says on one socket."""

    def __init__(self, socket: Any) -> None:
        self.heard: list[str] = []
        self._socket = socket
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def say(self, **frame: Any) -> None:
        self._socket.send(json.dumps(frame))

    def _read(self) -> None:
        try:
            for frame in self._socket:
                self.heard.append(str(frame))
        except Exception:  # noqa: BLE001 - the platform is stopped while this listens
            return


def crawled(client: httpx.Client, *starts: str) -> dict[str, tuple[int, str]]:
    """`{address: (status, what came)}` of every page that leads on from `starts`."""
    waiting, seen = deque(starts), {}
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.popleft()
        if address in seen or LEAVES.search(address):
            continue
        answer = client.get(address)
        seen[address] = (answer.status_code, f"{dict(answer.headers)}\n{answer.text}")
        waiting.extend(_links(client, address, answer))
    return seen


def _links(client: httpx.Client, address: str, answer: httpx.Response) -> Iterator[str]:
    if "Location" in answer.headers:
        yield from _own(client, address, [answer.headers["Location"]])
    if answer.headers.get("Content-Type", "").startswith("text/html"):
        yield from _own(client, address, [html.unescape(each) for each in LINK.findall(answer.text)])


def _own(client: httpx.Client, address: str, links: list[str]) -> Iterator[str]:
    for link in links:
        parts = urlsplit(urljoin(address, link))
        if not parts.netloc or parts.netloc == client.base_url.netloc.decode():
            yield f"{parts.path}?{parts.query}" if parts.query else parts.path


def read_all(script: httpx.Client) -> dict[str, tuple[int, str]]:
    """Every GET of the API: lists, everything in them, and what hangs on each, exports too."""
    paths = script.get("/api/v1/schema/?format=json").json()["paths"]
    gets = sorted(path for path, calls in paths.items() if "get" in calls)
    told = {}
    for path in (each for each in gets if "{" not in each):
        told |= _read(script, path)
    for path in (each for each in gets if "{id}" in each):
        for pk in _ids(told.get(path.partition("{id}")[0], (0, ""))[1]):
            told |= _read(script, path.replace("{id}", pk))
    return told


def _read(script: httpx.Client, path: str) -> dict[str, tuple[int, str]]:
    answer = script.get(path)
    return {path: (answer.status_code, answer.text)}


def _ids(listed: str) -> list[str]:
    try:
        rows = json.loads(listed)["results"]
    except (ValueError, KeyError, TypeError):
        return []
    return [str(row["id"]) for row in rows if "id" in row][:3]


def files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Everything below the data folder but the file that *is* the secrets."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "secrets.json":
            yield str(path.relative_to(folder)), path.read_bytes()


def tables(platform: Platform) -> Iterator[tuple[str, bytes]]:
    """Every table of every schema of PostgreSQL, as text; SQLite's are among the files."""
    url = platform.environment.get("DATABASE_URL")
    if not url:
        return
    with psycopg.connect(url) as direct:
        listed = direct.execute(
            "SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE'"
            " AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        ).fetchall()
        for schema, table in listed:
            rows = direct.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(schema, table)))
            said = [[bytes(each) if isinstance(each, memoryview) else each for each in row] for row in rows]
            yield f"{schema}.{table}", repr(said).encode()


def in_redis(platform: Platform) -> Iterator[tuple[str, bytes]]:
    """Every key with what it holds."""
    url = platform.environment.get("REDIS_URL")
    if not url:
        return
    with redis.Redis.from_url(url) as client:
        for key in client.scan_iter(count=1000):
            yield f"redis {key!r}", key + b"\n" + _value(client, key)


def _value(client: Any, key: bytes) -> bytes:
    kind = client.type(key)
    read = {
        b"string": lambda: client.get(key),
        b"hash": lambda: client.hgetall(key),
        b"list": lambda: client.lrange(key, 0, -1),
        b"set": lambda: client.smembers(key),
        b"zset": lambda: client.zrange(key, 0, -1, withscores=True),
        b"stream": lambda: client.xrange(key),
    }[kind]
    return repr(read()).encode()
