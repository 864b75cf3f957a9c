"""Commands by which the commander starts and steers a workflow."""

from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ai_integration.services import budget_set, check_answerable
from foundation.activity.services import record
from foundation.core.actors import SYSTEM, Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.permissions import fetch_given, require, require_permission
from foundation.core.rows import insert
from foundation.core.text import first_line, language_of
from knowledge.models import Source, Vault
from personas.selectors import team_for
from plans.models import Plan
from plans.services import plan_attach, plan_withdraw, policy_check
from plans.states import PLAN, PlanStatus
from workflows.models import Project, Run, Workflow
from workflows.selectors import CARRYING_OUT, OPEN_TASKS
from workflows.services.moves import (
    go_on,
    questions_withdraw,
    run_queue,
    task_again,
    task_move,
    tasks_queue,
    workflow_move,
)
from workflows.states import FINISHED, TaskStatus, WorkflowStatus

MAX_REQUIREMENT = 200_000
FLAGS = ("auto_generate_tasks", "auto_start", "auto_approve")


def requirement_check(requirement: str) -> str:
    """The text as it is kept. Raises Invalid when there is none, or too much."""
    text = requirement.replace("\x00", "").strip()
    if not text:
        raise Invalid(details={"requirement": [_("Say what you need.")]})
    if len(text) > MAX_REQUIREMENT:
        raise Invalid(details={"requirement": [_("At most %d characters.") % MAX_REQUIREMENT]})
    return text


@transaction.atomic
def workflow_create(
    actor: Actor,
    *,
    requirement: str,
    title: str = "",
    project: Any = None,
    team: Any = None,
    vault: Any = None,
    sources: list[Any] | None = None,
    budget: dict[str, Any] | None = None,
    policy: dict[str, Any] | None = None,
    plan: Any = None,
    model: str = "",
    **flags: bool,
) -> Workflow:
    """Take a requirement; `project`, `team`, `vault`, `sources` and `plan` (a draft) are ids. Starts unless `auto_start=False`.

    `policy` goes before the project's. `budget` limits `money` (in yen) and `tokens`. `model` is what everybody in it thinks with.
    `auto_approve` takes somebody who may approve plans, and decisions say so. Raises Invalid, Forbidden.
    """
    require_permission(actor, "workflow:create")
    requirement, flags = requirement_check(requirement), _flags(actor, flags)
    into = _project(actor, project)
    workflow = Workflow(
        owner=actor,
        project=into,
        team=team_for(actor, team or (into.team_id if into else None)),
        vault=_vault(actor, vault or (into.vault_id if into else None)),
        title=title.strip()[:300] or first_line(requirement),
        requirement=requirement,
        language=language_of(requirement),
        budget=budget or {},
        policy=_policy(actor, into, policy),
        model=_model(actor, model),
        auto_approver=actor if flags.get("auto_approve") else None,
        **flags,
    )
    insert(workflow).sources.add(*_sources(actor, sources or []))
    _made(actor, workflow, plan)
    return _begin(actor, workflow) if workflow.auto_start and workflow.auto_generate_tasks else workflow


@transaction.atomic
def workflow_update(actor: Actor, workflow: Workflow, **fields: Any) -> Workflow:
    """Change `title` or the approval `policy`, or move it into another `project` (an id; None takes it out of its project)."""
    workflow = require(actor, "change", Workflow.objects.select_for_update().get(pk=workflow.pk))
    if "title" in fields:
        workflow.title = fields["title"][:300]
    if "project" in fields:
        workflow.project = _project(actor, fields["project"])
    if "policy" in fields:
        workflow.policy = _policy(actor, workflow.project, fields["policy"], before=workflow.policy)
    workflow.save(update_fields=[*fields, "updated_at"])
    record(actor, "workflow.updated", workflow, streams=[workflow.stream], data={"fields": sorted(fields)})
    return workflow


@transaction.atomic
def workflow_start(actor: Actor, workflow: Workflow) -> Workflow:
    """Begin planning. With `auto_generate_tasks=False` the plan is made of the tasks that were added by hand."""
    workflow = _locked(actor, workflow)
    if not workflow.auto_generate_tasks and not workflow.tasks.exclude(status=TaskStatus.CANCELLED).exists():
        raise Conflict(_("Add a task first, or let the team plan."), code="no_tasks")
    return _begin(actor, workflow)


def _begin(actor: Actor, workflow: Workflow) -> Workflow:
    workflow_move(actor, workflow, WorkflowStatus.PLANNING)
    run_queue(workflow)
    return workflow


@transaction.atomic
def workflow_pause(actor: Actor, workflow: Workflow) -> Workflow:
    """Let running calls end, keep their results, and start nothing new."""
    workflow = _locked(actor, workflow)
    if workflow.status == WorkflowStatus.WAITING_FOR_HUMAN:
        return workflow_move(actor, workflow, WorkflowStatus.PAUSED)
    return workflow_move(actor, workflow, WorkflowStatus.PAUSED, resumes_to=workflow.status)


