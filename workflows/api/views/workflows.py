from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from foundation.accounts.api.sharing import Shares
from foundation.activity.idempotency import IdempotentCreate
from foundation.activity.selectors import events_after, stream_position
from foundation.core.api.renderers import MarkdownRenderer
from foundation.core.api.schema import IDEMPOTENCY_KEY, tagged
from foundation.core.errors import NotFound
from workflows import selectors, services
from workflows.api import serializers, task_serializers
from workflows.api.filters import WorkflowFilter
from workflows.models import Workflow


@tagged("ワークフロー / Workflows")
class WorkflowViewSet(IdempotentCreate, Shares):
    """Requirements that were delegated, from the commander's words to the report."""

    serializer_class = serializers.WorkflowSerializer
    filterset_class = WorkflowFilter
    search_fields = ("title", "requirement")
    rights: ClassVar = {
        "partial_update": "change",
        "destroy": "delete",
        "start": "operate",
        "pause": "operate",
        "resume": "operate",
        "cancel": "operate",
        "add_task": "operate",
    }
    codes: ClassVar = {"create": "workflow:create"}

    def rows(self, user: Any) -> QuerySet[Workflow]:
        rows = selectors.workflows(user)
        return rows.defer("requirement") if self.action == "list" else rows

    def get_serializer_class(self) -> type[Serializer]:
        return serializers.WorkflowRow if self.action == "list" else serializers.WorkflowSerializer

    @extend_schema(
        request=serializers.WorkflowInput,
        responses={201: serializers.WorkflowSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    def create(self, request: Request) -> Response:
        """Delegate a requirement. The team plans it at once, unless `auto_start` or `auto_generate_tasks` is false."""
        return super().create(request)

    def create_new(self, request: Request) -> Response:
        workflow = services.workflow_create(request.user, **self.checked(serializers.WorkflowInput))
        return self.shown(workflow, status=201)

    @extend_schema(request=serializers.WorkflowChange)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the title, or the project that it belongs to."""
        workflow = self.get_object()
        fields = self.checked(serializers.WorkflowChange)
        return self.shown(services.workflow_update(request.user, workflow, **fields))

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Delete a workflow that has ended or never began. Notes that it wrote stay in the vault."""
        services.workflow_delete(request.user, self.get_object())
        return Response(status=204)

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, pk: str) -> Response:
        """Begin planning."""
        return self.shown(services.workflow_start(request.user, self.get_object()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def pause(self, request: Request, pk: str) -> Response:
        """Let running calls end, keep their results, start nothing new."""
        return self.shown(services.workflow_pause(request.user, self.get_object()))

    @extend_schema(request=None)
    @action(detail=True, methods=["post"])
    def resume(self, request: Request, pk: str) -> Response:
        """Go on from where it was paused, waited or failed."""
        return self.shown(services.workflow_resume(request.user, self.get_object()))

    @extend_schema(request=serializers.CancelInput)
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, pk: str) -> Response:
        """Stop for good. What was found so far is kept."""
        workflow = self.get_object()
        given = self.checked(serializers.CancelInput)
        return self.shown(services.workflow_cancel(request.user, workflow, **given))

    @extend_schema(responses=task_serializers.TaskRow(many=True), filters=False)
    @action(detail=True)
    def tasks(self, request: Request, pk: str) -> Response:
        """The tasks in the order of the plan."""
        rows = selectors.tasks(request.user).filter(workflow=self.get_object())
        return self.listed(rows, task_serializers.TaskRow, ordering=("position", "id"))

    @extend_schema(
        request=task_serializers.TaskInput,
        responses={201: task_serializers.TaskRow},
        parameters=[IDEMPOTENCY_KEY],
    )
    @tasks.mapping.post
    def add_task(self, request: Request, pk: str) -> Response:
        """Add a task by hand, to a draft or while others run."""
        return self.dispatch_create(request, self._add_task)

    def _add_task(self, request: Request) -> Response:
        workflow = self.get_object()
        task = services.task_add(request.user, workflow, **self.checked(task_serializers.TaskInput))
        return self.answer(task, status=201, serializer=task_serializers.TaskRow)

    @extend_schema(
        responses={
            (200, "text/markdown"): OpenApiTypes.STR,
            (200, "application/json"): serializers.ReportSerializer,
        }
    )
    @action(detail=True, renderer_classes=[MarkdownRenderer, JSONRenderer])
    def report(self, request: Request, pk: str) -> Response:
        """The report as Markdown; as JSON with its citations and gaps for `Accept: application/json`."""
        workflow = self.get_object()
        if request.accepted_renderer.format != "json":
            return Response(services.report_export(request.user, workflow).markdown)
        found = selectors.report(workflow)
        if found is None:
            raise NotFound(_("There is no report yet."), code="no_report")
        return self.answer(found, serializer=serializers.ReportSerializer)

    @extend_schema(
        parameters=[serializers.EventsQuery], responses=serializers.EventsSerializer, filters=False
    )
    @action(detail=True, pagination_class=None)
    def events(self, request: Request, pk: str) -> Response:
        """What happened after `after`, oldest first: the events that the socket carries."""
        stream = self.get_object().stream
        asked = self.asked(serializers.EventsQuery)
        epoch, seq = stream_position(stream)
        results = events_after(stream, asked["after"], limit=asked["limit"])
        return self.answer(
            {"epoch": epoch, "seq": seq, "results": results}, serializer=serializers.EventsSerializer
        )

    @extend_schema(responses=serializers.GraphSerializer)
    @action(detail=True)
    def graph(self, request: Request, pk: str) -> Response:
        """The tasks and what waits for what."""
        return self.answer(selectors.graph(self.get_object()), serializer=serializers.GraphSerializer)
