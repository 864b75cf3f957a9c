"""Shapes of projects and workflows. Those of tasks stand in `task_serializers`."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from foundation.core.api.serializers import Ids, SmallObject, StrictSerializer
from workflows.models import Project, Report, Workflow
from workflows.selectors import task_counts, workflows_of
from workflows.services.steering import MAX_REQUIREMENT
from workflows.states import Phase, TaskStatus

LAST_SEQ = 2**63 - 1
MOST_EVENTS = 200
SHOWN_WORKFLOWS = 50


class Phased(serializers.ModelSerializer):
    phase = serializers.ChoiceField(choices=Phase.choices)


class WorkflowRow(Phased):
    """A workflow in a list. `report` says whether the report is there."""

    report = serializers.SerializerMethodField()

    class Meta:
        model = Workflow
        fields = (
            "id", "owner", "title", "status", "phase", "progress", "reason", "project", "team", "vault", "plan", "report",
            "created_at", "updated_at", "started_at", "finished_at",
        )  # fmt: skip

    def get_report(self, workflow: Workflow) -> bool:
        return hasattr(workflow, "report")


class TaskCounts(serializers.Serializer):
    def get_fields(self) -> dict[str, serializers.Field]:
        return {status: serializers.IntegerField() for status in TaskStatus.values}


class WorkflowSerializer(WorkflowRow):
    sources = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    budget = serializers.DictField(child=serializers.FloatField())
    policy = serializers.DictField()
    task_counts = serializers.SerializerMethodField()

    class Meta(WorkflowRow.Meta):
        fields = (
            *WorkflowRow.Meta.fields, "requirement", "language", "sources", "budget", "model", "policy", "auto_generate_tasks",
            "auto_start",
            "auto_approve", "task_counts",
        )  # fmt: skip

    @extend_schema_field(TaskCounts)
    def get_task_counts(self, workflow: Workflow) -> dict[str, int]:
        return task_counts(workflow)


class WorkflowInput(StrictSerializer):
    """What is delegated. Without `team` and `vault` those of the project, then your default team; `sources` may be cited too.

    `budget` limits what it may spend: `money` (in yen) and `tokens`. `model` is what all in it think with. `policy` says who
    approves the plan, instead of the project's policy; `plan` is a draft of yours that is to be carried out.
    """

    requirement = serializers.CharField(max_length=MAX_REQUIREMENT)
    title = serializers.CharField(max_length=300, allow_blank=True, required=False)
    project = serializers.UUIDField(allow_null=True, required=False)
    team = serializers.UUIDField(allow_null=True, required=False)
    vault = serializers.UUIDField(allow_null=True, required=False)
    sources = Ids(most=50, required=False)
    budget = serializers.DictField(
        child=serializers.FloatField(min_value=0, max_value=1e12), allow_null=True, required=False
    )
    policy = SmallObject(required=False, allow_null=True)
    plan = serializers.UUIDField(allow_null=True, required=False)
    model = serializers.CharField(max_length=120, allow_blank=True, required=False)
    auto_generate_tasks = serializers.BooleanField(required=False)
    auto_start = serializers.BooleanField(required=False)
    auto_approve = serializers.BooleanField(required=False)

    def validate_budget(self, budget: dict[str, float] | None) -> dict[str, float]:
        return SmallObject().to_internal_value(budget or {})


class WorkflowChange(StrictSerializer):
    title = serializers.CharField(max_length=300, required=False)
    project = serializers.UUIDField(allow_null=True, required=False)
    policy = SmallObject(required=False)


class CancelInput(StrictSerializer):
    reason = serializers.CharField(max_length=1000, allow_blank=True, required=False)


class ReportSerializer(serializers.ModelSerializer):
    """`note_path` is where the report stands in the vault; empty when there is none."""

    citations = serializers.ListField(child=serializers.DictField())
    gaps = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = Report
        fields = ("title", "markdown", "citations", "gaps", "note_path")


class EventsQuery(serializers.Serializer):
    after = serializers.IntegerField(
        min_value=0, max_value=LAST_SEQ, default=0, help_text="The last `seq` that you have."
    )
    limit = serializers.IntegerField(default=MOST_EVENTS, help_text=f"At most {MOST_EVENTS}.")

    def validate_limit(self, limit: int) -> int:
        return min(limit, MOST_EVENTS) if limit > 0 else MOST_EVENTS


class EventSerializer(serializers.Serializer):
    seq = serializers.IntegerField()
    priority = serializers.ChoiceField(choices=["high", "normal", "low"])
    event = serializers.DictField(help_text="`{type, id, object: {kind, id}, from?, to?, at, data?}`")


class EventsSerializer(serializers.Serializer):
    """`seq` is the stream's last one. When `epoch` is not the one you know, history was lost: read everything again."""

    epoch = serializers.CharField(allow_blank=True)
    seq = serializers.IntegerField()
    results = EventSerializer(many=True)


class NodeSerializer(serializers.Serializer):
    id = serializers.UUIDField()
    key = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=TaskStatus.choices)
    persona = serializers.CharField(allow_null=True)
    revision = serializers.IntegerField()


class GraphSerializer(serializers.Serializer):
    """`edges` are pairs of keys: what must end first, what waits for it."""

    nodes = NodeSerializer(many=True)
    edges = serializers.ListField(
        child=serializers.ListField(child=serializers.CharField(), min_length=2, max_length=2)
    )


class ProjectRow(serializers.ModelSerializer):
    """`progress` is the mean of the workflows', in percent; 0 while there is none."""

    policy = serializers.DictField()
    workflow_count = serializers.IntegerField()
    finished_count = serializers.IntegerField()
    progress = serializers.SerializerMethodField()

    class Meta:
        model = Project
        fields = (
            "id", "owner", "name", "goal", "team", "vault", "policy", "workflow_count", "finished_count", "progress",
            "created_at", "updated_at",
        )  # fmt: skip

    def get_progress(self, project: Project) -> int:
        return round(project.progress or 0)


class ProjectWorkflow(Phased):
    class Meta:
        model = Workflow
        fields = ("id", "title", "status", "phase", "progress", "plan")


class ProjectSerializer(ProjectRow):
    """`workflows` are the 50 newest that you may see; the rest come from `workflows/?project=`."""

    workflows = serializers.SerializerMethodField()

    class Meta(ProjectRow.Meta):
        fields = (*ProjectRow.Meta.fields, "workflows")

    @extend_schema_field(ProjectWorkflow(many=True))
    def get_workflows(self, project: Project) -> list[dict[str, Any]]:
        rows = workflows_of(self.context["request"].user, project)[:SHOWN_WORKFLOWS]
        return ProjectWorkflow(rows, many=True).data


class ProjectInput(StrictSerializer):
    name = serializers.CharField(max_length=200)
    goal = serializers.CharField(max_length=10_000, allow_blank=True, required=False)
    team = serializers.UUIDField(allow_null=True, required=False)
    vault = serializers.UUIDField(allow_null=True, required=False)
    policy = SmallObject(required=False)


class ProjectWhole(ProjectInput):
    """A project that replaces the old one: what is not said is empty."""

    goal = serializers.CharField(max_length=10_000, allow_blank=True, default="")
    team = serializers.UUIDField(allow_null=True, default=None)
    vault = serializers.UUIDField(allow_null=True, default=None)
    policy = SmallObject(default=dict)
