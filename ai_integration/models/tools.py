"""Servers of tools, the tools that they offer, and what may be called."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from ai_integration.states import ToolPolicy, Transport
from foundation.core.crypto import EncryptedTextField
from foundation.core.models import BaseModel
from foundation.core.permissions import PermittedQuerySet
from foundation.core.scopes import covers


class McpServerQuerySet(PermittedQuerySet):
    def permitted(self, user: Any, action: str = "view") -> Self:
        """One's own, and shared ones for those whose roles say `mcp_server:<action>`."""
        if not getattr(user, "is_authenticated", False) or not user.is_active:
            return self.none()
        if not covers(user, f"mcp_server:{action}"):
            return self.none()
        if user.is_superuser:
            return self
        shared = f"mcp_server:{action}" in user.permission_codes
        return self.filter(Q(owner=user) | Q(shared=True)) if shared else self.filter(owner=user)

    def usable_by(self, owner_id: Any) -> Self:
        """Those that the work of this person may use."""
        return self.filter(Q(owner_id=owner_id) | Q(shared=True), enabled=True)


class McpServer(BaseModel):
    """A server of tools: a command that is started here (`command` is its argument list, no shell), or an address.

    `environment` and `headers` hold a JSON object of strings. `client_id` and `client_secret` were registered beforehand with
    the authorization server that the server names; `signed_in_at` is empty without tokens (see `McpSignIn`). `scope_wanted` is
    what its tools were refused for want of: the next sign-in asks for it too. Whoever sets a command decides what runs on this
    machine.
    `check_code` says how the last connection went (see `ai_integration.mcp.faults`), empty when there was none.
    """

    resource = "mcp_server"

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mcp_servers")
    name = models.CharField(max_length=30, unique=True)
    transport = models.CharField(max_length=10, choices=Transport.choices, default=Transport.STDIO)
    command = models.JSONField(default=list, blank=True)
    environment = EncryptedTextField(blank=True, default="")
    folder = models.CharField(max_length=1000, blank=True)
    url = models.CharField(max_length=300, blank=True)
    headers = EncryptedTextField(blank=True, default="")
    client_id = models.CharField(max_length=500, blank=True, default="")
    client_secret = EncryptedTextField(blank=True, default="")
    signed_in_at = models.DateTimeField(null=True, blank=True, editable=False)
    scope_wanted = models.CharField(max_length=2000, blank=True, default="", editable=False)
    timeout_seconds = models.PositiveIntegerField(default=60)
    shared = models.BooleanField(default=False)
    enabled = models.BooleanField(default=True)
    checked_at = models.DateTimeField(null=True, blank=True, editable=False)
    check_code = models.CharField(max_length=30, blank=True, editable=False)
    check_detail = models.JSONField(default=dict, blank=True, editable=False)

    objects = McpServerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class ThroughServer(PermittedQuerySet):
    """Whoever sees the server sees what hangs below it."""

    to_server = "server"

    def permitted(self, user: Any, action: str = "view") -> Self:
        allowed = McpServer.objects.permitted(user, action)
        return self.filter(**{f"{self.to_server}__in": allowed.values("pk")})


class McpTool(BaseModel):
    """A tool as its server describes it now (`digest`), and as it was approved (`approved_digest`, empty: never).

    Only a tool whose two digests are equal can be called. `repeatable` says that a call whose end nobody saw may simply be
    made again; a person says so, not the server. `listed` is false once the server offers it no more.
    """

    server = models.ForeignKey(McpServer, on_delete=models.CASCADE, related_name="tools")
    name = models.CharField(max_length=128)
    title = models.CharField(max_length=200, blank=True)
    description = models.TextField(blank=True)
    schema = models.JSONField(default=dict)
    hints = models.JSONField(default=dict, blank=True)
    digest = models.CharField(max_length=64)
    listed = models.BooleanField(default=True)
    approved_digest = models.CharField(max_length=64, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    policy = models.CharField(max_length=10, choices=ToolPolicy.choices, default=ToolPolicy.ASK)
    repeatable = models.BooleanField(default=False)

    objects = ThroughServer.as_manager()

    class Meta(BaseModel.Meta):
        constraints = (models.UniqueConstraint(fields=("server", "name"), name="one_tool_per_name"),)
        ordering = ("name",)

    def __str__(self) -> str:
        return f"{self.server}/{self.name}"

    @property
    def approved(self) -> bool:
        return bool(self.approved_digest) and self.approved_digest == self.digest and self.listed

    @property
    def changed(self) -> bool:
        """Whether it was approved once and is another one now."""
        return bool(self.approved_digest) and self.approved_digest != self.digest


class ThroughTool(ThroughServer):
    to_server = "tool__server"


class ToolRule(BaseModel):
    """What one persona may do with a tool, instead of what holds for all. `persona_id` is known to the rooms above."""

    tool = models.ForeignKey(McpTool, on_delete=models.CASCADE, related_name="rules")
    persona_id = models.UUIDField(db_index=True)
    policy = models.CharField(max_length=10, choices=ToolPolicy.choices)

    objects = ThroughTool.as_manager()

    class Meta(BaseModel.Meta):
        constraints = (
            models.UniqueConstraint(fields=("tool", "persona_id"), name="one_rule_per_tool_and_persona"),
        )

    def __str__(self) -> str:
        return f"{self.tool}: {self.policy}"
