from django_filters import rest_framework as filters

from foundation.core.api.filters import AnyOf
from workflows.models import Discussion, Project, Task, Workflow
from workflows.states import DiscussionKind, DiscussionStatus, TaskStatus, WorkflowStatus


class ProjectFilter(filters.FilterSet):
    team = filters.UUIDFilter()
    vault = filters.UUIDFilter()

    class Meta:
        model = Project
        fields = ()


class WorkflowFilter(filters.FilterSet):
    status = AnyOf(choices=WorkflowStatus.choices)
    project = filters.UUIDFilter()
    team = filters.UUIDFilter()
    vault = filters.UUIDFilter()

    class Meta:
        model = Workflow
        fields = ()


class TaskFilter(filters.FilterSet):
    workflow = filters.UUIDFilter()
    persona = filters.UUIDFilter()
    status = AnyOf(choices=TaskStatus.choices)

    class Meta:
        model = Task
        fields = ()


class DiscussionFilter(filters.FilterSet):
    status = AnyOf(choices=DiscussionStatus.choices)
    kind = AnyOf(choices=DiscussionKind.choices)
    project = filters.UUIDFilter()
    vault = filters.UUIDFilter()
    participant = filters.UUIDFilter(field_name="seats__persona", label="A persona that takes part.")

    class Meta:
        model = Discussion
        fields = ()
