"""Delegated work, and discussions."""

from workflows.models.discussions import (
    Discussion,
    DiscussionGroupPermission,
    DiscussionMessage,
    DiscussionUserPermission,
    Minutes,
    Participant,
)
from workflows.models.work import (
    Project,
    ProjectGroupPermission,
    ProjectUserPermission,
    Report,
    Review,
    Run,
    Task,
    TaskResult,
    Workflow,
    WorkflowGroupPermission,
    WorkflowUserPermission,
)

__all__ = [
    "Discussion",
    "DiscussionGroupPermission",
    "DiscussionMessage",
    "DiscussionUserPermission",
    "Minutes",
    "Participant",
    "Project",
    "ProjectGroupPermission",
    "ProjectUserPermission",
    "Report",
    "Review",
    "Run",
    "Task",
    "TaskResult",
    "Workflow",
    "WorkflowGroupPermission",
    "WorkflowUserPermission",
]
