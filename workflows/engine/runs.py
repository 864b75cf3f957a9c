"""Advancing a run: claim it, go to the next stop, look again."""

import logging
from contextlib import suppress
from functools import partial
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from langgraph.errors import GraphDrained
from langgraph.types import Command

from ai_integration.errors import ApprovalRequired
from foundation.core.errors import DomainError, LeaseLost
from foundation.core.leases import Lease, claim, free, kept
from plans.selectors import question_pending
from plans.states import WAITING
from workflows.desk import commander_word
from workflows.engine.graphs import Driven
from workflows.engine.stops import WORKER_LOST, honest, reason_of
from workflows.engine.suspects import claimed
from workflows.graphs.run import COMMANDER_WAIT, PLAN_WAIT, TASKS_WAIT
from workflows.models import Run, Workflow
from workflows.selectors import CARRYING_OUT, THINKING, has_open_tasks, plan_waits
from workflows.services.parking import run_park
from workflows.services.running import workflow_fail
from workflows.services.stepping import Halted
from workflows.states import WorkflowStatus

logger = logging.getLogger(__name__)
WAIT = object()
LAST_STEPS = (
    "report",
    "write_note",
    "refuse",
)  # nothing that anybody did meanwhile makes it go on from there
KNOWN = ("workflow__owner", "workflow__team")


def advance_run(run_id: UUID | str) -> None:
    """Bring the run as far as it goes now. Does nothing when another worker holds it or when it waits for somebody."""
    # A wake-up that came while the lease was held went nowhere, so look again after every release.
    while _due(run_id) and _went_on(run_id):
        pass


def _went_on(run_id: UUID | str) -> bool:
    claim_run = partial(claim, Run, UUID(str(run_id)), related=KNOWN)
    with suppress(LeaseLost), claimed(claim_run) as lease:
        if lease:
            with kept(lease):
                return _advance(lease)
    return False


def _due(run_id: UUID | str) -> bool:
    """Whether there is something to do; a run bears its workflow's id."""
    asked = Workflow.objects.filter(pk=run_id).values_list("status", "auto_approve", "plan")
    status, auto_approve, plan_id = next(iter(asked), ("", False, None))
    if status == WorkflowStatus.AWAITING_APPROVAL:
        decided = bool(plan_id) and (auto_approve or not plan_waits(plan_id))
        return decided and not question_pending(run_id)
    return status in THINKING or (status in CARRYING_OUT and not has_open_tasks(run_id))


def _advance(lease: Lease) -> bool:
    """Go to the next stop; False when there was nothing to do, or when the rest is for another process."""
    run = lease.row
    with translation.override(run.workflow.language):
        try:
            return _drive(lease, run)
        except GraphDrained:
            return False
        except Halted:
            return True
        except LeaseLost:
            raise
        except ApprovalRequired as error:
            _park(lease, run, error)
            return True
        except Exception as error:  # noqa: BLE001 - `honest` raises again what may pass
            _stop(lease, run, honest(error, run.attempts))
            return True


def _drive(lease: Lease, run: Run) -> bool:
    if run.attempts > settings.MAX_ATTEMPTS_WITHOUT_PROGRESS:
        raise DomainError(WORKER_LOST, code="worker_lost")
    driven = Driven("run", f"run:{run.pk}", lease, attempts=run.attempts)
    given = _next_input(driven, run.workflow)
    if given is WAIT:
        return False
    return driven.go(given) not in LAST_STEPS


def _park(lease: Lease, run: Run, error: ApprovalRequired) -> None:
    with suppress(Halted):
        run_park(lease, run.workflow_id, error)


def _stop(lease: Lease, run: Run, error: DomainError) -> None:
    logger.warning("Run %s stops: %s", run.pk, error)
    with suppress(Halted):
        workflow_fail(lease, run.workflow_id, reason_of(error))


def _next_input(driven: Driven, workflow: Workflow) -> Any:
    """What the graph is to be given now, judged by what the database says; WAIT when there is nothing yet."""
    state = driven.state()
    if not state.values:
        return {"workflow": str(workflow.pk), "plan_round": 0, "review_round": 0, "call": ""}
    if not state.interrupts:
        return None if driven.is_midway(state) else WAIT
    waits_for = state.interrupts[0]
    if waits_for.value["kind"] == PLAN_WAIT and workflow.plan and workflow.plan.status not in WAITING:
        return Command(resume={waits_for.id: workflow.plan.status})
    if waits_for.value["kind"] == COMMANDER_WAIT and (word := commander_word(workflow)):
        return Command(resume={waits_for.id: word})
    if waits_for.value["kind"] == TASKS_WAIT and not has_open_tasks(workflow.pk):
        return Command(resume={waits_for.id: "ended"})
    return WAIT


def wake(event: dict[str, Any]) -> None:
    """Advance the run of the workflow that a decision was about. Whoever holds it looks again after the release."""
    subject = event.get("data", {}).get("subject_id")
    if Run.objects.filter(free(), pk=subject).exists():
        advance_run(subject)
