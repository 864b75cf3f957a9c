"""Locks, draining and origins."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from foundation.core import draining
from foundation.core.locks import FolderLock, Held
from foundation.core.origins import host_allowed, origin_is_listed, origin_is_own


def test_a_lock_is_held_by_one_and_freed_by_its_end(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "lock"
    with FolderLock(path, "port 8000"):
        with pytest.raises(Held, match="port 8000"), FolderLock(path, "port 8001"):
            pass
        other = f"from foundation.core.locks import *; from pathlib import Path; FolderLock(Path({str(path)!r}), 'x').__enter__()"
        assert subprocess.run([sys.executable, "-c", other], capture_output=True).returncode == 1
    with FolderLock(path, "again"):
        assert path.read_text().startswith("again, pid ")


@pytest.fixture
def _not_draining(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draining, "_began", threading.Event())
    monkeypatch.setattr(draining, "_callbacks", [])


@pytest.mark.usefixtures("_not_draining")
def test_draining_calls_everybody_once_whatever_fails() -> None:
    heard: list[str] = []

    def broken() -> None:
        raise RuntimeError

    draining.on_drain(lambda: heard.append("first"))
    draining.on_drain(broken)
    draining.on_drain(lambda: heard.append("second"))
    assert not draining.draining()
    assert draining.wait(0.01) is False
    draining.begin()
    draining.begin()
    assert draining.draining()
    assert draining.wait(60) is True
    draining.on_drain(lambda: heard.append("late"))
    assert heard == ["first", "second", "late"]


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://hisho.local:8000", True),
        ("HTTP://HISHO.LOCAL:8000", True),
        ("http://hisho.local:8001", False),
        ("http://hisho.local", False),
        ("https://hisho.local:8000", False),
        ("http://hisho.local:8000/", False),
        ("http://me@hisho.local:8000", False),
        ("http://hisho.local:8000.evil.example", False),
        ("http://hisho.local:port", False),
        ("null", False),
        ("", False),
        ("file://", False),
    ],
)
def test_an_origin_is_scheme_host_and_port(origin: str, own: bool) -> None:
    assert origin_is_own(origin, "hisho.local:8000") is own


def test_the_public_url_and_the_list_count_too(settings: Any) -> None:
    settings.HTTPS, settings.PUBLIC_URL = True, "https://hisho.example"
    settings.CORS_ALLOWED_ORIGINS = ["https://friend.example:8443"]
    assert origin_is_own("https://hisho.example:443", "inner:8000")
    assert not origin_is_own("http://hisho.example", "hisho.example")
    assert origin_is_listed("https://friend.example:8443")
    assert not origin_is_listed("https://friend.example")


@pytest.mark.parametrize(
    ("host", "allowed"),
    [
        ("127.0.0.1:8000", True),
        ("localhost", True),
        ("[::1]:8000", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("localhost@evil.example", False),
        ("localhost,evil.example", False),
        ("", False),
        (":8000", False),
    ],
)
def test_hosts_are_compared_whole(host: str, allowed: bool) -> None:
    assert host_allowed(host) is allowed
