"""Opening and withdrawing requests for a decision."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from foundation.accounts.models import Role, Team
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.rows import insert
from plans.models import ApprovalRequest, Seat, Timer
from plans.policy import Approvers, Policy
from plans.selectors import people_in
from plans.services.telling import tell
from plans.states import REQUEST, OnDeadline, RequestStatus

UNDECIDED = (RequestStatus.PENDING, RequestStatus.WITHDRAWN)


@transaction.atomic
def request_open(
    actor: Actor,
    *,
    owner: Any,
    kind: str,
    subject_id: UUID,
    title: str,
    content_hash: str,
    streams: tuple[str, ...] = (),
    policy: Policy | None = None,
    deadline: datetime | None = None,
    **fields: Any,
) -> ApprovalRequest:
    """File a request and tell whoever must decide. A request of the same kind that still waits for the subject gives way.

    `policy` says who that is and until when. A `deadline` of its own lets it expire, as that of a tool call does.
    """
    for old in ApprovalRequest.objects.filter(subject_id=subject_id, kind=kind, status=RequestStatus.PENDING):
        request_withdraw(actor, old)
    request = ApprovalRequest(
        owner=owner, kind=kind, subject_id=subject_id, title=title[:300], content_hash=content_hash, **fields
    )
    _set_times(request, policy or Policy(), deadline)
    _save(request, policy)
    _tell(actor, request, streams)
    return request


def _set_times(request: ApprovalRequest, policy: Policy, deadline: datetime | None) -> None:
    now = timezone.now()
    if deadline is not None:
        request.deadline, request.on_deadline = deadline, OnDeadline.EXPIRE
    elif policy.deadline_hours:
        request.deadline = now + timedelta(hours=policy.deadline_hours)
        request.on_deadline = policy.on_deadline
    if request.deadline:
        request.sorts_at = request.deadline


def _save(request: ApprovalRequest, policy: Policy | None) -> None:
    if policy is not None and policy != Policy():
        request.policy = policy.model_dump(mode="json")
        request.seated, request.bars_author = bool(policy.steps), not policy.author_may_approve
    insert(request)
    for number, step in enumerate(policy.steps if policy else ()):
        seat(request, number, step)
    if request.seated:
        timer_set(request, Timer.Kind.PEOPLE, timezone.now())
    if request.deadline:
        timer_set(request, Timer.Kind.DEADLINE, request.deadline)
        for hours in policy.remind_hours if policy else ():
            timer_set(request, Timer.Kind.REMIND, request.deadline - timedelta(hours=hours))


def seat(request: ApprovalRequest, step: int, who: Approvers) -> None:
    """Give seats to those who are named. What no longer exists gets none."""
    from_users = [{"user_id": pk} for pk in dict.fromkeys(who.users) if _is_person(pk)]
    from_roles = [{"role": role} for role in Role.objects.filter(name__in=who.roles)] if who.roles else []
    from_teams = [{"team": team} for team in Team.objects.filter(pk__in=who.teams)] if who.teams else []
    for each in (*from_users, *from_roles, *from_teams):
        Seat.objects.create(request=request, step=step, **each)


def _is_person(pk: UUID) -> bool:
    return Seat._meta.get_field("user").related_model._default_manager.filter(pk=pk).exists()


def timer_set(request: ApprovalRequest, kind: str, due_at: datetime) -> None:
    Timer.objects.create(request=request, kind=kind, due_at=due_at)


def asked_people(request: ApprovalRequest) -> list[Any]:
    """Who is to be told that this waits for them."""
    if request.seated:
        return list(people_in(request))
    return [request.asked_of or request.owner]


def inboxes(people: Iterable[Any]) -> list[str]:
    return list(dict.fromkeys(f"inbox:{each.pk}" for each in people))


def _tell(actor: Actor, request: ApprovalRequest, streams: tuple[str, ...]) -> None:
    data = {"content_hash": request.content_hash}
    if request.deadline:
        data["deadline"] = request.deadline.isoformat()
    tell(actor, "approval.requested", request, asked_people(request), data=data, streams=streams)


@transaction.atomic
def request_withdraw(actor: Actor, request: ApprovalRequest) -> ApprovalRequest:
    """Close a request that nobody needs to decide any more."""
    return request_close(actor, request, RequestStatus.WITHDRAWN, "approval.withdrawn")


@transaction.atomic
def request_settle(request: ApprovalRequest) -> ApprovalRequest | None:
    """Note that what was decided is carried out now, and return it. None where nothing was decided, or where it was before.

    What was taken back was not decided.
    """
    found = ApprovalRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if found.status in UNDECIDED or found.payload.get("carried_out"):
        return None
    found.payload["carried_out"] = True
    found.save(update_fields=["payload", "updated_at"])
    return found


def request_close(
    actor: Actor, request: ApprovalRequest, status: str, type: str, **fields: Any
) -> ApprovalRequest:
    """Close a request without a decision; everybody whom it was asked of sees it go."""
    told = [*asked_people(request), request.owner]
    before = REQUEST.move(request, status, **fields)
    data = {"kind": request.kind, "subject_id": str(request.subject_id)}
    record(actor, type, request, from_=before, to=request.status, streams=inboxes(told), data=data)
    return request
