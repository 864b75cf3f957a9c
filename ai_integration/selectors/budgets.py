"""Which budgets a call falls under, and how they stand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from ai_integration.models import Budget, CallRecord, Reservation, Spending
from ai_integration.selectors.setup import setup

ZERO = Decimal(0)
HELD = (
    "SELECT spending_id, SUM(money), SUM(tokens) FROM {table} "
    "WHERE spending_id IN ({marks}) AND expires_at > %s GROUP BY spending_id"
)


@dataclass(frozen=True)
class Standing:
    """How a budget stands in its current period. Money in the budget's currency; a limit of None is none."""

    budget: Budget
    period: str
    money: Decimal
    tokens: int
    money_limit: Decimal | None
    tokens_limit: int | None

    @property
    def percent(self) -> int:
        """How much of the tighter limit is used up, in percent; more than 100 only after a limit was lowered."""
        shares = [self.money / self.money_limit] if self.money_limit else []
        shares += [Decimal(self.tokens) / self.tokens_limit] if self.tokens_limit else []
        return int(max(shares, default=ZERO) * 100)


def budgets(user: Any) -> QuerySet[Budget]:
    return Budget.objects.permitted(user, "view").select_related("owner").order_by("scope", "name", "period")


def budgets_of_run(run_id: Any) -> list[Budget]:
    """Those on one workflow alone, for whoever may see that workflow."""
    return list(Budget.objects.filter(scope=Budget.Scope.RUN, target=str(run_id)).order_by("period"))


def budget_get(user: Any, pk: Any) -> Budget | None:
    return budgets(user).filter(pk=pk).first()


def period_now(period: str) -> str:
    """What the current period is called, on the platform's own calendar."""
    today = timezone.localdate(timezone=timezone.get_default_timezone())
    return {"day": f"{today:%Y-%m-%d}", "month": f"{today:%Y-%m}"}.get(period, "all")


def budgets_on(call: CallRecord, known: Iterable[Budget]) -> list[Budget]:
    """Those of `known` that this call falls under."""
    about = {
        Budget.Scope.INSTALLATION: "",
        Budget.Scope.USER: str(call.owner_id or "-"),
        Budget.Scope.PROJECT: str(call.project_id or "-"),
        Budget.Scope.PERSONA: str(call.persona_id or "-"),
        Budget.Scope.RUN: str(call.subject_id or "-"),
    }
    return [each for each in known if each.target == about[each.scope]]


def standings(rows: Sequence[Budget]) -> list[Standing]:
    """How each stands now, what is set aside for running calls included. Two queries, however many."""
    rate = setup().rate
    spent = {each.budget_id: each for each in _current(rows)}
    held = held_aside([each.pk for each in spent.values()])
    return [standing(each, spent.get(each.pk), held, rate) for each in rows]


def standing(
    budget: Budget, spent: Spending | None, held: dict[Any, tuple[Decimal, int]], rate: Decimal
) -> Standing:
    money, tokens = held.get(spent.pk, (ZERO, 0)) if spent else (ZERO, 0)
    extra_money, extra_tokens = (spent.extra_money, spent.extra_tokens) if spent else (ZERO, 0)
    return Standing(
        budget,
        period_now(budget.period),
        ((spent.money if spent else ZERO) + money) * rate,
        (spent.tokens if spent else 0) + tokens,
        None if budget.money is None else budget.money + extra_money,
        None if budget.tokens is None else budget.tokens + extra_tokens,
    )


def held_aside(spendings: Sequence[Any]) -> dict[Any, tuple[Decimal, int]]:
    """Spending → (US dollars, tokens) that running calls may still take. What has expired counts no more."""
    if not spendings:
        return {}
    key = Spending._meta.pk
    named = {key.get_db_prep_value(each, connection): each for each in spendings}
    # Composed here because it stands on the path of every call that a budget counts.
    marks = ", ".join(["%s"] * len(named))
    with connection.cursor() as cursor:
        now = connection.ops.adapt_datetimefield_value(timezone.now())
        cursor.execute(HELD.format(table=Reservation._meta.db_table, marks=marks), [*named, now])
        rows = cursor.fetchall()
    return {named[pk]: (Decimal(str(money)), int(tokens)) for pk, money, tokens in rows}


def _current(rows: Sequence[Budget]) -> QuerySet[Spending]:
    names = {period_now(each.period) for each in rows}
    return Spending.objects.filter(budget__in=rows, period__in=names)
