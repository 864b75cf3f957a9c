"""A persona on a scripted model, with the tools of a hostile server."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ai_integration.models import McpServer
from ai_integration.services import budget_set
from plans.models import ApprovalRequest
from tests import factories
from tests.stub import Asked, Calls, Stub, secretary
from tests.workflows.driving import decide, step, task_of
from workflows.engine.tasks import run_task
from workflows.models import Discussion, Task, Workflow
from workflows.services import discussion_create, task_add, workflow_create, workflow_start

APPEND = "hostile__append"


@dataclass
class Scene:
    """An owner, the hostile server with its effect log, and a model whose steps are scripted."""

    owner: Any
    server: McpServer
    log: Path
    stub: Stub
    steps: list[Any] = field(default_factory=list)

    def effects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text().splitlines()] if self.log.exists() else []

    def answer(self, asked: Asked) -> Any:
        """What a step is scripted to ask for; everything else is said by the secretary."""
        if not self.stub.bodies[-1].get("tools"):
            return secretary(asked)
        number = sum(1 for each in asked.messages if each["role"] == "assistant")
        return self.steps[number] if number < len(self.steps) else "Nothing more is needed."

    def work(self, *tools: str) -> Workflow:
        """A workflow whose one task is given to a persona with these tools, up to where the task is to be done."""
        persona = factories.persona(
            self.owner, name="道具係", role="調査", model="openai:stub", tools=list(tools or ("hostile/*",))
        )
        team = factories.team(self.owner, "レビュー", name="小")
        team.members.add(persona)
        made = workflow_create(
            self.owner, requirement="Find out about lamps.", team=team.pk, auto_generate_tasks=False
        )
        task_add(self.owner, made, key="a", title="Find out", role="調査", queries=["lamp"])
        made = step(workflow_start(self.owner, made))
        decide(made)
        return step(made)

    def talk(self, *tools: str, among: list[Any] | None = None, **fields: Any) -> Discussion:
        """A discussion between a persona with these tools and one that has none, or among these personas."""
        held = list(tools or ("hostile/*",))
        seated = among or [
            factories.persona(self.owner, name="道具係", role="調査", model="openai:stub", tools=held),
            factories.persona(self.owner, name="聞き役", role="執筆"),
        ]
        given = {"topic": "Which lamp is to be bought?", "queued": False, "max_rounds": 1} | fields
        return discussion_create(self.owner, participants=[each.pk for each in seated], **given)

    def run(self, workflow: Workflow) -> Task:
        run_task(task_of(workflow, "a").pk)
        return task_of(workflow, "a")

    def asked(self, kind: str = "tool_call") -> ApprovalRequest:
        return ApprovalRequest.objects.get(kind=kind, status="pending")

    def told(self) -> list[str]:
        """What the model was told about its calls, in the last request that listed tools."""
        body = next(each for each in reversed(self.stub.bodies) if each.get("tools"))
        return [each["content"] for each in body["messages"] if each["role"] == "tool"]


def limit_when_asked(scene: Scene, work: Workflow | Discussion, *, tokens: int) -> None:
    """Give the work a budget once its persona has asked for a tool, so that it is the tool that meets it."""

    def answer(asked: Asked) -> Any:
        reply = scene.answer(asked)
        if isinstance(reply, Calls):
            budget_set(scene.owner, scope="run", target=str(work.pk), period="total", tokens=tokens)
        return reply

    scene.stub.script = answer


def wake() -> None:
    from workflows.engine.discussions import sweep_discussions
    from workflows.engine.sweep import sweep

    sweep(at_start=False)
    sweep_discussions()
