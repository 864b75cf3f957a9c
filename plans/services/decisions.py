"""Decisions: a compare-and-set bound to the exact content. Exactly one wins, or exactly as many as the policy needs."""

from typing import Any

from django.db import transaction
from django.db.models import TextChoices
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Forbidden, Invalid
from foundation.core.models import recalled
from plans.models import ApprovalRequest, Plan
from plans.selectors import last_request, obstacle, own_vote
from plans.services.answers import Remember, checked_answer, rule_from
from plans.services.bound import Origin, check_hash, streams_of
from plans.services.comments import comments_make
from plans.services.requests import asked_people, inboxes
from plans.services.votes import cast, decides
from plans.states import PLAN, REQUEST, WAITING, OnDeadline, PlanStatus, RequestStatus


class Decision(TextChoices):
    APPROVE = "approve"
    REJECT = "reject"
    REQUEST_CHANGES = "request_changes"
    ANSWER = "answer"


_PLAN_AFTER = {
    Decision.APPROVE: PlanStatus.APPROVED,
    Decision.REJECT: PlanStatus.REJECTED,
    Decision.REQUEST_CHANGES: PlanStatus.REVISION_REQUESTED,
}
_REQUEST_AFTER = {
    Decision.APPROVE: RequestStatus.APPROVED,
    Decision.REJECT: RequestStatus.REJECTED,
    Decision.REQUEST_CHANGES: RequestStatus.CHANGES_REQUESTED,
    Decision.ANSWER: RequestStatus.ANSWERED,
}
NEEDS_WORDS = (Decision.REJECT, Decision.REQUEST_CHANGES)


@transaction.atomic
def plan_decide(
    actor: Actor,
    plan: Plan,
    decision: str,
    *,
    content_hash: str,
    comment: str = "",
    comments: list[dict[str, Any]] | None = None,
    automatic: bool = False,
    rule: dict[str, Any] | None = None,
    origin: Origin | None = None,
) -> Plan:
    """Approve, reject or send back the exact content that was read.

    Where the policy asks for several approvals, the plan waits on until they are there; one rejection or one request for
    changes decides at once. `comments` are `{item, text}` for a request for changes; `rule` is what decided `automatic`ally.
    Raises Conflict `plan_changed` for a stale hash, `already_decided` for a lost race or a second vote, `expired`; Forbidden
    (`own_plan`, `not_asked`); Invalid (a rejection and a request for changes need words).
    """
    # Nothing is joined: on PostgreSQL a row that waited for its lock would bring along what was joined before the wait.
    plan = recalled(Plan.objects.select_for_update().get(pk=plan.pk), plan, "owner", "current")
    said = {"comment": comment, "comments": comments or []}
    request = _checked(actor, plan, decision, content_hash, automatic=automatic, **said)
    cast(actor, request, decision, comment=comment, automatic=automatic, rule=rule, origin=origin or Origin())
    if comments or comment.strip():
        comments_make(actor, plan, request, asks_change=decision == Decision.REQUEST_CHANGES, **said)
    if not automatic and not decides(actor, request, decision):
        return _waits_on(actor, plan, request)
    before = PLAN.move(plan, _PLAN_AFTER[decision])
    payload = {"comments": comments or []}
    _close(request, actor, decision, comment=comment, payload=payload, automatic=automatic)
    _record_decision(actor, plan, request, before, decision)
    return plan


def _checked(
    actor: Actor,
    plan: Plan,
    decision: str,
    content_hash: str,
    *,
    comment: str,
    comments: list[Any],
    automatic: bool,
) -> ApprovalRequest:
    """The request that waits for this decision of this actor on this content."""
    request = last_request(plan)
    _check_right(actor, plan, request, automatic=automatic)
    _check_words(decision, comment, comments, allowed=_PLAN_AFTER)
    if not content_hash:
        raise Invalid(details={"content_hash": [_("Say which version you decide on.")]})
    check_hash(plan, content_hash)
    if plan.status not in WAITING or request is None or request.status != RequestStatus.PENDING:
        raise _too_late(plan.status, _("This plan is already decided."))
    _check_open(actor, request)
    return request


def _waits_on(actor: Actor, plan: Plan, request: ApprovalRequest) -> Plan:
    """One approval of several: the plan is under review, and the next are asked where a step is complete."""
    before = PLAN.move(plan, PlanStatus.UNDER_REVIEW) if plan.status == PlanStatus.SUBMITTED else plan.status
    record(
        actor,
        "plan.approval_given",
        plan,
        from_=before,
        to=plan.status,
        streams=(*streams_of(plan), *inboxes([actor, plan.owner, *asked_people(request)])),
        data={"step": request.step, "content_hash": request.content_hash},
    )
    return plan


