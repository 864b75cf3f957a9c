"""SIGTERM: 503 at once, sockets closed with 4012, what is in flight answered, exit status 0."""

import signal
import threading
import time
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from tests.platform import Platform, hear, say

# An address that takes its time, added to the real ones from outside.
SLOW = """
from config.settings import *
ROOT_URLCONF = "slow_urls"
"""
SLOW_URLS = """
import time
from config.urls import *
from django.http import HttpResponse
from django.urls import path

def slow(request):
    time.sleep(3)
    return HttpResponse("answered")

urlpatterns = [path("slow", slow), *urlpatterns]
"""


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    (tmp_path / "slow_settings.py").write_text(SLOW)
    (tmp_path / "slow_urls.py").write_text(SLOW_URLS)
    environment = {"PYTHONPATH": str(tmp_path), "DJANGO_SETTINGS_MODULE": "slow_settings"}
    with Platform(tmp_path, **environment) as started:
        yield started


def test_sigterm_drains(platform: Platform) -> None:
    answers: list[httpx.Response] = []
    slow = threading.Thread(target=lambda: answers.append(httpx.get(f"{platform.base}/slow", timeout=20)))
    with platform.socket(ticket=platform.ticket()) as socket:
        say(socket, type="subscribe", stream="inbox")
        hear(socket, "subscribed")
        slow.start()
        time.sleep(0.7)
        platform.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        ready = httpx.get(f"{platform.base}/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"status": "draining"})
        assert ready.headers["Retry-After"]
        assert httpx.get(f"{platform.base}/health/live").status_code == 200
        with pytest.raises(ConnectionClosed):
            socket.recv(timeout=5)
        assert socket.close_code == 4012
    with platform.socket() as late, pytest.raises(ConnectionClosed):
        late.recv(timeout=5)
    assert late.close_code == 4012
    assert platform.process.wait(timeout=30) == 0
    slow.join()
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "answered")]


def test_ctrl_c_ends_well_and_the_next_start_works(platform: Platform) -> None:
    assert platform.stop(signal.SIGINT) == 0
    platform.start()
    assert httpx.get(f"{platform.base}/health/ready").status_code == 200
    assert platform.stop() == 0
    assert "Traceback" not in platform.stderr()


def test_a_second_signal_does_not_wait(platform: Platform) -> None:
    threading.Thread(target=lambda: _swallow(f"{platform.base}/slow"), daemon=True).start()
    time.sleep(0.7)
    platform.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    platform.process.send_signal(signal.SIGTERM)
    assert platform.process.wait(timeout=1.5) == 128 + signal.SIGTERM


def _swallow(address: str) -> None:
    try:
        httpx.get(address, timeout=20)
    except httpx.TransportError:
        return


def test_after_a_kill_the_folder_is_free_again(platform: Platform) -> None:
    platform.process.kill()
    platform.process.wait()
    platform.start()
    assert platform.stop() == 0
