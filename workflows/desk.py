"""What the approval desk must know of workflows and discussions, and what the engine must know of the desk."""

from uuid import UUID

from django.db.models import QuerySet, TextChoices
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from plans.models import ApprovalRequest
from plans.policy import Work
from plans.states import PlanStatus, RequestStatus
from workflows.models import Discussion, Workflow

PLAN_ROUNDS = "plan_rounds"


class PlanWord(TextChoices):
    """What the commander may say when a plan was sent back as often as the policy allows."""

    AGAIN = "another_round", _("Another round")
    STOP = "stop", _("Stop here")


def plan_questions(workflow: Workflow) -> QuerySet[ApprovalRequest]:
    """The questions whether the team shall write the plan once more, newest first."""
    rows = ApprovalRequest.objects.filter(subject_id=workflow.pk, kind=ApprovalRequest.Kind.QUESTION)
    return rows.filter(payload__about=PLAN_ROUNDS).order_by("-created_at", "-id")


def commander_word(workflow: Workflow) -> str:
    """Where the run goes from a plan that was sent back too often; empty while the commander has not spoken.

    A version that they wrote themselves waits for its decision; otherwise they answered, or took the question away.
    """
    if workflow.plan is None or workflow.plan.status != PlanStatus.REVISION_REQUESTED:
        return "await_approval"
    question = plan_questions(workflow).first()
    if question is None or question.status == RequestStatus.PENDING:
        return ""
    return "another_round" if question.answer == PlanWord.AGAIN else "refuse"


def work(subject_id: UUID) -> Work | None:
    """What the approval desk must know of a workflow, or of the workflow of a task."""
    rows = Workflow.objects.select_related("project", "team").order_by()
    # One after the other: asked for either, the database looks at every workflow there is.
    found = (row for which in ({"pk": subject_id}, {"tasks": subject_id}) for row in rows.filter(**which))
    workflow = next(found, None)
    if workflow is None:
        return None
    policy = workflow.policy or (workflow.project.policy if workflow.project else {})
    asks = (
        policy.get("auto") and workflow.team
    )  # only a rule wants to know what those who do the work may use
    tools = workflow.team.members.filter(is_active=True).values_list("tools", flat=True) if asks else ()
    return Work(
        address=reverse("workflow", args=[workflow.pk]),
        title=workflow.title,
        policy=policy,
        tools=frozenset(str(each) for held in tools for each in held),
        writes_vault=workflow.vault_id is not None,
    )


def talk(subject_id: UUID) -> Work | None:
    """What the approval desk must know of a discussion."""
    discussion = Discussion.objects.filter(pk=subject_id).first()
    return discussion and Work(
        reverse("discussion", args=[discussion.pk]), str(discussion), writes_vault=False
    )