@transaction.atomic
def request_decide(
    actor: Actor,
    request: ApprovalRequest,
    decision: str,
    *,
    content_hash: str = "",
    comment: str = "",
    answer: str = "",
    arguments: dict[str, Any] | None = None,
    remember: str = "no",
    origin: Origin | None = None,
) -> ApprovalRequest:
    """Decide whatever waits; a plan's request goes through the plan. Same errors as `plan_decide`.

    `arguments` are those with which a tool may be called instead of the ones it asked for, or the limits of a raised budget;
    `remember="run"` lets the same tool be called again in this run without asking, `"rule"` lets the same persona call it from
    now on; that is for whoever may change the tool's server (Forbidden), and the tool as it was shown (Conflict `tool_changed`).
    """
    origin = origin or Origin()
    if request.kind == ApprovalRequest.Kind.PLAN and request.plan:
        given = {"content_hash": content_hash, "comment": comment, "origin": origin}
        return _plan_request_decide(actor, request, decision, **given)
    request = ApprovalRequest.objects.select_for_update().get(pk=request.pk)
    _check_right(actor, request, request)
    if content_hash and content_hash != request.content_hash:
        raise Conflict(_("This has changed since you read it."), code="content_changed")
    _check_words(decision, comment or answer, None, allowed=_REQUEST_AFTER)
    payload = checked_answer(request, decision, answer=answer, arguments=arguments, remember=remember)
    if request.status != RequestStatus.PENDING:
        raise _too_late(request.status)
    _check_open(actor, request)
    if payload.get("remember") == Remember.RULE:
        rule_from(actor, request)
    cast(actor, request, decision, comment=comment or answer, origin=origin)
    _close(request, actor, decision, comment=comment, answer=answer, payload=payload)
    data = {"decision": decision, "kind": request.kind, "subject_id": str(request.subject_id)}
    told = inboxes([request.owner, *([request.asked_of] if request.asked_of else [])])
    record(actor, "approval.decided", request, from_="pending", to=request.status, streams=told, data=data)
    return request


def _plan_request_decide(
    actor: Actor, request: ApprovalRequest, decision: str, **given: Any
) -> ApprovalRequest:
    # The plan's row first, as in `plan_decide`: two roads to one decision must not wait for each other.
    plan = Plan.objects.select_for_update().get(pk=request.plan_id)
    request.refresh_from_db()
    if request.status != RequestStatus.PENDING:
        _check_right(actor, plan, request)
        check_hash(plan, given["content_hash"])
        raise _too_late(request.status)
    plan_decide(actor, plan, decision, **given)
    request.refresh_from_db()
    return request


def _too_late(status: str, message: str = "") -> Conflict:
    if status == RequestStatus.EXPIRED:
        return Conflict(_("The time for this decision is over."), code="expired", details={"status": status})
    decided = message or _("This is already decided.")
    return Conflict(decided, code="already_decided", details={"status": status})


def _check_open(actor: Actor, request: ApprovalRequest) -> None:
    """Raises Conflict where the deadline closed it though no sweep has come by yet, or where the actor has had their say."""
    if request.deadline and request.on_deadline in (OnDeadline.REJECT, OnDeadline.EXPIRE) and actor.pk:
        passed = ApprovalRequest.objects.filter(pk=request.pk, deadline__lte=Now()).exists()
        if passed:
            raise _too_late(RequestStatus.EXPIRED)
    if own_vote(actor, request):
        raise Conflict(_("You have decided on this already."), code="already_decided")


def require_decision(actor: Actor, plan: Plan) -> None:
    """Before anything that was sent is looked at. Raises Forbidden for whoever may not decide on the plan."""
    _check_right(actor, plan, plan.requests.order_by("-created_at", "-id").first())


def _check_right(
    actor: Actor,
    obj: Plan | ApprovalRequest,
    request: ApprovalRequest | None,
    *,
    automatic: bool = False,
) -> None:
    # A rule decides in the name of whoever set it, who need not be among those asked; that they may approve was checked.
    why = "" if automatic else obstacle(actor, request, obj)
    if why == "own_plan":
        raise Forbidden(_("By the policy, whoever wrote a plan does not decide on it."), code="own_plan")
    if why == "not_asked":
        raise Forbidden(_("By the policy, this is for others to decide now."), code="not_asked")
    if why:
        raise Forbidden(details={"permission": "plan:approve"})


def _check_words(decision: str, comment: str, comments: list[Any] | None, *, allowed: dict[Any, Any]) -> None:
    if decision not in allowed:
        raise Invalid(details={"decision": [_("Use one of: %s") % ", ".join(allowed)]})
    said = comment.strip() or (decision == Decision.REQUEST_CHANGES and comments)
    if decision in NEEDS_WORDS and not said:
        raise Invalid(
            _("Say why, so that the author can act on it."), details={"comment": [_("This is needed.")]}
        )


def _close(request: ApprovalRequest, actor: Actor, decision: str, **fields: Any) -> None:
    fields["payload"] = request.payload | fields.get("payload", {})
    REQUEST.move(
        request, _REQUEST_AFTER[decision], decided_by_id=actor.pk, decided_at=timezone.now(), **fields
    )


def _record_decision(actor: Actor, plan: Plan, request: ApprovalRequest, before: str, decision: str) -> None:
    data = {
        "decision": decision,
        "automatic": request.automatic,
        "version": plan.current.number,
        "content_hash": plan.current.content_hash,
        "subject_id": str(plan.subject_id),
    }
    others = inboxes([plan.owner, *(asked_people(request) if request.seated else ())])
    record(
        actor,
        "plan.decided",
        plan,
        from_=before,
        to=plan.status,
        streams=(*streams_of(plan), *others),
        data=data,
        notify=[] if plan.owner_id == actor.pk else [plan.owner],
        title=plan.title,
        priority="high",
    )
