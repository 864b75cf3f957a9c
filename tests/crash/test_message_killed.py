"""`kill -9` between sending a message and noting that it was sent: it is not sent again, and what it spoke of waits on."""

import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.platform import Platform

PATIENCE_SECONDS = 120
# What the platform waits before it says that a sender is gone; here so much time has passed.
TIME_PASSES = """
from datetime import timedelta
from django.utils import timezone
from plans.models import Message
Message.objects.filter(status="sending").update(updated_at=timezone.now() - timedelta(hours=1))
"""
STANDING = (
    "from plans.models import Message; print(','.join(Message.objects.values_list('status', flat=True)))"
)


class Holding(ThreadingHTTPServer):
    """A webhook that takes a message and does not answer before it is told to."""

    daemon_threads = True

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.answer = threading.Event()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.got.append(self.rfile.read(int(self.headers["Content-Length"])))
                hook.answer.wait(PATIENCE_SECONDS)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


def until[T](look: Callable[[], T]) -> T:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


@pytest.mark.slow
def test_a_message_whose_sender_was_killed_is_not_sent_again(tmp_path: Path) -> None:
    with Holding() as hook:
        place = f"127.0.0.1:{hook.server_address[1]}"
        with Platform(tmp_path, AI_LOCAL_HOSTS=place, LOG_LEVEL="ERROR") as platform:
            with platform.script() as client:
                body = {"name": "hook", "address": f"json://{place}/x"}
                assert client.post("/api/v1/approval-channels/", json=body).status_code == 201
                made = client.post(
                    "/api/v1/workflows/", json={"requirement": "新製品の価格を調べてください。"}
                )
                assert made.status_code == 201
            until(lambda: hook.got)
            assert platform.python(STANDING).strip() == "sending"
            platform.process.kill()
            platform.process.wait()
            platform.close()
            hook.answer.set()
            platform.python(TIME_PASSES)
            platform.start()
            assert until(lambda: platform.python(STANDING).strip() != "sending")
            assert platform.python(STANDING).strip() == "unknown"  # perhaps sent, and said so
            with platform.script() as client:
                asked = client.get("/api/v1/approvals/", params={"workflow": made.json()["id"]}).json()
                (waits,) = asked["results"]
                body = {"decision": "approve", "content_hash": waits["content_hash"]}
                decided = client.post(f"/api/v1/approvals/{waits['id']}/decide/", json=body)
                assert decided.status_code == 200, decided.text
                work = f"/api/v1/workflows/{made.json()['id']}/"
                until(lambda: client.get(work).json()["status"].startswith("completed"))
            assert len(hook.got) == 1
        hook.shutdown()
