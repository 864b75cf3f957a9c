"""What the gateway adds to a call, and how late streamed words reach a browser.

`overhead`: LangChain's ChatOpenAI alone, streaming, beside `gateway.complete` (record, route, turn, shape, price) with the same
messages, against one local server that answers at once, in turns. Target: at most 3 ms more in the median; with a budget, too.
`streamed`: a server writes a discussion's words with the moment of their sending in them; a WebSocket client and a page in
headless Chromium say how late each came. Target: p50 at most 5 ms, p99 at most 20. `python -m benchmarks.gateway`
"""

import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.house import house

CALLS, TURNS = 60, 5
ANSWER = json.dumps({"text": "It is so.", "position": "Yes."})
WORDS, GAP_SECONDS, PATIENCE_SECONDS = 150, 0.03, 60


def main() -> None:
    with served("instant") as address, house() as here:
        overhead(here, address)
    with served("paced") as address:
        streamed(address)


def overhead(here: Any, address: str) -> None:
    from ai_integration.gateway import loop
    from ai_integration.providers import Connection, Reference, build
    from ai_integration.services import budget_set, credential_create

    credential_create(here.user, provider="compatible", base_url=address)
    chat = build(Reference("compatible", "bench"), Connection("compatible", "stored", "", address))
    messages = [
        {"role": "system", "content": "You are Mizuno."},
        {"role": "user", "content": "Is it so? " * 50},
    ]

    async def alone() -> None:
        async for _chunk in chat.astream(messages):
            pass

    def bare() -> None:
        loop.run(alone())

    ours = _ours(here, messages)
    for side in (bare, ours):
        _times(side, 10)
    plain = _compared(bare, ours)
    budget_set(here.user, scope="installation", period="month", tokens=10**12)
    ours()
    guarded = _compared(bare, ours)
    for name, (less, more) in (("no budget", plain), ("one budget", guarded)):
        extra = statistics.median(more) - statistics.median(less)
        print(f"{name}: LangChain {_shown(less)}, gateway {_shown(more)}: adds {extra:.2f} ms (target 3)")


def _ours(here: Any, messages: list[dict[str, str]]) -> Callable[[], None]:
    from itertools import count

    from ai_integration import gateway
    from ai_integration.jobs import Speech
    from ai_integration.services import Purpose

    numbers = count()

    def ours() -> None:
        purpose = Purpose(key=f"bench:{next(numbers)}", job="speak", owner_id=here.user.pk)
        gateway.complete(purpose, model="compatible:bench", messages=messages, shape=Speech)

    return ours


def _compared(bare: Callable[[], None], ours: Callable[[], None]) -> tuple[list[float], list[float]]:
    less: list[float] = []
    more: list[float] = []
    for _turn in range(TURNS):
        less += _times(bare, CALLS)
        more += _times(ours, CALLS)
    return less, more


def _times(work: Callable[[], None], many: int) -> list[float]:
    """Milliseconds of each."""
    taken = []
    for _each in range(many):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def _shown(taken: list[float]) -> str:
    return f"{statistics.median(taken):.2f} ms (least {min(taken):.2f})"


def streamed(address: str) -> None:
    from tests.platform import Platform

    with (
        tempfile.TemporaryDirectory(prefix="hisho-bench-") as folder,
        Platform(Path(folder), LOG_LEVEL="ERROR", OPENAI_BASE_URL=address, OPENAI_API_KEY="k") as platform,
        platform.script() as client,
    ):
        for name, heard in (("WebSocket client", _by_socket), ("page in Chromium", _by_browser)):
            late = heard(platform, client)
            if len(late) < WORDS:
                sys.exit(f"{name}: only {len(late)} of {WORDS} words came within {PATIENCE_SECONDS} s")
            cuts = statistics.quantiles(late, n=100)
            print(
                f"{name}: {len(late)} words, p50 {cuts[49]:.1f} ms, p99 {cuts[98]:.1f} ms (targets 5 and 20)"
            )


def _begun(client: Any) -> str:
    """A discussion whose people speak by the paced server."""
    people = client.get("/api/v1/personas/").json()["results"][:2]
    for each in people:
        client.patch(f"/api/v1/personas/{each['id']}/", json={"model": "openai:bench"})
    asked = {
        "topic": "The price and the delivery of the new lamp",  # about something, or the moderator asks what about
        "kind": "open_question",
        "participants": [each["id"] for each in people],
        "max_rounds": 1,
    }
    return client.post("/api/v1/discussions/", json=asked).json()["id"]


