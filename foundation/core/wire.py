"""What the server does before any application is asked: it refuses what is too large while it comes, not after it was kept,
and what it answers by itself is dressed like every other answer.
"""

import json
from typing import Any

from django.conf import settings

from foundation.core.headers import standard_headers

LINGER_BYTES = 64 * 1024 * 1024
"""So much of a refused body is read and thrown away, so that the sender hears why before the line is cut."""
LINGER_SECONDS = 20
REASONS = {400: "Bad Request", 413: "Content Too Large"}
CODES = {400: "bad_request", 413: "too_large", 503: "unavailable"}


def body_limit(content_type: str) -> int:
    """How many bytes of this kind are taken at once."""
    multipart = content_type.lower().startswith("multipart/")
    return settings.UPLOAD_MAX_BYTES if multipart else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def too_large(limit: int) -> str:
    return f"At most {limit} bytes are taken at once."


def dress(server: Any) -> None:
    """Give a running `daphne.server.Server` our own protocol classes."""
    request, build = _request_class(), server.http_factory.buildProtocol

    def build_protocol(address: Any) -> Any:
        protocol = build(address)
        protocol.requestFactory = request
        channel = getattr(protocol, "_channel", protocol)
        channel._respondToBadRequestAndDisconnect = lambda: _refuse(channel, 400, "This is not HTTP.")
        return protocol

    server.http_factory.buildProtocol = build_protocol
    server.ws_factory.protocol = _socket_class()


def _request_class() -> type:
    from daphne.http_protocol import WebRequest  # installs Twisted's reactor, so never at import time

    class Request(WebRequest):
        refused, taken = False, 0

        def gotLength(self, length: int | None) -> None:  # noqa: N802 - Twisted's names
            self.limit = body_limit((self.requestHeaders.getRawHeaders("content-type") or [""])[0])
            self.refused = length is not None and length > self.limit
            super().gotLength(0 if self.refused else length)
            if self.refused:
                _refuse_body(self)

        def handleContentChunk(self, data: bytes) -> None:  # noqa: N802
            self.taken += len(data)
            if self.taken > self.limit and not self.refused:
                self.refused = True
                _refuse_body(self)
            if not self.refused:
                super().handleContentChunk(data)
            elif self.taken > LINGER_BYTES:
                self.channel.loseConnection()

        def process(self) -> Any:
            return self.channel.loseConnection() if self.refused else super().process()

        def basic_error(self, status: int, status_text: bytes, body: str) -> None:
            headers = [(name.encode(), value.encode()) for name, value in _headers().items()]
            self.handle_reply({"type": "http.response.start", "status": status, "headers": headers})
            self.handle_reply({"type": "http.response.body", "body": _body(status, body)})

    return Request


def _refuse_body(request: Any) -> None:
    from twisted.internet import reactor

    _refuse(request.channel, 413, too_large(request.limit), cut=False)
    reactor.callLater(LINGER_SECONDS, request.channel.loseConnection)


def _socket_class() -> type:
    from daphne.ws_protocol import WebSocketProtocol

    class Socket(WebSocketProtocol):
        """A refused handshake is an answer too."""

        def sendHttpErrorResponse(self, code: int, reason: str, responseHeaders: Any = None) -> None:  # noqa: N802
            added = [
                *standard_headers(secure=False).items(),
                ("Content-Length", "0"),
                ("Connection", "close"),
            ]
            super().sendHttpErrorResponse(code, reason, [*(responseHeaders or ()), *added])

    return Socket


def _refuse(channel: Any, status: int, message: str, *, cut: bool = True) -> None:
    """Answer on the bare line, for a request that never became one."""
    body = _body(status, message)
    headers = _headers() | {"Content-Length": str(len(body)), "Connection": "close"}
    lines = [f"HTTP/1.1 {status} {REASONS[status]}", *(f"{name}: {value}" for name, value in headers.items())]
    channel.transport.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
    if cut:
        channel.loseConnection()


def _headers() -> dict[str, str]:
    return {"Content-Type": "application/json"} | standard_headers(secure=False)


def _body(status: int, message: str) -> bytes:
    error = {"code": CODES.get(status, "server_error"), "message": message, "details": {}}
    return json.dumps({"error": error}).encode()
