"""Reading plans and what waits for a human."""

from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from foundation.accounts.models import Team, User
from foundation.core.errors import Invalid
from foundation.core.permissions import fetch, fetch_given, may
from plans.history import entries
from plans.models import (
    ApprovalRequest,
    Channel,
    DecisionLink,
    Message,
    Plan,
    PlanComment,
    PlanTemplate,
    PlanVersion,
    Seat,
    Timer,
    Vote,
    seats_of,
)
from plans.policy import Policy
from plans.states import RequestStatus


def plans(user: Any) -> QuerySet[Plan]:
    return Plan.objects.permitted(user, "view").select_related("current")


def versions(user: Any, plan: Plan) -> QuerySet[PlanVersion]:
    return (
        PlanVersion.objects.permitted(user, "view")
        .filter(plan=plan)
        .select_related("author_user", "author_persona")
    )


def version(user: Any, plan: Plan, number: int) -> PlanVersion:
    return fetch(PlanVersion.objects.filter(plan=plan), user, "view", number=number)


def pair(
    user: Any, plan: Plan, *, before: int | None = None, after: int | None = None
) -> tuple[PlanVersion, PlanVersion]:
    """Two versions to compare: the one numbered `after` (default: the current one) and `before` (default: the one before
    it, or itself when it is the first). Raises NotFound.
    """
    if after is None:
        after = plan.current.number if plan.current else 0
    if before is None:
        before = max(1, after - 1)
    return version(user, plan, before), version(user, plan, after)


def number_of(user: Any, plan_id: Any, content_hash: str) -> int | None:
    """The number of the plan's version with this hash."""
    rows = PlanVersion.objects.permitted(user, "view").filter(plan=plan_id, content_hash=content_hash)
    return rows.values_list("number", flat=True).first()


def approver(plan: Plan, user_id: UUID) -> User:
    """The person `user_id`, if they may see the plan: who cannot read it cannot judge it. Raises Invalid."""
    found = User.objects.filter(pk=user_id, is_active=True).first()
    if found is None or not Plan.objects.permitted(found, "view").filter(pk=plan.pk).exists():
        raise Invalid(details={"approver": [_("There is no such person, or they may not see this plan.")]})
    return found


def approvals(user: Any) -> QuerySet[ApprovalRequest]:
    """Every request that the user may know of, decided or not: their own, what was asked of them, and what they may decide."""
    rows = ApprovalRequest.objects.select_related("version", "asked_of", "decided_by", "owner")
    if not user.is_authenticated or not user.is_active:
        return rows.none()
    if user.is_superuser:
        return rows
    mine = ApprovalRequest.objects.permitted(user, "view").values("pk")
    theirs = Plan.objects.permitted(user, "approve").values("pk")
    seated = seats_of(user).values("request")
    return rows.filter(Q(pk__in=mine) | Q(asked_of=user) | Q(plan__in=theirs) | Q(pk__in=seated))


def approval(user: Any, pk: Any) -> ApprovalRequest:
    return approvals(user).filter(pk=pk).first() or fetch(ApprovalRequest.objects.none(), user, pk=pk)


def waiting(user: Any) -> QuerySet[ApprovalRequest]:
    """The user's inbox: what is pending and what they themselves have not yet had their say on."""
    rows = approvals(user).filter(status=RequestStatus.PENDING)
    if getattr(user, "pk", None) is None:
        return rows
    barred = Q(bars_author=True) & (Q(owner=user) | Q(version__author_user=user))
    return rows.filter(Q(seated=False) | Q(pk__in=_open_seats(user))).exclude(barred)


def _open_seats(user: Any) -> QuerySet:
    """Requests at whose present step the user has a seat, has not handed it over, and has not decided yet."""
    present = seats_of(user).filter(step=F("request__step"), request__status=RequestStatus.PENDING)
    handed = Seat.objects.filter(handed_over_by=user, request__status=RequestStatus.PENDING)
    voted = Vote.objects.filter(user=user, withdrawn_at=None, request__status=RequestStatus.PENDING)
    still = present.exclude(request__in=voted.filter(step=F("request__step")).values("request"))
    return still.exclude(request__in=handed.filter(step=F("request__step")).values("request")).values(
        "request"
    )


