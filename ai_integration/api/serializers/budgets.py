"""Shapes of budgets, of the order of stand-ins, of what is said of models, and of the rate."""

from typing import Any

from rest_framework import serializers

from ai_integration.catalogue import ABILITIES
from ai_integration.models import Budget
from ai_integration.selectors import standings
from foundation.core.api.serializers import StrictSerializer


class NowSerializer(serializers.Serializer):
    """Money in yen at today's rate, with what is set aside for running calls."""

    period = serializers.CharField()
    money = serializers.FloatField()
    tokens = serializers.IntegerField()
    money_limit = serializers.FloatField(allow_null=True)
    tokens_limit = serializers.IntegerField(allow_null=True)
    percent = serializers.IntegerField()


class BudgetSerializer(serializers.ModelSerializer):
    now = serializers.SerializerMethodField()
    money = serializers.FloatField(allow_null=True)

    class Meta:
        model = Budget
        fields = (
            "id", "scope", "target", "name", "period", "money", "tokens", "warn_at", "owner", "now", "created_at", "updated_at",
        )  # fmt: skip

    def get_now(self, budget: Budget) -> dict[str, Any]:
        known = self.context.get("standings") or {}
        return NowSerializer(known.get(budget.pk) or standings([budget])[0]).data


class BudgetChange(StrictSerializer):
    """null takes a limit away; one of the two must stay."""

    money = serializers.DecimalField(14, 2, min_value=0, allow_null=True, required=False, help_text="Yen.")
    tokens = serializers.IntegerField(min_value=0, max_value=10**15, allow_null=True, required=False)
    warn_at = serializers.IntegerField(min_value=1, max_value=100, required=False, help_text="Percent.")


class BudgetInput(BudgetChange):
    scope = serializers.ChoiceField(Budget.Scope.choices)
    target = serializers.CharField(max_length=36, allow_blank=True, required=False)
    name = serializers.CharField(max_length=200, allow_blank=True, required=False)
    period = serializers.ChoiceField(Budget.Period.choices)


class BudgetAddition(StrictSerializer):
    money = serializers.DecimalField(14, 2, min_value=0, required=False)
    tokens = serializers.IntegerField(min_value=0, max_value=10**15, required=False)


class KindSerializer(serializers.Serializer):
    job = serializers.CharField()
    model = serializers.CharField(help_text="Empty: the default answers.")
    fallbacks = serializers.ListField(child=serializers.CharField())


class OrderSerializer(serializers.Serializer):
    fallbacks = serializers.ListField(child=serializers.CharField())
    kinds = KindSerializer(many=True)


class OrderInput(StrictSerializer):
    fallbacks = serializers.ListField(child=serializers.CharField(max_length=120), max_length=50)


class KindInput(StrictSerializer):
    model = serializers.CharField(max_length=120, allow_blank=True)
    fallbacks = serializers.ListField(
        child=serializers.CharField(max_length=120), max_length=50, required=False
    )


class ProfileSerializer(serializers.Serializer):
    """Prices in US dollars per million tokens. `edited` says that somebody's word stands in for the catalogue's."""

    model = serializers.CharField(source="reference")
    context = serializers.IntegerField(allow_null=True)
    output = serializers.IntegerField(allow_null=True)
    price_in = serializers.FloatField(allow_null=True)
    price_out = serializers.FloatField(allow_null=True)
    can = serializers.ListField(child=serializers.CharField())
    known = serializers.BooleanField()
    edited = serializers.BooleanField()


class ProfileInput(StrictSerializer):
    """What is not given, or null, leaves the catalogue's word."""

    model = serializers.CharField(max_length=120)
    context = serializers.IntegerField(min_value=0, max_value=2 * 10**9, allow_null=True, required=False)
    output = serializers.IntegerField(min_value=0, max_value=2 * 10**9, allow_null=True, required=False)
    price_in = serializers.DecimalField(12, 6, min_value=0, allow_null=True, required=False)
    price_out = serializers.DecimalField(12, 6, min_value=0, allow_null=True, required=False)
    can = serializers.ListField(child=serializers.ChoiceField(ABILITIES), max_length=9, required=False)


class RateSerializer(serializers.Serializer):
    currency = serializers.CharField()
    per_dollar = serializers.FloatField()


class RateInput(StrictSerializer):
    per_dollar = serializers.DecimalField(12, 4, min_value=0)
