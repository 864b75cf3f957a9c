"""Who approves, in words, on the pages of the work that it holds for, and who may change that."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from foundation.core.permissions import may
from plans.contexts import policy_words
from plans.policy import read
from workflows.models import Project, Workflow


@dataclass(frozen=True)
class PolicyTold:
    """`words` are sentences. `project` is where the policy comes from, if it is not the work's own."""

    words: Sequence[str]
    may_change: bool
    project: Project | None = None


def project_policy(project: Project, *, may_change: bool) -> PolicyTold:
    return PolicyTold(policy_words(read(project.policy)), may_change)


def workflow_policy(user: Any, workflow: Workflow) -> PolicyTold:
    project = workflow.project
    inherits = not workflow.policy and project is not None and bool(project.policy)
    policy = project.policy if inherits else workflow.policy
    words = policy_words(read(policy))
    return PolicyTold(words, may_set_policy(user, workflow), project if inherits else None)


def may_set_policy(user: Any, workflow: Workflow) -> bool:
    """Whether they may give the workflow a policy of its own; beside its project's only who may change that too."""
    project = workflow.project
    if not may(user, "change", workflow):
        return False
    return project is None or not project.policy or may(user, "change", project)
