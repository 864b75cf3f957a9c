"""From an event's commit to the client that follows it, beside bare Channels behind the same Daphne.

Ours: a thread of the server commits an event (rows, SQLite), a WebSocket client over loopback, and then a page in headless
Chromium, get the frame. Bare: a thread of a minimal Channels application calls `group_send` on the server's loop; nothing is
stored. Both at one pace, in turns. Target: p50 at most 15 ms. `python -m benchmarks.live [events]`
"""

import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import connect

from tests.platform import ROOT, Platform

EVENTS = 200
TURNS = 3
LISTEN = """
([address, first, count]) => new Promise((done) => {
  const heard = [], socket = new WebSocket(address);
  socket.onopen = () => first && socket.send(first);
  socket.onmessage = ({ data }) => {
    const at = (performance.timeOrigin + performance.now()) / 1000, frame = JSON.parse(data);
    if (frame.type === "event" && frame.seq !== null) heard.push([Number(frame.n ?? frame.event.id), at]);
    if (heard.length === count) { socket.close(); done(heard); }
  };
})
"""
SUBSCRIBE = json.dumps({"type": "subscribe", "stream": "inbox"})


class Teller:
    """A server that says, in `lines`, what it told and when."""

    def __init__(self, base: str, lines: Iterable[str]) -> None:
        self.base, self.told = base, dict[int, float]()
        threading.Thread(target=self._read, args=(lines,), daemon=True).start()

    def delays(self, heard: list[tuple[int, float]]) -> list[float]:
        """Milliseconds from the telling to the hearing."""
        time.sleep(0.2)  # the last lines are still on their way
        return [1000 * (at - self.told[number]) for number, at in heard if number in self.told]

    def _read(self, lines: Iterable[str]) -> None:
        for line in lines:
            number, at = json.loads(line)
            self.told[number] = at


class Ours(Platform):
    """The platform whose server tells something all the time."""

    def command(self, *arguments: str) -> list[str]:
        if arguments[0] != "up":
            return super().command(*arguments)
        return [sys.executable, "-m", "benchmarks.live_server", *arguments[1:]]


@contextmanager
def ours() -> Iterator[tuple[Ours, Teller]]:
    with (
        tempfile.TemporaryDirectory(prefix="hisho-bench-") as folder,
        Ours(Path(folder), LOG_LEVEL="ERROR") as platform,
    ):
        yield platform, Teller(platform.base, iter(platform.lines.get, ""))


@contextmanager
def bare() -> Iterator[Teller]:
    command = [sys.executable, "-m", "benchmarks.bare", "--tell"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Teller(f"http://127.0.0.1:{int(process.stdout.readline())}", process.stdout)
        finally:
            process.kill()


def by_socket(base: str, first: str, headers: dict[str, str], count: int) -> list[tuple[int, float]]:
    heard: list[tuple[int, float]] = []
    origin: Any = base
    with connect(base.replace("http", "ws") + "/ws/", additional_headers=headers, origin=origin) as socket:
        if first:
            socket.send(first)
        while len(heard) < count:
            text, at = socket.recv(timeout=30), time.time()
            frame = json.loads(text)
            if frame["type"] == "event" and frame.get("seq", 0) is not None:
                heard.append((int(frame.get("n") or frame["event"]["id"]), at))
    return heard


def by_page(opened: Any, address: str, base: str, first: str, count: int) -> list[tuple[int, float]]:
    opened.goto(address)
    return opened.evaluate(LISTEN, [base.replace("http", "ws") + "/ws/", first, count])


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS
    with ours() as (platform, told), bare() as other:
        with platform.browser() as client:
            cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        delays: dict[str, list[float]] = {"platform": [], "bare Channels": []}
        for _ in range(TURNS):
            delays["platform"] += told.delays(by_socket(platform.base, SUBSCRIBE, {"Cookie": cookies}, count))
            delays["bare Channels"] += other.delays(by_socket(other.base, "", {}, count))
        _tell("WebSocket client", delays)
        _in_chromium(platform, told, other, count)


def _in_chromium(platform: Ours, told: Teller, other: Teller, count: int) -> None:
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        print("There is no Chromium here; a page was not measured.")
        return
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page()
        page.goto(platform.new_link())
        delays = {
            "platform": told.delays(by_page(page, platform.base, platform.base, SUBSCRIBE, count)),
            "bare Channels": other.delays(by_page(page, other.base, other.base, "", count)),
        }
        browser.close()
    _tell("page in Chromium", delays)


def _tell(where: str, delays: dict[str, list[float]]) -> None:
    for name, times in delays.items():
        ordered = sorted(times)
        p95 = ordered[int(0.95 * len(ordered))]
        print(
            f"{where}, {name:14} p50 {statistics.median(times):6.1f} ms, p95 {p95:6.1f} ms, least {ordered[0]:5.1f} ms, "
            f"{len(times)} events"
        )
    ours, alone = (statistics.median(times) for times in delays.values())
    print(f"{where}, platform ÷ bare {ours / alone:.1f}   (target: p50 of 15 ms)")


if __name__ == "__main__":
    main()
