"""Lost messages, a full disk, a database that is locked or away: nothing is lost, nothing hangs."""

import errno
import os
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ai_integration.models import CallRecord
from foundation.core import queue
from tests.notes import tree
from tests.stub import Asked, Stub, secretary
from tests.workflows.conftest import House
from tests.workflows.driving import crank, decide, step, task_of, until
from workflows.engine.sweep import sweep
from workflows.models import Task
from workflows.services import workflow_resume
from workflows.states import WorkflowStatus

FINE = (WorkflowStatus.COMPLETED, WorkflowStatus.COMPLETED_WITH_GAPS)
type Stubbed = Callable[..., Stub]


class Messages:
    """What is sent to the queue; nobody receives it."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, tuple[Any, ...]]] = []

    def send(self, name: str, args: tuple[Any, ...]) -> None:
        self.sent.append((name, args))

    def taken(self) -> list[tuple[str, tuple[Any, ...]]]:
        sent, self.sent = self.sent, []
        return sent


@pytest.fixture
def messages(monkeypatch: pytest.MonkeyPatch) -> Messages:
    made = Messages()
    monkeypatch.setattr(queue, "_publish", made.send)
    return made


def test_the_sweep_finds_what_the_queue_forgot(house: House, messages: Messages) -> None:
    workflow = house.by_hand({"a": [], "b": ["a"]})
    run, tasks = str(workflow.pk), "workflows.run_task"
    messages.taken()
    assert sweep(at_start=False) == 1
    assert messages.taken() == [("workflows.advance_run", (run,))]

    workflow = step(workflow)
    messages.taken()
    assert sweep(at_start=False) == 0, "it waits for a person"
    decide(workflow)
    messages.taken()
    assert sweep(at_start=False) == 1
    assert messages.taken() == [("workflows.advance_run", (run,))]

    workflow = step(workflow)
    first = (tasks, (str(task_of(workflow, "a").pk),))
    messages.taken()
    assert sweep(at_start=False) == 0, "it was queued just now"
    assert sweep(at_start=True) == 1
    assert messages.taken() == [first]
    Task.objects.update(queued_at=timezone.now() - timedelta(minutes=1))
    assert sweep(at_start=False) == 1
    assert messages.taken() == [first]
    assert crank(workflow).status in FINE
    assert sweep(at_start=True) == 0, "nothing is left"


@pytest.mark.parametrize("status", ["paused", "cancelled", "failed", "waiting_for_human", "draft"])
def test_the_sweep_leaves_alone_what_stands_still(house: House, status: str) -> None:
    workflow = house.by_hand({"a": []}, auto_approve=True)
    type(workflow).objects.filter(pk=workflow.pk).update(status=status)
    assert sweep(at_start=True) == 0


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("call", ["link", "fsync", "open"])
def test_a_full_disk_keeps_the_report_and_writes_it_later(
    house: House, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    before = tree(house.folder)
    original = getattr(os, call)

    def function(*args: Any, **given: Any) -> Any:
        writing = call != "open" or str(args[0]).startswith(".hisho-")
        return full() if writing else original(*args, **given)

    with monkeypatch.context() as now:
        now.setattr(os, call, function)
        workflow = crank(house.delegate("Report on the new lamp: price and delivery.", auto_approve=True))
    assert (workflow.status, workflow.resumes_to) == ("failed", "reviewing")
    assert workflow.reason
    assert workflow.report.markdown
    assert workflow.report.note_path == ""
    assert tree(house.folder) == before
    made = CallRecord.objects.count()

    workflow_resume(house.user, workflow)
    workflow = crank(workflow)
    assert workflow.status in FINE
    new = {path: text for path, text in tree(house.folder).items() if path not in before}
    assert new == {workflow.report.note_path: workflow.report.markdown.encode()}
    assert CallRecord.objects.count() == made


def test_a_vault_that_is_gone_keeps_the_report_too(house: House) -> None:
    workflow = step(house.by_hand({"a": []}))
    decide(workflow)
    away = house.folder.with_name("unplugged")
    house.folder.rename(away)
    workflow = crank(workflow)
    assert (workflow.status, workflow.resumes_to) == ("failed", "reviewing")
    assert workflow.report.markdown
    away.rename(house.folder)
    workflow_resume(house.user, workflow)
    assert crank(workflow).status in FINE


def _held() -> int:
    """Connections of the pool that somebody has taken out."""
    stats = connection.pool.get_stats()
    return stats["pool_size"] - stats["pool_available"]


def test_no_transaction_and_no_pooled_connection_is_held_while_a_model_thinks(
    house: House, stub: Stubbed
) -> None:
    seen: list[str] = []

    def script(asked: Asked) -> str:
        if connection.vendor == "postgresql":
            # Others of this process may be giving theirs back; what the run holds, it holds until it has its answer.
            until(lambda: _held() <= before, "every connection to be back")
        else:
            other = sqlite3.connect(connection.settings_dict["NAME"], timeout=0)
            other.execute("BEGIN IMMEDIATE")
            other.rollback()
            other.close()
        seen.append(asked.job)
        return secretary(asked)

    stub(script)
    house.use("openai:stub")
    made = house.by_hand({"a": [], "b": ["a"]}, auto_approve=True)
    connection.close()
    before = _held() if connection.vendor == "postgresql" else 0
    workflow = crank(made)
    assert workflow.status in FINE
    assert seen == ["work", "work", "review"]
