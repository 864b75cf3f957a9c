"""What the approval desk keeps beside plans and requests: comments, templates, seats, votes, timers."""

from django.conf import settings
from django.db import models

from foundation.accounts.models import Role, Team
from foundation.core.models import BaseModel
from plans.models.plans import ApprovalRequest, ForApproversOfPlan, Plan, PlanVersion


class PlanComment(BaseModel):
    """What somebody said about one version, or about one of its items, and what its author did about it.

    `number` counts within the plan. `answered_in` is the later version that came with the answer; `followed` is false where
    its author says that the comment was not followed.
    """

    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="comments")
    version = models.ForeignKey(PlanVersion, on_delete=models.CASCADE, related_name="comments")
    number = models.PositiveIntegerField()
    item = models.CharField(max_length=40, blank=True)
    text = models.TextField(max_length=5000)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_name = models.CharField(max_length=150)
    asks_change = models.BooleanField(default=False)
    answered_in = models.ForeignKey(PlanVersion, null=True, on_delete=models.SET_NULL, related_name="answers")
    answered_by = models.CharField(max_length=150, blank=True)
    answer = models.TextField(blank=True, max_length=2000)
    followed = models.BooleanField(null=True)

    permitted_through = "plan"
    objects = ForApproversOfPlan.as_manager()

    class Meta(BaseModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("plan", "number"), name="one_plan_comment_per_number"),
        )
        ordering = ("number",)

    def __str__(self) -> str:
        return self.text[:80]


class PlanTemplate(BaseModel):
    """A plan to start from, saved from one that was made before."""

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="plan_templates"
    )
    name = models.CharField(max_length=200)
    content = models.JSONField()

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("owner", "name"), name="one_plan_template_per_name"),)

    def __str__(self) -> str:
        return self.name


class Seat(BaseModel):
    """Who decides at one step of a request: a person, whoever has a role, or whoever is in a team."""

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="seats")
    step = models.PositiveSmallIntegerField()
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="seats"
    )
    role = models.ForeignKey(Role, null=True, on_delete=models.CASCADE, related_name="seats")
    team = models.ForeignKey(Team, null=True, on_delete=models.CASCADE, related_name="seats")
    handed_over_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )

    permitted_through = "request"

    class Meta(BaseModel.Meta):
        ordering = ("step", "created_at", "id")
        indexes = (models.Index(fields=("user", "request"), name="seat_of_user"),)

    def __str__(self) -> str:
        return str(self.user or self.role or self.team or "")


class Vote(BaseModel):
    """One decision of one person about a request, on the content with this hash. Never changed, but it may be taken back.

    `via` says by which face it came (page, api, link, terminal, rule, deadline) and `address` from where. `rule` is the rule
    by which an `automatic` one was made.
    """

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    user_name = models.CharField(max_length=150)
    step = models.PositiveSmallIntegerField(default=0)
    decision = models.CharField(max_length=20)
    comment = models.TextField(blank=True, max_length=5000)
    content_hash = models.CharField(max_length=64)
    via = models.CharField(max_length=10, blank=True)
    address = models.GenericIPAddressField(null=True)
    automatic = models.BooleanField(default=False)
    rule = models.JSONField(default=dict)
    withdrawn_at = models.DateTimeField(null=True)

    permitted_through = "request"

    class Meta(BaseModel.Meta):
        ordering = ("created_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("request", "step", "user"),
                condition=models.Q(withdrawn_at=None),
                name="one_standing_vote_per_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user_name}: {self.decision}"


class Timer(BaseModel):
    """Something that is to happen to a request at a certain time. The sweep reads these rows; each fires once.

    `people` looks whether there are still enough people who may decide, and comes round again.
    """

    class Kind(models.TextChoices):
        REMIND = "remind"
        DEADLINE = "deadline"
        PEOPLE = "people"

    request = models.ForeignKey(ApprovalRequest, on_delete=models.CASCADE, related_name="timers")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    due_at = models.DateTimeField()
    fired_at = models.DateTimeField(null=True)

    permitted_through = "request"

    class Meta(BaseModel.Meta):
        ordering = ("due_at", "id")
        indexes = (models.Index(fields=("due_at",), condition=models.Q(fired_at=None), name="timer_due"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"
