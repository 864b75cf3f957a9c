"""The server: Daphne, run from here so that it can drain.

SIGTERM or SIGINT: readiness answers 503 at once, sockets close with 4012, requests in flight are answered, the embedded
worker takes nothing new and its tasks stop at their next step; then the process ends with 0. A second signal ends it now.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import FrameType
from typing import Any, Protocol

from foundation.core import draining, wire
from foundation.core.gate import CLOSE_DRAINING, Application

logger = logging.getLogger(__name__)

# A load balancer, or a person with curl, must be able to see the 503.
SHORTEST_DRAIN_SECONDS = 1.0
LONGEST_DRAIN_SECONDS = 25.0
LOOK_EVERY_SECONDS = 0.05
MAX_SOCKET_MESSAGE_BYTES = 64 * 1024


class Worker(Protocol):
    def stop(self, seconds: float) -> bool: ...


@dataclass(frozen=True)
class Hooks:
    """`on_loop` gets the server's event loop before anything is served; `on_ready` is called once it listens."""

    on_loop: Callable[[asyncio.AbstractEventLoop | None], None]
    on_ready: Callable[[], None]


def port_is_free(host: str, port: int) -> bool:
    try:
        _bound(host, port).close()
    except OSError:
        return False
    return True


def free_port(host: str) -> int:
    with _bound(host, 0) as probe:
        return probe.getsockname()[1]


def serve(
    application: Application, *, host: str, port: int, hooks: Hooks, worker: Worker | None = None
) -> int:
    """Serve until a signal, drain, and return the exit status. Ends the process itself when work refuses to stop."""
    running = _Running(application, host=host, port=port, hooks=hooks, worker=worker)
    running.run()
    if not running.worker_stopped:
        if running.status == 0:
            logger.warning("Some work did not stop in time; it is taken up again at the next start.")
        _leave(running.status)
    return running.status


class _Running:
    def __init__(
        self, application: Application, *, host: str, port: int, hooks: Hooks, worker: Worker | None
    ) -> None:
        from daphne.server import Server  # installs Twisted's reactor, so never at import time

        address = host.replace(":", r"\:")
        self.server = Server(
            application,
            endpoints=[f"tcp:port={port}:interface={address}"],
            signal_handlers=False,
            verbosity=0,
            server_name="hisho",
            websocket_max_message_size=MAX_SOCKET_MESSAGE_BYTES,
            websocket_max_frame_size=MAX_SOCKET_MESSAGE_BYTES,
        )
        self.server.listen_error = self._listen_failed
        self.server.kill_all_applications = self._cancel_stragglers
        self.hooks, self.worker = hooks, worker
        self.status = 0
        self.worker_stopped = worker is None
        self._began = 0.0

    def run(self) -> None:
        from twisted.internet import reactor

        self.reactor = reactor
        self.loop = reactor._asyncioEventloop
        self.hooks.on_loop(self.loop)
        reactor.callWhenRunning(self._listening)
        for number in _signals():
            signal.signal(number, self._on_signal)
        try:
            self.server.run()
        finally:
            self.hooks.on_loop(None)

    def _listening(self) -> None:
        wire.dress(self.server)
        self.server.ws_factory.setProtocolOptions(
            failByDrop=False, allowNullOrigin=True
        )  # 1009 is said aloud
        if self.status == 0:
            self.hooks.on_ready()

    def _listen_failed(self, failure: Any) -> None:
        logger.critical("The server cannot listen: %s", failure.getErrorMessage())
        self.status = 1
        self.server.stop()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        if draining.draining():
            _leave(128 + number)
        self.loop.call_soon_threadsafe(self._drain)

    def _drain(self) -> None:
        if draining.draining():
            return
        self._began = time.monotonic()
        draining.begin()
        if self.worker is not None:
            threading.Thread(target=self._stop_worker, name="drain-worker", daemon=True).start()
        self._close_sockets()
        self._look()

    def _stop_worker(self) -> None:
        self.worker_stopped = self.worker.stop(LONGEST_DRAIN_SECONDS)

    def _look(self) -> None:
        age = time.monotonic() - self._began
        idle = self.worker_stopped and not self._requests() and not self._sockets()
        if age >= LONGEST_DRAIN_SECONDS or (idle and age >= SHORTEST_DRAIN_SECONDS):
            self.reactor.callLater(
                LOOK_EVERY_SECONDS, self.server.stop
            )  # let the last answers reach the wire
        else:
            self.reactor.callLater(LOOK_EVERY_SECONDS, self._look)

    def _requests(self) -> list[Any]:
        return [each for each, facts in self._open() if not hasattr(each, "sendClose")]

    def _sockets(self) -> list[Any]:
        return [each for each, facts in self._open() if hasattr(each, "sendClose")]

    def _open(self) -> list[tuple[Any, dict[str, Any]]]:
        return [
            (each, facts) for each, facts in self.server.connections.items() if "disconnected" not in facts
        ]

    def _close_sockets(self) -> None:
        for protocol in self._sockets():
            if protocol.state == protocol.STATE_OPEN:
                protocol.sendClose(code=CLOSE_DRAINING, reason="draining")

    def _cancel_stragglers(self) -> None:
        for facts in self.server.connections.values():
            instance = facts.get("application_instance")
            if instance is not None and not instance.done():
                instance.cancel()


def _signals() -> list[int]:
    names = ("SIGTERM", "SIGINT", "SIGBREAK")  # Windows ends console programs with the last
    return [getattr(signal, name) for name in names if hasattr(signal, name)]


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
    except OSError:
        probe.close()
        raise
    return probe


def _leave(status: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
