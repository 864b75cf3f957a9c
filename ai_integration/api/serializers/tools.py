"""Shapes of tool servers and their tools. Values of variables and headers are write-only; their names may be seen."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_integration.contexts.tools import authorization, check_words, standing
from ai_integration.models import McpServer, McpTool
from ai_integration.states import Authorization, ToolPolicy, Transport
from foundation.core.api.serializers import StrictSerializer


class McpServerSerializer(serializers.ModelSerializer):
    check = serializers.SerializerMethodField(help_text="How the last connection went, in one sentence.")
    authorization = serializers.SerializerMethodField(
        help_text="`none`, `needed` (begin with `sign-in/`), or `signed_in`."
    )
    tool_count = serializers.IntegerField(default=0)
    approved_count = serializers.IntegerField(default=0)

    class Meta:
        model = McpServer
        fields = (
            "id", "owner", "name", "transport", "command", "folder", "url", "client_id", "timeout_seconds", "shared",
            "enabled", "checked_at", "check_code", "check", "authorization", "signed_in_at", "scope_wanted",
            "tool_count", "approved_count", "created_at", "updated_at",
        )  # fmt: skip

    def get_check(self, server: McpServer) -> str:
        return check_words(server)

    @extend_schema_field(serializers.ChoiceField(Authorization.choices))
    def get_authorization(self, server: McpServer) -> str:
        return authorization(server)


class McpServerChange(StrictSerializer):
    """What is not given stays. `environment` and `headers` are objects of strings, and are given whole."""

    name = serializers.CharField(max_length=30, required=False)
    transport = serializers.ChoiceField(Transport.choices, required=False)
    command = serializers.ListField(
        child=serializers.CharField(max_length=4000, allow_blank=True, trim_whitespace=False),
        max_length=100,
        required=False,
        help_text="The program and its arguments. No shell reads them.",
    )
    environment = serializers.DictField(
        child=serializers.CharField(max_length=8000, allow_blank=True), required=False
    )
    folder = serializers.CharField(max_length=1000, allow_blank=True, required=False)
    url = serializers.CharField(max_length=300, allow_blank=True, required=False)
    headers = serializers.DictField(child=serializers.CharField(max_length=8000), required=False)
    client_id = serializers.CharField(
        max_length=500,
        allow_blank=True,
        required=False,
        help_text="Only where the place to sign in does not register clients by itself.",
    )
    client_secret = serializers.CharField(max_length=500, allow_blank=True, required=False)
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=3600, required=False)
    shared = serializers.BooleanField(required=False)
    enabled = serializers.BooleanField(required=False)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        raise NotImplementedError  # this only comes in


class McpServerInput(McpServerChange):
    name = serializers.CharField(max_length=30)


class SignInSerializer(serializers.Serializer):
    """Where the person has to go, with a browser that is signed in here as the same person."""

    address = serializers.URLField()
    expires_at = serializers.DateTimeField(source="attempt.expires_at")


class RuleSerializer(serializers.Serializer):
    persona = serializers.UUIDField(source="persona_id")
    policy = serializers.CharField()


class McpToolSerializer(serializers.ModelSerializer):
    """`standing` is new, approved, changed or gone; only an approved tool can be called."""

    standing = serializers.SerializerMethodField()
    rules = RuleSerializer(many=True)

    class Meta:
        model = McpTool
        fields = (
            "name", "title", "description", "schema", "hints", "digest", "approved_digest", "approved_at", "standing",
            "policy", "repeatable", "rules",
        )  # fmt: skip

    def get_standing(self, tool: McpTool) -> str:
        return standing(tool)


class McpToolList(serializers.Serializer):
    results = McpToolSerializer(many=True)


class ApproveInput(StrictSerializer):
    digest = serializers.CharField(max_length=64, help_text="That of the description that was read.")
    policy = serializers.ChoiceField(ToolPolicy.choices, default=ToolPolicy.ASK)
    repeatable = serializers.BooleanField(default=False)


class RuleInput(StrictSerializer):
    """Without `persona` for all personas; with one for it alone, where an empty policy takes its own rule away."""

    policy = serializers.ChoiceField(ToolPolicy.choices, allow_blank=True)
    persona = serializers.UUIDField(required=False)


class ToolCallInput(StrictSerializer):
    tool = serializers.CharField(max_length=128)
    arguments = serializers.DictField(default=dict)


class ToolCallSerializer(serializers.Serializer):
    call = serializers.UUIDField(source="pk")
    text = serializers.CharField(source="answer.text")
    structured = serializers.JSONField(source="answer.structured", allow_null=True)
    is_error = serializers.BooleanField(source="answer.is_error")
    left_out = serializers.IntegerField(source="answer.left_out")
    latency_ms = serializers.IntegerField()
