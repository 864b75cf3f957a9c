"""Markdown by anybody in a real browser: whatever it says, nobody else hears of it."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.platform import Platform

HOSTILE = """
# 売上

![inline]({host}/inline.png?d=secret) ![reference][pic] <img src="{host}/html.png"> <IMG SRC='{host}/upper.png' onerror="fetch('{host}/onerror')">

[pic]: {host}/reference.png

<link rel="stylesheet" href="{host}/style.css"><link rel="prefetch" href="{host}/prefetch"><style>@import "{host}/import.css"; body {{ background: url({host}/background.png) }}</style>

<script src="{host}/script.js"></script><script>fetch("{host}/inline-script")</script><iframe src="{host}/frame"></iframe>

<svg><image href="{host}/svg.png"/><use href="{host}/use.svg#x"/></svg> <video src="{host}/video" poster="{host}/poster.png"></video>

[link]({host}/link "title") <{host}/auto> {host}/bare [js](javascript:fetch('{host}/js')) [data](data:text/html,<script>fetch('{host}/data')</script>)

[[note|<img src="{host}/wikilink.png">]] ![[{host}/embed.png]]

| a | b |
| --- | --- |
| ![cell]({host}/cell.png) | <img src={host}/cell2.png> |

[^1]

[^1]: ![foot]({host}/footnote.png)

<meta http-equiv="refresh" content="0; url={host}/refresh"> <base href="{host}/"> <form action="{host}/form"><button autofocus>x</button></form>
"""  # noqa: E501 - hostile on purpose


class Listener:
    """A host that writes down who calls."""

    def __init__(self) -> None:
        self.called: list[str] = []
        called = self.called

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                called.append(self.path)
                self.send_response(200)
                self.end_headers()

            do_POST = do_HEAD = do_OPTIONS = do_GET

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.security("S10")
def test_hostile_markdown_calls_nobody(
    opened: Callable[..., Page], platform: Platform, listener: Listener
) -> None:
    text = HOSTILE.replace("{{", "{").replace("}}", "}").replace("{host}", listener.host)
    with platform.script() as script:
        source = script.post("/api/v1/sources/", json={"title": "売上", "text": text}).json()["id"]
    page = opened()
    page.request.get(f"{listener.host}/proof-that-it-hears")
    assert listener.called == ["/proof-that-it-hears"]
    listener.called.clear()
    page.goto(f"/knowledge/sources/{source}/")
    expect(page.get_by_text("売上").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.mouse.wheel(0, 5000)
    page.wait_for_load_state("networkidle")
    assert "inline.png" in page.content(), "what was hostile is shown as text or as a link"
    assert listener.called == []
    page.get_by_role("link", name="link", exact=True).first.hover()
    assert listener.called == []
