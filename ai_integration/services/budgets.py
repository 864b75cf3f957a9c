"""Commands on budgets: set, remove, add to one for its current period."""

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from ai_integration.models import Budget, Spending
from ai_integration.selectors.budgets import period_now
from foundation.activity.services import record
from foundation.core.actors import Actor
from foundation.core.errors import Conflict, Forbidden, Invalid
from foundation.core.permissions import require_permission

ONE_NEEDED = _("Set a limit in money, in tokens, or both.")
NOT_POSITIVE = _("A limit is a number above zero.")
TOO_LARGE = _("That is more than can be counted.")
TAKEN = _("There is such a budget already. Change that one.")
TARGET_NEEDED = _("Say on whom or what.")
PERCENT = _("Between 1 and 100 percent.")
MOST_MONEY, MOST_TOKENS = Decimal("99999999999"), 10**15


def budget_set(
    actor: Actor,
    *,
    scope: str,
    period: str,
    target: str = "",
    name: str = "",
    money: Decimal | None = None,
    tokens: int | None = None,
    warn_at: int = 80,
) -> Budget:
    """A budget on `target`, new or in the place of the old one. Raises Invalid (naming the field), Forbidden."""
    if scope != Budget.Scope.RUN:
        require_permission(actor, "budget:change")
    _check(scope, period, target, money, tokens, warn_at)
    limits = {"money": money, "tokens": tokens, "warn_at": warn_at, "name": name[:200], "owner_id": actor.pk}
    return _stored(actor, {"scope": scope, "target": target, "period": period}, limits)


@transaction.atomic
def budget_remove(actor: Actor, budget: Budget) -> None:
    may_change(actor, budget)
    record(actor, "budget.removed", budget, data=_told(budget))
    budget.delete()


@transaction.atomic
def budget_add(actor: Actor, budget: Budget, *, money: Decimal = Decimal(0), tokens: int = 0) -> Spending:
    """Raise the limit for the current period alone. Raises Forbidden, Invalid."""
    may_change(actor, budget)
    if money < 0 or tokens < 0 or not (money or tokens):
        raise Invalid(str(NOT_POSITIVE), details={"money": [str(NOT_POSITIVE)]})
    spending, _made = Spending.objects.get_or_create(budget=budget, period=period_now(budget.period))
    spending = Spending.objects.select_for_update().get(pk=spending.pk)
    spending.extra_money += money
    spending.extra_tokens += tokens
    spending.warned_at = None
    spending.save(update_fields=["extra_money", "extra_tokens", "warned_at", "updated_at"])
    added = {"money": str(money), "tokens": tokens, "in": spending.period}
    record(actor, "budget.raised", budget, data=_told(budget) | {"added": added})
    return spending


def may_change(actor: Actor, budget: Budget) -> None:
    """Raises Forbidden. The budget of a workflow is its owner's business, every other one that of whoever keeps budgets."""
    if budget.scope == Budget.Scope.RUN and budget.owner_id == actor.pk:
        return
    if not Budget.objects.permitted(actor, "change").filter(pk=budget.pk).exists():
        raise Forbidden(details={"permission": "budget:change"})


@transaction.atomic
def _stored(actor: Actor, which: dict[str, str], limits: dict[str, Any]) -> Budget:
    old = Budget.objects.select_for_update().filter(**which).first()
    if old is None:
        try:
            with transaction.atomic():
                made = Budget.objects.create(**which, **limits)
        except IntegrityError as error:
            raise Conflict(TAKEN, code="name_taken") from error
        record(actor, "budget.set", made, data=_told(made))
        return made
    may_change(actor, old)
    before = _told(old)
    for field, value in limits.items():
        setattr(old, field, value)
    old.save()
    old.spendings.update(warned_at=None)
    record(actor, "budget.set", old, data=_told(old) | {"before": before["limit"]})
    return old


def _check(
    scope: str, period: str, target: str, money: Decimal | None, tokens: int | None, warn_at: int
) -> None:
    for name, value, known in (
        ("scope", scope, Budget.Scope.values),
        ("period", period, Budget.Period.values),
    ):
        if value not in known:
            raise _wrong(name, _("Use one of: %s") % ", ".join(known))
    if bool(target) == (scope == Budget.Scope.INSTALLATION):
        raise _wrong("target", TARGET_NEEDED)
    if money is None and tokens is None:
        raise _wrong("money", ONE_NEEDED)
    for name, limit, most in (("money", money, MOST_MONEY), ("tokens", tokens, MOST_TOKENS)):
        if limit is not None and (limit != limit or limit <= 0):  # not a number equals nothing
            raise _wrong(name, NOT_POSITIVE)
        if limit is not None and limit > most:
            raise _wrong(name, TOO_LARGE)
    if not 1 <= warn_at <= 100:
        raise _wrong("warn_at", PERCENT)


def _told(budget: Budget) -> dict[str, Any]:
    limit = {"money": str(budget.money) if budget.money is not None else None, "tokens": budget.tokens}
    return {"scope": budget.scope, "target": budget.target, "period": budget.period, "limit": limit}


def _wrong(field: str, message: Any) -> Invalid:
    return Invalid(str(message), details={field: [str(message)]})
