"""A real platform in a subprocess: started, signed in to, asked over the wire, stopped."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.prepared import prepare

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 180  # a first start compiles and migrates; on a busy machine that takes a while
PASSED_ON = ("PATH", "HOME", "SYSTEMROOT", "TEMP", "TMP", "LD_LIBRARY_PATH")


class Platform:
    """`with Platform(folder) as platform:` runs `manage.py up` on a free port."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.environment |= {
            "DATA_DIR": str(folder),
            "LANG": "en_GB.UTF-8",
            "PYTHONUNBUFFERED": "1",
        } | environment
        self.link = self.base = ""
        self._beside: subprocess.Popen[str] | None = None
        self._one_at_a_time = threading.Lock()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.close()

    def close(self) -> None:
        """End what else was started here."""
        self.dismiss_beside()

    def dismiss_beside(self) -> None:
        """End the process beside the server; the next `python` starts another."""
        if self._beside is not None:
            self._beside.stdin.close()
            self._beside.wait()

    def start(self, *arguments: str) -> None:
        """Start, and wait for the one line that says where."""
        if "DATABASE_URL" not in self.environment:
            prepare(self.folder)
        command = self.command("up", "--no-browser", *(arguments or ("--port", "0")))
        self.errors = (self.folder / "stderr.txt").open("a+")
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=_read, args=(self.process, self.lines), daemon=True).start()
        self.link = self.lines.get(timeout=START_SECONDS).strip()
        assert self.link.startswith("http"), f"did not start: {self.link!r}\n{self.stderr()}"
        self.base = self.link.partition("/sign-in/")[0].rstrip("/")

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send the signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=40)

    def manage(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run another `manage.py` command over the same folder."""
        return subprocess.run(
            self.command(*arguments),
            cwd=ROOT,
            env=self.environment | environment,
            capture_output=True,
            text=True,
            timeout=240,
        )

    def python(self, code: str) -> str:
        """Run `code` with Django set up over the same folder, in a process beside the server; returns what it printed."""
        with self._one_at_a_time:
            if self._beside is None or self._beside.poll() is not None:
                self._beside = subprocess.Popen(
                    [sys.executable, "-m", "tests.beside"],
                    cwd=ROOT,
                    env=self.environment | {"DJANGO_SETTINGS_MODULE": "config.settings"},
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            self._beside.stdin.write(json.dumps(code) + "\n")
            self._beside.stdin.flush()
            answer = json.loads(self._beside.stdout.readline())
        assert "error" not in answer, answer["error"]
        return answer["printed"]

    def client(self, **options: Any) -> httpx.Client:
        return httpx.Client(base_url=self.base, timeout=30, **options)

    def script(self) -> httpx.Client:
        """A client with an access token."""
        return self.client(headers={"Authorization": f"Bearer {self.token()}"})

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        """A client with a session, made by a fresh sign-in link."""
        with self.client() as client:
            assert client.get(self.new_link()).status_code == 303
            yield client

    def new_link(self) -> str:
        path = self.python(
            "from foundation.accounts import services as s; print(s.sign_in_link_create(s.local_user()))"
        )
        return self.base + path.strip()

    def token(self) -> str:
        return self.python(
            "from datetime import timedelta; from foundation.accounts import services as s; me = s.local_user();"
            "print(s.access_token_create(me, user=me, lifetime=timedelta(hours=1)))"
        ).strip()

    @contextmanager
    def socket(
        self, *, ticket: str = "", headers: dict[str, str] | None = None, origin: str | None = None
    ) -> Iterator[ClientConnection]:
        address = self.base.replace("http://", "ws://") + "/ws/" + (f"?ticket={ticket}" if ticket else "")
        with connect(
            address, additional_headers=headers or {}, origin=origin, open_timeout=20, close_timeout=5
        ) as opened:
            yield opened

    def ticket(self, client: httpx.Client | None = None) -> str:
        """A socket ticket, for `client` or for a script with a token."""
        answer = (client or self.script()).post("/api/v1/auth/ws-ticket/")
        assert answer.status_code == 201, answer.text
        return answer.json()["ticket"]

    def stderr(self) -> str:
        return (self.folder / "stderr.txt").read_text()

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *arguments]


def _read(process: "subprocess.Popen[str]", lines: "queue.Queue[str]") -> None:
    """Of one life of the server: what a killed one left to be read is not the next one's."""
    for line in process.stdout:
        lines.put(line)
    lines.put("")


def say(socket: ClientConnection, **frame: Any) -> None:
    socket.send(json.dumps(frame))


def frames(socket: ClientConnection, *, timeout: float) -> Iterator[dict[str, Any]]:
    """What comes over the socket, for so many seconds in all: pings never end, so patience has to. Raises TimeoutError."""
    ends = time.monotonic() + timeout
    while True:
        yield json.loads(socket.recv(timeout=max(0.0, ends - time.monotonic())))


def hear(socket: ClientConnection, kind: str, *, timeout: float = 20) -> dict[str, Any]:
    """The next frame of that type; pings pass by."""
    for frame in frames(socket, timeout=timeout):
        if frame["type"] == kind:
            return frame
        assert frame["type"] == "ping", frame
    raise AssertionError


def hear_among(socket: ClientConnection, kind: str, *, timeout: float) -> dict[str, Any]:
    """The next frame of that type, whatever else comes before it."""
    passed = []
    with suppress(TimeoutError):
        for frame in frames(socket, timeout=timeout):
            if frame["type"] == kind:
                return frame
            passed.append(frame)
    raise AssertionError(f"no {kind} in {timeout} s, but {passed}")


def closing_code(opened: ClientConnection, within: float) -> int | None:
    """The code with which the server closes the socket, if it does in time."""
    ends = time.monotonic() + within
    try:
        while time.monotonic() < ends:
            opened.recv(timeout=max(0.01, ends - time.monotonic()))
    except ConnectionClosed:
        return opened.close_code
    except TimeoutError:
        return None
    return None
