"""The drain has an end, whoever refuses to."""

import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parent.parent.parent

STUBBORN = """
import asyncio, sys, time
import django
django.setup()
from foundation.core import server

server.LONGEST_DRAIN_SECONDS = 2.0

class Worker:
    def stop(self, seconds):
        time.sleep(seconds)
        return {stops}

async def application(scope, receive, send):
    if scope["path"] == "/never":
        await asyncio.sleep(3600)
    await send({{"type": "http.response.start", "status": 200, "headers": []}})
    await send({{"type": "http.response.body", "body": b"here"}})

port = int(sys.argv[1] or server.free_port("127.0.0.1"))
hooks = server.Hooks(on_loop=lambda loop: None, on_ready=lambda: print(port, flush=True))
raise SystemExit(server.serve(application, host="127.0.0.1", port=port, hooks=hooks, worker=Worker()))
"""


def run(folder: Path, *, stops: bool, port: str = "") -> subprocess.Popen[str]:
    environment = {
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATA_DIR": str(folder),
        "PYTHONPATH": str(ROOT),
    }
    command = [sys.executable, "-c", STUBBORN.format(stops=stops), port]
    return subprocess.Popen(
        command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ask(address: str) -> None:
    try:
        httpx.get(address, timeout=30)
    except httpx.TransportError:
        return


def test_work_and_requests_that_never_end_are_left_behind(tmp_path: Path) -> None:
    process = run(tmp_path, stops=False)
    base = f"http://127.0.0.1:{process.stdout.readline().strip()}"
    assert httpx.get(base).text == "here"
    threading.Thread(target=ask, args=(f"{base}/never",), daemon=True).start()
    time.sleep(0.5)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=15) == 0
    assert "taken up again" in process.stderr.read()


def test_a_taken_port_is_an_honest_failure(tmp_path: Path) -> None:
    first = run(tmp_path, stops=True)
    second = run(tmp_path, stops=True, port=first.stdout.readline().strip())
    said, complained = second.communicate(timeout=30)
    first.send_signal(signal.SIGTERM)
    assert (second.returncode, said) == (1, "")
    assert "cannot listen" in complained
    assert first.wait(timeout=15) == 0
