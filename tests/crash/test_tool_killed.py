"""`kill -9` while a tool with an effect is being called, at work or in a discussion: somebody is asked, and nothing is done a
second time."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.platform import Platform
from tests.stub import Asked, Calls, Stub, secretary
from tests.tool_servers import hostile_command

PATIENCE_SECONDS = 120


def until[T](look: Callable[[], T]) -> T:
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        found = look()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("waited in vain")


def post(client: httpx.Client, path: str, **body: Any) -> Any:
    answer = client.post(f"/api/v1/{path}", json=body)
    assert answer.is_success, answer.text
    return answer.json()


@dataclass(frozen=True)
class Kind:
    """Where a tool is called: how that begins (returns its id), where it stands, how it ends well."""

    begin: Callable[[httpx.Client, list[str]], str]
    place: str
    ends: tuple[str, ...]

    def status(self, client: httpx.Client, key: str) -> str:
        return client.get(f"/api/v1/{self.place}/{key}/").json()["status"]


def _work(client: httpx.Client, members: list[str]) -> str:
    """A workflow whose one task calls the tool."""
    team = post(client, "persona-teams/", name="T", members=members)
    asked = {"requirement": "Look at lamps.", "auto_generate_tasks": False, "auto_approve": True}
    made = post(client, "workflows/", **asked, team=team["id"])
    post(client, f"workflows/{made['id']}/tasks/", title="Pay", key="pay", role="tools")
    post(client, f"workflows/{made['id']}/start/")
    return made["id"]


def _talk(client: httpx.Client, members: list[str]) -> str:
    """A discussion whose first speaker calls the tool."""
    return post(client, "discussions/", topic="Which lamp?", participants=members, max_rounds=1)["id"]


KINDS = {
    "at work": Kind(_work, "workflows", ("completed", "completed_with_gaps")),
    "in a discussion": Kind(_talk, "discussions", ("ended",)),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_call_that_was_killed_is_asked_about_and_not_repeated(tmp_path: Path, kind: Kind) -> None:
    log = tmp_path / "effects"

    def script(asked: Asked) -> Any:
        if model.bodies[-1].get("tools") and not any(each["role"] == "tool" for each in asked.messages):
            return Calls((("hostile__append", {"text": "paid", "then_sleep": 60}),))
        return "Enough." if model.bodies[-1].get("tools") else secretary(asked)

    with (
        Stub(script) as model,
        Platform(tmp_path, OPENAI_BASE_URL=model.url, OPENAI_API_KEY="none", LOG_LEVEL="ERROR") as platform,
    ):
        with platform.script() as client:
            begun = kind.begin(client, _members(client, log))
        until(log.exists)
        family = psutil.Process(platform.process.pid).children(recursive=True)
        platform.process.kill()
        platform.process.wait()
        platform.close()
        platform.start()
        with platform.script() as client:
            request = until(lambda: _asked(client))
            assert request["payload"]["arguments"]["text"] == "paid"
            assert kind.status(client, begun) == "waiting_for_human"
            assert len(log.read_text().splitlines()) == 1
            post(client, f"approvals/{request['id']}/decide/", decision="answer", answer="happened")
            until(lambda: kind.status(client, begun) in kind.ends)
        assert [json.loads(line)["text"] for line in log.read_text().splitlines()] == ["paid"]
        assert not [each for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE]


def _members(client: httpx.Client, log: Path) -> list[str]:
    """Somebody who may call the tool, and somebody who may not."""
    given = {"command": hostile_command(), "environment": {"EFFECT_LOG": str(log)}}
    at = f"mcp-servers/{post(client, 'mcp-servers/', name='hostile', **given)['id']}"
    post(client, f"{at}/connect/")
    tools = client.get(f"/api/v1/{at}/tools/").json()["results"]
    digest = next(each["digest"] for each in tools if each["name"] == "append")
    post(client, f"{at}/tools/append/approve/", digest=digest, policy="allow")
    worker = post(client, "personas/", name="T", role="tools", model="openai:stub", tools=["hostile/append"])
    judge = post(client, "personas/", name="J", role="レビュー")
    return [worker["id"], judge["id"]]


def _asked(client: httpx.Client) -> Any:
    found = client.get("/api/v1/approvals/?status=pending").json()["results"]
    return next((each for each in found if each["kind"] == "unknown_effect"), None)