@transaction.atomic
def workflow_resume(actor: Actor, workflow: Workflow) -> Workflow:
    """Go on from where it was paused, waited or failed. When nothing was done, the failed tasks are tried again."""
    workflow = _locked(actor, workflow)
    if workflow.status not in (
        WorkflowStatus.PAUSED,
        WorkflowStatus.WAITING_FOR_HUMAN,
        WorkflowStatus.FAILED,
    ):
        details = {"status": workflow.status}
        raise Conflict(
            _("Only what is paused, waiting or failed can be resumed."),
            code="illegal_transition",
            details=details,
        )
    target = workflow.resumes_to or WorkflowStatus.PLANNING
    workflow_move(actor, workflow, target, reason="", resumes_to="", finished_at=None)
    Run.objects.filter(workflow=workflow).update(attempts=0)
    if target in CARRYING_OUT:
        workflow.tasks.filter(status__in=OPEN_TASKS).update(queued_at=None)
        # Their workers may be gone. A live one still holds the lease, and then this does nothing.
        tasks_queue(workflow.tasks.filter(status=TaskStatus.RUNNING))
        _try_again(actor, workflow)
        go_on(workflow)
    else:
        run_queue(workflow)
    return workflow


def _try_again(actor: Actor, workflow: Workflow) -> None:
    """Without a single result there is nothing to review, so going on can only mean to try again."""
    if workflow.tasks.filter(status__in=(*OPEN_TASKS, TaskStatus.DONE)).exists():
        return
    for task in workflow.tasks.filter(status=TaskStatus.FAILED):
        task.workflow = workflow
        task_again(actor, task)


@transaction.atomic
def workflow_cancel(actor: Actor, workflow: Workflow, *, reason: str = "") -> Workflow:
    """Stop for good. What was found so far is kept."""
    workflow = _locked(actor, workflow)
    workflow_move(actor, workflow, WorkflowStatus.CANCELLED, reason=reason[:1000])
    for task in workflow.tasks.filter(status__in=OPEN_TASKS):
        task.workflow = workflow
        task_move(actor, task, TaskStatus.CANCELLED)
    if workflow.plan and PLAN.allows(workflow.plan.status, PlanStatus.WITHDRAWN):
        plan_withdraw(SYSTEM, workflow.plan)
    questions_withdraw(actor, workflow.pk)
    return workflow


@transaction.atomic
def workflow_delete(actor: Actor, workflow: Workflow) -> None:
    """Delete a workflow that has ended or never began. Notes that it wrote into the vault stay."""
    workflow = require(actor, "delete", Workflow.objects.select_for_update().get(pk=workflow.pk))
    if workflow.status not in (WorkflowStatus.DRAFT, *FINISHED):
        raise Conflict(_("Cancel it first."), code="still_active", details={"status": workflow.status})
    record(actor, "workflow.deleted", workflow, data={"title": workflow.title})
    questions_withdraw(actor, workflow.pk, *workflow.tasks.values_list("pk", flat=True))
    if workflow.plan:
        workflow.plan.delete()
    workflow.delete()


def _project(actor: Actor, project_id: Any) -> Project | None:
    return fetch_given("project", Project.objects.all(), actor, "operate", project_id) if project_id else None


def _bring_along(actor: Actor, workflow: Workflow, plan_id: Any) -> None:
    plan = fetch_given("plan", Plan.objects.all(), actor, "change", plan_id)
    workflow.plan = plan_attach(actor, plan, workflow.pk)
    workflow.save(update_fields=["plan", "updated_at"])


def _policy(actor: Actor, project: Project | None, given: Any, *, before: Any = None) -> dict[str, Any]:
    """A workflow's own policy. Where its project has one, only who may change the project may set another beside it."""
    if not given and not before:
        return {}
    if project is not None and project.policy:
        require(actor, "change", project)
    return policy_check(actor, given or {}, before=before)


def _flags(actor: Actor, flags: dict[str, bool]) -> dict[str, bool]:
    known = {name: flags[name] for name in FLAGS if name in flags}
    if known.get("auto_approve"):
        require_permission(actor, "plan:approve")
    return known


def _made(actor: Actor, workflow: Workflow, plan: Any) -> None:
    if plan:
        _bring_along(actor, workflow, plan)
    insert(Run(pk=workflow.pk, workflow=workflow))
    _limit(actor, workflow)
    record(actor, "workflow.created", workflow, streams=[workflow.stream], data={"title": workflow.title})


def _model(actor: Actor, reference: str) -> str:
    if reference:
        check_answerable(actor, "model", reference)
    return reference


def _limit(actor: Actor, workflow: Workflow) -> None:
    money, tokens = workflow.budget.get("money"), workflow.budget.get("tokens")
    if money or tokens:
        limits = {"money": Decimal(str(money)) if money else None, "tokens": int(tokens) if tokens else None}
        about = {"target": str(workflow.pk), "name": workflow.title}
        budget_set(actor, scope="run", period="total", **about, **limits)


def _vault(actor: Actor, vault_id: Any) -> Vault | None:
    return fetch_given("vault", Vault.objects.all(), actor, "view", vault_id) if vault_id else None


def _sources(actor: Actor, ids: list[Any]) -> list[Source]:
    return [fetch_given("sources", Source.objects.all(), actor, "view", each) for each in ids]


def _locked(actor: Actor, workflow: Workflow) -> Workflow:
    rows = Workflow.objects.select_for_update(of=("self",)).select_related("owner")
    return require(actor, "operate", rows.get(pk=workflow.pk))
