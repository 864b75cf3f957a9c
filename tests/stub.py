"""A model server of ours that speaks OpenAI's protocol: the built-in secretary behind HTTP, with any fault one cares to script.

The platform reaches it through its real `openai:` provider (OPENAI_BASE_URL, a persona with `model="openai:stub"`).
"""

import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from langchain_core.messages import HumanMessage

from ai_integration.builtin.model import answer, read_brief
from ai_integration.jobs import TalkBrief
from tests.letting_go import let_go


@dataclass(frozen=True)
class Asked:
    """One request: the brief it carries, everything that was said, and how often this server was asked before."""

    brief: Any
    messages: list[dict[str, str]]
    number: int

    @property
    def job(self) -> str:
        return self.brief.job if self.brief else ""

    @property
    def key(self) -> str:
        """The key of the task that is worked on; empty for other jobs."""
        return self.brief.item.key if self.job == "work" else ""


@dataclass(frozen=True)
class Raw:
    """An HTTP answer as it is, instead of a well-formed completion."""

    status: int = 200
    body: str = "{}"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """A streamed answer whose connection breaks after `text`."""

    text: str


@dataclass(frozen=True)
class Stall:
    """A streamed answer that says `text`, and then nothing more until `over`."""

    text: str
    over: threading.Event


@dataclass(frozen=True)
class Calls:
    """An answer that asks for tools: `(name, arguments)` each. Arguments that are a string are sent as they are."""

    asks: tuple[tuple[str, Any], ...]


type Reply = str | Raw | Cut | Stall | Calls
type Script = Callable[[Asked], Reply]

PIECE = 16  # characters of a streamed answer that are sent at once


def secretary(asked: Asked) -> str:
    """What the built-in secretary says."""
    return answer([HumanMessage(_last_brief(asked.messages))])


class Stub:
    """`with Stub(script) as stub:` serves at `stub.url`; `stub.asked` lists what was asked, `stub.keys` with which key.

    GET /models answers `listing`, `listed` times so far. `refuses` may answer a request, whole in `bodies`, before the script.

    `usage` are the tokens that an answer is said to have taken, in and out.

    With `log`, one line per request is on disk before the answer goes out, whoever is killed meanwhile.
    """

    path = "/v1"
    usage = (11, 7)
    speaks: type["Handler"]
    left = 0  # readers that went away in the middle of an answer

    def __init__(self, script: Script = secretary, *, log: Path | None = None) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.keys: list[str] = []
        self.listing = Raw(body='{"object": "list", "data": [{"id": "stub", "object": "model"}]}')
        self.listed = 0
        self.bodies: list[dict[str, Any]] = []
        self.refuses: Callable[[dict[str, Any]], Raw | None] = lambda _: None
        self._lock = threading.Lock()
        self._log = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600) if log else None

    def __enter__(self) -> Self:
        handler = type("Handler", (self.speaks,), {"stub": self})
        self._server = _Server(("127.0.0.1", 0), handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}{self.path}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        if self._log is not None:
            os.close(self._log)

    def hear(self, messages: list[dict[str, str]]) -> Reply:
        brief = read_brief(_last_brief(messages))
        with self._lock:
            asked = Asked(brief, messages, len(self.asked))
            self.asked.append(asked)
        try:
            reply = self.script(asked)
        finally:
            let_go()  # a script may look into the database; no thread of ours goes on holding it
        if self._log is not None:
            os.write(self._log, (json.dumps(_named(asked)) + "\n").encode())
            os.fsync(self._log)
        return reply

    def of(self, job: str) -> list[Asked]:
        return [each for each in self.asked if each.job == job]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._lines: list[socket.socket] = []

    def process_request(self, request: Any, client_address: Any) -> None:
        self._lines.append(request)
        super().process_request(request, client_address)

    def server_close(self) -> None:
        """Hang up on clients that keep their lines open: a thread waits on each."""
        super().server_close()
        for line in self._lines:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: Any) -> None:
        """A client that went away is what these tests are about."""


