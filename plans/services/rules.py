"""Approval by a rule: only what somebody who may approve has allowed beforehand, and never without saying so."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from foundation.accounts.models import Role, Team, User
from foundation.core.actors import Actor
from foundation.core.permissions import may, require_permission
from plans import policy as policies
from plans.models import ApprovalRequest, Plan
from plans.policy import Approvers, AutoRule, Place, Policy, Step, Unsound, Work
from plans.services.bound import Origin
from plans.services.decisions import Decision, plan_decide


def policy_for(plan: Plan) -> tuple[Policy, Work]:
    """The policy that the plan's work is under, and the work. Raises Invalid for one that was stored and makes no sense."""
    work = policies.work_of(plan.subject_id)
    return policies.read(work.policy), work


def plan_approve_by_rule(plan: Plan, request: ApprovalRequest, policy: Policy, work: Work) -> Plan | None:
    """Approve in the name of whoever set the rule, if it allows everything that the plan says; None where it does not."""
    rule = policy.auto
    setter = User.objects.filter(pk=rule.set_by, is_active=True).first() if rule and rule.set_by else None
    if rule is None or setter is None or not may(setter, "approve", plan) or broken(rule, plan, work):
        return None
    return plan_decide(
        setter,
        plan,
        Decision.APPROVE,
        content_hash=request.content_hash,
        automatic=True,
        rule=rule.model_dump(mode="json"),
        origin=Origin("rule"),
    )


def broken(rule: AutoRule, plan: Plan, work: Work) -> list[str]:
    """Which limits the plan would break: `cost`, `tools`, `vault_writes`."""
    costs = [item.get("estimated_cost") for item in plan.current.content["items"]]
    found = []
    if any(each is None for each in costs) or sum(costs) > rule.max_cost:
        found.append("cost")
    if not work.tools <= set(rule.tools):
        found.append("tools")
    if work.writes_vault and not rule.vault_writes:
        found.append("vault_writes")
    return found


@transaction.atomic
def policy_check(actor: Actor, given: Any, *, before: Any = None) -> dict[str, Any]:
    """The policy as it is stored. Raises Invalid (field `policy`), Forbidden.

    A rule that approves by itself may be set, and changed, only by somebody who may approve plans; it acts in their name.
    """
    policy = policies.read(given)
    wrong = [each for number, step in enumerate(policy.steps) for each in _unknown(step, ("steps", number))]
    wrong += _unknown(policy.escalate_to, ("escalate_to",))
    if wrong:
        raise Unsound(wrong)
    rule, old = policy.auto, policies.read(before).auto if before else None
    if rule is not None:
        same = old is not None and rule.model_copy(update={"set_by": old.set_by}) == old
        if not same:
            require_permission(actor, "plan:approve")
        set_by = old.set_by if same and old else actor.pk
        policy = policy.model_copy(update={"auto": rule.model_copy(update={"set_by": set_by})})
    return policy.model_dump(mode="json", exclude_defaults=True)


def _unknown(who: Approvers, place: Place) -> list[tuple[Place, str]]:
    """What is wrong with those who are named there: some do not exist, or they are too few."""
    users = User.objects.filter(pk__in=who.users, is_active=True)
    roles, teams = Role.objects.filter(name__in=who.roles), Team.objects.filter(pk__in=who.teams)
    missing = {
        "users": len(set(who.users)) - users.count(),
        "roles": len(set(who.roles)) - roles.count(),
        "teams": len(set(who.teams)) - teams.count(),
    }
    told: list[tuple[Place, str]] = [
        ((*place, name), _("Some of these do not exist.")) for name, number in missing.items() if number
    ]
    if isinstance(who, Step) and not told and _able(users, roles, teams) < who.needed:
        told = [((*place, "needed"), _("More approvals are needed than there are people."))]
    return told


def _able(users: Any, roles: Any, teams: Any) -> int:
    found = User.objects.filter(is_active=True, groups__role__in=roles).values_list("pk", flat=True)
    in_teams = User.objects.filter(is_active=True, groups__team__in=teams).values_list("pk", flat=True)
    return len({*users.values_list("pk", flat=True), *found, *in_teams})
