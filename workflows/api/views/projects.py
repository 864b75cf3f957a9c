from typing import Any, ClassVar

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foundation.accounts.api.sharing import Shares
from foundation.activity.idempotency import IdempotentCreate
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from workflows import selectors, services
from workflows.api import serializers
from workflows.api.filters import ProjectFilter
from workflows.models import Project


@tagged("プロジェクト / Projects")
class ProjectViewSet(IdempotentCreate, Shares):
    """What several workflows serve. A project's team and vault are the defaults of its workflows."""

    serializer_class = serializers.ProjectSerializer
    filterset_class = ProjectFilter
    search_fields = ("name", "goal")
    rights: ClassVar = {"update": "change", "partial_update": "change", "destroy": "delete"}
    codes: ClassVar = {"create": "project:create"}

    def rows(self, user: Any) -> QuerySet[Project]:
        return selectors.projects(user)

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.ProjectRow if self.action == "list" else serializers.ProjectSerializer

    @extend_schema(
        request=serializers.ProjectInput,
        responses={201: serializers.ProjectSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        project = services.project_create(request.user, **self.checked(serializers.ProjectInput))
        return self.shown(project, status=201)

    @extend_schema(request=serializers.ProjectWhole)
    def update(self, request: Request, pk: str) -> Response:
        """Replace everything; what is not said is empty."""
        project = self.get_object()
        fields = self.checked(serializers.ProjectWhole)
        return self.shown(services.project_update(request.user, project, **fields))

    @extend_schema(request=serializers.ProjectInput)
    def partial_update(self, request: Request, pk: str) -> Response:
        project = self.get_object()
        fields = self.checked(serializers.ProjectInput, partial=True)
        return self.shown(services.project_update(request.user, project, **fields))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete the project; its workflows stay."""
        services.project_delete(request.user, self.get_object())
        return Response(status=204)
