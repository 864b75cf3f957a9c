"""Writing plans: every submission is a new immutable version, bound to its hash."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from ai_integration.jobs import PlanDraft
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Invalid
from foundation.core.models import recalled
from foundation.core.permissions import require, require_permission
from foundation.core.rows import insert
from personas.models import Persona, PersonaTeam
from personas.selectors import active_members, for_role
from plans.content import content_hash, content_of, parse
from plans.models import ApprovalRequest, Plan, PlanTemplate, PlanVersion
from plans.policy import Policy
from plans.selectors import obstacle, pending_for, question_pending
from plans.services.bound import check_hash, streams_of
from plans.services.comments import comments_answer
from plans.services.requests import request_open, request_withdraw
from plans.services.rules import plan_approve_by_rule, policy_for
from plans.states import PLAN, WAITING, PlanStatus, RequestStatus

Subject = ApprovalRequest.Subject


@dataclass(frozen=True)
class Author:
    """Who wrote a version: a person, a persona, or neither (the engine from the commander's own tasks)."""

    user: Any = None
    persona: Persona | None = None


@transaction.atomic
def plan_create(
    actor: Actor,
    *,
    owner: Any,
    title: str,
    subject_id: UUID | None = None,
    team: PersonaTeam | None = None,
) -> Plan:
    plan = insert(Plan(owner=owner, title=title[:300], subject_id=subject_id, team=team))
    record(actor, "plan.created", plan, streams=streams_of(plan), data={"title": plan.title})
    return plan


@transaction.atomic
def plan_attach(actor: Actor, plan: Plan, subject_id: UUID) -> Plan:
    """Make a draft that stands alone the plan of the work with that id. Raises Conflict `plan_taken`, `plan_empty`."""
    plan = require(actor, "change", Plan.objects.select_for_update().get(pk=plan.pk))
    if plan.subject_id is not None or plan.status != PlanStatus.DRAFT:
        raise Conflict(_("This plan is no free draft any more."), code="plan_taken")
    if plan.current is None:
        raise Conflict(_("An empty plan cannot be submitted."), code="plan_empty")
    plan.subject_id = subject_id
    plan.save(update_fields=["subject_id", "updated_at"])
    record(actor, "plan.attached", plan, streams=streams_of(plan), data={"subject_id": str(subject_id)})
    return plan


@transaction.atomic
def plan_write(
    actor: Actor,
    *,
    content: Any = None,
    team: PersonaTeam | None = None,
    template: PlanTemplate | None = None,
) -> Plan:
    """A draft in the actor's own words, or from a template. Raises Forbidden, Invalid `plan_invalid`."""
    require_permission(actor, "plan:create")
    given = template.content if template is not None else content
    draft = sound(team, given)
    plan = plan_create(actor, owner=actor, title=draft.title, team=team)
    plan_edit(actor, plan, draft, author=Author(user=actor))
    plan.refresh_from_db()
    return plan


@transaction.atomic
def plan_edit(
    actor: Actor,
    plan: Plan,
    draft: PlanDraft,
    *,
    author: Author,
    expected_hash: str = "",
    unique_key: str | None = None,
) -> PlanVersion:
    """A new version of an undecided plan, which goes back to draft; a pending request for the old version is withdrawn.

    With `unique_key` a repeat returns the version that the first call made. Raises Conflict `plan_changed` when
    `expected_hash` is not the current version's, IllegalTransition when the plan is already decided.
    """
    return _edit(actor, _locked(actor, plan), draft, author, expected_hash, unique_key)


@transaction.atomic
def plan_propose(actor: Actor, plan: Plan, draft: PlanDraft, *, author: Author, unique_key: str) -> Plan:
    """A new version, and the question whether it may be carried out: `plan_edit` and `plan_submit` in one movement."""
    plan = _locked(actor, plan)
    _edit(actor, plan, draft, author, "", unique_key)
    return _submit(actor, plan, None)


def _locked(actor: Actor, plan: Plan) -> Plan:
    """The plan, locked, if the actor may change it. A version never changes, so the one at hand need not be read again."""
    fresh = require(actor, "change", Plan.objects.select_for_update().get(pk=plan.pk))
    return recalled(fresh, plan, "owner", "team", "current")


def _edit(
    actor: Actor, plan: Plan, draft: PlanDraft, author: Author, expected_hash: str, unique_key: str | None
) -> PlanVersion:
    existing = PlanVersion.objects.filter(unique_key=unique_key).first() if unique_key else None
    if existing:
        return existing
    check_hash(plan, expected_hash)
    if plan.status != PlanStatus.DRAFT:
        _reopen(actor, plan)
    version = _append(plan, draft, author, unique_key)
    by = author.user or author.persona or actor
    comments_answer(plan, version, draft.answers, by=str(by))
    data = {"version": version.number, "content_hash": version.content_hash}
    record(actor, "plan.edited", plan, streams=streams_of(plan), data=data)
    return version


@transaction.atomic
def plan_revise_by_hand(actor: Actor, plan: Plan, content: Any, *, expected_hash: str = "") -> PlanVersion:
    """A new version in the actor's own words. A plan that waited for a decision waits again, with the same approver.

    Raises Invalid `plan_invalid`, Conflict `plan_changed` (stale `expected_hash`) or `being_revised` (the team is writing
    the next version), IllegalTransition when the plan is already decided.
    """
    plan = _locked(actor, plan)
    check_hash(plan, expected_hash)
    if plan.status == PlanStatus.REVISION_REQUESTED and being_revised(plan):
        raise Conflict(_("The team is writing the next version; edit that one."), code="being_revised")
    draft = sound(plan.team, content)
    before, request = plan.status, plan.requests.filter(status=RequestStatus.PENDING).first()
    version = plan_edit(actor, plan, draft, author=Author(user=actor))
    if before == PlanStatus.REVISION_REQUESTED:
        _answer_by_editing(actor, plan)
    if before == PlanStatus.UNDER_REVIEW and request and request.asked_of:
        plan_request_approval(actor, plan, approver=request.asked_of)
    elif before in (*WAITING, PlanStatus.REVISION_REQUESTED):
        plan_submit(actor, plan, approver=request and request.asked_of)
    return version


@transaction.atomic
def plan_submit(actor: Actor, plan: Plan, *, approver: Any = None) -> Plan:
    """Ask for a decision on the current version; `approver` defaults to the plan's owner. A repeat changes nothing."""
    return _submit(actor, _locked(actor, plan), approver)


def _submit(actor: Actor, plan: Plan, approver: Any) -> Plan:
    if plan.status in WAITING:
        return plan
    if plan.current is None:
        raise Conflict(_("An empty plan cannot be submitted."), code="plan_empty")
    before = PLAN.move(plan, PlanStatus.SUBMITTED)
    policy, work = policy_for(plan)
    request = _ask(actor, plan, approver, policy)
    data = {
        "version": plan.current.number,
        "content_hash": plan.current.content_hash,
        "subject_id": str(plan.subject_id),
    }
    record(actor, "plan.submitted", plan, from_=before, to=plan.status, streams=streams_of(plan), data=data)
    return plan_approve_by_rule(plan, request, policy, work) or plan


@transaction.atomic
def plan_request_approval(actor: Actor, plan: Plan, *, approver: Any) -> Plan:
    """Ask a named person. They must be able to see the plan, or they could not judge it."""
    plan = _locked(actor, plan)
    if plan.status == PlanStatus.DRAFT or plan.status == PlanStatus.REVISION_REQUESTED:
        plan_submit(actor, plan, approver=approver)
        plan.refresh_from_db()
    elif plan.status in WAITING:
        _check_seat(plan, approver)
        _ask(actor, plan, approver, policy_for(plan)[0])
    before = PLAN.move(plan, PlanStatus.UNDER_REVIEW) if plan.status == PlanStatus.SUBMITTED else plan.status
    data = {"approver": str(approver.pk)}
    record(
        actor,
        "plan.approval_requested",
        plan,
        from_=before,
        to=plan.status,
        streams=streams_of(plan),
        data=data,
    )
    return plan


@transaction.atomic
def plan_withdraw(actor: Actor, plan: Plan) -> Plan:
    """Close an undecided plan for good, and the request that waits for it."""
    plan = _locked(actor, plan)
    _withdraw_requests(actor, plan)
    before = PLAN.move(plan, PlanStatus.WITHDRAWN)
    record(actor, "plan.withdrawn", plan, from_=before, to=plan.status, streams=streams_of(plan))
    return plan


def sound(plan_team: PersonaTeam | None, content: Any) -> PlanDraft:
    """`content` as a plan that this team can carry out. Raises Invalid `plan_invalid`."""
    members = active_members(plan_team)
    if not members:
        return parse(content)
    names = {each.name for each in members}
    return parse(content, can_do=lambda role: for_role(members, role) is not None, knows=names.__contains__)


def _reopen(actor: Actor, plan: Plan) -> None:
    _withdraw_requests(actor, plan)
    before = PLAN.move(plan, PlanStatus.DRAFT)
    record(actor, "plan.reopened", plan, from_=before, to=plan.status, streams=streams_of(plan))


def _withdraw_requests(actor: Actor, plan: Plan) -> None:
    for request in plan.requests.filter(status=RequestStatus.PENDING):
        request_withdraw(actor, request)


def _append(plan: Plan, draft: PlanDraft, author: Author, unique_key: str | None) -> PlanVersion:
    content = content_of(draft)
    number = plan.current.number + 1 if plan.current else 1
    version = PlanVersion(
        plan=plan,
        number=number,
        content=content,
        content_hash=content_hash(content),
        author_user=author.user,
        author_persona=author.persona,
        unique_key=unique_key,
    )
    insert(version)
    plan.current, plan.title = version, draft.title
    plan.save(update_fields=["current", "title", "updated_at"])
    return version


def _answer_by_editing(actor: Actor, plan: Plan) -> None:
    """A version by hand is an answer to the question whether the team shall try again."""
    asked = pending_for(plan.subject_id) if plan.subject_id else ApprovalRequest.objects.none()
    for question in asked.filter(kind=ApprovalRequest.Kind.QUESTION):
        request_withdraw(actor, question)


def _check_seat(plan: Plan, approver: Any) -> None:
    request = plan.requests.filter(status=RequestStatus.PENDING).first()
    if request and request.policy and obstacle(approver, request, plan):
        raise Invalid(details={"approver": [_("By the policy, others decide on this plan.")]})


def being_revised(plan: Plan) -> bool:
    """Whether the next version is the team's to write: not of a plan by hand, and not once the rounds are used up."""
    return plan.subject_id is not None and not question_pending(plan.subject_id)


def _ask(actor: Actor, plan: Plan, approver: Any, policy: Policy) -> ApprovalRequest:
    return request_open(
        actor,
        owner=plan.owner,
        kind=ApprovalRequest.Kind.PLAN,
        subject_id=plan.subject_id or plan.pk,
        subject_kind=Subject.WORKFLOW if plan.subject_id else Subject.PLAN,
        title=plan.title,
        content_hash=plan.current.content_hash,
        streams=streams_of(plan),
        plan=plan,
        version=plan.current,
        asked_of=approver,
        policy=policy,
    )