def seats(request: ApprovalRequest) -> list[Seat]:
    return list(request.seats.select_related("user", "role", "team", "handed_over_by"))


def people_in(request: ApprovalRequest, step: int | None = None) -> QuerySet[User]:
    """The active people who may decide at that step (default: the present one), as roles and teams stand now."""
    of_step = request.seats.filter(step=request.step if step is None else step)
    handed = of_step.exclude(handed_over_by=None).values("handed_over_by")
    found = User.objects.filter(is_active=True).filter(
        Q(pk__in=of_step.values("user"))
        | Q(groups__role__in=of_step.values("role"))
        | Q(groups__team__in=of_step.values("team"))
    )
    found = found.exclude(pk__in=handed)
    return (found.exclude(pk__in=_authors(request)) if request.bars_author else found).distinct()


def _authors(request: ApprovalRequest) -> list[Any]:
    version = request.version.author_user_id if request.version else None
    return [each for each in (request.owner_id, version) if each]


def needed(request: ApprovalRequest) -> int:
    """How many approvals the present step takes."""
    steps = request.policy.get("steps", []) if request.seated else []
    return steps[request.step]["needed"] if request.step < len(steps) else 1


def standing_votes(request: ApprovalRequest) -> QuerySet[Vote]:
    return request.votes.filter(withdrawn_at=None)


def approvals_so_far(request: ApprovalRequest) -> int:
    """Approvals at the present step, of people who may still decide there: who lost the seat lost the vote."""
    votes = standing_votes(request).filter(decision="approve", step=request.step)
    return votes.filter(user__in=people_in(request)).count()


def obstacle(user: Any, request: ApprovalRequest | None, obj: Plan | ApprovalRequest) -> str:
    """Why `user` may not decide: `own_plan`, `not_asked`, `forbidden`, or nothing."""
    if getattr(user, "pk", None) is None:
        return ""  # the platform, by a rule or at a deadline
    if request is not None and request.bars_author and user.pk in _authors(request):
        return "own_plan"
    if request is not None and request.seated:
        return "" if people_in(request).filter(pk=user.pk).exists() else "not_asked"
    asked = request is not None and request.asked_of_id is not None and request.asked_of_id == user.pk
    return "" if (asked and user.is_active) or may(user, "approve", obj) else "forbidden"


def may_decide(user: Any, obj: Plan | ApprovalRequest, request: ApprovalRequest | None) -> bool:
    """Whoever sits there; without seats whoever was asked, and whoever may approve."""
    return not obstacle(user, request, obj)


def can_decide_now(user: Any, request: ApprovalRequest) -> bool:
    """Whether it is pending, the user's to decide, and they have not had their say."""
    pending = request.status == RequestStatus.PENDING
    return (
        pending and not obstacle(user, request, request.plan or request) and own_vote(user, request) is None
    )


def own_vote(user: Any, request: ApprovalRequest) -> Vote | None:
    """What the user said at the present step, unless they took it back."""
    if getattr(user, "pk", None) is None:
        return None
    return standing_votes(request).filter(user=user, step=request.step).first()


def votes(request: ApprovalRequest) -> list[Vote]:
    return list(request.votes.select_related("user"))


def votes_of(plan: Plan) -> QuerySet[Vote]:
    """Every decision on the plan, oldest first, those that were taken back too. Whoever sees the plan sees them."""
    rows = Vote.objects.filter(request__plan=plan).select_related("request__version")
    return rows.order_by("created_at", "id")


def history_of(plan: Plan) -> list[dict[str, Any]]:
    """See `plans.history`."""
    ended = requests_of(plan).filter(status__in=(RequestStatus.EXPIRED, RequestStatus.WITHDRAWN))
    return entries(votes_of(plan), ended)


def comments(plan: Plan) -> QuerySet[PlanComment]:
    return plan.comments.select_related("version", "answered_in").order_by("number")


