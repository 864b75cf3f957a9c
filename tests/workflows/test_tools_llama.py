"""A secretary on a real inference server with a real server of files, whose every call waits for a person's word.

llama.cpp's server leaves the tools out that it is given (seen here: it answers in prose, whatever `tool_choice` says), so its
model is asked in writing: its profile says that it can `structured` and not `tools`. The model has 135 million parameters:
that its answer is a call is the grammar's doing as much as its own, and what it writes is whatever it writes. So that this is the
same each time, the question is: its day and its folder stay as they are.
"""

import shutil
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ai_integration import gateway
from ai_integration.models import CallRecord
from ai_integration.services import credential_create, mcp_server_create, profile_set
from plans.models import ApprovalRequest
from plans.services import request_decide
from tests import factories
from tests.llama import NAME, Llama
from tests.tool_servers import allow, close_all, npm_command
from tests.workflows.driving import crank, decide, events, step, task_of
from tests.workflows.tooling import wake
from workflows.engine.tasks import run_task
from workflows.models import Task
from workflows.services import task_add, workflow_create, workflow_start

pytestmark = [
    pytest.mark.slow,
    pytest.mark.once,
    pytest.mark.timeout(900),
    pytest.mark.django_db(transaction=True),
]
MODEL = f"compatible:{NAME}"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What the server of files may touch, called the same each time."""
    monkeypatch.setattr(timezone, "localdate", lambda: date(2026, 11, 30))
    made = Path(tempfile.gettempdir()).resolve() / "hisho-lamps"
    shutil.rmtree(made, ignore_errors=True)
    made.mkdir()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def roomy() -> Iterator[Llama]:
    """With room for a brief, its tools and an answer that comes to an end."""
    with Llama(context=4096, longest=900, coherent=True) as server:
        yield server
    close_all()


def working(owner: Any, roomy: Llama, folder: Path) -> Task:
    """A task of a persona that thinks with the small model and may make folders, where somebody says yes each time."""
    credential_create(owner, provider="compatible", base_url=roomy.url)
    profile_set(owner, reference=MODEL, can=["streaming", "structured"])
    command = npm_command("filesystem", str(folder))
    files = gateway.connect(owner, mcp_server_create(owner, name="files", command=command, shared=True))
    allow(owner, files, "create_directory", policy="ask")
    persona = factories.persona(
        owner, name="Ann", role="writer", model=MODEL, tools=["files/create_directory"]
    )
    team = factories.team(owner, "レビュー", name="小")
    team.members.add(persona)
    made = workflow_create(
        owner, requirement="Make a folder for lamps.", team=team.pk, auto_generate_tasks=False
    )
    title = f"Call files__create_directory with the path {folder}/lamps"
    task_add(owner, made, key="a", title=title, role="writer", queries=["lamp"])
    made = step(workflow_start(owner, made))
    decide(made)
    return task_of(step(made), "a")


def test_its_call_waits_for_a_person_is_made_once_and_a_report_comes_of_it(
    owner: Any, roomy: Llama, folder: Path, settings: Any
) -> None:
    settings.MAX_TOOL_STEPS = 1  # each question takes it long, and it would ask for the same again
    task = working(owner, roomy, folder)
    run_task(task.pk)
    task.refresh_from_db()
    asked = CallRecord.objects.get(key=f"task:{task.pk}:0:step:0")
    assert (asked.provider, asked.model, asked.status) == ("compatible", NAME, "finished"), asked.error
    assert task.status == "waiting", (task.reason, asked.answer)
    assert list(folder.iterdir()) == []  # nothing is done before somebody has said so
    request = ApprovalRequest.objects.get(kind="tool_call", status="pending")
    assert set(request.payload["arguments"]) == {"path"}
    assert "creates the folder" in request.payload["effect"]
    request_decide(owner, request, "approve", arguments={"path": str(folder / "lamps")})
    wake()
    run_task(task.pk)
    run_task(task.pk)
    assert [each.name for each in folder.iterdir()] == ["lamps"]
    assert len(events(task.workflow, "tool.called")) == 1
    made = CallRecord.objects.get(key=f"task:{task.pk}:0:tool:0:0")
    assert (made.status, made.answer["is_error"]) == ("finished", False)
    task.refresh_from_db()
    assert task.status == "done", task.reason
    ended = crank(task.workflow)
    assert ended.status in ("completed", "completed_with_gaps"), ended.reason
    said = (
        task.results.get().body.strip().splitlines()[0]
    )  # a report moves headings and numbers what is cited
    assert said.lstrip("# ")[:40] in ended.report.markdown
