"""What was asked of models, and how they are reached. Calls are the bill: nothing here changes them."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from ai_integration import gateway, services
from ai_integration.models import (
    Budget,
    CallRecord,
    Credential,
    ExchangeRate,
    McpServer,
    McpSignIn,
    McpSignInAttempt,
    McpTool,
    ModelChoice,
    ModelProfile,
    Reservation,
    Spending,
    ToolRule,
)
from foundation.core.admin import ReadOnlyAdmin, ServiceAdmin


@admin.register(CallRecord)
class CallRecordAdmin(ReadOnlyAdmin):
    resource = "usage"
    list_display = (
        "created_at",
        "job",
        "persona_name",
        "provider",
        "model",
        "status",
        "tokens_in",
        "tokens_out",
        "cost",
        "ending",
        "owner",
    )
    list_filter = ("status", "ending", "created_at")
    list_select_related = ("owner",)
    search_fields = ("key", "persona_name", "model", "owner__username")


@admin.register(Credential)
class CredentialAdmin(ServiceAdmin):
    """Connections to providers, without their keys. They are made and changed where they can be tested."""

    resource = "credential"
    exclude = ("api_key",)
    list_display = ("provider", "label", "owner", "shared", "hint", "test_code", "tested_at")
    list_filter = ("provider", "shared")
    list_select_related = ("owner",)
    search_fields = ("provider", "label", "owner__username")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Credential]:
        return super().get_queryset(request).defer("api_key")

    def delete(self, actor: Any, obj: Credential) -> None:
        services.credential_delete(actor, obj)


@admin.register(ModelChoice)
class ModelChoiceAdmin(ReadOnlyAdmin):
    list_display = ("purpose", "reference", "changed_by", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("changed_by",)
    search_fields = ("reference",)


@admin.register(McpServer)
class McpServerAdmin(ServiceAdmin):
    """Servers of tools, without their secrets. They are made and changed where they can be connected to."""

    resource = "mcp_server"
    exclude = ("environment", "headers", "client_secret")
    list_display = ("name", "transport", "owner", "shared", "enabled", "check_code", "checked_at")
    list_filter = ("transport", "shared", "enabled")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpServer]:
        return super().get_queryset(request).defer("environment", "headers", "client_secret")

    def delete(self, actor: Any, obj: McpServer) -> None:
        gateway.server_remove(actor, obj)


@admin.register(McpSignIn)
class McpSignInAdmin(ReadOnlyAdmin):
    """Who signed in where. What came of it stays inside."""

    resource = "mcp_server"
    exclude = ("client", "tokens", "grant")
    list_display = ("server", "issuer", "signed_in_by", "expires_at", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("server", "signed_in_by")
    search_fields = ("server__name", "issuer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpSignIn]:
        return super().get_queryset(request).defer("client", "tokens")


@admin.register(McpSignInAttempt)
class McpSignInAttemptAdmin(ReadOnlyAdmin):
    resource = "mcp_server"
    exclude = ("kept", "digest", "session")
    list_display = ("server", "user", "created_at", "expires_at")
    list_filter = ("created_at",)
    list_select_related = ("server", "user")
    search_fields = ("server__name", "user__username")

    def get_queryset(self, request: HttpRequest) -> QuerySet[McpSignInAttempt]:
        return super().get_queryset(request).defer("kept")


@admin.register(McpTool)
class McpToolAdmin(ReadOnlyAdmin):
    resource = "mcp_server"
    list_display = ("name", "server", "policy", "repeatable", "listed", "approved_by", "approved_at")
    list_filter = ("policy", "listed")
    list_select_related = ("server", "approved_by")
    search_fields = ("name", "server__name")


@admin.register(ToolRule)
class ToolRuleAdmin(ReadOnlyAdmin):
    resource = "mcp_server"
    list_display = ("tool", "persona_id", "policy")
    list_filter = ("policy",)
    list_select_related = ("tool__server",)
    search_fields = ("tool__name",)


@admin.register(ModelProfile)
class ModelProfileAdmin(ReadOnlyAdmin):
    list_display = ("reference", "context", "output", "price_in", "price_out", "changed_by", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("changed_by",)
    search_fields = ("reference",)


@admin.register(ExchangeRate)
class ExchangeRateAdmin(ReadOnlyAdmin):
    list_display = ("currency", "per_dollar", "changed_by", "updated_at")
    list_filter = ("updated_at",)
    list_select_related = ("changed_by",)
    search_fields = ("currency",)


@admin.register(Budget)
class BudgetAdmin(ServiceAdmin):
    """Budgets are set where it shows how they stand; here they can be taken away."""

    resource = "budget"
    list_display = ("name", "scope", "period", "money", "tokens", "warn_at", "owner")
    list_filter = ("scope", "period")
    list_select_related = ("owner",)
    search_fields = ("name", "target")

    def delete(self, actor: Any, obj: Budget) -> None:
        services.budget_remove(actor, obj)


@admin.register(Spending)
class SpendingAdmin(ReadOnlyAdmin):
    resource = "budget"
    list_display = ("budget", "period", "money", "tokens", "extra_money", "extra_tokens", "warned_at")
    list_filter = ("period",)
    list_select_related = ("budget",)
    search_fields = ("budget__name",)


@admin.register(Reservation)
class ReservationAdmin(ReadOnlyAdmin):
    resource = "budget"
    list_display = ("spending", "call", "money", "tokens", "expires_at")
    list_filter = ("expires_at",)
    list_select_related = ("spending__budget", "call")
    search_fields = ("call__key",)
