from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foundation.core.api.schema import tagged
from foundation.core.api.views import ReadViewSet
from workflows import selectors, services
from workflows.api import task_serializers as serializers
from workflows.api.filters import TaskFilter
from workflows.models import Task


@tagged("タスク / Tasks")
class TaskViewSet(ReadViewSet):
    """Items of the approved plan, each given to one persona. New ones are added at `workflows/{id}/tasks/`."""

    serializer_class = serializers.TaskSerializer
    filterset_class = TaskFilter
    search_fields = ("title", "key", "role")
    rights: ClassVar = {"partial_update": "operate", "retry": "operate"}

    def rows(self, user: Any) -> QuerySet[Task]:
        return selectors.tasks(user)

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.TaskRow if self.action == "list" else serializers.TaskSerializer

    @extend_schema(request=serializers.TaskChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the words of a task that has not begun, give it to another persona, take it out or back in."""
        task = self.get_object()
        changes = self.checked(serializers.TaskChange)
        return self.shown(services.task_change(request.user, task, **changes))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> Response:
        """Do a failed or cancelled task again."""
        return self.shown(services.task_retry(request.user, self.get_object()))
