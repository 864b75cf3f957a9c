"""Budgets, what was spent of them, and what is set aside for calls that are being made."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ai_integration.models.calls import MONEY, CallRecord
from foundation.core.models import BaseModel
from foundation.core.permissions import PermittedQuerySet


class BudgetQuerySet(PermittedQuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """Every budget for those whose roles say `budget:<action>`; to see, also the one on oneself and those on one's own work."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if user.is_superuser or f"budget:{action}" in user.permission_codes:
            return self
        own = Q(owner=user) | Q(scope=Budget.Scope.USER, target=str(user.pk))
        return self.filter(own) if action == "view" else self.filter(owner=user, scope=Budget.Scope.RUN)


class Budget(BaseModel):
    """How much may be spent on what, in which time. `target` is the id of the thing that `scope` names, empty for all of it.

    `money` is in the installation's currency (yen), `tokens` counts those in and out together; null is no limit.
    At `warn_at` percent somebody is told, at 100 the next call waits for a decision. `name` is what the target is called.
    """

    class Scope(models.TextChoices):
        INSTALLATION = "installation", _("everything")
        USER = "user", _("a person")
        PROJECT = "project", _("a project")
        PERSONA = "persona", _("a secretary")
        RUN = "run", _("a workflow")

    class Period(models.TextChoices):
        DAY = "day", _("a day")
        MONTH = "month", _("a month")
        TOTAL = "total", _("altogether")

    scope = models.CharField(max_length=12, choices=Scope.choices)
    target = models.CharField(max_length=36, blank=True)
    name = models.CharField(max_length=200, blank=True)
    period = models.CharField(max_length=6, choices=Period.choices)
    money = models.DecimalField(max_digits=14, decimal_places=2, null=True, blank=True)
    tokens = models.PositiveBigIntegerField(null=True, blank=True)
    warn_at = models.PositiveSmallIntegerField(default=80)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="budgets"
    )

    objects = BudgetQuerySet.as_manager()

    class Meta(BaseModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("scope", "target", "period"), name="one_budget_per_period"),
        )

    def __str__(self) -> str:
        return f"{self.name or self.get_scope_display()} · {self.get_period_display()}"


class Spending(BaseModel):
    """What was spent of a budget in one period (`2026-11-29`, `2026-11` or `all`), and what was added to its limit for it.

    `money` is in US dollars, `extra_money` in the budget's currency.
    """

    budget = models.ForeignKey(Budget, on_delete=models.CASCADE, related_name="spendings")
    period = models.CharField(max_length=10)
    money = models.DecimalField(**MONEY, default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    extra_money = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    extra_tokens = models.PositiveBigIntegerField(default=0)
    warned_at = models.DateTimeField(null=True)

    permitted_through = "budget"

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("budget", "period"), name="one_spending_per_period"),)

    def __str__(self) -> str:
        return f"{self.budget} {self.period}"


class Reservation(BaseModel):
    """What a call that is being made may cost at most. It counts until it is settled, or until it expires."""

    spending = models.ForeignKey(Spending, on_delete=models.CASCADE, related_name="reservations")
    call = models.ForeignKey(CallRecord, on_delete=models.CASCADE, related_name="reservations")
    money = models.DecimalField(**MONEY, default=0)
    tokens = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(db_index=True)

    permitted_through = "spending"
