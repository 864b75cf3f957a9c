"""Reserve, call, settle: money and tokens are set aside before a call, and what it took is written down after it.

The rows of the budgets are locked in one order, so that calls that begin together count each other. What a crash leaves
set aside counts until it expires.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import DateTimeField, DurationField, ExpressionWrapper, Value
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from ai_integration.errors import BudgetExceeded
from ai_integration.models import Budget, CallRecord, Reservation, Spending
from ai_integration.selectors.budgets import ZERO, Standing, held_aside, period_now, standing
from ai_integration.services.calls import Usage
from foundation.activity.services import record
from foundation.core.actors import SYSTEM
from foundation.core.rows import insert

LINGERS_SECONDS = 60  # longer than a call may take, so that no running call loses what was set aside for it


@dataclass(frozen=True)
class Estimate:
    """What a call takes at most: US dollars and tokens, in and out together."""

    money: Decimal
    tokens: int


@transaction.atomic
def budget_reserve(
    call: CallRecord, budgets: Sequence[Budget], estimate: Estimate, rate: Decimal
) -> list[Reservation]:
    """Set `estimate` aside under every budget; what is returned must be settled.

    Raises BudgetExceeded, with nothing set aside, if one of them would not be kept.
    """
    rows = _locked(budgets)
    # In a statement of its own: only once the rows are held is it certain that nothing else is being set aside.
    held = held_aside([each.pk for each in rows.values()])
    for budget in budgets:
        stands = standing(budget, rows[budget.pk], held, rate)
        if _breaks(stands, estimate, rate):
            raise _exceeded(stands, estimate, rate)
    kept = {"call": call, "money": estimate.money, "tokens": estimate.tokens, "expires_at": _ends()}
    return [insert(Reservation(spending=each, **kept)) for each in rows.values()]


@transaction.atomic(savepoint=False)
def budget_settle(
    call: CallRecord, budgets: Sequence[Budget], held: Sequence[Reservation], used: Usage, rate: Decimal
) -> None:
    """Take back what was set aside under `budgets` and write down what was used, warning where little is left."""
    known = {each.pk: each for each in budgets}
    rows = Spending.objects.filter(pk__in=[each.spending_id for each in held]).order_by("budget_id")
    rows = list(rows.select_for_update())
    for each in rows:
        each.money += used.cost or ZERO
        each.tokens += used.tokens_in + used.tokens_out
        now = {"money": each.money, "tokens": each.tokens, "updated_at": timezone.now()}
        Spending.objects.filter(pk=each.pk).update(**now)
    Reservation.objects.filter(pk__in=[each.pk for each in held]).delete()
    for each in rows:
        each.budget = known[each.budget_id]
        _warn(call, each, rate)


def reservations_sweep() -> int:
    """Delete what expired an hour ago or earlier; it counts no more. Returns how many."""
    old = ExpressionWrapper(Now() - Value(timedelta(hours=1), DurationField()), output_field=DateTimeField())
    return Reservation.objects.filter(expires_at__lt=old).delete()[0]


def _locked(budgets: Sequence[Budget]) -> dict[Any, Spending]:
    """Budget → what was spent of it in its current period. Where nothing was yet, its row is made."""
    names = {each.pk: period_now(each.period) for each in budgets}
    rows = _rows(names)
    missing = [each for each in budgets if each.pk not in rows]
    if not missing:
        return rows
    for each in missing:
        Spending.objects.get_or_create(budget=each, period=names[each.pk])
    return _rows(names)


def _rows(names: dict[Any, str]) -> dict[Any, Spending]:
    rows = Spending.objects.select_for_update().order_by("budget_id")
    found = rows.filter(budget__in=[*names], period__in=set(names.values()))
    return {each.budget_id: each for each in found if each.period == names[each.budget_id]}


def _breaks(stands: Standing, estimate: Estimate, rate: Decimal) -> bool:
    money = stands.money_limit is not None and stands.money + estimate.money * rate > stands.money_limit
    return money or (
        stands.tokens_limit is not None and stands.tokens + estimate.tokens > stands.tokens_limit
    )


def _exceeded(stands: Standing, estimate: Estimate, rate: Decimal) -> BudgetExceeded:
    budget, words = stands.budget, {"budget": str(stands.budget)}
    details = {
        "budget": str(budget.pk),
        "name": str(budget),
        "scope": budget.scope,
        "period": stands.period,
        "money": _whole(stands.money),
        "money_limit": _whole(stands.money_limit),
        "money_needed": _whole(estimate.money * rate),
        "tokens": stands.tokens,
        "tokens_limit": stands.tokens_limit,
        "tokens_needed": estimate.tokens,
    }
    return BudgetExceeded(_("The budget “%(budget)s” would not be kept.") % words, details=details)


def _whole(money: Decimal | None) -> str | None:
    return None if money is None else str(money.quantize(Decimal("0.01")))


def _warn(call: CallRecord, spent: Spending, rate: Decimal) -> None:
    budget = spent.budget
    stands = standing(budget, spent, {}, rate)
    if spent.warned_at is not None or stands.percent < budget.warn_at:
        return
    Spending.objects.filter(pk=spent.pk).update(warned_at=timezone.now())
    told = {each.pk: each for each in (budget.owner, call.owner) if each is not None}
    record(
        SYSTEM,
        "budget.warned",
        budget,
        streams=[f"inbox:{pk}" for pk in told],
        data={"percent": stands.percent, "period": stands.period},
        notify=list(told.values()),
        title=_("%(percent)d%% of the budget is used up: %(budget)s")
        % {"percent": stands.percent, "budget": budget},
        priority="high",
    )


def _ends() -> datetime:
    """On this machine's clock, which may be off from the database's by less than LINGERS_SECONDS."""
    lasts = settings.CALL_QUEUE_SECONDS + settings.CALL_TIMEOUT_SECONDS + LINGERS_SECONDS
    return timezone.now() + timedelta(seconds=lasts)