def _late(frames: Iterator[tuple[dict[str, Any], float]]) -> list[float]:
    """Milliseconds from the sending of each word, which it names, to its coming."""
    late: list[float] = []
    for frame, at in frames:
        late += [1000 * (at - float(word)) for word in frame["text"].split() if word[:1].isdigit()]
        if len(late) >= WORDS:
            return late
    return late


def _by_socket(platform: Any, client: Any) -> list[float]:
    from websockets.sync.client import connect

    ticket = client.post("/api/v1/auth/ws-ticket/").json()["ticket"]
    address = f"{platform.base.replace('http', 'ws')}/ws/?ticket={ticket}"
    with connect(address, origin=platform.base) as socket:
        stream = f"discussion:{_begun(client)}"
        socket.send(json.dumps({"type": "subscribe", "stream": stream}))

        def frames() -> Iterator[tuple[dict[str, Any], float]]:
            ends = time.monotonic() + PATIENCE_SECONDS
            while time.monotonic() < ends:
                frame = json.loads(socket.recv(timeout=PATIENCE_SECONDS))
                if frame["type"] == "delta":
                    yield frame, time.time()

        return _late(frames())


LISTEN = """
([address, stream, count, patience]) => new Promise((done) => {
  setTimeout(() => done(heard), 1000 * patience);
  const heard = [], socket = new WebSocket(address);
  let words = 0;
  socket.onopen = () => socket.send(JSON.stringify({ type: "subscribe", stream }));
  socket.onmessage = ({ data }) => {
    const at = (performance.timeOrigin + performance.now()) / 1000, frame = JSON.parse(data);
    if (frame.type !== "delta") return;
    heard.push([frame, at]);
    words += frame.text.split(" ").filter(Boolean).length;
    if (words >= count) { socket.close(); done(heard); }
  };
})
"""


def _by_browser(platform: Any, client: Any) -> list[float]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"{platform.base}/health/live")
        ticket = client.post("/api/v1/auth/ws-ticket/").json()["ticket"]
        address = f"{platform.base.replace('http', 'ws')}/ws/?ticket={ticket}"
        stream = f"discussion:{_begun(client)}"
        heard = page.evaluate(LISTEN, [address, stream, WORDS, PATIENCE_SECONDS])
        browser.close()
    return _late(iter(heard))


@contextmanager
def served(kind: str) -> Iterator[str]:
    """A model server in a process of its own: `instant`, or `paced`."""
    command = [sys.executable, "-m", "benchmarks.gateway", "--serve", kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        yield process.stdout.readline().strip()
        process.stdin.close()


async def _serve(kind: str) -> None:
    """OpenAI's protocol over bare asyncio, so that what is measured is not the server."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
                body = await reader.readexactly(length) if length else b""
                await (_paced if kind == "paced" and b'"Speech"' in body else _at_once)(writer, body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", flush=True)
    await asyncio.to_thread(sys.stdin.read)


def _chunk(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}
    told = {"id": "c", "object": "chat.completion.chunk", "created": 0, "model": "bench", "choices": [choice]}
    line = f"data: {json.dumps(told)}\n\n".encode()
    return f"{len(line):x}\r\n".encode() + line + b"\r\n"


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
DONE = b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n"


async def _at_once(writer: asyncio.StreamWriter, _body: bytes) -> None:
    writer.write(HEAD + _chunk(ANSWER) + _chunk("", "stop") + DONE)
    await writer.drain()


async def _paced(writer: asyncio.StreamWriter, _body: bytes) -> None:
    writer.write(HEAD + _chunk('{"text": "'))
    for _word in range(WORDS):
        await asyncio.sleep(GAP_SECONDS)
        writer.write(_chunk(f"{time.time():.6f} "))
        await writer.drain()
    writer.write(_chunk('", "position": "Yes."}') + _chunk("", "stop") + DONE)
    await writer.drain()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--serve"]:
        asyncio.run(_serve(sys.argv[2]))
    else:
        main()
