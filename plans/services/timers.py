"""What happens to a request by the clock: reminders, and what the policy says of a deadline that passes.

Timers are rows. The sweep reads what is due by the database's clock and fires each once, in a transaction of its own, so that
neither a broker that forgets nor a clock that jumps loses one or fires it twice.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override

from foundation.activity.services import record
from foundation.core.actors import SystemActor
from foundation.core.errors import DomainError
from plans.models import ApprovalRequest, Timer
from plans.policy import Approvers
from plans.selectors import due_timers, needed, people_in
from plans.services.bound import Origin
from plans.services.decisions import Decision, plan_decide
from plans.services.requests import asked_people, request_close, seat
from plans.services.telling import tell
from plans.services.votes import locked
from plans.states import PLAN, OnDeadline, PlanStatus, RequestStatus

logger = logging.getLogger(__name__)
LOOK_AGAIN = timedelta(minutes=5)
CLOCK = SystemActor("deadline")


def timers_fire() -> int:
    """Fire what is due; returns how many. One that fails is tried again at the next sweep and holds up no other."""
    fired = 0
    for timer in due_timers():
        try:
            fired += timer_fire(timer)
        except DomainError as error:
            logger.warning("Timer %s of request %s: %s", timer.kind, timer.request_id, error)
    return fired


@transaction.atomic
def timer_fire(timer: Timer) -> bool:
    """Do what the timer is for, unless it has been done or nothing waits any more. Whether something was done."""
    request = locked(timer.request)
    due = Timer.objects.filter(pk=timer.pk, fired_at=None, due_at__lte=Now())
    if not due.update(fired_at=timezone.now()) or request.status != RequestStatus.PENDING:
        return False
    with override(request.owner.language):
        if timer.kind == Timer.Kind.PEOPLE:
            return _count_people(request, timer)
        if timer.kind == Timer.Kind.REMIND:
            return _remind(request)
        return _deadline(request)


def _count_people(request: ApprovalRequest, timer: Timer) -> bool:
    """Tell the owner, once, where the approvals that are needed cannot come together: an account was disabled, a role lost."""
    Timer.objects.filter(pk=timer.pk).update(fired_at=None, due_at=timezone.now() + LOOK_AGAIN)
    short = people_in(request).count() < needed(request)
    if short == bool(request.payload.get("short_of_people")):
        return False
    request.payload = request.payload | {"short_of_people": short}
    request.save(update_fields=["payload", "updated_at"])
    if short:
        title = _("There are not enough people to decide this: %s") % request.title
        tell(CLOCK, "approval.short_of_people", request, [request.owner], title=title)
    return short


def _remind(request: ApprovalRequest) -> bool:
    # After a clock that jumped, or a server that was away, several may be due at once: one reminder is enough.
    late = request.timers.filter(kind=Timer.Kind.REMIND, fired_at=None, due_at__lte=Now())
    late.update(fired_at=timezone.now())
    if request.timers.filter(kind=Timer.Kind.DEADLINE, due_at__lte=Now()).exists():
        return False
    title = _("Waits for your decision: %s") % request.title
    tell(CLOCK, "approval.reminded", request, asked_people(request), title=title)
    return True


def _deadline(request: ApprovalRequest) -> bool:
    act = {
        OnDeadline.WAIT: _overdue,
        OnDeadline.ESCALATE: _escalate,
        OnDeadline.REJECT: _reject,
        OnDeadline.EXPIRE: _expire,
    }[OnDeadline(request.on_deadline)]
    act(request)
    return True


def _overdue(request: ApprovalRequest) -> None:
    title = _("The deadline has passed; it still waits: %s") % request.title
    tell(CLOCK, "approval.overdue", request, [*asked_people(request), request.owner], title=title)


def _escalate(request: ApprovalRequest) -> None:
    """Whoever was asked goes on being asked; those who are asked now count like them."""
    seat(request, request.step, Approvers.model_validate(request.policy["escalate_to"]))
    if not request.seated:
        request.seated = True
        request.policy = request.policy | {"steps": [{"needed": 1}]}
        _seat_the_asked(request)
        request.save(update_fields=["seated", "policy", "updated_at"])
    title = _("The deadline has passed; you are asked now: %s") % request.title
    tell(CLOCK, "approval.escalated", request, asked_people(request), title=title)


def _seat_the_asked(request: ApprovalRequest) -> None:
    who = request.asked_of or request.owner
    request.seats.get_or_create(request=request, step=request.step, user=who)


def _reject(request: ApprovalRequest) -> None:
    words = _("Nobody decided before the deadline.")
    if request.plan is None:
        _expire(request)
        return
    plan_decide(
        CLOCK,
        request.plan,
        Decision.REJECT,
        content_hash=request.content_hash,
        comment=words,
        automatic=True,
        rule={"on_deadline": "reject"},
        origin=Origin("deadline"),
    )


def _expire(request: ApprovalRequest) -> None:
    request_close(CLOCK, request, RequestStatus.EXPIRED, "approval.expired")
    if request.plan is not None:
        plan = request.plan
        before = PLAN.move(plan, PlanStatus.EXPIRED)
        data = {"decision": "expired", "automatic": True, "subject_id": str(plan.subject_id)}
        record(CLOCK, "plan.decided", plan, from_=before, to=plan.status, data=data)
