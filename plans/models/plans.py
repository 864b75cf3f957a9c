"""Plans, their immutable versions, and everything that waits for a human."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from foundation.core.models import BaseModel, SharedWithGroup, SharedWithUser
from foundation.core.permissions import PermittedQuerySet, level_permissions, permission_q
from personas.models import Persona, PersonaTeam
from plans.states import OnDeadline, PlanStatus, RequestStatus


class ForApprovers(PermittedQuerySet):
    """Whoever is asked for a decision sees what it is about, whatever else they may see."""

    to_plan = "pk"

    def permitted(self, user: Any, action: str = "view") -> Self:
        rows = super().permitted(user, action)
        if action != "view" or getattr(user, "pk", None) is None or user.is_superuser or not user.is_active:
            return rows
        asked = ApprovalRequest._base_manager.filter(
            Q(asked_of=user) | Q(pk__in=seats_of(user).values("request"))
        )
        return self.filter(
            permission_q(self.model, user, action) | Q(**{f"{self.to_plan}__in": asked.values("plan")})
        )


class ForApproversOfPlan(ForApprovers):
    to_plan = "plan"


def after_every_deadline() -> datetime:
    """Where what has no deadline stands in the inbox: behind what has one, oldest first."""
    return timezone.now() + timedelta(days=365_000)


def seats_of(user: Any) -> QuerySet:
    """The seats that `user` has, by name, by role or by team."""
    groups = user.groups.order_by().values("pk")
    of_user = Q(user=user) | Q(role__group__in=groups) | Q(team__group__in=groups)
    return ApprovalRequest._meta.get_field("seats").related_model._base_manager.filter(of_user)


class Plan(BaseModel):
    """What is going to be done, waiting for or bound to a decision.

    `subject_id` is the id of the work that the plan is for; the rooms above know what kind of work that is. `team` is who
    will do it: an item may only ask for a role that somebody there has.
    """

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="plans")
    subject_id = models.UUIDField(null=True, blank=True, db_index=True)
    team = models.ForeignKey(
        PersonaTeam, null=True, blank=True, on_delete=models.SET_NULL, related_name="plans"
    )
    title = models.CharField(max_length=300)
    status = models.CharField(
        max_length=20, choices=PlanStatus.choices, default=PlanStatus.DRAFT, db_index=True
    )
    current = models.ForeignKey("PlanVersion", null=True, on_delete=models.RESTRICT, related_name="+")

    objects = ForApprovers.as_manager()

    codes_too: ClassVar = {"approve": "plan:approve"}

    class Meta(BaseModel.Meta):
        permissions = level_permissions("plan")

    def __str__(self) -> str:
        return self.title


class PlanVersion(BaseModel):
    """One immutable version. `content_hash` is the SHA-256 of the canonical JSON of `content` (a `PlanDraft`)."""

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    content = models.JSONField()
    content_hash = models.CharField(max_length=64)
    author_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_persona = models.ForeignKey(Persona, null=True, on_delete=models.SET_NULL, related_name="+")
    unique_key = models.CharField(max_length=120, null=True, unique=True, editable=False)  # noqa: DJ001 - null is not unique

    permitted_through = "plan"
    objects = ForApproversOfPlan.as_manager()

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("plan", "number"), name="one_version_per_number"),)
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"{self.plan} v{self.number}"


class ApprovalRequest(BaseModel):
    """Something that waits for a human. One pending request per subject and kind, with a terminal state.

    `seated`: only those in its seats of the current `step` decide; otherwise whoever was asked and whoever may approve.
    `policy` is the policy as it stood when the question was asked. `sorts_at` puts what has a deadline before what has none.
    """

    resource = "approval"

    class Kind(models.TextChoices):
        PLAN = "plan"
        TOOL_CALL = "tool_call"
        BUDGET = "budget"
        UNKNOWN_EFFECT = "unknown_effect"
        QUESTION = "question"

    class Subject(models.TextChoices):
        """What `subject_id` is the id of. A plan is its own subject while it stands alone."""

        WORKFLOW = "workflow"
        TASK = "task"
        DISCUSSION = "discussion"
        PLAN = "plan"

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="approval_requests"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    status = models.CharField(
        max_length=20, choices=RequestStatus.choices, default=RequestStatus.PENDING, db_index=True
    )
    title = models.CharField(max_length=300)
    subject_id = models.UUIDField(db_index=True)
    subject_kind = models.CharField(
        max_length=10, choices=Subject.choices, default=Subject.WORKFLOW, editable=False
    )
    plan = models.ForeignKey(Plan, null=True, on_delete=models.CASCADE, related_name="requests")
    version = models.ForeignKey(PlanVersion, null=True, on_delete=models.CASCADE, related_name="requests")
    content_hash = models.CharField(max_length=64)
    payload = models.JSONField(default=dict)
    asked_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="asked"
    )
    seated = models.BooleanField(default=False)
    step = models.PositiveSmallIntegerField(default=0)
    bars_author = models.BooleanField(default=False)
    policy = models.JSONField(default=dict)
    deadline = models.DateTimeField(null=True)
    on_deadline = models.CharField(
        max_length=10, choices=OnDeadline.choices, default=OnDeadline.WAIT, editable=False
    )
    sorts_at = models.DateTimeField(default=after_every_deadline, editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    automatic = models.BooleanField(default=False)
    answer = models.TextField(blank=True)
    comment = models.TextField(blank=True, max_length=5000)

    codes_too: ClassVar = {"approve": "approval:decide"}

    class Meta(BaseModel.Meta):
        permissions = level_permissions("approvalrequest")
        indexes = (
            models.Index(fields=("status", "sorts_at", "id"), name="approval_oldest_deadline"),
            models.Index(fields=("status", "seated"), name="approval_without_seats"),
        )
        constraints = (
            models.UniqueConstraint(
                fields=("subject_id", "kind"),
                condition=models.Q(status=RequestStatus.PENDING),
                name="one_pending_request_per_subject_and_kind",
            ),
        )

    def __str__(self) -> str:
        return self.title

    @property
    def workflow_id(self) -> Any:
        """The workflow that it stops; None for a discussion, and for a plan that stands alone."""
        if self.subject_kind == self.Subject.TASK:
            return self.payload.get("workflow")
        return self.subject_id if self.subject_kind == self.Subject.WORKFLOW else None


class PlanUserPermission(SharedWithUser):
    content_object = models.ForeignKey(Plan, on_delete=models.CASCADE)


class PlanGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(Plan, on_delete=models.CASCADE)


class ApprovalRequestUserPermission(SharedWithUser):
    content_object = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE)


class ApprovalRequestGroupPermission(SharedWithGroup):
    content_object = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE)
