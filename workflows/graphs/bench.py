"""Where somebody works with tools: at a task of a workflow, or before what is said in a turn of a discussion."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from ai_integration.selectors import model_label
from ai_integration.services import Purpose
from personas.models import Persona
from workflows.graphs.briefs import speaker
from workflows.models import Discussion, Task, Workflow
from workflows.selectors import still_wanted

JOB = "step"


@dataclass(frozen=True)
class Bench:
    """Who works on what, with whose vault.

    `subject` is what a request about a call is about: the task or the discussion. `head` begins the key of every record made
    here, `thread` names the conversation that a server may hold, `key` is how the place is called where it is told of, and
    `job` is what is written or said afterwards: the kind of task that chooses the model.
    """

    work: Workflow | Discussion
    persona: Persona | None
    subject: UUID
    head: str
    thread: str
    key: str
    job: str
    model: str
    place: dict[str, str]
    wanted: Callable[[], bool] | None = None

    def purpose(self, step: str) -> Purpose:
        """For the record under `head` and `step`."""
        who = speaker(self.persona)
        return Purpose(
            key=f"{self.head}{step}",
            job=JOB,
            owner_id=self.work.owner_id,
            subject_id=self.work.pk,
            persona_name=who.name,
            persona_id=self.persona.pk if self.persona else None,
            project_id=self.work.project_id,
            stream=self.work.stream,
            wanted=self.wanted,
            context={"model": model_label(self.model, self.work.language), "language": self.work.language},
        )


def at_task(task: Task) -> Bench:
    persona, workflow = task.persona, task.workflow
    return Bench(
        work=workflow,
        persona=persona,
        subject=task.pk,
        head=f"task:{task.pk}:{task.revision}:",
        thread=f"task:{task.pk}",
        key=task.key,
        job="work",
        model=workflow.model or (persona.model if persona else ""),
        place={"workflow": str(workflow.pk), "task": str(task.pk)},
        wanted=partial(still_wanted, workflow.pk, task.pk),
    )


def in_turn(discussion: Discussion, persona: Persona | None, turn: int) -> Bench:
    return Bench(
        work=discussion,
        persona=persona,
        subject=discussion.pk,
        head=f"discussion:{discussion.pk}:{turn}:",
        thread=f"discussion:{discussion.pk}",
        key=f"t{turn + 1}",
        job="speak",
        model=persona.model if persona else "",
        place={"discussion": str(discussion.pk)},
    )


def told(bench: Bench, **more: Any) -> dict[str, Any]:
    """What an event says of something that happened here."""
    return {"key": bench.key, "name": speaker(bench.persona).name} | more