class Handler(BaseHTTPRequestHandler):
    """OpenAI's protocol. Others override `heard`, `completion`, `events` and `key`."""

    stub: Stub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.stub.listed += 1
        self._send(self.stub.listing)

    def do_POST(self) -> None:
        self.stub.keys.append(self.key())
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.stub.bodies.append(asked)
        reply = self.stub.refuses(asked) or self.stub.hear(self.heard(asked))
        if isinstance(reply, Raw):
            self._send(reply)
        elif isinstance(reply, Calls):
            self._send(Raw(body=json.dumps(_with_calls(self.completion(""), reply))))
        elif self.streams(asked):
            self._stream(reply, asked)
        else:
            self._send(Raw(body=json.dumps(self.completion(reply))))

    def key(self) -> str:
        return self.headers.get("Authorization", "")

    def streams(self, asked: dict[str, Any]) -> bool:
        return bool(asked.get("stream"))

    def heard(self, asked: dict[str, Any]) -> list[dict[str, str]]:
        return asked["messages"]

    def completion(self, text: str) -> dict[str, Any]:
        message = {"role": "assistant", "content": text}
        head = {"id": "chatcmpl-stub", "object": "chat.completion", "created": 0, "model": "stub"}
        return head | {
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": self._usage(),
        }

    def events(self, pieces: list[str], asked: dict[str, Any], *, whole: bool) -> Iterator[str]:
        """The server-sent events of an answer. One that is not whole ends after its last piece."""
        for piece in pieces:
            yield f"data: {json.dumps(_chunk(piece))}"
        if whole:
            yield f"data: {json.dumps(_chunk('', 'stop'))}"
            if asked.get("stream_options", {}).get("include_usage"):
                yield f"data: {json.dumps(_chunk('') | {'choices': [], 'usage': self._usage()})}"
            yield "data: [DONE]"

    def _usage(self) -> dict[str, int]:
        came, went = self.stub.usage
        return {"prompt_tokens": came, "completion_tokens": went, "total_tokens": came + went}

    def _stream(self, reply: str | Cut | Stall, asked: dict[str, Any]) -> None:
        text = reply if isinstance(reply, str) else reply.text
        pieces = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for each in self.events(pieces, asked, whole=isinstance(reply, str)):
            self.wfile.write(f"{each}\n\n".encode())
            self.wfile.flush()
        if isinstance(reply, Stall):
            self._say_nothing(reply)
        if isinstance(reply, Cut):
            reset = struct.pack("ii", 1, 0)  # no end
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
            self.connection.close()

    def _say_nothing(self, reply: Stall) -> None:
        """Until the test is over, or the reader has hung up, which is counted."""
        self.connection.settimeout(0.05)
        while not reply.over.is_set():
            with suppress(TimeoutError):
                if not self.connection.recv(1):
                    self.stub.left += 1
                    return

    def _send(self, raw: Raw) -> None:
        body = raw.body.encode()
        self.send_response(raw.status)
        told = {"Content-Type": "application/json", "Content-Length": str(len(body))} | raw.headers
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


Stub.speaks = Handler


def _with_calls(completion: dict[str, Any], calls: Calls) -> dict[str, Any]:
    for number, (name, given) in enumerate(calls.asks):
        function = {"name": name, "arguments": given if isinstance(given, str) else json.dumps(given)}
        ask = {"id": f"call_{number}", "type": "function", "function": function}
        completion["choices"][0]["message"].setdefault("tool_calls", []).append(ask)
    return completion


def _chunk(text: str, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": {"role": "assistant", "content": text}, "finish_reason": finish}
    head = {"id": "chatcmpl-stub", "object": "chat.completion.chunk", "created": 0, "model": "stub"}
    return head | {"choices": [choice]}


def _last_brief(messages: list[dict[str, str]]) -> str:
    """The last message that holds a brief; a complaint about an answer holds none."""
    said = [each["content"] for each in messages if each["role"] == "user"]
    return next((text for text in reversed(said) if read_brief(text)), said[-1])


def _named(asked: Asked) -> dict[str, Any]:
    """What tells one call from another: two requests with the same name are the same call, made twice."""
    if asked.brief is None:
        return {"job": ""}
    if isinstance(asked.brief, TalkBrief):
        return {"job": asked.job, "topic": asked.brief.topic[:80], "turns": len(asked.brief.turns)}
    name: dict[str, Any] = {"job": asked.job, "requirement": asked.brief.requirement[:80], "key": asked.key}
    if asked.job == "plan":
        name["round"] = len(asked.brief.comments)
    elif asked.job == "work":
        name["round"] = [asked.brief.comments, asked.brief.previous and asked.brief.previous.body]
    else:
        name["round"] = asked.brief.revision
    return name
