"""Carrying out one task: claim it, run its graph, say honestly how it ended."""

import logging
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from langgraph.errors import GraphDrained

from ai_integration.errors import ApprovalRequired
from ai_integration.selectors import answers_on_record
from foundation.core.errors import DomainError, LeaseLost
from foundation.core.leases import Lease, kept
from workflows.engine.checkpoints import has_begun
from workflows.engine.graphs import Driven
from workflows.engine.stops import WORKER_LOST, honest, reason_of
from workflows.engine.suspects import claimed
from workflows.graphs.state import Held, TaskState
from workflows.graphs.task import is_one_step, write
from workflows.models import Task
from workflows.services import tool_parking
from workflows.services.parking import task_park
from workflows.services.running import task_fail, task_start
from workflows.services.stepping import Halted

logger = logging.getLogger(__name__)


def run_task(task_id: UUID | str) -> None:
    """Carry the task out. Does nothing when another worker holds it or when it is not to be done (any more)."""
    start = partial(task_start, UUID(str(task_id)))
    with suppress(LeaseLost, Halted), claimed(start) as lease:
        if lease:
            with kept(lease):
                _carry_out(lease)


def wake(event: dict[str, Any]) -> None:
    """Let the task or the discussion go on that a decision was about, if it was about a call."""
    data = event.get("data", {})
    if data.get("kind") in tool_parking.KINDS:
        tool_parking.task_wake(data["subject_id"])
        tool_parking.talk_wake(data["subject_id"])


def _carry_out(lease: Lease) -> None:
    task = lease.row
    with translation.override(task.workflow.language):
        try:
            _drive(lease, task)
        except (Halted, GraphDrained):
            return
        except LeaseLost:
            raise
        except ApprovalRequired as need:
            if need.kind in tool_parking.KINDS:
                tool_parking.task_park(lease, task.workflow_id, need)
            else:
                task_park(lease, need)
        except Exception as error:  # noqa: BLE001 - `honest` raises again what may pass
            stop = honest(error, task.attempts)
            logger.warning("Task %s stops: %s", lease.pk, stop)
            task_fail(lease, reason_of(stop))


def _drive(lease: Lease, task: Task) -> None:
    if task.attempts > settings.MAX_ATTEMPTS_WITHOUT_PROGRESS:
        raise DomainError(WORKER_LOST, code="worker_lost")
    thread = f"task:{task.pk}:{task.revision}"
    begun = lease.fence > 1 and has_begun(thread)  # the first to hold a task need not look
    if not begun and is_one_step(task):
        write(Held(lease))
        return
    reached = partial(answers_on_record, task.workflow_id, f"{thread}:")
    driven = Driven("task", thread, lease, attempts=task.attempts, reached=reached)
    driven.go(None if begun else _first_state(task))


def _first_state(task: Task) -> TaskState:
    return {"workflow": str(task.workflow_id), "task": str(task.pk), "revision": task.revision}
