"""How much waits for one person: the number on every page, which must not grow with the inbox."""

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from plans.models import ApprovalRequest, Plan, Seat, Vote
from plans.states import RequestStatus

PENDING = RequestStatus.PENDING


def waiting_count(user: Any, most: int) -> int:
    """How many rows `selectors.waiting(user)` has, counted up to `most`. At most three queries.

    What has seats is found from the user's own seats and ends at `most`. Roles and teams are named one by one, for a database
    reads `role IN (…)` by index, and a subquery there by walking everything that waits.
    """
    if not user.is_authenticated or not user.is_active:
        return 0
    groups = list(user.groups.order_by().values_list("role__pk", "team__pk"))
    roles, teams = [role for role, _team in groups if role], [team for _role, team in groups if team]
    theirs = Q(user=user) | Q(role__in=roles) | Q(team__in=teams)
    seated = _open(user).filter(theirs).exclude(_barred(user, "request__")).values("request").distinct()
    found = len(seated[:most])
    if found < most:
        found += len(_unseated(user).exclude(_barred(user)).values("pk")[: most - found])
    return found


def _open(user: Any) -> QuerySet[Seat]:
    """Seats at the present step of what waits, at which the user neither decided nor handed their part over."""
    here = {"request": OuterRef("request"), "step": OuterRef("step")}
    rows = Seat.objects.order_by().filter(step=F("request__step"), request__status=PENDING)
    voted = Vote.objects.order_by().filter(user=user, withdrawn_at=None, **here)
    handed = Seat.objects.order_by().filter(handed_over_by=user, **here)
    return rows.filter(~Exists(voted), ~Exists(handed))


def _unseated(user: Any) -> QuerySet[ApprovalRequest]:
    """What waits for nobody in particular, as far as the user may know of it."""
    rows = ApprovalRequest.objects.order_by().filter(status=PENDING, seated=False)
    if user.is_superuser:
        return rows
    mine = ApprovalRequest.objects.permitted(user, "view").values("pk")
    theirs = Plan.objects.permitted(user, "approve").values("pk")
    return rows.filter(Q(pk__in=mine) | Q(asked_of=user) | Q(plan__in=theirs))


def _barred(user: Any, to: str = "") -> Q:
    author = Q(**{f"{to}owner": user}) | Q(**{f"{to}version__author_user": user})
    return Q(**{f"{to}bars_author": True}) & author
