"""A policy in words: what stands on the pages of the work that it holds for."""

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from plans.policy import Approvers, AutoRule, Policy
from plans.selectors import names_in

PASSES: dict[str, str | Promise] = {
    "wait": gettext_lazy("When it passes, the question waits on."),
    "escalate": gettext_lazy("When it passes, these are asked too: %(names)s."),
    "reject": gettext_lazy("When it passes, the question counts as rejected."),
    "expire": gettext_lazy("When it passes, the question expires: nobody decides it any more."),
}


def policy_words(policy: Policy) -> list[str]:
    """One sentence for each thing that the policy says. At most two queries, however many are named."""
    known = names_in(policy)

    def names(who: Approvers) -> str:
        return _named(who, known)

    words = [_step(policy, number, names) for number in range(len(policy.steps))]
    words = words or [_("Whoever may approve plans decides alone.")]
    if not policy.author_may_approve:
        words.append(_("Whoever wrote a plan does not decide on it."))
    if policy.max_rounds:
        words.append(
            _("After %(number)s rounds of changes the team stops and asks.") % {"number": policy.max_rounds}
        )
    return [*words, *_deadline(policy, names), *([_auto(policy.auto, known)] if policy.auto else [])]


def _step(policy: Policy, number: int, names: Callable[[Approvers], str]) -> str:
    step = policy.steps[number]
    told = {"number": number + 1, "needed": step.needed, "names": names(step)}
    if len(policy.steps) == 1:
        return _("Approvals needed: %(needed)s, of %(names)s.") % told
    return _("Step %(number)s. Approvals needed: %(needed)s, of %(names)s.") % told


def _deadline(policy: Policy, names: Callable[[Approvers], str]) -> list[str]:
    if policy.deadline_hours is None:
        return []
    told = [
        _("The deadline is %(hours)s hours after the question.") % {"hours": f"{policy.deadline_hours:g}"}
    ]
    if policy.remind_hours:
        hours = _(", ").join(f"{each:g}" for each in sorted(policy.remind_hours, reverse=True))
        told.append(_("Reminders come %(hours)s hours before it.") % {"hours": hours})
    return [*told, str(PASSES[policy.on_deadline]) % {"names": names(policy.escalate_to)}]


def _auto(rule: AutoRule, known: Mapping[Any, str]) -> str:
    told = {
        "name": known.get(rule.set_by) or _("somebody who is gone"),
        "cost": f"{rule.max_cost:g}",
        "tools": ", ".join(rule.tools) or _("none"),
    }
    if rule.vault_writes:
        return (
            _(
                "Nobody is asked where a plan costs at most %(cost)s US dollars by its own estimate and the team holds no other "
                "tools than these: %(tools)s. Reports may be written into the vault. Decided in the name of %(name)s."
            )
            % told
        )
    return (
        _(
            "Nobody is asked where a plan costs at most %(cost)s US dollars by its own estimate, the team holds no other tools "
            "than these: %(tools)s, and nothing is written into a vault. Decided in the name of %(name)s."
        )
        % told
    )


def _named(who: Approvers, known: Mapping[Any, str]) -> str:
    gone = _("somebody who is gone")
    people = [known.get(pk, gone) for pk in who.users]
    roles = [_("role “%s”") % name for name in who.roles]
    teams = [_("team “%s”") % known[pk] if pk in known else gone for pk in who.teams]
    return _(", ").join([*people, *roles, *teams])
