"""A webhook to send to, and a channel that leads there."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

CHANNELS = "/api/v1/approval-channels/"
SECRET = "canary-of-the-channel"


class Hook(ThreadingHTTPServer):
    """A webhook: what was posted to it, and what it answers."""

    daemon_threads = True

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.answers = 200
        self.leads_to = ""
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.got.append(json.loads(body))
                self.send_response(hook.answers)
                if hook.leads_to:
                    self.send_header("Location", hook.leads_to)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


def channel(client: Any, hook: Hook, **more: Any) -> dict[str, Any]:
    made = client.post(CHANNELS, {"name": "hook", "address": f"json://user:{SECRET}@{hook.place}/x"} | more)
    assert made.status_code == 201, made.json()
    return made.json()
