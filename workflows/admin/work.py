"""Projects, workflows and tasks are steered by commands; runs, results, reviews and reports are the engine's."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from foundation.accounts.admin import Sharing
from foundation.core.admin import ReadOnlyAdmin, ServiceAdmin, command
from foundation.core.forms import LinesField
from workflows import services
from workflows.models import Project, Report, Review, Run, Task, TaskResult, Workflow
from workflows.states import TaskStatus


@admin.register(Project)
class ProjectAdmin(Sharing, ServiceAdmin):
    resource = "project"
    list_display = ("name", "owner", "team", "vault", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("owner", "team", "vault")
    search_fields = ("name", "goal", "owner__username")
    autocomplete_fields = ("team", "vault")

    def get_fields(self, request: HttpRequest, obj: Project | None = None) -> tuple[str, ...]:
        return ("name", "goal", "team", "vault", "policy", *self.get_readonly_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Project | None = None) -> tuple[str, ...]:
        return (*(("owner",) if obj else ()), *super().get_readonly_fields(request, obj))

    def create(self, actor: Any, **fields: Any) -> Project:
        return services.project_create(actor, **fields)

    def update(self, actor: Any, obj: Project, **changes: Any) -> None:
        services.project_update(actor, obj, **changes)

    def delete(self, actor: Any, obj: Project) -> None:
        services.project_delete(actor, obj)


class WorkflowForm(ModelForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "title" in self.fields and self.instance._state.adding:
            self.fields["title"].required = False  # the requirement's first line serves


@admin.register(Workflow)
class WorkflowAdmin(Sharing, ServiceAdmin):
    resource = "workflow"
    form = WorkflowForm
    list_display = ("title", "status", "progress", "owner", "project", "created_at", "finished_at")
    list_filter = ("status", "auto_approve", "created_at")
    list_select_related = ("owner", "project")
    search_fields = ("title", "owner__username", "project__name")
    autocomplete_fields = ("project", "team", "vault", "sources")
    actions = ("start", "pause", "resume", "cancel")
    new = (
        "requirement",
        "title",
        "project",
        "team",
        "vault",
        "sources",
        "auto_generate_tasks",
        "auto_start",
        "auto_approve",
    )
    changeable = ("title", "project")

    def get_fields(self, request: HttpRequest, obj: Workflow | None = None) -> tuple[str, ...]:
        return (*self.changeable, *self.get_readonly_fields(request, obj)) if obj else self.new

    def get_readonly_fields(self, request: HttpRequest, obj: Workflow | None = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        names = [*self.opts.concrete_fields, *self.opts.many_to_many]
        return tuple(field.name for field in names if field.name not in self.changeable)

    def create(self, actor: Any, **fields: Any) -> Workflow:
        return services.workflow_create(actor, **fields)

    def update(self, actor: Any, obj: Workflow, **changes: Any) -> None:
        services.workflow_update(actor, obj, **changes)

    def delete(self, actor: Any, obj: Workflow) -> None:
        services.workflow_delete(actor, obj)

    @command(_("Start"))
    def start(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        self.with_each(request, queryset, services.workflow_start)

    @command(_("Pause"))
    def pause(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        self.with_each(request, queryset, services.workflow_pause)

    @command(_("Resume"))
    def resume(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        self.with_each(request, queryset, services.workflow_resume)

    @command(_("Cancel"))
    def cancel(self, request: HttpRequest, queryset: QuerySet[Workflow]) -> None:
        self.with_each(request, queryset, services.workflow_cancel)


class TaskForm(ModelForm):
    queries = LinesField(label=_("Queries"), required=False, help_text=_("One to a line."))
    acceptance = LinesField(label=_("Acceptance criteria"), required=False, help_text=_("One to a line."))


@admin.register(Task)
class TaskAdmin(ServiceAdmin):
    resource = "task"
    form = TaskForm
    list_display = ("key", "title", "workflow", "status", "persona", "revision", "attempts", "updated_at")
    list_filter = ("status", "updated_at")
    list_select_related = ("workflow", "persona")
    search_fields = ("key", "title", "workflow__title")
    autocomplete_fields = ("persona",)
    actions = ("take_out", "take_back", "retry")
    changeable = ("title", "instructions", "persona", "queries", "acceptance")

    def get_fields(self, request: HttpRequest, obj: Task | None = None) -> tuple[str, ...]:
        return (*self.changeable, *self.get_readonly_fields(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Task | None = None) -> tuple[str, ...]:
        return tuple(each.name for each in self.opts.concrete_fields if each.name not in self.changeable)

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "change", obj)

    def update(self, actor: Any, obj: Task, **changes: Any) -> None:
        services.task_update(actor, obj, **changes)

    @command(_("Take out"))
    def take_out(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self.with_each(
            request, queryset, lambda actor, task: services.task_set_status(actor, task, TaskStatus.CANCELLED)
        )

    @command(_("Take back in"))
    def take_back(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self.with_each(
            request, queryset, lambda actor, task: services.task_set_status(actor, task, TaskStatus.PENDING)
        )

    @command(_("Try again"))
    def retry(self, request: HttpRequest, queryset: QuerySet[Task]) -> None:
        self.with_each(request, queryset, services.task_retry)


@admin.register(Run)
class RunAdmin(ReadOnlyAdmin):
    resource = "workflow"
    list_display = ("workflow", "plan_round", "review_round", "attempts", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("workflow",)
    search_fields = ("workflow__title",)


@admin.register(TaskResult)
class TaskResultAdmin(ReadOnlyAdmin):
    resource = "task"
    list_display = ("task", "revision", "persona_name", "model", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("task",)
    search_fields = ("task__title", "persona_name")


@admin.register(Review)
class ReviewAdmin(ReadOnlyAdmin):
    resource = "workflow"
    list_display = ("workflow", "round", "persona_name", "model", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("workflow",)
    search_fields = ("workflow__title", "persona_name")


@admin.register(Report)
class ReportAdmin(ReadOnlyAdmin):
    resource = "workflow"
    list_display = ("title", "workflow", "note_path", "created_at")
    list_filter = ("created_at",)
    list_select_related = ("workflow",)
    search_fields = ("title", "workflow__title")
