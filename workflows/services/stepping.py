"""Where every step of the engine begins: the workflow, locked, for whoever still holds the lease.

Always the workflow's row first: one order of locks, and siblings that end together see each other.
"""

from uuid import UUID

from django.db.models import QuerySet

from foundation.core.errors import DomainError, LeaseLost
from foundation.core.leases import Lease
from foundation.core.models import recalled
from foundation.core.prepared import Prepared
from workflows.models import Workflow
from workflows.states import FINISHED, WorkflowStatus

STOPPED = (*FINISHED, WorkflowStatus.PAUSED, WorkflowStatus.WAITING_FOR_HUMAN)
# What a step of a run needs of its workflow, read under its lock.
STEPPING = (
    "owner",
    "team",
    "vault",
    "plan",
    "auto_approver",
    "auto_generate_tasks",
    "title",
    "status",
    "reason",
    "progress",
)


def _held(pk: UUID, fence: int, owner: str) -> QuerySet[Workflow]:
    rows = Workflow.objects.filter(pk=pk, run__fence=fence, run__lease_owner=owner).order_by()
    rows = rows.select_related("run").only(*STEPPING, "started_at", "run__fence")
    return rows.select_for_update(of=("self", "run"))


_stepping = Prepared(_held, UUID, int, str)
_alone = Prepared(
    lambda pk: (
        Workflow.objects.select_for_update().only("owner", "status", "progress").filter(pk=pk).order_by()
    ),
    UUID,
)


class Halted(DomainError):
    """A person paused, cancelled or otherwise stopped the workflow; the engine leaves it where it is."""

    code = "halted"


def locked(lease: Lease, workflow_id: UUID | str) -> Workflow:
    """The workflow and its run, locked, for a worker that still holds the run's `lease`. Raises LeaseLost, Halted."""
    workflow = next(iter(_stepping(workflow_id, lease.fence, lease.owner)), None)
    if workflow is None:
        raise LeaseLost
    if workflow.status in STOPPED:
        raise Halted(details={"status": workflow.status})
    return recalled(workflow, lease.row and lease.row.workflow, "owner", "team", "vault")


def locked_for_task(workflow_id: UUID) -> Workflow:
    """The workflow, locked, for a worker that ends one of its tasks; in whatever state it may be."""
    [workflow] = _alone(workflow_id)
    return workflow
