"""`projects/`, `workflows/`, `tasks/` and `discussions/`."""

from workflows.api.views.discussions import DiscussionViewSet
from workflows.api.views.projects import ProjectViewSet
from workflows.api.views.tasks import TaskViewSet
from workflows.api.views.workflows import WorkflowViewSet

__all__ = ["DiscussionViewSet", "ProjectViewSet", "TaskViewSet", "WorkflowViewSet"]
