"""Votes: one standing decision per person and request, counted at the step that is asked."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from foundation.accounts.models import User
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Forbidden, Invalid
from foundation.core.rows import insert
from plans.models import ApprovalRequest, Plan, Seat, Vote
from plans.selectors import approvals_so_far, needed, obstacle, own_vote
from plans.services.bound import Origin
from plans.services.requests import asked_people, inboxes
from plans.services.telling import tell
from plans.states import RequestStatus


def cast(
    actor: Actor,
    request: ApprovalRequest,
    decision: str,
    *,
    comment: str = "",
    automatic: bool = False,
    rule: dict[str, Any] | None = None,
    origin: Origin,
) -> Vote:
    """Keep the decision. Called with the request's plan, or the request itself, locked."""
    vote = Vote(
        request=request,
        user_id=actor.pk,
        user_name=str(actor)[:150],
        step=request.step,
        decision=decision,
        comment=comment,
        content_hash=request.content_hash,
        via=origin.via,
        address=origin.address,
        automatic=automatic,
        rule=rule or {},
    )
    try:
        with transaction.atomic():
            return insert(vote)
    except IntegrityError as error:
        raise Conflict(_("You have decided on this already."), code="already_decided") from error


def decides(actor: Actor, request: ApprovalRequest, decision: str) -> bool:
    """Whether this decision, already kept, closes the request; a step that is complete passes on to the next one."""
    if decision != "approve" or not request.seated:
        return True
    if approvals_so_far(request) < needed(request):
        return False
    if request.step + 1 >= len(request.policy["steps"]):
        return True
    request.step += 1
    request.save(update_fields=["step", "updated_at"])
    tell(actor, "approval.step_reached", request, asked_people(request), data={"step": request.step})
    return False


@transaction.atomic
def vote_withdraw(actor: Actor, request: ApprovalRequest) -> ApprovalRequest:
    """Take back one's own decision while others are still missing. Raises Conflict `already_decided`, `nothing_to_withdraw`."""
    request = locked(request)
    _check_pending(request)
    vote = own_vote(actor, request)
    if vote is None and request.votes.filter(user_id=actor.pk, withdrawn_at=None).exists():
        raise Conflict(_("The step that you decided at is complete."), code="already_decided")
    if vote is None:
        raise Conflict(_("You have not decided on this."), code="nothing_to_withdraw")
    vote.withdrawn_at = timezone.now()
    vote.save(update_fields=["withdrawn_at", "updated_at"])
    data = {"subject_id": str(request.subject_id), "content_hash": request.content_hash}
    record(actor, "approval.vote_withdrawn", request, streams=_told(request, actor), data=data)
    return request


@transaction.atomic
def request_delegate(
    actor: Actor, request: ApprovalRequest, *, to: User, comment: str = ""
) -> ApprovalRequest:
    """Hand one's own part in a decision to somebody else, who may then see what it is about.

    Raises Forbidden when the actor has no part in it, Invalid (field `to`), Conflict when it is decided.
    """
    request = locked(request)
    _check_pending(request)
    if obstacle(actor, request, request.plan or request):
        raise Forbidden
    if own_vote(actor, request):
        raise Conflict(_("You have decided on this already."), code="already_decided")
    _check_taker(actor, request, to)
    if request.seated:
        _hand_over(actor, request, to)
    else:
        request.asked_of = to
        request.save(update_fields=["asked_of", "updated_at"])
    data = {"to": str(to.pk), "comment": comment[:1000]}
    tell(actor, "approval.delegated", request, [to], data=data, streams=_told(request, actor))
    return request


def locked(request: ApprovalRequest) -> ApprovalRequest:
    """The request as it stands now, locked; a plan's by its plan, which every decision locks first."""
    if request.plan_id:
        Plan.objects.select_for_update().get(pk=request.plan_id)
    return ApprovalRequest.objects.select_for_update().get(pk=request.pk)


def _check_pending(request: ApprovalRequest) -> None:
    if request.status != RequestStatus.PENDING:
        raise Conflict(
            _("This is already decided."), code="already_decided", details={"status": request.status}
        )


def _check_taker(actor: Actor, request: ApprovalRequest, to: User) -> None:
    able = to.is_active and (to.is_superuser or to.permission_codes & {"plan:approve", "approval:decide"})
    if to.pk == actor.pk or not able:
        raise Invalid(details={"to": [_("There is no such person, or they may not decide.")]})
    if request.bars_author and to.pk in (
        request.owner_id,
        request.version and request.version.author_user_id,
    ):
        raise Invalid(details={"to": [_("By the policy, whoever wrote a plan does not decide on it.")]})
    if request.seated and not obstacle(to, request, request):
        raise Invalid(details={"to": [_("They decide on this anyway.")]})
    back = request.seats.filter(step=request.step, user_id=actor.pk, handed_over_by=to)
    if request.seats.filter(step=request.step, handed_over_by=to).exclude(pk__in=back.values("pk")).exists():
        raise Invalid(details={"to": [_("They have handed this over themselves.")]})


def _hand_over(actor: Actor, request: ApprovalRequest, to: User) -> None:
    """Given back where it came from, it is as if it had never been handed over."""
    back = request.seats.filter(step=request.step, user_id=actor.pk, handed_over_by=to)
    if not back.delete()[0]:
        Seat.objects.create(request=request, step=request.step, user=to, handed_over_by_id=actor.pk)


def _told(request: ApprovalRequest, actor: Actor) -> list[str]:
    return inboxes([actor, request.owner, *asked_people(request)])
