"""Starts one MCP server and sees to it that nothing of it is left behind.

    python warden.py PARENT LONGEST_LINE command [argument …]

Stands between the platform and a server that speaks over its standard input and output. It ends everything that the server
started, also what moved into a session of its own, when the server ends, when it is told to (SIGTERM), and when the platform
is gone. What is no message is not passed on; a line without an end, or more than anybody could read, ends the server.
Knows nothing of Django: it has to start quickly.
"""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import Any

import psutil

MARK = "HISHO_MCP"  # whose server a process is: the warden's number first
WATCH_SECONDS = 0.5
GRACE_SECONDS = 0.8  # the platform waits two before it kills us
CHUNK = 65_536
LINES_A_SECOND = 2_000
BYTES_A_SECOND = 32 * 1024 * 1024
MOST_SAID = 65_536  # bytes of the server's own log that are kept
FLOODED = "warden: too much was written at once"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36


class Told:
    """Whether somebody told us to end. No Event: signals come while one is being handled, and its lock would wait for itself."""

    yet = False

    def tell(self, _number: int, _frame: object) -> None:
        self.yet = True


def main(arguments: list[str]) -> int:
    """`arguments` are the number of the process that starts us, the longest line, and the command."""
    parent = int(arguments[0])
    _adopt_orphans()
    longest, command = int(arguments[1]), arguments[2:]
    told = Told()
    _hear(told.tell)
    try:
        server = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
            env=os.environ | {MARK: f"{os.getpid()}:{os.environ.get(MARK, '')}"},
        )
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127
    _leave_input_to_the_server()
    pump = Pump(server, longest)
    status = _watch(server, pump, told, parent)
    _end_all(server)
    pump.finish()
    _hear(signal.SIG_IGN)  # while Python ends, whoever tells us once more would be the one to end us
    if pump.flooded:
        print(FLOODED, file=sys.stderr)
    return status


def _hear(handler: Any) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)


def _watch(server: "subprocess.Popen[bytes]", pump: "Pump", told: Told, parent: int) -> int:
    while not told.yet and not pump.flooded and os.getppid() == parent:
        with suppress(subprocess.TimeoutExpired):
            return server.wait(WATCH_SECONDS if pump.alive() else 0.05)
    return 0


def _leave_input_to_the_server() -> None:
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)


class Pump:
    """Passes on what the server says: messages to our output, its log, up to a limit, to our error output."""

    def __init__(self, server: "subprocess.Popen[bytes]", longest: int) -> None:
        self.flooded = False
        self._longest = longest
        assert server.stdout
        assert server.stderr
        self._threads = [
            threading.Thread(target=self._messages, args=(server.stdout.fileno(),), daemon=True),
            threading.Thread(target=_log, args=(server.stderr.fileno(),), daemon=True),
        ]
        for each in self._threads:
            each.start()

    def alive(self) -> bool:
        return self._threads[0].is_alive()

    def finish(self) -> None:
        for each in self._threads:
            each.join(WATCH_SECONDS)

    def _messages(self, source: int) -> None:
        rest = b""
        since, lines, size = time.monotonic(), 0, 0
        while piece := _read(source):
            *whole, rest = (rest + piece).split(b"\n") if b"\n" in piece else [rest + piece]
            if len(rest) > self._longest or any(len(each) > self._longest for each in whole):
                self.flooded = True
                return
            said = [each for each in whole if each.lstrip().startswith(b"{")]
            if said and not _write(b"\n".join(said) + b"\n"):
                return
            lines, size = lines + len(whole), size + len(piece)
            if lines > LINES_A_SECOND or size > BYTES_A_SECOND:
                time.sleep(max(0.0, 1 - (time.monotonic() - since)))
                since, lines, size = time.monotonic(), 0, 0


def _log(source: int) -> None:
    kept = 0
    while piece := _read(source):
        if kept < MOST_SAID:
            with suppress(OSError):
                os.write(2, piece[: MOST_SAID - kept])
            kept += len(piece)


def _read(source: int) -> bytes:
    with suppress(OSError, ValueError):
        return os.read(source, CHUNK)
    return b""


def _write(data: bytes) -> bool:
    view = memoryview(data)
    try:
        while view:
            view = view[os.write(1, view) :]
    except OSError:
        return False
    return True


def _adopt_orphans() -> None:
    """On Linux whatever the server leaves behind becomes our child, and we hear of it when the platform is gone."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            libc = ctypes.CDLL(None)
            libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _end_all(server: "subprocess.Popen[bytes]") -> None:
    """First politely, then not, until there is nobody left."""
    _send(signal.SIGTERM, server)
    ends = time.monotonic() + GRACE_SECONDS
    while _left(server) and time.monotonic() < ends:
        time.sleep(0.02)
    for _round in range(100):
        if not _left(server):
            return
        _send(getattr(signal, "SIGKILL", signal.SIGTERM), server)
        time.sleep(0.01)


def _left(server: "subprocess.Popen[bytes]") -> list[psutil.Process]:
    server.poll()
    _reap()
    found = []
    with suppress(psutil.Error):
        found = psutil.Process().children(recursive=True)
    return [each for each in found if _runs(each)]


def _runs(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _reap() -> None:
    with suppress(ChildProcessError, AttributeError):
        while os.waitpid(-1, os.WNOHANG if os.name == "posix" else 0)[0]:
            pass


def _send(number: int, server: "subprocess.Popen[bytes]") -> None:
    if os.name == "posix":
        with suppress(OSError):
            os.killpg(server.pid, number)
    for each in _left(server):
        with suppress(psutil.Error):
            each.send_signal(number)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
