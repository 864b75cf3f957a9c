"""Calls whose end nobody saw, and the platform's own tools."""

from pathlib import Path
from typing import Any

import pytest

from plans.models import ApprovalRequest
from plans.services import request_decide
from tests.stub import Calls
from tests.tool_servers import allow
from tests.workflows.tooling import APPEND, Scene, wake
from workflows.models import Workflow

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def unknown(scene: Scene, **arguments: Any) -> tuple[Workflow, ApprovalRequest]:
    """A call whose server dies after its effect and before its answer."""
    allow(scene.owner, scene.server, "append")
    scene.steps = [Calls(((APPEND, {"text": "paid", "then_die": True} | arguments),))]
    workflow = scene.work()
    assert scene.run(workflow).status == "waiting"
    assert len(scene.effects()) == 1
    return workflow, scene.asked("unknown_effect")


@pytest.mark.parametrize(
    ("answer", "status", "times"),
    [("happened", "done", 1), ("stop", "failed", 1), ("not_happened", "waiting", 2)],
)
def test_an_effect_that_nobody_saw_the_end_of_is_asked_about(
    scene: Scene, answer: str, status: str, times: int
) -> None:
    workflow, request = unknown(scene)
    assert request.payload["arguments"]["text"] == "paid"
    scene.run(workflow)
    wake()
    scene.run(workflow)
    assert len(scene.effects()) == 1
    request_decide(scene.owner, request, "answer", answer=answer)
    wake()
    assert scene.run(workflow).status == status
    assert len(scene.effects()) == times
    wake()
    scene.run(workflow)  # one answer speaks of one attempt
    assert len(scene.effects()) == times


def test_notes_are_searched_and_read_within_the_folders(scene: Scene, tmp_path: Path) -> None:
    from knowledge.services import vault_register, vault_sync

    for name in ("open", "closed"):
        (tmp_path / "vault" / name).mkdir(parents=True)
        (tmp_path / "vault" / name / "lamp.md").write_text(f"# Lamp\n\nThe {name} lamp costs 100 yen.\n")
    vault = vault_register(scene.owner, name="V", path=str(tmp_path / "vault"))
    vault_sync(vault)
    scene.steps = [
        Calls((("search_notes", {"query": "lamp"}), ("read_note", {"path": "open/lamp.md"}))),
        Calls(
            (("read_note", {"path": "closed/lamp.md"}), ("read_note", {}), ("read_note", {"path": "../x"}))
        ),
    ]
    workflow = scene.work("vault:open")
    Workflow.objects.filter(pk=workflow.pk).update(vault=vault)
    assert scene.run(workflow).status == "done"
    told = scene.told()
    assert "The open lamp" in told[0]
    assert "closed lamp" not in "".join(told)
    assert "costs 100 yen" in told[1]
    assert all('"is_error": true' in each for each in told[2:])
