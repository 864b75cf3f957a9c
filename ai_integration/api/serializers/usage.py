"""Shapes of calls and of what they came to."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from ai_integration.models import CallRecord

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
LONGEST = timedelta(days=366)
OUT_OF_RANGE = _("A day between %(first)s and %(last)s is needed.") % {"first": FIRST_DAY, "last": LAST_DAY}
WRONG_ORDER = _("The first day must not come after the last, and at most 366 days are summed up at once.")


class Tried(serializers.Serializer):
    model = serializers.CharField()
    why = serializers.CharField()


class CallSerializer(serializers.ModelSerializer):
    """What was asked of a model, by whom and for what; not the words of the answer."""

    workflow = serializers.UUIDField(source="subject_id", allow_null=True)
    persona = serializers.CharField(source="persona_name")
    cost = serializers.DecimalField(18, 9, help_text="US dollars; null where the price is unknown.")
    tried = Tried(many=True, help_text="Models that were asked before and did not answer.")

    class Meta:
        model = CallRecord
        fields = (
            "id", "workflow", "persona", "job", "provider", "model", "status", "ending", "attempts", "tried", "tokens_in",
            "tokens_out", "cost", "latency_ms", "first_token_ms", "error", "created_at", "finished_at",
        )  # fmt: skip


class UsageQuery(serializers.Serializer):
    workflow = serializers.UUIDField(required=False, help_text="Only the calls of this workflow.")

    def get_fields(self) -> dict[str, serializers.Field]:
        # `from` is a word of Python, so these two cannot be written as class attributes.
        days = {
            "from": serializers.DateField(required=False, source="since", help_text="First day, local time."),
            "to": serializers.DateField(required=False, source="until", help_text="Last day, inclusive."),
        }
        return super().get_fields() | days

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        since, until = attrs.get("since"), attrs.get("until")
        for name, day in (("from", since), ("to", until)):
            if day and not FIRST_DAY <= day <= LAST_DAY:
                raise serializers.ValidationError({name: [OUT_OF_RANGE]})
        today = timezone.localdate(timezone=timezone.get_default_timezone())
        if since and not timedelta(0) <= (until or today) - since <= LONGEST:
            raise serializers.ValidationError({"from": [WRONG_ORDER]})
        return attrs


class SumsSerializer(serializers.Serializer):
    """Costs are in yen at today's rate. `cost` is null as soon as one call has no known price; `cost_known` adds up the rest."""

    calls = serializers.IntegerField()
    failed = serializers.IntegerField()
    tokens_in = serializers.IntegerField()
    tokens_out = serializers.IntegerField()
    milliseconds = serializers.IntegerField(help_text="Time that the models took, added up.")
    unpriced_calls = serializers.IntegerField()
    cost = serializers.FloatField(allow_null=True)
    cost_known = serializers.FloatField()


class DaySums(SumsSerializer):
    day = serializers.DateField()


class PersonaSums(SumsSerializer):
    persona = serializers.CharField()


class WorkflowSums(SumsSerializer):
    workflow = serializers.UUIDField(allow_null=True)


class ModelSums(SumsSerializer):
    provider = serializers.CharField()
    model = serializers.CharField()


class UsageSerializer(serializers.Serializer):
    totals = SumsSerializer()
    by_day = DaySums(many=True)
    by_persona = PersonaSums(many=True)
    by_workflow = WorkflowSums(many=True)
    by_model = ModelSums(many=True)

    def get_fields(self) -> dict[str, serializers.Field]:
        days = {
            "from": serializers.DateField(source="since"),
            "to": serializers.DateField(source="until"),
        }
        return days | super().get_fields()