def open_comments(plan: Plan) -> list[PlanComment]:
    """What was asked to be changed and what no version has answered yet."""
    return list(plan.comments.filter(asks_change=True, answered_in=None).order_by("number"))


def rounds(plan: Plan) -> int:
    """How often changes were asked for."""
    return plan.requests.filter(status=RequestStatus.CHANGES_REQUESTED).count()


def templates(user: Any) -> QuerySet[PlanTemplate]:
    return PlanTemplate.objects.permitted(user, "view").order_by("name")


def template_given(user: Any, pk: Any) -> PlanTemplate:
    """Raises Invalid (field `template`)."""
    return fetch_given("template", PlanTemplate.objects.all(), user, "view", pk)


def taker(user_id: Any) -> User:
    """Somebody a part in a decision could be handed to. Raises Invalid (field `to`)."""
    found = User.objects.filter(pk=user_id, is_active=True).first()
    if found is None:
        raise Invalid(details={"to": [_("There is no such person, or they may not decide.")]})
    return found


def last_request(plan: Plan) -> ApprovalRequest | None:
    """The latest request for a decision on this plan, decided or not."""
    return plan.requests.order_by("-created_at", "-id").first()


def asks_people(plan: Plan) -> bool:
    """Whether a policy asks certain people about the plan, so that a wish to be spared the question does not count."""
    request = last_request(plan)
    return request is not None and (request.seated or request.bars_author)


def requests_of(plan: Plan) -> QuerySet[ApprovalRequest]:
    """Every request for a decision on the plan, with the version that was judged. Whoever sees the plan sees them."""
    return plan.requests.select_related("version", "decided_by").order_by("created_at", "id")


def pending_for(*subject_ids: UUID) -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.filter(subject_id__in=subject_ids, status=RequestStatus.PENDING)


def unsettled(subject_id: UUID, kind: str) -> bool:
    """Whether a request of that kind waits, or was decided and is still to be carried out."""
    rows = ApprovalRequest.objects.filter(subject_id=subject_id, kind=kind, payload__carried_out__isnull=True)
    return rows.exclude(status=RequestStatus.WITHDRAWN).exists()


def question_pending(subject_id: UUID) -> bool:
    """Whether the work waits for the commander's word before its team goes on."""
    return pending_for(subject_id).filter(kind=ApprovalRequest.Kind.QUESTION).exists()


def due_timers() -> list[Timer]:
    """What the clock owes, the oldest first; a deadline comes after the reminders of the same moment."""
    rows = Timer.objects.filter(fired_at=None, due_at__lte=Now()).select_related("request__owner")
    return list(rows.order_by("due_at", "-kind")[:500])


def messages_due() -> list[Message]:
    """What is to be sent now, the oldest first."""
    rows = Message.objects.filter(status=Message.Status.PENDING, due_at__lte=Now())
    return list(
        rows.select_related("channel__owner", "request__plan", "request__version").order_by("due_at")[:100]
    )


def names_in(policy: Policy) -> dict[Any, str]:
    """The names of the people and teams of people that a policy names, by id."""
    each = (*policy.steps, policy.escalate_to)
    users = {pk for who in each for pk in who.users} | ({policy.auto.set_by} if policy.auto else set())
    teams = {pk for who in each for pk in who.teams}
    rows = [
        *(User.objects.filter(pk__in=users) if users else ()),
        *(Team.objects.filter(pk__in=teams) if teams else ()),
    ]
    return {row.pk: str(row) for row in rows}


def channels(user: Any) -> QuerySet[Channel]:
    """One's own channels; nobody else's, whatever one may do otherwise."""
    return (
        Channel.objects.filter(owner=user).order_by("name")
        if user.is_authenticated
        else Channel.objects.none()
    )


def link(digest: str) -> DecisionLink | None:
    """The link with that digest while it counts: not used, not over, its person active."""
    rows = DecisionLink.objects.filter(
        digest=digest, used_at=None, expires_at__gt=Now(), user__is_active=True
    )
    return rows.select_related("user", "request__plan__current", "request__version").first()
