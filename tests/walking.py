"""Work whose secretary walks: a platform, a scripted model, and a server of tools that says how far it is."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from tests.platform import ROOT, Platform
from tests.stub import Asked, Calls, Stub, secretary

WALKER = Path(__file__).with_name("walker.py")
PATIENCE = 60
PREPARE = """
import json, sys
from foundation.accounts.services import local_user
from ai_integration import gateway
from ai_integration.models import McpServer
from ai_integration.services import mcp_server_create, mcp_server_update, tool_approve
from personas.models import Persona
from tests import factories
from workflows.services import task_add, workflow_create, workflow_start
me, told = local_user(), json.loads({told!r})
known = McpServer.objects.filter(name="walker").first()
if known:
    mcp_server_update(me, known, command=told["command"])
row = gateway.connect(me, known or mcp_server_create(me, name="walker", command=told["command"]))
for tool in row.tools.all():
    tool_approve(me, row, tool.name, digest=tool.digest, policy={policy!r})
gateway.disconnect(row.pk)
again = str(Persona.objects.filter(name__startswith="道具係").count() or "")
who = factories.persona(me, name="道具係" + again, role="歩く人", model="openai:stub", tools=["walker/*"])
team = factories.team(me, "レビュー", name="歩く組" + again)
team.members.add(who)
made = workflow_create(me, requirement="四歩歩いてください。", team=team.pk, auto_generate_tasks=False)
task_add(me, made, key="a", title="四歩歩く", role="歩く人", queries=["歩く"])
workflow_start(me, made)
print(made.pk)
"""


def walks(stub: Stub, *asks: tuple[str, dict[str, Any]]) -> Callable[[Asked], Any]:
    """A script that asks for these calls, one a step, and says everything else as the secretary does."""

    def answer(asked: Asked) -> Any:
        if not stub.bodies[-1].get("tools"):
            return secretary(asked)
        number = sum(1 for each in asked.messages if each["role"] == "assistant")
        return Calls((asks[number],)) if number < len(asks) else "もう足りています。"

    return answer


def begun(platform: Platform, client: httpx.Client, go: Path, *, policy: str = "allow") -> str:
    """The id of a workflow whose plan is approved, so that its one task is being worked on. `policy` is the tools'."""
    told = json.dumps({"command": [sys.executable, "-I", str(ROOT / WALKER), str(go)]})
    workflow = platform.python(PREPARE.format(told=told, policy=policy)).strip().splitlines()[-1]
    row = until(client, f"/api/v1/workflows/{workflow}/", lambda row: row["status"] == "awaiting_approval")
    plan = client.get(f"/api/v1/plans/{row['plan']}/").json()
    approved = client.post(
        f"/api/v1/plans/{row['plan']}/approve/", json={"content_hash": plan["content_hash"]}
    )
    assert approved.status_code == 200, approved.text
    return workflow


def until(client: httpx.Client, address: str, true: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """What stands at `address` once it is as wished."""
    ends = time.monotonic() + PATIENCE
    while time.monotonic() < ends:
        row = client.get(address).json()
        if true(row):
            return row
        time.sleep(0.1)
    raise AssertionError(row)
