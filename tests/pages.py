"""Looking at pages without a browser."""

from html import unescape
from html.parser import HTMLParser
from typing import Any

from django.test import Client

HOSTILE = '<img src="http://evil.example/x.png" onerror="alert(1)"><script>alert(2)</script>'
HOSTILE_MARKDOWN = (
    f"{HOSTILE}\n\n![picture](http://evil.example/y.png) [go](javascript:alert(3)) [[x|{HOSTILE}]]\n\n"
    '<iframe src="//evil.example"></iframe> <a href="data:text/html,x" onclick="x">y</a>\n'
)
OWN = ("/static/", "#", "/api/v1/personas/")  # the last: pictures, served with a sandbox
FETCHING = ("img", "iframe", "object", "embed", "video", "audio", "source", "link", "script", "image", "use")


def signed_in(user: Any, language: str = "ja") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def html(client: Client, address: str, status: int = 200, /, **query: Any) -> str:
    """The page; its status is checked."""
    answer = client.get(address, query)
    assert answer.status_code == status, answer.content[-2000:]
    return answer.content.decode()


class Faults(HTMLParser):
    """What a strict content security policy would refuse, and what is fetched from elsewhere."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._script = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.found += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "style"]
        self._script = tag in ("script", "style") and "src" not in given
        for name in ("src", "href", "srcset", "data", "xlink:href"):
            value = (given.get(name) or "").strip().lower()
            if value.startswith(("javascript:", "data:", "vbscript:")):
                self.found.append(f"<{tag} {name}={value}>")
            if tag in FETCHING and value and not value.startswith(OWN):
                self.found.append(f"<{tag} {name}={value}>")

    def handle_data(self, data: str) -> None:
        if self._script and data.strip():
            self.found.append(f"inline: {data[:60]}")
        self._script = False


def assert_inert(page: str) -> None:
    """Nothing in the page acts by itself or fetches from elsewhere, and what was hostile is shown as text."""
    assert Faults(page).found == []


def assert_shown(page: str, text: str) -> None:
    assert text in unescape(page)
