"""How far a tool is, as a page hears it: over the real socket, while a real server of tools is at work."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.platform import Platform, frames, hear, hear_among, say
from tests.stub import Stub
from tests.walking import PATIENCE, begun, until, walks

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def model() -> Iterator[Stub]:
    with Stub() as server:
        server.script = walks(server, ("walker__walk", {}), ("walker__count", {}))
        yield server


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory, model: Stub) -> Iterator[Platform]:
    folder = Path(tmp_path_factory.mktemp("walking"))
    with Platform(folder, OPENAI_BASE_URL=model.url, OPENAI_API_KEY="canary-key") as started:
        yield started


def test_each_step_and_how_far_a_call_is_are_heard_while_it_runs(platform: Platform, tmp_path: Path) -> None:
    go = tmp_path / "go"
    with platform.script() as client:
        workflow = begun(platform, client, go)
        with platform.socket(ticket=platform.ticket(client)) as socket:
            say(socket, type="subscribe", stream=f"workflow:{workflow}", after=0)
            hear(socket, "subscribed")
            first = hear_among(socket, "progress", timeout=PATIENCE)
            second = first if first["done"] == 2 else hear_among(socket, "progress", timeout=PATIENCE)
            assert (second["done"], second["total"], second["text"]) == (2, 4, "<b>step</b> 2")
            task = until(client, f"/api/v1/workflows/{workflow}/tasks/", lambda rows: rows["results"])
            assert task["results"][0]["status"] == "running"  # it was heard before anything had come of it
            assert second["about"].startswith(f"task:{task['results'][0]['id']}:")
            go.touch()
            heard = _until_done(socket)
        told = [each["event"]["type"] for each in heard if each["type"] == "event"]
        assert told.count("task.step_began") >= 1
        assert told.count("tool.answered") == 2
        counted = [each for each in heard if each["type"] == "progress" and each["total"] is None]
        assert 0 < len(counted) <= 40, "a server that talks too much is heard now and then"


def _until_done(socket: Any) -> list[dict[str, Any]]:
    heard = []
    for frame in frames(socket, timeout=PATIENCE):
        heard.append(frame)
        event = frame.get("event") or {}
        if event.get("type") == "task.status_changed" and event.get("to") == "done":
            return heard
    raise AssertionError(heard)
