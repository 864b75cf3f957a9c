"""The sample that a first start shows: one requirement over the sample vault, its plan waiting for a decision."""

from typing import Any

from django.db import transaction

from foundation.core.actors import Actor
from knowledge.selectors import sample_vault
from knowledge.services import sample_vault_install, vault_remove, vault_sync
from workflows.models import Workflow
from workflows.selectors import sample_workflows
from workflows.services.steering import workflow_cancel, workflow_create, workflow_delete
from workflows.states import FINISHED, SAMPLE_REQUIREMENTS, WorkflowStatus


def sample_install(user: Any, *, language: str) -> Workflow:
    """The sample vault, indexed at once so that the first plan has seen it, and the sample requirement over it."""
    vault = sample_vault_install(user)
    vault_sync(vault)
    return workflow_create(user, requirement=SAMPLE_REQUIREMENTS[language], vault=vault.pk)


def sample_remove(actor: Actor) -> None:
    """Take the sample away: its workflow with the report, and the vault from the list. The copied notes stay on the disk."""
    with transaction.atomic():
        for workflow in sample_workflows(actor):
            if workflow.status not in (WorkflowStatus.DRAFT, *FINISHED):
                workflow_cancel(actor, workflow)
            workflow_delete(actor, workflow)
    vault = sample_vault(actor)
    if vault is not None:
        vault_remove(actor, vault)
