"""Writing the report: first into the database, then as one new note into the vault."""

from django.db import transaction

from foundation.activity.services import record
from foundation.core.leases import Lease
from foundation.core.permissions import may
from knowledge.services import note_create
from workflows.models import Report, Workflow
from workflows.report_text import Composed
from workflows.selectors import report as workflow_report
from workflows.services.moves import ENGINE, workflow_move
from workflows.services.stepping import locked
from workflows.states import WorkflowStatus


@transaction.atomic
def report_store(lease: Lease, workflow_id: str, composed: Composed, *, ends: bool = False) -> None:
    """Keep the report, so that nothing is lost even when the vault cannot be written. A repeat finds the first.

    `ends` completes the work in the same movement: no note is to be written.
    """
    workflow = locked(lease, workflow_id)
    fields = {
        "title": composed.title,
        "markdown": composed.markdown,
        "citations": composed.citations,
        "gaps": composed.gaps,
    }
    Report.objects.bulk_create([Report(workflow=workflow, **fields)], ignore_conflicts=True)
    if ends:
        _complete(workflow)


def report_write(lease: Lease, workflow: Workflow) -> None:
    """Write the report into the vault's report folder. Idempotent by the run; raises DomainError (disk_full, …).

    The engine never holds more than the person it works for: who may only read the vault finds the report here alone.
    """
    if workflow.vault is None or not may(workflow.owner, "operate", workflow.vault):
        return
    report = workflow_report(workflow)
    if report is None or report.note_path:
        return
    written = note_create(
        ENGINE,
        workflow.vault,
        folder=workflow.vault.report_folder,
        title=report.title,
        markdown=report.markdown,
        unique_key=f"report:{lease.pk}",
    )
    Report.objects.filter(pk=report.pk).update(note_path=written.path)


@transaction.atomic
def workflow_complete(lease: Lease, workflow_id: str) -> None:
    _complete(locked(lease, workflow_id))


def _complete(workflow: Workflow) -> None:
    report = workflow.report
    data = {"note_path": report.note_path, "citations": len(report.citations), "gaps": len(report.gaps)}
    record(ENGINE, "report.written", report, streams=[workflow.stream], data=data)
    done = WorkflowStatus.COMPLETED_WITH_GAPS if report.gaps else WorkflowStatus.COMPLETED
    workflow_move(ENGINE, workflow, done)
