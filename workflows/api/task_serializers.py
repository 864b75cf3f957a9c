"""Shapes of tasks and of what they brought."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_integration.api.serializers import CallSerializer
from foundation.core.api.serializers import StrictSerializer, Words
from workflows.models import Task, TaskResult
from workflows.selectors import task_calls, task_results
from workflows.states import TaskStatus

KEY = r"^[a-z][a-z0-9_-]{0,39}$"
BY_HAND = (TaskStatus.CANCELLED, TaskStatus.PENDING)


class TaskRow(serializers.ModelSerializer):
    """`depends_on` are keys of other tasks of the same workflow."""

    persona_name = serializers.CharField(source="persona.name", default=None, allow_null=True)
    depends_on = serializers.ListField(child=serializers.CharField())
    queries = serializers.ListField(child=serializers.CharField())
    acceptance = serializers.ListField(child=serializers.CharField())
    comments = serializers.ListField(
        child=serializers.CharField(), help_text="What the reviewer wants mended."
    )

    class Meta:
        model = Task
        fields = (
            "id", "workflow", "position", "key", "title", "instructions", "role", "persona", "persona_name", "depends_on",
            "queries", "acceptance", "status", "revision", "comments", "reason", "created_at", "updated_at",
        )  # fmt: skip


class CitationSerializer(serializers.Serializer):
    ref = serializers.CharField()
    quote = serializers.CharField()
    note = serializers.CharField()
    note_id = serializers.UUIDField(allow_null=True)
    source_id = serializers.UUIDField(allow_null=True)
    title = serializers.CharField(allow_blank=True)
    heading = serializers.CharField(allow_blank=True)
    line = serializers.IntegerField()


class EvidenceSerializer(serializers.Serializer):
    criterion = serializers.CharField()
    met = serializers.BooleanField()
    note = serializers.CharField(allow_blank=True)


class ResultSerializer(serializers.ModelSerializer):
    citations = CitationSerializer(many=True)
    evidence = EvidenceSerializer(many=True)
    gaps = serializers.ListField(child=serializers.CharField())

    class Meta:
        model = TaskResult
        fields = ("revision", "persona_name", "model", "body", "citations", "evidence", "gaps", "created_at")


class TaskSerializer(TaskRow):
    """`results` newest first, one per revision; `citations`, `evidence` and `gaps` are those of the newest."""

    results = serializers.SerializerMethodField()
    citations = serializers.SerializerMethodField()
    evidence = serializers.SerializerMethodField()
    gaps = serializers.SerializerMethodField()
    calls = serializers.SerializerMethodField()

    class Meta(TaskRow.Meta):
        fields = (*TaskRow.Meta.fields, "results", "citations", "evidence", "gaps", "calls")

    @extend_schema_field(ResultSerializer(many=True))
    def get_results(self, task: Task) -> list[dict[str, Any]]:
        return ResultSerializer(self._results(task), many=True).data

    @extend_schema_field(CitationSerializer(many=True))
    def get_citations(self, task: Task) -> list[dict[str, Any]]:
        return self._newest(task, "citations")

    @extend_schema_field(EvidenceSerializer(many=True))
    def get_evidence(self, task: Task) -> list[dict[str, Any]]:
        return self._newest(task, "evidence")

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_gaps(self, task: Task) -> list[str]:
        return self._newest(task, "gaps")

    @extend_schema_field(CallSerializer(many=True))
    def get_calls(self, task: Task) -> list[dict[str, Any]]:
        return CallSerializer(task_calls(task), many=True).data

    def _results(self, task: Task) -> list[TaskResult]:
        if not hasattr(self, "_found"):
            self._found = list(task_results(self.context["request"].user, task))
        return self._found

    def _newest(self, task: Task, name: str) -> list[Any]:
        results = self._results(task)
        return getattr(results[0], name) if results else []


class TaskTexts(StrictSerializer):
    title = serializers.CharField(max_length=300)
    instructions = serializers.CharField(max_length=20_000, allow_blank=True, required=False)
    persona = serializers.UUIDField(required=False, help_text="Who does it; default: whoever has the role.")
    queries = Words(each=300, most=50, required=False)
    acceptance = Words(each=300, most=50, required=False)


class TaskInput(TaskTexts):
    """`depends_on` are keys of tasks that must end first. Without `key` one is made."""

    key = serializers.RegexField(KEY, required=False)
    role = serializers.CharField(max_length=300, allow_blank=True, required=False)
    depends_on = Words(each=40, most=500, required=False)


class TaskChange(TaskTexts):
    """Words and persona of a task that has not begun. By hand a task is only taken out (cancelled) or back in (pending)."""

    title = serializers.CharField(max_length=300, required=False)
    status = serializers.ChoiceField(choices=[(each.value, each.label) for each in BY_HAND], required=False)
