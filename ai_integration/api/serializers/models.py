"""Shapes of providers, models and credentials. A key is write-only; what may be shown of it is `hint`."""

from typing import Any

from rest_framework import serializers

from ai_integration.contexts import test_words
from ai_integration.models import Credential
from foundation.core.api.serializers import StrictSerializer


class ProviderSerializer(serializers.Serializer):
    id = serializers.CharField(source="spec.id")
    name = serializers.CharField(source="spec.name")
    needs_key = serializers.BooleanField(source="spec.needs_key")
    takes_key = serializers.BooleanField(source="spec.takes_key")
    needs_address = serializers.BooleanField(source="spec.needs_address")
    ready = serializers.BooleanField(help_text="Whether your work can use it.")
    source = serializers.CharField(help_text="`environment`, `stored`, or empty: nothing connects to it yet.")
    key_variable = serializers.CharField(source="spec.key_variable")


class ProviderList(serializers.Serializer):
    results = ProviderSerializer(many=True)


class ProofInput(StrictSerializer):
    """`credential` tests that one; `model` (without its provider) is asked for one word."""

    credential = serializers.UUIDField(required=False)
    model = serializers.CharField(max_length=100, required=False)


class ProofSerializer(serializers.Serializer):
    ok = serializers.BooleanField()
    code = serializers.CharField()
    message = serializers.CharField(help_text="One sentence that says what is wrong, or that it answers.")
    latency_ms = serializers.IntegerField()
    models = serializers.IntegerField(help_text="How many models the server offers.")


class ChangedBySerializer(serializers.Serializer):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")


class DefaultSerializer(serializers.Serializer):
    model = serializers.CharField(source="reference")
    source = serializers.CharField(help_text="`stored`, or `environment`: what AI_MODEL says.")
    changed_by = ChangedBySerializer(source="choice.changed_by", allow_null=True, default=None)
    changed_at = serializers.DateTimeField(source="choice.updated_at", allow_null=True, default=None)


class ChoiceSerializer(serializers.Serializer):
    model = serializers.CharField(source="reference", help_text="What a persona's `model` takes.")
    provider = serializers.CharField()
    label = serializers.CharField()
    name = serializers.CharField()
    is_default = serializers.BooleanField()


class ProblemSerializer(serializers.Serializer):
    provider = serializers.CharField()
    label = serializers.CharField()
    message = serializers.CharField()


class ModelsSerializer(serializers.Serializer):
    default = DefaultSerializer()
    results = ChoiceSerializer(many=True, source="choices")
    problems = ProblemSerializer(
        many=True, help_text="Connections whose models could not be listed, and why."
    )


class DefaultInput(StrictSerializer):
    model = serializers.CharField(max_length=120)


class CredentialSerializer(serializers.ModelSerializer):
    test = serializers.SerializerMethodField(help_text="How the last test went, in one sentence.")

    class Meta:
        model = Credential
        fields = (
            "id", "owner", "provider", "label", "hint", "base_url", "shared", "tested_at", "test_code", "test",
            "created_at", "updated_at",
        )  # fmt: skip

    def get_test(self, credential: Credential) -> str:
        return test_words(credential)


class CredentialChange(StrictSerializer):
    """What is not given stays. An empty `api_key` stays as it was, too."""

    api_key = serializers.CharField(max_length=500, allow_blank=True, required=False, write_only=True)
    base_url = serializers.CharField(max_length=300, allow_blank=True, required=False)
    label = serializers.CharField(max_length=30, allow_blank=True, required=False)
    shared = serializers.BooleanField(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        raise NotImplementedError  # this only comes in


class CredentialInput(CredentialChange):
    provider = serializers.CharField(max_length=40)
