"""Commands on projects, workflows, tasks and discussions. The engine's own writes are in `running`, `reporting` and
`talking`.
"""

from workflows.services.discussions import (
    discussion_clarify,
    discussion_create,
    discussion_delete,
    discussion_end,
    discussion_interject,
    discussion_pause,
    discussion_redirect,
    discussion_resume,
    question_begin,
)
from workflows.services.outcomes import (
    discussion_to_workflow,
    minutes_export,
    minutes_save,
    report_export,
)
from workflows.services.projects import project_create, project_delete, project_update
from workflows.services.samples import sample_install, sample_remove
from workflows.services.steering import (
    requirement_check,
    workflow_cancel,
    workflow_create,
    workflow_delete,
    workflow_pause,
    workflow_resume,
    workflow_start,
    workflow_update,
)
from workflows.services.tasks import task_add, task_change, task_retry, task_set_status, task_update

__all__ = [
    "discussion_clarify",
    "discussion_create",
    "discussion_delete",
    "discussion_end",
    "discussion_interject",
    "discussion_pause",
    "discussion_redirect",
    "discussion_resume",
    "discussion_to_workflow",
    "minutes_export",
    "minutes_save",
    "project_create",
    "project_delete",
    "project_update",
    "question_begin",
    "report_export",
    "requirement_check",
    "sample_install",
    "sample_remove",
    "task_add",
    "task_change",
    "task_retry",
    "task_set_status",
    "task_update",
    "workflow_cancel",
    "workflow_create",
    "workflow_delete",
    "workflow_pause",
    "workflow_resume",
    "workflow_start",
    "workflow_update",
]
