"""Requirements that were delegated, the runs that carry them out, their tasks and results."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from foundation.core.models import BaseModel, Leased, SharedWithGroup, SharedWithUser
from foundation.core.permissions import level_permissions
from knowledge.models import Source, Vault
from personas.models import Persona, PersonaTeam
from plans.models import Plan
from workflows.states import Phase, TaskStatus, WorkflowStatus, phase


class Project(BaseModel):
    """What several workflows serve. Its team and vault are the defaults of its workflows."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="projects")
    name = models.CharField(max_length=200)
    goal = models.TextField(max_length=10_000, blank=True)
    team = models.ForeignKey(
        PersonaTeam, null=True, blank=True, on_delete=models.SET_NULL, related_name="projects"
    )
    vault = models.ForeignKey(
        Vault, null=True, blank=True, on_delete=models.SET_NULL, related_name="projects"
    )
    policy = models.JSONField(default=dict, blank=True)

    holds: ClassVar = {"team": "operate", "vault": "operate"}

    class Meta(BaseModel.Meta):
        permissions = level_permissions("project")

    def __str__(self) -> str:
        return self.name


class Workflow(BaseModel):
    """One requirement, from the commander's words to the report.

    `model` (`provider:model`) takes the place of what its secretaries would think with; empty leaves it to them.
    `resumes_to` is the status that a paused or waiting workflow goes back to; `reason` says why it stopped.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="workflows")
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.SET_NULL, related_name="workflows"
    )
    team = models.ForeignKey(
        PersonaTeam, null=True, blank=True, on_delete=models.SET_NULL, related_name="workflows"
    )
    vault = models.ForeignKey(
        Vault, null=True, blank=True, on_delete=models.SET_NULL, related_name="workflows"
    )
    sources = models.ManyToManyField(Source, related_name="workflows", blank=True)
    plan = models.OneToOneField(Plan, null=True, on_delete=models.SET_NULL, related_name="workflow")
    title = models.CharField(max_length=300)
    requirement = models.TextField()
    language = models.CharField(max_length=5, default="ja")
    budget = models.JSONField(default=dict, blank=True)
    policy = models.JSONField(default=dict, blank=True)
    model = models.CharField(max_length=120, blank=True)
    auto_generate_tasks = models.BooleanField(default=True)
    auto_start = models.BooleanField(default=True)
    auto_approve = models.BooleanField(default=False)
    auto_approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    status = models.CharField(
        max_length=24, choices=WorkflowStatus.choices, default=WorkflowStatus.DRAFT, db_index=True
    )
    resumes_to = models.CharField(max_length=24, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    progress = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    lies_in = ("project",)
    holds: ClassVar = {"plan": "manage"}

    class Meta(BaseModel.Meta):
        permissions = level_permissions("workflow")
        indexes = (
            models.Index(fields=("status", "-created_at", "-id"), name="workflow_newest_of_status"),
            models.Index(fields=("status", "-finished_at", "-id"), name="workflow_back_last"),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def phase(self) -> Phase:
        return phase(self.status, self.resumes_to)

    @property
    def stream(self) -> str:
        return f"workflow:{self.pk}"


class Run(BaseModel, Leased):
    """The engine's hold on a workflow: one LangGraph thread, one lease. It bears the id of its workflow."""

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, related_name="run")
    plan_round = models.PositiveIntegerField(default=0)
    review_round = models.PositiveIntegerField(default=0)

    permitted_through = "workflow"


class Task(BaseModel, Leased):
    """One item of the approved plan, given to one persona; each revision is a LangGraph thread of its own."""

    resource = "task"

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="tasks")
    persona = models.ForeignKey(
        Persona, null=True, blank=True, on_delete=models.SET_NULL, related_name="tasks"
    )
    position = models.PositiveIntegerField()
    key = models.CharField(max_length=40)
    title = models.CharField(max_length=300)
    instructions = models.TextField(blank=True, max_length=20_000)
    role = models.CharField(max_length=300, blank=True)
    depends_on = models.JSONField(default=list, blank=True)
    queries = models.JSONField(default=list, blank=True)
    acceptance = models.JSONField(default=list, blank=True)
    status = models.CharField(
        max_length=12, choices=TaskStatus.choices, default=TaskStatus.PENDING, db_index=True
    )
    revision = models.PositiveIntegerField(default=0)
    comments = models.JSONField(default=list, blank=True)
    reason = models.CharField(max_length=1000, blank=True)
    queued_at = models.DateTimeField(null=True, editable=False)

    permitted_through = "workflow"

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("workflow", "key"), name="one_task_per_key"),)
        ordering = ("position",)

    def __str__(self) -> str:
        return f"{self.key} {self.title}"


class TaskResult(BaseModel):
    """What one revision of a task brought. Never changed.

    `citations` are `{ref, quote, note, note_id, source_id, title, heading, line}`; `passages` what the model was shown.
    """

    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="results")
    revision = models.PositiveIntegerField()
    persona_name = models.CharField(max_length=100)
    model = models.CharField(max_length=120)
    body = models.TextField()
    citations = models.JSONField(default=list)
    passages = models.JSONField(default=list)
    evidence = models.JSONField(default=list)
    gaps = models.JSONField(default=list)

    permitted_through = "task"

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("task", "revision"), name="one_result_per_revision"),)
        ordering = ("-revision",)


class Review(BaseModel):
    """One verdict of the reviewer over all results. Never changed."""

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="reviews")
    round = models.PositiveIntegerField()
    persona_name = models.CharField(max_length=100)
    model = models.CharField(max_length=120)
    verdict = models.JSONField()

    permitted_through = "workflow"

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("workflow", "round"), name="one_review_per_round"),)
        ordering = ("-round",)


class Report(BaseModel):
    """The report that came back. `note_path` is where it stands in the vault, once it was written there."""

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, related_name="report")
    title = models.CharField(max_length=300)
    markdown = models.TextField()
    citations = models.JSONField(default=list)
    gaps = models.JSONField(default=list)
    note_path = models.CharField(max_length=1000, blank=True)

    permitted_through = "workflow"


class ProjectUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Project, on_delete=models.CASCADE)


class ProjectGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Project, on_delete=models.CASCADE)


class WorkflowUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Workflow, on_delete=models.CASCADE)


class WorkflowGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Workflow, on_delete=models.CASCADE)
